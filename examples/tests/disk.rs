//! What a file takes on the disks of real nodes, beyond its redundancy.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;

use cess_client::{MemorySession, PutRequest, Stored};
use cess_examples::{Net, World, randomness};
use cess_ledger::{DAY_MS, GIB, Profile, Sampling, Visibility};
use cess_podr2::Sectors;
use futures::io::AllowStdIo;

const PROFILES: [Profile; 3] = [Profile::WHITE_PAPER, Profile::CESS, Profile::LEAN];

/// The most that the chain's file has when it holds the nodes and three files, bytes:
/// cess-client/README.md.
const CHAIN_LEN: u64 = 160 << 10;

/// Bytes that nodes keep beside the fragments of a segment whose shards have `shard_len` bytes:
/// docs/formats/node.md, merkle.md, podr2.md.
fn beside(profile: &Profile, shard_len: u64) -> u64 {
    let siblings = profile.geometry().total() as u64;
    let blocks = shard_len.div_ceil(Sectors::DEFAULT.block_bytes() as u64);
    let tags = 8 + 4 + siblings * (84 + 48 * blocks);
    let outboard = 40 + 64 * (shard_len.div_ceil(16 << 10) - 1);
    profile.fragments_per_segment() as u64 * (tags + outboard)
}

fn folder(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|e| if e.path().is_dir() { folder(&e.path()) } else { e.metadata().unwrap().len() })
        .sum()
}

/// Bytes in all folders of fragments, and in all folders of proving keys.
fn on_disk(world: &World) -> (u64, u64) {
    let sum = |name: &str| {
        let folders = world.nodes.values().map(|member| member.folder.join(name));
        folders.filter(|path| path.exists()).map(|path| folder(&path)).sum()
    };
    (sum("fragments"), sum("keys"))
}

async fn put(
    world: &World,
    client: &Net,
    profile: Profile,
    len: u64,
    visibility: Visibility,
) -> Stored {
    let request = PutRequest {
        profile,
        visibility,
        max_len: len,
        term_ms: 30 * DAY_MS,
        bid: None,
        tagger: &world.tagger,
    };
    let source = AllowStdIo::new(std::io::Read::take(std::io::repeat(7), len));
    let (mut session, mut rng) = (MemorySession::default(), randomness().unwrap());
    client.put(&world.owner, &request, source, &mut session, &mut rng, &|_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_segment_takes_less_than_a_hundredth_more_than_its_fragments() {
    // What cess-client/README.md states for a small file.
    for (profile, fixed) in PROFILES.into_iter().zip([13_240, 21_168, 27_496]) {
        let dir = tempfile::tempdir().unwrap();
        let fragments_per_segment = profile.fragments_per_segment();
        let world = World::open(dir.path(), fragments_per_segment, GIB, true, Sampling::Every)
            .await
            .unwrap();
        let client = world.client();
        let segment = u64::from(profile.segment_len());
        let mut before = 0;
        for (len, visibility) in [
            (segment, Visibility::Public),
            (100 << 10, Visibility::Private),
            (1, Visibility::Private),
        ] {
            let stored = put(&world, &client, profile, len, visibility).await;
            let (fragments, keys) = on_disk(&world);
            let taken = fragments - before;
            before = fragments;
            let shard_len = stored.stored / fragments_per_segment as u64;
            assert_eq!(taken, stored.stored + beside(&profile, shard_len));
            let geometry = profile.geometry();
            let coded = u64::from(profile.replicas()) * len * geometry.total() as u64;
            let redundant = coded.div_ceil(geometry.data() as u64);
            if len == segment {
                assert!((taken - redundant) * 100 < redundant, "{taken} of {redundant}");
            } else {
                assert!(taken <= redundant + fixed, "{taken} for {len}");
            }
            // Once for each node and tag key, whatever they hold: 48 bytes a sector but the first.
            let key = 48 * (u64::from(Sectors::DEFAULT.get()) - 1);
            assert_eq!(keys, fragments_per_segment as u64 * key);
        }
        // The same table's word for the chain's file, where the chain is a local one.
        let chain = std::fs::metadata(dir.path().join("chain.redb")).unwrap().len();
        assert!(chain <= CHAIN_LEN, "{profile:?}: {chain}");
    }
}

#[test]
fn every_profile_stays_below_a_hundredth_and_with_proving_keys_from_two_gib_on() {
    for (profile, expected) in PROFILES.iter().zip([0.0049, 0.0064, 0.0070]) {
        let shard_len = u64::from(profile.segment_len()) / profile.geometry().data() as u64;
        let fragments = profile.fragments_per_segment() as u64 * shard_len;
        let share = beside(profile, shard_len) as f64 / fragments as f64;
        assert!((share - expected).abs() < 0.0001, "{profile:?}: {share}");
        let keys = 20 * 48 * 8191;
        let two_gib = profile.stored_len(Visibility::Private, 2 << 30).unwrap();
        assert!(share + f64::from(keys) / (two_gib as f64) < 0.01, "{profile:?}");
    }
}
