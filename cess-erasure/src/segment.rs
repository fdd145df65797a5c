//! A byte string to shards and back.
//!
//! A segment is padded with zeros to a whole number of shards, and its data shards are slices of
//! the padded segment, in order. Padding and coding are separate steps: what transforms the bytes,
//! such as a mask, goes between them and covers the padding too.
//!
//! ```text
//! pad → [mask] → encode_segment → shards → decode_segment → [unmask] → unpad
//! ```
//!
//! [`unpad`] takes exactly the bytes that [`pad`] made: of the right length, with zeros after the
//! data. The true length isn't in the bytes; whoever keeps the shards' hashes keeps the length too.
//!
//! ```
//! use cess_erasure::{Codec, Error, Geometry, segment};
//!
//! let layout = segment::SegmentLayout::new(Geometry::WHITE_PAPER, 1000)?;
//! let codec = Codec::new(layout.geometry());
//! let mut bytes = vec![7; 1000];
//! segment::pad(&layout, &mut bytes)?;
//! let parity = segment::encode_segment(&codec, &layout, &bytes)?;
//! let data = segment::split(&layout, &bytes)?;
//!
//! let left = [(1, data[1]), (3, parity[0].as_slice()), (4, parity[1].as_slice())];
//! let mut decoded = segment::decode_segment(&codec, &layout, &left)?;
//! segment::unpad(&layout, &mut decoded)?;
//! assert_eq!(decoded, vec![7; 1000]);
//! # Ok::<(), Error>(())
//! ```

use alloc::vec;
use alloc::vec::Vec;

use crate::{Codec, Error, Geometry};

mod range;
#[cfg(test)]
mod tests;

pub use range::{RangePlan, Read};

/// Shards of segments are a whole number of this many bytes long, and at least one.
pub const SHARD_ALIGN: usize = 64;

/// The longest shard of a segment, in bytes: 1 GiB.
pub const MAX_SHARD_LEN: usize = 1 << 30;

/// How a segment of a certain length lies in the shards of a geometry.
///
/// The shards are as short as the length allows: the data shards together hold less than
/// [`SHARD_ALIGN`] bytes of padding each, but for the shortest segments. An empty segment has
/// shards too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentLayout {
    geometry: Geometry,
    len: usize,
    shard_len: usize,
    padded_len: usize,
}

impl SegmentLayout {
    /// The layout of a segment of `len` bytes.
    ///
    /// # Errors
    /// [`Error::SegmentTooLong`] if a shard would be longer than [`MAX_SHARD_LEN`], or the padded
    /// segment than this machine can address.
    pub fn new(geometry: Geometry, len: u64) -> Result<Self, Error> {
        // Both conversions widen: counts are below 2^17, the constants below 2^31.
        let data = geometry.data() as u64;
        let align = SHARD_ALIGN as u64;
        let wanted = len.div_ceil(data);
        let shard_len = wanted.max(1).checked_next_multiple_of(align).unwrap_or(u64::MAX);
        let max = (MAX_SHARD_LEN as u64).min(isize::MAX as u64 / data);
        let too_long = Error::SegmentTooLong { max, got: shard_len };
        if shard_len > max {
            return Err(too_long);
        }
        let (Ok(len), Ok(shard_len)) = (usize::try_from(len), usize::try_from(shard_len)) else {
            return Err(too_long);
        };
        Ok(Self { geometry, len, shard_len, padded_len: shard_len * geometry.data() })
    }

    /// The geometry.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The length of the segment without padding, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the segment is of no bytes. Its shards aren't.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The length of every shard, in bytes: a multiple of [`SHARD_ALIGN`].
    #[must_use]
    pub fn shard_len(&self) -> usize {
        self.shard_len
    }

    /// The length of the segment with padding, in bytes: that of all data shards.
    #[must_use]
    pub fn padded_len(&self) -> usize {
        self.padded_len
    }

    fn check_codec(&self, codec: &Codec) -> Result<(), Error> {
        let (codec, layout) = (codec.geometry(), self.geometry);
        if codec == layout { Ok(()) } else { Err(Error::GeometryMismatch { codec, layout }) }
    }
}

/// Appends the padding.
///
/// # Errors
/// [`Error::SegmentLength`] if `segment` isn't of [`SegmentLayout::len`] bytes; it stays as it is.
pub fn pad(layout: &SegmentLayout, segment: &mut Vec<u8>) -> Result<(), Error> {
    check_len(layout.len, segment.len())?;
    segment.resize(layout.padded_len, 0);
    Ok(())
}

/// Removes the padding, after checking that it is what [`pad`] appends.
///
/// # Errors
/// [`Error::SegmentLength`] if `segment` isn't of [`SegmentLayout::padded_len`] bytes,
/// [`Error::NonZeroPadding`] with the first place where the padding isn't zero; it stays as it is.
pub fn unpad(layout: &SegmentLayout, segment: &mut Vec<u8>) -> Result<(), Error> {
    check_len(layout.padded_len, segment.len())?;
    if let Some(at) = segment[layout.len..].iter().position(|&byte| byte != 0) {
        return Err(Error::NonZeroPadding { offset: layout.len + at });
    }
    segment.truncate(layout.len);
    Ok(())
}

/// The data shards of a padded segment, in order.
///
/// # Errors
/// [`Error::SegmentLength`] if `padded` isn't of [`SegmentLayout::padded_len`] bytes.
pub fn split<'a>(layout: &SegmentLayout, padded: &'a [u8]) -> Result<Vec<&'a [u8]>, Error> {
    check_len(layout.padded_len, padded.len())?;
    Ok(padded.chunks_exact(layout.shard_len).collect())
}

/// The parity shards of a padded segment. Its data shards are what [`split`] gives.
///
/// # Errors
/// [`Error::SegmentLength`] if `padded` isn't of [`SegmentLayout::padded_len`] bytes,
/// [`Error::GeometryMismatch`].
pub fn encode_segment(
    codec: &Codec,
    layout: &SegmentLayout,
    padded: &[u8],
) -> Result<Vec<Vec<u8>>, Error> {
    layout.check_codec(codec)?;
    let data = split(layout, padded)?;
    let mut parity = vec![vec![0; layout.shard_len]; layout.geometry.parity()];
    codec.encode(&data, &mut parity)?;
    Ok(parity)
}

/// The padded segment, from any of its shards, as many as there are data shards, in any order.
///
/// What [`Codec::reconstruct`] says of wrong shards holds here too. Memory for the segment is
/// taken after the shards were found to be enough and of the right length.
///
/// # Errors
/// [`Error::ShardLength`] if a shard isn't of [`SegmentLayout::shard_len`] bytes,
/// [`Error::GeometryMismatch`], and those of [`Codec::reconstruct`].
pub fn decode_segment(
    codec: &Codec,
    layout: &SegmentLayout,
    present: &[(usize, &[u8])],
) -> Result<Vec<u8>, Error> {
    layout.check_codec(codec)?;
    let expected = layout.shard_len;
    if let Some(got) = present.iter().map(|(_, shard)| shard.len()).find(|&got| got != expected) {
        return Err(Error::ShardLength { expected, got });
    }
    codec.reconstruct(present, &mut [])?;
    let mut segment = vec![0; layout.padded_len];
    let mut data: Vec<&mut [u8]> = segment.chunks_exact_mut(layout.shard_len).collect();
    codec.decode(present, &mut data)?;
    Ok(segment)
}

fn check_len(expected: usize, got: usize) -> Result<(), Error> {
    if got == expected { Ok(()) } else { Err(Error::SegmentLength { expected, got }) }
}
