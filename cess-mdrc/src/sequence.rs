//! The sketch of a video: hashes of frames with their times, how it is written, and what it bounds.

use crate::Error;
use crate::bands::Bands;
use crate::sample::take;
use crate::simhash::Simhash;

/// The shortest step between frames that are kept by time.
pub(crate) const STEP_MS: u32 = 64;
/// The most frames that are kept by time; when there are more, the step doubles.
pub(crate) const STEPS: usize = 256;
/// The most frames that are kept because a scene begins with them.
pub(crate) const CUTS: usize = 48;
/// Bits in which frames of a still scene may differ.
pub(crate) const NOISE_BITS: u32 = 8;
/// Views of a frame.
pub(crate) const VIEWS: usize = 7;

/// All of a frame without its border.
pub(crate) const WHOLE: usize = 0;
/// The middle nine tenths of both sides.
pub(crate) const MIDDLE: usize = 1;
/// About that, turned by 3 degrees and by -3.
pub(crate) const TURNED: [usize; 2] = [2, 3];
/// All of a frame with its border.
pub(crate) const FRAMED: usize = 4;
/// The upper and the lower seven tenths: a mark in a corner or a line of text leaves one alone.
pub(crate) const HALVES: [usize; 2] = [5, 6];

/// A frame that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FrameHash {
    /// Since the first frame.
    pub(crate) time_ms: u32,
    pub(crate) views: [Simhash; VIEWS],
}

/// The frames that are kept of a video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// How long after another the frames by time are.
    pub(crate) step_ms: u32,
    /// By rising time.
    pub(crate) frames: Vec<FrameHash>,
    /// Of the track of sound, where there is one and it was taken.
    pub(crate) sound: Option<Bands>,
}

impl Sequence {
    /// The most frames.
    pub(crate) const MAX: usize = STEPS + CUTS;
    const FRAME_LEN: usize = 4 + VIEWS * Simhash::LEN;
    /// The longest encoding, in bytes.
    pub(crate) const MAX_LEN: usize = 7 + Self::MAX * Self::FRAME_LEN + Bands::MAX_LEN;

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.reserve(6 + self.frames.len() * Self::FRAME_LEN);
        bytes.extend(self.step_ms.to_le_bytes());
        let count = u16::try_from(self.frames.len()).unwrap_or(u16::MAX);
        bytes.extend(count.to_le_bytes());
        for frame in &self.frames {
            bytes.extend(frame.time_ms.to_le_bytes());
            bytes.extend(frame.views.iter().flat_map(|view| view.to_bytes()));
        }
        bytes.push(u8::from(self.sound.is_some()));
        if let Some(sound) = &self.sound {
            sound.write(bytes);
        }
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Error> {
        let step_ms = u32::from_le_bytes(take(bytes)?);
        let doubled = step_ms.is_multiple_of(STEP_MS) && (step_ms / STEP_MS).is_power_of_two();
        if !doubled || step_ms / STEP_MS > 1 << 16 {
            return Err(Error::FrameStep { got: step_ms });
        }
        let count = usize::from(u16::from_le_bytes(take(bytes)?));
        if count > Self::MAX {
            return Err(Error::FrameCount { max: Self::MAX as u64, got: count as u64 });
        }
        let mut frames: Vec<FrameHash> = Vec::with_capacity(count);
        for _ in 0..count {
            let time_ms = u32::from_le_bytes(take(bytes)?);
            let before = frames.last().map(|frame| frame.time_ms);
            if let Some(previous) = before.filter(|previous| *previous >= time_ms) {
                return Err(Error::FramesUnordered { previous, time_ms });
            }
            let mut views = [Simhash::from_bytes([0; Simhash::LEN]); VIEWS];
            for view in &mut views {
                *view = Simhash::from_bytes(take(bytes)?);
            }
            frames.push(FrameHash { time_ms, views });
        }
        let sound = match take(bytes)? {
            [0] => None,
            [1] => Some(Bands::read(bytes)?),
            [got] => return Err(Error::SoundFlag { got }),
        };
        Ok(Self { step_ms, frames, sound })
    }

    /// How many frames differ from the one before them by more than noise does.
    #[cfg(any(test, feature = "video"))]
    pub(crate) fn distinct(&self) -> usize {
        let mut count = 0;
        let mut last: Option<Simhash> = None;
        for frame in &self.frames {
            let whole = frame.views[WHOLE];
            if last.is_none_or(|last| last.distance(&whole) > NOISE_BITS) {
                count += 1;
                last = Some(whole);
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(count: u32) -> Sequence {
        let views = |i: u32| {
            [0, 1, 2, 3, 4, 5, 6].map(|v| Simhash::from_bytes([i.to_le_bytes()[0] ^ v; 32]))
        };
        let frame = |i: u32| FrameHash { time_ms: i * 300, views: views(i) };
        Sequence { step_ms: 512, frames: (0..count).map(frame).collect(), sound: None }
    }

    fn encoded(sequence: &Sequence) -> Vec<u8> {
        let mut bytes = Vec::new();
        sequence.write(&mut bytes);
        bytes
    }

    #[test]
    fn an_encoding_comes_back() {
        for count in [0, 1, 2, 304] {
            let bytes = encoded(&sequence(count));
            assert!(bytes.len() <= Sequence::MAX_LEN);
            let mut rest = &bytes[..];
            assert_eq!(Sequence::read(&mut rest), Ok(sequence(count)));
            assert!(rest.is_empty());
            let cut = Sequence::read(&mut &bytes[..bytes.len() - 1]);
            assert!(matches!(cut, Err(Error::Length { .. })));
        }
    }

    #[test]
    fn refuses_what_it_does_not_write() {
        let refused = |sequence: &Sequence| Sequence::read(&mut &encoded(sequence)[..]);
        let too_many = sequence(305);
        assert_eq!(refused(&too_many), Err(Error::FrameCount { max: 304, got: 305 }));
        let mut unordered = sequence(3);
        unordered.frames[2].time_ms = 300;
        let expected = Error::FramesUnordered { previous: 300, time_ms: 300 };
        assert_eq!(refused(&unordered), Err(expected));
        for step_ms in [0, 63, 192, 65, u32::MAX] {
            let other = Sequence { step_ms, ..sequence(1) };
            assert_eq!(refused(&other), Err(Error::FrameStep { got: step_ms }));
        }
    }

    #[test]
    fn a_track_of_sound_follows_or_nothing() {
        let mut bytes = encoded(&sequence(2));
        let last = bytes.len() - 1;
        bytes[last] = 2;
        assert_eq!(Sequence::read(&mut &bytes[..]), Err(Error::SoundFlag { got: 2 }));
        bytes[last] = 1;
        assert!(matches!(Sequence::read(&mut &bytes[..]), Err(Error::Length { .. })));
        // No items.
        bytes.extend([0; 4]);
        let read = Sequence::read(&mut &bytes[..]).unwrap();
        assert!(read.sound.is_some());
        assert_eq!(encoded(&read), bytes);
    }

    #[test]
    fn frames_that_stay_count_once() {
        let mut still = sequence(40);
        let views = still.frames[0].views;
        still.frames.iter_mut().for_each(|frame| frame.views = views);
        assert_eq!(still.distinct(), 1);
        assert_eq!(sequence(4).distinct(), 4);
    }
}
