//! Random calls over a small world, valid and not, with leaps in time: the invariants hold after
//! every block, a refused call equals no call, and the same blocks give the same bytes.

use cess_ledger::{
    Action, Block, DealStatus, FragmentStatus, OrderId, Outcome, State, apply, repair_challenge,
};
use proptest::{collection::vec, prelude::*};

use crate::world::{DAY, SECOND, TOKEN, Who, World, params, register};

#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    who: u8,
    pick: u8,
    leap: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..40u8, any::<u8>(), any::<u8>(), 0..40u8);
    vec(step.prop_map(|(kind, who, pick, leap)| Step { kind, who, pick, leap }), 80..140)
}

fn leap(world: &World, step: Step) -> u64 {
    match step.leap {
        0..33 => SECOND,
        33..36 => world.state.next_window() - world.state.time(),
        36 => 900 * SECOND,
        37 => 3600 * SECOND,
        38 if step.pick < 100 => DAY,
        39 if step.pick < 80 => 11 * DAY,
        _ => 0,
    }
}

/// What the step asks for; none when there is nothing to ask it of.
fn action(world: &mut World, step: Step) -> Option<(Who, Action)> {
    let miner = Who::Miner(step.who % world.miners);
    let anybody = [Who::Owner, Who::Other, Who::Tagger, miner][usize::from(step.pick % 4)];
    let pick = |count: usize| (count > 0).then(|| usize::from(step.pick) % count.max(1));
    let deals: Vec<_> = (0..200)
        .map(cess_ledger::DealId)
        .map_while(|id| world.state.deal(id).map(|deal| (id, deal.clone())))
        .collect();
    let orders: Vec<OrderId> = world.state.orders().map(|(id, _)| id).collect();
    Some(match step.kind {
        0 => (anybody, Action::Transfer { to: miner.id(), amount: u128::from(step.pick) * TOKEN }),
        1 => (anybody, register(u64::from(step.pick) << 20)),
        2 => (miner, Action::TopUp { amount: TOKEN / 50 }),
        3 => (miner, Action::Resume),
        4 if step.pick < 60 => (miner, Action::Exit),
        5..7 => {
            let len = [500, 5000, 70_000][usize::from(step.pick % 3)];
            (Who::Owner, world.open_action(len, 1 + u64::from(step.who % 3)))
        }
        7..11 => {
            let opened = |d: &cess_ledger::Deal| d.status == DealStatus::Opened && d.seed.is_some();
            let (id, deal) = deals.iter().rev().find(|(_, deal)| opened(deal))?;
            let tagger = if step.pick.is_multiple_of(2) { Who::Owner } else { Who::Tagger };
            // A few salts only: some files come again, live or ended.
            let manifest = world.manifest(deal.max_len, step.who % 8, tagger);
            let holder = if step.who == 0 { Who::Other } else { tagger };
            (Who::Owner, world.close_action(*id, &manifest, holder))
        }
        11..17 => {
            let mut closed = deals.iter().rev().filter_map(|(id, deal)| match deal.status {
                DealStatus::Closed { file, .. } => Some((*id, file)),
                _ => None,
            });
            let (id, file) = closed.next()?;
            let awaited = world.state.file_fragments(&file).into_iter().find(|record| {
                record.status == FragmentStatus::Awaiting && !step.pick.is_multiple_of(8)
            });
            let who = awaited.map_or(miner, |record| world.who(&record.miner));
            (who, world.report_action(id, file, who.id()))
        }
        17..27 => {
            let asked = (0..world.miners).map(Who::Miner);
            let asked: Vec<Who> =
                asked.filter(|who| !world.state.audit_targets(&who.id()).is_empty()).collect();
            let who = asked[pick(asked.len())?];
            let target = world.state.audit_targets(&who.id()).swap_remove(0);
            let mut answer = world.answer_action(who.id(), &target);
            if let (Action::Answer { proof, .. }, 0..40) = (&mut answer, step.who) {
                *proof = (step.who < 20).then(|| vec![step.pick; 128]);
            }
            (who, answer)
        }
        27..31 => (miner, Action::ClaimRepair { order: orders[pick(orders.len())?] }),
        31..34 => {
            let (order, record) = world.state.orders().find(|(_, order)| order.claim.is_some())?;
            let by = world.who(&record.claim.as_ref()?.by);
            let proof = match repair_challenge(&crate::world::CHAIN, order, record) {
                Ok((challenge, _)) => {
                    let fragments = std::slice::from_ref(&record.info);
                    world.prove(by.id(), &challenge, fragments).unwrap_or_default()
                }
                Err(_) => vec![0; 128],
            };
            (by, Action::CompleteRepair { order, proof })
        }
        _ => {
            let name = *world.state.holding(&miner.id()).next()?;
            if step.pick.is_multiple_of(3) {
                world.wiped.insert((miner.id(), name));
            } else {
                world.rotten.insert((miner.id(), name));
            }
            let key = world.key_id(Who::Tagger);
            (anybody, Action::RetireTagKey { key })
        }
    })
}

/// Runs the steps and returns the blocks with the final state.
fn run(steps: &[Step]) -> (State, Vec<Block>, World) {
    let mut params = params();
    params.audit.max_misses = 2;
    params.audit.sampling = cess_ledger::Sampling::Window { windows: 2, samples: 3 };
    let mut world = World::with(5, params);
    for (salt, tagger) in [(0, Who::Owner), (1, Who::Tagger), (2, Who::Owner)] {
        world.store_under([5000, 500, 70_000][usize::from(salt)], salt, tagger);
    }
    let genesis = world.state.clone();
    let mut blocks = Vec::new();
    for step in steps {
        let Some((who, action)) = action(&mut world, *step) else { continue };
        let call = world.sign(who, action);
        let after = leap(&world, *step);
        blocks.push(world.next(after, vec![call.clone()]));
        let _accepted = world.submit(after, call);
    }
    (genesis, blocks, world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_keep_the_invariants_and_the_same_blocks_give_the_same_bytes(steps in steps()) {
        let (mut state, blocks, world) = run(&steps);
        for block in &blocks {
            apply(&mut state, block).unwrap();
        }
        prop_assert_eq!(borsh::to_vec(&state).unwrap(), borsh::to_vec(&world.state).unwrap());
    }
}

/// A property over calls that are all refused would hold of anything.
#[test]
fn the_random_calls_reach_every_kind_of_event_of_deals_audits_and_repairs() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..16 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (mut state, blocks, _) = run(&steps);
        for block in &blocks {
            let Outcome { begin, results } = apply(&mut state, block).unwrap();
            for event in begin.into_iter().chain(results.into_iter().flatten().flatten()) {
                let text = format!("{event:?}");
                let kind = text.split([' ', '{']).next().unwrap();
                *kinds.entry(kind.to_owned()).or_default() += 1;
            }
        }
    }
    let all = [
        "AuditConcluded",
        "AuditNarrowed",
        "AuditOpened",
        "Cut",
        "DealActive",
        "DealClosed",
        "DealExpired",
        "DealExtended",
        "DealOpened",
        "DealSeeded",
        "FileEnded",
        "MinerChanged",
        "RepairClaimed",
        "RepairCompleted",
        "RepairOpened",
        "RepairReopened",
        "RepairSeeded",
        "Reported",
        "Transferred",
    ];
    let missing: Vec<_> = all.iter().filter(|kind| !kinds.contains_key(**kind)).collect();
    assert!(missing.is_empty(), "{missing:?} {kinds:?}");
}
