//! Repairs: order, claim, challenge of the next block, possession proof, pay.

use cess_ledger::{
    Action, Error, Event, FileId, FragmentStatus, MinerStatus, OrderId, Verdict, repair_challenge,
};

use crate::world::{CHAIN, SECOND, TOKEN, Who, World};

/// A file with one fragment lost: the order, who lost it, and a miner that may claim it.
fn broken(miners: u8) -> (World, FileId, OrderId, Who, Who) {
    let mut world = World::new(miners);
    let file = world.store(1000, 1);
    let (name, from) = world.names(file)[0];
    let order = world.lose(name, from);
    let free = world.stranger(file);
    (world, file, order, from, free)
}

#[test]
fn a_proven_repair_is_paid_from_the_collateral_of_who_lost_it() {
    let (mut world, file, order, from, by) = broken(4);
    let bounty = world.state.order(order).unwrap().bounty;
    let lost = world.state.miner(&from.id()).unwrap().collateral;
    assert!(bounty >= TOKEN / 1000 && lost <= TOKEN - 2 * (TOKEN / 1000));
    let before = world.balance(by);
    let events = world.repair(order, by);
    assert!(events.contains(&Event::RepairCompleted { order, by: by.id(), bounty }));
    assert_eq!(world.balance(by), before + bounty);
    let record = world.state.file_fragments(&file).remove(0);
    assert_eq!((record.miner, record.status), (by.id(), FragmentStatus::Held));
    assert!(record.proven && record.order.is_none());
    assert!(world.audit_all().values().all(|v| *v == Verdict::Passed));
}

#[test]
fn a_proof_waits_for_the_block_after_the_claim() {
    let (mut world, _, order, _, by) = broken(4);
    let complete = |proof| Action::CompleteRepair { order, proof };
    let unclaimed = world.state.order(order).unwrap().clone();
    let refused = repair_challenge(&CHAIN, order, &unclaimed).unwrap_err();
    assert_eq!(refused, Error::OrderClaimed { by: None });
    world.ok(by, Action::ClaimRepair { order });
    let early = world.state.order(order).unwrap().clone();
    assert_eq!(repair_challenge(&CHAIN, order, &early).unwrap_err(), Error::NoBeaconYet);
    assert!(world.state.wants_beacon());
    assert_eq!(world.call(by, complete(vec![0; 128])), Err(Error::BadProof));
    let proof = world.repair_proof(order);
    let mut bad = proof.clone();
    bad[127] ^= 1;
    assert_eq!(world.call(by, complete(bad)), Err(Error::BadProof));
    assert!(world.call(by, complete(proof.clone())).is_ok());
    assert_eq!(world.call(by, complete(proof)), Err(Error::NoSuchOrder(order)));
}

#[test]
fn a_repair_without_the_data_is_not_paid() {
    let (mut world, file, order, _, by) = broken(4);
    let (name, _) = world.names(file)[0];
    world.rotten.insert((by.id(), name));
    let before = world.balance(by);
    world.ok(by, Action::ClaimRepair { order });
    world.wait(SECOND);
    let proof = world.repair_proof(order);
    let complete = Action::CompleteRepair { order, proof };
    assert_eq!(world.call(by, complete), Err(Error::BadProof));
    assert_eq!(world.balance(by), before);
}

#[test]
fn only_the_claimer_completes_and_only_an_active_miner_with_room_claims() {
    let (mut world, _, order, _, by) = broken(6);
    let other = (0..6).map(Who::Miner).rev().find(|who| {
        *who != by && world.state.holding(&who.id()).count() == 0 && world.status_of(*who)
    });
    let other = other.unwrap();
    let claim = Action::ClaimRepair { order };
    let outsider = Error::NoSuchMiner(Who::Owner.id());
    assert_eq!(world.call(Who::Owner, claim.clone()), Err(outsider));
    let absent = OrderId(99);
    let refused = Error::NoSuchOrder(absent);
    assert_eq!(world.call(by, Action::ClaimRepair { order: absent }), Err(refused));
    let unclaimed = Action::CompleteRepair { order, proof: vec![0; 128] };
    assert_eq!(world.call(by, unclaimed), Err(Error::OrderClaimed { by: None }));
    world.ok(by, claim.clone());
    let taken = Error::OrderClaimed { by: Some(by.id()) };
    assert_eq!(world.call(other, claim), Err(taken.clone()));
    world.wait(SECOND);
    let proof = world.repair_proof(order);
    let complete = Action::CompleteRepair { order, proof };
    assert_eq!(world.call(other, complete.clone()), Err(taken));
    assert!(world.call(by, complete).is_ok());
}

#[test]
fn nobody_takes_a_second_fragment_of_a_segment_nor_back_what_it_lost() {
    let (mut world, file, order, from, by) = broken(5);
    let (second, mate) = world.names(file)[1];
    let claim = Action::ClaimRepair { order };
    assert_eq!(world.call(mate, claim.clone()), Err(Error::SameSegment));
    world.ok(from, Action::TopUp { amount: TOKEN });
    assert_eq!(world.call(from, claim.clone()), Err(Error::SameSegment));
    let next = world.lose(second, mate);
    world.ok(by, claim);
    let refused = world.call(by, Action::ClaimRepair { order: next });
    assert_eq!(refused, Err(Error::SameSegment));
    // What the claimer of one fragment may not, another may.
    let last = (0..5).map(Who::Miner).find(|who| {
        let idle = world.state.holding(&who.id()).count() == 0;
        idle && ![by, from, mate].contains(who)
    });
    assert!(world.call(last.unwrap(), Action::ClaimRepair { order: next }).is_ok());
}

#[test]
fn a_claim_that_runs_out_is_cut_and_the_order_open_again() {
    let (mut world, _, order, _, by) = broken(5);
    world.ok(by, Action::ClaimRepair { order });
    let record = world.state.order(order).unwrap().clone();
    assert_eq!(world.state.miner(&by.id()).unwrap().used, record.info.fragment_len());
    world.wait(SECOND);
    let proof = world.repair_proof(order);
    let before = world.state.miner(&by.id()).unwrap().collateral;
    let deadline = record.claim.unwrap().deadline;
    let events = world.wait(deadline - world.state.time());
    assert!(events.contains(&Event::RepairReopened { order }));
    let miner = world.state.miner(&by.id()).unwrap();
    assert_eq!((miner.used, miner.status), (0, MinerStatus::Frozen));
    assert_eq!(before - miner.collateral, world.state.params().repair.claim_cut);
    let late = world.call(by, Action::CompleteRepair { order, proof });
    assert_eq!(late, Err(Error::OrderClaimed { by: None }));
    let frozen = Error::MinerStatus { got: MinerStatus::Frozen };
    assert_eq!(world.call(by, Action::ClaimRepair { order }), Err(frozen));
    world.ok(by, Action::TopUp { amount: TOKEN });
    world.repair(order, by);
}

#[test]
fn the_order_of_a_file_that_ends_goes_with_it_and_frees_its_claimer() {
    let (mut world, file, order, _, by) = broken(4);
    let end = world.state.file(&file).unwrap().ends_at().unwrap();
    world.wait(end - world.state.time() - SECOND);
    world.wait(0);
    world.ok_at(by, Action::ClaimRepair { order });
    world.ok_at(by, Action::Exit);
    assert_eq!(world.status_name(by), MinerStatus::Exiting);
    let proof = world.call(by, Action::CompleteRepair { order, proof: vec![0; 128] });
    assert!(proof.is_err());
    assert!(world.state.order(order).is_none() && world.state.file(&file).is_none());
    assert_eq!(world.status_name(by), MinerStatus::Gone);
}

#[test]
fn a_miner_that_leaves_takes_no_repair_with_it() {
    let (mut world, _, order, _, by) = broken(4);
    world.ok(by, Action::ClaimRepair { order });
    world.wait(SECOND);
    let proof = world.repair_proof(order);
    world.ok(by, Action::Exit);
    let refused = Error::MinerStatus { got: MinerStatus::Exiting };
    assert_eq!(world.call(by, Action::CompleteRepair { order, proof }), Err(refused));
    world.wait(world.state.params().repair.claim_ms);
    assert_eq!(world.status_name(by), MinerStatus::Gone);
    assert!(world.state.order(order).unwrap().claim.is_none());
}
