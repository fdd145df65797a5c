//! Tokens: every movement is a debit and a credit of the same amount.

use alloc::vec::Vec;

use crate::{
    AccountId, Amount, Error, Event, File, FileId, Miner, MinerStatus, State, params::per_gib,
};

/// Who gets a stretch of a fragment's fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payee {
    /// The miner: the fragment was proven.
    Miner,
    /// The file's owner: it wasn't.
    Owner,
}

impl State {
    pub(crate) fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        amount: Amount,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        self.debit(&from, amount)?;
        self.credit(&to, amount);
        events.push(Event::Transferred { from, to, amount });
        Ok(())
    }

    pub(crate) fn check_funds(&self, id: &AccountId, needed: Amount) -> Result<(), Error> {
        let available = self.account(id).balance;
        if available < needed {
            return Err(Error::InsufficientFunds { needed, available });
        }
        Ok(())
    }

    pub(crate) fn debit(&mut self, id: &AccountId, amount: Amount) -> Result<(), Error> {
        self.check_funds(id, amount)?;
        self.accounts.entry(*id).or_default().balance -= amount;
        Ok(())
    }

    /// Cannot overflow: no account ever has more than the supply, which genesis checked.
    pub(crate) fn credit(&mut self, id: &AccountId, amount: Amount) {
        self.accounts.entry(*id).or_default().balance += amount;
    }

    /// Collateral that `capacity` bytes need.
    pub(crate) fn required_collateral(&self, capacity: u64) -> Result<Amount, Error> {
        per_gib(self.params.collateral.per_gib, capacity)
    }

    /// Takes up to `amount` from a miner's collateral and returns what was taken; a miner whose
    /// collateral runs short is frozen.
    pub(crate) fn cut(
        &mut self,
        id: &AccountId,
        amount: Amount,
        events: &mut Vec<Event>,
    ) -> Amount {
        let Some(miner) = self.miners.get_mut(id) else { return 0 };
        let taken = amount.min(miner.collateral);
        miner.collateral -= taken;
        if taken > 0 {
            events.push(Event::Cut { miner: *id, amount: taken });
        }
        let (capacity, collateral, status) = (miner.capacity, miner.collateral, miner.status);
        let short = self.required_collateral(capacity).is_ok_and(|needed| collateral < needed);
        if short && status == MinerStatus::Active {
            self.set_miner_status(id, MinerStatus::Frozen, events);
        }
        taken
    }

    pub(crate) fn set_miner_status(
        &mut self,
        id: &AccountId,
        status: MinerStatus,
        events: &mut Vec<Event>,
    ) {
        if let Some(miner) = self.miners.get_mut(id) {
            miner.status = status;
            events.push(Event::MinerChanged { miner: *id, status });
        }
    }

    /// Settles a fragment's fee from its last settlement to `until`.
    pub(crate) fn settle(&mut self, name: &[u8; 32], until: u64, payee: Payee) {
        let Some(record) = self.fragments.get_mut(name) else { return };
        let Some(file) = self.files.get_mut(&record.info.file) else { return };
        let len = record.info.fragment_len();
        let due = accrued(file, len, until).saturating_sub(accrued(file, len, record.settled_at));
        record.settled_at = record.settled_at.max(until);
        let paid = due.min(file.escrow);
        file.escrow -= paid;
        let to = match payee {
            Payee::Miner => record.miner,
            Payee::Owner => file.owner,
        };
        self.credit(&to, paid);
    }

    /// Takes a fragment off the ledger: off its miner, its file's names, its tag key's count.
    pub(crate) fn drop_fragment(&mut self, name: &[u8; 32]) {
        let Some(miner) = self.fragments.get(name).map(|record| record.miner) else { return };
        let held = self.take_from(&miner, name);
        let Some(record) = self.fragments.remove(name) else { return };
        if held && let Some(miner) = self.miners.get_mut(&record.miner) {
            miner.used = miner.used.saturating_sub(record.info.fragment_len());
        }
        if let Some(key) = self.tag_keys.get_mut(&record.info.tag_key()) {
            key.fragments = key.fragments.saturating_sub(1);
        }
    }

    pub(crate) fn names_of(&self, file: &FileId) -> Vec<[u8; 32]> {
        let Some(file) = self.files.get(file) else { return Vec::new() };
        let slots = file.manifest.slots();
        slots.filter_map(|s| file.manifest.fragment(s).ok()).map(|f| f.name().to_bytes()).collect()
    }

    pub(crate) fn miner_of(&self, id: &AccountId) -> Result<&Miner, Error> {
        self.miners.get(id).ok_or(Error::NoSuchMiner(*id))
    }
}

/// What a fragment of `len` bytes has earned from the start of the first term to `until`.
///
/// Each fragment has the share `len / stored` of a term's fee and earns it evenly over the term.
/// Fees are below 2^80, lengths below 2^40 and terms below 2^44, so the products fit.
pub(crate) fn accrued(file: &File, len: u64, until: u64) -> Amount {
    let share = |fee: Amount| fee * u128::from(len) / u128::from(file.stored.max(1));
    let part = |term: &crate::Term| {
        let elapsed = until.clamp(term.start, term.end) - term.start;
        share(term.fee) * u128::from(elapsed) / u128::from((term.end - term.start).max(1))
    };
    file.terms.iter().map(part).sum()
}
