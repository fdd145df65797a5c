//! `cargo bench -p cess-ledger`: blocks of transfers, and the placement of a segment.
#![allow(missing_docs)]

use std::hint::black_box;

use cess_ledger::{
    AccountId, AccountKey, Action, Block, Candidate, Params, Placement, Profile, SignedCall, State,
    apply,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const CHAIN: [u8; 32] = [0xC5; 32];
const START: u64 = 1_700_000_000_000;

fn key(number: u64) -> AccountKey {
    AccountKey::from_seed(&seed(number))
}

fn seed(number: u64) -> [u8; 32] {
    blake3::derive_key("cess-ledger benches seed", &number.to_le_bytes())
}

/// Signatures are most of it.
fn transfers(c: &mut Criterion) {
    for calls in [1, 100, 1000] {
        let keys: Vec<AccountKey> = (0..calls).map(key).collect();
        let accounts = keys.iter().map(|key| (key.account(), 1_000_000));
        let state =
            State::genesis(Params::example(CHAIN), START, accounts).expect("parameters work");
        let pay = |key: &AccountKey, to: &AccountKey| {
            SignedCall::sign(key, CHAIN, 0, Action::Transfer { to: to.account(), amount: 1 })
        };
        let signed = keys.iter().zip(keys.iter().cycle().skip(1)).map(|(key, to)| pay(key, to));
        let block = Block {
            height: state.height() + 1,
            time: START + 1000,
            randomness: [9; 32],
            calls: signed.collect(),
        };
        let bytes: usize = block.calls.iter().map(|call| call.to_bytes().len()).sum();

        let mut group = c.benchmark_group("ledger");
        group.sample_size(10).throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(format!("apply_transfers/calls={calls}"), |b| {
            b.iter_batched(
                || state.clone(),
                |mut state| {
                    let outcome = apply(&mut state, black_box(&block)).expect("the next block");
                    assert!(outcome.results.iter().all(Result::is_ok));
                    state
                },
                BatchSize::LargeInput,
            );
        });
    }
}

fn placement(c: &mut Criterion) {
    for nodes in [12, 20, 1000] {
        let candidates: Vec<Candidate> = (0..nodes)
            .map(|number| Candidate { miner: AccountId(seed(number)), free: 1 << 40 })
            .collect();
        let placement = Placement::new([7; 32], Profile::CESS, &candidates);
        let fragment_len = 8 << 20;
        let placed = Profile::CESS.fragments_per_segment() as u64;
        let mut group = c.benchmark_group("ledger");
        group.throughput(Throughput::Elements(placed));
        group.bench_function(format!("place_segment/nodes={nodes}"), |b| {
            b.iter_batched(
                || placement.clone(),
                |mut placement| placement.place(fragment_len).expect("enough nodes with room"),
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, transfers, placement);
criterion_main!(benches);
