//! Every implementation of a seam runs the suite of its contract.

use cess_client::testkit::{Fault, FaultyNode, MemoryNode, conformance_node};

#[tokio::test]
async fn a_memory_node_keeps_the_contract() {
    conformance_node(async |chain, key| MemoryNode::new(chain, key)).await;
}

#[tokio::test]
async fn a_faulty_node_without_a_fault_keeps_the_contract() {
    conformance_node(async |chain, key| FaultyNode::new(MemoryNode::new(chain, key), Fault::None))
        .await;
}
