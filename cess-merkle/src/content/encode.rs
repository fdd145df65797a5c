use alloc::vec::Vec;
use core::ops::Range;

use super::walk::{Part, Walk};
use super::{GROUP, GROUP_LEN, Outboard, check_range, encoded_len, join, subtree_cv};
use crate::Error;

/// The byte ranges that a server reads to make a slice; see [`slice_reads`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceReads {
    /// The range, rounded out to groups of 16 KiB.
    pub body: Range<u64>,
    /// The last group, which proves the length; may be the end of `body`.
    pub tail: Range<u64>,
}

/// What [`encode_slice`] will read for `range` of a string of `len` bytes, for servers that fetch
/// first and encode then.
///
/// # Errors
/// [`Error::RangeOutOfBounds`] for a range outside the string.
pub fn slice_reads(len: u64, range: &Range<u64>) -> Result<SliceReads, Error> {
    check_range(range, len)?;
    let tail = len.saturating_sub(1) / GROUP * GROUP..len;
    let body = if range.is_empty() {
        range.clone()
    } else {
        range.start / GROUP * GROUP..range.end.div_ceil(GROUP).saturating_mul(GROUP).min(len)
    };
    Ok(SliceReads { body, tail })
}

/// Makes the slice for `range`, reading with `read(offset, buffer)`, which fills the buffer with
/// the string's bytes from `offset` on: a group of at most 16 KiB at a time, no other bytes than
/// those of [`slice_reads`].
///
/// The groups are verified as they are read, so a server with damaged data learns it here.
///
/// # Errors
/// [`Error::RangeOutOfBounds`]; [`Error::ContentMismatch`] if the data isn't the outboard's; and
/// whatever `read` returns.
pub fn encode_slice<E: From<Error>>(
    outboard: &Outboard,
    range: Range<u64>,
    read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let len = encoded_len(outboard.len(), &range)?;
    let mut slice = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    encode_slice_to(outboard, range, read, |part| {
        slice.extend_from_slice(part);
        Ok(())
    })?;
    Ok(slice)
}

/// [`encode_slice`] for a string in memory.
///
/// # Errors
/// Those of [`encode_slice`], and [`Error::Length`] if the data isn't as long as the outboard says.
pub fn encode_slice_of(
    data: &[u8],
    outboard: &Outboard,
    range: Range<u64>,
) -> Result<Vec<u8>, Error> {
    let got = data.len() as u64;
    if got != outboard.len() {
        return Err(Error::Length { expected: outboard.len(), got });
    }
    encode_slice(outboard, range, |start, buffer| {
        let bytes = usize::try_from(start).ok().and_then(|at| data.get(at..)?.get(..buffer.len()));
        let bytes = bytes.ok_or(Error::Truncated { missing: buffer.len() as u64 })?;
        buffer.copy_from_slice(bytes);
        Ok(())
    })
}

/// [`encode_slice`] in bounded memory: hands the slice to `sink` in parts of at most 16 KiB.
///
/// # Errors
/// Those of [`encode_slice`], and whatever `sink` returns.
pub fn encode_slice_to<E: From<Error>>(
    outboard: &Outboard,
    range: Range<u64>,
    mut read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let reads = slice_reads(outboard.len(), &range)?;
    let mut tail = [0; GROUP_LEN];
    let tail = &mut tail[..group_len(&reads.tail)];
    if !tail.is_empty() {
        read(reads.tail.start, tail)?;
    }
    let mut group = [0; GROUP_LEN];
    let mut walk = Walk::new(outboard.root(), outboard.len(), range)?;
    loop {
        match walk.next() {
            Part::End => return Ok(()),
            Part::Pair { start, mid, end } => {
                let pair = match outboard.pair(mid) {
                    Some(pair) => *pair,
                    None => {
                        let left = subtree_cv(start, within(tail, &reads.tail, start..mid), false);
                        let right = subtree_cv(mid, within(tail, &reads.tail, mid..end), false);
                        join(&left, &right)
                    }
                };
                walk.accept_pair(&pair)?;
                sink(&pair)?;
            }
            Part::Bytes { start, end } => {
                let bytes = if start >= reads.tail.start {
                    within(tail, &reads.tail, start..end)
                } else {
                    let group = &mut group[..group_len(&(start..end))];
                    read(start, group)?;
                    group
                };
                walk.accept_bytes(bytes)?;
                sink(bytes)?;
            }
        }
    }
}

fn group_len(range: &Range<u64>) -> usize {
    usize::try_from(range.end - range.start).map_or(GROUP_LEN, |len| len.min(GROUP_LEN))
}

/// The part of the last group that holds the bytes `wanted` of the string.
fn within<'a>(tail: &'a [u8], covers: &Range<u64>, wanted: Range<u64>) -> &'a [u8] {
    let from = group_len(&(covers.start..wanted.start));
    let to = group_len(&(covers.start..wanted.end));
    tail.get(from..to).unwrap_or(&[])
}
