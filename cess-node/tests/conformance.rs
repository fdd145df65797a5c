//! The contract of storage nodes, over memory and over a folder.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::sync::Arc;

use cess_client::testkit::conformance_node;
use cess_node::{KeyCache, Node};
use object_store::{local::LocalFileSystem, memory::InMemory};

#[tokio::test]
async fn a_node_in_memory_keeps_the_contract() {
    let keys = KeyCache::new();
    conformance_node(async |chain, account| {
        Node::new(chain, account, Arc::new(InMemory::new()), keys.clone())
    })
    .await;
}

#[tokio::test]
async fn a_node_in_a_folder_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    conformance_node(async |chain, account| {
        let path = folder.path().join(account.account().to_string());
        std::fs::create_dir(&path).unwrap();
        let store = LocalFileSystem::new_with_prefix(path).unwrap().with_fsync(true);
        Node::new(chain, account, Arc::new(store), KeyCache::new())
    })
    .await;
}
