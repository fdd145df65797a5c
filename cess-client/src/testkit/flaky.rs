//! A chain behind a bad line.

use std::sync::atomic::{AtomicU64, Ordering};

use cess_ledger::{AccountId, Answer, Event, Query, SignedCall};

use crate::{At, Chain, ChainError, Receipt, testkit::draw_below};

/// A chain that is out of reach by a seeded plan: a call is lost before it arrives, or its reply
/// is. Never twice in a row, so whoever asks again gets there.
#[derive(Debug)]
pub struct FlakyChain<C> {
    chain: C,
    seed: u64,
    one_in: u32,
    asked: AtomicU64,
}

enum Line {
    Holds,
    LosesCall,
    LosesReply,
}

const LOST: ChainError = ChainError::Unreachable { attempts: 1 };

impl<C: Chain> FlakyChain<C> {
    /// Loses about one call in `one_in`, at least every second one arrives.
    pub fn new(chain: C, seed: u64, one_in: u32) -> Self {
        Self { chain, seed, one_in, asked: AtomicU64::new(0) }
    }

    /// The chain at the other end.
    pub fn inner(&self) -> &C {
        &self.chain
    }

    fn line(&self) -> Line {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let lost = |n| draw_below(self.seed, "lost", n, self.one_in) == 0;
        let before = (0..number).rev().take_while(|n| lost(*n)).count();
        if !lost(number) || before % 2 == 1 {
            Line::Holds
        } else if draw_below(self.seed, "reply", number, 2) == 0 {
            Line::LosesCall
        } else {
            Line::LosesReply
        }
    }
}

impl<C: Chain> Chain for FlakyChain<C> {
    async fn read(&self, query: &Query) -> Result<At<Answer>, ChainError> {
        match self.line() {
            Line::Holds => self.chain.read(query).await,
            _ => Err(LOST),
        }
    }

    async fn submit(&self, call: SignedCall) -> Result<Receipt, ChainError> {
        match self.line() {
            Line::Holds => self.chain.submit(call).await,
            Line::LosesCall => Err(LOST),
            Line::LosesReply => {
                let _lost = self.chain.submit(call).await;
                Err(LOST)
            }
        }
    }

    async fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<([u8; 32], Receipt)>, ChainError> {
        match self.line() {
            Line::Holds => self.chain.outcome(account, nonce).await,
            _ => Err(LOST),
        }
    }

    async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        match self.line() {
            Line::Holds => self.chain.events(height).await,
            _ => Err(LOST),
        }
    }

    async fn wait(&self, height: u64) -> Result<(), ChainError> {
        match self.line() {
            Line::Holds => self.chain.wait(height).await,
            _ => Err(LOST),
        }
    }
}
