//! The embedded default chain: [`cess_ledger`] in the process.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cess_ledger::{AccountId, Answer, Block, Event, Query, SignedCall, State, apply};
use futures::channel::oneshot;

use crate::{At, Chain, ChainError, ChainFault, Receipt};

mod disk;
mod store;
#[cfg(test)]
mod tests;

use disk::Disk;
use store::{Done, Store};

/// What the driver of a [`LocalChain`] gives each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Milliseconds since the Unix epoch; never less than the block before.
    pub time: u64,
    /// Randomness that nobody could know before.
    pub randomness: [u8; 32],
}

/// A chain of one process, in memory or in a file. A call is final as soon as it is submitted: it
/// gets a block of its own, and what waits for the beacon of a next block gets that block at once.
///
/// Time and randomness come from the driver: a function that is called for each new block with its
/// height. Blocks that a file has keep theirs.
///
/// In a file, a block is synced to the disk before anybody hears of it, so its calls block the
/// thread for as long as the disk takes. After a crash, whenever it was, the chain opens again with
/// the last final block, or with the one that was being made. Blocks, events and receipts stay in
/// the file; the state is in memory.
pub struct LocalChain {
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    driver: Box<dyn FnMut(u64) -> Tick + Send>,
    store: Store,
    /// Set while the state is ahead of the store, and for good once a block could not be stored.
    fault: Option<ChainFault>,
    waiting: Vec<(u64, oneshot::Sender<()>)>,
}

impl std::fmt::Debug for LocalChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalChain").field("height", &self.lock().state.height()).finish()
    }
}

impl LocalChain {
    /// A chain in memory that begins with `genesis` and is driven by `driver`.
    pub fn new(genesis: State, driver: impl FnMut(u64) -> Tick + Send + 'static) -> Self {
        Self::of(genesis, Store::default(), driver)
    }

    /// The chain in the file `path`. If there is none yet, it begins with `genesis`.
    ///
    /// # Errors
    /// What `genesis` refuses with; [`ChainError::Store`], with [`ChainFault::OtherChain`] when the
    /// chain in the file has another id than `genesis`; what [`advance`](Self::advance) gives, when
    /// the last run ended before a block that the rules waited for.
    pub fn open(
        path: impl AsRef<Path>,
        genesis: impl FnOnce() -> Result<State, cess_ledger::Error>,
        driver: impl FnMut(u64) -> Tick + Send + 'static,
    ) -> Result<Self, ChainError> {
        let genesis = genesis()?;
        let (disk, state) = Disk::open(path.as_ref(), &genesis)?;
        let expected = genesis.params().chain_id;
        let got = state.params().chain_id;
        if got != expected {
            return Err(ChainFault::OtherChain { expected, got }.into());
        }
        Self::from_disk(disk, state, driver)
    }

    /// The chain that the file `path` has, whichever it is.
    ///
    /// # Errors
    /// [`ChainError::Store`], with [`ChainFault::NotFound`] when there is none; else as
    /// [`open`](Self::open).
    pub fn resume(
        path: impl AsRef<Path>,
        driver: impl FnMut(u64) -> Tick + Send + 'static,
    ) -> Result<Self, ChainError> {
        let (disk, state) = Disk::resume(path.as_ref())?;
        Self::from_disk(disk, state, driver)
    }

    fn from_disk(
        disk: Disk,
        state: State,
        driver: impl FnMut(u64) -> Tick + Send + 'static,
    ) -> Result<Self, ChainError> {
        let chain = Self::of(state, Store::Disk(disk), driver);
        chain.lock().follow_up()?;
        Ok(chain)
    }

    fn of(state: State, store: Store, driver: impl FnMut(u64) -> Tick + Send + 'static) -> Self {
        let driver = Box::new(driver);
        let inner = Inner { state, driver, store, fault: None, waiting: Vec::new() };
        Self { inner: Mutex::new(inner) }
    }

    /// Makes an empty block, and one more while the rules wait for a beacon.
    ///
    /// # Errors
    /// [`ChainError::Refused`] when the driver's time runs backwards; [`ChainError::Store`] when
    /// the block could not be stored.
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
        // A panic of the driver leaves the block before; after any other, `fault` is set.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn check(&self) -> Result<(), ChainError> {
        self.fault.map_or(Ok(()), |fault| Err(fault.into()))
    }

    fn seal(&mut self, calls: Vec<SignedCall>) -> Result<Option<Receipt>, ChainError> {
        self.check()?;
        let height = self.state.height() + 1;
        let Tick { time, randomness } = (self.driver)(height);
        let mut block = Block { height, time, randomness, calls };
        self.fault = Some(ChainFault::Io);
        let outcome = apply(&mut self.state, &block).inspect_err(|_| self.fault = None)?;

        let mut events = outcome.begin;
        let mut done = Vec::new();
        let mut result = Ok(None);
        for (call, outcome) in block.calls.iter().zip(&outcome.results) {
            match outcome {
                Ok(did) => {
                    let start = events.len();
                    events.extend_from_slice(did);
                    done.push(Done::new(&call.call, height, start..events.len()));
                    result = Ok(Some(Receipt { height, events: did.clone() }));
                }
                Err(refused) => result = Err(ChainError::Refused(refused.clone())),
            }
        }
        // A refused call changed nothing, so the block is the same without it, and nobody fills
        // the store with calls that cost nothing.
        let mut outcomes = outcome.results.iter();
        block.calls.retain(|_| outcomes.next().is_some_and(Result::is_ok));

        self.fault = self.store.commit(&block, events, done, &self.state).err();
        if self.fault.is_some() {
            self.waiting.clear();
        }
        self.check()?;
        self.waiting.retain(|(above, sender)| *above >= height && !sender.is_canceled());
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
        inner.check()?;
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
        let inner = self.lock();
        inner.check()?;
        Ok(inner.store.outcome(account, nonce)?)
    }

    async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        let inner = self.lock();
        inner.check()?;
        inner.store.events(height)?.ok_or(ChainError::Protocol { asked: "events" })
    }

    async fn wait(&self, height: u64) -> Result<(), ChainError> {
        loop {
            let receiver = {
                let mut inner = self.lock();
                inner.check()?;
                if inner.state.height() > height {
                    return Ok(());
                }
                let (sender, receiver) = oneshot::channel();
                inner.waiting.push((height, sender));
                receiver
            };
            // The sender is dropped when the block is final, or can't be.
            let _dropped = receiver.await;
        }
    }
}
