//! What a container says of its moving pictures: a track of coded frames, each with its time.

use std::borrow::Cow;

use super::fault::{VideoCodec, VideoFault};

/// The most coded frames that a track may have: 19 hours at 30 a second.
pub(super) const MAX_FRAMES: u64 = 1 << 21;

/// The first track of moving pictures of a file.
#[derive(Debug)]
pub(super) struct Track<'a> {
    pub(super) codec: VideoCodec,
    /// What the decoder must know before the first frame; for H.264 the `avcC` record.
    pub(super) config: Vec<u8>,
    /// How often the pictures are to be turned by a quarter clockwise.
    pub(super) quarters: u8,
    /// In the order of decoding.
    pub(super) packets: Vec<Packet<'a>>,
}

/// A coded frame.
#[derive(Debug)]
pub(super) struct Packet<'a> {
    pub(super) data: Cow<'a, [u8]>,
    /// When it is shown, in microseconds.
    pub(super) time_us: i64,
    /// Whether it is shown at all, or needed for others alone.
    pub(super) shown: bool,
}

/// What `units` of a clock with `scale` units a second are in microseconds.
pub(super) fn micros(units: i64, scale: u64) -> Result<i64, VideoFault> {
    let scaled = i128::from(units) * 1_000_000 / i128::from(scale.max(1));
    i64::try_from(scaled).map_err(|_| VideoFault::Damaged)
}
