//! Opened → Closed → Active → ended: prices, placements, declarations, deadlines and refunds.

use std::collections::BTreeSet;

use cess_ledger::{
    Access, Action, DealId, DealStatus, Error, Event, Exclusion, FileId, FragmentStatus, Manifest,
    MinerStatus, Placement, Profile, Visibility,
};

use crate::world::{DAY, FUNDS, SECOND, SPACE, START, TOKEN, Who, World, access, opened, register};

#[test]
fn a_deal_lives_from_opening_to_its_end_and_every_token_finds_its_payee() {
    let mut world = World::new(3);
    let open = world.open_action(4 << 20, 1);
    let events = world.ok(Who::Owner, open);
    let deal = opened(&events);
    let hold = world.state.deal(deal).unwrap().hold;
    assert_eq!(world.balance(Who::Owner), FUNDS - hold);
    assert!(world.state.wants_beacon() && world.state.deal(deal).unwrap().seed.is_none());
    let manifest = world.manifest(150_000, 1, Who::Owner);
    let action = world.close_action(deal, &manifest, Who::Owner);
    let events = world.ok(Who::Owner, action);
    let file = manifest.file_id();
    let record = world.state.deal(deal).unwrap();
    assert_eq!(record.status, DealStatus::Closed { file, missing: 9 });
    let fee = record.hold;
    assert!(fee > 0 && fee < hold && record.seed.is_some());
    assert_eq!(events, [Event::DealClosed { deal, file, returned: hold - fee }]);
    assert_eq!(world.balance(Who::Owner), FUNDS - fee);
    world.report_all(deal, file);
    let record = world.state.file(&file).unwrap().clone();
    assert_eq!(
        (record.escrow, record.stored),
        (fee, world.profile.stored_len(Visibility::Public, 150_000).unwrap())
    );
    let end = record.ends_at().unwrap();
    assert_eq!(end, world.state.time() + DAY);

    while world.state.next_window() < end {
        let verdicts = world.audit_all();
        assert_eq!(verdicts.len(), 3);
        assert!(verdicts.values().all(|v| *v == cess_ledger::Verdict::Passed));
    }
    let events = world.wait(end - world.state.time());
    assert!(events.contains(&Event::FileEnded { file }));
    assert!(world.state.file(&file).is_none() && world.state.file_fragments(&file).is_empty());
    let locked = world.state.miner(&Who::Miner(0).id()).unwrap().collateral;
    let earned: u128 = (0..3).map(|n| world.balance(Who::Miner(n)) + locked - FUNDS).sum();
    // What rounding leaves of the escrow goes back to the owner: less than a unit a fragment.
    let back = world.balance(Who::Owner) - (FUNDS - fee);
    assert_eq!(earned + back, fee);
    assert!(back <= 9, "{back}");
    assert!((0..3).all(|n| world.state.miner(&Who::Miner(n).id()).unwrap().used == 0));
}

#[test]
fn a_deal_that_is_not_closed_in_time_is_refunded() {
    let mut world = World::new(3);
    let deal = world.open(1000, 10);
    let manifest = world.manifest(1000, 1, Who::Owner);
    let hold = world.state.deal(deal).unwrap().hold;
    let close = world.close_action(deal, &manifest, Who::Owner);
    let deadline = world.state.deal(deal).unwrap().deadline;
    world.wait(deadline - world.state.time() - 1);
    assert_eq!(world.balance(Who::Owner), FUNDS - hold);
    let events = world.wait(1);
    assert!(events.contains(&Event::DealExpired { deal, refunded: hold }));
    assert_eq!(world.balance(Who::Owner), FUNDS);
    assert!(world.state.deal(deal).unwrap().candidates.is_empty());
    let refused = Error::DealStatus { got: DealStatus::Expired };
    assert_eq!(world.call(Who::Owner, close), Err(refused));
}

#[test]
fn a_deal_that_is_not_reported_in_time_is_refunded_and_its_fragments_dropped() {
    let mut world = World::new(3);
    let (deal, file) = world.close(1000, 1);
    let (_, holder) = world.names(file)[0];
    let late = world.report_action(deal, file, holder.id());
    let (_, second) = world.names(file)[1];
    let report = world.report_action(deal, file, second.id());
    world.ok(second, report);
    let deadline = world.state.deal(deal).unwrap().deadline;
    world.wait(deadline - world.state.time());
    assert_eq!(world.balance(Who::Owner), FUNDS);
    assert!(world.state.file(&file).is_none());
    assert_eq!(world.state.miner(&second.id()).unwrap().used, 0);
    let refused = Error::DealStatus { got: DealStatus::Expired };
    assert_eq!(world.call(holder, late), Err(refused));
    // The names are free again.
    world.store(1000, 1);
}

#[test]
fn the_seed_comes_with_the_block_after_the_opening() {
    let mut world = World::new(3);
    let open = world.open_action(100, 10);
    let manifest = world.manifest(100, 1, Who::Owner);
    let nonce = world.state.account(&Who::Owner.id()).nonce;
    let close = world.close_action(DealId(0), &manifest, Who::Owner);
    let sign = |nonce, action| {
        cess_ledger::SignedCall::sign(&Who::Owner.key(), crate::world::CHAIN, nonce, action)
    };
    let block = world.next(1, vec![sign(nonce, open), sign(nonce + 1, close.clone())]);
    let outcome = cess_ledger::apply(&mut world.state, &block).unwrap();
    assert_eq!(outcome.results[1], Err(Error::NoBeaconYet));
    assert!(world.call(Who::Owner, close).is_ok());
}

#[test]
fn a_bid_is_taken_at_the_price_and_refused_below() {
    let mut world = World::new(3);
    let ask = world.state.price();
    let bid = |bid| Action::OpenDeal {
        profile: crate::world::profile(1, 2, 1),
        visibility: Visibility::Public,
        max_len: 1000,
        term_ms: DAY,
        bid: Some(bid),
    };
    let refused = Error::BidTooLow { bid: ask - 1, ask };
    assert_eq!(world.call(Who::Owner, bid(ask - 1)), Err(refused));
    let events = world.ok(Who::Owner, bid(ask));
    assert_eq!(world.state.deal(opened(&events)).unwrap().price, ask);
    let events = world.ok(Who::Owner, bid(3 * ask));
    let deal = world.state.deal(opened(&events)).unwrap();
    let exact = 3 * ask * (3 * 512) * u128::from(DAY) / (u128::from(SPACE) * u128::from(DAY));
    assert!((exact..=exact + 1).contains(&deal.hold), "{} {exact}", deal.hold);
}

#[test]
fn the_price_rises_with_the_used_share_and_open_deals_keep_theirs() {
    let mut world = World::new(0);
    world.miners = 3;
    let space = 1 << 17;
    for number in 0..3 {
        // Miners beyond the world's first: they need funds.
        let to = Who::Miner(number).id();
        world.ok(Who::Other, Action::Transfer { to, amount: TOKEN });
        world.ok(Who::Miner(number), register(space));
    }
    let base = world.state.params().base_price;
    assert_eq!(world.state.price(), base);
    let before = world.open(1000, 10);
    world.store(2 << 16, 1);
    assert_eq!(world.state.price(), base + base / 2);
    assert_eq!(world.state.deal(before).unwrap().price, base);
    let after = world.open(1000, 10);
    assert_eq!(world.state.deal(after).unwrap().price, base + base / 2);
    world.store(2 << 16, 2);
    assert_eq!(world.state.price(), 2 * base);
    let refused = Error::NotEnoughNodes { needed: 3, available: 0 };
    let open = world.open_action(1000, 10);
    assert_eq!(world.call(Who::Owner, open), Err(refused));
}

#[test]
fn an_opening_outside_the_limits_is_refused() {
    let mut world = World::new(3);
    let (min, max) = {
        let deal = &world.state.params().deal;
        (deal.min_term_ms, deal.max_term_ms)
    };
    let open = |profile, max_len, term_ms, bid| Action::OpenDeal {
        profile,
        visibility: Visibility::Private,
        max_len,
        term_ms,
        bid,
    };
    let tiny = world.profile;
    for got in [min - 1, max + 1] {
        let refused = Error::BadTerm { min, max, got };
        assert_eq!(world.call(Who::Owner, open(tiny, 1, got, None)), Err(refused));
    }
    let refused = Error::NotEnoughNodes { needed: 12, available: 3 };
    assert_eq!(world.call(Who::Owner, open(Profile::CESS, 1, min, None)), Err(refused));
    let huge = world.call(Who::Owner, open(tiny, 1 << 62, min, None));
    assert!(matches!(huge, Err(Error::TooLong { what: "placement", .. })));
    let rich = open(tiny, 1, min, Some(u128::MAX));
    assert_eq!(world.call(Who::Owner, rich), Err(Error::Overflow));
    let dear = world.call(Who::Owner, open(tiny, 1 << 20, max, Some(TOKEN * TOKEN)));
    assert!(matches!(dear, Err(Error::InsufficientFunds { .. } | Error::Overflow)));
    assert!(world.call(Who::Owner, open(tiny, 1, max, None)).is_ok());
}

#[test]
fn only_the_owner_closes_only_what_was_agreed() {
    let mut world = World::new(3);
    let deal = world.open(1000, 10);
    let good = world.manifest(1000, 1, Who::Owner);
    let owner = Who::Owner.id();
    let close = world.close_action(deal, &good, Who::Owner);
    assert_eq!(world.call(Who::Other, close.clone()), Err(Error::NotOwner { owner }));
    let absent = world.close_action(DealId(9), &good, Who::Owner);
    assert_eq!(world.call(Who::Owner, absent), Err(Error::NoSuchDeal(DealId(9))));

    let longer = world.manifest(1001, 2, Who::Owner);
    let action = world.close_action(deal, &longer, Who::Owner);
    let refused = Error::TooLarge { max: 1000, got: 1001 };
    assert_eq!(world.call(Who::Owner, action), Err(refused));

    let mut private = good.clone();
    private.visibility = Visibility::Private;
    let action = world.close_action(deal, &private, Who::Owner);
    let refused = Error::BadManifest { field: "visibility" };
    assert_eq!(world.call(Who::Owner, action), Err(refused));

    world.profile = crate::world::profile(1, 1, 2);
    let other = world.manifest(1000, 3, Who::Owner);
    let action = world.close_action(deal, &other, Who::Owner);
    let refused = Error::BadManifest { field: "profile" };
    assert_eq!(world.call(Who::Owner, action), Err(refused));

    let Action::CloseDeal { manifest, exclusions, declaration, .. } = close.clone() else {
        unreachable!()
    };
    let access = access(Visibility::Private, 1);
    let capsule = Action::CloseDeal { deal, manifest, exclusions, declaration, access };
    let refused = Error::BadAccess { expected: Visibility::Public };
    assert_eq!(world.call(Who::Owner, capsule), Err(refused));
    assert!(world.call(Who::Owner, close.clone()).is_ok());
    assert!(matches!(world.call(Who::Owner, close), Err(Error::DealStatus { .. })));
}

#[test]
fn the_file_id_is_recomputed_so_a_changed_byte_voids_the_declaration() {
    let mut world = World::new(3);
    let deal = world.open(1000, 10);
    let good = world.manifest(1000, 1, Who::Owner);
    let Action::CloseDeal { declaration, .. } = world.close_action(deal, &good, Who::Owner) else {
        unreachable!()
    };
    let bytes = good.to_bytes();
    let close = |manifest: Vec<u8>| Action::CloseDeal {
        deal,
        manifest,
        exclusions: Vec::new(),
        declaration,
        access: Access::Public,
    };
    let mut changed = 0;
    for at in (0..bytes.len()).step_by(7) {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        if let Ok(manifest) = Manifest::from_bytes(&bad) {
            assert_ne!(manifest.file_id(), good.file_id());
            changed += 1;
        }
        assert!(world.call(Who::Owner, close(bad)).is_err());
    }
    assert!(changed > 10);
    let mut root = good.clone();
    root.segments[0].fragments[0][0] ^= 1;
    assert_eq!(world.call(Who::Owner, close(root.to_bytes())), Err(Error::BadSignature));
    assert!(world.call(Who::Owner, close(bytes)).is_ok());
}

#[test]
fn a_declaration_is_the_key_holders_own_for_this_deal() {
    let mut world = World::new(3);
    let deal = world.open(1000, 10);
    let manifest = world.manifest(1000, 1, Who::Tagger);
    let by_owner = world.close_action(deal, &manifest, Who::Owner);
    assert_eq!(world.call(Who::Owner, by_owner), Err(Error::BadSignature));
    let other = world.open(1000, 10);
    let Action::CloseDeal { manifest: bytes, exclusions, access, .. } =
        world.close_action(deal, &manifest, Who::Tagger)
    else {
        unreachable!()
    };
    let Action::CloseDeal { declaration, .. } = world.close_action(other, &manifest, Who::Tagger)
    else {
        unreachable!()
    };
    let moved = Action::CloseDeal { deal, manifest: bytes, exclusions, declaration, access };
    assert_eq!(world.call(Who::Owner, moved), Err(Error::BadSignature));

    let mut unknown = manifest.clone();
    unknown.tag_key = [9; 32];
    let action = world.close_action(deal, &unknown, Who::Tagger);
    assert_eq!(world.call(Who::Owner, action), Err(Error::NoSuchTagKey));
    let mut sectors = manifest.clone();
    sectors.sectors = 128;
    let action = world.close_action(deal, &sectors, Who::Tagger);
    let refused = Error::BadManifest { field: "sectors" };
    assert_eq!(world.call(Who::Owner, action), Err(refused));
    let good = world.close_action(deal, &manifest, Who::Tagger);
    assert!(world.call(Who::Owner, good).is_ok());
}

#[test]
fn a_fragment_is_live_once() {
    let mut world = World::new(3);
    let deal = world.open(200_000, 10);
    let mut twice = world.manifest(200_000, 1, Who::Owner);
    twice.segments[1].fragments[2] = twice.segments[0].fragments[1];
    let action = world.close_action(deal, &twice, Who::Owner);
    let refused = Error::DuplicateFragment { index: 5 };
    assert_eq!(world.call(Who::Owner, action), Err(refused));

    let (closed, file) = world.close(1000, 2);
    let again = world.state.file(&file).unwrap().manifest.clone();
    let action = world.close_action(deal, &again, Who::Owner);
    let refused = Error::DuplicateFragment { index: 0 };
    assert_eq!(world.call(Who::Owner, action), Err(refused.clone()));
    world.report_all(closed, file);
    let mut other = again;
    other.salt = [77; 32];
    let action = world.close_action(deal, &other, Who::Owner);
    assert_eq!(world.call(Who::Owner, action), Err(refused));
}

#[test]
fn a_second_deal_extends_a_live_file_and_takes_no_space() {
    let mut world = World::new(3);
    let file = world.store(1000, 1);
    let before = world.state.file(&file).unwrap().clone();
    let manifest = before.manifest.clone();
    let used: Vec<u64> = world.state.miners().map(|(_, m)| m.used).collect();
    world.wait(DAY);
    let action = world.open_action(5000, 7);
    let deal = opened(&world.ok(Who::Other, action));
    let close = world.close_action(deal, &manifest, Who::Other);
    let events = world.ok(Who::Other, close);
    let ends_at = before.ends_at().unwrap() + 7 * DAY;
    assert!(events.contains(&Event::DealExtended { deal, file, ends_at }));
    let after = world.state.file(&file).unwrap().clone();
    assert_eq!((after.owner, &after.access), (Who::Owner.id(), &before.access));
    assert_eq!(after.escrow, before.escrow + after.terms[1].fee);
    assert_eq!(world.balance(Who::Other), FUNDS - after.terms[1].fee);
    assert_eq!(world.state.miners().map(|(_, m)| m.used).collect::<Vec<_>>(), used);
    let first_end = before.ends_at().unwrap();
    world.wait(first_end - world.state.time());
    assert!(world.state.file(&file).is_some());
    let events = world.wait(7 * DAY);
    assert!(events.contains(&Event::FileEnded { file }));
}

#[test]
fn nobody_pays_further_ahead_than_the_longest_term() {
    let mut world = World::new(3);
    let file = world.store(100, 1);
    let manifest = world.state.file(&file).unwrap().manifest.clone();
    let max = world.state.params().deal.max_term_ms;
    let deal = world.open(100, 3650);
    let close = world.close_action(deal, &manifest, Who::Owner);
    let refused = world.call(Who::Owner, close);
    assert!(matches!(refused, Err(Error::BadTerm { max: m, got, .. }) if m == max && got > max));
    let deal = world.open(100, 3600);
    let close = world.close_action(deal, &manifest, Who::Owner);
    assert!(world.call(Who::Owner, close).is_ok());
}

#[test]
fn a_fragment_is_reported_by_the_node_it_was_placed_on_once() {
    let mut world = World::new(4);
    let (deal, file) = world.close(1000, 1);
    let placed = world.placement(deal).place(512).unwrap();
    let holders: Vec<_> = world.names(file).iter().map(|(_, who)| who.id()).collect();
    assert_eq!(placed, holders);
    let report = |fragments: &[u32]| Action::Report { deal, fragments: fragments.to_vec() };
    let first = world.who(&placed[0]);
    let stranger = world.stranger(file);
    let not_yours = |index| Err(Error::NotYours { index });
    assert_eq!(world.call(stranger, report(&[0])), not_yours(0));
    assert_eq!(world.call(first, report(&[0, 1])), not_yours(1));
    assert_eq!(world.call(first, report(&[0, 0])), not_yours(0));
    assert_eq!(world.call(first, report(&[3])), Err(Error::NoSuchFragment { index: 3 }));
    assert_eq!(
        world.call(first, Action::Report { deal: DealId(7), fragments: vec![] }),
        Err(Error::NoSuchDeal(DealId(7)))
    );
    let outsider = Error::NoSuchMiner(Who::Owner.id());
    assert_eq!(world.call(Who::Owner, report(&[0])), Err(outsider));
    assert!(world.call(first, report(&[0])).is_ok());
    assert_eq!(world.call(first, report(&[0])), not_yours(0));
}

#[test]
fn exclusions_change_the_placement_and_are_bounded() {
    let mut world = World::new(8);
    let deal = world.open(1000, 10);
    let manifest = world.manifest(1000, 1, Who::Owner);
    world.wait(SECOND);
    let natural = world.placement(deal).place(512).unwrap();
    let close = |world: &World, exclusions: &[Exclusion]| match world.close_action(
        deal,
        &manifest,
        Who::Owner,
    ) {
        Action::CloseDeal { deal, manifest, declaration, access, .. } => {
            let exclusions = exclusions.to_vec();
            Action::CloseDeal { deal, manifest, exclusions, declaration, access }
        }
        _ => unreachable!(),
    };
    let exclude = |miner| Exclusion { miner, from_segment: 0 };
    let three: Vec<_> = natural.iter().copied().map(exclude).collect();
    let refused = Error::TooManyExclusions { max: 2, got: 3 };
    assert_eq!(world.call(Who::Owner, close(&world, &three)), Err(refused));
    let outsider = Who::Owner.id();
    let refused = Error::NoSuchMiner(outsider);
    assert_eq!(world.call(Who::Owner, close(&world, &[exclude(outsider)])), Err(refused));
    world.ok(Who::Owner, close(&world, &three[..2]));
    let got: BTreeSet<_> = world.holders(manifest.file_id());
    assert!(!got.contains(&natural[0]) && !got.contains(&natural[1]) && got.contains(&natural[2]));
    assert_eq!(Placement::max_exclusions(8), 2);
}

#[test]
fn a_node_that_left_or_froze_since_the_opening_gets_nothing() {
    let mut world = World::new(3);
    let deal = world.open(1000, 10);
    let manifest = world.manifest(1000, 1, Who::Owner);
    world.ok(Who::Miner(1), Action::Exit);
    assert_eq!(world.status(1), MinerStatus::Gone);
    let close = world.close_action(deal, &manifest, Who::Owner);
    let refused = Error::MinerStatus { got: MinerStatus::Gone };
    assert_eq!(world.call(Who::Owner, close.clone()), Err(refused));
    // Back with less space than the fragment takes.
    world.ok(Who::Miner(1), register(511));
    let refused = Error::NoSpace { free: 511, needed: 512 };
    assert_eq!(world.call(Who::Owner, close), Err(refused));
}

#[test]
fn the_owner_alone_replaces_the_access_record_epoch_by_epoch() {
    let mut world = World::new(3);
    let file = world.store(1000, 1);
    let set = |file, epoch, access| Action::SetAccess { file, epoch, access };
    let (good, bad) = (access(Visibility::Public, 7), access(Visibility::Private, 7));
    let owner = Who::Owner.id();
    assert_eq!(world.call(Who::Other, set(file, 1, good)), Err(Error::NotOwner { owner }));
    let refused = Error::WrongEpoch { expected: 1, got: 2 };
    assert_eq!(world.call(Who::Owner, set(file, 2, good)), Err(refused));
    let refused = Error::BadAccess { expected: Visibility::Public };
    assert_eq!(world.call(Who::Owner, set(file, 1, bad)), Err(refused));
    let absent = FileId([0; 32]);
    assert_eq!(world.call(Who::Owner, set(absent, 1, good)), Err(Error::NoSuchFile(absent)));
    world.ok(Who::Owner, set(file, 1, good));
    let record = world.state.file(&file).unwrap();
    assert_eq!((record.epoch, record.access), (1, good));
}

#[test]
fn a_fragment_lost_before_the_last_report_is_on_order_when_the_file_turns_active() {
    let mut world = World::new(4);
    let (deal, file) = world.close(1000, 1);
    let names = world.names(file);
    for (_, who) in &names[..2] {
        let report = world.report_action(deal, file, who.id());
        world.ok(*who, report);
    }
    // The window opens before the deal's hour is over.
    world.wiped.insert((names[0].1.id(), names[0].0));
    let left = world.state.deal(deal).unwrap().deadline - world.state.time();
    assert!(world.state.next_window() - world.state.time() < left);
    world.audit_all();
    assert_eq!(world.state.fragment(&names[0].0).unwrap().status, FragmentStatus::Lost);
    let report = world.report_action(deal, file, names[2].1.id());
    world.ok(names[2].1, report);
    assert_eq!(world.state.deal(deal).unwrap().status, DealStatus::Active { file });
    let order = world.state.fragment(&names[0].0).unwrap().order.unwrap();
    let stranger = world.stranger(file);
    world.repair(order, stranger);
    assert!(world.audit_all().values().all(|v| *v == cess_ledger::Verdict::Passed));
    assert!(world.state.time() > START);
}
