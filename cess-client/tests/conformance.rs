//! Every implementation of a seam runs the suite of its contract.

use std::sync::Arc;

use cess_client::{
    LocalChain, Tick,
    testkit::{
        Fault, FaultyNode, FlakyChain, MemoryNode, World, conformance_chain, conformance_node,
        conformance_tagger,
    },
};
use cess_ledger::State;

fn local(genesis: State) -> LocalChain {
    LocalChain::new(genesis, |height| Tick {
        time: World::START_MS + 1000 * height,
        randomness: *blake3::hash(&height.to_le_bytes()).as_bytes(),
    })
}

#[tokio::test]
async fn a_local_chain_keeps_the_contract() {
    conformance_chain(async |genesis| local(genesis)).await;
    conformance_chain(async |genesis| Arc::new(local(genesis))).await;
}

#[tokio::test]
async fn a_chain_behind_a_bad_line_keeps_the_contract() {
    for seed in 0..20 {
        conformance_chain(async |genesis| FlakyChain::new(local(genesis), seed, 3)).await;
    }
}

#[tokio::test]
async fn a_memory_node_keeps_the_contract() {
    conformance_node(async |chain, key| MemoryNode::new(chain, key)).await;
}

#[tokio::test]
async fn a_faulty_node_without_a_fault_keeps_the_contract() {
    conformance_node(async |chain, key| FaultyNode::new(MemoryNode::new(chain, key), Fault::None))
        .await;
}

#[tokio::test]
async fn a_local_tagger_keeps_the_contract() {
    conformance_tagger(async |tagger| tagger).await;
}
