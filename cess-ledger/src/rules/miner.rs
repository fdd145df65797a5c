//! Miners: Registered → Active ⇄ Frozen → Exiting → Gone; Offline when they miss too often.

use alloc::vec::Vec;

use crate::{AccountId, Amount, Error, Event, FragmentStatus, Miner, MinerStatus, State, Windows};

const MAX_ENDPOINT_LEN: usize = 1024;

impl State {
    pub(crate) fn register_miner(
        &mut self,
        by: AccountId,
        capacity: u64,
        endpoint: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        if self.miners.get(&by).is_some_and(|m| m.status != MinerStatus::Gone) {
            return Err(Error::MinerExists);
        }
        if endpoint.len() > MAX_ENDPOINT_LEN {
            let got = endpoint.len();
            return Err(Error::TooLong { what: "endpoint", max: MAX_ENDPOINT_LEN, got });
        }
        let collateral = self.required_collateral(capacity)?;
        self.debit(&by, collateral)?;
        let miner = Miner {
            capacity,
            used: 0,
            collateral,
            status: MinerStatus::Active,
            misses: 0,
            endpoint: endpoint.to_vec(),
            windows: Windows::new(&self.params.chain_id, &by, self.time),
        };
        self.miners.insert(by, miner);
        events.push(Event::MinerChanged { miner: by, status: MinerStatus::Active });
        Ok(())
    }

    pub(crate) fn top_up(
        &mut self,
        by: AccountId,
        amount: Amount,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let miner = self.miner_of(&by)?;
        let (status, capacity) = (miner.status, miner.capacity);
        if status == MinerStatus::Gone {
            return Err(Error::MinerStatus { got: status });
        }
        let needed = self.required_collateral(capacity)?;
        self.debit(&by, amount)?;
        let Some(miner) = self.miners.get_mut(&by) else { return Ok(()) };
        miner.collateral += amount;
        if status == MinerStatus::Frozen && miner.collateral >= needed {
            self.set_miner_status(&by, MinerStatus::Active, events);
        }
        Ok(())
    }

    pub(crate) fn resume(&mut self, by: AccountId, events: &mut Vec<Event>) -> Result<(), Error> {
        let miner = self.miner_of(&by)?;
        if miner.status != MinerStatus::Offline {
            return Err(Error::MinerStatus { got: miner.status });
        }
        let enough = miner.collateral >= self.required_collateral(miner.capacity)?;
        if let Some(miner) = self.miners.get_mut(&by) {
            miner.misses = 0;
        }
        let status = if enough { MinerStatus::Active } else { MinerStatus::Frozen };
        self.set_miner_status(&by, status, events);
        Ok(())
    }

    pub(crate) fn exit(&mut self, by: AccountId, events: &mut Vec<Event>) -> Result<(), Error> {
        let miner = self.miner_of(&by)?;
        if matches!(miner.status, MinerStatus::Exiting | MinerStatus::Gone) {
            return Err(Error::MinerStatus { got: miner.status });
        }
        self.set_miner_status(&by, MinerStatus::Exiting, events);
        let names: Vec<[u8; 32]> = self.holding(&by).copied().collect();
        for name in names {
            let held = self.fragments.get(&name).is_some_and(|r| r.status == FragmentStatus::Held);
            if held {
                self.open_order(&name, events);
            }
        }
        self.leave_if_empty(&by, events);
        Ok(())
    }

    /// An exiting miner without fragments and claims is gone, with what is left of its collateral.
    pub(crate) fn leave_if_empty(&mut self, id: &AccountId, events: &mut Vec<Event>) {
        let Some(miner) = self.miners.get_mut(id) else { return };
        if miner.status != MinerStatus::Exiting || miner.used > 0 || self.audits.contains_key(id) {
            return;
        }
        let collateral = core::mem::take(&mut miner.collateral);
        self.credit(id, collateral);
        self.owed.remove(id);
        self.set_miner_status(id, MinerStatus::Gone, events);
    }
}
