//! VP9, by `rusty_vp9`.

use rusty_vp9::{BitReader, DecodedFrame, Error, Vp9Decoder, parse_uncompressed_header};

use super::decode::{Decode, Luma};
use super::fault::{VideoCodec, VideoFault};

const CODEC: VideoCodec = VideoCodec::Vp9;

pub(super) struct Vp9 {
    decoder: Vp9Decoder,
    max_pixels: u64,
    pixels: u64,
}

impl Vp9 {
    pub(super) fn new(max_pixels: u64) -> Self {
        Self { decoder: Vp9Decoder::new(), max_pixels, pixels: 0 }
    }

    /// The sizes that frames announce, before the decoder takes memory for them.
    fn check(&mut self, packet: &[u8]) -> Result<(), VideoFault> {
        for frame in frames(packet) {
            // A size taken from an earlier frame was checked with that one.
            let header = parse_uncompressed_header(&mut BitReader::new(frame), &[(0, 0); 8]);
            let Ok(header) = header else { continue };
            let pixels = u64::from(header.width) * u64::from(header.height);
            if pixels > self.max_pixels {
                return Err(VideoFault::Pixels { max: self.max_pixels });
            }
            self.pixels = self.pixels.max(pixels);
        }
        Ok(())
    }
}

impl Decode for Vp9 {
    fn pixels(&self) -> u64 {
        self.pixels
    }

    fn frame(&mut self, packet: &[u8]) -> Result<Option<Luma>, VideoFault> {
        self.check(packet)?;
        self.decoder.push(packet, None).map_err(|error| fault(&error))?;
        let mut shown = None;
        // A packet has up to eight frames, of which one is shown.
        for _ in 0..9 {
            match self.decoder.next_frame() {
                Ok(frame) => shown = Some(luma(frame)?),
                Err(Error::Again | Error::Eof) => {}
                Err(error) => return Err(fault(&error)),
            }
        }
        Ok(shown)
    }
}

fn luma(frame: DecodedFrame) -> Result<Luma, VideoFault> {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let plane = frame.planes.into_iter().next().ok_or(VideoFault::Stream(CODEC))?;
    let samples = match frame.bit_depth {
        8 => plane,
        depth @ 9..=16 => {
            let half = 1u32 << (depth - 9);
            let narrow = |pair: &[u8; 2]| {
                let rounded = (u32::from(u16::from_le_bytes(*pair)) + half) >> (depth - 8);
                u8::try_from(rounded).unwrap_or(u8::MAX)
            };
            plane.as_chunks::<2>().0.iter().map(narrow).collect()
        }
        _ => return Err(VideoFault::Tool(CODEC)),
    };
    Ok(Luma { width, height, samples })
}

fn fault(error: &Error) -> VideoFault {
    match error {
        Error::Unsupported(_) | Error::Unimplemented(_) => VideoFault::Tool(CODEC),
        _ => VideoFault::Stream(CODEC),
    }
}

/// The frames of a packet: of a superframe those that its index lists (VP9 bitstream
/// specification, annex B).
fn frames(packet: &[u8]) -> Vec<&[u8]> {
    let index = || {
        let marker = *packet.last()?;
        if marker & 0xe0 != 0xc0 {
            return None;
        }
        let (count, bytes) = (usize::from(marker & 7) + 1, usize::from(marker >> 3 & 3) + 1);
        let start = packet.len().checked_sub(2 + count * bytes)?;
        (packet[start] == marker).then(|| packet[start + 1..packet.len() - 1].chunks_exact(bytes))
    };
    let Some(lengths) = index() else { return vec![packet] };
    let mut at = 0usize;
    let mut found = Vec::new();
    for length in lengths {
        let len = length.iter().rev().fold(0, |len, byte| len << 8 | usize::from(*byte));
        let end = at.saturating_add(len);
        found.extend(packet.get(at..end));
        at = end;
    }
    // As the decoder does where the index lists nothing that there is.
    if found.is_empty() { vec![packet] } else { found }
}
