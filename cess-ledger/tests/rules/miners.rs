//! Registration, freezing, exit with hand-over, return.

use cess_ledger::{Action, Error, MinerStatus, Verdict};

use crate::world::{FUNDS, SECOND, SPACE, TOKEN, Who, World, params, register};

#[test]
fn a_miner_locks_collateral_in_proportion_to_its_space() {
    let mut world = World::new(1);
    assert_eq!(world.state.miner(&Who::Miner(0).id()).unwrap().collateral, TOKEN);
    assert_eq!(world.call(Who::Miner(0), register(1)), Err(Error::MinerExists));
    world.ok(Who::Other, register(5 * SPACE / 2));
    assert_eq!(world.balance(Who::Other), FUNDS - 5 * TOKEN / 2);
    let needed = 20_000 * TOKEN;
    let refused = Error::InsufficientFunds { needed, available: FUNDS };
    assert_eq!(world.call(Who::Owner, register(20_000 * SPACE)), Err(refused));
    let long = Action::RegisterMiner { capacity: 1, endpoint: vec![0; 1025] };
    let refused = Error::TooLong { what: "endpoint", max: 1024, got: 1025 };
    assert_eq!(world.call(Who::Owner, long), Err(refused));
}

#[test]
fn an_empty_miner_leaves_at_once_with_its_collateral_and_may_come_back() {
    let mut world = World::new(1);
    let who = Who::Miner(0);
    world.ok(who, Action::Exit);
    assert_eq!((world.status(0), world.balance(who)), (MinerStatus::Gone, FUNDS));
    let gone = Err(Error::MinerStatus { got: MinerStatus::Gone });
    assert_eq!(world.call(who, Action::Exit), gone);
    assert_eq!(world.call(who, Action::TopUp { amount: 1 }), gone);
    assert_eq!(world.call(who, Action::Resume), gone);
    world.ok(who, register(SPACE));
    assert_eq!(world.status(0), MinerStatus::Active);
}

#[test]
fn an_exit_hands_every_fragment_over_and_then_returns_the_rest() {
    let mut world = World::new(5);
    let file = world.store(150_000, 1);
    world.audit_all();
    let (_, who) = world.names(file)[0];
    let mine: Vec<_> = world.state.holding(&who.id()).copied().collect();
    world.ok(who, Action::Exit);
    assert_eq!(world.status_name(who), MinerStatus::Exiting);
    for (at, name) in mine.iter().enumerate() {
        let record = world.state.fragment(name).unwrap().clone();
        assert_eq!(record.miner, who.id(), "responsible until it is taken over");
        let order = record.order.unwrap();
        let segment = usize::try_from(record.info.index / 3).unwrap();
        let mates = &world.names(file)[3 * segment..3 * segment + 3];
        let mates: Vec<Who> = mates.iter().map(|(_, who)| *who).collect();
        let taker = (0..5).map(Who::Miner).find(|who| !mates.contains(who)).unwrap();
        world.repair(order, taker);
        let left = if at + 1 == mine.len() { MinerStatus::Gone } else { MinerStatus::Exiting };
        assert_eq!(world.status_name(who), left);
    }
    let bounties = u128::try_from(mine.len()).unwrap() * (TOKEN / 1000);
    let miner = world.state.miner(&who.id()).unwrap();
    assert_eq!((miner.collateral, miner.used), (0, 0));
    assert!(world.balance(who) >= FUNDS - bounties - TOKEN / 100);
    assert!(world.audit_all().values().all(|v| *v == Verdict::Passed));
}

#[test]
fn a_leaving_miner_is_audited_and_a_hand_over_during_an_audit_fails_nobody() {
    let mut world = World::new(4);
    let file = world.store(1000, 1);
    let (name, who) = world.names(file)[0];
    world.ok(who, Action::Exit);
    world.window();
    assert!(world.state.audit(&who.id()).is_some());
    let order = world.state.fragment(&name).unwrap().order.unwrap();
    let taker = world.stranger(file);
    let before = world.state.miner(&who.id()).unwrap().collateral;
    world.repair(order, taker);
    assert_eq!(world.status_name(who), MinerStatus::Exiting, "its audit is open");
    world.wiped.insert((who.id(), name));
    assert_eq!(world.answer(who), Verdict::Passed);
    assert_eq!(world.status_name(who), MinerStatus::Gone);
    assert!(world.balance(who) >= FUNDS - TOKEN + before);
}

#[test]
fn a_hand_over_pays_who_leaves_for_what_was_proven_and_the_owner_for_the_rest() {
    for proven in [false, true] {
        let mut world = World::new(4);
        let file = world.store(1000, 1);
        let (name, who) = world.names(file)[0];
        if proven {
            world.audit_all();
        }
        world.ok(who, Action::Exit);
        let order = world.state.fragment(&name).unwrap().order.unwrap();
        let taker = world.stranger(file);
        world.ok(taker, Action::ClaimRepair { order });
        world.wait(1800 * SECOND);
        let locked = world.state.miner(&who.id()).unwrap().collateral;
        let (miner, owner) = (world.balance(who), world.balance(Who::Owner));
        let proof = world.repair_proof(order);
        world.ok(taker, Action::CompleteRepair { order, proof });
        assert_eq!(world.status_name(who), MinerStatus::Gone);
        assert_eq!(world.balance(who) > miner + locked, proven);
        assert_eq!(world.balance(Who::Owner) > owner, !proven);
    }
}

#[test]
fn an_audit_pays_nobody_for_a_fragment_that_changed_hands_since_its_snapshot() {
    let mut world = World::new(4);
    let file = world.store(1000, 1);
    let (name, who) = world.names(file)[0];
    world.ok(who, Action::Exit);
    world.window();
    let order = world.state.fragment(&name).unwrap().order.unwrap();
    let taker = world.stranger(file);
    world.repair(order, taker);
    let paid = world.balance(taker);
    world.wait(600 * SECOND);
    assert_eq!(world.answer(who), Verdict::Passed);
    assert_eq!(world.balance(taker), paid);
    world.audit_all();
    assert!(world.balance(taker) > paid, "its own audit pays it");
}

#[test]
fn reports_of_a_leaving_miner_go_on_order_at_once() {
    let mut world = World::new(4);
    let (deal, file) = world.close(1000, 1);
    let (name, who) = world.names(file)[0];
    world.ok(who, Action::Exit);
    assert_eq!(world.status_name(who), MinerStatus::Exiting);
    world.report_all(deal, file);
    let order = world.state.fragment(&name).unwrap().order.unwrap();
    let taker = world.stranger(file);
    world.repair(order, taker);
    assert_eq!(world.status_name(who), MinerStatus::Gone);
}

#[test]
fn a_miner_that_leaves_without_reporting_is_free_when_the_deal_expires() {
    let mut world = World::new(3);
    let (deal, file) = world.close(1000, 1);
    world.ok(Who::Miner(0), Action::Exit);
    assert_eq!(world.status(0), MinerStatus::Exiting);
    world.wait(world.state.deal(deal).unwrap().deadline - world.state.time());
    assert_eq!(world.status(0), MinerStatus::Gone);
    assert_eq!(world.balance(Who::Miner(0)), FUNDS);
    assert!(world.state.file(&file).is_none());
}

#[test]
fn a_frozen_miner_takes_nothing_new_until_it_tops_up() {
    let mut world = World::new(3);
    let file = world.store(1000, 1);
    let (name, who) = world.names(file)[0];
    world.lose(name, who);
    assert_eq!(world.status_name(who), MinerStatus::Frozen);
    let open = world.open_action(1000, 10);
    let refused = Error::NotEnoughNodes { needed: 3, available: 2 };
    assert_eq!(world.call(Who::Owner, open), Err(refused));
    world.ok(who, Action::TopUp { amount: 1 });
    assert_eq!(world.status_name(who), MinerStatus::Frozen);
    let short = Error::InsufficientFunds { needed: 2 * FUNDS, available: world.balance(who) };
    assert_eq!(world.call(who, Action::TopUp { amount: 2 * FUNDS }), Err(short));
    world.ok(who, Action::TopUp { amount: TOKEN / 100 });
    assert_eq!(world.status_name(who), MinerStatus::Active);
    world.store(1000, 2);
}

#[test]
fn an_offline_miner_reports_nothing_until_it_resumes() {
    let mut params = params();
    params.audit.max_misses = 1;
    params.collateral.fault_flat = 0;
    params.collateral.fault_per_gib = 0;
    params.collateral.miss_per_gib = 0;
    params.repair.bounty_flat = 0;
    params.repair.bounty_per_gib = 0;
    let mut world = World::with(3, params);
    world.store(1000, 1);
    world.window();
    let (deal, file) = world.close(1000, 2);
    for who in [Who::Miner(1), Who::Miner(2)] {
        world.answer(who);
    }
    world.wait(world.state.params().audit.answer_ms);
    assert_eq!(world.status(0), MinerStatus::Offline);
    assert_eq!(world.state.holding(&Who::Miner(0).id()).count(), 1, "the awaited one");
    let report = world.report_action(deal, file, Who::Miner(0).id());
    let refused = Error::MinerStatus { got: MinerStatus::Offline };
    assert_eq!(world.call(Who::Miner(0), report), Err(refused));
    world.ok(Who::Miner(0), Action::Resume);
    assert_eq!(world.status(0), MinerStatus::Active);
    world.report_all(deal, file);
    world.wait(SECOND);
}
