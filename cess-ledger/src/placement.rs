//! Placement: which node takes which fragment, as a pure function of public data.
//!
//! Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Efraimidis and Spirakis
//! 2006): for each slot every node draws a lot `−log2(u) / free`, u a hash of seed, slot and node;
//! the lowest lot of a node that has no fragment of the segment yet wins the slot. A node that
//! leaves or joins moves its own slots, and few others of the same segments.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{AccountId, Candidate, Error, Exclusion, Profile, Slot, domain};

/// The running placement of one file: segments are placed in order, and every fragment placed
/// takes its bytes from its node's room.
#[derive(Clone, Debug)]
pub struct Placement {
    seed: [u8; 32],
    profile: Profile,
    candidates: Vec<Candidate>,
    room: Vec<u64>,
    excluded: BTreeMap<AccountId, u32>,
    next: u32,
}

impl Placement {
    /// A placement over `candidates`.
    pub fn new(seed: [u8; 32], profile: Profile, candidates: &[Candidate]) -> Self {
        Self {
            seed,
            profile,
            candidates: candidates.to_vec(),
            room: candidates.iter().map(|c| c.free).collect(),
            excluded: BTreeMap::new(),
            next: 0,
        }
    }

    /// The most nodes that may be left out: a quarter, so that nobody can choose the rest.
    pub fn max_exclusions(candidates: usize) -> usize {
        candidates / 4
    }

    /// Leaves a node out from segment `from_segment` on.
    ///
    /// # Errors
    /// [`Error::TooManyExclusions`] when a quarter of the candidates is left out already;
    /// [`Error::NoSuchMiner`] when it is no candidate.
    pub fn exclude(&mut self, exclusion: Exclusion) -> Result<(), Error> {
        if !self.candidates.iter().any(|c| c.miner == exclusion.miner) {
            return Err(Error::NoSuchMiner(exclusion.miner));
        }
        let max = Self::max_exclusions(self.candidates.len());
        let known = self.excluded.get(&exclusion.miner).copied();
        if known.is_none() && self.excluded.len() >= max {
            return Err(Error::TooManyExclusions { max, got: self.excluded.len() + 1 });
        }
        let from = known.map_or(exclusion.from_segment, |k| k.min(exclusion.from_segment));
        self.excluded.insert(exclusion.miner, from);
        Ok(())
    }

    /// What was left out, ascending.
    pub fn exclusions(&self) -> Vec<Exclusion> {
        let exclusion =
            |(miner, from): (&AccountId, &u32)| Exclusion { miner: *miner, from_segment: *from };
        self.excluded.iter().map(exclusion).collect()
    }

    /// The nodes of the next segment, whose fragments have `fragment_len` bytes: in order of
    /// replica and shard, no node twice.
    ///
    /// # Errors
    /// [`Error::NotEnoughNodes`] when too few have room; nothing is taken then, and the same
    /// segment may be tried again.
    pub fn place(&mut self, fragment_len: u64) -> Result<Vec<AccountId>, Error> {
        let needed = self.profile.fragments_per_segment();
        let usable: Vec<usize> = (0..self.candidates.len())
            .filter(|&i| {
                let from = self.excluded.get(&self.candidates[i].miner);
                self.room[i] >= fragment_len && from.is_none_or(|from| self.next < *from)
            })
            .collect();
        if usable.len() < needed {
            return Err(Error::NotEnoughNodes { needed, available: usable.len() });
        }
        let mut free = usable;
        let mut chosen = Vec::with_capacity(needed);
        for replica in 0..self.profile.replicas() {
            for shard in 0..self.profile.geometry().total() {
                let shard = u8::try_from(shard).map_err(|_| Error::Overflow)?;
                let slot = Slot { segment: self.next, replica, shard };
                let lots = free.iter().map(|&i| self.lot(slot, &self.candidates[i])).enumerate();
                let best = lots.reduce(|a, b| if b.1.beats(&a.1) { b } else { a });
                let Some((best, _)) = best else { break };
                chosen.push(free.swap_remove(best));
            }
        }
        for &i in &chosen {
            self.room[i] -= fragment_len;
        }
        self.next += 1;
        Ok(chosen.into_iter().map(|i| self.candidates[i].miner).collect())
    }

    fn lot(&self, slot: Slot, candidate: &Candidate) -> Lot {
        lot(&self.seed, slot, candidate)
    }
}

/// Candidates in the order in which they would take `slot`, the best first: for finding a new home
/// for one lost fragment.
pub fn rank(seed: &[u8; 32], slot: Slot, candidates: &[Candidate]) -> Vec<AccountId> {
    let mut lots: Vec<Lot> = candidates.iter().map(|c| lot(seed, slot, c)).collect();
    lots.sort_by(
        |a, b| if a.beats(b) { core::cmp::Ordering::Less } else { core::cmp::Ordering::Greater },
    );
    lots.into_iter().map(|l| l.miner).collect()
}

fn lot(seed: &[u8; 32], slot: Slot, candidate: &Candidate) -> Lot {
    let mut hasher = blake3::Hasher::new_derive_key(domain::PLACEMENT_LOT);
    hasher.update(seed).update(&slot.segment.to_le_bytes());
    hasher.update(&[slot.replica, slot.shard]).update(&candidate.miner.0);
    let mut draw = [0; 8];
    draw.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    Lot {
        log: neg_log2(u64::from_le_bytes(draw)),
        // In bytes: any coarser, a swarm of tiny nodes would weigh more than its collateral.
        weight: candidate.free.max(1),
        miner: candidate.miner,
    }
}

struct Lot {
    log: u64,
    weight: u64,
    miner: AccountId,
}

impl Lot {
    /// `log / weight` is lower; the miner's id breaks ties.
    fn beats(&self, other: &Self) -> bool {
        let mine = u128::from(self.log) * u128::from(other.weight);
        let theirs = u128::from(other.log) * u128::from(self.weight);
        (mine, self.miner) < (theirs, other.miner)
    }
}

/// `−log2((draw + 1) / 2^64)` in fixed point with 32 fractional bits: integers only, so that every
/// machine draws the same.
fn neg_log2(draw: u64) -> u64 {
    const FRACTION_BITS: u32 = 32;
    let value = u128::from(draw) + 1;
    let exponent = value.ilog2();
    let mut mantissa = (value << (127 - exponent)) >> 64;
    let mut log = u64::from(exponent) << FRACTION_BITS;
    for bit in (0..FRACTION_BITS).rev() {
        mantissa = (mantissa * mantissa) >> 63;
        if mantissa >> 64 != 0 {
            log |= 1 << bit;
            mantissa >>= 1;
        }
    }
    (64u64 << FRACTION_BITS) - log
}

#[cfg(test)]
mod tests;
