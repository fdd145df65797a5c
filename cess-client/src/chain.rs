//! The chain as a client sees it: a small core trait and an `Ext` of conveniences.

use std::{future::Future, sync::Arc};

use borsh::{BorshDeserialize, BorshSerialize};
use cess_ledger::{
    Account, AccountId, AccountKey, Action, Amount, Answer, AuditTarget, Deal, DealId, Event, File,
    FileId, FragmentRecord, Head, Miner, Order, OrderId, Params, Query, SignedCall, TagKey,
};

/// A value and the block it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct At<T> {
    /// Height of the block.
    pub height: u64,
    /// The value as that block left it.
    pub value: T,
}

/// A call that is final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Receipt {
    /// Height of its block.
    pub height: u64,
    /// What it did.
    pub events: Vec<Event>,
}

/// Why a chain didn't answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The ledger refused the call; nothing was changed.
    #[error("refused: {0}")]
    Refused(#[from] cess_ledger::Error),
    /// The chain is out of reach. Whether a call got through is found by its account and nonce,
    /// [`Chain::outcome`].
    #[error("chain is out of reach ({attempts} attempts)")]
    Unreachable {
        /// How often it was tried.
        attempts: u32,
    },
    /// The chain answered another question.
    #[error("chain answered another question than {asked}")]
    Protocol {
        /// What was asked.
        asked: &'static str,
    },
    /// Another call took the nonce first, and nothing is known of this one.
    #[error("nonce {nonce} was used by another call")]
    NonceTaken {
        /// The nonce.
        nonce: u64,
    },
    /// The chain's store failed. What was final stays final.
    #[error("chain's store: {0}")]
    Store(#[from] ChainFault),
}

/// How the store of a chain failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, BorshSerialize, BorshDeserialize)]
#[non_exhaustive]
pub enum ChainFault {
    /// There is no chain in that place.
    #[error("no chain there")]
    NotFound,
    /// Another process, or another chain of this one, has it open.
    #[error("in use by another process")]
    InUse,
    /// No space left.
    #[error("no space left")]
    NoSpace,
    /// Not allowed.
    #[error("permission denied")]
    Permission,
    /// Any other failure of input or output.
    #[error("input or output error")]
    Io,
    /// The store has another version of the format.
    #[error("format version {got}, expected {expected}")]
    Format {
        /// The version that this crate writes.
        expected: u32,
        /// The version found.
        got: u32,
    },
    /// The store holds another chain.
    #[error("holds another chain")]
    OtherChain {
        /// Id of the chain asked for.
        expected: [u8; 32],
        /// Id of the chain found.
        got: [u8; 32],
    },
    /// The store is damaged, or is no chain's.
    #[error("damaged, or no chain")]
    Damaged,
    /// A stored block gives other events than it gave when it was made: the rules changed.
    #[error("block {height} was made by other rules")]
    OtherRules {
        /// Height of the first such block.
        height: u64,
    },
}

impl ChainFault {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotFound => "check the path, or open it with a genesis to begin a chain",
            Self::InUse => "end the other process, or reach its chain over a socket",
            Self::NoSpace => "make room, then open the chain again",
            Self::Permission | Self::Io => "check path and permissions, then open the chain again",
            Self::Format { .. } | Self::OtherRules { .. } => "use the version that wrote it",
            Self::OtherChain { .. } => "check the path and the genesis",
            Self::Damaged => "restore it from a backup",
        }
    }
}

/// A chain that runs [`cess_ledger`]'s rules.
///
/// # Contract
/// - [`submit`](Self::submit) returns only when the call is final (`Ok`) or refused
///   ([`ChainError::Refused`]). After any other error its fate is unknown and is found by
///   [`outcome`](Self::outcome); submitting the same signed call again is always safe.
/// - [`read`](Self::read) answers from one block and names it; heights never run backwards.
/// - [`events`](Self::events) gives every event of a block in order; none can be skipped, and a
///   block that isn't there is an error.
/// - [`wait`](Self::wait) returns when a block above `height` is final. While the rules wait for a
///   beacon ([`cess_ledger::State::wants_beacon`]), blocks go on by themselves.
///
/// [`testkit::conformance_chain`](crate::testkit::conformance_chain) checks all of it.
pub trait Chain: Send + Sync {
    /// Answers a query.
    fn read(&self, query: &Query) -> impl Future<Output = Result<At<Answer>, ChainError>> + Send;

    /// Hands in a signed call and waits until it is final.
    fn submit(&self, call: SignedCall) -> impl Future<Output = Result<Receipt, ChainError>> + Send;

    /// What became of the call that used `nonce` of `account`: none if there is none yet. The
    /// digest says which call it was.
    fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> impl Future<Output = Result<Option<([u8; 32], Receipt)>, ChainError>> + Send;

    /// Everything that happened in block `height`: what was due, then call by call.
    fn events(&self, height: u64) -> impl Future<Output = Result<Vec<Event>, ChainError>> + Send;

    /// Returns when a block above `height` is final.
    fn wait(&self, height: u64) -> impl Future<Output = Result<(), ChainError>> + Send;
}

impl<C: Chain> Chain for Arc<C> {
    fn read(&self, query: &Query) -> impl Future<Output = Result<At<Answer>, ChainError>> + Send {
        (**self).read(query)
    }

    fn submit(&self, call: SignedCall) -> impl Future<Output = Result<Receipt, ChainError>> + Send {
        (**self).submit(call)
    }

    fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> impl Future<Output = Result<Option<([u8; 32], Receipt)>, ChainError>> + Send {
        (**self).outcome(account, nonce)
    }

    fn events(&self, height: u64) -> impl Future<Output = Result<Vec<Event>, ChainError>> + Send {
        (**self).events(height)
    }

    fn wait(&self, height: u64) -> impl Future<Output = Result<(), ChainError>> + Send {
        (**self).wait(height)
    }
}

macro_rules! reads {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty = $query:expr, $answer:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`ChainError`] when the chain doesn't answer.
        fn $name(&self, $($arg: $ty),*) -> impl Future<Output = Result<$out, ChainError>> + Send {
            async move {
                match self.read(&$query).await?.value {
                    Answer::$answer(value) => Ok(value),
                    _ => Err(ChainError::Protocol { asked: stringify!($name) }),
                }
            }
        }
    )*};
}

/// What most callers want of a chain; comes with every [`Chain`].
pub trait ChainExt: Chain {
    reads! {
        /// The latest block.
        head() -> Head = Query::Head, Head;
        /// The genesis parameters.
        params() -> Params = Query::Params, Params;
        /// The asking price per stored GiB and day.
        price() -> Amount = Query::Price, Price;
        /// An account.
        account(id: AccountId) -> Account = Query::Account(id), Account;
        /// A tag key.
        tag_key(id: [u8; 32]) -> Option<TagKey> = Query::TagKey(id), TagKey;
        /// A miner.
        miner(id: AccountId) -> Option<Miner> = Query::Miner(id), Miner;
        /// A page of the miners after `after`, ascending.
        miners(after: Option<AccountId>, limit: u32) -> Vec<(AccountId, Miner)>
            = Query::Miners { after, limit }, Miners;
        /// A deal.
        deal(id: DealId) -> Option<Deal> = Query::Deal(id), Deal;
        /// A file.
        file(id: FileId) -> Option<File> = Query::File(id), File;
        /// The fragments of a file, in order of their index.
        fragments(id: FileId) -> Vec<FragmentRecord> = Query::Fragments(id), Fragments;
        /// A live fragment, by its name.
        fragment(name: [u8; 32]) -> Option<FragmentRecord> = Query::Fragment(name), Fragment;
        /// The open targets of a miner's audit.
        audit_targets(miner: AccountId) -> Vec<AuditTarget>
            = Query::AuditTargets(miner), AuditTargets;
        /// The open repair orders of a file.
        orders(file: FileId) -> Vec<(OrderId, Order)> = Query::Orders(file), Orders;
        /// A repair order.
        order(id: OrderId) -> Option<Order> = Query::Order(id), Order;
    }

    /// Signs an action with the account's next nonce and submits it until its fate is known.
    ///
    /// # Errors
    /// [`ChainError::Refused`]; [`ChainError::Unreachable`] when its fate is still unknown after
    /// [`ATTEMPTS`]; [`ChainError::NonceTaken`] when as many other calls of the account came first.
    fn act(
        &self,
        key: &AccountKey,
        action: Action,
    ) -> impl Future<Output = Result<Receipt, ChainError>> + Send {
        async move {
            let chain_id = self.head().await?.chain_id;
            let mut last = Err(ChainError::Unreachable { attempts: 0 });
            for _ in 0..ATTEMPTS {
                let nonce = self.account(key.account()).await?.nonce;
                let call = SignedCall::sign(key, chain_id, nonce, action.clone());
                last = self.submit_surely(call).await;
                // Another call of the account came first, so this one never counted.
                if !matches!(last, Err(ChainError::NonceTaken { .. })) {
                    break;
                }
            }
            last
        }
    }

    /// Submits a signed call until its fate is known; a call that got through before is found, not
    /// repeated.
    ///
    /// # Errors
    /// As [`act`](Self::act); [`ChainError::NonceTaken`] when another call has this one's nonce.
    fn submit_surely(
        &self,
        call: SignedCall,
    ) -> impl Future<Output = Result<Receipt, ChainError>> + Send {
        async move {
            let (account, nonce) = (call.call.signer.account(), call.call.nonce);
            let digest = call.call.digest();
            for _ in 0..ATTEMPTS {
                match self.submit(call.clone()).await {
                    Ok(receipt) => return Ok(receipt),
                    Err(ChainError::Refused(cess_ledger::Error::WrongNonce {
                        expected, ..
                    })) if expected > nonce => {}
                    Err(ChainError::Unreachable { .. }) => {}
                    Err(refused) => return Err(refused),
                }
                match self.outcome(&account, nonce).await {
                    Ok(Some((done, receipt))) if done == digest => return Ok(receipt),
                    Ok(Some(_)) => return Err(ChainError::NonceTaken { nonce }),
                    Ok(None) | Err(_) => {}
                }
            }
            Err(ChainError::Unreachable { attempts: ATTEMPTS })
        }
    }
}

/// How often [`ChainExt::submit_surely`] tries.
pub const ATTEMPTS: u32 = 5;

impl<C: Chain> ChainExt for C {}
