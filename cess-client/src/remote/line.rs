//! Connections to the other end, each of which carries one question at a time.

use std::{
    future::Future,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use borsh::BorshDeserialize;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, FutureExt};

use super::frame::{self, Greeting, WireFault};

/// Connections that are kept for the next question.
const MAX_IDLE: usize = 8;

/// Why a question has no answer.
pub(crate) enum NoAnswer {
    /// Every connection broke.
    Lost { attempts: u32 },
    /// The other end broke the protocol.
    Fault(WireFault),
}

/// Makes connections when they are needed, and keeps them.
pub(crate) struct Lines<S, F> {
    connect: F,
    greeting: Greeting,
    idle: Mutex<Vec<Line<S>>>,
}

impl<S, F> Lines<S, F> {
    /// Connects nothing yet.
    pub(crate) fn new(connect: F, greeting: Greeting) -> Self {
        Self { connect, greeting, idle: Mutex::default() }
    }

    pub(crate) fn idle_count(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Line<S>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, F, Connecting> Lines<S, F>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Fn() -> Connecting + Send + Sync,
    Connecting: Future<Output = io::Result<S>> + Send,
{
    /// Sends a request in its frame and reads the reply, of at most `max` bytes. A request that may be
    /// asked `again` is, once, when an old connection turns out to be lost.
    pub(crate) async fn ask<R: BorshDeserialize>(
        &self,
        request: &[u8],
        max: usize,
        again: bool,
    ) -> Result<R, NoAnswer> {
        let mut attempts = 1;
        let mut line = match self.take_idle() {
            Some(line) => line,
            None => self.dial(attempts).await?,
        };
        loop {
            let was_idle = line.greeted;
            match line.exchange(request, self.greeting, max).await {
                Ok(reply) => {
                    self.keep(line);
                    return Ok(reply);
                }
                Err(WireFault::Io(_)) => {}
                Err(fault) => return Err(NoAnswer::Fault(fault)),
            }
            self.idle().clear();
            if !was_idle || !again {
                return Err(NoAnswer::Lost { attempts });
            }
            attempts += 1;
            line = self.dial(attempts).await?;
        }
    }

    async fn dial(&self, attempts: u32) -> Result<Line<S>, NoAnswer> {
        let stream = (self.connect)().await;
        let stream = stream.map_err(|_| NoAnswer::Lost { attempts })?;
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
    async fn exchange<R: BorshDeserialize>(
        &mut self,
        request: &[u8],
        greeting: Greeting,
        max: usize,
    ) -> Result<R, WireFault> {
        if !self.greeted {
            frame::send(&mut self.stream, &greeting).await?;
        }
        frame::send(&mut self.stream, request).await?;
        if !self.greeted {
            frame::read_greeting(&mut self.stream, greeting).await?;
            self.greeted = true;
        }
        let reply = frame::receive(&mut self.stream, max).await?;
        reply.ok_or(WireFault::Io(io::ErrorKind::UnexpectedEof))
    }

    /// An idle connection on which something can be read was closed, or isn't to be trusted.
    fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        self.stream.read(&mut byte).now_or_never().is_none()
    }
}
