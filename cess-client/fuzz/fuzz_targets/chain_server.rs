//! Bytes from a stranger to a chain's server, raw or behind a good greeting and in good frames: the
//! chain's invariants hold, and nothing is taken that isn't signed.
#![no_main]

mod pipe;

use cess_client::{LocalChain, Tick, serve_chain};
use cess_ledger::{AccountKey, Params, State};
use futures::executor::block_on;
use libfuzzer_sys::fuzz_target;
use pipe::Pipe;

const FUNDS: u128 = 1_000_000;

fn serve(said: Vec<u8>) {
    let account = AccountKey::from_seed(&[1; 32]).account();
    let genesis = State::genesis(Params::example([1; 32]), 1_000, [(account, FUNDS)]);
    let tick = |height| Tick { time: 1_000 + height, randomness: [7; 32] };
    let chain = LocalChain::new(genesis.expect("parameters work"), tick);
    let _ = block_on(serve_chain(&chain, Pipe::new(said)));
    chain.with_state(|state| {
        assert_eq!(state.check_invariants(), Ok(()));
        assert_eq!(state.account(&account).balance, FUNDS, "nobody has its key");
    });
}

fuzz_target!(|data: &[u8]| {
    serve(data.to_vec());
    let mut said = b"cesschn\x03".to_vec();
    said.extend_from_slice(data);
    serve(said.clone());
    // Each piece a frame of its own, so that what is inside is reached.
    said.truncate(8);
    for message in data.split(|byte| *byte == 0xFF) {
        said.extend_from_slice(&u32::try_from(message.len()).expect("short").to_le_bytes());
        said.extend_from_slice(message);
    }
    serve(said);
});
