use alloc::vec::Vec;

use crate::{Codec, Error};

/// A shard as it came from somewhere: its bytes may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard<'a> {
    index: usize,
    bytes: &'a [u8],
}

impl<'a> Shard<'a> {
    /// What claims to be the shard of this index.
    #[must_use]
    pub fn new(index: usize, bytes: &'a [u8]) -> Self {
        Self { index, bytes }
    }
}

/// A shard whose bytes are those of the digest that it was checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedShard<'a> {
    index: usize,
    bytes: &'a [u8],
}

impl<'a> CheckedShard<'a> {
    /// The index in the codeword.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The content.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// The digests of all shards of a codeword, with what computes them: the way by which a wrong shard
/// never enters the arithmetic.
///
/// What the shards are checked against must have come from somebody who is trusted, or be bound by
/// something that is; this crate doesn't hash, so any function will do that is collision-resistant.
///
/// ```
/// use cess_erasure::{Codec, Digests, Error, Geometry, Shard};
///
/// let codec = Codec::new(Geometry::WHITE_PAPER);
/// let mut shards = vec![vec![1; 64], vec![2; 64], vec![3; 64], vec![0; 64], vec![0; 64]];
/// let (data, parity) = shards.split_at_mut(3);
/// codec.encode(data, parity)?;
///
/// let hash = |bytes: &[u8]| *blake3::hash(bytes).as_bytes();
/// let digests = Digests::new(&codec, shards.iter().map(|shard| hash(shard)).collect(), hash)?;
/// let lie = digests.check(Shard::new(2, &[9; 64]));
/// assert_eq!(lie, Err(Error::WrongShard { index: 2 }));
///
/// let present: Vec<_> = [1, 3, 4]
///     .into_iter()
///     .map(|index| digests.check(Shard::new(index, &shards[index])))
///     .collect::<Result<_, _>>()?;
/// let mut rebuilt = [0; 64];
/// digests.reconstruct(&present, &mut [(2, &mut rebuilt)])?;
/// assert_eq!(rebuilt[..], shards[2]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Digests<'c, D, H> {
    codec: &'c Codec,
    digests: Vec<D>,
    hash: H,
}

impl<D: core::fmt::Debug, H> core::fmt::Debug for Digests<'_, D, H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { codec, digests, .. } = self;
        f.debug_struct("Digests")
            .field("geometry", &codec.geometry())
            .field("digests", digests)
            .finish_non_exhaustive()
    }
}

impl<'c, D: PartialEq, H: Fn(&[u8]) -> D> Digests<'c, D, H> {
    /// The digests of a codeword's shards, data first.
    ///
    /// # Errors
    /// [`Error::ShardCount`] if there isn't one for each shard.
    pub fn new(codec: &'c Codec, digests: Vec<D>, hash: H) -> Result<Self, Error> {
        let (expected, got) = (codec.geometry().total(), digests.len());
        if got != expected {
            return Err(Error::ShardCount { expected, got });
        }
        Ok(Self { codec, digests, hash })
    }

    /// The shard, if it is the one of its digest.
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`], [`Error::WrongShard`].
    pub fn check<'a>(&self, shard: Shard<'a>) -> Result<CheckedShard<'a>, Error> {
        let Shard { index, bytes } = shard;
        let total = self.digests.len();
        let expected = self.digests.get(index).ok_or(Error::IndexOutOfRange { index, total })?;
        if (self.hash)(bytes) != *expected {
            return Err(Error::WrongShard { index });
        }
        Ok(CheckedShard { index, bytes })
    }

    /// Overwrites the buffers of `missing` as [`Codec::reconstruct`] does, from checked shards, and
    /// checks what comes out.
    ///
    /// Present shards are compared with their digests again only if what comes out is wrong: to
    /// tell digests of no codeword, whose error is [`Error::InconsistentDigests`], from shards that
    /// other digests had checked.
    ///
    /// # Errors
    /// [`Error::WrongShard`], [`Error::InconsistentDigests`]: the buffers are filled with zeros
    /// then. Those of [`Codec::reconstruct`]: nothing is written then.
    pub fn reconstruct(
        &self,
        present: &[CheckedShard<'_>],
        missing: &mut [(usize, &mut [u8])],
    ) -> Result<(), Error> {
        let shards: Vec<(usize, &[u8])> = present.iter().map(|s| (s.index, s.bytes)).collect();
        self.codec.reconstruct(&shards, missing)?;
        let right = |(index, bytes): &(usize, &mut [u8])| {
            self.digests.get(*index).is_some_and(|digest| (self.hash)(bytes) == *digest)
        };
        let Some(at) = missing.iter().position(|rebuilt| !right(rebuilt)) else { return Ok(()) };
        let index = missing[at].0;
        missing.iter_mut().for_each(|(_, buffer)| buffer.fill(0));
        for shard in present {
            self.check(Shard { index: shard.index, bytes: shard.bytes })?;
        }
        Err(Error::InconsistentDigests { index })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::Geometry;

    fn sum(bytes: &[u8]) -> u64 {
        bytes.iter().fold(7, |sum, byte| (sum * 1_000_003 + u64::from(*byte)) % 0x7fff_ffff)
    }

    fn codeword(codec: &Codec) -> Vec<Vec<u8>> {
        let mut shards: Vec<Vec<u8>> = (1..=5).map(|i| vec![i; 10]).collect();
        let (data, parity) = shards.split_at_mut(3);
        codec.encode(data, parity).unwrap();
        shards
    }

    #[test]
    fn takes_right_shards_and_rebuilds_right_ones() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let shards = codeword(&codec);
        let digests = shards.iter().map(|s| sum(s)).collect();
        let digests = Digests::new(&codec, digests, sum).unwrap();
        let present: Vec<CheckedShard<'_>> =
            (2..5).map(|i| digests.check(Shard::new(i, &shards[i])).unwrap()).collect();
        assert_eq!((present[0].index(), present[0].bytes()), (2, &shards[2][..]));
        let mut rebuilt = [[0; 10]; 2];
        let [a, b] = rebuilt.each_mut();
        digests.reconstruct(&present, &mut [(1, a), (0, b)]).unwrap();
        assert!(rebuilt[0][..] == shards[1] && rebuilt[1][..] == shards[0]);
    }

    #[test]
    fn refuses_every_changed_bit_another_place_and_another_length() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let shards = codeword(&codec);
        let digests = shards.iter().map(|s| sum(s)).collect();
        let digests = Digests::new(&codec, digests, sum).unwrap();
        for bit in 0..80 {
            let mut wrong = shards[1].clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let refused = digests.check(Shard::new(1, &wrong));
            assert_eq!(refused, Err(Error::WrongShard { index: 1 }));
        }
        let refused = digests.check(Shard::new(0, &shards[1]));
        assert_eq!(refused, Err(Error::WrongShard { index: 0 }));
        let refused = digests.check(Shard::new(1, &shards[1][1..]));
        assert_eq!(refused, Err(Error::WrongShard { index: 1 }));
        let refused = digests.check(Shard::new(5, &shards[1]));
        assert_eq!(refused, Err(Error::IndexOutOfRange { index: 5, total: 5 }));
        let refused = Digests::new(&codec, vec![1u64; 4], sum).map(drop);
        assert_eq!(refused, Err(Error::ShardCount { expected: 5, got: 4 }));
    }

    /// Whoever published the digests may have hashed shards that are no codeword.
    #[test]
    fn digests_of_no_codeword_are_told_from_wrong_shards_and_leave_zeros() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let mut shards = codeword(&codec);
        let honest: Vec<u64> = shards.iter().map(|s| sum(s)).collect();
        shards[3][4] ^= 1;
        let crafted = shards.iter().map(|s| sum(s)).collect();
        let crafted = Digests::new(&codec, crafted, sum).unwrap();
        let checked = |i: usize| crafted.check(Shard::new(i, &shards[i])).unwrap();
        let present = [checked(1), checked(2), checked(3)];
        let mut rebuilt = [0xA5; 10];
        let refused = crafted.reconstruct(&present, &mut [(0, &mut rebuilt)]);
        assert_eq!(refused, Err(Error::InconsistentDigests { index: 0 }));
        assert_eq!(rebuilt, [0; 10]);
        let mut second = honest.clone();
        second[1] ^= 1;
        let second = Digests::new(&codec, second, sum).unwrap();
        let right = codeword(&codec);
        let right = [2, 3, 4].map(|i| second.check(Shard::new(i, &right[i])).unwrap());
        let (mut a, mut b) = ([0xA5; 10], [0xA5; 10]);
        let refused = second.reconstruct(&right, &mut [(0, &mut a), (1, &mut b)]);
        assert_eq!(refused, Err(Error::InconsistentDigests { index: 1 }));
        assert_eq!([a, b], [[0; 10]; 2]);
        let honest = Digests::new(&codec, honest, sum).unwrap();
        let refused = honest.reconstruct(&present, &mut [(0, &mut rebuilt)]);
        assert_eq!(refused, Err(Error::WrongShard { index: 3 }));
    }
}
