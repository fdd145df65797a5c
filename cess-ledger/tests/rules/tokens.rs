//! Accounts, nonces, signatures, tag keys.

use cess_ledger::{Action, Block, Error, SignedCall, State, apply};
use cess_podr2::{SecretKey, Sectors};

use crate::world::{CHAIN, FUNDS, START, TOKEN, Who, World, params, register, register_key};

fn transfer(amount: u128) -> Action {
    Action::Transfer { to: Who::Other.id(), amount }
}

#[test]
fn a_transfer_moves_what_is_there_and_no_more() {
    let mut world = World::new(0);
    world.ok(Who::Owner, transfer(FUNDS));
    assert_eq!((world.balance(Who::Owner), world.balance(Who::Other)), (0, 2 * FUNDS));
    let short = Error::InsufficientFunds { needed: 1, available: 0 };
    assert_eq!(world.call(Who::Owner, transfer(1)), Err(short));
    world.ok(Who::Other, transfer(2 * FUNDS));
    assert_eq!(world.balance(Who::Other), 2 * FUNDS);
}

#[test]
fn a_call_is_taken_once_in_order_on_its_chain_under_its_signature() {
    let mut world = World::new(0);
    let call = world.sign(Who::Owner, transfer(5));
    assert!(world.submit(1, call.clone()).is_ok());
    let (got, expected) = (call.call.nonce, call.call.nonce + 1);
    assert_eq!(world.submit(1, call), Err(Error::WrongNonce { expected, got }));
    let early = SignedCall::sign(&Who::Owner.key(), CHAIN, expected + 1, transfer(5));
    let refused = Error::WrongNonce { expected, got: expected + 1 };
    assert_eq!(world.submit(1, early), Err(refused));
    let elsewhere = SignedCall::sign(&Who::Owner.key(), [1; 32], expected, transfer(5));
    assert_eq!(world.submit(1, elsewhere), Err(Error::WrongChain));
    let mut forged = world.sign(Who::Owner, transfer(5));
    forged.call.action = transfer(6);
    assert_eq!(world.submit(1, forged), Err(Error::BadSignature));
    let mut stolen = world.sign(Who::Other, transfer(5));
    stolen.call.signer = Who::Owner.key().public();
    assert_eq!(world.submit(1, stolen), Err(Error::BadSignature));
    assert_eq!(world.balance(Who::Other), FUNDS + 5);
}

#[test]
fn a_refused_call_in_the_middle_of_a_block_does_not_touch_its_neighbours() {
    let mut world = World::new(0);
    let nonce = world.state.account(&Who::Owner.id()).nonce;
    let call = |nonce, amount| SignedCall::sign(&Who::Owner.key(), CHAIN, nonce, transfer(amount));
    let calls = vec![call(nonce, 1), call(nonce + 1, 2 * FUNDS), call(nonce + 1, 2)];
    let block = world.next(1, calls);
    let outcome = apply(&mut world.state, &block).unwrap();
    let accepted: Vec<bool> = outcome.results.iter().map(Result::is_ok).collect();
    assert_eq!(accepted, [true, false, true]);
    assert_eq!(world.balance(Who::Other), FUNDS + 3);
}

#[test]
fn a_block_out_of_order_or_time_is_refused_whole() {
    let mut world = World::new(0);
    let before = world.state.clone();
    let height = before.height();
    let good = world.next(1, vec![world.sign(Who::Owner, transfer(1))]);
    for got in [height, height + 2] {
        let refused = Error::WrongHeight { expected: height + 1, got };
        assert_eq!(apply(&mut world.state, &Block { height: got, ..good.clone() }), Err(refused));
    }
    let latest = before.time();
    let refused = Error::TimeReversed { latest, got: latest - 1 };
    assert_eq!(apply(&mut world.state, &Block { time: latest - 1, ..good.clone() }), Err(refused));
    assert_eq!(world.state, before);
    assert!(apply(&mut world.state, &good).is_ok());
}

#[test]
fn genesis_refuses_parameters_that_cannot_work_and_balances_beyond_128_bits() {
    let spoil: [fn(&mut cess_ledger::Params); 9] = [
        |p| p.deal.open_ms = 0,
        |p| p.deal.min_term_ms = 0,
        |p| p.deal.max_term_ms = p.deal.min_term_ms - 1,
        |p| p.deal.max_term_ms = 1 << 44,
        |p| p.audit.answer_ms = p.audit.window_ms,
        |p| p.audit.max_misses = 0,
        |p| p.audit.max_keys = 0,
        |p| p.repair.claim_ms = 0,
        |p| p.audit.sampling = cess_ledger::Sampling::Window { windows: 0, samples: 1 },
    ];
    for spoil in spoil {
        let mut bad = params();
        spoil(&mut bad);
        assert!(matches!(State::genesis(bad, START, []), Err(Error::BadParameter { .. })));
    }
    let rich = [(Who::Owner.id(), u128::MAX), (Who::Other.id(), 1)];
    assert_eq!(State::genesis(params(), START, rich), Err(Error::Overflow));
    assert!(State::genesis(params(), START, [rich[0]]).is_ok());
}

#[test]
fn a_tag_key_is_registered_once_with_the_full_stake_or_none() {
    let mut world = World::new(0);
    let secret = SecretKey::from_seed(&[9; 32], Sectors::MIN);
    let expected = world.state.params().collateral.tagger_stake;
    let refused = Error::BadStake { expected, got: expected - 1 };
    assert_eq!(world.call(Who::Other, register_key(&secret, expected - 1)), Err(refused));
    let Action::RegisterTagKey { key, proving_key_hash, .. } = register_key(&secret, 0) else {
        unreachable!()
    };
    let register = |format, key: &[u8]| Action::RegisterTagKey {
        format,
        key: key.to_vec(),
        proving_key_hash,
        stake: 0,
    };
    assert_eq!(world.call(Who::Other, register(2, &key)), Err(Error::BadTagKey));
    assert_eq!(world.call(Who::Other, register(1, &key[1..])), Err(Error::BadTagKey));
    assert!(world.call(Who::Other, register(1, &key)).is_ok());
    assert_eq!(world.call(Who::Owner, register(1, &key)), Err(Error::TagKeyExists));
}

#[test]
fn a_stake_returns_when_nothing_is_left_under_the_key() {
    let mut world = World::new(3);
    let stake = world.state.params().collateral.tagger_stake;
    let key = world.key_id(Who::Tagger);
    let file = world.store_under(100, 1, Who::Tagger);
    let retire = Action::RetireTagKey { key };
    let owner = Who::Tagger.id();
    assert_eq!(world.call(Who::Other, retire.clone()), Err(Error::NotOwner { owner }));
    let in_use = Error::TagKeyInUse { fragments: 3 };
    assert_eq!(world.call(Who::Tagger, retire.clone()), Err(in_use));
    let end = world.state.file(&file).unwrap().ends_at().unwrap();
    world.wait(end - world.state.time());
    assert_eq!(world.balance(Who::Tagger), FUNDS - stake);
    world.ok(Who::Tagger, retire.clone());
    assert_eq!(world.balance(Who::Tagger), FUNDS);
    assert_eq!(world.call(Who::Tagger, retire), Err(Error::NoSuchTagKey));
    let again = register_key(&SecretKey::from_seed(&owner.0, Sectors::MIN), stake);
    assert_eq!(world.call(Who::Tagger, again), Err(Error::TagKeyExists));
    let deal = world.open(100, 10);
    let manifest = world.manifest(100, 2, Who::Tagger);
    let close = world.close_action(deal, &manifest, Who::Tagger);
    assert_eq!(world.call(Who::Owner, close), Err(Error::NoSuchTagKey));
}

#[test]
fn collateral_that_overflows_is_refused() {
    let mut params = params();
    params.collateral.per_gib = u128::MAX / 2;
    let mut world = World::with(0, params);
    assert_eq!(world.call(Who::Owner, register(u64::MAX)), Err(Error::Overflow));
    assert_eq!(world.balance(Who::Owner), FUNDS);
}

#[test]
fn registering_a_tag_key_costs_its_fee_and_no_more() {
    let mut params = params();
    params.collateral.tag_key_fee = TOKEN / 10;
    let mut world = World::with(0, params);
    let secret = cess_podr2::SecretKey::from_seed(&[42; 32], cess_podr2::Sectors::MIN);
    let (before, treasury) = (world.balance(Who::Other), world.state.treasury());
    world.ok(Who::Other, crate::world::register_key(&secret, 0));
    assert_eq!(before - world.balance(Who::Other), TOKEN / 10);
    assert_eq!(world.state.treasury() - treasury, TOKEN / 10);
    let key = secret.public().key_id().to_bytes();
    world.ok(Who::Other, Action::RetireTagKey { key });
    assert_eq!(before - world.balance(Who::Other), TOKEN / 10, "the fee doesn't come back");
}
