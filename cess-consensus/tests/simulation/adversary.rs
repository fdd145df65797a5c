//! What an adversary may do; without an override it does what the honest do.

use std::collections::BTreeSet;

use cess_consensus::Params;

use crate::run::Outcome;
use crate::world::{STAKE, World};

pub(crate) const CANDIDATES: u64 = 200;

/// The adversary's candidates are the numbers from here on.
pub(crate) const FIRST: u64 = 1_000_000;

pub(crate) trait Adversary: Send {
    fn name(&self) -> &'static str;

    fn tune(&self, _: &mut Params) {}

    /// How many candidates it begins with, and the stake of each; the honest have the rest.
    fn candidates(&self) -> (u64, u128) {
        (CANDIDATES / 5, STAKE)
    }

    fn honest_stake(&self) -> u128 {
        STAKE
    }

    /// Which of its candidates reveal a ticket.
    fn tickets(&mut self, _: &World, mine: &[u64]) -> Vec<u64> {
        mine.to_vec()
    }

    /// Which of its members on duty reveal a contribution, when all others' are known.
    fn contributions(&mut self, _: &World, mine: &[u64]) -> Vec<u64> {
        mine.to_vec()
    }

    /// Whether its members on duty vote for two blocks of one height.
    fn equivocates(&self, _: usize) -> bool {
        false
    }

    /// Whether its members on duty vote at all.
    fn votes(&self, _: u64) -> bool {
        true
    }

    /// Whether it brings new candidates in place of those it lost.
    fn comes_back(&self) -> bool {
        false
    }

    /// What must have come of it.
    fn check(&self, outcome: &Outcome);
}

/// Its candidates among `all`.
pub(crate) fn mine(all: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let set: BTreeSet<u64> = all.into_iter().filter(|at| *at >= FIRST).collect();
    set.into_iter().collect()
}
