//! What somebody might try for tokens, ownership or rewards, and what comes of it.

use cess_ledger::{
    Action, Block, DealStatus, Error, FragmentStatus, MinerStatus, OrderId, SignedCall, Slot,
    Verdict, Visibility, apply, declare_tags, repair_challenge,
};
use cess_podr2::{Challenge, Holding, Policy, Proving};

use crate::world::{
    CHAIN, DAY, FUNDS, SECOND, SPACE, TOKEN, Who, World, access, opened, params, profile, register,
};

/// Everything these accounts have, locked or not.
fn wealth(world: &World, ring: &[Who]) -> u128 {
    let collateral = |who: &Who| world.state.miner(&who.id()).map_or(0, |m| m.collateral);
    ring.iter().map(|who| world.balance(*who) + collateral(who)).sum()
}

/// A fragment lost and claimed, the challenge drawn: the order, its fragment, the claimer.
fn claimed(world: &mut World, salt: u8) -> (OrderId, [u8; 32], Who) {
    let file = world.store(5000, salt);
    let (name, from) = world.names(file)[0];
    let order = world.lose(name, from);
    let by = world.stranger(file);
    world.ok(by, Action::ClaimRepair { order });
    world.wait(SECOND);
    (order, name, by)
}

#[test]
fn an_owner_that_mines_under_its_own_tag_key_never_has_more_than_at_the_start() {
    let mut world = World::new(4);
    world.ok(Who::Owner, register(SPACE));
    // With its own key it can forge; here it simply has what it answers for, and admits the rest.
    let ring = [Who::Owner, Who::Miner(0), Who::Miner(1)];
    let start = wealth(&world, &ring);
    for salt in 0..3 {
        let deal = world.open(5000, 1);
        let manifest = world.manifest(5000, salt, Who::Owner);
        let close = world.close_action(deal, &manifest, Who::Owner);
        world.ok(Who::Owner, close);
        for miner in [Who::Owner, Who::Miner(0), Who::Miner(1), Who::Miner(2), Who::Miner(3)] {
            let report = world.report_action(deal, manifest.file_id(), miner.id());
            if !matches!(&report, Action::Report { fragments, .. } if fragments.is_empty()) {
                world.ok(miner, report);
            }
        }
        assert!(matches!(world.state.deal(deal).unwrap().status, DealStatus::Active { .. }));
    }
    for round in 0..26 {
        world.window();
        // Passes, admits everything, misses; and takes over from itself what it lost.
        for (number, who) in (0..).zip(ring) {
            if world.state.audit(&who.id()).is_none() || (round + number) % 5 == 4 {
                continue;
            }
            if (round + number) % 3 == 2 {
                let names: Vec<_> = world.state.holding(&who.id()).copied().collect();
                world.wiped.extend(names.iter().take(1).map(|name| (who.id(), *name)));
            }
            world.answer(who);
            assert!(wealth(&world, &ring) <= start);
        }
        let orders: Vec<OrderId> = world.state.orders().map(|(id, _)| id).collect();
        for order in orders {
            for who in ring {
                if world.call(who, Action::ClaimRepair { order }).is_ok() {
                    world.wait(SECOND);
                    let proof = world.repair_proof_of(order, who);
                    let _taken = world.call(who, Action::CompleteRepair { order, proof });
                }
            }
        }
        for who in ring {
            let _refused = world.call(who, Action::TopUp { amount: TOKEN / 10 });
            assert_eq!(world.state.reward_bytes(&who.id()), 0);
        }
        assert!(wealth(&world, &ring) <= start, "round {round}");
    }
    assert!(world.state.treasury() > 0 && wealth(&world, &ring) < start);
}

#[test]
fn a_repair_is_paid_once_whoever_asks_again_and_how() {
    let mut world = World::new(5);
    let (order, name, by) = claimed(&mut world, 1);
    let bounty = world.state.order(order).unwrap().bounty;
    let before = world.balance(by);
    let proof = world.repair_proof(order);
    let nonce = world.state.account(&by.id()).nonce;
    let complete = |nonce| {
        let action = Action::CompleteRepair { order, proof: proof.clone() };
        SignedCall::sign(&by.key(), CHAIN, nonce, action)
    };
    let block = world.next(SECOND, vec![complete(nonce), complete(nonce + 1), complete(nonce)]);
    let outcome = apply(&mut world.state, &block).unwrap();
    assert!(outcome.results[0].is_ok());
    assert_eq!(outcome.results[1], Err(Error::NoSuchOrder(order)));
    assert!(matches!(outcome.results[2], Err(Error::WrongNonce { .. })));
    assert_eq!(world.balance(by), before + bounty);
    let refused = Err(Error::NoSuchOrder(order));
    assert_eq!(world.call(by, Action::ClaimRepair { order }), refused);
    assert_eq!(world.call(by, Action::CompleteRepair { order, proof }), refused);
    assert_eq!(world.balance(by), before + bounty);
    assert!(world.state.fragment(&name).unwrap().order.is_none());
}

#[test]
fn two_miners_that_claim_one_order_are_paid_one_bounty() {
    let mut world = World::new(5);
    let file = world.store(5000, 1);
    let (name, from) = world.names(file)[0];
    let order = world.lose(name, from);
    let holders = world.holders(file);
    let free: Vec<Who> =
        (0..5).map(Who::Miner).filter(|who| !holders.contains(&who.id())).collect();
    let (one, two) = (free[0], free[1]);
    let start = world.balance(one) + world.balance(two);
    let bounty = world.state.order(order).unwrap().bounty;
    let calls = vec![
        world.sign(one, Action::ClaimRepair { order }),
        world.sign(two, Action::ClaimRepair { order }),
    ];
    let block = world.next(SECOND, calls);
    let outcome = apply(&mut world.state, &block).unwrap();
    assert!(outcome.results[0].is_ok());
    assert_eq!(outcome.results[1], Err(Error::OrderClaimed { by: Some(one.id()) }));
    world.wait(SECOND);
    let proof = world.repair_proof(order);
    let theirs = world.call(two, Action::CompleteRepair { order, proof: proof.clone() });
    assert_eq!(theirs, Err(Error::OrderClaimed { by: Some(one.id()) }));
    world.ok(one, Action::CompleteRepair { order, proof });
    assert_eq!(world.balance(one) + world.balance(two), start + bounty);
}

#[test]
fn a_repair_without_the_data_is_refused_whatever_stands_for_the_proof() {
    let mut world = World::new(5);
    // A proof of the same fragment for an earlier claim that ran out.
    let (order, name, by) = claimed(&mut world, 1);
    let old = world.repair_proof(order);
    let deadline = world.state.order(order).unwrap().claim.as_ref().unwrap().deadline;
    world.wait(deadline - world.state.time());
    world.ok(by, Action::TopUp { amount: TOKEN });
    world.ok(by, Action::ClaimRepair { order });
    world.wait(SECOND);
    // A proof over another fragment of the same length, made for this very seed and claimer.
    let other = world.store(5000, 2);
    let record = world.state.order(order).unwrap().clone();
    let (challenge, _) = repair_challenge(&CHAIN, order, &record).unwrap();
    let decoy = world.state.file_fragments(&other)[0].info.clone();
    assert_eq!(decoy.fragment_len(), record.info.fragment_len());
    let holding = Holding::from_entries([decoy.fragment.entry()]).unwrap();
    let (scope, seed) = (*challenge.audit(), challenge.seed());
    let swapped = Challenge::new(scope, &holding, Policy::Every, seed).unwrap();
    let of_another = world.prove(by.id(), &swapped, std::slice::from_ref(&decoy)).unwrap();
    // The right blocks under the right tags, for the challenge of whoever had it before.
    let mut theirs = scope;
    theirs.prover = record.from.0;
    let holding = Holding::from_entries([record.info.fragment.entry()]).unwrap();
    let theirs = Challenge::new(theirs, &holding, Policy::Every, seed).unwrap();
    let of_others = world.prove(by.id(), &theirs, std::slice::from_ref(&record.info)).unwrap();
    // The right tags over zeros, and one changed bit.
    let zeroed = {
        let lookup = |id: &cess_podr2::KeyId| world.proving.get(id.as_bytes());
        let mut proving = Proving::new(&challenge, &holding, lookup).unwrap();
        while let Some(sample) = proving.sample() {
            let (bytes, tagged) = &world.data[&name];
            let at = usize::try_from(sample.block).unwrap();
            let len = bytes.chunks(cess_podr2::Sectors::MIN.block_bytes()).nth(at).unwrap().len();
            proving.absorb(&vec![0; len], tagged.tags.get(sample.block).unwrap()).unwrap();
        }
        proving.finish().unwrap().to_bytes()
    };
    world.rotten.insert((by.id(), name));
    let rotten = world.repair_proof(order);
    world.rotten.clear();
    let good = world.repair_proof(order);

    let before = world.balance(by);
    let zeros = vec![0; good.len()];
    let long = [&good[..], &[0]].concat();
    let frauds =
        [old, of_another, of_others, zeroed, rotten, zeros, long, Vec::new(), vec![0xC0; 128]];
    for (number, proof) in frauds.into_iter().enumerate() {
        let refused = world.call(by, Action::CompleteRepair { order, proof });
        assert_eq!(refused, Err(Error::BadProof), "fraud {number}");
    }
    assert_eq!(world.balance(by), before);
    assert_eq!(world.state.fragment(&name).unwrap().status, FragmentStatus::Lost);
    world.ok(by, Action::CompleteRepair { order, proof: good });
    assert!(world.balance(by) > before);
}

#[test]
fn somebody_elses_manifest_buys_its_owner_time_and_the_payer_nothing() {
    let mut world = World::new(3);
    let (deal, file) = world.close(1000, 1);
    let manifest = world.state.file(&file).unwrap().manifest.clone();
    let open = world.open_action(1000, 5);
    let copy = opened(&world.ok(Who::Other, open));
    // Anybody can copy the manifest; the declaration speaks of the owner's deal.
    let stolen = declare_tags(&Who::Owner.key(), &CHAIN, deal, file, &manifest.tag_key);
    let with = |declaration| Action::CloseDeal {
        deal: copy,
        manifest: manifest.to_bytes(),
        exclusions: Vec::new(),
        declaration,
        access: access(manifest.visibility, 9),
    };
    let live = Error::DuplicateFragment { index: 0 };
    assert_eq!(world.call(Who::Other, with(stolen)), Err(live));
    world.report_all(deal, file);
    let before = world.state.file(&file).unwrap().clone();
    world.ok(Who::Other, with(stolen));
    let after = world.state.file(&file).unwrap().clone();
    assert_eq!((after.owner, after.epoch), (Who::Owner.id(), 0));
    assert_eq!(after.access, before.access);
    assert_eq!(after.ends_at().unwrap(), before.ends_at().unwrap() + 5 * DAY);
    let owner = Who::Owner.id();
    let access = Action::SetAccess { file, epoch: 1, access: access(manifest.visibility, 9) };
    assert_eq!(world.call(Who::Other, access), Err(Error::NotOwner { owner }));
    // Nobody answers, so everything comes back, and not to who paid the second term.
    let other = world.balance(Who::Other);
    assert_eq!(other, FUNDS - after.terms[1].fee);
    world.wait(after.ends_at().unwrap() - world.state.time());
    assert!(world.state.file(&file).is_none());
    assert_eq!(world.balance(Who::Other), other);
    assert_eq!(world.balance(Who::Owner), FUNDS + after.terms[1].fee);
}

#[test]
fn a_manifest_seen_before_it_is_closed_cannot_be_closed_by_who_saw_it() {
    let mut world = World::new(3);
    let deal = world.open(1000, 10);
    let open = world.open_action(1000, 10);
    let thiefs = opened(&world.ok(Who::Other, open));
    let manifest = world.manifest(1000, 1, Who::Owner);
    let good = world.close_action(deal, &manifest, Who::Owner);
    let Action::CloseDeal { manifest: bytes, declaration, exclusions, access, .. } = good.clone()
    else {
        unreachable!()
    };
    let stolen =
        Action::CloseDeal { deal: thiefs, manifest: bytes, exclusions, declaration, access };
    assert_eq!(world.call(Who::Other, stolen), Err(Error::BadSignature));
    let signed = world.close_action(thiefs, &manifest, Who::Other);
    assert_eq!(world.call(Who::Other, signed), Err(Error::BadSignature));
    let owner = Who::Owner.id();
    assert_eq!(world.call(Who::Other, good.clone()), Err(Error::NotOwner { owner }));
    world.ok(Who::Owner, good);
}

#[test]
fn a_fragment_counts_once_inside_a_file_and_across_files() {
    let mut world = World::new(4);
    world.profile = crate::world::profile(2, 1, 1);
    let open = world.open_action(200_000, 10);
    let deal = opened(&world.ok(Who::Owner, open));
    let good = world.manifest(200_000, 1, Who::Owner);
    let twice = |segment: usize, to: usize| {
        let mut manifest = good.clone();
        manifest.segments[segment].fragments[to] = good.segments[0].fragments[0];
        manifest
    };
    // Beside itself, as the other replica, in another segment: one copy would be paid twice.
    for (segment, to) in [(0, 1), (0, 2), (0, 3), (1, 0), (1, 2)] {
        let manifest = twice(segment, to);
        let action = world.close_action(deal, &manifest, Who::Owner);
        let index = u32::try_from(4 * segment + to).unwrap();
        assert_eq!(world.call(Who::Owner, action), Err(Error::DuplicateFragment { index }));
    }
    let action = world.close_action(deal, &good, Who::Owner);
    world.ok(Who::Owner, action);
    // Another file with one fragment of the first.
    let open = world.open_action(200_000, 10);
    let other = opened(&world.ok(Who::Other, open));
    let mut copy = world.manifest(200_000, 2, Who::Owner);
    copy.segments[1].fragments[3] = good.segments[0].fragments[3];
    let action = world.close_action(other, &copy, Who::Owner);
    assert_eq!(world.call(Who::Other, action), Err(Error::DuplicateFragment { index: 7 }));
    assert_eq!(Slot::at(&world.profile, 7), Slot { segment: 1, replica: 1, shard: 1 });
}

#[test]
fn a_call_is_not_taken_again_in_its_block_later_or_after_its_effect_is_gone() {
    let mut world = World::new(3);
    let open = world.open_action(1000, 1);
    let call = world.sign(Who::Owner, open);
    let block = world.next(SECOND, vec![call.clone(), call.clone()]);
    let outcome = apply(&mut world.state, &block).unwrap();
    let (expected, got) = (call.call.nonce + 1, call.call.nonce);
    let replayed = Err(Error::WrongNonce { expected, got });
    assert!(outcome.results[0].is_ok());
    assert_eq!(outcome.results[1], replayed);
    let lapsed = world.state.params().deal.open_ms;
    world.wait(lapsed);
    assert_eq!(world.balance(Who::Owner), FUNDS);
    assert_eq!(world.submit(SECOND, call), replayed);
    assert_eq!(world.balance(Who::Owner), FUNDS);
}

#[test]
fn nothing_signed_or_proven_for_another_chain_counts_here() {
    let elsewhere = [0xEE; 32];
    let mut world = World::new(3);
    let deal = world.open(1000, 10);
    let manifest = world.manifest(1000, 1, Who::Owner);
    let file = manifest.file_id();
    let good = world.close_action(deal, &manifest, Who::Owner);
    let nonce = world.state.account(&Who::Owner.id()).nonce;
    let call = SignedCall::sign(&Who::Owner.key(), elsewhere, nonce, good.clone());
    assert_eq!(world.submit(SECOND, call.clone()), Err(Error::WrongChain));
    let mut renamed = call;
    renamed.call.chain_id = CHAIN;
    assert_eq!(world.submit(SECOND, renamed), Err(Error::BadSignature));
    let Action::CloseDeal { manifest: bytes, exclusions, access, .. } = good.clone() else {
        unreachable!()
    };
    let declaration = declare_tags(&Who::Owner.key(), &elsewhere, deal, file, &manifest.tag_key);
    let foreign = Action::CloseDeal { deal, manifest: bytes, exclusions, declaration, access };
    assert_eq!(world.call(Who::Owner, foreign), Err(Error::BadSignature));
    world.ok(Who::Owner, good);
    world.report_all(deal, file);
    world.window();

    let who = Who::Miner(0);
    let target = world.state.audit_targets(&who.id()).remove(0);
    let entries = target.fragments.iter().map(|info| info.fragment.entry());
    let holding = Holding::from_entries(entries).unwrap();
    let mut scope = *target.challenge.audit();
    scope.chain_id = elsewhere;
    let foreign =
        Challenge::new(scope, &holding, target.challenge.policy(), target.challenge.seed())
            .unwrap();
    let proof = world.prove(who.id(), &foreign, &target.fragments);
    world.ok(who, Action::Answer { round: target.round, target: 0, proof });
    assert_eq!(world.state.orders().count(), 1, "the one fragment counts as lost");
}

#[test]
fn a_claim_that_is_abandoned_costs_each_time_and_blocks_for_one_deadline() {
    let mut world = World::new(6);
    let (order, _, by) = claimed(&mut world, 1);
    let (cut, claim_ms) = {
        let repair = &world.state.params().repair;
        (repair.claim_cut, repair.claim_ms)
    };
    let start = wealth(&world, &[by]);
    for abandoned in 1..=3 {
        world.wait(claim_ms);
        assert_eq!(wealth(&world, &[by]), start - abandoned * cut);
        assert_eq!(world.status_name(by), MinerStatus::Frozen);
        let frozen = Error::MinerStatus { got: MinerStatus::Frozen };
        assert_eq!(world.call(by, Action::ClaimRepair { order }), Err(frozen));
        if abandoned < 3 {
            world.ok(by, Action::TopUp { amount: cut });
            world.ok(by, Action::ClaimRepair { order });
        }
    }
    // To leave before the deadline doesn't save the cut.
    world.ok(by, Action::TopUp { amount: cut });
    world.ok(by, Action::ClaimRepair { order });
    world.ok(by, Action::Exit);
    assert_eq!(world.status_name(by), MinerStatus::Exiting);
    world.wait(claim_ms);
    assert_eq!((world.status_name(by), world.balance(by)), (MinerStatus::Gone, start - 4 * cut));
    // The order has waited for the next one, with its whole bounty.
    let file = world.state.order(order).unwrap().info.file;
    let bounty = world.state.order(order).unwrap().bounty;
    let holders = world.holders(file);
    let honest = (0..6).map(Who::Miner).find(|who| *who != by && !holders.contains(&who.id()));
    let honest = honest.unwrap();
    let before = world.balance(honest);
    world.repair(order, honest);
    assert_eq!(world.balance(honest), before + bounty);
}

#[test]
fn deadlines_that_one_block_leaps_over_are_met_in_their_own_order() {
    let mut world = World::new(5);
    let (order, _, by) = claimed(&mut world, 1);
    let deadline = world.state.order(order).unwrap().claim.as_ref().unwrap().deadline;
    world.wait(deadline - world.state.time());
    world.ok(by, Action::TopUp { amount: TOKEN });
    // A claim shortly before the first term ends; the file was extended long before.
    let file = world.state.order(order).unwrap().info.file;
    let manifest = world.state.file(&file).unwrap().manifest.clone();
    let first = world.state.file(&file).unwrap().ends_at().unwrap();
    let open = world.open_action(5000, 1);
    let more = opened(&world.ok(Who::Other, open));
    let close = world.close_action(more, &manifest, Who::Owner);
    world.ok(Who::Other, close);
    let claim_ms = world.state.params().repair.claim_ms;
    world.wait(first - world.state.time() - claim_ms / 2);
    // Whoever was silent until now is offline; the claimer is not: it holds nothing.
    world.ok_at(by, Action::ClaimRepair { order });
    let before = world.state.miner(&by.id()).unwrap().collateral;
    world.wait(2 * DAY);
    assert!(world.state.file(&file).is_none());
    let cut = before - world.state.miner(&by.id()).unwrap().collateral;
    assert_eq!(cut, world.state.params().repair.claim_cut, "its claim ran out a day earlier");
}

#[test]
fn nobody_answers_an_audit_for_another_miner() {
    let mut world = World::new(4);
    let file = world.store(1000, 1);
    let idle = world.stranger(file);
    let (_, lazy) = world.names(file)[0];
    let (_, busy) = world.names(file)[1];
    world.window();
    let target = world.state.audit_targets(&lazy.id()).remove(0);
    let theirs = world.answer_action(lazy.id(), &target);
    let none = Err(Error::NoSuchAudit { round: target.round });
    assert_eq!(world.call(idle, theirs.clone()), none);
    assert_eq!(world.call(Who::Other, theirs.clone()), none);
    // Who is asked itself spends its own answer on it.
    world.ok(busy, theirs);
    assert!(world.state.audit(&lazy.id()).is_some());
    assert_eq!(world.state.orders().count(), 1);
    let order = world.state.orders().next().unwrap().1.clone();
    assert_eq!(order.from, busy.id());
    // And a call in the other's name is not the other's call.
    let mut forged = world.sign(idle, world.answer_action(lazy.id(), &target));
    forged.call.signer = lazy.key().public();
    forged.call.nonce = world.state.account(&lazy.id()).nonce;
    assert_eq!(world.submit(SECOND, forged), Err(Error::BadSignature));
    world.wait(target.deadline - world.state.time());
    assert_eq!(world.state.miner(&lazy.id()).unwrap().misses, 1);
}

#[test]
fn a_miner_that_comes_back_finds_nothing_of_its_former_life() {
    let mut params = params();
    params.audit.max_misses = 1;
    let mut world = World::with(3, params);
    let file = world.store(5000, 1);
    let (name, who) = world.names(file)[0];
    let start = wealth(&world, &[who]);
    let open = world.open(5000, 2);
    world.window();
    let target = world.state.audit_targets(&who.id()).remove(0);
    let answer = world.answer_action(who.id(), &target);
    let proof = match &answer {
        Action::Answer { proof: Some(proof), .. } => proof.clone(),
        _ => unreachable!(),
    };
    for (_, other) in &world.names(file)[1..] {
        world.answer(*other);
    }
    world.wait(target.deadline - world.state.time());
    assert_eq!(world.status_name(who), MinerStatus::Offline);
    world.ok(who, Action::Exit);
    assert_eq!(world.status_name(who), MinerStatus::Gone);
    let order = world.state.fragment(&name).unwrap().order.unwrap();
    let gone = Error::MinerStatus { got: MinerStatus::Gone };
    let claim = Action::ClaimRepair { order };
    assert_eq!(world.call(who, claim.clone()), Err(gone.clone()));

    world.ok(who, register(1));
    assert_eq!(world.state.holding(&who.id()).count(), 0);
    assert_eq!(world.state.miner(&who.id()).unwrap().misses, 0);
    assert_eq!(world.state.reward_bytes(&who.id()), 0);
    let none = Err(Error::NoSuchAudit { round: target.round });
    assert_eq!(world.call(who, answer), none);
    let unclaimed = Err(Error::OrderClaimed { by: None });
    assert_eq!(world.call(who, Action::CompleteRepair { order, proof }), unclaimed);
    // Neither the room it once offered, nor what it lost itself.
    let refused = world.call(who, claim.clone());
    assert_eq!(refused, Err(Error::NoSpace { free: 1, needed: 2560 }));
    let manifest = world.manifest(5000, 2, Who::Owner);
    let close = world.close_action(open, &manifest, Who::Owner);
    let refused = world.call(Who::Owner, close);
    assert_eq!(refused, Err(Error::NoSpace { free: 1, needed: 2560 }));
    world.ok(who, Action::Exit);
    world.ok(who, register(SPACE));
    assert_eq!(world.call(who, claim), Err(Error::SameSegment));
    assert!(wealth(&world, &[who]) < start);
}

#[test]
fn what_two_honest_windows_paid_is_not_paid_again_for_an_answer_sent_twice() {
    let mut world = World::new(3);
    world.store(1000, 1);
    world.window();
    let who = Who::Miner(0);
    let target = world.state.audit_targets(&who.id()).remove(0);
    let answer = world.answer_action(who.id(), &target);
    world.ok(who, answer.clone());
    let paid = world.balance(who);
    let none = Err(Error::NoSuchAudit { round: target.round });
    assert_eq!(world.call(who, answer.clone()), none);
    world.window();
    assert_eq!(world.call(who, answer), none);
    assert_eq!(world.balance(who), paid);
    assert_eq!(world.answer(who), Verdict::Passed);
    assert!(world.balance(who) > paid);
    let empty: Block = world.next(SECOND, Vec::new());
    assert!(apply(&mut world.state, &empty).unwrap().results.is_empty());
}

#[test]
fn many_tag_keys_do_not_make_the_proofs_of_a_miner_dear() {
    let mut params = crate::world::params();
    params.audit.max_keys = 2;
    let mut world = World::with(4, params);
    let stake = world.state.params().collateral.tagger_stake;
    for who in [Who::Other, Who::Miner(3)] {
        world.tag_key(who, if who == Who::Other { 0 } else { stake });
    }
    // The three miners of a file with both keys are full, the fourth may not be.
    world.store_under(1000, 1, Who::Owner);
    let full = |world: &World| {
        let keys = |n: u8| {
            let id = Who::Miner(n).id();
            let held = world.state.holding(&id);
            let key = |name| world.state.fragment(name).unwrap().info.tag_key();
            held.map(key).collect::<std::collections::BTreeSet<_>>().len()
        };
        (0..4).filter(|n| keys(*n) == 2).count()
    };
    let mut salt = 2;
    while full(&world) < 4 {
        world.store_under(1000, salt, if salt % 2 == 0 { Who::Tagger } else { Who::Owner });
        salt += 1;
    }
    let (deal, manifest) = (world.open(1000, 10), world.manifest(1000, 200, Who::Other));
    let close = world.close_action(deal, &manifest, Who::Other);
    let refused = world.call(Who::Owner, close);
    assert!(matches!(refused, Err(Error::TooManyKeys { max: 2, .. })), "{refused:?}");
    // A key that they have already is welcome, and the same deal takes it.
    let manifest = world.manifest(1000, 201, Who::Tagger);
    let close = world.close_action(deal, &manifest, Who::Tagger);
    world.ok(Who::Owner, close);
    for (_, verdict) in world.audit_all() {
        assert_eq!(verdict, cess_ledger::Verdict::Passed);
    }
}

#[test]
fn a_miner_full_of_tag_keys_claims_no_repair_under_another() {
    let mut params = crate::world::params();
    params.audit.max_keys = 1;
    let mut world = World::with(6, params);
    let file = world.store_under(1000, 1, Who::Owner);
    let (name, who) = world.names(file)[0];
    // A file under the tagger's key, on the three miners that have none of the first.
    let full = loop {
        let (deal, manifest) = (world.open(1000, 10), world.manifest(1000, 2, Who::Tagger));
        let close = world.close_action(deal, &manifest, Who::Tagger);
        match world.call(Who::Owner, close) {
            Ok(_) => {
                world.report_all(deal, manifest.file_id());
                break world.names(manifest.file_id())[0].1;
            }
            Err(error) => assert!(matches!(error, Error::TooManyKeys { max: 1, .. })),
        }
    };
    let order = world.lose(name, who);
    let refused = world.call(full, Action::ClaimRepair { order });
    assert_eq!(refused, Err(Error::TooManyKeys { miner: full.id(), max: 1 }));
}

/// Reduplication: three replicas are paid as three, so who keeps the first one's bytes alone is found out in
/// each of the others, whatever tags it has.
#[test]
fn one_replica_stored_is_one_replica_paid() {
    use cess_podr2::replica::{MaskKey, ReplicaKey};

    let mut world = World::with(9, params());
    world.profile = profile(3, 2, 1);
    let (len, salt) = (20_000, 7);
    let deal = world.open(len, 10);
    let mut manifest = world.manifest(len, salt, Who::Tagger);
    let shard_len = world.profile.layout(Visibility::Public, len, 0).unwrap().shard_len();
    let mut segment = vec![0; 3 * shard_len];
    blake3::Hasher::new().finalize_xof().fill(&mut segment);
    let root = *blake3::hash(&segment).as_bytes();
    let key = ReplicaKey::from_bytes(&[9; 32]);
    let mut stored = Vec::new();
    for replica in 0..3u32 {
        let mask = match replica {
            0 => MaskKey::public(&manifest.salt),
            _ => key.mask_key(&manifest.salt, replica),
        };
        let mut masked = segment.clone();
        mask.apply(0, &root, 0, &mut masked).unwrap();
        for shard in masked.chunks(shard_len) {
            let tagged = world.secrets[&Who::Tagger].tag(replica, shard).unwrap();
            stored.push((shard.to_vec(), tagged));
        }
    }
    let roots = stored.iter().map(|(_, tagged)| tagged.fragment.root()).collect();
    (manifest.segments[0].root, manifest.segments[0].fragments) = (root, roots);
    for (bytes, tagged) in &stored {
        world.data.insert(tagged.name().to_bytes(), (bytes.clone(), tagged.clone()));
    }
    let action = world.close_action(deal, &manifest, Who::Tagger);
    world.ok(Who::Owner, action);
    let file = manifest.file_id();
    world.report_all(deal, file);

    // From here on the nine keep three fragments of the first replica, and each other's tags.
    let records = world.state.file_fragments(&file);
    for (place, (_, tagged)) in stored.iter().enumerate().skip(3) {
        let kept = stored[place % 3].0.clone();
        world.data.insert(tagged.name().to_bytes(), (kept, tagged.clone()));
    }
    world.wait(cess_ledger::DAY_MS);
    let before: Vec<u128> = records.iter().map(|r| world.balance(world.who(&r.miner))).collect();
    let verdicts = world.audit_all();
    for (record, before) in records.iter().zip(before) {
        let who = world.who(&record.miner);
        let name = record.info.name();
        if record.info.fragment.replica() == 0 {
            assert_eq!(verdicts[&who], Verdict::Passed);
            assert!(world.balance(who) > before, "paid for what it keeps");
        } else {
            let bad = vec![(file, record.info.index)];
            assert_eq!(verdicts[&who], Verdict::Failed { bad });
            assert!(world.balance(who) <= before, "not for what it could have made");
            assert_eq!(world.state.fragment(&name).unwrap().status, FragmentStatus::Lost);
        }
    }
}
