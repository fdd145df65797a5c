//! Candidates: who may be drawn.

use alloc::collections::BTreeMap;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::bls::{Hex, VoteKey, VoteSignature};
use crate::credit::Credit;
use crate::error::Error;
use crate::vrf::{Vrf, VrfKey, VrfProof, possession_input};

/// An account of the chain that embeds the state machine; a candidate is known by its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct CandidateId(pub [u8; 32]);

impl fmt::Debug for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CandidateId({self})")
    }
}

impl fmt::Display for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

/// An amount of the chain's token.
pub type Amount = u128;

/// Where a candidate stands. It changes at the boundaries of rounds, or takes effect there: who is
/// on duty stays on duty to the end of the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Status {
    /// Registered; active from this round on.
    Waiting {
        /// The round.
        until: u64,
    },
    /// Frozen into draws, and a member of the pool.
    Active,
    /// Left out for lapses; may resume from this round on.
    Jailed {
        /// The round.
        until: u64,
    },
    /// Asked to leave, or has too little stake left: unbonds at the next boundary at which it isn't
    /// on duty.
    Leaving,
    /// Caught equivocating and slashed: as leaving, and can't be slashed again.
    Banned,
    /// Stake on the way back; its keys are remembered for evidence.
    Unbonding {
        /// Whether it was banned.
        banned: bool,
    },
}

/// What a candidate registers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Registration {
    /// Who.
    pub id: CandidateId,
    /// Its own stake.
    pub stake: Amount,
    /// Key of its tickets.
    pub vrf: VrfKey,
    /// Proof that it has that key's secret, over [`possession_input`].
    pub vrf_possession: VrfProof,
    /// Key of its votes.
    pub vote: VoteKey,
    /// Proof that it has that key's secret: `VoteSecret::prove_possession`.
    pub vote_possession: VoteSignature,
}

impl Registration {
    /// Checks both keys' proofs of possession.
    ///
    /// # Errors
    /// [`Error::BadVrfKey`], [`Error::BadVrfProof`], [`Error::BadPossession`].
    pub fn verify<V: Vrf>(&self, chain: &[u8; 32]) -> Result<(), Error> {
        V::check_key(&self.vrf)?;
        V::verify(&self.vrf, &possession_input(chain, &self.id), &self.vrf_possession)?;
        self.vote.verify_possession(chain, &self.id, &self.vote_possession)
    }
}

/// A candidate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Candidate {
    /// Where it stands.
    pub status: Status,
    /// Key of its tickets.
    pub vrf: VrfKey,
    /// Key of its votes.
    pub vote: VoteKey,
    /// Its own stake.
    pub own: Amount,
    /// What nominators staked on it.
    pub nominated: BTreeMap<CandidateId, Amount>,
    /// How well it did its duties.
    pub credit: Credit,
    /// Draws in a row for which no ticket came.
    pub missed_tickets: u32,
    /// Rounds on duty in a row in which no contribution came.
    pub missed_contributions: u32,
}

impl Candidate {
    /// Own stake and nominations. The sum of all bonds fits the type: the state sees to it.
    pub fn stake(&self) -> Amount {
        self.nominated.values().fold(self.own, |sum, amount| sum.saturating_add(*amount))
    }
}

/// Stake on its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Unbonding {
    /// Who gets it.
    pub owner: CandidateId,
    /// For whose offences it can still be slashed.
    pub candidate: CandidateId,
    /// How much.
    pub amount: Amount,
    /// The last round for whose offences it can be slashed.
    pub since: u64,
    /// The round in which it is released.
    pub release: u64,
}

/// A candidate as frozen for one draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FrozenCandidate {
    /// Who.
    pub id: CandidateId,
    /// Key of its ticket.
    pub vrf: VrfKey,
    /// Key of its votes, if it is drawn.
    pub vote: VoteKey,
    /// Its stake.
    pub stake: Amount,
    /// Its credit, 0 to 1000.
    pub credit: u16,
}
