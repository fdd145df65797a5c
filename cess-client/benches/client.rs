//! `cargo bench -p cess-client`: a file put and got in memory, over the testkit's chain and nodes,
//! which check every tag under a tag key of 64 sectors.
#![allow(missing_docs)]

use std::sync::Arc;

use cess_client::testkit::{MemoryNode, World};
use cess_client::{Client, LocalChain, MemorySession, PutRequest, Stored};
use cess_erasure::Geometry;
use cess_ledger::{DAY_MS, Profile, Visibility};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

type Nodes = std::collections::BTreeMap<cess_ledger::AccountId, Arc<MemoryNode<Arc<LocalChain>>>>;

/// Segments of 1 MiB, so that the large file has several.
const SEGMENT_LEN: u32 = 1 << 20;

fn file(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let profile = Profile::new(1, Geometry::CESS, SEGMENT_LEN).expect("whole records");
    for bytes in [1 << 10, 1 << 20, 4 << 20] {
        for (kind, visibility) in [("public", Visibility::Public), ("private", Visibility::Private)]
        {
            let mut rng = ChaCha20Rng::from_seed([7; 32]);
            let mut data = vec![0; bytes];
            rng.fill_bytes(&mut data);
            let world = runtime.block_on(World::new(7, 12));
            let nodes: Nodes = world.nodes(MemoryNode::new);
            let client = Client::new(world.chain().clone(), nodes);
            let request = PutRequest {
                profile,
                visibility,
                max_len: bytes as u64,
                term_ms: 30 * DAY_MS,
                bid: None,
                tagger: world.tagger(),
            };
            let mut put = || -> Stored {
                let (owner, mut session) = (world.owner(), MemorySession::default());
                let put = client.put(owner, &request, &data[..], &mut session, &mut rng, &|_| {});
                runtime.block_on(put).expect("enough nodes with room")
            };
            let stored = put();

            let mut group = c.benchmark_group("client");
            group.sample_size(10).throughput(Throughput::Bytes(bytes as u64));
            group.bench_function(format!("put/kind={kind}/bytes={bytes}"), |b| b.iter(&mut put));
            group.bench_function(format!("get/kind={kind}/bytes={bytes}"), |b| {
                b.iter(|| {
                    let mut sink = Vec::with_capacity(bytes);
                    let get = client.get(stored.file, Some(world.owner()), &mut sink, &|_| {});
                    runtime.block_on(get).expect("every fragment");
                    sink
                });
            });
        }
    }
}

criterion_group!(benches, file);
criterion_main!(benches);
