//! Voters that tests share.

use alloc::vec::Vec;

use crate::bls::{VoteSecret, VoteSignature};
use crate::candidate::CandidateId;
use crate::certificate::{Bitmap, Certificate};
use crate::vote::{Kind, Vote};
use crate::voters::{Role, Voter, Voters};

pub(crate) const CHAIN: [u8; 32] = [0xC5; 32];

pub(crate) fn id(at: usize) -> CandidateId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&(at as u64).to_be_bytes());
    CandidateId(id)
}

/// Secrets whose sums don't wrap, so that a test can sign for many at once.
pub(crate) fn secret(at: usize) -> VoteSecret {
    let mut seed = [0; 32];
    seed[16..].copy_from_slice(&blake3::hash(&at.to_le_bytes()).as_bytes()[..16]);
    VoteSecret::from_bytes(&seed).unwrap()
}

/// Members 0..count, whose weights are `weight`.
pub(crate) fn voters(
    role: Role,
    round: u64,
    count: usize,
    weight: impl Fn(usize) -> u128,
) -> Voters {
    let member = |at| Voter { id: id(at), key: secret(at).key(), weight: weight(at) };
    Voters::new(role, round, (0..count).map(member).collect()).unwrap()
}

pub(crate) fn committee(round: u64) -> Voters {
    voters(Role::Committee, round, 11, |_| 1)
}

pub(crate) fn vote_of(voters: &Voters, height: u64, value: u8) -> Vote {
    Vote {
        chain: CHAIN,
        kind: Kind::Commit,
        round: voters.round(),
        height,
        view: 0,
        voters: voters.digest(),
        value: [value; 32],
    }
}

/// The signatures of `signers`, made by the sum of their secrets.
pub(crate) fn sign(vote: &Vote, signers: &[usize]) -> VoteSignature {
    let mut sum = [0_u8; 32];
    for at in signers {
        let mut carry = 0_u16;
        for (byte, more) in sum.iter_mut().zip(*secret(*at).to_bytes()).rev() {
            let total = u16::from(*byte) + u16::from(more) + carry;
            *byte = u8::try_from(total & 0xFF).unwrap();
            carry = total >> 8;
        }
    }
    VoteSecret::from_bytes(&sum).unwrap().sign(vote)
}

pub(crate) fn certify(voters: &Voters, vote: Vote, signers: &[usize]) -> Certificate {
    let mut bitmap = Bitmap::new(voters.members().len()).unwrap();
    signers.iter().for_each(|at| bitmap.set(*at).unwrap());
    Certificate { vote, signature: sign(&vote, signers), signers: bitmap }
}

pub(crate) fn indices(count: usize) -> Vec<usize> {
    (0..count).collect()
}
