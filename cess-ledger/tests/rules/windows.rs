//! The window policy: what is drawn, what a missed window leaves open, and how soon a loss is found.

use std::collections::BTreeSet;

use cess_ledger::{Event, FileId, FragmentStatus, Sampling, Verdict};

use crate::world::{SECOND, Who, World, params};

/// The params of a network whose windows draw a quarter of a holding each.
fn quarters() -> cess_ledger::Params {
    let mut params = params();
    params.audit.sampling = Sampling::Window { windows: 4, samples: 459 };
    params
}

fn open_miss(world: &mut World, who: Who) -> BTreeSet<[u8; 32]> {
    world.window();
    let asked = world.state.audit_targets(&who.id());
    let names = asked.iter().flat_map(|target| &target.fragments).map(|info| info.name()).collect();
    world.wait(asked[0].deadline - world.state.time());
    names
}

#[test]
fn a_window_draws_its_share_and_a_prover_needs_no_more_than_that() {
    let mut world = World::with(3, quarters());
    for salt in 0..10 {
        world.store(5000, salt);
    }
    let who = Who::Miner(0);
    let held = world.state.challenged(&who.id()).unwrap().clone();
    assert_eq!(held.len(), 10);
    let mut drawn = BTreeSet::new();
    for _ in 0..30 {
        world.window();
        let targets = world.state.audit_targets(&who.id());
        assert_eq!(targets.len(), 1);
        let challenge = &targets[0].challenge;
        assert_eq!((challenge.holding_root(), challenge.fragments()), (held.root(), 10));
        let entries: Vec<_> = targets[0].fragments.iter().map(|i| i.fragment.entry()).collect();
        assert_eq!(held.draw(challenge).unwrap().entries(), entries);
        assert_eq!(entries.len(), 3);
        drawn.extend(entries.iter().map(|entry| entry.name()));
        assert_eq!(world.answer(who), Verdict::Passed);
        assert!(world.state.holding(&who.id()).all(|n| world.state.fragment(n).unwrap().proven));
    }
    assert_eq!(drawn.len(), 10);
}

#[test]
fn what_a_missed_window_asked_is_asked_again() {
    let mut world = World::with(3, quarters());
    for salt in 0..12 {
        world.store(5000, salt);
    }
    let who = Who::Miner(0);
    let missed = open_miss(&mut world, who);
    assert_eq!(missed.len(), 3);
    assert!(world.state.owed(&who.id()).copied().eq(missed.iter().copied()));

    let events = world.window();
    let targets = world.state.audit_targets(&who.id());
    let asked: BTreeSet<[u8; 32]> =
        targets.iter().flat_map(|target| &target.fragments).map(|info| info.name()).collect();
    assert!(asked.is_superset(&missed));
    let again = u32::try_from(asked.len() - 3).unwrap();
    assert!(events.iter().any(|event| matches!(
        event,
        Event::AuditOpened { miner, fragments: 12, drawn: 3, again: got, .. }
            if *miner == who.id() && *got == again
    )));
    // Each under a challenge of its own, over a holding of its own.
    assert_eq!(targets.len(), 1 + usize::from(again > 0));
    assert_eq!(world.answer(who), Verdict::Passed);
    assert_eq!(world.state.owed(&who.id()).count(), 0);
    world.window();
    assert_eq!(world.state.audit_targets(&who.id()).len(), 1);
}

#[test]
fn a_miner_that_is_silent_when_a_lost_fragment_is_asked_does_not_get_past_it() {
    // With misses that cost nothing and never put it offline, it would be silent for ever.
    let mut params = quarters();
    params.audit.max_misses = u32::MAX;
    params.collateral.miss_per_gib = 0;
    let mut world = World::with(3, params);
    let files: Vec<FileId> = (0..12).map(|salt| world.store(5000, salt)).collect();
    let who = Who::Miner(0);
    let (name, index) = world
        .state
        .file_fragments(&files[5])
        .into_iter()
        .find(|record| record.miner == who.id())
        .map(|record| (record.info.name(), record.info.index))
        .unwrap();
    world.wiped.insert((who.id(), name));
    let asks_for_it = |world: &World| {
        let targets = world.state.audit_targets(&who.id());
        targets.iter().any(|target| target.fragments.iter().any(|info| info.name() == name))
    };
    let (mut passed, mut silent) = (0, 0);
    for _ in 0..40 {
        world.window();
        if asks_for_it(&world) {
            silent += 1;
            let deadline = world.state.audit(&who.id()).unwrap().deadline;
            world.wait(deadline - world.state.time());
            assert!(world.state.owed(&who.id()).any(|owed| *owed == name));
        } else {
            assert_eq!(silent, 0, "once missed, it is asked in every window");
            assert_eq!(world.answer(who), Verdict::Passed);
            passed += 1;
        }
    }
    assert!(passed > 0 && silent > 20, "{passed} {silent}");
    // Any answer names it: the other targets alone don't do.
    world.window();
    let other = world
        .state
        .audit_targets(&who.id())
        .into_iter()
        .find(|target| target.fragments.iter().all(|info| info.name() != name));
    if let Some(other) = other {
        let action = world.answer_action(who.id(), &other);
        world.ok(who, action);
        let deadline = world.state.audit(&who.id()).unwrap().deadline;
        world.wait(deadline - world.state.time());
        world.wait(SECOND);
    }
    let verdict =
        if world.state.audit(&who.id()).is_some() { world.answer(who) } else { Verdict::Missed };
    assert_eq!(verdict, Verdict::Failed { bad: vec![(files[5], index)] });
    assert_eq!(world.state.owed(&who.id()).count(), 0);
}

#[test]
fn a_passed_draw_pays_for_nothing_that_failed_beside_it() {
    let mut world = World::with(3, quarters());
    for salt in 0..12 {
        world.store(5000, salt);
    }
    let who = Who::Miner(0);
    loop {
        // Until a window draws none of what the one before missed.
        let missed = open_miss(&mut world, who);
        world.window();
        let targets = world.state.audit_targets(&who.id());
        if targets.len() < 2 || targets[1].fragments.len() < missed.len() {
            assert_eq!(world.answer(who), Verdict::Passed);
            continue;
        }
        let bad = targets[1].fragments[0].clone();
        world.wiped.insert((who.id(), bad.name()));
        let before = world.state.fragment(&bad.name()).unwrap().clone();
        let owner = world.balance(Who::Owner);
        let first = world.answer_action(who.id(), &targets[0]);
        world.ok(who, first);
        assert_eq!(world.answer(who), Verdict::Failed { bad: vec![(bad.file, bad.index)] });
        assert!(!before.proven);
        // Its fee since the miss went back, not since the draw beside it passed.
        let term = world.state.file(&bad.file).unwrap().terms[0];
        let elapsed = u128::from(world.state.time() - before.settled_at);
        let due = term.fee / 3 * elapsed / u128::from(term.end - term.start);
        let got = world.balance(Who::Owner) - owner;
        assert!(due > 0 && got.abs_diff(due) <= 1, "{got} {due}");
        for name in world.state.holding(&who.id()) {
            assert!(world.state.fragment(name).unwrap().proven);
        }
        assert_eq!(world.state.fragment(&bad.name()).unwrap().status, FragmentStatus::Lost);
        break;
    }
}

#[test]
fn a_decoded_state_knows_the_holdings_again() {
    let mut world = World::with(3, quarters());
    for salt in 0..4 {
        world.store(5000, salt);
    }
    open_miss(&mut world, Who::Miner(0));
    world.window();
    let bytes = borsh::to_vec(&world.state).unwrap();
    let decoded: cess_ledger::State = borsh::from_slice(&bytes).unwrap();
    assert_eq!(decoded, world.state);
    let who = Who::Miner(0).id();
    assert_eq!(decoded.challenged(&who), world.state.challenged(&who));
    assert_eq!(decoded.challenged(&who).unwrap().len(), 4);
    assert_eq!(decoded.check_invariants(), Ok(()));
}

#[test]
fn dropped_fragments_are_found_as_fast_as_the_formula_says() {
    // Of F fragments a window draws ceil(F/4), so a dropped one is found after F/ceil(F/4) windows in
    // the mean, with variance (1 - p)/p^2. What is found leaves the holding.
    let mut world = World::with(3, quarters());
    for salt in 0..24 {
        world.store(1000, salt);
    }
    let who = Who::Miner(0);
    let (mut measured, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for round in 0..20 {
        let names: Vec<[u8; 32]> = world.state.holding(&who.id()).copied().collect();
        let name = names[round * 7 % names.len()];
        world.wiped.insert((who.id(), name));
        while world.state.fragment(&name).unwrap().status == FragmentStatus::Held {
            world.window();
            world.answer(who);
            measured += 1.0;
        }
        let p = names.len().div_ceil(4) as f64 / names.len() as f64;
        expected += 1.0 / p;
        variance += (1.0 - p) / (p * p);
    }
    assert!((measured - expected).abs() < 4.0 * f64::sqrt(variance), "{measured} {expected}");
}
