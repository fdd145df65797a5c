//! Fingerprints of sound: WAV, AIFF, MP3, FLAC, Ogg Vorbis, Opus, AAC, and the sound of MP4, Matroska and WebM.

mod decode;
mod format;
mod opus;
mod resample;

pub use format::{AudioFault, AudioFormat};

use crate::Error;
use resample::Resampler;

/// How much of a file is decoded before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest recording, in seconds.
    pub max_seconds: u32,
}

impl Default for Limits {
    /// Four hours.
    fn default() -> Self {
        Self { max_seconds: 4 * 3600 }
    }
}

/// Decoded sound: one channel at [`RATE`](Self::RATE).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    samples: Vec<i16>,
}

impl Recording {
    /// Samples of a second.
    pub const RATE: u32 = 8_000;

    /// Decodes the default sound track of a file, its channels mixed in equal parts. Memory is 16 kB for each second, and what the decoder holds.
    ///
    /// # Errors
    /// [`Error::AudioFormat`] for what isn't one of the [`AudioFormat`]s, [`Error::AudioTooLong`] over the limits, [`Error::Audio`] for what can't be decoded.
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        let mut samples = Vec::new();
        stream(bytes, limits, &mut |sample| samples.push(sample))?;
        Ok(Self { samples })
    }

    /// From samples at [`RATE`](Self::RATE).
    #[must_use]
    pub fn from_samples(samples: Vec<i16>) -> Self {
        Self { samples }
    }

    /// All samples.
    #[must_use]
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// How long it is, in milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(Self::RATE)
    }
}

/// The samples of a file at the rate of recordings, one at a time.
fn stream(bytes: &[u8], limits: Limits, sink: &mut impl FnMut(i16)) -> Result<(), Error> {
    let mut resampler = None;
    decode::decode(bytes, limits, &mut |block| {
        let resampler = resampler.get_or_insert_with(|| Resampler::new(block.rate));
        resampler.push(block.samples.chunks_exact(block.channels).map(mixed), sink);
    })?;
    if let Some(resampler) = resampler {
        resampler.finish(sink);
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "a mean of 16-bit samples, of at most 32")]
fn mixed(frame: &[i16]) -> i16 {
    let sum: i32 = frame.iter().copied().map(i32::from).sum();
    (sum / frame.len() as i32) as i16
}
