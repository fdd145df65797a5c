//! Plain 64-bit arithmetic.

use alloc::vec::Vec;

use super::{COLUMNS, GROUP_BYTES, LANES, Lanes, SECTOR_BYTES, padded};
use crate::field::{adc, mac};

#[inline(always)]
fn load(sector: &[u8]) -> [u64; 4] {
    let word = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&sector[at..at + 8]);
        u64::from_le_bytes(word)
    };
    [word(0), word(8), word(16), word(23) >> 8]
}

/// Two powers side by side.
pub(super) fn pack(powers: &[[u64; 4]]) -> Vec<Lanes> {
    let pair = |pair: &[[u64; 4]]| {
        let mut out = Lanes::default();
        out.0[..4].copy_from_slice(&pair[0]);
        out.0[4..].copy_from_slice(&pair[1]);
        out
    };
    powers.chunks_exact(2).map(pair).collect()
}

/// The sum of products, and one more for each time that it ran over.
#[derive(Clone, Copy, Default)]
struct Column {
    low: u128,
    high: u64,
}

impl Column {
    #[inline(always)]
    fn add(&mut self, a: u64, b: u64) {
        let over;
        (self.low, over) = self.low.overflowing_add(u128::from(a) * u128::from(b));
        self.high += u64::from(over);
    }
}

/// `sum_j m_j * powers[j]`, not reduced: a product has 248 + 255 bits, and 2048 are added.
pub(super) fn inner_product(block: &[u8], powers: &[Lanes]) -> [u64; 9] {
    let mut columns = [Column::default(); 7];
    let mut add = |m: [u64; 4], power: &[u64]| {
        for i in 0..4 {
            for j in 0..4 {
                columns[i + j].add(m[i], power[j]);
            }
        }
    };
    let sectors = block.chunks_exact(2 * SECTOR_BYTES);
    let tail = sectors.remainder();
    for (pair, powers) in sectors.zip(powers) {
        add(load(&pair[..SECTOR_BYTES]), &powers.0[..4]);
        add(load(&pair[SECTOR_BYTES..]), &powers.0[4..]);
    }
    if !tail.is_empty() {
        let pair = padded(tail);
        if let Some(powers) = powers.get(block.len() / (2 * SECTOR_BYTES)) {
            add(load(&pair), &powers.0[..4]);
            add(load(&pair[SECTOR_BYTES..]), &powers.0[4..]);
        }
    }
    carry(&columns)
}

#[allow(clippy::cast_possible_truncation, reason = "a column is cut into its words")]
fn carry(columns: &[Column; 7]) -> [u64; 9] {
    let mut out = [0; 9];
    for (at, column) in columns.iter().enumerate() {
        let mut over;
        (out[at], over) = adc(out[at], column.low as u64, 0);
        (out[at + 1], over) = adc(out[at + 1], (column.low >> 64) as u64, over);
        (out[at + 2], _) = adc(out[at + 2], column.high, over);
    }
    out
}

/// A group holds one sum after the other, each of 448 bits: a product has 376, which leaves room
/// for more blocks than there are positions.
#[allow(clippy::cast_possible_truncation, reason = "a 128-bit weight is cut into two limbs")]
pub(super) fn combine(sums: &mut [Lanes], block: &[u8], weight: u128) {
    let (low, high) = (weight as u64, (weight >> 64) as u64);
    let add = |sum: &mut Lanes, m: [u64; 4]| {
        let sum = &mut sum.0;
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
    };
    let sectors = block.chunks_exact(SECTOR_BYTES);
    let tail = sectors.remainder();
    let mut sums = sums.iter_mut();
    for sector in sectors {
        if let Some(sum) = sums.next() {
            add(sum, load(sector));
        }
    }
    if let (false, Some(sum)) = (tail.is_empty(), sums.next()) {
        add(sum, load(&padded(tail)));
    }
}

const _: () = assert!(COLUMNS == LANES, "a group has as many sums as columns");
const _: () = assert!(GROUP_BYTES >= 2 * SECTOR_BYTES);
