//! The state between steps.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::boundary::Boundary;
use crate::candidate::{
    Amount, Candidate, CandidateId, FrozenCandidate, Registration, Status, Unbonding,
};
use crate::credit::Credit;
use crate::domain::{GENESIS, GENESIS_LOT, SEED, Transcript};
use crate::encoding;
use crate::error::Error;
use crate::params::Params;
use crate::voters::{MAX_VOTERS, Role, Voter, Voters};
use crate::vrf::{Vrf, VrfProof};

/// Draws ahead of the present round for which the candidates are frozen.
///
/// The draw for round e is frozen when e − 3 begins. Its seed is made of what is revealed in e − 2,
/// so it is known when e − 1 begins, two rounds later: nobody chooses a key or earns a score by it.
pub const FROZEN_AHEAD: u64 = 3;

/// The whole state of the rotation, of one chain. Equal inputs give equal states, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct State {
    pub(crate) params: Params,
    /// What began the present round.
    pub(crate) boundary: Boundary,
    pub(crate) committee: Voters,
    pub(crate) pool: Voters,
    /// Seed of the draw that made the present committee; members on duty contribute under it.
    pub(crate) present_seed: [u8; 32],
    /// By round: those of the next three.
    pub(crate) frozen: BTreeMap<u64, Vec<FrozenCandidate>>,
    pub(crate) candidates: BTreeMap<CandidateId, Candidate>,
    pub(crate) tickets: BTreeMap<CandidateId, Ticket>,
    pub(crate) contributions: BTreeMap<CandidateId, [u8; 64]>,
    pub(crate) pending: Option<Pending>,
    pub(crate) unbonding: Vec<Unbonding>,
    /// Sets of earlier rounds, as long as evidence against them counts.
    pub(crate) past_committees: BTreeMap<u64, Voters>,
    pub(crate) past_pools: BTreeMap<u64, Voters>,
    pub(crate) books: Books,
}

/// A ticket that was revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ticket {
    /// The proof: anyone can check it against the frozen key.
    pub proof: VrfProof,
    /// First half of the output: the lowest are drawn.
    pub value: [u8; 32],
}

/// What waits for the pool's certificate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pending {
    /// What is to be certified.
    pub boundary: Boundary,
    /// The next committee.
    pub committee: Voters,
    /// The pool that will certify the boundary after.
    pub pool: Voters,
    pub(crate) frozen: Vec<FrozenCandidate>,
}

/// Tokens that came and went: what came is bonded, unbonding, released or slashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Books {
    /// Bonded in all.
    pub taken: Amount,
    /// Given back.
    pub released: Amount,
    /// Burned.
    pub slashed: Amount,
}

impl State {
    /// Round 0: all candidates are active, and the first committee is drawn by `entropy`, a beacon
    /// that nobody knew when the candidates' keys were fixed.
    ///
    /// # Errors
    /// What [`Params::check`] and [`Registration::verify`] say; [`Error::CandidateExists`],
    /// [`Error::KeyInUse`], [`Error::StakeTooLow`]; [`Error::BadParameter`] for fewer candidates
    /// than seats.
    pub fn genesis<V: Vrf>(
        params: Params,
        entropy: &[u8; 32],
        height: u64,
        candidates: &[Registration],
    ) -> Result<Self, Error> {
        params.check()?;
        if candidates.len() < usize::from(params.committee) {
            return Err(Error::BadParameter { name: "candidates" });
        }
        let mut all = BTreeMap::new();
        let mut books = Books::default();
        for registration in candidates {
            registration.verify::<V>(&params.chain)?;
            let id = registration.id;
            check_new(&params, &all, registration)?;
            books.taken = books.taken.checked_add(registration.stake).ok_or(Error::Overflow)?;
            all.insert(id, candidate(&params, registration, Status::Active));
        }
        let frozen = freeze(&params, &all);
        let seed = |round: u64| {
            Transcript::new(GENESIS).bytes(&params.chain).bytes(entropy).u64(round).digest()
        };
        let mut lots: Vec<([u8; 32], CandidateId)> = frozen
            .iter()
            .map(|f| (Transcript::new(GENESIS_LOT).bytes(&seed(0)).bytes(&f.id.0).digest(), f.id))
            .collect();
        lots.sort_unstable();
        let mut drawn: Vec<CandidateId> =
            lots.iter().take(usize::from(params.committee)).map(|(_, id)| *id).collect();
        drawn.sort_unstable();
        let committee = committee(0, &drawn, &all)?;
        let pool = pool(1, &all, MAX_VOTERS)?;
        let boundary = Boundary {
            chain: params.chain,
            round: 0,
            height,
            parent: [0; 32],
            seed: seed(1),
            committee: committee.digest(),
            pool: pool.digest(),
            state_root: [0; 32],
        };
        Ok(Self {
            params,
            boundary,
            committee,
            pool,
            present_seed: seed(0),
            frozen: (1..=FROZEN_AHEAD).map(|round| (round, frozen.clone())).collect(),
            candidates: all,
            tickets: BTreeMap::new(),
            contributions: BTreeMap::new(),
            pending: None,
            unbonding: Vec::new(),
            past_committees: BTreeMap::new(),
            past_pools: BTreeMap::new(),
            books,
        })
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The present round.
    pub fn round(&self) -> u64 {
        self.boundary.round
    }

    /// What began the present round.
    pub fn boundary(&self) -> &Boundary {
        &self.boundary
    }

    /// On duty.
    pub fn committee(&self) -> &Voters {
        &self.committee
    }

    /// Certifies the next boundary.
    pub fn pool(&self) -> &Voters {
        &self.pool
    }

    /// What tickets of this round are proven over: the draw for the next round.
    pub fn ticket_input(&self) -> Vec<u8> {
        crate::vrf::ticket_input(&self.params.chain, &self.boundary.seed, self.next_round())
    }

    /// What the members on duty prove as their part of the seed after the next.
    pub fn contribution_input(&self) -> Vec<u8> {
        crate::vrf::contribution_input(&self.params.chain, &self.present_seed, self.round())
    }

    /// The candidates frozen for the draw of `round`, one of the next three.
    pub fn frozen(&self, round: u64) -> Option<&[FrozenCandidate]> {
        self.frozen.get(&round).map(Vec::as_slice)
    }

    /// The candidates, by rising id.
    pub fn candidates(&self) -> impl Iterator<Item = (&CandidateId, &Candidate)> {
        self.candidates.iter()
    }

    /// One candidate.
    pub fn candidate(&self, id: &CandidateId) -> Option<&Candidate> {
        self.candidates.get(id)
    }

    /// The tickets revealed so far for the next round.
    pub fn tickets(&self) -> impl Iterator<Item = (&CandidateId, &Ticket)> {
        self.tickets.iter()
    }

    /// The contributions revealed so far: VRF outputs of members on duty.
    pub fn contributions(&self) -> impl Iterator<Item = (&CandidateId, &[u8; 64])> {
        self.contributions.iter()
    }

    /// The boundary that awaits the pool's certificate, once the round has ended.
    pub fn pending(&self) -> Option<&Pending> {
        self.pending.as_ref()
    }

    /// Stake on its way back.
    pub fn unbonding(&self) -> &[Unbonding] {
        &self.unbonding
    }

    /// Tokens that came and went.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Decodes what `to_bytes` gave, for a node's own storage: it checks encodings and points, and
    /// [`State::check_invariants`] what belongs together.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for anything else, a byte after it included.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        encoding::from_bytes(bytes, "state")
    }

    /// Borsh.
    pub fn to_bytes(&self) -> Vec<u8> {
        encoding::to_bytes(self)
    }

    pub(crate) fn next_round(&self) -> u64 {
        self.boundary.round.saturating_add(1)
    }

    pub(crate) fn later_seed(&self) -> [u8; 32] {
        let contributions = self.contributions.iter().map(|(id, output)| (*id, *output));
        later_seed(&self.params.chain, &self.present_seed, self.round(), contributions)
    }
}

/// The seed of round e + 2 from that of round e and the contributions that were revealed in e, by
/// rising id: seed_{e+2} = H(seed_e ‖ e + 2 ‖ contributions).
pub fn later_seed(
    chain: &[u8; 32],
    seed: &[u8; 32],
    round: u64,
    contributions: impl ExactSizeIterator<Item = (CandidateId, [u8; 64])>,
) -> [u8; 32] {
    let transcript = Transcript::new(SEED)
        .bytes(chain)
        .bytes(seed)
        .u64(round.saturating_add(2))
        .count(contributions.len());
    contributions
        .fold(transcript, |transcript, (id, output)| transcript.bytes(&id.0).bytes(&output))
        .digest()
}

/// Refuses a registration that can't stand beside `all`.
pub(crate) fn check_new(
    params: &Params,
    all: &BTreeMap<CandidateId, Candidate>,
    registration: &Registration,
) -> Result<(), Error> {
    let Registration { id, stake, vrf, vote, .. } = registration;
    if all.contains_key(id) {
        return Err(Error::CandidateExists(*id));
    }
    if all.values().any(|other| other.vrf == *vrf || other.vote == *vote) {
        return Err(Error::KeyInUse);
    }
    if *stake < params.stake.min {
        return Err(Error::StakeTooLow { min: params.stake.min, got: *stake });
    }
    Ok(())
}

pub(crate) fn candidate(params: &Params, from: &Registration, status: Status) -> Candidate {
    Candidate {
        status,
        vrf: from.vrf,
        vote: from.vote,
        own: from.stake,
        nominated: BTreeMap::new(),
        credit: Credit::new(&params.credit),
        missed_tickets: 0,
        missed_contributions: 0,
    }
}

/// The active candidates whose credit passes the filter, by rising id.
pub(crate) fn freeze(
    params: &Params,
    all: &BTreeMap<CandidateId, Candidate>,
) -> Vec<FrozenCandidate> {
    let mut frozen: Vec<FrozenCandidate> = all
        .iter()
        .filter(|(_, candidate)| candidate.status == Status::Active)
        .map(|(id, candidate)| FrozenCandidate {
            id: *id,
            vrf: candidate.vrf,
            vote: candidate.vote,
            stake: candidate.stake(),
            credit: candidate.credit.score(&params.credit),
        })
        .collect();
    let mut scores: Vec<u16> = frozen.iter().map(|f| f.credit).collect();
    scores.sort_unstable();
    let least = params.filter.threshold(&scores, usize::from(params.committee));
    frozen.retain(|f| f.credit >= least);
    frozen
}

pub(crate) fn committee(
    round: u64,
    ids: &[CandidateId],
    all: &BTreeMap<CandidateId, Candidate>,
) -> Result<Voters, Error> {
    let member = |id: &CandidateId| {
        all.get(id)
            .map(|c| Voter { id: *id, key: c.vote, weight: 1 })
            .ok_or(Error::NoSuchCandidate(*id))
    };
    Voters::new(Role::Committee, round, ids.iter().map(member).collect::<Result<_, _>>()?)
}

/// The active candidates by stake: they certify the boundary that begins `round`. Of more than a set
/// can have, those with most stake: a crowd of small ones must not keep the pool from changing.
pub(crate) fn pool(
    round: u64,
    all: &BTreeMap<CandidateId, Candidate>,
    most: usize,
) -> Result<Voters, Error> {
    let mut members: Vec<Voter> = all
        .iter()
        .filter(|(_, candidate)| candidate.status == Status::Active)
        .map(|(id, c)| Voter { id: *id, key: c.vote, weight: c.stake() })
        .collect();
    if members.len() > most {
        members.sort_unstable_by_key(|member| (Reverse(member.weight), member.id));
        members.truncate(most);
        members.sort_unstable_by_key(|member| member.id);
    }
    Voters::new(Role::Pool, round, members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credit::CreditParams;
    use crate::fixture::{id, secret};
    use crate::vrf::VrfKey;

    #[test]
    fn a_crowd_of_small_stakes_does_not_push_the_large_ones_out_of_the_pool() {
        let candidate = |at: usize, own: u128, status| Candidate {
            status,
            vrf: VrfKey([0; 32]),
            vote: secret(at).key(),
            own,
            nominated: BTreeMap::new(),
            credit: Credit::new(&CreditParams::DEFAULT),
            missed_tickets: 0,
            missed_contributions: 0,
        };
        let mut all: BTreeMap<CandidateId, Candidate> =
            (0..9).map(|at| (id(at), candidate(at, 1 + at as u128 / 2, Status::Active))).collect();
        all.insert(id(9), candidate(9, 1000, Status::Leaving));
        let ids = |most| -> Vec<CandidateId> {
            pool(1, &all, most).unwrap().members().iter().map(|member| member.id).collect()
        };
        assert_eq!(ids(9), (0..9).map(id).collect::<Vec<_>>());
        assert_eq!(ids(4), [4, 6, 7, 8].map(id), "of equals, the lower id");
    }
}
