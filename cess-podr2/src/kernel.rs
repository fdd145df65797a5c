//! The two loops over the data, portable. Both read 31-byte little-endian sectors; a last sector
//! that is short counts as zero-padded, and nothing is read beyond the slice.

use alloc::{vec, vec::Vec};

use crate::field::{Fr, adc, mac};
use crate::sectors::SECTOR_BYTES;

/// A power of alpha as a plain integer below r.
pub(crate) type Power = [u64; 4];

#[inline(always)]
fn load(sector: &[u8]) -> [u64; 4] {
    let word = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&sector[at..at + 8]);
        u64::from_le_bytes(word)
    };
    [word(0), word(8), word(16), word(23) >> 8]
}

fn for_each_sector(block: &[u8], mut visit: impl FnMut([u64; 4])) {
    let sectors = block.chunks_exact(SECTOR_BYTES);
    let tail = sectors.remainder();
    for sector in sectors {
        visit(load(sector));
    }
    if !tail.is_empty() {
        let mut padded = [0; SECTOR_BYTES];
        padded[..tail.len()].copy_from_slice(tail);
        visit(load(&padded));
    }
}

/// `sum_j m_j * powers[j] mod r`, in time that depends on the length of the block alone.
///
/// A product has 248 + 255 bits and at most 2^16 are added, so 519 of the 576 bits are used and
/// one reduction at the end is enough.
pub(crate) fn inner_product(block: &[u8], powers: &[Power]) -> Fr {
    let mut sum = [0u64; 9];
    let mut powers = powers.iter();
    for_each_sector(block, |m| {
        let Some(power) = powers.next() else { return };
        let mut product = [0u64; 8];
        for i in 0..4 {
            let mut carry = 0;
            for j in 0..4 {
                (product[i + j], carry) = mac(product[i + j], m[i], power[j], carry);
            }
            product[i + 4] = carry;
        }
        let mut carry = 0;
        for k in 0..8 {
            (sum[k], carry) = adc(sum[k], product[k], carry);
        }
        sum[8] += carry;
    });
    Fr::from_nine(&sum)
}

/// `sum_i w_i * m_{i,j}` for every sector index j, for public 128-bit weights.
///
/// A product has 376 bits; 448 leave room for 2^72 blocks, more than there are positions.
pub(crate) struct Combination {
    sums: Vec<[u64; 7]>,
    used: usize,
}

impl Combination {
    pub(crate) fn new(sectors: usize) -> Self {
        Self { sums: vec![[0; 7]; sectors], used: 0 }
    }

    /// Adds a block of at most as many sectors as there are sums.
    #[allow(clippy::cast_possible_truncation, reason = "a 128-bit weight is cut into two limbs")]
    pub(crate) fn add(&mut self, block: &[u8], weight: u128) {
        let (low, high) = (weight as u64, (weight >> 64) as u64);
        self.used = self.used.max(block.len().div_ceil(SECTOR_BYTES)).min(self.sums.len());
        let mut sums = self.sums.iter_mut();
        for_each_sector(block, |m| {
            let Some(sum) = sums.next() else { return };
            let mut carry = 0;
            for j in 0..4 {
                (sum[j], carry) = mac(sum[j], m[j], low, carry);
            }
            let first = carry;
            carry = 0;
            for j in 0..4 {
                (sum[j + 1], carry) = mac(sum[j + 1], m[j], high, carry);
            }
            // The first carry belongs to limb 4, the second to limb 5.
            let (limb, over) = adc(sum[4], first, 0);
            sum[4] = limb;
            let (limb, over) = adc(sum[5], carry, over);
            sum[5] = limb;
            sum[6] += over;
        });
    }

    /// The sums mod r, without the zeros past the longest block.
    pub(crate) fn finish(self) -> Vec<Fr> {
        let reduce = |sum: &[u64; 7]| {
            let [a, b, c, d, e, f, g] = *sum;
            Fr::from_nine(&[a, b, c, d, e, f, g, 0, 0])
        };
        self.sums.iter().take(self.used).map(reduce).collect()
    }
}

#[cfg(test)]
mod tests;
