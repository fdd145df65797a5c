use alloc::vec::Vec;
use core::ops::Range;

use super::walk::{Part, Walk};
use super::{GROUP_LEN, PAIR_LEN};
use crate::Error;

/// Verifies a slice and returns the bytes of `range`.
///
/// # Errors
/// [`Error::RangeOutOfBounds`] for a range outside the string; [`Error::ContentMismatch`] for a
/// slice or a length that isn't the root's; [`Error::Truncated`] and [`Error::TrailingBytes`].
pub fn decode_slice(
    root: &[u8; 32],
    len: u64,
    range: Range<u64>,
    encoded: &[u8],
) -> Result<Vec<u8>, Error> {
    let wanted = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let mut decoder = SliceDecoder::new(root, len, range)?;
    let mut bytes = Vec::with_capacity(wanted.min(encoded.len()));
    decoder.push(encoded, |_, verified| bytes.extend_from_slice(verified))?;
    decoder.finish()?;
    Ok(bytes)
}

/// Verifies a slice as it comes in, in pieces of any size.
///
/// Verified bytes come out in order, at most a group at a time; a bad byte is refused by the end of
/// the group or node it lies in, before anything of that group comes out. The length is proven
/// before any data, by the first 4.5 kB at most. It holds at most 16 KiB of the slice.
#[derive(Debug, Clone)]
pub struct SliceDecoder {
    walk: Walk,
    /// The beginning of the part that is expected next.
    pending: Vec<u8>,
    failed: Option<Error>,
}

impl SliceDecoder {
    /// Expects the slice for `range` of the string with this root and this length in bytes.
    ///
    /// # Errors
    /// [`Error::RangeOutOfBounds`] for a range outside the string.
    pub fn new(root: &[u8; 32], len: u64, range: Range<u64>) -> Result<Self, Error> {
        Ok(Self { walk: Walk::new(*root, len, range)?, pending: Vec::new(), failed: None })
    }

    /// Takes the next bytes of the slice; calls `sink(offset, bytes)` for all bytes of the range
    /// that they complete, `offset` counted from the start of the string.
    ///
    /// # Errors
    /// [`Error::ContentMismatch`] for bytes that don't belong to the root, and
    /// [`Error::TrailingBytes`] after the end. A decoder that has refused refuses for good.
    pub fn push(&mut self, input: &[u8], mut sink: impl FnMut(u64, &[u8])) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = self.advance(input, &mut sink);
        if let Err(error) = &result {
            self.failed = Some(error.clone());
            self.pending = Vec::new();
        }
        result
    }

    /// Whether the whole slice has come and is verified.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_none() && self.walk.next() == Part::End
    }

    /// Ends the slice.
    ///
    /// # Errors
    /// [`Error::Truncated`] if more should have come, and the error of [`SliceDecoder::push`] if
    /// it had one. What the sink got before belongs to the root all the same.
    pub fn finish(mut self) -> Result<(), Error> {
        // The one part of the empty string is complete before anything comes.
        self.push(&[], |_, _| ())?;
        match self.walk.next() {
            Part::End => Ok(()),
            part => Err(Error::Truncated { missing: (part_len(part) - self.pending.len()) as u64 }),
        }
    }

    fn advance(
        &mut self,
        mut input: &[u8],
        sink: &mut impl FnMut(u64, &[u8]),
    ) -> Result<(), Error> {
        loop {
            let part = self.walk.next();
            if part == Part::End {
                let extra = input.len() as u64;
                return if extra == 0 { Ok(()) } else { Err(Error::TrailingBytes { extra }) };
            }
            let len = part_len(part);
            if self.pending.is_empty() && input.len() >= len {
                let (head, rest) = input.split_at(len);
                take(&mut self.walk, part, head, sink)?;
                input = rest;
                continue;
            }
            let (head, rest) = input.split_at(input.len().min(len - self.pending.len()));
            self.pending.extend_from_slice(head);
            input = rest;
            if self.pending.len() < len {
                return Ok(());
            }
            take(&mut self.walk, part, &self.pending, sink)?;
            self.pending.clear();
        }
    }
}

fn part_len(part: Part) -> usize {
    match part {
        Part::Pair { .. } => PAIR_LEN,
        Part::Bytes { start, end } => usize::try_from(end - start).unwrap_or(GROUP_LEN),
        Part::End => 0,
    }
}

fn take(
    walk: &mut Walk,
    part: Part,
    bytes: &[u8],
    sink: &mut impl FnMut(u64, &[u8]),
) -> Result<(), Error> {
    match part {
        Part::End => {}
        Part::Pair { .. } => {
            let mut pair = [0; PAIR_LEN];
            pair.copy_from_slice(bytes);
            walk.accept_pair(&pair)?;
        }
        Part::Bytes { start, .. } => {
            let wanted = walk.accept_bytes(bytes)?;
            if !wanted.is_empty() {
                sink(start + wanted.start as u64, &bytes[wanted]);
            }
        }
    }
    Ok(())
}
