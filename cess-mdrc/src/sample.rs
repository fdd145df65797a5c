use std::collections::BTreeSet;

use crate::Error;

/// A sample of a set, comparable with samples of other sets: its smallest ranks.
///
/// This is MinHash with one hash function (Broder, *On the resemblance and containment of
/// documents*, SEQUENCES 1997: the sketch of the s smallest). The rank of an element depends on
/// the element alone, so the shared part of two samples estimates the resemblance of the sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sample {
    /// Elements of the whole set, at most `u32::MAX`.
    total: u32,
    /// Rising strictly; all of them when the set is that small.
    ranks: Vec<u32>,
}

/// What two samples say about their sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Ranks of the union that both samples vouch for: the sample's size.
    pub seen: u32,
    /// Those of them that both have.
    pub shared: u32,
}

impl Sample {
    /// Most ranks that a sample keeps.
    pub const MAX: usize = Self::MOST as usize;
    /// The longest encoding, in bytes.
    pub(crate) const MAX_LEN: usize = 6 + 4 * Self::MAX;

    pub(crate) const MOST: u32 = 256;

    /// From ranks in any order. Equal ranks of different elements count as one.
    #[cfg(any(test, feature = "text"))]
    pub(crate) fn from_ranks(mut ranks: Vec<u32>) -> Self {
        ranks.sort_unstable();
        ranks.dedup();
        let total = u32::try_from(ranks.len()).unwrap_or(u32::MAX);
        ranks.truncate(Self::MAX);
        ranks.shrink_to_fit();
        Self { total, ranks }
    }

    /// From the smallest ranks of a stream, in 64 bits: at most [`MAX`](Self::MAX) of them, and
    /// whether there were others. How many is then estimated from how densely the smallest lie
    /// (Bar-Yossef et al., *Counting distinct elements in a data stream*, RANDOM 2002).
    pub(crate) fn from_smallest(smallest: &BTreeSet<u64>, others: bool) -> Self {
        let mut ranks: Vec<u32> = smallest.iter().map(|rank| (rank >> 32) as u32).collect();
        ranks.dedup();
        let kept = u32::try_from(ranks.len()).unwrap_or(u32::MAX);
        let total = match ranks.last() {
            Some(last) if others => {
                let estimate = (u64::from(kept) << 32) / (u64::from(*last) + 1);
                // Ranks that became equal are gone: the sample is then one of a smaller set.
                u32::try_from(estimate)
                    .unwrap_or(u32::MAX)
                    .max(kept + u32::from(kept == Self::MOST))
            }
            _ => kept,
        };
        if (kept as usize) < Self::MAX {
            Self { total: kept, ranks }
        } else {
            Self { total, ranks }
        }
    }

    /// Elements of the whole set.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.total
    }

    /// The smallest ranks, rising.
    #[must_use]
    pub fn ranks(&self) -> &[u32] {
        &self.ranks
    }

    /// Whether the sample is the whole set.
    fn is_whole(&self) -> bool {
        self.total as usize == self.ranks.len()
    }

    /// Walks the union from its smallest rank on, as far as both samples reach.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> Overlap {
        let (mut left, mut right) = (0, 0);
        let mut overlap = Overlap { seen: 0, shared: 0 };
        while overlap.seen < Self::MOST {
            match (self.ranks.get(left), other.ranks.get(right)) {
                (Some(a), Some(b)) => {
                    overlap.shared += u32::from(a == b);
                    left += usize::from(a <= b);
                    right += usize::from(b <= a);
                }
                (Some(_), None) if other.is_whole() => left += 1,
                (None, Some(_)) if self.is_whole() => right += 1,
                _ => break,
            }
            overlap.seen += 1;
        }
        overlap
    }

    pub(crate) fn encoded_len(&self) -> usize {
        6 + 4 * self.ranks.len()
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.total.to_le_bytes());
        let count = u16::try_from(self.ranks.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&count.to_le_bytes());
        self.ranks.iter().for_each(|rank| out.extend_from_slice(&rank.to_le_bytes()));
    }

    /// Takes a sample off the front of `bytes`.
    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Error> {
        let total = u32::from_le_bytes(take(bytes)?);
        let count = u32::from(u16::from_le_bytes(take(bytes)?));
        let expected = total.min(Self::MOST);
        if count != expected {
            return Err(Error::SampleLength { expected, got: count });
        }
        let mut ranks: Vec<u32> = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let rank = u32::from_le_bytes(take(bytes)?);
            if let Some(previous) = ranks.last().copied().filter(|previous| *previous >= rank) {
                return Err(Error::RanksUnordered { previous, rank });
            }
            ranks.push(rank);
        }
        Ok(Self { total, ranks })
    }
}

/// The next `N` bytes.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Error> {
    let Some((first, rest)) = bytes.split_first_chunk() else {
        return Err(Error::Length { expected: N as u64, got: bytes.len() as u64 });
    };
    *bytes = rest;
    Ok(*first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::simhash::expand;

    fn set(range: std::ops::Range<u64>) -> BTreeSet<u32> {
        range.map(|i| (expand(i, 0) >> 32) as u32).collect()
    }

    fn sample(set: &BTreeSet<u32>) -> Sample {
        Sample::from_ranks(set.iter().rev().copied().collect())
    }

    #[test]
    fn small_sets_overlap_exactly() {
        let (a, b) = (set(0..100), set(60..150));
        let overlap = sample(&a).overlap(&sample(&b));
        assert_eq!(overlap, Overlap { seen: 150, shared: 40 });
        assert_eq!(sample(&b).overlap(&sample(&a)), overlap);
    }

    #[test]
    fn large_sets_overlap_as_the_smallest_of_their_union_do() {
        for (a, b) in [(0..9000, 3000..12_000), (0..50, 0..9000), (0..300, 250..400)] {
            let (a, b) = (set(a), set(b));
            let union: Vec<u32> = a.union(&b).copied().take(Sample::MAX).collect();
            let shared = union.iter().filter(|r| a.contains(r) && b.contains(r)).count();
            let overlap = sample(&a).overlap(&sample(&b));
            assert_eq!((overlap.seen as usize, overlap.shared as usize), (union.len(), shared));
        }
    }

    /// Whatever lies close together, or far apart, a sample says of itself whether it is the whole set.
    #[test]
    fn of_a_stream_with_others_a_full_sample_is_never_the_whole_set() {
        let mut smallest: BTreeSet<u64> = (0..255).collect();
        smallest.insert(u64::MAX);
        let spread: BTreeSet<u64> = (1..=256).map(|i: u64| (i << 56).wrapping_sub(1)).collect();
        for (smallest, kept) in [(&smallest, 2), (&spread, 256)] {
            let sample = Sample::from_smallest(smallest, true);
            assert_eq!(sample.ranks().len(), kept);
            assert_eq!(sample.total() as usize, if kept == Sample::MAX { 257 } else { kept });
            let mut bytes = Vec::new();
            sample.write(&mut bytes);
            assert_eq!(Sample::read(&mut &bytes[..]), Ok(sample));
        }
    }

    #[test]
    fn an_encoding_comes_back() {
        for count in [0, 1, 255, 256, 257, 5000] {
            let sample = sample(&set(0..count));
            let mut bytes = Vec::new();
            sample.write(&mut bytes);
            assert_eq!(bytes.len(), sample.encoded_len());
            let mut rest = &bytes[..];
            assert_eq!(Sample::read(&mut rest), Ok(sample));
            assert!(rest.is_empty());
            if count > 0 {
                assert!(matches!(
                    Sample::read(&mut &bytes[..bytes.len() - 1]),
                    Err(Error::Length { expected: 4, got: 3 })
                ));
            }
        }
    }

    #[test]
    fn refuses_ranks_that_do_not_rise_and_counts_that_do_not_fit() {
        let encode = |total: u32, ranks: &[u32]| {
            let mut bytes = Vec::new();
            Sample { total, ranks: ranks.to_vec() }.write(&mut bytes);
            bytes
        };
        let read = |bytes: Vec<u8>| Sample::read(&mut &bytes[..]).map(|_| ());
        assert_eq!(read(encode(2, &[4, 5])), Ok(()));
        let unordered = |previous, rank| Err(Error::RanksUnordered { previous, rank });
        assert_eq!(read(encode(2, &[5, 5])), unordered(5, 5));
        assert_eq!(read(encode(2, &[5, 4])), unordered(5, 4));
        let length = |expected, got| Err(Error::SampleLength { expected, got });
        assert_eq!(read(encode(1, &[4, 5])), length(1, 2));
        assert_eq!(read(encode(3, &[4, 5])), length(3, 2));
        assert_eq!(read(encode(u32::MAX, &[1])), length(256, 1));
    }
}
