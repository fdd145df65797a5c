//! What a chain keeps beside its state.

use std::{collections::BTreeMap, ops::Range};

use borsh::{BorshDeserialize, BorshSerialize};
use cess_ledger::{AccountId, Block, Call, Event, State};

use super::disk::Disk;
use crate::{ChainFault, Receipt};

/// A call that was taken, and where its events are among its block's.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Place {
    digest: [u8; 32],
    height: u64,
    start: u64,
    end: u64,
}

pub(super) struct Done {
    pub(super) key: (AccountId, u64),
    pub(super) place: Place,
}

impl Done {
    pub(super) fn new(call: &Call, height: u64, events: Range<usize>) -> Self {
        // A length fits 64 bits on every machine there is.
        let [start, end] = [events.start, events.end].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        let place = Place { digest: call.digest(), height, start, end };
        Self { key: (call.signer.account(), call.nonce), place }
    }
}

impl Place {
    pub(super) fn height(&self) -> u64 {
        self.height
    }

    /// The call's digest and receipt; none when the block has no such events.
    pub(super) fn receipt(&self, events: &[Event]) -> Option<([u8; 32], Receipt)> {
        let range = usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?;
        let events = events.get(range)?.to_vec();
        Some((self.digest, Receipt { height: self.height, events }))
    }
}

pub(super) enum Store {
    Memory {
        /// Events of each block; the genesis has none.
        blocks: Vec<Vec<Event>>,
        places: BTreeMap<(AccountId, u64), Place>,
    },
    Disk(Disk),
}

impl Default for Store {
    fn default() -> Self {
        Self::Memory { blocks: vec![Vec::new()], places: BTreeMap::new() }
    }
}

impl Store {
    /// Keeps a block that led to `state`; when it returns, for good.
    pub(super) fn commit(
        &mut self,
        block: &Block,
        events: Vec<Event>,
        done: Vec<Done>,
        state: &State,
    ) -> Result<(), ChainFault> {
        match self {
            Self::Memory { blocks, places } => {
                blocks.push(events);
                places.extend(done.into_iter().map(|done| (done.key, done.place)));
                Ok(())
            }
            Self::Disk(disk) => disk.commit(block, &events, &done, state),
        }
    }

    pub(super) fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<([u8; 32], Receipt)>, ChainFault> {
        let place = match self {
            Self::Memory { places, .. } => places.get(&(*account, nonce)).cloned(),
            Self::Disk(disk) => disk.place(account, nonce)?,
        };
        let Some(place) = place else { return Ok(None) };
        let events = self.events(place.height())?.ok_or(ChainFault::Damaged)?;
        place.receipt(&events).ok_or(ChainFault::Damaged).map(Some)
    }

    pub(super) fn events(&self, height: u64) -> Result<Option<Vec<Event>>, ChainFault> {
        match self {
            Self::Memory { blocks, .. } => {
                let place = usize::try_from(height).ok();
                Ok(place.and_then(|place| blocks.get(place)).cloned())
            }
            Self::Disk(disk) => disk.events(height),
        }
    }
}
