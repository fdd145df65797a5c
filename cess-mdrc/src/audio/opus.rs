//! Opus within a container, RFC 7845 and RFC 6716.

use opus_pure::{MAX_PACKET_SAMPLES, OpusDecoder, OpusMSDecoder};
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error as Refusal;
use symphonia::core::packet::Packet;

use super::AudioFault;

const RATE: i32 = 48_000;

enum Streams {
    One(Box<OpusDecoder>),
    Many(Box<OpusMSDecoder>),
}

/// A decoder with what the header says of it.
pub(super) struct Opus {
    streams: Streams,
    channels: usize,
    /// Frames at the beginning that are to be left out.
    skip: usize,
    buffer: Vec<f32>,
}

impl Opus {
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<Self, AudioFault> {
        let head = parameters.extra_data.as_deref().unwrap_or(&[]);
        // Version, channels, pre-skip, rate, gain and the family of the mapping.
        let (channels, skip, family) = match head {
            [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', _, channels, low, high, ..] => {
                let family = head.get(18).copied().unwrap_or(0);
                (usize::from(*channels), u16::from_le_bytes([*low, *high]), family)
            }
            _ => (parameters.channels.as_ref().map_or(2, |channels| channels.count()), 0, 0),
        };
        let streams = if family == 0 {
            let decoder = OpusDecoder::new(RATE, channels).map_err(|_| AudioFault::Channels)?;
            Streams::One(Box::new(decoder))
        } else {
            let decoder = OpusMSDecoder::new(RATE, channels, family);
            let decoder = decoder.map_err(|_| AudioFault::Unsupported)?;
            let [streams, coupled, mapping @ ..] = head.get(19..).unwrap_or(&[]) else {
                return Err(AudioFault::Damaged);
            };
            // The decoder knows the usual layouts alone.
            let layout = decoder.layout();
            let usual = layout.nb_streams == usize::from(*streams)
                && layout.nb_coupled_streams == usize::from(*coupled)
                && mapping.get(..channels) == Some(&layout.mapping[..]);
            if !usual {
                return Err(AudioFault::Unsupported);
            }
            Streams::Many(Box::new(decoder))
        };
        let buffer = vec![0.0; MAX_PACKET_SAMPLES * channels];
        Ok(Self { streams, channels, skip: skip.into(), buffer })
    }

    pub(super) fn decode(
        &mut self,
        packet: &Packet,
        samples: &mut Vec<f32>,
    ) -> Result<(u32, usize), Refusal> {
        let rate = RATE.unsigned_abs();
        // An empty packet would ask for what was lost to be made up.
        if packet.data.is_empty() {
            return Ok((rate, self.channels));
        }
        let (data, most, buffer) = (&packet.data, MAX_PACKET_SAMPLES, &mut self.buffer);
        let decoded = match &mut self.streams {
            Streams::One(decoder) => decoder.decode(data, most, buffer),
            Streams::Many(decoder) => decoder.decode(data, most, buffer),
        };
        let frames = decoded.map_err(|_| Refusal::DecodeError("opus"))?;
        let skipped = self.skip.min(frames);
        self.skip -= skipped;
        let all = self.buffer.get(skipped * self.channels..frames * self.channels);
        samples.extend_from_slice(all.unwrap_or(&[]));
        Ok((rate, self.channels))
    }
}
