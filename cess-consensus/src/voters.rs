//! Who may vote: the committee on duty, or the pool.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::bls::VoteKey;
use crate::candidate::CandidateId;
use crate::domain::{Transcript, VOTERS};
use crate::error::Error;
use crate::quorum::{faults, quorum};

/// The most members of a set: bounds what a decoder takes.
pub const MAX_VOTERS: usize = 1 << 16;

/// Which set it is; a certificate of one is none of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Role {
    /// On duty in a round; each member has weight 1.
    Committee = 1,
    /// Certifies the boundary that begins a round; weighted by stake.
    Pool = 2,
}

/// A member of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Voter {
    /// Who.
    pub id: CandidateId,
    /// The key of its votes.
    pub key: VoteKey,
    /// Its weight, at least 1.
    pub weight: u128,
}

/// A set of voters of one round: by rising id, nobody twice, no key twice. Its digest binds
/// everything, so a vote that names it is good for no other set.
///
/// Keys must have come with proofs of possession: the state machine takes no other, and a follower
/// gets the sets from certified boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voters {
    role: Role,
    round: u64,
    members: Vec<Voter>,
    total: u128,
    digest: [u8; 32],
}

impl Voters {
    /// Makes a set of `members` by rising id.
    ///
    /// # Errors
    /// [`Error::BadVoters`] when it is empty or has more than [`MAX_VOTERS`], ids don't rise, a key
    /// comes twice, a weight is zero or, in a committee, not 1. [`Error::Overflow`] when the total
    /// weight has no room.
    pub fn new(role: Role, round: u64, members: Vec<Voter>) -> Result<Self, Error> {
        let bad = |what| Err(Error::BadVoters { what });
        if members.is_empty() {
            return bad("empty");
        }
        if members.len() > MAX_VOTERS {
            return bad("too many");
        }
        if !members.is_sorted_by(|a, b| a.id < b.id) {
            return bad("ids do not rise");
        }
        if members.iter().any(|m| m.weight == 0 || role == Role::Committee && m.weight != 1) {
            return bad("weight");
        }
        let total = members
            .iter()
            .try_fold(0_u128, |sum, m| sum.checked_add(m.weight))
            .ok_or(Error::Overflow)?;
        let encoded: Vec<[u8; VoteKey::LEN]> = members.iter().map(|m| m.key.to_bytes()).collect();
        let mut keys: Vec<&[u8; VoteKey::LEN]> = encoded.iter().collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return bad("a key comes twice");
        }
        let digest = digest(role, round, &members);
        Ok(Self { role, round, members, total, digest })
    }

    /// The same members in another round.
    pub(crate) fn renewed(&self, round: u64) -> Self {
        let mut renewed = Self { round, ..self.clone() };
        renewed.digest = digest(self.role, round, &self.members);
        renewed
    }

    /// Committee or pool.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Committee: the round it is on duty. Pool: the round whose beginning it certifies.
    pub fn round(&self) -> u64 {
        self.round
    }

    /// The members, by rising id: a voter's index is its place here.
    pub fn members(&self) -> &[Voter] {
        &self.members
    }

    /// The place of `id`.
    pub fn index_of(&self, id: &CandidateId) -> Option<usize> {
        self.members.binary_search_by(|member| member.id.cmp(id)).ok()
    }

    /// The member at `index`.
    ///
    /// # Errors
    /// [`Error::NoSuchVoter`].
    pub fn member(&self, index: usize) -> Result<&Voter, Error> {
        let count = self.members.len();
        self.members.get(index).ok_or(Error::NoSuchVoter { index, count })
    }

    /// Sum of the weights.
    pub fn total(&self) -> u128 {
        self.total
    }

    /// Weight that may be faulty.
    pub fn faults(&self) -> u128 {
        faults(self.total)
    }

    /// Weight of a quorum.
    pub fn quorum(&self) -> u128 {
        quorum(self.total)
    }

    /// What votes name the set by.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

fn digest(role: Role, round: u64, members: &[Voter]) -> [u8; 32] {
    let transcript = Transcript::new(VOTERS).bytes(&[role as u8]).u64(round).count(members.len());
    let add = |transcript: Transcript, member: &Voter| {
        let key = member.key.to_bytes();
        transcript.bytes(&member.id.0).bytes(&key).u128(member.weight)
    };
    members.iter().fold(transcript, add).digest()
}

impl BorshSerialize for Voters {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        self.role.serialize(writer)?;
        self.round.serialize(writer)?;
        self.members.serialize(writer)
    }
}

impl BorshDeserialize for Voters {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let role = Role::deserialize_reader(reader)?;
        let round = u64::deserialize_reader(reader)?;
        // Each member costs the sender 144 bytes, so what is allocated was received.
        let members = Vec::deserialize_reader(reader)?;
        Self::new(role, round, members).map_err(crate::encoding::invalid)
    }
}

#[cfg(test)]
mod tests;
