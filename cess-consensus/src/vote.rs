//! What voters sign.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::error::Error;

/// What a vote says yes to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Kind {
    /// A block that was proposed in a view, by a member of the committee on duty.
    Prepare = 1,
    /// The decision of a view, by a member of the committee on duty.
    Commit = 2,
    /// The boundary that begins a round, by a member of the pool.
    Checkpoint = 3,
}

/// One vote: the bytes of its encoding are what is signed, so a signature is good for one chain,
/// kind, round, height, view, set of voters and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// The chain.
    pub chain: [u8; 32],
    /// What it says yes to.
    pub kind: Kind,
    /// Committee votes: the round on duty. Checkpoints: the round that begins.
    pub round: u64,
    /// The block's height.
    pub height: u64,
    /// The view of the consensus engine; 0 in checkpoints.
    pub view: u32,
    /// Digest of the set that votes: `Voters::digest`.
    pub voters: [u8; 32],
    /// Hash of the block, or digest of the boundary.
    pub value: [u8; 32],
}

impl Vote {
    /// Bytes of an encoded vote.
    pub const LEN: usize = 117;

    /// The bytes that are signed.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..32].copy_from_slice(&self.chain);
        bytes[32] = self.kind as u8;
        bytes[33..41].copy_from_slice(&self.round.to_le_bytes());
        bytes[41..49].copy_from_slice(&self.height.to_le_bytes());
        bytes[49..53].copy_from_slice(&self.view.to_le_bytes());
        bytes[53..85].copy_from_slice(&self.voters);
        bytes[85..].copy_from_slice(&self.value);
        bytes
    }

    /// Decodes what `to_bytes` gave.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for an unknown kind.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Result<Self, Error> {
        borsh::from_slice(bytes).map_err(|_| Error::BadEncoding { what: "vote" })
    }

    /// Whether an honest signer casts at most one of the two: both of one chain, kind and round,
    /// committee votes also of one height and view, and not the same. Which set of voters a vote
    /// names makes no difference: nobody honest votes in two forks.
    pub fn conflicts(&self, other: &Self) -> bool {
        let same_slot = self.chain == other.chain
            && self.kind == other.kind
            && self.round == other.round
            && (self.kind == Kind::Checkpoint
                || (self.height, self.view) == (other.height, other.view));
        same_slot && self != other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const VOTE: Vote = Vote {
        chain: [1; 32],
        kind: Kind::Commit,
        round: 2,
        height: 3,
        view: 4,
        voters: [5; 32],
        value: [6; 32],
    };

    #[test]
    fn a_vote_has_one_encoding_the_one_that_borsh_gives() {
        let bytes = VOTE.to_bytes();
        assert_eq!(borsh::to_vec(&VOTE).unwrap(), bytes);
        assert_eq!(Vote::from_bytes(&bytes), Ok(VOTE));
        let mut unknown = bytes;
        for kind in [0, 4, 255] {
            unknown[32] = kind;
            assert_eq!(Vote::from_bytes(&unknown), Err(Error::BadEncoding { what: "vote" }));
        }
    }

    #[test]
    fn two_values_in_one_slot_conflict() {
        let other = Vote { value: [7; 32], ..VOTE };
        assert!(VOTE.conflicts(&other) && other.conflicts(&VOTE));
        assert!(VOTE.conflicts(&Vote { voters: [7; 32], ..VOTE }), "the same block in two forks");
        let checkpoint = Vote { kind: Kind::Checkpoint, view: 0, ..VOTE };
        assert!(checkpoint.conflicts(&Vote { height: 9, ..checkpoint }), "one boundary a round");
    }

    #[test]
    fn votes_of_other_slots_do_not_conflict() {
        let other = Vote { value: [7; 32], ..VOTE };
        assert!(!VOTE.conflicts(&VOTE), "a repeated vote");
        for free in [
            Vote { chain: [2; 32], ..other },
            Vote { kind: Kind::Prepare, ..other },
            Vote { round: 3, ..other },
            Vote { height: 4, ..other },
            Vote { view: 5, ..other },
        ] {
            assert!(!VOTE.conflicts(&free), "{free:?}");
        }
    }
}
