//! What holds after every block.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::{
    AccountId, Amount, DealStatus, FileId, FragmentStatus, MinerStatus, Slot, State, rules::accrued,
};

/// A broken invariant: a fault of this crate, never of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// Tokens appeared or vanished.
    #[error("tokens: {got} in all, the supply is {expected}")]
    Tokens {
        /// The supply.
        expected: Amount,
        /// The sum found.
        got: Amount,
    },
    /// A miner's used space isn't the sum of its fragments and claims.
    #[error("space: miner {miner} uses {got} bytes, its fragments and claims have {expected}")]
    Space {
        /// The miner.
        miner: AccountId,
        /// Sum over fragments and claims.
        expected: u64,
        /// The miner's figure.
        got: u64,
    },
    /// A live fragment has neither a responsible node nor an open repair order.
    #[error("fragment {index} has neither a node nor a repair order")]
    Orphan {
        /// Its index in its file.
        index: u32,
    },
    /// A file's escrow doesn't cover what its fragments can still earn.
    #[error("escrow: file {file} has {got}, its fragments can still earn {expected}")]
    Escrow {
        /// The file.
        file: FileId,
        /// What can still be earned.
        expected: Amount,
        /// What is there.
        got: Amount,
    },
    /// A node is responsible for two fragments of one segment.
    #[error("miner {miner} has two fragments of one segment of file {file}")]
    SameSegment {
        /// The miner.
        miner: AccountId,
        /// The file.
        file: FileId,
    },
    /// Two records of one fact disagree.
    #[error("index {0} disagrees with the records")]
    Index(&'static str),
}

impl State {
    /// Checks every invariant, in time proportional to the state: for tests, simulations and
    /// nodes that can afford it.
    ///
    /// # Errors
    /// The first broken one.
    pub fn check_invariants(&self) -> Result<(), Broken> {
        self.check_tokens()?;
        self.check_space()?;
        self.check_fragments_have_homes()?;
        self.check_files()?;
        if self.holdings != self.holdings_anew() {
            return Err(Broken::Index("holdings"));
        }
        self.check_orders()?;
        self.check_miners()
    }

    fn check_tokens(&self) -> Result<(), Broken> {
        let sums: [Amount; 6] = [
            self.accounts.values().map(|a| a.balance).sum(),
            self.miners.values().map(|m| m.collateral).sum(),
            self.tag_keys.values().map(|k| k.stake).sum(),
            self.deals.values().map(|d| d.hold).sum(),
            self.files.values().map(|f| f.escrow).sum(),
            self.orders.values().map(|o| o.bounty).sum(),
        ];
        let got = sums.iter().fold(self.treasury, |sum, part| sum.saturating_add(*part));
        if got == self.supply { Ok(()) } else { Err(Broken::Tokens { expected: self.supply, got }) }
    }

    fn check_space(&self) -> Result<(), Broken> {
        let mut used = BTreeMap::<AccountId, u64>::new();
        for (miner, name) in &self.held {
            let record = self.fragments.get(name).filter(|r| r.miner == *miner);
            let record = record.ok_or(Broken::Index("held"))?;
            *used.entry(*miner).or_default() += record.info.fragment_len();
        }
        for order in self.orders.values() {
            if let Some(claim) = &order.claim {
                *used.entry(claim.by).or_default() += order.info.fragment_len();
            }
        }
        for (id, miner) in &self.miners {
            let expected = used.remove(id).unwrap_or(0);
            if miner.used != expected {
                return Err(Broken::Space { miner: *id, expected, got: miner.used });
            }
        }
        if used.is_empty() { Ok(()) } else { Err(Broken::Index("miners")) }
    }

    fn check_fragments_have_homes(&self) -> Result<(), Broken> {
        let mut keys = BTreeMap::<[u8; 32], u64>::new();
        for (name, record) in &self.fragments {
            *keys.entry(record.info.tag_key()).or_default() += 1;
            let homed = self.held.contains(&(record.miner, *name));
            let ordered = record.order.is_some_and(|id| {
                self.orders.get(&id).is_some_and(|order| order.info == record.info)
            });
            let lost = record.status == FragmentStatus::Lost;
            if homed == lost || (lost && !ordered) {
                return Err(Broken::Orphan { index: record.info.index });
            }
            if !self.files.contains_key(&record.info.file) {
                return Err(Broken::Index("files"));
            }
        }
        let counts =
            |id: &[u8; 32], fragments: u64| keys.get(id).copied().unwrap_or(0) == fragments;
        if !self.tag_keys.iter().all(|(id, key)| counts(id, key.fragments)) {
            return Err(Broken::Index("tag keys"));
        }
        let live: usize = self.files.keys().map(|id| self.names_of(id).len()).sum();
        if live == self.fragments.len() { Ok(()) } else { Err(Broken::Index("fragments")) }
    }

    fn check_files(&self) -> Result<(), Broken> {
        let mut awaiting = BTreeMap::<FileId, u32>::new();
        for deal in self.deals.values() {
            if let DealStatus::Closed { file, missing } = deal.status {
                awaiting.insert(file, missing);
            }
        }
        for (id, file) in &self.files {
            let (mut owed, mut missing) = (0, 0);
            let mut homes = BTreeSet::new();
            for record in self.file_fragments(id) {
                let earned = |at| accrued(file, record.info.fragment_len(), at);
                owed += earned(u64::MAX).saturating_sub(earned(record.settled_at));
                missing += u32::from(record.status == FragmentStatus::Awaiting);
                let segment = Slot::at(&file.manifest.profile, record.info.index).segment;
                let claim = record.order.and_then(|order| self.orders.get(&order)?.claim.as_ref());
                let held = (record.status != FragmentStatus::Lost).then_some(record.miner);
                for miner in held.into_iter().chain(claim.map(|claim| claim.by)) {
                    if !homes.insert((segment, miner)) {
                        return Err(Broken::SameSegment { miner, file: *id });
                    }
                }
            }
            if owed > file.escrow {
                return Err(Broken::Escrow { file: *id, expected: owed, got: file.escrow });
            }
            if file.terms.is_empty() != awaiting.contains_key(id)
                || awaiting.remove(id).unwrap_or(0) != missing
            {
                return Err(Broken::Index("deals"));
            }
        }
        if awaiting.is_empty() { Ok(()) } else { Err(Broken::Index("deals")) }
    }

    fn check_orders(&self) -> Result<(), Broken> {
        for (id, order) in &self.orders {
            let record = self.fragments.get(&order.info.name());
            if record.and_then(|r| r.order) != Some(*id) {
                return Err(Broken::Index("orders"));
            }
            let due = |deadline| self.due.contains(&(deadline, crate::state::Due::Claim(*id)));
            if order.claim.as_ref().is_some_and(|claim| !due(claim.deadline)) {
                return Err(Broken::Index("due"));
            }
        }
        Ok(())
    }

    fn check_miners(&self) -> Result<(), Broken> {
        for (id, miner) in &self.miners {
            let mut held = self.holding(id).filter_map(|name| self.fragments.get(name));
            let fits = match miner.status {
                MinerStatus::Gone => {
                    miner.used == 0 && miner.collateral == 0 && !self.audits.contains_key(id)
                }
                MinerStatus::Offline => held.all(|r| r.status == FragmentStatus::Awaiting),
                MinerStatus::Exiting => {
                    let idle = miner.used == 0 && !self.audits.contains_key(id);
                    !idle && held.all(|r| (r.status == FragmentStatus::Held) == r.order.is_some())
                }
                MinerStatus::Active | MinerStatus::Frozen => held.all(|r| r.order.is_none()),
            };
            if !fits {
                return Err(Broken::Index("miner status"));
            }
        }
        Ok(())
    }
}
