//! Audits: passed, failed and narrowed, admitted, missed; what others may not answer.

use std::collections::BTreeSet;

use cess_ledger::{
    Action, Error, Event, FileId, FragmentStatus, Manifest, MinerStatus, Sampling, Verdict,
};

use crate::world::{DAY, SECOND, TOKEN, Who, World, params};

fn collateral(world: &World, who: Who) -> u128 {
    world.state.miner(&who.id()).unwrap().collateral
}

#[test]
fn a_passed_audit_pays_the_time_since_the_last_settlement() {
    let mut world = World::new(3);
    let file = world.store(1000, 1);
    let fee = world.state.file(&file).unwrap().escrow;
    let start = world.state.file(&file).unwrap().terms[0].start;
    let (_, who) = world.names(file)[0];
    let before = world.balance(who);
    world.window();
    assert_eq!(world.answer(who), Verdict::Passed);
    let share = fee / 3 * u128::from(world.state.time() - start) / u128::from(10 * DAY);
    let paid = world.balance(who) - before;
    assert!(paid.abs_diff(share) <= 1 && paid > 0, "{paid} {share}");
    assert!(world.state.fragment(&world.names(file)[0].0).unwrap().proven);
}

#[test]
fn a_failed_holding_is_narrowed_to_exactly_the_bad_fragments() {
    let mut world = World::new(3);
    let who = Who::Miner(1);
    for salt in 0..40 {
        // Two blocks to a fragment.
        world.store(5000, salt);
    }
    let names: Vec<[u8; 32]> = world.state.holding(&who.id()).copied().collect();
    assert_eq!(names.len(), 40);
    let bad: BTreeSet<[u8; 32]> = [names[3], names[17], names[18], names[39]].into();
    world.rotten.extend(bad.iter().map(|name| (who.id(), *name)));
    let expected: BTreeSet<(FileId, u32)> = bad
        .iter()
        .map(|name| &world.state.fragment(name).unwrap().info)
        .map(|info| (info.file, info.index))
        .collect();
    let before = collateral(&world, who);
    let owner = world.balance(Who::Owner);
    let verdicts = world.audit_all();
    let Verdict::Failed { bad: got } = &verdicts[&who] else { panic!("{verdicts:?}") };
    assert_eq!(got.iter().copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!(got.len(), 4);
    assert_eq!(verdicts[&Who::Miner(0)], Verdict::Passed);
    assert_eq!(verdicts[&Who::Miner(2)], Verdict::Passed);
    for name in &names {
        let record = world.state.fragment(name).unwrap();
        let lost = bad.contains(name);
        assert_eq!(record.status == FragmentStatus::Lost, lost);
        assert_eq!(record.order.is_some(), lost);
        assert_eq!(record.proven, !lost);
    }
    let (fault, bounty) = (TOKEN / 1000, TOKEN / 1000);
    let cut = before - collateral(&world, who);
    assert!(cut >= 4 * (fault + bounty) && cut < 4 * (fault + bounty) + TOKEN / 1000, "{cut}");
    assert_eq!(world.status(1), MinerStatus::Frozen);
    assert!(world.balance(Who::Owner) > owner, "the fee of the lost fragments went back");
    let by_len = (TOKEN / 10 * 2560).div_ceil(1 << 30);
    assert!(world.state.orders().all(|(_, order)| order.bounty == bounty + by_len));
}

#[test]
fn a_sampled_audit_narrows_within_its_sample_and_catches_up_later() {
    let mut params = params();
    params.audit.sampling = Sampling::Window { windows: 4, samples: 459 };
    let mut world = World::with(3, params);
    for salt in 0..16 {
        world.store(5000, salt);
    }
    let who = Who::Miner(0);
    let names: Vec<[u8; 32]> = world.state.holding(&who.id()).copied().collect();
    let bad: BTreeSet<[u8; 32]> = names.iter().step_by(3).copied().collect();
    world.rotten.extend(bad.iter().map(|name| (who.id(), *name)));
    let mut found = BTreeSet::new();
    for _ in 0..40 {
        if let Some(Verdict::Failed { bad: named }) = world.audit_all().get(&who) {
            assert!(named.len() <= 4, "no more than a quarter is sampled");
            for (file, index) in named {
                let record = &world.state.file_fragments(file)[usize::try_from(*index).unwrap()];
                assert!(bad.contains(&record.info.name()));
                assert!(found.insert(record.info.name()));
            }
        }
    }
    assert_eq!(found, bad);
}

#[test]
fn an_admitted_loss_costs_the_admitted_fragments_alone() {
    let mut world = World::new(3);
    let files: Vec<FileId> = (0..5).map(|salt| world.store(1000, salt)).collect();
    let (name, who) = world.names(files[2])[1];
    world.wiped.insert((who.id(), name));
    let verdicts = world.audit_all();
    assert_eq!(verdicts[&who], Verdict::Failed { bad: vec![(files[2], 1)] });
    assert_eq!(world.state.miner(&who.id()).unwrap().misses, 0);
    assert_eq!(world.state.holding(&who.id()).count(), 4);
}

#[test]
fn what_stays_unanswered_while_narrowing_counts_as_bad() {
    let mut world = World::new(3);
    for salt in 0..5 {
        world.store(1000, salt);
    }
    let who = Who::Miner(0);
    world.window();
    let targets = world.state.audit_targets(&who.id());
    let round = targets[0].round;
    world.ok(who, Action::Answer { round, target: 0, proof: None });
    world.wait(SECOND);
    let targets = world.state.audit_targets(&who.id());
    assert_eq!(targets.len(), 5);
    let answer = world.answer_action(who.id(), &targets[4]);
    world.ok(who, answer);
    let wait = targets[4].deadline - world.state.time();
    let events = world.wait(wait);
    let named = events.iter().find_map(|event| match event {
        Event::AuditConcluded { miner, verdict: Verdict::Failed { bad }, .. }
            if *miner == who.id() =>
        {
            Some(bad.len())
        }
        _ => None,
    });
    assert_eq!(named, Some(4));
    assert_eq!(world.state.holding(&who.id()).count(), 1);
}

#[test]
fn the_parts_of_a_narrowed_audit_are_bounded_in_blocks() {
    let mut world = World::new(3);
    let geometry = world.profile.geometry();
    world.profile = cess_ledger::Profile::new(1, geometry, 64 << 20).unwrap();
    let deal = world.open(18 * (64 << 20), 10);
    // Nobody proves these, so any roots will do.
    let root = |i: u8, j: u8| blake3::hash(&[i, j]).into();
    let segments = (0..18u8).map(|i| cess_ledger::Segment {
        salt: [0; 16],
        root: [i; 32],
        fragments: (0..3u8).map(|j| root(i, j)).collect(),
    });
    let mut manifest = Manifest {
        version: Manifest::VERSION,
        profile: world.profile,
        visibility: cess_ledger::Visibility::Public,
        len: 18 * (64 << 20),
        salt: [0; 32],
        tag_key: world.key_id(Who::Owner),
        sectors: 64,
        commitment: [0; 32],
        segments: segments.collect(),
        sections: Vec::new(),
    };
    manifest.salt[0] = 1;
    let close = world.close_action(deal, &manifest, Who::Owner);
    world.ok(Who::Owner, close);
    world.report_all(deal, manifest.file_id());
    world.window();
    let who = Who::Miner(0);
    let round = world.state.audit(&who.id()).unwrap().round;
    world.ok(who, Action::Answer { round, target: 0, proof: None });
    world.wait(SECOND);
    // Sixteen parts of two would do, but two fragments have 33,826 blocks.
    let targets = world.state.audit_targets(&who.id());
    assert_eq!(targets.len(), 18);
    assert!(targets.iter().all(|t| t.challenge.total_blocks() == 16_913));
}

#[test]
fn a_failed_first_step_without_a_bad_fragment_costs_nothing() {
    let mut world = World::new(3);
    for salt in 0..5 {
        world.store(1000, salt);
    }
    let who = Who::Miner(0);
    world.window();
    let round = world.state.audit(&who.id()).unwrap().round;
    let before = collateral(&world, who);
    world.ok(who, Action::Answer { round, target: 0, proof: Some(vec![0; 128]) });
    assert!(world.state.wants_beacon());
    assert_eq!(world.answer(who), Verdict::Passed);
    assert_eq!(collateral(&world, who), before);
}

#[test]
fn missed_audits_refund_cut_and_at_last_put_the_miner_offline() {
    let mut params = params();
    params.collateral.miss_per_gib = 1000 * TOKEN;
    let mut world = World::with(4, params);
    let file = world.store(1000, 1);
    let (name, who) = world.names(file)[0];
    let others: Vec<Who> = world.names(file)[1..].iter().map(|(_, who)| *who).collect();
    world.audit_all();
    assert!(world.state.fragment(&name).unwrap().proven);
    let (before, owner) = (collateral(&world, who), world.balance(Who::Owner));
    for miss in 1..=3 {
        world.window();
        for other in &others {
            world.answer(*other);
        }
        let deadline = world.state.audit(&who.id()).unwrap().deadline;
        let events = world.wait(deadline - world.state.time());
        assert!(events.iter().any(|event| matches!(
            event,
            Event::AuditConcluded { miner, verdict: Verdict::Missed, .. } if *miner == who.id()
        )));
        assert!(!world.state.fragment(&name).unwrap().proven);
        if miss < 3 {
            assert_eq!(world.state.miner(&who.id()).unwrap().misses, miss);
            assert_eq!(world.state.fragment(&name).unwrap().status, FragmentStatus::Held);
        }
    }
    let Who::Miner(number) = who else { unreachable!() };
    assert_eq!(world.status(number), MinerStatus::Offline);
    assert!(collateral(&world, who) < before && world.balance(Who::Owner) > owner);
    let order = world.state.fragment(&name).unwrap().order.unwrap();
    world.window();
    assert!(world.state.audit(&who.id()).is_none(), "offline miners are not audited");
    let stranger = world.stranger(file);
    world.repair(order, stranger);
    world.ok(who, Action::Resume);
    assert_eq!(world.status(number), MinerStatus::Frozen);
    let refused = Error::MinerStatus { got: MinerStatus::Frozen };
    assert_eq!(world.call(who, Action::Resume), Err(refused));
}

#[test]
fn an_answer_sets_the_misses_back() {
    let mut world = World::new(3);
    let file = world.store(1000, 1);
    let (_, who) = world.names(file)[0];
    for _ in 0..3 {
        for _ in 0..2 {
            world.window();
            world.wait(world.state.params().audit.answer_ms);
        }
        assert_eq!(world.state.miner(&who.id()).unwrap().misses, 2);
        world.audit_all();
        assert_eq!(world.state.miner(&who.id()).unwrap().misses, 0);
    }
}

#[test]
fn a_proof_of_another_prover_round_or_target_fails() {
    let mut world = World::new(3);
    world.store(1000, 1);
    let file = world.store(1000, 2);
    let (_, who) = world.names(file)[0];
    let (_, other) = world.names(file)[1];
    world.window();
    let old = world.state.audit_targets(&who.id()).remove(0);
    let Action::Answer { proof: old_proof, .. } = world.answer_action(who.id(), &old) else {
        unreachable!()
    };
    let theirs = world.state.audit_targets(&other.id()).remove(0);
    let Action::Answer { proof: their_proof, .. } = world.answer_action(other.id(), &theirs) else {
        unreachable!()
    };
    let verdict = |mut world: World, proof: Option<Vec<u8>>| {
        let target = world.state.audit_targets(&who.id()).remove(0);
        world.ok(who, Action::Answer { round: target.round, target: 0, proof });
        world.state.audit(&who.id()).is_none()
    };
    let twin = |world: &World| World {
        state: world.state.clone(),
        profile: world.profile,
        miners: world.miners,
        secrets: Default::default(),
        proving: world.proving.clone(),
        data: world.data.clone(),
        wiped: Default::default(),
        rotten: Default::default(),
    };
    assert!(!verdict(twin(&world), their_proof));
    assert!(verdict(twin(&world), old_proof.clone()), "the right proof concludes the audit");
    for who in world.holders(file) {
        world.answer(world.who(&who));
    }
    world.window();
    assert!(!verdict(twin(&world), old_proof));
}

#[test]
fn only_what_is_asked_can_be_answered_and_only_in_time() {
    let mut world = World::new(3);
    let file = world.store(1000, 1);
    let (_, who) = world.names(file)[0];
    let answer = |round, target| Action::Answer { round, target, proof: None };
    assert_eq!(world.call(who, answer(1, 0)), Err(Error::NoSuchAudit { round: 1 }));
    world.window();
    let target = world.state.audit_targets(&who.id()).remove(0);
    let good = world.answer_action(who.id(), &target);
    let round = target.round;
    let refused = Error::NoSuchAudit { round: round + 1 };
    assert_eq!(world.call(who, answer(round + 1, 0)), Err(refused));
    assert_eq!(world.call(who, answer(round, 1)), Err(Error::NoSuchTarget { target: 1 }));
    assert_eq!(world.call(Who::Other, good.clone()), Err(Error::NoSuchAudit { round }));
    world.wait(target.deadline - world.state.time());
    assert_eq!(world.call(who, good), Err(Error::NoSuchAudit { round }));
}

#[test]
fn fragments_that_ended_since_the_snapshot_cost_their_miner_nothing() {
    let mut world = World::new(3);
    let file = world.store(1000, 1);
    world.audit_all();
    let end = world.state.file(&file).unwrap().ends_at().unwrap();
    let lead = end - world.state.time();
    // The next window falls shortly before the end, the answers' deadline behind it.
    world.wait(lead - SECOND);
    let who = Who::Miner(0);
    assert!(world.state.audit(&who.id()).is_some());
    let before = collateral(&world, who);
    world.wait(SECOND);
    assert!(world.state.file(&file).is_none());
    world.wait(world.state.params().audit.answer_ms);
    assert!(world.state.audit(&who.id()).is_none());
    let miner = world.state.miner(&who.id()).unwrap();
    assert_eq!((miner.collateral, miner.misses), (before, 0));
}

#[test]
fn rewards_count_what_a_staked_tagger_vouches_for_and_nothing_else() {
    let mut world = World::new(3);
    let owned = world.store(1000, 1);
    let tagged = world.store_under(1000, 2, Who::Tagger);
    let miner = Who::Miner(0);
    assert_eq!(world.state.reward_bytes(&miner.id()), 0, "nothing is proven yet");
    world.audit_all();
    assert_eq!(world.state.reward_bytes(&miner.id()), 512, "the tagger's, not the owner's");
    let (name, _) = world.names(tagged)[0];
    assert!(world.state.fragment(&name).unwrap().proven && world.state.file(&owned).is_some());

    // A staked tagger's own miner earns none for what it tagged itself, the others do.
    let stake = world.state.params().collateral.tagger_stake;
    world.tag_key(miner, stake);
    world.store_under(1000, 3, miner);
    world.audit_all();
    assert_eq!(world.state.reward_bytes(&miner.id()), 512);
    assert_eq!(world.state.reward_bytes(&Who::Miner(1).id()), 1024);
}

#[test]
fn a_staked_taggers_own_files_earn_no_rewards() {
    let mut world = World::new(3);
    let action = world.open_action(1000, 10);
    let deal = crate::world::opened(&world.ok(Who::Tagger, action));
    let manifest = world.manifest(1000, 1, Who::Tagger);
    let close = world.close_action(deal, &manifest, Who::Tagger);
    world.ok(Who::Tagger, close);
    world.report_all(deal, manifest.file_id());
    world.audit_all();
    assert_eq!(world.state.reward_bytes(&Who::Miner(0).id()), 0);
}

#[test]
fn an_owner_who_mines_and_forges_gains_nothing() {
    let mut world = World::new(2);
    world.miners = 3;
    // The owner is its own third miner.
    world.ok(Who::Owner, crate::world::register(crate::world::SPACE));
    let before = world.balance(Who::Owner);
    let deal = world.open(1000, 10);
    let manifest = world.manifest(1000, 1, Who::Owner);
    let close = world.close_action(deal, &manifest, Who::Owner);
    world.ok(Who::Owner, close);
    let file = manifest.file_id();
    for who in [Who::Owner, Who::Miner(0), Who::Miner(1)] {
        let report = world.report_action(deal, file, who.id());
        world.ok(who, report);
    }
    world.window();
    // With the key's secret any answer can be forged: here the honest one stands for it.
    assert_eq!(world.answer(Who::Owner), Verdict::Passed);
    assert_eq!(world.state.reward_bytes(&Who::Owner.id()), 0);
    assert!(world.balance(Who::Owner) < before);
}
