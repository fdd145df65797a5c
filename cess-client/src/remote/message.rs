//! What goes over the wire, docs/formats/chain.md.

use borsh::{BorshDeserialize, BorshSerialize};
use cess_ledger::{AccountId, Answer, Event, Query, SignedCall};

use super::refusal;
use crate::{At, ChainError, ChainFault, Receipt};

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Request {
    Read(Query),
    Submit(SignedCall),
    Outcome(AccountId, u64),
    Events(u64),
    Wait(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Reply {
    Read(At<Answer>),
    Submit(Receipt),
    Outcome(Option<([u8; 32], Receipt)>),
    Events(Vec<Event>),
    Wait,
    Failed(Failure),
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Failure {
    /// [`refusal::encode`].
    Refused(Vec<u8>),
    Unreachable {
        attempts: u32,
    },
    NonceTaken {
        nonce: u64,
    },
    Store(ChainFault),
    /// The chain behind the server failed in a way that has no name here.
    Other,
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Refused(error) => {
                refusal::encode(&error).map_or(Self::Other, Self::Refused)
            }
            ChainError::Unreachable { attempts } => Self::Unreachable { attempts },
            ChainError::NonceTaken { nonce } => Self::NonceTaken { nonce },
            ChainError::Store(fault) => Self::Store(fault),
            ChainError::Protocol { .. } => Self::Other,
        }
    }
}

impl Failure {
    pub(super) fn into_error(self, asked: &'static str) -> ChainError {
        match self {
            Self::Refused(bytes) => {
                refusal::decode(&bytes).map_or(ChainError::Protocol { asked }, ChainError::Refused)
            }
            Self::Unreachable { attempts } => ChainError::Unreachable { attempts },
            Self::NonceTaken { nonce } => ChainError::NonceTaken { nonce },
            Self::Store(fault) => ChainError::Store(fault),
            Self::Other => ChainError::Protocol { asked },
        }
    }
}
