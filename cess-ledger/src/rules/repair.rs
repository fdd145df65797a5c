//! Repairs: lost fragment → order → claim → possession proof against the original tags → paid.

use alloc::vec::Vec;

use cess_podr2::{Challenge, Holding, Policy};

use crate::{
    AccountId, Claim, Error, Event, FragmentStatus, MinerStatus, Order, OrderId, Payee, Slot,
    State, domain, params::per_gib, rules::audit::holding_of, state::Due,
};

impl State {
    /// Opens an order for a fragment, unless one is open; the bounty comes out of the collateral
    /// of the miner that loses or leaves it, as far as that goes.
    pub(crate) fn open_order(&mut self, name: &[u8; 32], events: &mut Vec<Event>) {
        let Some(record) = self.fragments.get(name).filter(|r| r.order.is_none()) else { return };
        let (info, from) = (record.info.clone(), record.miner);
        let repair = &self.params.repair;
        let wanted = per_gib(repair.bounty_per_gib, info.fragment_len())
            .map_or(u128::MAX, |bounty| bounty.saturating_add(repair.bounty_flat));
        let bounty = self.cut(&from, wanted, events);
        let order = OrderId(self.next_order);
        self.next_order += 1;
        events.push(Event::RepairOpened {
            order,
            file: info.file,
            index: info.index,
            from,
            bounty,
        });
        self.orders.insert(order, Order { info, from, bounty, claim: None });
        if let Some(record) = self.fragments.get_mut(name) {
            record.order = Some(order);
        }
    }

    pub(crate) fn claim_repair(
        &mut self,
        by: AccountId,
        id: OrderId,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let miner = self.miner_of(&by)?;
        if miner.status != MinerStatus::Active {
            return Err(Error::MinerStatus { got: miner.status });
        }
        let order = self.orders.get(&id).ok_or(Error::NoSuchOrder(id))?;
        if let Some(claim) = &order.claim {
            return Err(Error::OrderClaimed { by: Some(claim.by) });
        }
        let (free, needed) = (miner.free(), order.info.fragment_len());
        if free < needed {
            return Err(Error::NoSpace { free, needed });
        }
        self.check_segment_mates(&by, order)?;
        self.check_keys(&by, &order.info.tag_key())?;
        let deadline = self.after(self.params.repair.claim_ms)?;
        let claim = Claim { by, deadline, height: self.height, seed: None };
        if let Some(order) = self.orders.get_mut(&id) {
            order.claim = Some(claim);
        }
        if let Some(miner) = self.miners.get_mut(&by) {
            miner.used += needed;
        }
        self.unseeded_orders.insert(id);
        self.due.insert((deadline, Due::Claim(id)));
        events.push(Event::RepairClaimed { order: id, by });
        Ok(())
    }

    /// No node holds two fragments of one segment, whatever the replica.
    fn check_segment_mates(&self, by: &AccountId, order: &Order) -> Result<(), Error> {
        if order.from == *by {
            return Err(Error::SameSegment);
        }
        let file = self.files.get(&order.info.file).ok_or(Error::NoSuchFile(order.info.file))?;
        let profile = &file.manifest.profile;
        let segment = Slot::at(profile, order.info.index).segment;
        for replica in 0..profile.replicas() {
            for shard in 0..profile.geometry().total() {
                let shard = u8::try_from(shard).map_err(|_| Error::Overflow)?;
                let fragment = file.manifest.fragment(Slot { segment, replica, shard })?;
                let Some(record) = self.fragments.get(&fragment.name().to_bytes()) else {
                    continue;
                };
                let holds = record.miner == *by && record.status != FragmentStatus::Lost;
                let claim = record.order.and_then(|o| self.orders.get(&o)?.claim.as_ref());
                if holds || claim.is_some_and(|c| c.by == *by) {
                    return Err(Error::SameSegment);
                }
            }
        }
        Ok(())
    }

    /// Draws the challenges of the claims that earlier blocks made: nobody could prepare for them.
    pub(crate) fn seed_orders(&mut self, events: &mut Vec<Event>) {
        for id in core::mem::take(&mut self.unseeded_orders) {
            let claim = self.orders.get_mut(&id).and_then(|o| o.claim.as_mut());
            let Some(claim) = claim else { continue };
            let mut hasher = blake3::Hasher::new_derive_key(domain::REPAIR_SEED);
            hasher.update(&self.randomness).update(&self.height.to_le_bytes());
            hasher.update(&id.0.to_le_bytes()).update(&claim.by.0);
            claim.seed = Some(hasher.finalize().into());
            events.push(Event::RepairSeeded { order: id });
        }
    }

    pub(crate) fn complete_repair(
        &mut self,
        by: AccountId,
        id: OrderId,
        proof: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let status = self.miner_of(&by)?.status;
        if !matches!(status, MinerStatus::Active | MinerStatus::Frozen) {
            return Err(Error::MinerStatus { got: status });
        }
        let order = self.orders.get(&id).ok_or(Error::NoSuchOrder(id))?;
        let claimed_by = order.claim.as_ref().map(|c| c.by);
        let claim = order.claim.as_ref().filter(|c| c.by == by);
        let claim = claim.ok_or(Error::OrderClaimed { by: claimed_by })?;
        if self.time >= claim.deadline {
            return Err(Error::TooLate { deadline: claim.deadline, now: self.time });
        }
        let (challenge, holding) = repair_challenge(&self.params.chain_id, id, order)?;
        self.verify_proof(&challenge, &holding, proof)?;

        let Some(Order { info, from, bounty, .. }) = self.orders.remove(&id) else { return Ok(()) };
        let name = info.name();
        let handed_over = self.take_from(&from, &name);
        let proven = self.fragments.get(&name).is_some_and(|r| r.proven);
        let payee = if handed_over && proven { Payee::Miner } else { Payee::Owner };
        self.settle(&name, self.time, payee);
        if handed_over && let Some(miner) = self.miners.get_mut(&from) {
            miner.used = miner.used.saturating_sub(info.fragment_len());
        }
        if let Some(record) = self.fragments.get_mut(&name) {
            record.miner = by;
            record.proven = true;
            record.order = None;
        }
        self.hand_to(by, name, info.tag_key());
        self.take_into_holding(&name);
        self.credit(&by, bounty);
        events.push(Event::RepairCompleted { order: id, by, bounty });
        self.leave_if_empty(&from, events);
        Ok(())
    }

    pub(crate) fn expire_claim(&mut self, id: OrderId, at: u64, events: &mut Vec<Event>) {
        let overdue = self.orders.get(&id).and_then(|o| o.claim.as_ref());
        let Some(by) = overdue.filter(|c| c.deadline == at).map(|c| c.by) else { return };
        self.release_claim(id);
        self.treasury += self.cut(&by, self.params.repair.claim_cut, events);
        events.push(Event::RepairReopened { order: id });
        self.leave_if_empty(&by, events);
    }

    /// Drops the order of a fragment that leaves the ledger; returns the miner whose claim ends
    /// with it.
    pub(crate) fn drop_order(&mut self, id: OrderId) -> Option<AccountId> {
        let claimed_by = self.release_claim(id);
        if let Some(order) = self.orders.remove(&id) {
            self.treasury += order.bounty;
        }
        claimed_by
    }

    fn release_claim(&mut self, id: OrderId) -> Option<AccountId> {
        self.unseeded_orders.remove(&id);
        let order = self.orders.get_mut(&id)?;
        let claim = order.claim.take()?;
        let len = order.info.fragment_len();
        if let Some(miner) = self.miners.get_mut(&claim.by) {
            miner.used = miner.used.saturating_sub(len);
        }
        Some(claim.by)
    }
}

/// The challenge that completes a claimed order: every block of the fragment.
///
/// # Errors
/// [`Error::OrderClaimed`] when nobody has claimed it; [`Error::NoBeaconYet`] until the block after
/// the claim.
pub fn repair_challenge(
    chain_id: &[u8; 32],
    id: OrderId,
    order: &Order,
) -> Result<(Challenge, Holding), Error> {
    let claim = order.claim.as_ref().ok_or(Error::OrderClaimed { by: None })?;
    let seed = claim.seed.ok_or(Error::NoBeaconYet)?;
    let holding = holding_of(core::slice::from_ref(&order.info))?;
    let scope = cess_podr2::Audit {
        chain_id: *chain_id,
        round: id.0,
        height: claim.height,
        prover: claim.by.0,
    };
    let challenge = Challenge::new(scope, &holding, Policy::Every, seed);
    Ok((challenge.map_err(|_| Error::BadProof)?, holding))
}
