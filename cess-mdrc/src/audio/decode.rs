//! From a file to blocks of samples, by foreign decoders that are kept on a short leash.

use std::io::{Cursor, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::common::Limit;
use symphonia::core::errors::Error as Refusal;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::default::{codecs, formats, meta};

use super::opus::Opus;
use super::{AudioFault, AudioFormat, Limits};
use crate::Error;

/// Samples that one packet gave, those of all channels side by side: 1 is full scale, which decoders may
/// go beyond.
pub(super) struct Block<'a> {
    pub(super) rate: u32,
    pub(super) channels: usize,
    pub(super) samples: &'a [f32],
}

const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;
const MAX_CHANNELS: usize = 32;
/// Packets in a row that give no sound.
const MAX_EMPTY: u32 = 4096;
/// Packets that may be damaged: so many, and one in so many of all.
const MAX_DAMAGED: u64 = 8;
const DAMAGED_SHARE: u64 = 16;
/// A length in a header from which on it is what writers put who don't know it, in frames.
const UNKNOWN: u64 = 1 << 28;

/// Decodes the sound of a file, a block after the other.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    sink: &mut dyn FnMut(Block<'_>),
) -> Result<(), Error> {
    let format = AudioFormat::of(bytes)?;
    let decoded = catch_unwind(AssertUnwindSafe(|| run(bytes, format, limits, sink)));
    match decoded.unwrap_or(Err(Stop::Fault(AudioFault::Panicked))) {
        Ok(()) => Ok(()),
        Err(Stop::Fault(fault)) => Err(Error::Audio { format, fault }),
        Err(Stop::TooLong) => Err(Error::AudioTooLong { max_seconds: limits.max_seconds }),
    }
}

enum Stop {
    Fault(AudioFault),
    TooLong,
}

impl From<AudioFault> for Stop {
    fn from(fault: AudioFault) -> Self {
        Self::Fault(fault)
    }
}

fn fault(refusal: &Refusal) -> AudioFault {
    match refusal {
        Refusal::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            AudioFault::Truncated
        }
        Refusal::Unsupported(_) => AudioFault::Unsupported,
        _ => AudioFault::Damaged,
    }
}

fn run(
    bytes: &[u8],
    format: AudioFormat,
    limits: Limits,
    sink: &mut dyn FnMut(Block<'_>),
) -> Result<(), Stop> {
    let mut reader = open(bytes, format).map_err(|refusal| fault(&refusal))?;
    let track = reader.default_track(TrackType::Audio).ok_or(AudioFault::Silent)?;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or(AudioFault::Unsupported)?;
    if parameters.channels.as_ref().is_some_and(|channels| channels.count() > MAX_CHANNELS) {
        return Err(AudioFault::Channels.into());
    }
    let told = told(track, parameters)?;
    if told.is_some_and(|(frames, rate)| frames / u64::from(rate) > limits.max_seconds.into()) {
        return Err(Stop::TooLong);
    }
    let (id, mut decoder) = (track.id, Decoder::new(parameters)?);
    let mut state = State { limits, rate: 0, frames: 0, packets: 0, damaged: 0, empty: 0 };
    let mut samples: Vec<f32> = Vec::new();
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            // A second stream of a chain is another recording.
            Ok(None) | Err(Refusal::ResetRequired) => break,
            Err(Refusal::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(refusal) => return Err(fault(&refusal).into()),
        };
        state.packet()?;
        if packet.track_id != id {
            continue;
        }
        samples.clear();
        match decoder.decode(&packet, &mut samples) {
            Ok((rate, channels)) => {
                state.block(Block { rate, channels, samples: &samples }, sink)?
            }
            Err(Refusal::DecodeError(_) | Refusal::IoError(_)) => state.damaged += 1,
            Err(refusal) => return Err(fault(&refusal).into()),
        }
    }
    state.finish(told)
}

/// The length and rate that a header tells, where both are likely.
fn told(track: &Track, parameters: &AudioCodecParameters) -> Result<Option<(u64, u32)>, Stop> {
    let Some(rate) = parameters.sample_rate else { return Ok(None) };
    if !RATES.contains(&rate) {
        return Err(AudioFault::Rate.into());
    }
    let likely = |frames: &u64| (1..UNKNOWN.max(u64::from(rate) * 36_000)).contains(frames);
    Ok(track.num_frames.filter(likely).map(|frames| (frames, rate)))
}

struct State {
    limits: Limits,
    rate: u32,
    frames: u64,
    packets: u64,
    damaged: u64,
    empty: u32,
}

impl State {
    fn packet(&mut self) -> Result<(), Stop> {
        self.packets += 1;
        self.empty += 1;
        let allowed = MAX_DAMAGED + self.packets / DAMAGED_SHARE;
        if self.empty > MAX_EMPTY || self.damaged > allowed {
            return Err(AudioFault::Damaged.into());
        }
        Ok(())
    }

    fn block(&mut self, block: Block<'_>, sink: &mut dyn FnMut(Block<'_>)) -> Result<(), Stop> {
        if block.samples.is_empty() {
            return Ok(());
        }
        if !(1..=MAX_CHANNELS).contains(&block.channels) {
            return Err(AudioFault::Channels.into());
        }
        if !RATES.contains(&block.rate) || self.rate != 0 && self.rate != block.rate {
            return Err(AudioFault::Rate.into());
        }
        self.rate = block.rate;
        self.empty = 0;
        self.frames += (block.samples.len() / block.channels) as u64;
        if self.frames > u64::from(self.limits.max_seconds) * u64::from(self.rate) {
            return Err(Stop::TooLong);
        }
        sink(block);
        Ok(())
    }

    fn finish(&self, told: Option<(u64, u32)>) -> Result<(), Stop> {
        if self.frames == 0 {
            let fault = if self.damaged > 0 { AudioFault::Damaged } else { AudioFault::Silent };
            return Err(fault.into());
        }
        if self.damaged > MAX_DAMAGED + self.packets / DAMAGED_SHARE {
            return Err(AudioFault::Damaged.into());
        }
        // Headers count padding this way or that; a tenth and a second are more than any.
        let missing = |(frames, rate): (u64, u32)| {
            frames.saturating_sub(self.frames) > frames / 10 + u64::from(rate)
        };
        if told.is_some_and(missing) { Err(AudioFault::Truncated.into()) } else { Ok(()) }
    }
}

/// The reader of one format alone, so that a file is what its magic number says or nothing.
fn open(bytes: &[u8], format: AudioFormat) -> Result<Box<dyn FormatReader + '_>, Refusal> {
    let mut probe = Probe::new();
    match format {
        AudioFormat::Wav => probe.register_format::<formats::WavReader<'_>>(),
        AudioFormat::Aiff => probe.register_format::<formats::AiffReader<'_>>(),
        AudioFormat::Mp3 => probe.register_format::<formats::MpaReader<'_>>(),
        AudioFormat::Flac => probe.register_format::<formats::FlacReader<'_>>(),
        AudioFormat::Ogg => probe.register_format::<formats::OggReader<'_>>(),
        AudioFormat::Aac => probe.register_format::<formats::AdtsReader<'_>>(),
        AudioFormat::Mp4 => probe.register_format::<formats::IsoMp4Reader<'_>>(),
        AudioFormat::Matroska => probe.register_format::<formats::MkvReader<'_>>(),
    }
    if format == AudioFormat::Mp3 {
        // ADTS and FLAC behind the same tag are for no player's ears.
        probe.register_metadata::<meta::Id3v2Reader<'_>>();
    }
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let tags = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(1 << 16))
        .limit_visual_bytes(Limit::Maximum(0));
    probe.probe(&Hint::new(), source, FormatOptions::default(), tags)
}

enum Decoder {
    Symphonia(Box<dyn symphonia::core::codecs::audio::AudioDecoder>),
    Opus(Opus),
}

impl Decoder {
    fn new(parameters: &AudioCodecParameters) -> Result<Self, Stop> {
        if parameters.codec == CODEC_ID_OPUS {
            return Ok(Self::Opus(Opus::new(parameters)?));
        }
        let mut registry = CodecRegistry::new();
        registry.register_audio_decoder::<codecs::AacDecoder>();
        registry.register_audio_decoder::<codecs::FlacDecoder>();
        registry.register_audio_decoder::<codecs::MpaDecoder>();
        registry.register_audio_decoder::<codecs::PcmDecoder>();
        registry.register_audio_decoder::<codecs::VorbisDecoder>();
        let made = registry.make_audio_decoder(parameters, &Default::default());
        Ok(Self::Symphonia(made.map_err(|refusal| fault(&refusal))?))
    }

    fn decode(
        &mut self,
        packet: &symphonia::core::packet::Packet,
        samples: &mut Vec<f32>,
    ) -> Result<(u32, usize), Refusal> {
        match self {
            Self::Symphonia(decoder) => {
                let decoded = decoder.decode(packet)?;
                let (rate, channels) = (decoded.spec().rate(), decoded.spec().channels().count());
                decoded.copy_to_vec_interleaved(samples);
                Ok((rate, channels))
            }
            Self::Opus(opus) => opus.decode(packet, samples),
        }
    }
}
