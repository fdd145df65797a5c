//! Bytes as a call: what decodes has one encoding; applied as it is and, its action signed anew by
//! a known key, to a small world in several states, it never panics, keeps every invariant, and
//! leaves no trace when it is refused.
#![no_main]
#![allow(dead_code, reason = "shared with the tests")]

#[path = "../../tests/rules/world.rs"]
mod world;

use std::cell::OnceCell;

use cess_ledger::{Action, Block, SignedCall, State, apply};
use libfuzzer_sys::fuzz_target;

use world::{CHAIN, Who, World, params};

/// Fresh, with a deal to close, with fragments to report, under audit, with a claimed order.
fn states() -> Vec<State> {
    let mut params = params();
    params.audit.max_misses = 1;
    let mut world = World::with(5, params);
    let mut states = vec![world.state.clone()];
    world.open(5000, 10);
    states.push(world.state.clone());
    let (deal, file) = world.close(5000, 1);
    states.push(world.state.clone());
    world.report_all(deal, file);
    world.window();
    states.push(world.state.clone());
    let (name, who) = world.names(file)[0];
    let order = world.lose(name, who);
    let by = world.stranger(file);
    world.ok(by, Action::ClaimRepair { order });
    states.push(world.state.clone());
    states
}

fn one_block(state: &State, calls: Vec<SignedCall>) {
    let height = state.height() + 1;
    let time = state.time() + 1000;
    let block = Block { height, time, randomness: [7; 32], calls };
    let (mut with, mut without) = (state.clone(), state.clone());
    let outcome = apply(&mut with, &block).unwrap();
    assert_eq!(with.check_invariants(), Ok(()));
    if outcome.results.iter().all(Result::is_err) {
        apply(&mut without, &Block { calls: Vec::new(), ..block }).unwrap();
        assert_eq!(with, without, "a refused call left a trace");
    }
}

thread_local! {
    static STATES: OnceCell<Vec<State>> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((&head, bytes)) = data.split_first() else { return };
    STATES.with(|cell| {
        let states = cell.get_or_init(states);
        let state = &states[usize::from(head >> 4) % states.len()];
        let mut actions = Vec::new();
        if let Ok(call) = SignedCall::from_bytes(bytes) {
            assert_eq!(call.to_bytes(), bytes, "two encodings of one call");
            actions.push(call.call.action.clone());
            one_block(state, vec![call]);
        }
        if let Ok(action) = borsh::from_slice::<Action>(bytes) {
            assert_eq!(borsh::to_vec(&action).unwrap(), bytes, "two encodings of one action");
            actions.push(action);
        }
        let everybody = [Who::Owner, Who::Other, Who::Tagger, Who::Miner(0), Who::Miner(1)];
        let who = everybody[usize::from(head & 0xF) % everybody.len()];
        let nonce = state.account(&who.id()).nonce;
        for action in actions {
            one_block(state, vec![SignedCall::sign(&who.key(), CHAIN, nonce, action)]);
        }
    });
});
