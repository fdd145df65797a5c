//! What goes over the wire, docs/formats/client-chain.md.

use borsh::{BorshDeserialize, BorshSerialize};
use cess_ledger::{AccountId, Answer, Event, Query, SignedCall};

use super::{frame::Greeting, refusal};
use crate::{At, ChainError, ChainFault, Receipt};

pub(super) const GREETING: Greeting = *b"cesschn\x03";
/// A call, and the byte that says it is one.
pub(super) const MAX_REQUEST_LEN: usize = SignedCall::MAX_LEN + 1;
/// The records of a file of about a million fragments.
pub(super) const MAX_REPLY_LEN: usize = 256 << 20;

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub(super) enum Request {
    Read(Query),
    Submit(SignedCall),
    Outcome(AccountId, u64),
    Events(u64),
    Wait(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
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

#[cfg(test)]
mod tests {
    use cess_ledger::{AccountKey, Action};

    use super::*;

    #[test]
    fn format_pins() {
        let key = AccountKey::from_seed(&[1; 32]);
        let action = Action::Transfer { to: key.account(), amount: 1 };
        let requests = [
            Request::Read(Query::Head),
            Request::Submit(SignedCall::sign(&key, [2; 32], 3, action)),
            Request::Outcome(key.account(), 4),
            Request::Events(5),
            Request::Wait(6),
        ];
        let event = Event::Transferred { from: key.account(), to: key.account(), amount: 7 };
        let receipt = Receipt { height: 8, events: vec![event.clone()] };
        let failed = |error: ChainError| Reply::Failed(Failure::from(error));
        let replies = [
            Reply::Read(At { height: 9, value: Answer::Price(10) }),
            Reply::Submit(receipt.clone()),
            Reply::Outcome(Some(([11; 32], receipt))),
            Reply::Outcome(None),
            Reply::Events(vec![event]),
            Reply::Wait,
            failed(cess_ledger::Error::WrongNonce { expected: 12, got: 13 }.into()),
            failed(ChainError::Unreachable { attempts: 14 }),
            failed(ChainError::NonceTaken { nonce: 15 }),
            failed(ChainFault::NoSpace.into()),
            failed(ChainError::Protocol { asked: "anything" }),
        ];
        let bytes = borsh::to_vec(&(requests, replies)).unwrap_or_default();
        assert_eq!(
            blake3::hash(&bytes).to_hex().as_str(),
            "8e25bdc1d35ed33bcfe4217f8a1b8642ced8b9365bc9829bd56e36c8503a9784"
        );
    }

    #[test]
    fn errors_cross_the_wire() {
        for error in [
            cess_ledger::Error::WrongNonce { expected: 1, got: 2 }.into(),
            ChainError::Unreachable { attempts: 3 },
            ChainError::NonceTaken { nonce: 4 },
            ChainFault::OtherChain { expected: [5; 32], got: [6; 32] }.into(),
            ChainError::Protocol { asked: "head" },
        ] {
            assert_eq!(Failure::from(error.clone()).into_error("head"), error);
        }
        let strange = Failure::Refused(vec![255]).into_error("submit");
        assert_eq!(strange, ChainError::Protocol { asked: "submit" });
    }
}
