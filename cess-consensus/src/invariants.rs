//! What holds after every step.

use alloc::collections::BTreeSet;

use crate::candidate::{CandidateId, Status};
use crate::state::{FROZEN_AHEAD, State};
use crate::voters::{Role, Voters};

/// A broken invariant: a fault of this crate, never of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// Tokens appeared or vanished.
    #[error("tokens: {got} bonded, unbonding, released and slashed, {taken} were taken")]
    Tokens {
        /// What came in.
        taken: u128,
        /// What is accounted for.
        got: u128,
    },
    /// A set isn't the one that the boundary names, or not of this round.
    #[error("set of voters: {0}")]
    Voters(&'static str),
    /// Somebody on duty or in the pool is forgotten, or has the stake on its way back.
    #[error("{0} votes and is not bound")]
    Unbound(CandidateId),
    /// Two candidates have one key.
    #[error("a key is in use twice")]
    Keys,
    /// The frozen draws aren't those of the next rounds.
    #[error("frozen draws: {0}")]
    Frozen(&'static str),
    /// A reveal is there that shouldn't have been taken.
    #[error("reveal of {0}")]
    Reveal(CandidateId),
}

impl State {
    /// Checks what must hold after every step.
    ///
    /// # Errors
    /// The first [`Broken`] invariant.
    pub fn check_invariants(&self) -> Result<(), Broken> {
        self.check_tokens()?;
        self.check_voters()?;
        self.check_keys()?;
        self.check_draws()
    }

    fn check_tokens(&self) -> Result<(), Broken> {
        let bonded = self.candidates.values().map(|candidate| candidate.stake());
        let unbonding = self.unbonding.iter().map(|entry| entry.amount);
        let books = [self.books.released, self.books.slashed];
        let got = bonded.chain(unbonding).chain(books).fold(0_u128, u128::saturating_add);
        let taken = self.books.taken;
        if got == taken { Ok(()) } else { Err(Broken::Tokens { taken, got }) }
    }

    fn check_voters(&self) -> Result<(), Broken> {
        let (committee, pool, round) = (&self.committee, &self.pool, self.round());
        let is = |set: &Voters, role, round, digest| {
            set.role() == role && set.round() == round && set.digest() == digest
        };
        if !is(committee, Role::Committee, round, self.boundary.committee) {
            return Err(Broken::Voters("committee"));
        }
        if committee.members().len() > usize::from(self.params.committee) {
            return Err(Broken::Voters("more on duty than seats"));
        }
        if !is(pool, Role::Pool, self.next_round(), self.boundary.pool) {
            return Err(Broken::Voters("pool"));
        }
        if let Some(pending) = &self.pending {
            let boundary = &pending.boundary;
            let next = self.next_round();
            let good = boundary.round == next
                && boundary.parent == self.boundary.digest()
                && is(&pending.committee, Role::Committee, next, boundary.committee)
                && is(&pending.pool, Role::Pool, next.saturating_add(1), boundary.pool);
            if !good {
                return Err(Broken::Voters("pending"));
            }
        }
        for member in committee.members().iter().chain(pool.members()) {
            let bound = self.candidates.get(&member.id).is_some_and(|candidate| {
                candidate.vote == member.key
                    && !matches!(candidate.status, Status::Unbonding { .. })
            });
            if !bound {
                return Err(Broken::Unbound(member.id));
            }
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), Broken> {
        let vrf: BTreeSet<_> = self.candidates.values().map(|c| c.vrf).collect();
        let vote: BTreeSet<_> = self.candidates.values().map(|c| c.vote.to_bytes()).collect();
        let count = self.candidates.len();
        if vrf.len() == count && vote.len() == count { Ok(()) } else { Err(Broken::Keys) }
    }

    fn check_draws(&self) -> Result<(), Broken> {
        let rounds = (1..=FROZEN_AHEAD).map(|ahead| self.round().saturating_add(ahead));
        if !self.frozen.keys().copied().eq(rounds) {
            return Err(Broken::Frozen("rounds"));
        }
        if self.frozen.values().any(|frozen| !frozen.is_sorted_by(|a, b| a.id < b.id)) {
            return Err(Broken::Frozen("order"));
        }
        let frozen = self.frozen.get(&self.next_round()).map_or(&[][..], |f| f);
        let strange = |id: &&CandidateId| frozen.binary_search_by(|f| f.id.cmp(id)).is_err();
        if let Some(id) = self.tickets.keys().find(strange) {
            return Err(Broken::Reveal(*id));
        }
        match self.contributions.keys().find(|id| self.committee.index_of(id).is_none()) {
            Some(id) => Err(Broken::Reveal(*id)),
            None => Ok(()),
        }
    }
}
