//! Bytes as what a pool does over several rounds, and as raw inputs: no panic, every invariant after
//! every step, no trace of what was refused (`World::step` checks all of it).
#![no_main]
#![allow(dead_code, reason = "shared with the tests")]

#[path = "../../tests/support/world.rs"]
mod world;

use std::cell::OnceCell;

use cess_consensus::{Duty, Evidence, Input, Kind, State, Vote};
use libfuzzer_sys::fuzz_target;

use world::{CHAIN, STAKE, World, id, params, registration, sign};

fn equivocation(world: &World, who: u64, round: u64) -> Input {
    let vote = |value: u8| Vote {
        chain: CHAIN,
        kind: if value > 200 { Kind::Checkpoint } else { Kind::Commit },
        round,
        height: 3,
        view: 0,
        voters: world.state().committee().digest(),
        value: [value; 32],
    };
    let signed = |vote: Vote| (vote, sign(who, &vote));
    Input::Evidence(Evidence::Votes { who: id(who), first: signed(vote(1)), second: signed(vote(2)) })
}

thread_local! {
    static START: OnceCell<State> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let start = START.with(|cell| cell.get_or_init(|| World::new(13, params()).state().clone()).clone());
    let mut world = World::from_state(start);
    if let Ok(input) = Input::from_bytes(data) {
        let _ = world.step(input);
    }
    for action in data.chunks_exact(4).take(40) {
        let [kind, a, b, c] = [action[0], action[1], action[2], action[3]];
        let (who, other) = (u64::from(a % 24), u64::from(b % 24));
        let amount = u128::from(c) * STAKE / 100;
        let input = match kind % 12 {
            0 => Input::Register(registration(who, amount)),
            1 => Input::Bond { owner: id(other), candidate: id(who), amount },
            2 => Input::Unbond { owner: id(other), candidate: id(who), amount },
            3 => Input::Resume { who: id(who) },
            4 => Input::Exit { who: id(who) },
            5 => Input::Report { who: id(who), duty: Duty::Vote, done: b.into(), due: c.into() },
            6 => equivocation(&world, who, world.state().round().saturating_sub(u64::from(b % 8))),
            7 => world.ticket(who),
            8 => world.contribution(who),
            9 => Input::EndRound { height: world.state().boundary().height + u64::from(b), state_root: [c; 32] },
            10 if world.state().pending().is_some() => {
                Input::Checkpoint(world.checkpoint(|id| id.0[7] % 16 != c % 32))
            }
            _ => {
                if world.state().pending().is_none() {
                    world.reveal_missing(|at| at % 8 != u64::from(b % 16));
                    world.end_round().unwrap();
                }
                Input::Checkpoint(world.checkpoint(|_| true))
            }
        };
        let _ = world.step(input);
    }
});
