//! How many frames a GIF has, by its blocks (GIF89a, sections 17 to 26), without decoding them.

/// Counts the frames as far as the blocks can be followed; 1 at least.
pub(super) fn count(bytes: &[u8]) -> u32 {
    let mut blocks = Blocks(bytes);
    let mut frames = 0u32;
    if blocks.header().is_some() {
        while let Some(frame) = blocks.next_block() {
            frames = frames.saturating_add(u32::from(frame));
        }
    }
    frames.max(1)
}

struct Blocks<'a>(&'a [u8]);

impl Blocks<'_> {
    fn skip(&mut self, len: usize) -> Option<()> {
        self.0 = self.0.get(len..)?;
        Some(())
    }

    /// Bytes of the colour table that a packed field announces.
    fn table(packed: u8) -> usize {
        if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
    }

    fn header(&mut self) -> Option<()> {
        let packed = *self.0.get(10)?;
        self.skip(13 + Self::table(packed))
    }

    /// Whether the next block is a frame; nothing at the end.
    fn next_block(&mut self) -> Option<bool> {
        let label = *self.0.first()?;
        match label {
            // An extension: label, then sub-blocks.
            0x21 => self.skip(2)?,
            // A frame: descriptor, colour table, code size, then sub-blocks.
            0x2c => {
                let packed = *self.0.get(9)?;
                self.skip(10 + Self::table(packed) + 1)?;
            }
            _ => return None,
        }
        loop {
            let len = usize::from(*self.0.first()?);
            self.skip(1 + len)?;
            if len == 0 {
                return Some(label == 0x2c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A screen of 1 by 1 without a colour table, then the blocks.
    fn gif(blocks: &[&[u8]]) -> Vec<u8> {
        [&b"GIF89a\x01\0\x01\0\0\0\0"[..], &blocks.concat()].concat()
    }

    const FRAME: &[u8] = b"\x2c\0\0\0\0\x01\0\x01\0\x80\0\0\0\xff\xff\xff\x02\x02\x44\x01\0";
    const EXTENSION: &[u8] = b"\x21\xfe\x03\x2c\x2c\x2c\x01\x2c\0";

    #[test]
    fn frames_are_counted_and_what_looks_like_one_is_not() {
        assert_eq!(count(&gif(&[FRAME, b"\x3b"])), 1);
        assert_eq!(count(&gif(&[EXTENSION, FRAME, EXTENSION, FRAME, FRAME, b"\x3b"])), 3);
        assert_eq!(count(&gif(&[FRAME, FRAME, b"\x3b", FRAME])), 2, "nothing counts after the end");
    }

    #[test]
    fn a_cut_file_has_the_frames_that_are_whole() {
        let whole = gif(&[FRAME, EXTENSION, FRAME, b"\x3b"]);
        let counts: Vec<u32> = (0..=whole.len()).map(|len| count(&whole[..len])).collect();
        assert!(counts.is_sorted() && counts[0] == 1 && counts[whole.len()] == 2);
        assert_eq!(count(&whole[..whole.len() - 2]), 1);
    }
}
