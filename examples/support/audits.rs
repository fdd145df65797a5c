//! A round of audits, and what the sampling policy would have seen of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use cess_client::{ChainExt, StorageNode};
use cess_ledger::{AccountId, Action, Amount, AuditTarget, Event, FileId, Verdict};
use cess_podr2::{Challenge, Drawn, Holding, detection};

pub use cess_podr2::Policy;

use crate::{Damage, Failure, Kind, Spawned, World};

/// What a round of audits found.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// Miners that were challenged.
    pub challenged: usize,
    /// Miners that passed.
    pub passed: usize,
    /// Miners that failed, with the fragments named.
    pub failed: BTreeMap<AccountId, BTreeSet<(FileId, u32)>>,
    /// Miners that answered nothing.
    pub missed: usize,
    /// Proofs that were made, and how many admissions that none could be.
    pub proofs: usize,
    /// See `proofs`.
    pub admitted: usize,
    /// Bytes of the proofs of the first step, each over a whole holding.
    pub proof_bytes: u64,
    /// Blocks that the first step asked for.
    pub blocks: u64,
    /// Fragments that the first step asked for.
    pub fragments: u64,
    /// Fragments of all holdings.
    pub held: u64,
    /// Bytes of the blocks asked for in the first step, at most.
    pub bytes: u64,
    /// Windows that passed in it, one but for [`audit_until_found`].
    pub windows: u64,
    /// Narrowing steps.
    pub narrowed: usize,
    /// Collateral cut.
    pub cut: Amount,
    /// Repair orders opened.
    pub orders: usize,
    /// How long it took.
    pub time: Duration,
    /// What the sampling policy would have asked.
    pub shadow: Shadow,
}

/// What the sampling policy would have asked in the same round, from the same beacon.
#[derive(Clone, Debug, Default)]
pub struct Shadow {
    /// Blocks it would have sampled.
    pub blocks: u64,
    /// Damaged nodes on which it would have hit a bad block.
    pub hit: BTreeSet<AccountId>,
}

/// Turns the clock on to the next window, lets every node answer, and follows the ledger until the
/// round is concluded.
///
/// # Errors
/// [`Failure`] when the chain is out of reach or refuses.
pub async fn audit_round(world: &World, damages: &[Damage]) -> Result<Round, Failure> {
    let begun = Instant::now();
    let before = world.chain.head().await?.height;
    let (window, answer_ms) =
        world.chain.with_state(|state| (state.next_window(), state.params().audit.answer_ms));
    world.turn_on(window)?;
    let mut round = Round { windows: 1, ..Round::default() };
    let mut first = true;
    loop {
        let mut asked = Vec::new();
        for (id, member) in &world.nodes {
            for target in world.chain.audit_targets(*id).await? {
                if first {
                    count_asked(&mut round, &target)?;
                    if target.challenge.policy() == Policy::Every {
                        look_over_the_shoulder(&mut round, id, &target, damages)?;
                    }
                }
                let node = member.node.clone();
                asked.push(tokio::spawn(async move {
                    let fragments: Vec<_> = target.fragments.iter().map(|i| i.fragment).collect();
                    let remote = Spawned(node.clone());
                    let proof = remote.prove(&target.challenge, &fragments).await.ok();
                    (node, target, proof)
                }));
            }
        }
        if asked.is_empty() {
            let open =
                world.chain.with_state(|s| world.nodes.keys().any(|id| s.audit(id).is_some()));
            if !open {
                break;
            }
            let now = world.chain.head().await?.time;
            world.turn_on(now + answer_ms)?;
            continue;
        }
        for task in asked {
            let (node, target, proof) =
                task.await.map_err(|error| Failure(format!("node failed: {error}")))?;
            match &proof {
                Some(proof) => {
                    round.proofs += 1;
                    round.proof_bytes += proof.len() as u64;
                }
                None => round.admitted += 1,
            }
            let proof = proof.map(|proof| proof.to_vec());
            let (round, target) = (target.round, target.target);
            world.chain.act(node.account(), Action::Answer { round, target, proof }).await?;
        }
        first = false;
    }
    let after = world.chain.head().await?.height;
    for height in before + 1..=after {
        for event in cess_client::Chain::events(&world.chain, height).await? {
            count(&mut round, event);
        }
    }
    round.time = begun.elapsed();
    Ok(round)
}

fn count(round: &mut Round, event: Event) {
    match event {
        Event::AuditOpened { fragments, .. } => {
            round.challenged += 1;
            round.held += u64::from(fragments);
        }
        Event::AuditNarrowed { .. } => round.narrowed += 1,
        Event::AuditConcluded { verdict: Verdict::Passed, .. } => round.passed += 1,
        Event::AuditConcluded { verdict: Verdict::Missed, .. } => round.missed += 1,
        Event::AuditConcluded { verdict: Verdict::Failed { bad }, miner, .. } => {
            round.failed.insert(miner, bad.into_iter().collect());
        }
        Event::Cut { amount, .. } => round.cut += amount,
        Event::RepairOpened { .. } => round.orders += 1,
        _ => {}
    }
}

/// Window after window until every damaged fragment is named; what all of them found together.
///
/// # Errors
/// [`Failure`] as for [`audit_round`], or when `most` windows did not find all.
pub async fn audit_until_found(
    world: &World,
    file: FileId,
    damages: &[Damage],
    most: u64,
) -> Result<Round, Failure> {
    let mut all = Round::default();
    let is_found = |all: &Round| {
        damages.iter().all(|damage| {
            all.failed.get(&damage.miner).is_some_and(|bad| bad.is_superset(&damage.named(file)))
        })
    };
    while !is_found(&all) {
        if all.windows == most {
            return Err(Failure(format!("{most} windows did not find all that is damaged")));
        }
        all.add(audit_round(world, damages).await?);
    }
    Ok(all)
}

impl Round {
    fn add(&mut self, next: Self) {
        self.challenged += next.challenged;
        self.passed += next.passed;
        for (miner, bad) in next.failed {
            self.failed.entry(miner).or_default().extend(bad);
        }
        self.missed += next.missed;
        self.proofs += next.proofs;
        self.admitted += next.admitted;
        self.proof_bytes += next.proof_bytes;
        self.blocks += next.blocks;
        self.fragments += next.fragments;
        self.held += next.held;
        self.bytes += next.bytes;
        self.windows += next.windows;
        self.narrowed += next.narrowed;
        self.cut += next.cut;
        self.orders += next.orders;
        self.time += next.time;
    }
}

fn count_asked(round: &mut Round, target: &AuditTarget) -> Result<(), Failure> {
    let refused = |error: cess_podr2::Error| Failure(error.to_string());
    let entries = target.fragments.iter().map(|info| info.fragment.entry());
    let drawn = Drawn::listed(&target.challenge, entries).map_err(refused)?;
    let lens: BTreeMap<_, _> =
        target.fragments.iter().map(|i| (i.fragment.name(), i.fragment)).collect();
    round.fragments += target.fragments.len() as u64;
    for sample in target.challenge.samples(&drawn).map_err(refused)? {
        round.blocks += 1;
        if let Some(fragment) = lens.get(&sample.entry.name()) {
            let size = fragment.sectors().block_bytes() as u64;
            round.bytes += size.min(fragment.len().saturating_sub(sample.block * size));
        }
    }
    Ok(())
}

/// What [`Policy::AUDIT`] would have sampled of the same holding from the same seed.
fn look_over_the_shoulder(
    round: &mut Round,
    miner: &AccountId,
    target: &AuditTarget,
    damages: &[Damage],
) -> Result<(), Failure> {
    let refused = |error: cess_podr2::Error| Failure(error.to_string());
    let entries = target.fragments.iter().map(|info| info.fragment.entry());
    let holding = Holding::from_entries(entries).map_err(refused)?;
    let asked = &target.challenge;
    let sampled =
        Challenge::new(*asked.audit(), &holding, Policy::AUDIT, asked.seed()).map_err(refused)?;
    let index: BTreeMap<_, _> =
        target.fragments.iter().map(|info| (info.fragment.name(), info.index)).collect();
    let damage = damages.iter().find(|damage| damage.miner == *miner);
    for sample in sampled.samples(&holding).map_err(refused)? {
        round.shadow.blocks += 1;
        let first_bad = damage.and_then(|d| {
            let from = *d.bad.get(index.get(&sample.entry.name())?)?;
            let spoilt = match d.kind {
                Kind::BitFlipped => sample.block == from,
                Kind::Wiped | Kind::Truncated => sample.block >= from,
            };
            spoilt.then_some(())
        });
        if first_bad.is_some() {
            round.shadow.hit.insert(*miner);
        }
    }
    Ok(())
}

impl Damage {
    /// The chance that [`Policy::AUDIT`] notices this damage in one window, and in a day of 24,
    /// for a holding of `fragments` fragments of `blocks` blocks each.
    pub fn chance(&self, fragments: u64, blocks: u64) -> (f64, f64) {
        // Whole holdings are lost at once: then any fragment drawn shows it.
        if self.kind == Kind::Wiped {
            return (1.0, 1.0);
        }
        let noticed = |windows: u64| {
            let lost = |from: &u64| match self.kind {
                Kind::BitFlipped => 1,
                Kind::Wiped | Kind::Truncated => blocks - from.min(&blocks),
            };
            let damage = |lost| detection::Damage { held: fragments, blocks, lost };
            let found = self.bad.values().map(lost).map(|lost| {
                detection::detection_windows(Policy::AUDIT, damage(lost), windows).unwrap_or(0)
            });
            f64::from(found.max().unwrap_or(0)) / f64::from(detection::BILLION)
        };
        (noticed(1), noticed(24))
    }
}
