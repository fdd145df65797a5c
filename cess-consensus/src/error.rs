//! Why something was refused.

use crate::candidate::{CandidateId, Status};
use crate::vote::Kind;

/// Why an input, an encoding or a proof was refused. A refused input changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that are no encoding of it, or more than one.
    #[error("malformed {what}")]
    BadEncoding {
        /// What it should have been.
        what: &'static str,
    },
    /// A VRF key that is no canonical point, or one of small order.
    #[error("bad vrf key")]
    BadVrfKey,
    /// A VRF proof that isn't the key's over this input, or has no canonical encoding.
    #[error("vrf proof does not verify")]
    BadVrfProof,
    /// A vote key that is no canonical point of G2's subgroup, or the identity.
    #[error("bad vote key")]
    BadVoteKey,
    /// A signature that isn't the key's over this vote, or no canonical point of G1's subgroup.
    #[error("signature does not verify")]
    BadSignature,
    /// The proof of possession isn't this candidate's for this key.
    #[error("proof of possession does not verify")]
    BadPossession,
    /// A vote or boundary of another chain.
    #[error("for another chain")]
    WrongChain,
    /// A vote of another kind than is asked for.
    #[error("vote is a {got:?}, expected a {expected:?}")]
    WrongKind {
        /// The kind asked for.
        expected: Kind,
        /// The vote's kind.
        got: Kind,
    },
    /// For another round than the present one.
    #[error("round {got}, expected {expected}")]
    WrongRound {
        /// The round that it must be for.
        expected: u64,
        /// The round that it is for.
        got: u64,
    },
    /// The vote names another set of voters.
    #[error("vote is for another set of voters")]
    WrongVoters,
    /// The vote is for another value than the one to certify.
    #[error("vote is for another value")]
    WrongValue,
    /// The bitmap is for a set of another size.
    #[error("bitmap over {got} voters, the set has {expected}")]
    WrongLength {
        /// Voters of the set.
        expected: usize,
        /// Voters that the bitmap is for.
        got: usize,
    },
    /// Too little weight signed.
    #[error("{got} signed, the quorum is {needed}")]
    NoQuorum {
        /// Weight of a quorum.
        needed: u128,
        /// Weight that signed.
        got: u128,
    },
    /// A set of voters that is empty, unordered, has one twice, or one without weight.
    #[error("bad set of voters: {what}")]
    BadVoters {
        /// What is wrong with it.
        what: &'static str,
    },
    /// No voter with this index.
    #[error("no voter {index} in a set of {count}")]
    NoSuchVoter {
        /// The index.
        index: usize,
        /// Voters of the set.
        count: usize,
    },
    /// The voter's vote is counted already.
    #[error("voter {index} has voted")]
    DuplicateVote {
        /// The voter's index.
        index: usize,
    },
    /// Two votes that an honest signer may cast both.
    #[error("votes do not conflict")]
    NoConflict,
    /// Signed by the committee of another round than the one on duty.
    #[error("committee of round {got}, on duty is that of round {present}")]
    StaleCommittee {
        /// The round whose committee is on duty.
        present: u64,
        /// The round of the certificate's committee.
        got: u64,
    },
    /// The boundary isn't the child of the trusted one.
    #[error("boundary does not follow the trusted one")]
    NotNext,
    /// The trusted boundary is so old that its signers may have their stake back.
    #[error(
        "trusted boundary of round {trusted} is too old in round {now}, the limit is {limit} rounds"
    )]
    TrustExpired {
        /// Round of the trusted boundary.
        trusted: u64,
        /// The round that it is now.
        now: u64,
        /// Rounds that a boundary can be trusted.
        limit: u64,
    },
    /// No candidate with this id.
    #[error("no candidate {0}")]
    NoSuchCandidate(CandidateId),
    /// The candidate exists already.
    #[error("candidate {0} exists already")]
    CandidateExists(CandidateId),
    /// Another candidate has this key.
    #[error("key is in use")]
    KeyInUse,
    /// The input doesn't fit the candidate's status.
    #[error("candidate is {got:?}")]
    CandidateStatus {
        /// The status it is in.
        got: Status,
    },
    /// Less stake than the rule asks for.
    #[error("stake {got}, at least {min} is needed")]
    StakeTooLow {
        /// The least stake.
        min: u128,
        /// The stake offered, or left.
        got: u128,
    },
    /// The candidate wasn't frozen for this draw, or has left since.
    #[error("candidate {0} does not take part in this draw")]
    NotInDraw(CandidateId),
    /// The candidate isn't on duty in this round.
    #[error("candidate {0} is not on duty")]
    NotOnDuty(CandidateId),
    /// Revealed already.
    #[error("candidate {0} has revealed already")]
    AlreadyRevealed(CandidateId),
    /// The round isn't over yet.
    #[error("height {got}, the round lasts to {until}")]
    RoundNotOver {
        /// Height at which the round may end.
        until: u64,
        /// The height given.
        got: u64,
    },
    /// The round's draw is over; the pool's certificate is awaited.
    #[error("the draw of this round is over")]
    DrawOver,
    /// No boundary awaits a certificate.
    #[error("no boundary awaits a certificate")]
    NoBoundary,
    /// The offence is so old that it can't be punished any more.
    #[error("offence of round {offence} is too old in round {now}")]
    TooOld {
        /// Round of the offence.
        offence: u64,
        /// The present round.
        now: u64,
    },
    /// Parameters that can't work.
    #[error("bad parameter: {name}")]
    BadParameter {
        /// Which one.
        name: &'static str,
    },
    /// A sum left its type's range.
    #[error("arithmetic overflow")]
    Overflow,
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TrustExpired { .. } => {
                "get a recent boundary from a source that you trust, and begin from it"
            }
            Self::NoQuorum { .. } => "gather more votes before making the certificate",
            Self::RoundNotOver { .. } => "end the round at that height or later",
            Self::DrawOver => "hand in the pool's certificate for the boundary",
            Self::NotInDraw(_) => "wait until the candidate is active and frozen for a draw",
            Self::StaleCommittee { .. } => "follow the boundaries up to the present round first",
            Self::StakeTooLow { .. } => "bond more stake",
            _ => "correct the input; nothing was changed",
        }
    }
}
