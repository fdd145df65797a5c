//! H.264, by `rusty_h264`: from length-prefixed units (ISO/IEC 14496-15) to luma.

use rusty_h264_decoder::{DecodeError, Decoder, Sps};

use super::decode::{Decode, Luma};
use super::fault::{VideoCodec, VideoFault};

const CODEC: VideoCodec = VideoCodec::H264;
/// What precedes a unit in a byte stream (Rec. ITU-T H.264, Annex B).
const START: [u8; 4] = [0, 0, 0, 1];
const SEQUENCE: u8 = 7;

pub(super) struct H264 {
    decoder: Decoder,
    /// Bytes of the length before each unit.
    prefix: usize,
    /// Units in Annex B's form.
    stream: Vec<u8>,
    max_pixels: u64,
    /// Coded pixels of a frame.
    pixels: u64,
}

impl H264 {
    /// From the `avcC` record.
    pub(super) fn new(config: &[u8], max_pixels: u64) -> Result<Self, VideoFault> {
        let [_, _, _, _, lengths, ..] = *config else { return Err(VideoFault::Damaged) };
        let prefix = usize::from(lengths & 3) + 1;
        let decoder = Decoder::new();
        let mut made = Self { decoder, prefix, stream: Vec::new(), max_pixels, pixels: 0 };
        // The numbers of sequence and of picture parameter sets, then these with their lengths.
        let mut rest = &config[5..];
        for mask in [0x1f, 0xff] {
            let Some((count, sets)) = rest.split_first() else { break };
            rest = sets;
            for _ in 0..count & mask {
                made.take_unit(&mut rest, 2)?;
            }
        }
        Ok(made)
    }

    /// Moves a unit with its length in front of it to the stream.
    fn take_unit(&mut self, rest: &mut &[u8], prefix: usize) -> Result<(), VideoFault> {
        let damaged = VideoFault::Stream(CODEC);
        let (len, after) = rest.split_at_checked(prefix).ok_or(damaged)?;
        let len = len.iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
        let (unit, after) = after.split_at_checked(len).ok_or(damaged)?;
        *rest = after;
        if unit.first().is_some_and(|first| first & 31 == SEQUENCE) {
            self.check(unit)?;
        }
        self.stream.extend(START);
        self.stream.extend(unit);
        Ok(())
    }

    /// The size of frames, before the decoder takes memory for them.
    fn check(&mut self, unit: &[u8]) -> Result<(), VideoFault> {
        let sequence = Sps::parse(&unescaped(&unit[1..])).map_err(fault)?;
        let pixels = (sequence.pic_width_in_mbs as u64)
            .saturating_mul(sequence.pic_height_in_mbs as u64)
            .saturating_mul(256);
        if pixels > self.max_pixels {
            return Err(VideoFault::Pixels { max: self.max_pixels });
        }
        // 16 is the most of any level (table A-1). Gaps make the decoder invent frames, up to
        // 65,535 for one that was sent.
        if sequence.max_num_ref_frames > 16 || sequence.gaps_in_frame_num_allowed {
            return Err(VideoFault::Tool(CODEC));
        }
        self.pixels = self.pixels.max(pixels);
        Ok(())
    }
}

impl Decode for H264 {
    fn pixels(&self) -> u64 {
        self.pixels
    }

    fn frame(&mut self, mut packet: &[u8]) -> Result<Option<Luma>, VideoFault> {
        while !packet.is_empty() {
            self.take_unit(&mut packet, self.prefix)?;
        }
        let decoded = self.decoder.decode(&self.stream);
        self.stream.clear();
        let frame = decoded.map_err(fault)?;
        Ok(frame.map(|frame| Luma { width: frame.width, height: frame.height, samples: frame.y }))
    }
}

fn fault(error: DecodeError) -> VideoFault {
    match error {
        DecodeError::Unsupported(_) => VideoFault::Tool(CODEC),
        _ => VideoFault::Stream(CODEC),
    }
}

/// Without the bytes that keep start codes out (7.4.1).
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut kept = Vec::with_capacity(unit.len());
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        kept.push(*byte);
    }
    kept
}
