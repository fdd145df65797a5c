#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides of at most 65,535"
)]

use super::decode::{self, Limits};
use crate::Error;
use crate::image::reduce::{CELLS, Grid};
use crate::image::{PdqHash, Picture, pdq};

/// A frame as vPDQ (facebook/ThreatExchange, `vpdq`) sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VpdqFrame {
    /// Which of the frames it is, in the order in which they are shown, from 0.
    pub number: u32,
    /// Since the first frame.
    pub time_ms: u32,
    /// Hash and quality of the frame's luma.
    pub pdq: PdqHash,
}

/// To which size a frame is brought before it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VpdqSize {
    /// As it is.
    Native,
    /// 128 by 128.
    Small,
}

/// Takes the hash of every frame.
///
/// Two videos match by vPDQ's rule when of the hashes of quality 50 and more enough (80 %) are
/// within 31 bits of one of the other.
///
/// # Errors
/// [`Error::Video`] as [`fingerprint`](super::fingerprint).
pub fn vpdq(bytes: &[u8], size: VpdqSize, limits: &Limits) -> Result<Vec<VpdqFrame>, Error> {
    let mut frames = Vec::new();
    let take = |picture: Picture| match size {
        VpdqSize::Native => pdq(&picture),
        VpdqSize::Small => pdq(&small(&picture)),
    };
    decode::each(bytes, limits, take, |time_ms, pdq| {
        let number = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        frames.push(VpdqFrame { number, time_ms, pdq });
    })?;
    Ok(frames)
}

/// Means of areas (`SWS_AREA`), brought from the range that video uses to the whole one before they
/// are rounded, as the reference's scaler does on the way to RGB.
pub(super) fn small(picture: &Picture) -> Picture {
    let grid = Grid::of(picture);
    let level = |cell: &u16| {
        let over = i32::from(*cell) - (16 << 8);
        ((over * 255 + 219 * 128) / (219 * 256)).clamp(0, 255) as u8
    };
    let samples = (0..CELLS).flat_map(|y| grid.row(y).iter().map(level)).collect();
    Picture::from_samples(CELLS as u32, CELLS as u32, 1, samples)
        .unwrap_or_else(|_| picture.clone())
}
