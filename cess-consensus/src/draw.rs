//! The draw: which of the frozen candidates are on duty.

use alloc::vec::Vec;
use core::cmp::Ordering;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::candidate::CandidateId;

/// How the seats are drawn from those who hold a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Policy {
    /// The lowest tickets (white paper, 4.2.4): each candidate that passed the filter has the same
    /// chance. The default.
    Uniform = 0,
    /// The lowest lots −log₂(ticket) / stake: of each seat, a candidate's chance is its stake's
    /// share among those not drawn yet (Efraimidis and Spirakis, IPL 97(5), 2006, algorithm A).
    Weighted = 1,
    /// The highest of 50 % credit, 30 % stake and 20 % ticket. For comparison: whoever has most
    /// stake and credit sits in almost every round, known long before.
    Ranking = 2,
}

/// One candidate in one draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub id: CandidateId,
    /// First half of its VRF output.
    pub ticket: [u8; 32],
    /// Its stake as frozen.
    pub stake: u128,
    /// Its credit as frozen, 0 to 1000.
    pub credit: u16,
}

/// Draws at most `seats` of `entries`, by rising id. A pure function of its arguments: the order of
/// entries and whatever machine make no difference. Ties, which distinct tickets make as rare as
/// collisions, go to the lower id.
///
/// A stake of zero counts as one in [`Policy::Weighted`].
pub fn select(policy: Policy, seats: usize, entries: &[Entry]) -> Vec<CandidateId> {
    let mut drawn: Vec<CandidateId> = match policy {
        Policy::Uniform => best(seats, entries, |entry| entry.ticket),
        Policy::Weighted => {
            let shift = scale(entries);
            best(seats, entries, |entry| Lot::new(entry, shift))
        }
        Policy::Ranking => {
            let most = entries.iter().map(|entry| entry.stake).max().unwrap_or(0);
            best(seats, entries, |entry| core::cmp::Reverse(rank(entry, most)))
        }
    };
    drawn.sort_unstable();
    drawn
}

/// The ids of the `seats` least keys, in any order. Linear: a part is split off, not sorted.
fn best<K: Ord>(seats: usize, entries: &[Entry], key: impl Fn(&Entry) -> K) -> Vec<CandidateId> {
    let mut keyed: Vec<(K, CandidateId)> =
        entries.iter().map(|entry| (key(entry), entry.id)).collect();
    if seats < keyed.len() {
        keyed.select_nth_unstable(seats);
        keyed.truncate(seats);
    }
    keyed.into_iter().map(|(_, id)| id).collect()
}

/// Fractional bits of a logarithm.
const FRACTION: u32 = 56;

/// −log₂(u) / stake for u = (draw + 1) / 2^64, kept as a fraction and compared exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lot {
    log: u64,
    stake: u64,
}

/// How far stakes are shifted down, so that the largest fits 64 bits.
fn scale(entries: &[Entry]) -> u32 {
    let most = entries.iter().map(|entry| entry.stake).max().unwrap_or(0);
    (u128::BITS - most.leading_zeros()).saturating_sub(u64::BITS)
}

impl Lot {
    fn new(entry: &Entry, shift: u32) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = entry.ticket;
        let draw = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let stake = u64::try_from(entry.stake >> shift).unwrap_or(u64::MAX).max(1);
        Self { log: neg_log2(draw), stake }
    }
}

impl Ord for Lot {
    fn cmp(&self, other: &Self) -> Ordering {
        // log < 2^63 and stake < 2^64: products fit.
        let left = u128::from(self.log) * u128::from(other.stake);
        left.cmp(&(u128::from(other.log) * u128::from(self.stake)))
    }
}

impl PartialOrd for Lot {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// −log₂((draw + 1) / 2^64), 56 fractional bits, off by less than 2^−55.
///
/// The mantissa m in 1..2 is squared again and again, and each carry is a bit of log₂ m. A square is
/// rounded down by less than 2^−63, which halves in the logarithm with each step.
fn neg_log2(draw: u64) -> u64 {
    let Some(value) = draw.checked_add(1) else { return 0 };
    let zeros = value.leading_zeros();
    let mut mantissa = value << zeros;
    let mut fraction = 0_u64;
    for _ in 0..FRACTION {
        let square = u128::from(mantissa) * u128::from(mantissa);
        let carry = (square >> 127) as u64;
        #[expect(clippy::cast_possible_truncation, reason = "below 2^64 after the shift")]
        let next = (square >> (63 + carry)) as u64;
        mantissa = next;
        fraction = fraction << 1 | carry;
    }
    // log₂(value / 2^64) = (63 − zeros) + fraction − 64.
    (u64::from(zeros + 1) << FRACTION) - fraction
}

/// 50 % credit, 30 % stake, 20 % ticket, each scaled to 0..=2^32; ranks are exact integers.
fn rank(entry: &Entry, most: u128) -> u64 {
    const FULL: u128 = 1 << 32;
    let credit = u128::from(entry.credit) * FULL / 1000;
    // Shifted so that the product fits; the largest keeps at least 64 bits.
    let shift = (u128::BITS - most.leading_zeros()).saturating_sub(64);
    let stake = (entry.stake >> shift) * FULL / (most >> shift).max(1);
    let [a, b, c, d, ..] = entry.ticket;
    let chance = u128::from(u32::from_be_bytes([a, b, c, d]));
    u64::try_from(50 * credit + 30 * stake + 20 * chance).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
