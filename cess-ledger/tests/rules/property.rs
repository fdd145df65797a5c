//! Random calls over a small world, valid and not, with leaps in time: the invariants hold after
//! every block, a refused call equals no call, and the same blocks give the same bytes.

use cess_ledger::{Action, Block, DealStatus, OrderId, State, apply, repair_challenge};
use proptest::{collection::vec, prelude::*};

use crate::world::{DAY, SECOND, START, TOKEN, Who, World, params, register};

#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    who: u8,
    pick: u8,
    leap: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..24u8, any::<u8>(), any::<u8>(), 0..24u8);
    vec(step.prop_map(|(kind, who, pick, leap)| Step { kind, who, pick, leap }), 60..120)
}

fn leap(step: Step) -> u64 {
    match step.leap {
        0..16 => SECOND,
        16..19 => 900 * SECOND,
        19..22 => 3600 * SECOND,
        22 => DAY,
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
        4 if step.pick < 100 => (miner, Action::Exit),
        5..8 => {
            (Who::Owner, world.open_action(u64::from(step.pick) * 500, 1 + u64::from(step.who % 3)))
        }
        8..12 => {
            let opened = |d: &cess_ledger::Deal| d.status == DealStatus::Opened && d.seed.is_some();
            let (id, deal) = deals.iter().rev().find(|(_, deal)| opened(deal))?;
            let tagger = if step.pick % 2 == 0 { Who::Owner } else { Who::Tagger };
            // A few salts only: some files come again, live or ended.
            let manifest = world.manifest(deal.max_len, step.who % 8, tagger);
            let holder = if step.who == 0 { Who::Other } else { tagger };
            (Who::Owner, world.close_action(*id, &manifest, holder))
        }
        12..16 => {
            let mut closed = deals.iter().rev().filter_map(|(id, deal)| match deal.status {
                DealStatus::Closed { file, .. } => Some((*id, file)),
                _ => None,
            });
            let (id, file) = closed.next()?;
            (miner, world.report_action(id, file, miner.id()))
        }
        16..19 => {
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
        19 | 20 => (miner, Action::ClaimRepair { order: orders[pick(orders.len())?] }),
        21 | 22 => {
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
            if step.pick % 3 == 0 {
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
fn run(steps: &[Step]) -> (State, Vec<Block>, World, usize) {
    let mut params = params();
    params.audit.max_misses = 2;
    params.audit.sampling = cess_ledger::Sampling::Window { windows: 2, samples: 3 };
    let mut world = World::with(5, params);
    let genesis = world.state.clone();
    let (mut blocks, mut accepted) = (Vec::new(), 0);
    for step in steps {
        let Some((who, action)) = action(&mut world, *step) else { continue };
        let call = world.sign(who, action);
        blocks.push(world.next(leap(*step), vec![call.clone()]));
        accepted += usize::from(world.submit(leap(*step), call).is_ok());
    }
    (genesis, blocks, world, accepted)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_keep_the_invariants_and_the_same_blocks_give_the_same_bytes(steps in steps()) {
        let (mut state, blocks, world, accepted) = run(&steps);
        for block in &blocks {
            apply(&mut state, block).unwrap();
        }
        prop_assert_eq!(borsh::to_vec(&state).unwrap(), borsh::to_vec(&world.state).unwrap());
        prop_assert!(accepted > 0 && state.time() >= START);
    }
}
