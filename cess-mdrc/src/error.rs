use thiserror::Error;

#[cfg(feature = "audio")]
use crate::audio::{AudioFault, AudioFormat};
#[cfg(feature = "image")]
use crate::image::{PictureFault, PictureFormat};
#[cfg(feature = "video")]
use crate::video::{VideoFault, VideoFormat};
use crate::{Kind, Method};

/// What this crate refuses, with what it expected and what it got.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// An encoding isn't as long as its header says. Lengths are in bytes.
    #[error("encoding of {got} bytes where {expected} were expected")]
    Length {
        /// The length that the header asks for, or the shortest header.
        expected: u64,
        /// The length that came.
        got: u64,
    },
    /// A format version that this release doesn't know.
    #[error("format version {got}, this release reads {expected}")]
    Version {
        /// The version that this release writes.
        expected: u8,
        /// The version that came.
        got: u8,
    },
    /// A media kind without a meaning.
    #[error("unknown media kind {got}")]
    UnknownKind {
        /// The byte that came.
        got: u8,
    },
    /// A method without a meaning for its kind.
    #[error("unknown method {got} of kind {kind}")]
    UnknownMethod {
        /// The kind it came with.
        kind: Kind,
        /// The byte that came.
        got: u8,
    },
    /// A quality over 100.
    #[error("quality {got}, at most 100")]
    Quality {
        /// The byte that came.
        got: u8,
    },
    /// A sketch that doesn't have the samples, or views, of its kind.
    #[error("sketch with {got} parts where its kind has {expected}")]
    SampleCount {
        /// How many sketches of this kind have.
        expected: u8,
        /// How many came.
        got: u8,
    },
    /// A sample that holds more ranks than fit, more than its set has, or fewer than it must.
    #[error("sample of {got} ranks where {expected} were expected")]
    SampleLength {
        /// The number that the set's size asks for.
        expected: u32,
        /// The number that came.
        got: u32,
    },
    /// The ranks of a sample must rise strictly.
    #[error("rank {rank} follows {previous}, ranks must rise")]
    RanksUnordered {
        /// The rank before.
        previous: u32,
        /// The rank that should have been larger.
        rank: u32,
    },
    /// A sketch that isn't the one its certificate names.
    #[error("sketch is not the one that the certificate names")]
    SketchMismatch,
    /// Certificates of different kinds have no distance.
    #[error("kind {left} has no distance to kind {right}")]
    KindMismatch {
        /// The one kind.
        left: Kind,
        /// The other kind.
        right: Kind,
    },
    /// Certificates made by different methods have no distance.
    #[error("method {left} has no distance to method {right}")]
    MethodMismatch {
        /// The one method.
        left: Method,
        /// The other method.
        right: Method,
    },
    /// The input is longer than the limits allow. Sizes are in bytes.
    #[error("input of more than {max} bytes")]
    TooLong {
        /// The limit.
        max: u64,
    },
    /// Text that isn't valid UTF-8 or UTF-16.
    #[error("no valid text at byte {position}")]
    InvalidText {
        /// The first byte that can't be read.
        position: u64,
    },
    /// A picture in a format that isn't decoded.
    #[error("no decoder for {mime}")]
    PictureFormat {
        /// What the content was taken for.
        mime: &'static str,
    },
    /// A picture that its decoder refused.
    #[cfg(feature = "image")]
    #[error("{format} picture: {fault}")]
    Picture {
        /// The format by its magic number.
        format: PictureFormat,
        /// What is wrong with it.
        fault: PictureFault,
    },
    /// A picture with a side of nothing or too long, or with too many pixels.
    #[error("picture of {width} x {height}, over the limit of {max_pixels} pixels or 65535 a side")]
    PictureTooLarge {
        /// Pixels of a row, by the header.
        width: u32,
        /// Rows, by the header.
        height: u32,
        /// The most pixels that were asked for.
        max_pixels: u64,
    },
    /// Sound in a format that isn't decoded.
    #[error("no decoder for the sound of {mime}")]
    AudioFormat {
        /// What the content was taken for.
        mime: &'static str,
    },
    /// Sound that its decoder refused.
    #[cfg(feature = "audio")]
    #[error("{format} sound: {fault}")]
    Audio {
        /// The format by its magic number.
        format: AudioFormat,
        /// What is wrong with it.
        fault: AudioFault,
    },
    /// A recording that is longer than the limits allow.
    #[error("recording of more than {max_seconds} seconds")]
    AudioTooLong {
        /// The limit.
        max_seconds: u32,
    },
    /// A video that can't be decoded.
    #[cfg(feature = "video")]
    #[error("{format} video: {fault}")]
    Video {
        /// The container, by its magic number.
        format: VideoFormat,
        /// What is wrong with it, or with the stream in it.
        fault: VideoFault,
    },
    /// A sketch of a video whose frames have a step that isn't a doubled quarter of a second.
    #[error("frames every {got} ms, not every 250 ms or that doubled")]
    FrameStep {
        /// The step that came, in milliseconds.
        got: u32,
    },
    /// A sketch of a video with more frames than are kept.
    #[error("sketch of {got} frames, at most {max}")]
    FrameCount {
        /// The most.
        max: u64,
        /// How many came.
        got: u64,
    },
    /// The frames of a sketch must follow each other in time.
    #[error("frame at {time_ms} ms follows one at {previous} ms")]
    FramesUnordered {
        /// The time before.
        previous: u32,
        /// The time that should have been later.
        time_ms: u32,
    },
    /// A sketch of a video that neither has sound nor hasn't.
    #[error("flag {got} where 0 or 1 says whether sound follows")]
    SoundFlag {
        /// The byte that came.
        got: u8,
    },
    /// Content of a kind that this build has no method for.
    #[error("no method for kind {kind} in this build")]
    Unsupported {
        /// What the content was taken for.
        kind: Kind,
    },
    /// A key that the index has already.
    #[error("key {key} is in the index already")]
    DuplicateKey {
        /// The key.
        key: u64,
    },
    /// A key, or the number of a registration, that isn't there.
    #[error("nothing is under {key}")]
    UnknownKey {
        /// The key.
        key: u64,
    },
    /// An index that holds as many hashes as it can.
    #[error("the index is full with {max} hashes")]
    IndexFull {
        /// How many it holds.
        max: u64,
    },
    /// A relation without a meaning.
    #[error("unknown relation {got}")]
    UnknownRelation {
        /// The byte that came.
        got: u8,
    },
    /// An edge that doesn't lead from a later registration to an earlier one, or has shares or a
    /// distance that can't be.
    #[error("no edge leads from {later} to {earlier} like that")]
    EdgeBounds {
        /// Where the edge begins.
        later: u64,
        /// Where it leads.
        earlier: u64,
    },
    /// A file that isn't an evidence bundle.
    #[error("not an evidence bundle")]
    NoEvidence,
    /// An evidence bundle of too few steps or too many.
    #[error("evidence of {got} registrations, 2 to {max} make a lineage")]
    EvidenceSteps {
        /// The most that a bundle holds.
        max: u8,
        /// The number that came.
        got: u8,
    },
    /// A level without a meaning.
    #[error("unknown level {got}")]
    UnknownLevel {
        /// The byte that came.
        got: u8,
    },
    /// Registrations of an evidence bundle that aren't in the order of their numbers and times.
    #[error("registration {step} of the evidence is not later than the one before")]
    EvidenceOrder {
        /// Which one, from 0.
        step: u8,
    },
    /// Neighbours in an evidence bundle between which the fingerprints show no relation.
    #[error("registrations {step} and the one before it are not related at the level claimed")]
    EvidenceUnrelated {
        /// The later one of the two, from 0.
        step: u8,
    },
    /// The store under the registry failed, or what is in it can't be read.
    #[error("the store failed: {fault}")]
    Store {
        /// What went wrong.
        fault: StoreFault,
    },
    /// A length that ISCC units don't have.
    #[error("{got} bits, ISCC units have 64 to 256 in steps of 32")]
    IsccBits {
        /// The number that was asked for.
        got: u32,
    },
    /// Reading the input failed.
    #[error("reading the input failed: {kind}")]
    Read {
        /// What the reader said.
        kind: std::io::ErrorKind,
    },
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Length { .. } => {
                "fetch the encoding again; it was cut, extended, or is another format"
            }
            Self::Version { .. } | Self::UnknownKind { .. } | Self::UnknownMethod { .. } => {
                "update this crate, or fingerprint the content again with this one"
            }
            Self::Quality { .. }
            | Self::SampleCount { .. }
            | Self::SampleLength { .. }
            | Self::RanksUnordered { .. }
            | Self::FrameStep { .. }
            | Self::FrameCount { .. }
            | Self::FramesUnordered { .. }
            | Self::SoundFlag { .. } => "the encoding was not made by this crate: refuse it",
            Self::SketchMismatch => "take certificate and sketch from the same fingerprint",
            Self::KindMismatch { .. } => "compare content of one kind",
            Self::MethodMismatch { .. } => "fingerprint both contents by the same method",
            Self::TooLong { .. } => "raise the limit, or fingerprint the content in parts",
            Self::InvalidText { .. } => "convert the text to UTF-8, or fingerprint it as data",
            Self::PictureFormat { .. } => "convert the picture, or fingerprint it as data",
            #[cfg(feature = "image")]
            Self::Picture { .. } => "fetch the file again, save it anew, or fingerprint it as data",
            Self::PictureTooLarge { .. } => "raise the limit, or shrink the picture",
            Self::AudioFormat { .. } => "convert the sound, or fingerprint it as data",
            #[cfg(feature = "audio")]
            Self::Audio { .. } => "fetch the file again, save it anew, or fingerprint it as data",
            Self::AudioTooLong { .. } => "raise the limit, or fingerprint the sound in parts",
            #[cfg(feature = "video")]
            Self::Video { .. } => "convert it to H.264 in MP4, or use the feature ffmpeg-cli",
            Self::Unsupported { .. } => "enable the kind's feature, or fingerprint it as data",
            Self::DuplicateKey { .. } => "remove the key first, or take another",
            Self::UnknownKey { .. } => "it was removed or never there: search again",
            Self::IndexFull { .. } => "split the hashes over several indexes",
            Self::EvidenceSteps { .. } => "take the registrations at the ends, or fewer between",
            Self::UnknownRelation { .. } | Self::EdgeBounds { .. } => {
                "the edge was not made by this crate: refuse it"
            }
            Self::NoEvidence => "ask for the bundle that Evidence::to_bytes makes",
            Self::UnknownLevel { .. } => "update this crate",
            Self::EvidenceOrder { .. } | Self::EvidenceUnrelated { .. } => {
                "the evidence shows nothing: refuse it"
            }
            Self::Store { .. } => "look at the disk, and restore the file from a backup if damaged",
            Self::IsccBits { .. } => "ask for 64, 128 or 256 bits",
            Self::Read { .. } => "read the input again",
        }
    }
}

/// What went wrong in the store under the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// Reading or writing the file failed.
    #[error("{0}")]
    Io(std::io::ErrorKind),
    /// Another process has the file open.
    #[error("the file is open elsewhere")]
    Locked,
    /// The file isn't what was written.
    #[error("the file is damaged")]
    Corrupt,
    /// Something else that the database refused.
    #[error("the database refused")]
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_with_both_numbers() {
        let error = Error::Length { expected: 100, got: 7 };
        assert_eq!(error.to_string(), "encoding of 7 bytes where 100 were expected");
        let error = Error::KindMismatch { left: Kind::Text, right: Kind::Data };
        assert_eq!(error.to_string(), "kind text has no distance to kind data");
    }

    #[test]
    fn hints_name_the_remedy() {
        assert!(Error::TooLong { max: 1 }.hint().contains("limit"));
        assert!(Error::InvalidText { position: 0 }.hint().contains("UTF-8"));
    }
}
