//! Audits: from each window's beacon a challenge over a miner's whole holding; a failed one is
//! narrowed, with a fresh beacon at each step, until the bad fragments are named.
//!
//! | outcome | effect |
//! |---|---|
//! | passed | fees of the holding since the last settlement go to the miner |
//! | failed | the named fragments: fee of that time back to the owner, collateral cut, repair order; the others that were asked: as passed; those that were not: the next audit decides |
//! | missed | nothing was answered: fees of that time back to the owners, collateral cut; what was asked is asked again by the next window, beside its own draw; too often in a row: offline, everything lost |
//!
//! A fragment that the miner has lost, handed over or seen end since the snapshot counts for nothing.
//! A miner that is silent whenever a lost fragment is asked never gets rid of the question.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::ops::Range;

use borsh::{BorshDeserialize, BorshSerialize};
use cess_podr2::{Challenge, Drawn, Fragments, Holding, KeyId, Policy, Proof, PublicKey};

use crate::{
    AccountId, Audit, Error, Event, FragmentInfo, FragmentRecord, FragmentStatus, MinerStatus,
    Payee, State, Target, Verdict, domain,
    fragment::{read_challenge, write_challenge},
    params::per_gib,
    windows::answer_hash,
};

/// A failed target is split into at most this many parts.
const FANOUT: u32 = 16;
/// A part of several fragments has at most this many blocks: each is a hash to the curve for the
/// verifier, about 0.1 ms.
const MAX_PART_BLOCKS: u64 = 1 << 14;

/// One open target, with all that is needed to answer it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AuditTarget {
    /// The audit's round.
    pub round: u64,
    /// The target's number in this step.
    pub target: u32,
    /// What is asked.
    #[borsh(serialize_with = "write_challenge", deserialize_with = "read_challenge")]
    pub challenge: Challenge,
    /// The fragments that are drawn, in the holding's order.
    pub fragments: Vec<FragmentInfo>,
    /// When the answer is due, milliseconds.
    pub deadline: u64,
}

impl Audit {
    /// Every target is answered, and a failed one waits to be split by the next beacon.
    pub(crate) fn wants_beacon(&self) -> bool {
        self.all_answered() && self.targets.iter().any(Target::splits)
    }

    fn all_answered(&self) -> bool {
        self.targets.iter().all(|t| t.proven.is_some())
    }
}

impl Target {
    fn splits(&self) -> bool {
        self.proven != Some(true) && self.end - self.start > 1
    }
}

impl State {
    /// The open targets of a miner's audit.
    pub fn audit_targets(&self, miner: &AccountId) -> Vec<AuditTarget> {
        let Some(audit) = self.audits.get(miner) else { return Vec::new() };
        let open = (0u32..).zip(&audit.targets).filter(|(_, t)| t.proven.is_none());
        open.map(|(number, target)| AuditTarget {
            round: audit.round,
            target: number,
            challenge: target.challenge,
            fragments: asked_of(audit, target).to_vec(),
            deadline: audit.deadline,
        })
        .collect()
    }

    /// Closes the steps that are answered or overdue, and opens a new window when it is time.
    pub(crate) fn step_audits(&mut self, snapshot_height: u64, events: &mut Vec<Event>) {
        let over = |a: &Audit| a.all_answered() || a.deadline <= self.time;
        let ready: Vec<AccountId> =
            self.audits.iter().filter(|(_, a)| over(a)).map(|(id, _)| *id).collect();
        for miner in ready {
            self.finish_step(miner, Some(snapshot_height), events);
        }
        if self.time < self.next_window {
            return;
        }
        let window = self.params.audit.window_ms;
        let passed = (self.time - self.next_window) / window + 1;
        self.next_window = self.next_window.saturating_add(passed.saturating_mul(window));
        self.round += 1;
        let audited = |s| !matches!(s, MinerStatus::Offline | MinerStatus::Gone);
        let miners: Vec<AccountId> = self
            .miners
            .iter()
            .filter(|(id, m)| audited(m.status) && !self.audits.contains_key(id))
            .map(|(id, _)| *id)
            .collect();
        for miner in miners {
            self.open_audit(miner, snapshot_height, events);
        }
    }

    fn open_audit(&mut self, miner: AccountId, height: u64, events: &mut Vec<Event>) {
        let owed = self.owed.remove(&miner).unwrap_or_default();
        let Some(holding) = self.holdings.of(&miner) else { return };
        let sampling = self.params.audit.sampling;
        let Ok(policy) = sampling.over(holding.total_blocks()) else { return };
        let fragments = u32::try_from(holding.len()).unwrap_or(u32::MAX);
        let drawn = policy.share(holding.len() as u64).fragments;
        let end = u32::try_from(drawn).unwrap_or(u32::MAX);
        let target = self.target(&miner, self.round, height, 0..end, holding, policy);
        let drawn = target.as_ref().and_then(|t| holding.draw(&t.challenge).ok());
        let (Some(target), Some(drawn)) = (target, drawn) else { return };
        let name = |entry: &cess_podr2::Entry| entry.name().to_bytes();
        let names: BTreeSet<[u8; 32]> = drawn.entries().iter().map(name).collect();
        let info = |name: &[u8; 32]| Some(self.fragments.get(name)?.info.clone());
        let mut asked: Vec<FragmentInfo> =
            drawn.entries().iter().filter_map(|entry| info(&name(entry))).collect();
        let mut targets = Vec::from([target]);

        // What a missed window asked is asked again, as a holding of its own.
        let again = owed.iter().filter(|name| !names.contains(*name) && self.holds(&miner, name));
        let again: Vec<FragmentInfo> = again.filter_map(info).collect();
        if let (Ok(holding), Ok(policy)) = (holding_of(&again), self.params.audit.sampling.again())
        {
            let again = self.infos(&holding);
            let all = u32::try_from(asked.len() + again.len()).unwrap_or(u32::MAX);
            let range = end..all;
            if let Some(target) = self.target(&miner, self.round, height, range, &holding, policy) {
                asked.extend(again);
                targets.push(target);
            }
        }
        let deadline = self.time.saturating_add(self.params.audit.answer_ms);
        let again = u32::try_from(asked.len()).unwrap_or(u32::MAX).saturating_sub(end);
        let audit = Audit {
            round: self.round,
            height,
            opened: height,
            asked,
            targets,
            narrowing: false,
            answered: false,
            proof: None,
            bad: Vec::new(),
            deadline,
        };
        let (round, drawn) = (self.round, end);
        events.push(Event::AuditOpened { miner, round, fragments, drawn, again, deadline });
        self.audits.insert(miner, audit);
    }

    /// What is on record of a holding's fragments, in its order.
    fn infos(&self, holding: &Holding) -> Vec<FragmentInfo> {
        let record = |name: &[u8; 32]| self.fragments.get(name);
        let infos = holding.iter().filter_map(|entry| record(entry.name().as_bytes()));
        infos.map(|record| record.info.clone()).collect()
    }

    /// A challenge over a holding, from this block's beacon.
    fn target(
        &self,
        miner: &AccountId,
        round: u64,
        height: u64,
        asked: Range<u32>,
        holding: &Holding,
        policy: Policy,
    ) -> Option<Target> {
        let mut hasher = blake3::Hasher::new_derive_key(domain::AUDIT_SEED);
        hasher.update(&self.randomness).update(&self.height.to_le_bytes()).update(&miner.0);
        hasher.update(&asked.start.to_le_bytes()).update(&asked.end.to_le_bytes());
        let chain_id = self.params.chain_id;
        let scope = cess_podr2::Audit { chain_id, round, height, prover: miner.0 };
        let challenge = Challenge::new(scope, holding, policy, hasher.finalize().into()).ok()?;
        Some(Target { start: asked.start, end: asked.end, challenge, proven: None })
    }

    pub(crate) fn answer(
        &mut self,
        by: AccountId,
        round: u64,
        number: u32,
        proof: Option<&[u8]>,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let audit = self.audits.get(&by).filter(|a| a.round == round);
        let audit = audit.ok_or(Error::NoSuchAudit { round })?;
        if self.time >= audit.deadline {
            return Err(Error::TooLate { deadline: audit.deadline, now: self.time });
        }
        let missing = Error::NoSuchTarget { target: number };
        let place = usize::try_from(number).map_err(|_| missing.clone())?;
        let target = audit.targets.get(place).filter(|t| t.proven.is_none()).ok_or(missing)?;
        let proven = match proof {
            Some(bytes) => {
                let entries = asked_of(audit, target).iter().map(|info| info.fragment.entry());
                let drawn = Drawn::trusted(&target.challenge, entries);
                drawn.is_ok_and(|d| self.verify_proof(&target.challenge, &d, bytes).is_ok())
            }
            None => false,
        };
        let Some(audit) = self.audits.get_mut(&by) else { return Ok(()) };
        audit.answered = true;
        if place == 0 && !audit.narrowing {
            audit.proof = proof.map(answer_hash);
        }
        audit.targets[place].proven = Some(proven);
        if audit.all_answered() && !audit.wants_beacon() {
            self.finish_step(by, None, events);
        }
        Ok(())
    }

    /// Verifies a proof under the tag keys on the ledger.
    pub(crate) fn verify_proof(
        &self,
        challenge: &Challenge,
        fragments: &impl Fragments,
        proof: &[u8],
    ) -> Result<(), Error> {
        let samples = challenge.samples(fragments).map_err(|_| Error::BadProof)?;
        // Points are decoded only for the keys that are hit, and only from a proof of their number.
        if proof.len() != Proof::encoded_len(samples.keys().len()) {
            return Err(Error::BadProof);
        }
        let proof = Proof::from_bytes(proof).map_err(|_| Error::BadProof)?;
        let record = |id: &KeyId| self.tag_keys.get(id.as_bytes());
        let parse = |id: &KeyId| PublicKey::from_bytes(&record(id)?.key).ok();
        let keys: BTreeMap<KeyId, PublicKey> =
            samples.keys().filter_map(|(id, _)| Some((*id, parse(id)?))).collect();
        cess_podr2::verify(challenge, fragments, |id| keys.get(id), &proof)
            .map_err(|_| Error::BadProof)
    }

    /// Ends a step: proven targets are settled, failed ones split (by the beacon of the block that
    /// brings `snapshot_height`) or named.
    fn finish_step(
        &mut self,
        miner: AccountId,
        snapshot_height: Option<u64>,
        events: &mut Vec<Event>,
    ) {
        let Some(mut audit) = self.audits.remove(&miner) else { return };
        if !audit.narrowing {
            self.close_window(&miner, &audit, events);
        }
        if !audit.answered {
            self.miss(miner, &audit, events);
            self.leave_if_empty(&miner, events);
            return;
        }
        let targets = core::mem::take(&mut audit.targets);
        if !audit.narrowing && targets.first().is_some_and(|t| t.proven == Some(true)) {
            let failed = targets.iter().filter(|t| t.proven != Some(true));
            let failed = failed.flat_map(|t| asked_of(&audit, t)).map(FragmentInfo::name).collect();
            self.pass_holding(&miner, audit.opened, &failed);
        }
        let mut parts = Vec::new();
        for target in targets {
            if target.proven == Some(true) {
                for info in asked_of(&audit, &target) {
                    self.pass_fragment(&miner, &info.name());
                }
            } else if target.splits() {
                let height = snapshot_height.unwrap_or(audit.height);
                self.split(&miner, height, &audit, &target, &mut parts);
            } else {
                audit.bad.push(target.start);
            }
        }
        if let (false, Some(height)) = (parts.is_empty(), snapshot_height) {
            let targets = u32::try_from(parts.len()).unwrap_or(u32::MAX);
            audit.targets = parts;
            audit.height = height;
            audit.narrowing = true;
            audit.deadline = self.time.saturating_add(self.params.audit.answer_ms);
            events.push(Event::AuditNarrowed { miner, round: audit.round, targets });
            self.audits.insert(miner, audit);
            return;
        }
        self.conclude(miner, &audit, events);
        self.leave_if_empty(&miner, events);
    }

    /// Cuts a failed target into parts, each a holding of its own under a seed of its own.
    fn split(
        &self,
        miner: &AccountId,
        height: u64,
        audit: &Audit,
        target: &Target,
        parts: &mut Vec<Target>,
    ) {
        let part = |start: u32, end: u32| {
            let holding = holding_of(infos_at(audit, start..end)).ok()?;
            self.target(miner, audit.round, height, start..end, &holding, Policy::Every)
        };
        let step = (target.end - target.start).div_ceil(FANOUT);
        let (mut start, mut blocks) = (target.start, 0u64);
        for (at, info) in (target.start..target.end).zip(asked_of(audit, target)) {
            let added = info.fragment.blocks();
            let full = at - start >= step || blocks.saturating_add(added) > MAX_PART_BLOCKS;
            if at > start && full {
                parts.extend(part(start, at));
                (start, blocks) = (at, 0);
            }
            blocks = blocks.saturating_add(added);
        }
        parts.extend(part(start, target.end));
    }

    fn conclude(&mut self, miner: AccountId, audit: &Audit, events: &mut Vec<Event>) {
        if let Some(miner) = self.miners.get_mut(&miner) {
            miner.misses = 0;
        }
        let mut bad = audit.bad.clone();
        bad.sort_unstable();
        let infos = bad.iter().filter_map(|&i| audit.asked.get(usize::try_from(i).ok()?));
        let held = infos.filter(|info| self.holds(&miner, &info.name()));
        let bad: Vec<&FragmentInfo> = held.collect();
        let verdict = if bad.is_empty() {
            Verdict::Passed
        } else {
            Verdict::Failed { bad: bad.iter().map(|i| (i.file, i.index)).collect() }
        };
        events.push(Event::AuditConcluded { miner, round: audit.round, verdict });
        for info in bad {
            self.lose_fragment(&miner, &info.name(), events);
        }
    }

    fn miss(&mut self, id: AccountId, audit: &Audit, events: &mut Vec<Event>) {
        let verdict = Verdict::Missed;
        events.push(Event::AuditConcluded { miner: id, round: audit.round, verdict });
        let mut bytes = 0u64;
        for name in self.held_since(&id, audit.opened) {
            self.settle(&name, self.time, Payee::Owner);
            if let Some(record) = self.fragments.get_mut(&name) {
                bytes = bytes.saturating_add(record.info.fragment_len());
                record.proven = false;
            }
        }
        if bytes == 0 {
            return;
        }
        let rate = self.params.collateral.miss_per_gib;
        let cut = per_gib(rate, bytes).unwrap_or(u128::MAX);
        self.treasury += self.cut(&id, cut, events);
        let Some(miner) = self.miners.get_mut(&id) else { return };
        miner.misses = miner.misses.saturating_add(1);
        if miner.misses < self.params.audit.max_misses {
            let asked = audit.asked.iter().map(FragmentInfo::name);
            self.owed.insert(id, asked.filter(|name| self.holds(&id, name)).collect());
        } else {
            let names: Vec<[u8; 32]> = self.holding(&id).copied().collect();
            for name in names {
                self.lose_fragment(&id, &name, events);
            }
            self.set_miner_status(&id, MinerStatus::Offline, events);
        }
    }

    fn holds(&self, miner: &AccountId, name: &[u8; 32]) -> bool {
        self.held.contains(&(*miner, *name))
    }

    /// The fragments that a miner has held since a height, by name.
    fn held_since(&self, miner: &AccountId, height: u64) -> Vec<[u8; 32]> {
        let held = self.holding(miner).filter_map(|name| Some((name, self.fragments.get(name)?)));
        let since = |r: &FragmentRecord| r.status == FragmentStatus::Held && r.since <= height;
        held.filter(|(_, record)| since(record)).map(|(name, _)| *name).collect()
    }

    /// All that the miner held when the audit was opened is as good as proven, but for what was
    /// asked beside and failed.
    fn pass_holding(&mut self, miner: &AccountId, opened: u64, failed: &BTreeSet<[u8; 32]>) {
        for name in self.held_since(miner, opened) {
            if !failed.contains(&name) {
                self.pass_fragment(miner, &name);
            }
        }
    }

    fn pass_fragment(&mut self, miner: &AccountId, name: &[u8; 32]) {
        let now = self.time;
        if !self.holds(miner, name) {
            return;
        }
        if let Some(record) = self.fragments.get_mut(name)
            && record.status == FragmentStatus::Held
        {
            record.proven = true;
            self.settle(name, now, Payee::Miner);
        }
    }

    /// A fragment was not proven: its fee since the last proof goes back, collateral is cut, and a
    /// repair order is opened.
    fn lose_fragment(&mut self, miner: &AccountId, name: &[u8; 32], events: &mut Vec<Event>) {
        if !self.holds(miner, name) {
            return;
        }
        let awaiting = |r: &FragmentRecord| r.status == FragmentStatus::Awaiting;
        if self.fragments.get(name).is_some_and(awaiting) {
            return;
        }
        self.settle(name, self.time, Payee::Owner);
        let Some(record) = self.fragments.get_mut(name) else { return };
        record.status = FragmentStatus::Lost;
        record.proven = false;
        let len = record.info.fragment_len();
        self.take_from(miner, name);
        if let Some(miner) = self.miners.get_mut(miner) {
            miner.used = miner.used.saturating_sub(len);
        }
        self.open_order(name, events);
        let collateral = &self.params.collateral;
        let fault = per_gib(collateral.fault_per_gib, len)
            .map_or(u128::MAX, |cut| cut.saturating_add(collateral.fault_flat));
        self.treasury += self.cut(miner, fault, events);
    }
}

fn asked_of<'a>(audit: &'a Audit, target: &Target) -> &'a [FragmentInfo] {
    infos_at(audit, target.start..target.end)
}

fn infos_at(audit: &Audit, range: Range<u32>) -> &[FragmentInfo] {
    let index = |i: u32| usize::try_from(i).unwrap_or(usize::MAX);
    audit.asked.get(index(range.start)..index(range.end)).unwrap_or(&[])
}

pub(crate) fn holding_of(fragments: &[FragmentInfo]) -> Result<Holding, Error> {
    let entries = fragments.iter().map(|info| info.fragment.entry());
    Holding::from_entries(entries).map_err(|_| Error::BadProof)
}
