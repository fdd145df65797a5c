//! The BLAKE3 tree of a byte string: its root is what `b3sum` prints, and any slice of the string
//! is verified against it as it arrives.
//!
//! An [`Outboard`] keeps the inner nodes above groups of 16 KiB, 0.4 % of the data. With it, a
//! server reads only the groups it sends ([`slice_reads`]) and makes a slice ([`encode_slice`]);
//! whoever knows root and length verifies it with [`decode_slice`], or with a [`SliceDecoder`] as
//! it streams.
//!
//! ```
//! use cess_merkle::{Error, content};
//!
//! let data = vec![7u8; 100_000];
//! let outboard = content::Outboard::new(&data);
//! assert_eq!(outboard.root(), content::root(&data));
//!
//! let slice = content::encode_slice_of(&data, &outboard, 70_000..70_010)?;
//! let bytes = content::decode_slice(&outboard.root(), 100_000, 70_000..70_010, &slice)?;
//! assert_eq!(bytes, [7; 10]);
//! // A wrong length is refused, although the range is well inside of both.
//! assert!(content::decode_slice(&outboard.root(), 99_999, 70_000..70_010, &slice).is_err());
//! # Ok::<(), Error>(())
//! ```

mod decode;
mod encode;
mod outboard;
#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests;
mod walk;

use core::ops::Range;

pub use decode::{SliceDecoder, decode_slice};
pub use encode::{SliceReads, encode_slice, encode_slice_of, encode_slice_to, slice_reads};
pub use outboard::{Outboard, OutboardBuilder};

use blake3::Hasher;
use blake3::hazmat::{HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

use crate::Error;

/// The bytes under one leaf of an outboard: data is verified in pieces of this size.
pub const GROUP_LEN: usize = 16 * 1024;

const GROUP: u64 = 16 * 1024;
const CHUNK: u64 = 1024;
const PAIR_LEN: usize = 64;

type Cv = [u8; 32];
type Pair = [u8; PAIR_LEN];

/// The plain BLAKE3 hash of `data`.
#[must_use]
pub fn root(data: &[u8]) -> [u8; 32] {
    *blake3::hash(data).as_bytes()
}

/// The length in bytes of the slice for `range` of a string of `len` bytes.
///
/// # Errors
/// [`Error::RangeOutOfBounds`] for a range outside the string.
pub fn encoded_len(len: u64, range: &Range<u64>) -> Result<u64, Error> {
    walk::encoded_len(len, range)
}

/// The left part of a subtree of `len > 1024` bytes: the largest power of two below `len`.
fn split(len: u64) -> u64 {
    1 << (len - 1).ilog2()
}

/// The number of inner nodes over `len` bytes: one between each two groups.
fn pairs(len: u64) -> u64 {
    len.div_ceil(GROUP).saturating_sub(1)
}

fn subtree_cv(start: u64, data: &[u8], is_root: bool) -> Cv {
    if is_root {
        return root(data);
    }
    Hasher::new().set_input_offset(start).update(data).finalize_non_root()
}

fn pair_cv(pair: &Pair, is_root: bool) -> Cv {
    let (left, right) = halves(pair);
    if is_root {
        *merge_subtrees_root(&left, &right, Mode::Hash).as_bytes()
    } else {
        merge_subtrees_non_root(&left, &right, Mode::Hash)
    }
}

fn halves(pair: &Pair) -> (Cv, Cv) {
    let (mut left, mut right) = ([0; 32], [0; 32]);
    left.copy_from_slice(&pair[..32]);
    right.copy_from_slice(&pair[32..]);
    (left, right)
}

fn join(left: &Cv, right: &Cv) -> Pair {
    let mut pair = [0; PAIR_LEN];
    pair[..32].copy_from_slice(left);
    pair[32..].copy_from_slice(right);
    pair
}

fn check_range(range: &Range<u64>, len: u64) -> Result<(), Error> {
    if range.start > range.end || range.end > len {
        return Err(Error::RangeOutOfBounds { start: range.start, end: range.end, len });
    }
    Ok(())
}
