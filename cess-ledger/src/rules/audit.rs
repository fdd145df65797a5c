//! Audits: from each window's beacon a challenge over a miner's whole holding; a failed one is
//! narrowed, with a fresh beacon at each step, until the bad fragments are named.
//!
//! | outcome | effect |
//! |---|---|
//! | passed | fees of the holding since the last settlement go to the miner |
//! | failed | the named fragments: fee of that time back to the owner, collateral cut, repair order; the others that were sampled: as passed; those that were not: the next audit decides |
//! | missed | nothing was answered: fees of that time back to the owners, collateral cut; too often in a row: offline, everything lost |
//!
//! A fragment that the miner has lost, handed over or seen end since the snapshot counts for nothing.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use borsh::{BorshDeserialize, BorshSerialize, io};
use cess_podr2::{Challenge, Holding, KeyId, Policy, Proof, PublicKey};

use crate::{
    AccountId, Audit, Error, Event, FragmentInfo, FragmentRecord, FragmentStatus, MinerStatus,
    Payee, State, Target, Verdict, domain, params::per_gib,
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
    /// Over which fragments, in order of name.
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
        open.filter_map(|(number, target)| {
            let (challenge, _) = self.challenge(miner, audit, target).ok()?;
            Some(AuditTarget {
                round: audit.round,
                target: number,
                challenge,
                fragments: fragments_of(audit, target).to_vec(),
                deadline: audit.deadline,
            })
        })
        .collect()
    }

    fn challenge(
        &self,
        miner: &AccountId,
        audit: &Audit,
        target: &Target,
    ) -> Result<(Challenge, Holding), Error> {
        let policy =
            if audit.narrowing { Policy::Every } else { self.params.audit.sampling.policy()? };
        let holding = holding_of(fragments_of(audit, target))?;
        let scope = cess_podr2::Audit {
            chain_id: self.params.chain_id,
            round: audit.round,
            height: audit.height,
            prover: miner.0,
        };
        let challenge = Challenge::new(scope, &holding, policy, target.seed);
        Ok((challenge.map_err(|_| Error::BadProof)?, holding))
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
        let held = self.holding(&miner).filter_map(|name| self.fragments.get(name));
        let held = held.filter(|r| r.status == FragmentStatus::Held);
        let snapshot: Vec<FragmentInfo> = held.map(|r| r.info.clone()).collect();
        let Ok(fragments) = u32::try_from(snapshot.len()) else { return };
        if fragments == 0 {
            return;
        }
        let deadline = self.time.saturating_add(self.params.audit.answer_ms);
        let target = self.target(&miner, 0, fragments);
        let audit = Audit {
            round: self.round,
            height,
            snapshot,
            targets: [target].into(),
            narrowing: false,
            answered: false,
            bad: Vec::new(),
            deadline,
        };
        events.push(Event::AuditOpened { miner, round: self.round, fragments, deadline });
        self.audits.insert(miner, audit);
    }

    fn target(&self, miner: &AccountId, start: u32, end: u32) -> Target {
        let mut hasher = blake3::Hasher::new_derive_key(domain::AUDIT_SEED);
        hasher.update(&self.randomness).update(&self.height.to_le_bytes()).update(&miner.0);
        hasher.update(&start.to_le_bytes()).update(&end.to_le_bytes());
        Target { start, end, seed: hasher.finalize().into(), proven: None }
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
                let (challenge, holding) = self.challenge(&by, audit, target)?;
                self.verify_proof(&challenge, &holding, bytes).is_ok()
            }
            None => false,
        };
        let Some(audit) = self.audits.get_mut(&by) else { return Ok(()) };
        audit.answered = true;
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
        holding: &Holding,
        proof: &[u8],
    ) -> Result<(), Error> {
        let samples = challenge.samples(holding).map_err(|_| Error::BadProof)?;
        // Points are decoded only for the keys that are hit, and only from a proof of their number.
        if proof.len() != Proof::encoded_len(samples.keys().len()) {
            return Err(Error::BadProof);
        }
        let proof = Proof::from_bytes(proof).map_err(|_| Error::BadProof)?;
        let record = |id: &KeyId| self.tag_keys.get(id.as_bytes());
        let parse = |id: &KeyId| PublicKey::from_bytes(&record(id)?.key).ok();
        let keys: BTreeMap<KeyId, PublicKey> =
            samples.keys().filter_map(|(id, _)| Some((*id, parse(id)?))).collect();
        cess_podr2::verify(challenge, holding, |id| keys.get(id), &proof)
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
        if !audit.answered {
            self.miss(miner, &audit, events);
            self.leave_if_empty(&miner, events);
            return;
        }
        let failed = audit.targets.iter().any(|t| t.proven != Some(true));
        if failed && !audit.narrowing {
            self.keep_sampled(&miner, &mut audit);
        }
        let mut parts = Vec::new();
        for target in core::mem::take(&mut audit.targets) {
            if target.proven == Some(true) {
                for info in fragments_of(&audit, &target) {
                    self.pass_fragment(&miner, &info.name());
                }
            } else if target.splits() {
                self.split(&miner, &audit, &target, &mut parts);
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

    /// Cuts a failed target into parts, each under a seed of its own.
    fn split(&self, miner: &AccountId, audit: &Audit, target: &Target, parts: &mut Vec<Target>) {
        let step = (target.end - target.start).div_ceil(FANOUT);
        let (mut start, mut blocks) = (target.start, 0u64);
        for (at, info) in (target.start..target.end).zip(fragments_of(audit, target)) {
            let added = info.fragment.blocks();
            let full = at - start >= step || blocks.saturating_add(added) > MAX_PART_BLOCKS;
            if at > start && full {
                parts.push(self.target(miner, start, at));
                (start, blocks) = (at, 0);
            }
            blocks = blocks.saturating_add(added);
        }
        parts.push(self.target(miner, start, target.end));
    }

    /// A failed first step is narrowed within the fragments that it sampled.
    fn keep_sampled(&self, miner: &AccountId, audit: &mut Audit) {
        let Some(mut target) = audit.targets.first().cloned() else { return };
        let Ok((challenge, holding)) = self.challenge(miner, audit, &target) else { return };
        let Ok(samples) = challenge.samples(&holding) else { return };
        let names: BTreeSet<[u8; 32]> = samples.map(|s| s.entry.name().to_bytes()).collect();
        audit.snapshot.retain(|info| names.contains(&info.name()));
        target.end = u32::try_from(audit.snapshot.len()).unwrap_or(target.end);
        audit.targets = [target].into();
    }

    fn conclude(&mut self, miner: AccountId, audit: &Audit, events: &mut Vec<Event>) {
        if let Some(miner) = self.miners.get_mut(&miner) {
            miner.misses = 0;
        }
        let mut bad = audit.bad.clone();
        bad.sort_unstable();
        let infos = bad.iter().filter_map(|&i| audit.snapshot.get(usize::try_from(i).ok()?));
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
        for info in &audit.snapshot {
            let name = info.name();
            if self.holds(&id, &name) {
                bytes = bytes.saturating_add(info.fragment_len());
                self.settle(&name, self.time, Payee::Owner);
                if let Some(record) = self.fragments.get_mut(&name) {
                    record.proven = false;
                }
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
        if miner.misses >= self.params.audit.max_misses {
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

    fn pass_fragment(&mut self, miner: &AccountId, name: &[u8; 32]) {
        let now = self.time;
        if !self.holds(miner, name) {
            return;
        }
        if let Some(record) = self.fragments.get_mut(name) {
            if record.status == FragmentStatus::Held {
                record.proven = true;
                self.settle(name, now, Payee::Miner);
            }
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
        self.held.remove(&(*miner, *name));
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

fn write_challenge<W: io::Write>(challenge: &Challenge, writer: &mut W) -> io::Result<()> {
    writer.write_all(&challenge.to_bytes())
}

fn read_challenge<R: io::Read>(reader: &mut R) -> io::Result<Challenge> {
    let bytes = <[u8; Challenge::LEN]>::deserialize_reader(reader)?;
    Challenge::from_bytes(&bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "challenge"))
}

fn fragments_of<'a>(audit: &'a Audit, target: &Target) -> &'a [FragmentInfo] {
    let index = |i: u32| usize::try_from(i).unwrap_or(usize::MAX);
    audit.snapshot.get(index(target.start)..index(target.end)).unwrap_or(&[])
}

pub(crate) fn holding_of(fragments: &[FragmentInfo]) -> Result<Holding, Error> {
    let entries = fragments.iter().map(|info| info.fragment.entry());
    Holding::from_entries(entries).map_err(|_| Error::BadProof)
}
