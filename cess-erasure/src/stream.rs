//! Files of any length through memory of a fixed size.
//!
//! A stream is cut into stripes of `data` × `unit_len` bytes, each a [segment](crate::segment) of
//! its own: of every stripe each shard gets one unit, one after the other. The last stripe, if it is
//! shorter, has shorter units, padded as segments are. An empty stream has no stripe.
//!
//! [`Encoder`] and [`Decoder`] are handed bytes and hand out units; with the feature `std`,
//! `encode` and `decode` do so over `Read` and `Write`.
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use cess_erasure::{Codec, Error, Geometry, stream};
//!
//! let codec = Codec::new(Geometry::WHITE_PAPER);
//! let file: Vec<u8> = (0..100_000u32).map(|at| (at % 251) as u8).collect();
//! let mut shards = vec![Vec::new(); 5];
//! let len = stream::encode(&codec, 4096, &file[..], &mut shards)?;
//!
//! // Two shards are lost, and a third one breaks off.
//! let layout = stream::StreamLayout::new(Geometry::WHITE_PAPER, 4096, len)?;
//! let mut readers = [None, Some(&shards[1][..]), Some(&shards[2][..]), None, Some(&shards[4][..])];
//! let mut decoded = Vec::new();
//! stream::decode(&codec, &layout, &mut readers, &mut decoded)?;
//! assert_eq!(decoded, file);
//!
//! readers = [None, Some(&shards[1][..]), Some(&shards[2][..9000]), None, Some(&shards[4][..])];
//! let refused = stream::decode(&codec, &layout, &mut readers, &mut Vec::new());
//! assert_eq!(refused, Err(Error::NotEnoughShards { have: 2, need: 3 }));
//! # }
//! # Ok::<(), cess_erasure::Error>(())
//! ```

use alloc::vec;
use alloc::vec::Vec;

use crate::segment::{MAX_SHARD_LEN, SHARD_ALIGN, SegmentLayout};
use crate::{Codec, Error, Geometry};

#[cfg(feature = "std")]
mod io;
#[cfg(test)]
mod tests;

#[cfg(feature = "std")]
pub use io::{decode, encode};

/// How a stream of a certain length lies in the shards of a geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamLayout {
    geometry: Geometry,
    unit_len: usize,
    len: u64,
}

impl StreamLayout {
    /// The layout of a stream of `len` bytes in units of `unit_len` bytes.
    ///
    /// # Errors
    /// [`Error::UnitLength`] unless `unit_len` is a positive multiple of [`SHARD_ALIGN`], at most
    /// [`MAX_SHARD_LEN`], and a stripe can be addressed.
    pub fn new(geometry: Geometry, unit_len: usize, len: u64) -> Result<Self, Error> {
        let whole =
            unit_len > 0 && unit_len.is_multiple_of(SHARD_ALIGN) && unit_len <= MAX_SHARD_LEN;
        let addressed =
            unit_len.checked_mul(geometry.total()).and_then(|n| isize::try_from(n).ok());
        if !whole || addressed.is_none() {
            return Err(Error::UnitLength { got: unit_len });
        }
        Ok(Self { geometry, unit_len, len })
    }

    /// The geometry.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The length of the stream, in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the stream is of no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of a full stripe without parity.
    #[must_use]
    pub fn stripe_len(&self) -> usize {
        self.unit_len * self.geometry.data()
    }

    /// The number of stripes.
    #[must_use]
    pub fn stripes(&self) -> u64 {
        self.len.div_ceil(self.stripe_len() as u64)
    }

    /// The layout of a stripe; its units lie at `index` × `unit_len` in the shards.
    ///
    /// # Errors
    /// [`Error::StripeOutOfRange`].
    pub fn stripe(&self, index: u64) -> Result<SegmentLayout, Error> {
        let (stripes, full) = (self.stripes(), self.stripe_len() as u64);
        if index >= stripes {
            return Err(Error::StripeOutOfRange { index, stripes });
        }
        SegmentLayout::new(self.geometry, full.min(self.len - index * full))
    }

    /// The length of every shard of the whole stream, in bytes.
    ///
    /// # Errors
    /// Those of [`SegmentLayout::new`], which none of a valid layout has.
    pub fn shard_len(&self) -> Result<u64, Error> {
        let Some(last) = self.stripes().checked_sub(1) else { return Ok(0) };
        Ok(last * self.unit_len as u64 + self.stripe(last)?.shard_len() as u64)
    }
}

/// Takes a stream in parts of any length, and gives out the units of each stripe as soon as it is
/// full. Holds one stripe with its parity.
#[derive(Debug)]
pub struct Encoder<'c> {
    codec: &'c Codec,
    layout: StreamLayout,
    stripe: Vec<u8>,
    filled: usize,
    parity: Vec<Vec<u8>>,
}

impl<'c> Encoder<'c> {
    /// An encoder for units of `unit_len` bytes.
    ///
    /// # Errors
    /// Those of [`StreamLayout::new`].
    pub fn new(codec: &'c Codec, unit_len: usize) -> Result<Self, Error> {
        let layout = StreamLayout::new(codec.geometry(), unit_len, 0)?;
        let stripe = vec![0; layout.stripe_len()];
        let parity = vec![vec![0; unit_len]; codec.geometry().parity()];
        Ok(Self { codec, layout, stripe, filled: 0, parity })
    }

    /// Takes the next bytes. `emit` gets the units of each stripe that they fill, data first.
    ///
    /// # Errors
    /// The first of `emit`; the stream is at an end then.
    pub fn push<E: From<Error>>(
        &mut self,
        mut bytes: &[u8],
        mut emit: impl FnMut(&[&[u8]]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.stripe.len() - self.filled));
            self.stripe[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            self.layout.len += now.len() as u64;
            bytes = later;
            if self.filled == self.stripe.len() {
                self.stripe(&mut emit)?;
            }
        }
        Ok(())
    }

    /// Ends the stream: `emit` gets the units of the last stripe, if one is begun. The layout of the
    /// whole stream.
    ///
    /// # Errors
    /// That of `emit`.
    pub fn finish<E: From<Error>>(
        mut self,
        mut emit: impl FnMut(&[&[u8]]) -> Result<(), E>,
    ) -> Result<StreamLayout, E> {
        if self.filled > 0 {
            self.stripe(&mut emit)?;
        }
        Ok(self.layout)
    }

    fn stripe<E: From<Error>>(
        &mut self,
        emit: &mut impl FnMut(&[&[u8]]) -> Result<(), E>,
    ) -> Result<(), E> {
        let layout = SegmentLayout::new(self.codec.geometry(), self.filled as u64)?;
        self.stripe[self.filled..layout.padded_len()].fill(0);
        let unit_len = layout.shard_len();
        let mut units: Vec<&[u8]> =
            self.stripe[..layout.padded_len()].chunks_exact(unit_len).collect();
        let mut parity: Vec<&mut [u8]> =
            self.parity.iter_mut().map(|unit| &mut unit[..unit_len]).collect();
        self.codec.encode(&units, &mut parity)?;
        units.extend(self.parity.iter().map(|unit| &unit[..unit_len]));
        self.filled = 0;
        emit(&units)
    }
}

/// Gives back a stream stripe by stripe, in any order. Holds the data of one stripe.
#[derive(Debug)]
pub struct Decoder<'c> {
    codec: &'c Codec,
    layout: StreamLayout,
    stripe: Vec<u8>,
}

impl<'c> Decoder<'c> {
    /// A decoder of streams of this layout.
    ///
    /// # Errors
    /// [`Error::GeometryMismatch`].
    pub fn new(codec: &'c Codec, layout: StreamLayout) -> Result<Self, Error> {
        if codec.geometry() != layout.geometry {
            let (codec, layout) = (codec.geometry(), layout.geometry);
            return Err(Error::GeometryMismatch { codec, layout });
        }
        Ok(Self { codec, layout, stripe: Vec::new() })
    }

    /// The bytes of a stripe, from its units, as many as the code needs, in any order.
    ///
    /// **A wrong unit among those used gives wrong bytes.**
    ///
    /// # Errors
    /// [`Error::StripeOutOfRange`], [`Error::ShardLength`] of units that aren't as long as this
    /// stripe's, [`Error::NonZeroPadding`], and those of [`Codec::reconstruct`].
    pub fn stripe(&mut self, index: u64, units: &[(usize, &[u8])]) -> Result<&[u8], Error> {
        let layout = self.layout.stripe(index)?;
        let expected = layout.shard_len();
        if let Some(got) = units.iter().map(|(_, unit)| unit.len()).find(|got| *got != expected) {
            return Err(Error::ShardLength { expected, got });
        }
        self.codec.reconstruct(units, &mut [])?;
        self.stripe.resize(layout.padded_len(), 0);
        let mut data: Vec<&mut [u8]> = self.stripe.chunks_exact_mut(expected).collect();
        self.codec.decode(units, &mut data)?;
        let (bytes, padding) = self.stripe.split_at(layout.len());
        match padding.iter().position(|byte| *byte != 0) {
            Some(at) => Err(Error::NonZeroPadding { offset: layout.len() + at }),
            None => Ok(bytes),
        }
    }
}
