//! Equivocation that anyone can check.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::bls::{VoteKey, VoteSignature};
use crate::candidate::CandidateId;
use crate::certificate::Certificate;
use crate::encoding;
use crate::error::Error;
use crate::vote::Vote;

/// Proof that somebody signed what an honest signer doesn't.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Evidence {
    /// Two votes of one signer.
    Votes {
        /// Who.
        who: CandidateId,
        /// One.
        first: (Vote, VoteSignature),
        /// The other.
        second: (Vote, VoteSignature),
    },
    /// Two certificates of one set of voters: whoever is in both.
    Certificates {
        /// One.
        first: Certificate,
        /// The other.
        second: Certificate,
    },
}

impl Evidence {
    /// Decodes what `to_bytes` gave. Says nothing about the signatures.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] for anything else, a byte after it included.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        encoding::from_bytes(bytes, "evidence")
    }

    /// The encoding of docs/formats/consensus.md.
    pub fn to_bytes(&self) -> Vec<u8> {
        encoding::to_bytes(self)
    }

    /// The vote that names chain, kind and round of the offence.
    pub fn offence(&self) -> &Vote {
        match self {
            Self::Votes { first: (vote, _), .. } => vote,
            Self::Certificates { first, .. } => &first.vote,
        }
    }
}

/// Checks that the holder of `key` signed two votes of which an honest signer casts at most one.
///
/// # Errors
/// [`Error::NoConflict`], [`Error::BadSignature`].
pub fn check_votes(
    key: &VoteKey,
    first: &(Vote, VoteSignature),
    second: &(Vote, VoteSignature),
) -> Result<(), Error> {
    if !first.0.conflicts(&second.0) {
        return Err(Error::NoConflict);
    }
    key.verify(&first.0, &first.1)?;
    key.verify(&second.0, &second.1)
}
