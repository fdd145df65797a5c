//! Random blocks against a naive model: after each, every balance, escrow, status, holding and
//! challenge is the same in both, a call is taken by both or refused by both for a reason that
//! the model has too, and the tokens are conserved.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod calls;
mod compare;
mod driver;
mod naive;
#[path = "../rules/world.rs"]
#[allow(dead_code, reason = "shared with the rules' tests")]
mod world;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use crate::driver::{Seen, Stage};

fn play(seeds: std::ops::Range<u64>, choices: usize) -> Seen {
    let mut stage = Stage::new();
    for seed in seeds {
        let mut bytes = vec![0; choices];
        ChaCha12Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        stage.play(&bytes);
    }
    stage.seen
}

#[test]
fn the_ledger_agrees_with_the_naive_model_after_every_block() {
    let seen = play(0..40, 1000);
    println!("{seen:?}");
}
