//! A chain in another process.

use std::{future::Future, io};

use cess_ledger::{AccountId, Answer, Event, Query, SignedCall};
use futures::{AsyncRead, AsyncWrite};

use crate::{At, Chain, ChainError, Receipt};

pub(crate) mod frame;
pub(crate) mod line;
mod message;
mod refusal;
mod serve;

pub use frame::WireFault;
pub use serve::serve_chain;

use line::{Lines, NoAnswer};
use message::{GREETING, MAX_REPLY_LEN, MAX_REQUEST_LEN, Reply, Request};

/// A chain that [`serve_chain`] serves at the other end of a connection.
///
/// `connect` makes a connection whenever one is needed: the first time, after one was lost, and
/// while others are busy, since each carries one question at a time. A connection is any stream,
/// of any runtime, that doesn't block the thread; how long it may be silent before it counts as
/// lost is for the stream to decide.
///
/// A lost connection is [`ChainError::Unreachable`]; [`ChainExt::submit_surely`] and
/// [`ChainExt::act`] then find out what became of the call. What the other end says is believed,
/// as far as a client believes its chain.
///
/// [`ChainExt::submit_surely`]: crate::ChainExt::submit_surely
/// [`ChainExt::act`]: crate::ChainExt::act
pub struct RemoteChain<S, F> {
    lines: Lines<S, F>,
}

impl<S, F> std::fmt::Debug for RemoteChain<S, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteChain")
            .field("idle", &self.lines.idle_count())
            .finish_non_exhaustive()
    }
}

impl<S, F, Connecting> RemoteChain<S, F>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Fn() -> Connecting + Send + Sync,
    Connecting: Future<Output = io::Result<S>> + Send,
{
    /// The chain that `connect` leads to. Nothing is connected yet.
    pub fn new(connect: F) -> Self {
        Self { lines: Lines::new(connect, GREETING) }
    }

    async fn ask(&self, request: Request, asked: &'static str) -> Result<Reply, ChainError> {
        let protocol = |_| ChainError::Protocol { asked };
        let bytes = frame::frame(&request, MAX_REQUEST_LEN).map_err(protocol)?;
        // A call may have got through, and would be refused as its own repetition.
        let again = !matches!(request, Request::Submit(_));
        match self.lines.ask(&bytes, MAX_REPLY_LEN, again).await {
            Ok(Reply::Failed(failure)) => Err(failure.into_error(asked)),
            Ok(reply) => Ok(reply),
            Err(NoAnswer::Lost { attempts }) => Err(ChainError::Unreachable { attempts }),
            Err(NoAnswer::Fault(fault)) => Err(protocol(fault)),
        }
    }
}

macro_rules! asked {
    ($self:ident, $request:expr, $asked:literal, $reply:pat => $value:expr) => {
        match $self.ask($request, $asked).await? {
            $reply => Ok($value),
            _ => Err(ChainError::Protocol { asked: $asked }),
        }
    };
}

impl<S, F, Connecting> Chain for RemoteChain<S, F>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Fn() -> Connecting + Send + Sync,
    Connecting: Future<Output = io::Result<S>> + Send,
{
    async fn read(&self, query: &Query) -> Result<At<Answer>, ChainError> {
        asked!(self, Request::Read(query.clone()), "read", Reply::Read(at) => at)
    }

    async fn submit(&self, call: SignedCall) -> Result<Receipt, ChainError> {
        asked!(self, Request::Submit(call), "submit", Reply::Submit(receipt) => receipt)
    }

    async fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<([u8; 32], Receipt)>, ChainError> {
        let request = Request::Outcome(*account, nonce);
        asked!(self, request, "outcome", Reply::Outcome(outcome) => outcome)
    }

    async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        asked!(self, Request::Events(height), "events", Reply::Events(events) => events)
    }

    async fn wait(&self, height: u64) -> Result<(), ChainError> {
        asked!(self, Request::Wait(height), "wait", Reply::Wait => ())
    }
}
