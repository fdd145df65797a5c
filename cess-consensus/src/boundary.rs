//! The boundary that begins a round, and who follows from one to the next.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::certificate::Certificate;
use crate::domain::{BOUNDARY, Transcript};
use crate::encoding;
use crate::error::Error;
use crate::vote::{Kind, Vote};
use crate::voters::{Role, Voters};

/// Where one round ends and the next begins. The pool certifies it; then, and only then, the next
/// committee is on duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Boundary {
    /// The chain.
    pub chain: [u8; 32],
    /// The round that begins.
    pub round: u64,
    /// Height of the last block before it.
    pub height: u64,
    /// Digest of the boundary before; zero at genesis.
    pub parent: [u8; 32],
    /// Seed of the draw that is held in this round, for the next one.
    pub seed: [u8; 32],
    /// Digest of the committee on duty in this round.
    pub committee: [u8; 32],
    /// Digest of the pool that certifies the next boundary.
    pub pool: [u8; 32],
    /// What the chain wants certified: root of its state at `height`.
    pub state_root: [u8; 32],
}

impl Boundary {
    /// Bytes of an encoded boundary.
    pub const LEN: usize = 208;

    /// What checkpoint votes have as value, and the next boundary as parent.
    pub fn digest(&self) -> [u8; 32] {
        Transcript::new(BOUNDARY).bytes(&self.to_bytes()).digest()
    }

    /// The encoding of docs/formats/consensus.md.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let mut rest = &mut bytes[..];
        // The slice has exactly the length that is written.
        let _ = self.serialize(&mut rest);
        bytes
    }

    /// Decodes what `to_bytes` gave.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        encoding::from_bytes(bytes, "boundary")
    }

    /// The vote that a member of `pool`, which certifies this boundary, signs.
    pub fn vote(&self, pool: &Voters) -> Vote {
        Vote {
            chain: self.chain,
            kind: Kind::Checkpoint,
            round: self.round,
            height: self.height,
            view: 0,
            voters: pool.digest(),
            value: self.digest(),
        }
    }

    /// Checks that `pool` certified this boundary.
    ///
    /// # Errors
    /// [`Error::WrongKind`], [`Error::WrongChain`], [`Error::WrongRound`], [`Error::WrongValue`],
    /// or what [`Certificate::verify`] says.
    pub fn verify(&self, certificate: &Certificate, pool: &Voters) -> Result<(), Error> {
        let vote = &certificate.vote;
        expect_kind(vote, Kind::Checkpoint)?;
        if vote.chain != self.chain {
            return Err(Error::WrongChain);
        }
        if vote.round != self.round {
            return Err(Error::WrongRound { expected: self.round, got: vote.round });
        }
        if vote.voters != pool.digest() || pool.role() != Role::Pool {
            return Err(Error::WrongVoters);
        }
        if *vote != self.vote(pool) {
            return Err(Error::WrongValue);
        }
        certificate.verify(pool)
    }
}

pub(crate) fn expect_kind(vote: &Vote, expected: Kind) -> Result<(), Error> {
    let got = vote.kind;
    if got == expected { Ok(()) } else { Err(Error::WrongKind { expected, got }) }
}

/// Follows the boundaries of a chain without its state: 208 bytes, a certificate and two sets of
/// voters a round.
///
/// It begins from a boundary that its user trusts. From there on it believes nothing but what
/// two thirds of the stake certified, and only while that stake can still be slashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    boundary: Boundary,
    committee: Voters,
    pool: Voters,
    trust_rounds: u64,
}

impl Follower {
    /// Begins at a trusted boundary, with the sets that it names.
    ///
    /// # Errors
    /// [`Error::WrongVoters`] when they aren't these.
    pub fn new(
        boundary: Boundary,
        committee: Voters,
        pool: Voters,
        trust_rounds: u64,
    ) -> Result<Self, Error> {
        check_sets(&boundary, &committee, &pool)?;
        Ok(Self { boundary, committee, pool, trust_rounds })
    }

    /// The boundary that it is at.
    pub fn boundary(&self) -> &Boundary {
        &self.boundary
    }

    /// The committee on duty.
    pub fn committee(&self) -> &Voters {
        &self.committee
    }

    /// The pool that certifies the next boundary.
    pub fn pool(&self) -> &Voters {
        &self.pool
    }

    /// Goes on to the next boundary. `now` is the round that it is by the caller's clock: a
    /// certificate signed by those who have their stake back by then (long-range attack) is refused.
    ///
    /// # Errors
    /// [`Error::TrustExpired`], [`Error::WrongChain`], [`Error::WrongRound`] for any round but the
    /// next, [`Error::NotNext`] for a boundary of another history, [`Error::WrongVoters`] when the
    /// sets aren't those that it names, and what [`Boundary::verify`] says. Nothing is changed then.
    pub fn advance(
        &mut self,
        next: Boundary,
        certificate: &Certificate,
        committee: Voters,
        pool: Voters,
        now: u64,
    ) -> Result<(), Error> {
        let (trusted, limit) = (self.boundary.round, self.trust_rounds);
        if now.saturating_sub(trusted) > limit {
            return Err(Error::TrustExpired { trusted, now, limit });
        }
        if next.chain != self.boundary.chain {
            return Err(Error::WrongChain);
        }
        let expected = trusted.checked_add(1).ok_or(Error::Overflow)?;
        if next.round != expected {
            return Err(Error::WrongRound { expected, got: next.round });
        }
        if next.parent != self.boundary.digest() || next.height <= self.boundary.height {
            return Err(Error::NotNext);
        }
        next.verify(certificate, &self.pool)?;
        check_sets(&next, &committee, &pool)?;
        (self.boundary, self.committee, self.pool) = (next, committee, pool);
        Ok(())
    }

    /// Checks that the committee on duty decided a block: a certificate of commit votes.
    ///
    /// # Errors
    /// [`Error::StaleCommittee`] for another round's, [`Error::WrongKind`], [`Error::WrongChain`],
    /// [`Error::NotNext`] for a height before the round, or what [`Certificate::verify`] says.
    pub fn check_commit(&self, certificate: &Certificate) -> Result<(), Error> {
        let vote = &certificate.vote;
        if vote.chain != self.boundary.chain {
            return Err(Error::WrongChain);
        }
        expect_kind(vote, Kind::Commit)?;
        let (present, got) = (self.boundary.round, vote.round);
        if got != present {
            return Err(Error::StaleCommittee { present, got });
        }
        if vote.height <= self.boundary.height {
            return Err(Error::NotNext);
        }
        certificate.verify(&self.committee)
    }
}

fn check_sets(boundary: &Boundary, committee: &Voters, pool: &Voters) -> Result<(), Error> {
    let good = committee.digest() == boundary.committee
        && committee.role() == Role::Committee
        && committee.round() == boundary.round
        && pool.digest() == boundary.pool
        && pool.role() == Role::Pool
        && Some(pool.round()) == boundary.round.checked_add(1);
    if good { Ok(()) } else { Err(Error::WrongVoters) }
}

#[cfg(test)]
mod tests;
