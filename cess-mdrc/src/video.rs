//! Fingerprints of moving pictures: H.264 and VP9 in MP4, QuickTime, Matroska and WebM.

mod decode;
mod fault;
mod features;
#[cfg(feature = "ffmpeg-cli")]
mod ffmpeg;
mod h264;
mod matroska;
mod mp4;
mod select;
mod track;
mod vp9;
mod vpdq;

pub use decode::Limits;
pub use fault::{VideoCodec, VideoFault, VideoFormat};
#[cfg(feature = "ffmpeg-cli")]
pub use ffmpeg::fingerprint_by_ffmpeg;
pub use vpdq::{VpdqFrame, VpdqSize, vpdq};

use crate::audio::{self, AudioFault};
use crate::bands::Bands;
use crate::image::reduce::Grid;
use crate::sequence::Sequence;
use crate::{Error, Fingerprint, Simhash, Sketch};
use select::Selector;

/// Takes the fingerprint of a video in a file, within the default [`Limits`]: of its pictures, and of
/// its sound where there is a track that [`audio`] decodes and that has something to
/// it. A track that is missing, silent, damaged or in another codec is no part of the fingerprint.
///
/// # Errors
/// [`Error::Video`] with the format and what is wrong: a container or codec that isn't decoded, a
/// damaged, cut off or endless file, more than a limit allows, a decoder of pictures or sound that
/// panicked.
pub fn fingerprint(bytes: &[u8]) -> Result<Fingerprint, Error> {
    fingerprint_within(bytes, &Limits::default())
}

/// As [`fingerprint`], within other limits.
///
/// # Errors
/// As [`fingerprint`].
pub fn fingerprint_within(bytes: &[u8], limits: &Limits) -> Result<Fingerprint, Error> {
    let mut selector = Selector::new();
    let take = |frame: crate::image::Picture| Grid::of(&frame);
    decode::each(bytes, limits, take, |time_ms, grid| selector.take(time_ms, grid))?;
    let mut parts = features::of(&selector.finish());
    let format = VideoFormat::of(bytes);
    parts.0.sound = sound(bytes, limits).map_err(|fault| Error::Video { format, fault })?;
    Ok(finish(parts, *blake3::hash(bytes).as_bytes()))
}

/// The items of the sound. What no build decodes is left out; a panic, which only some builds may
/// meet, is an error rather than another fingerprint.
fn sound(bytes: &[u8], limits: &Limits) -> Result<Option<Bands>, VideoFault> {
    match audio::track(bytes, audio::Limits { max_seconds: limits.seconds }) {
        Ok(sound) => Ok(sound),
        Err(Error::Audio { fault: AudioFault::Panicked, .. }) => Err(VideoFault::Panicked),
        Err(Error::AudioTooLong { max_seconds }) => Err(VideoFault::Seconds { max: max_seconds }),
        Err(_) => Ok(None),
    }
}

fn finish(parts: (Sequence, Simhash, u8), instance: [u8; 32]) -> Fingerprint {
    let (sequence, id, quality) = parts;
    Fingerprint::seal(Sketch::of_frames(sequence), quality, id, instance)
}

#[cfg(test)]
mod tests;
