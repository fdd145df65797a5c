//! A chain in another process.

use std::{
    future::Future,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cess_ledger::{AccountId, Answer, Event, Query, SignedCall};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, FutureExt};

use crate::{At, Chain, ChainError, Receipt};

mod frame;
mod message;
mod refusal;
mod serve;

pub use frame::WireFault;
pub use serve::serve_chain;

use frame::{GREETING, MAX_REPLY_LEN, MAX_REQUEST_LEN};
use message::{Reply, Request};

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
    connect: F,
    idle: Mutex<Vec<Line<S>>>,
}

/// Connections that are kept for the next question.
const MAX_IDLE: usize = 8;

impl<S, F> std::fmt::Debug for RemoteChain<S, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteChain").field("idle", &self.idle().len()).finish_non_exhaustive()
    }
}

impl<S, F> RemoteChain<S, F> {
    fn idle(&self) -> MutexGuard<'_, Vec<Line<S>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
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
        Self { connect, idle: Mutex::default() }
    }

    async fn ask(&self, request: Request, asked: &'static str) -> Result<Reply, ChainError> {
        let protocol = |_| ChainError::Protocol { asked };
        let bytes = frame::frame(&request, MAX_REQUEST_LEN).map_err(protocol)?;
        let mut attempts = 1;
        let mut line = match self.take_idle() {
            Some(line) => line,
            None => self.dial(attempts).await?,
        };
        loop {
            let was_idle = line.greeted;
            match line.exchange(&bytes).await {
                Ok(Reply::Failed(failure)) => {
                    self.keep(line);
                    return Err(failure.into_error(asked));
                }
                Ok(reply) => {
                    self.keep(line);
                    return Ok(reply);
                }
                Err(WireFault::Io(_)) => {}
                Err(fault) => return Err(protocol(fault)),
            }
            // What is lost with an old connection may be asked again on a new one, but for a call:
            // it may have got through, and would be refused as its own repetition.
            self.idle().clear();
            if !was_idle || matches!(request, Request::Submit(_)) {
                return Err(ChainError::Unreachable { attempts });
            }
            attempts += 1;
            line = self.dial(attempts).await?;
        }
    }

    async fn dial(&self, attempts: u32) -> Result<Line<S>, ChainError> {
        let stream = (self.connect)().await;
        let stream = stream.map_err(|_| ChainError::Unreachable { attempts })?;
        Ok(Line { stream, greeted: false })
    }

    fn take_idle(&self) -> Option<Line<S>> {
        let mut idle = self.idle();
        while let Some(mut line) = idle.pop() {
            if line.is_quiet() {
                return Some(line);
            }
        }
        None
    }

    fn keep(&self, line: Line<S>) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(line);
        }
    }
}

/// A connection. Whoever drops a question half-way drops its connection with it, so that no answer
/// is ever taken for another's.
struct Line<S> {
    stream: S,
    greeted: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Line<S> {
    async fn exchange(&mut self, request: &[u8]) -> Result<Reply, WireFault> {
        if !self.greeted {
            frame::send(&mut self.stream, &GREETING).await?;
        }
        frame::send(&mut self.stream, request).await?;
        if !self.greeted {
            frame::read_greeting(&mut self.stream).await?;
            self.greeted = true;
        }
        let reply = frame::receive(&mut self.stream, MAX_REPLY_LEN).await?;
        reply.ok_or(WireFault::Io(io::ErrorKind::UnexpectedEof))
    }

    /// An idle connection on which something can be read was closed, or isn't to be trusted.
    fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        self.stream.read(&mut byte).now_or_never().is_none()
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
