//! `cargo bench -p cess-node`: nodes over object stores in memory: a file put on twelve of them,
//! and one of its fragments read and proven.
#![allow(missing_docs)]

use std::{collections::BTreeMap, sync::Arc};

use cess_client::testkit::World;
use cess_client::{ChainExt, Client, LocalChain, MemorySession, PutRequest, StorageNode, Stored};
use cess_erasure::Geometry;
use cess_ledger::{AccountId, DAY_MS, Profile, Visibility};
use cess_node::{KeyCache, Node};
use cess_podr2::{Audit, Challenge, Holding, Policy};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use object_store::memory::InMemory;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

type Nodes = BTreeMap<AccountId, Arc<Node<Arc<LocalChain>>>>;

/// One segment, in fragments of a quarter of the file.
fn network(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let profile = Profile::new(1, Geometry::CESS, 4 << 20).expect("whole records");
    for bytes in [4 << 10, 256 << 10, 4 << 20] {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let mut data = vec![0; bytes];
        rng.fill_bytes(&mut data);
        let world = runtime.block_on(World::new(7, 12));
        let keys = KeyCache::new();
        let nodes: Nodes = world.nodes(|chain, account| {
            Node::new(chain, account, Arc::new(InMemory::new()), keys.clone())
        });
        let client = Client::new(world.chain().clone(), nodes.clone());
        let request = PutRequest {
            profile,
            visibility: Visibility::Public,
            max_len: bytes as u64,
            term_ms: 30 * DAY_MS,
            bid: None,
            tagger: world.tagger(),
        };
        let mut put = || -> Stored {
            let mut session = MemorySession::default();
            let put =
                client.put(world.owner(), &request, &data[..], &mut session, &mut rng, &|_| {});
            runtime.block_on(put).expect("enough nodes with room")
        };
        let stored = put();

        let records = runtime.block_on(world.chain().fragments(stored.file)).expect("a chain");
        let record = records.first().expect("twelve fragments");
        let (node, fragment) = (&nodes[&record.miner], record.info.fragment);
        let (name, len) = (fragment.name(), fragment.len());
        let holding = Holding::from_entries([fragment.entry()]).expect("one entry");
        let prover = record.miner.0;
        let audit = Audit { chain_id: [1; 32], round: 1, height: 1000, prover };
        let challenge =
            Challenge::new(audit, &holding, Policy::Every, [3; 32]).expect("blocks to ask for");

        let mut group = c.benchmark_group("node");
        group.sample_size(10).throughput(Throughput::Bytes(len));
        group.bench_function(format!("read/bytes={len}"), |b| {
            b.iter(|| runtime.block_on(node.read(&name, 0..len)).expect("it is there"));
        });
        group.bench_function(format!("prove/bytes={len}"), |b| {
            b.iter(|| runtime.block_on(node.prove(&challenge, &[fragment])).expect("it is there"));
        });
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(format!("put_file/bytes={bytes}"), |b| b.iter(&mut put));
    }
}

criterion_group!(benches, network);
criterion_main!(benches);
