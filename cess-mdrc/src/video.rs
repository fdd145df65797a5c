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

use crate::image::reduce::Grid;
use crate::sequence::Sequence;
use crate::{Error, Fingerprint, Simhash, Sketch};
use select::Selector;

/// Takes the fingerprint of a video in a file, within the default [`Limits`].
///
/// # Errors
/// [`Error::Video`] with the format and what is wrong: a container or codec that isn't decoded, a
/// damaged, cut off or endless file, more than a limit allows.
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
    let parts = features::of(&selector.finish());
    Ok(finish(parts, *blake3::hash(bytes).as_bytes()))
}

fn finish(parts: (Sequence, Simhash, u8), instance: [u8; 32]) -> Fingerprint {
    let (sequence, id, quality) = parts;
    Fingerprint::seal(Sketch::of_frames(sequence), quality, id, instance)
}

#[cfg(test)]
mod tests;
