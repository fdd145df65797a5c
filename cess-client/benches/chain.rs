//! `cargo bench -p cess-client --bench chain --all-features`: what a block costs.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::{hint::black_box, path::Path};

use cess_client::{Chain, ChainExt, LocalChain, RemoteChain, Tick, serve_chain, testkit::World};
use cess_ledger::{AccountKey, Action, Params, SignedCall, State};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures::executor::block_on;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::compat::TokioAsyncReadCompatExt;

fn tick(height: u64) -> Tick {
    Tick { time: World::START_MS + height, randomness: [0; 32] }
}

fn key() -> AccountKey {
    AccountKey::from_seed(&[1; 32])
}

fn genesis() -> Result<State, cess_ledger::Error> {
    let balances = [(key().account(), World::FUNDS)];
    State::genesis(Params::example([1; 32]), World::START_MS, balances)
}

fn open(path: &Path) -> LocalChain {
    LocalChain::open(path, genesis, tick).expect("it opens")
}

fn payments() -> impl FnMut() -> SignedCall {
    let mut nonces = 0..;
    move || {
        let action = Action::Transfer { to: key().account(), amount: 1 };
        SignedCall::sign(&key(), [1; 32], nonces.next().unwrap_or_default(), action)
    }
}

fn submit(c: &mut Criterion, store: &str, chain: &LocalChain) {
    let mut payment = payments();
    c.bench_function(&format!("cess-client.submit/store={store}"), |b| {
        b.iter_batched(
            &mut payment,
            |call| block_on(chain.submit(black_box(call))).expect("it is taken"),
            BatchSize::PerIteration,
        );
    });
}

fn local(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    submit(c, "memory", &LocalChain::new(genesis().expect("a genesis"), tick));
    submit(c, "file", &open(&dir.path().join("submit")));
    for blocks in [255, 10_000] {
        let path = dir.path().join(blocks.to_string());
        let (chain, mut payment) = (open(&path), payments());
        for _ in 0..blocks {
            block_on(chain.submit(payment())).expect("it is taken");
        }
        drop(chain);
        c.bench_function(&format!("cess-client.open/blocks={blocks}"), |b| {
            b.iter(|| open(black_box(&path)));
        });
    }
}

fn remote(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    let chain = LocalChain::new(genesis().expect("a genesis"), tick);
    runtime.spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        serve_chain(&chain, stream.compat()).await
    });
    let chain = RemoteChain::new(move || async move {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream.compat())
    });
    c.bench_function("cess-client.head/chain=remote", |b| {
        b.iter(|| runtime.block_on(chain.head()).expect("an answer"));
    });
}

criterion_group!(benches, local, remote);
criterion_main!(benches);
