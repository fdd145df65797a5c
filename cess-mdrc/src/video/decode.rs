//! From a file to its frames, in the order in which they are shown.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::fault::{VideoCodec, VideoFault, VideoFormat};
use super::track::Track;
use super::{h264, matroska, mp4, vp9};
use crate::Error;
use crate::image::Picture;

/// What decoding may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of a frame.
    pub pixels: u64,
    /// Seconds from the first frame to the last.
    pub seconds: u32,
    /// Pixels of all frames together: what decoding takes is in proportion to it.
    pub work: u64,
}

impl Default for Limits {
    /// Frames of 9.4 million pixels (4K), four hours, and 2^39 pixels: two hours and a half at
    /// 1920 by 1080 and 30 frames a second.
    fn default() -> Self {
        Self { pixels: 4096 * 2304, seconds: 4 * 3600, work: 1 << 39 }
    }
}

/// The light of a decoded frame.
pub(super) struct Luma {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u8>,
}

/// A decoder.
pub(super) trait Decode {
    /// Decodes a packet; nothing comes of one that only others need.
    fn frame(&mut self, packet: &[u8]) -> Result<Option<Luma>, VideoFault>;

    /// Pixels of the largest frame that was announced.
    fn pixels(&self) -> u64;
}

/// Frames that may be decoded before an earlier one: of H.264 at most 16.
const REORDERED: usize = 16;

/// Decodes a file, and calls `show` with what `take` makes of each frame, in the order in which
/// they are shown, with the milliseconds since the first.
pub(super) fn each<T>(
    bytes: &[u8],
    limits: &Limits,
    take: impl Fn(Picture) -> T,
    mut show: impl FnMut(u32, T),
) -> Result<(), Error> {
    let format = VideoFormat::of(bytes);
    let run = || {
        let track = match format {
            VideoFormat::Mp4 | VideoFormat::QuickTime => mp4::read(bytes)?,
            VideoFormat::Matroska | VideoFormat::WebM => matroska::read(bytes)?,
            VideoFormat::Other => return Err(VideoFault::Codec(VideoCodec::Other)),
        };
        decode(&track, limits, &take, &mut show)
    };
    let decoded = catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(VideoFault::Panicked));
    decoded.map_err(|fault| Error::Video { format, fault })
}

fn decode<T>(
    track: &Track<'_>,
    limits: &Limits,
    take: &impl Fn(Picture) -> T,
    show: &mut impl FnMut(u32, T),
) -> Result<(), VideoFault> {
    let mut decoder: Box<dyn Decode> = match track.codec {
        VideoCodec::H264 => Box::new(h264::H264::new(&track.config, limits.pixels)?),
        VideoCodec::Vp9 => Box::new(vp9::Vp9::new(limits.pixels)),
        codec => return Err(VideoFault::Codec(codec)),
    };
    let mut clock = Clock { first: None, max_seconds: limits.seconds };
    let mut waiting = BTreeMap::new();
    let mut work = 0u64;
    for (number, packet) in track.packets.iter().enumerate() {
        let luma = decoder.frame(&packet.data)?;
        work = work.saturating_add(decoder.pixels());
        if work > limits.work {
            return Err(VideoFault::Work { max: limits.work });
        }
        let Some(luma) = luma.filter(|_| packet.shown) else { continue };
        waiting.insert((packet.time_us, number), take(picture(luma, track)?));
        if waiting.len() > REORDERED
            && let Some(((time, _), taken)) = waiting.pop_first()
        {
            show(clock.millis(time)?, taken);
        }
    }
    for ((time, _), taken) in waiting {
        show(clock.millis(time)?, taken);
    }
    if clock.first.is_none() { Err(VideoFault::NoPictures) } else { Ok(()) }
}

struct Clock {
    first: Option<i64>,
    max_seconds: u32,
}

impl Clock {
    /// Milliseconds since the first frame that was shown.
    fn millis(&mut self, time_us: i64) -> Result<u32, VideoFault> {
        let first = *self.first.get_or_insert(time_us);
        let passed = time_us.saturating_sub(first).max(0) / 1000;
        let most = i64::from(self.max_seconds) * 1000;
        let passed = u32::try_from(passed).ok().filter(|passed| i64::from(*passed) <= most);
        passed.ok_or(VideoFault::Seconds { max: self.max_seconds })
    }
}

/// The frame as it is to be shown.
fn picture(luma: Luma, track: &Track<'_>) -> Result<Picture, VideoFault> {
    let damaged = VideoFault::Stream(track.codec);
    let Luma { mut width, mut height, mut samples } = luma;
    if samples.len() != width * height || samples.is_empty() {
        return Err(damaged);
    }
    for _ in 0..track.quarters {
        let rows: Vec<&[u8]> = samples.chunks_exact(width).rev().collect();
        samples = (0..width).flat_map(|x| rows.iter().map(move |row| row[x])).collect();
        (width, height) = (height, width);
    }
    let [width, height] = [width, height].map(|side| u32::try_from(side).unwrap_or(0));
    Picture::from_samples(width, height, 1, samples).map_err(|_| damaged)
}
