//! Fingerprints of sound: WAV, AIFF, MP3, FLAC, Ogg Vorbis, Opus, AAC, and the sound of MP4, Matroska and WebM.

mod chromaprint;
mod decode;
mod format;
mod id;
mod items;
mod opus;
mod resample;
mod spectrum;

pub use chromaprint::chromaprint;
pub use format::{AudioFault, AudioFormat};

#[cfg(feature = "video")]
use crate::Certificate;
use crate::bands::Bands;
use crate::{Error, Fingerprint, Sketch};
use items::Items;
use resample::Resampler;
use spectrum::Spectrum;

/// Takes the fingerprint of the default sound track of a file. Memory is 40 bytes for each second, and
/// what the decoder holds.
///
/// # Errors
/// [`Error::AudioFormat`], [`Error::AudioTooLong`] over four hours, [`Error::Audio`].
pub fn fingerprint(bytes: &[u8]) -> Result<Fingerprint, Error> {
    let mut taker = Taker::new();
    stream(bytes, Limits::default(), &mut |sample| taker.push(sample))?;
    Ok(taker.seal(*blake3::hash(bytes).as_bytes()))
}

/// Takes the fingerprint of a decoded recording. `instance` is the BLAKE3 hash of the file that it came
/// from.
#[must_use]
pub fn of_recording(recording: &Recording, instance: [u8; 32]) -> Fingerprint {
    Taker::of(recording).seal(instance)
}

/// What the ID is made of, by group: values before they are centred.
#[cfg(feature = "testkit")]
#[must_use]
pub fn groups(recording: &Recording) -> Vec<(&'static str, Vec<i64>)> {
    let sums = Taker::of(recording).items.sums;
    id::Group::ALL.iter().map(|group| (group.name(), group.values(&sums))).collect()
}

/// The items of a file's sound track, as the sketch of a recording holds them, for content that
/// sound is a part of; none where it has too little to it.
///
/// # Errors
/// As [`fingerprint`].
#[cfg(feature = "video")]
pub(crate) fn track(bytes: &[u8], limits: Limits) -> Result<Option<Bands>, Error> {
    let mut taker = Taker::new();
    stream(bytes, limits, &mut |sample| taker.push(sample))?;
    let (_, quality) = id::of(&taker.items);
    Ok((quality >= Certificate::MIN_QUALITY).then(|| taker.bands()))
}

struct Taker {
    spectrum: Spectrum,
    items: Items,
}

impl Taker {
    fn new() -> Self {
        Self { spectrum: Spectrum::new(), items: Items::new() }
    }

    fn of(recording: &Recording) -> Self {
        let mut taker = Self::new();
        recording.samples.iter().for_each(|sample| taker.push(*sample));
        taker
    }

    fn push(&mut self, sample: i16) {
        if let Some(row) = self.spectrum.push(sample) {
            self.items.push(row);
        }
    }

    fn bands(&self) -> Bands {
        Bands::new(&self.items.items)
    }

    fn seal(self, instance: [u8; 32]) -> Fingerprint {
        let (id, quality) = id::of(&self.items);
        Fingerprint::seal(Sketch::of_bands(self.bands()), quality, id, instance)
    }
}

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
        let frames = block.samples.chunks_exact(block.channels);
        resampler.push(frames.map(mixed).map(f32::from), sink);
    })?;
    if let Some(resampler) = resampler {
        resampler.finish(sink);
    }
    Ok(())
}

/// The mean of all channels, of which each is clipped to 16 bits.
#[expect(clippy::cast_possible_truncation, reason = "a mean of 16-bit samples, of at most 32")]
fn mixed(frame: &[f32]) -> i16 {
    let clipped = |sample: &f32| (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i32;
    (frame.iter().map(clipped).sum::<i32>() / frame.len() as i32) as i16
}
