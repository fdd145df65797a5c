//! Weighted features to 256 bits whose Hamming distance follows their angle.

use std::fmt;

/// The bits of a certificate ID.
pub const BITS: usize = 256;

/// A 256-bit similarity hash: close in Hamming distance for similar content.
///
/// Two unrelated contents are 128 ± 8 bits apart. Bit `i` is bit `i % 8` of byte `i / 8`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Simhash([u8; 32]);

impl Simhash {
    /// Bytes of an encoding.
    pub const LEN: usize = 32;

    /// Every 32 bytes are a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bits, lowest first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Bits that differ, 0 to 256.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.words().iter().zip(other.words()).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// As four little-endian words.
    pub(crate) fn words(&self) -> [u64; 4] {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(self.0.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }
}

impl fmt::Debug for Simhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Simhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Sums weighted features into a [`Simhash`] (Charikar, *Similarity estimation techniques from
/// rounding algorithms*, STOC 2002, section 3).
///
/// The hash of a feature stands for 256 random signs. For two sets of weights with angle θ
/// between them, each bit differs with probability θ/π. All arithmetic is on integers, so
/// neither the order of the features nor the machine changes a bit.
#[derive(Debug, Clone)]
pub struct Accumulator {
    sums: [i64; BITS],
    recent: [i32; BITS],
    /// Features in `recent`; with 16-bit weights, 2^15 of them can't overflow it.
    pending: u32,
    weight: u64,
    square: u128,
}

impl Default for Accumulator {
    fn default() -> Self {
        Self { sums: [0; BITS], recent: [0; BITS], pending: 0, weight: 0, square: 0 }
    }
}

impl Accumulator {
    /// Without features: all bits 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a feature, by its well-mixed hash.
    pub fn add(&mut self, feature: u64, weight: u16) {
        self.add_signed(feature, weight.into());
    }

    /// As [`add`](Self::add), with a weight of at most 16 bits that may be negative: what a feature
    /// takes away from.
    pub(crate) fn add_signed(&mut self, feature: u64, signed: i32) {
        debug_assert!(signed.unsigned_abs() <= u16::MAX.into());
        if self.pending == 1 << 15 {
            self.settle();
        }
        self.pending += 1;
        for (at, lane) in self.recent.as_chunks_mut::<64>().0.iter_mut().enumerate() {
            let signs = expand(feature, at as u64);
            for (bit, sum) in lane.iter_mut().enumerate() {
                let sign = i32::from(signs >> bit & 1 == 1) * 2 - 1;
                *sum += sign * signed;
            }
        }
        let weight = signed.unsigned_abs();
        self.weight += u64::from(weight);
        self.square += u128::from(weight) * u128::from(weight);
    }

    fn settle(&mut self) {
        for (sum, recent) in self.sums.iter_mut().zip(&mut self.recent) {
            *sum += i64::from(std::mem::take(recent));
        }
        self.pending = 0;
    }

    /// How many features of equal weight would be as many: (Σw)² / Σw².
    #[must_use]
    pub fn effective_features(&self) -> u64 {
        let whole = u128::from(self.weight) * u128::from(self.weight);
        u64::try_from(whole / self.square.max(1)).unwrap_or(u64::MAX)
    }

    /// A bit is 1 where the sum is over zero.
    #[must_use]
    pub fn finish(mut self) -> Simhash {
        self.settle();
        let mut bytes = [0; 32];
        for (bit, sum) in self.sums.iter().enumerate() {
            bytes[bit / 8] |= u8::from(*sum > 0) << (bit % 8);
        }
        Simhash(bytes)
    }
}

/// Word `at` of a feature's signs: the output function of SplitMix64.
pub(crate) const fn expand(feature: u64, at: u64) -> u64 {
    let mut z = feature.wrapping_add((at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(features: &[(u64, u16)]) -> Simhash {
        let mut bytes = [0; 32];
        for bit in 0..BITS {
            let sum: i128 = features
                .iter()
                .map(|(feature, weight)| {
                    let set = expand(*feature, bit as u64 / 64) >> (bit % 64) & 1 == 1;
                    if set { i128::from(*weight) } else { -i128::from(*weight) }
                })
                .sum();
            bytes[bit / 8] |= u8::from(sum > 0) << (bit % 8);
        }
        Simhash(bytes)
    }

    fn features(count: u64) -> Vec<(u64, u16)> {
        (0..count).map(|i| (expand(i, 9), (expand(i, 11) >> 48) as u16)).collect()
    }

    fn hash(features: &[(u64, u16)]) -> Simhash {
        let mut sum = Accumulator::new();
        features.iter().for_each(|(feature, weight)| sum.add(*feature, *weight));
        sum.finish()
    }

    #[test]
    fn equals_the_plain_sum_over_and_under_a_settling() {
        for count in [0, 1, 2, 77, (1 << 15) - 1, 1 << 15, (1 << 15) + 1, 100_000] {
            let features = features(count);
            assert_eq!(hash(&features), naive(&features), "{count} features");
        }
        let heavy = vec![(7, u16::MAX); 70_000];
        assert_eq!(hash(&heavy), naive(&heavy));
    }

    #[test]
    fn order_does_not_matter() {
        let mut features = features(5000);
        let forward = hash(&features);
        features.reverse();
        assert_eq!(hash(&features), forward);
    }

    #[test]
    fn distance_follows_the_angle() {
        // Half of the weight in common: cos θ = 1/2, θ/π = 1/3, 85 of 256 bits ± 7.5.
        let all: Vec<_> = (0..30_000).map(|i| (expand(i, 3), 100)).collect();
        let distance = hash(&all[..20_000]).distance(&hash(&all[10_000..]));
        assert!((60..110).contains(&distance), "{distance}");
        let unrelated = hash(&all[..10_000]).distance(&hash(&all[10_000..]));
        assert!((96..160).contains(&unrelated), "{unrelated}");
    }

    #[test]
    fn equal_weights_count_as_many_as_they_are() {
        let mut sum = Accumulator::new();
        assert_eq!(sum.effective_features(), 0);
        (0..12).for_each(|i| sum.add(i, 50));
        assert_eq!(sum.effective_features(), 12);
        sum.add(99, u16::MAX);
        assert_eq!(sum.effective_features(), 1);
    }
}
