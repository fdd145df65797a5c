//! The embedded default chain: [`cess_ledger`] in the process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cess_ledger::{AccountId, Answer, Block, Event, Query, SignedCall, State, apply};
use futures::channel::oneshot;

use crate::{At, Chain, ChainError, Receipt};

/// What the driver of a [`LocalChain`] gives each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Milliseconds since the Unix epoch; never less than the block before.
    pub time: u64,
    /// Randomness that nobody could know before.
    pub randomness: [u8; 32],
}

/// A chain of one process in memory. A call is final as soon as it is submitted: it gets a block
/// of its own, and what waits for the beacon of a next block gets that block at once.
///
/// Time and randomness come from the driver: a function that is called for each block with its
/// height.
pub struct LocalChain {
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    driver: Box<dyn FnMut(u64) -> Tick + Send>,
    /// Events of each block; the genesis has none.
    blocks: Vec<Vec<Event>>,
    receipts: BTreeMap<(AccountId, u64), ([u8; 32], Receipt)>,
    waiting: Vec<(u64, oneshot::Sender<()>)>,
}

impl std::fmt::Debug for LocalChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalChain").field("height", &self.lock().state.height()).finish()
    }
}

impl LocalChain {
    /// A chain that begins with `genesis` and is driven by `driver`.
    pub fn new(genesis: State, driver: impl FnMut(u64) -> Tick + Send + 'static) -> Self {
        let blocks = vec![Vec::new()];
        let driver = Box::new(driver);
        let inner = Inner {
            state: genesis,
            driver,
            blocks,
            receipts: BTreeMap::new(),
            waiting: Vec::new(),
        };
        Self { inner: Mutex::new(inner) }
    }

    /// Makes an empty block, and one more while the rules wait for a beacon.
    ///
    /// # Errors
    /// [`ChainError::Refused`] when the driver's time runs backwards.
    pub fn advance(&self) -> Result<u64, ChainError> {
        let mut inner = self.lock();
        inner.seal(Vec::new())?;
        inner.follow_up()?;
        Ok(inner.state.height())
    }

    /// Looks at the state.
    pub fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock().state)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while the lock was held can only have come from the driver, before a block.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn seal(&mut self, calls: Vec<SignedCall>) -> Result<Option<Receipt>, ChainError> {
        let height = self.state.height() + 1;
        let Tick { time, randomness } = (self.driver)(height);
        let ids: Vec<_> = calls
            .iter()
            .map(|c| ((c.call.signer.account(), c.call.nonce), c.call.digest()))
            .collect();
        let block = Block { height, time, randomness, calls };
        let outcome = apply(&mut self.state, &block)?;
        let mut events = outcome.begin;
        let mut result = Ok(None);
        for ((key, digest), call) in ids.into_iter().zip(outcome.results) {
            match call {
                Ok(done) => {
                    events.extend(done.iter().cloned());
                    let receipt = Receipt { height, events: done };
                    self.receipts.insert(key, (digest, receipt.clone()));
                    result = Ok(Some(receipt));
                }
                Err(refused) => result = Err(ChainError::Refused(refused)),
            }
        }
        self.blocks.push(events);
        self.waiting.retain_mut(|(above, sender)| *above >= height && !sender.is_canceled());
        result
    }

    fn follow_up(&mut self) -> Result<(), ChainError> {
        // Each such block settles what waited, so this ends; the bound is for a rule that doesn't.
        for _ in 0..MAX_FOLLOW_UPS {
            if !self.state.wants_beacon() {
                break;
            }
            self.seal(Vec::new())?;
        }
        Ok(())
    }
}

const MAX_FOLLOW_UPS: usize = 4;

impl Chain for LocalChain {
    async fn read(&self, query: &Query) -> Result<At<Answer>, ChainError> {
        let inner = self.lock();
        Ok(At { height: inner.state.height(), value: inner.state.query(query) })
    }

    async fn submit(&self, call: SignedCall) -> Result<Receipt, ChainError> {
        let mut inner = self.lock();
        let receipt = inner.seal(vec![call])?;
        inner.follow_up()?;
        receipt.ok_or(ChainError::Protocol { asked: "submit" })
    }

    async fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<([u8; 32], Receipt)>, ChainError> {
        Ok(self.lock().receipts.get(&(*account, nonce)).cloned())
    }

    async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        let inner = self.lock();
        let place = usize::try_from(height).ok();
        let events = place.and_then(|h| inner.blocks.get(h));
        Ok(events.cloned().ok_or(ChainError::Protocol { asked: "events" })?)
    }

    async fn wait(&self, height: u64) -> Result<(), ChainError> {
        let receiver = {
            let mut inner = self.lock();
            if inner.state.height() > height {
                return Ok(());
            }
            let (sender, receiver) = oneshot::channel();
            inner.waiting.push((height, sender));
            receiver
        };
        // The sender is dropped when the block is final.
        let _dropped = receiver.await;
        Ok(())
    }
}
