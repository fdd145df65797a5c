//! What the state machine takes, and what it gives.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::boundary::Boundary;
use crate::candidate::{Amount, CandidateId, Registration};
use crate::certificate::Certificate;
use crate::credit::Duty;
use crate::encoding;
use crate::error::Error;
use crate::evidence::Evidence;
use crate::voters::Voters;
use crate::vrf::VrfProof;

/// One step's input. The chain that embeds the state machine authenticates who sends an input of
/// the first group, and moves the tokens; the second comes from the chain itself; the third proves
/// itself and may come from anyone.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Input {
    /// Becomes a candidate, by `registration.id`; its stake is taken from its account.
    Register(Registration),
    /// Bonds more: a candidate on itself, anybody else as nominator.
    Bond {
        /// Whose tokens.
        owner: CandidateId,
        /// On whom.
        candidate: CandidateId,
        /// How much.
        amount: Amount,
    },
    /// Takes stake back, after the unbonding period.
    Unbond {
        /// Whose tokens.
        owner: CandidateId,
        /// From whom.
        candidate: CandidateId,
        /// How much.
        amount: Amount,
    },
    /// Out of jail: waits and is active again.
    Resume {
        /// The candidate.
        who: CandidateId,
    },
    /// Leaves.
    Exit {
        /// The candidate.
        who: CandidateId,
    },

    /// What the chain saw of a candidate's duties.
    Report {
        /// The candidate.
        who: CandidateId,
        /// Which duty.
        duty: Duty,
        /// Times it was done.
        done: u32,
        /// Times it came up.
        due: u32,
    },
    /// The round's blocks are made: ends the reveals and draws the next committee.
    EndRound {
        /// Height of the last block.
        height: u64,
        /// Root of the chain's state there.
        state_root: [u8; 32],
    },

    /// A ticket of the draw for the next round.
    Ticket {
        /// Whose.
        who: CandidateId,
        /// Proof over [`crate::vrf::ticket_input`].
        proof: VrfProof,
    },
    /// A part of the seed after the next one, by a member on duty.
    Contribution {
        /// Whose.
        who: CandidateId,
        /// Proof over [`crate::vrf::contribution_input`].
        proof: VrfProof,
    },
    /// The pool's certificate for the boundary that ends the round.
    Checkpoint(Certificate),
    /// Two votes of one signer that contradict each other.
    Evidence(Evidence),
}

impl Input {
    /// Decodes what `to_bytes` gave.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for anything else, a byte after it included.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        encoding::from_bytes(bytes, "input")
    }

    /// The encoding of docs/formats/consensus.md.
    pub fn to_bytes(&self) -> Vec<u8> {
        encoding::to_bytes(self)
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Registered; active from that round on.
    Registered {
        /// The candidate.
        who: CandidateId,
        /// The round.
        active: u64,
    },
    /// Stake was added.
    Bonded {
        /// The candidate.
        who: CandidateId,
        /// Its stake now.
        stake: Amount,
    },
    /// Stake is on its way back.
    Unbonding {
        /// Who gets it.
        owner: CandidateId,
        /// How much.
        amount: Amount,
        /// In which round.
        release: u64,
    },
    /// Stake is free: the chain credits the owner.
    Released {
        /// Who gets it.
        owner: CandidateId,
        /// How much.
        amount: Amount,
    },
    /// Stake is gone: the chain burns it.
    Slashed {
        /// For whose offence.
        candidate: CandidateId,
        /// Whose stake.
        owner: CandidateId,
        /// How much.
        amount: Amount,
    },
    /// Left out of draws for lapses.
    Jailed {
        /// The candidate.
        who: CandidateId,
        /// May resume from this round on.
        until: u64,
    },
    /// Leaves at the next boundary at which it isn't on duty.
    Leaving {
        /// The candidate.
        who: CandidateId,
    },
    /// Forgotten: all its stake is released or slashed.
    Gone {
        /// The candidate.
        who: CandidateId,
    },
    /// A reveal was taken.
    Revealed {
        /// The candidate.
        who: CandidateId,
    },
    /// The next committee is drawn. The pool's members check the boundary against their own state
    /// and sign [`Boundary::vote`].
    Drawn {
        /// What the pool is to certify.
        boundary: Boundary,
        /// The committee that it begins the duty of.
        committee: Voters,
    },
    /// Too few tickets: the present members stay on duty for the next round.
    Stayed {
        /// Seats.
        needed: usize,
        /// Tickets of candidates that still take part.
        got: usize,
    },
    /// The pool certified the boundary: the next round has begun.
    HandedOver {
        /// The boundary.
        boundary: Boundary,
    },
}
