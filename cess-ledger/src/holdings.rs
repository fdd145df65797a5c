//! What every miner is challenged over, kept as the records change, so that a window costs its draw
//! and not a pass over the holding.

use alloc::collections::BTreeMap;

use cess_podr2::{Entry, Holding};

use crate::{AccountId, FragmentStatus, State};

/// Follows from the records of the fragments; not part of the encoding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holdings {
    /// Reported fragments of each miner that has some.
    reported: BTreeMap<AccountId, Holding>,
    /// Fragments under each tag key that a miner is responsible for, reported or not.
    keys: BTreeMap<AccountId, BTreeMap<[u8; 32], u64>>,
}

impl Holdings {
    pub(crate) fn of(&self, miner: &AccountId) -> Option<&Holding> {
        self.reported.get(miner)
    }

    /// The number of tag keys of a miner's fragments with one of `key` among them.
    pub(crate) fn keys_with(&self, miner: &AccountId, key: &[u8; 32]) -> usize {
        let keys = self.keys.get(miner);
        keys.map_or(1, |keys| keys.len() + usize::from(!keys.contains_key(key)))
    }

    fn take_on(&mut self, miner: AccountId, key: [u8; 32]) {
        *self.keys.entry(miner).or_default().entry(key).or_default() += 1;
    }

    fn let_go(&mut self, miner: &AccountId, key: &[u8; 32]) {
        let Some(keys) = self.keys.get_mut(miner) else { return };
        if let Some(count) = keys.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                keys.remove(key);
            }
        }
        if keys.is_empty() {
            self.keys.remove(miner);
        }
    }

    /// Names are live once, and the counts of all live fragments were computed from lengths that
    /// fit: neither fails.
    fn add(&mut self, miner: AccountId, entry: Entry) {
        let _ = self.reported.entry(miner).or_default().add(entry);
    }

    fn remove(&mut self, miner: &AccountId, entry: &Entry) {
        let Some(holding) = self.reported.get_mut(miner) else { return };
        let _ = holding.remove(entry);
        if holding.is_empty() {
            self.reported.remove(miner);
        }
    }
}

impl State {
    /// A miner becomes responsible for a fragment, which it has yet to report.
    pub(crate) fn hand_to(&mut self, miner: AccountId, name: [u8; 32], key: [u8; 32]) {
        if self.held.insert((miner, name)) {
            self.holdings.take_on(miner, key);
        }
    }

    /// A miner has reported a fragment or repaired it: it is challenged over it from the next
    /// block on.
    pub(crate) fn take_into_holding(&mut self, name: &[u8; 32]) {
        let height = self.height;
        let Some(record) = self.fragments.get_mut(name) else { return };
        record.status = FragmentStatus::Held;
        record.since = height;
        self.holdings.add(record.miner, record.info.fragment.entry());
    }

    /// A miner isn't responsible any more; whether it was until now.
    pub(crate) fn take_from(&mut self, miner: &AccountId, name: &[u8; 32]) -> bool {
        if !self.held.remove(&(*miner, *name)) {
            return false;
        }
        if let Some(record) = self.fragments.get(name) {
            self.holdings.let_go(miner, &record.info.tag_key());
            self.holdings.remove(miner, &record.info.fragment.entry());
        }
        true
    }

    /// What the records say, from scratch.
    pub(crate) fn holdings_anew(&self) -> Holdings {
        let mut holdings = Holdings::default();
        for (miner, name) in &self.held {
            let Some(record) = self.fragments.get(name) else { continue };
            holdings.take_on(*miner, record.info.tag_key());
            if record.status == FragmentStatus::Held {
                holdings.add(*miner, record.info.fragment.entry());
            }
        }
        holdings
    }

    /// After decoding.
    pub(crate) fn derive_holdings(&mut self) {
        self.holdings = self.holdings_anew();
    }
}
