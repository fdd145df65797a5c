//! A format that moves by accident fails here. A deliberate change needs a new version.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::sync::{Arc, Mutex};

use cess_client::{
    Client, LocalTagger, MemorySession, Owner, PutRequest, SessionStore, StorageNode, Tagger,
    testkit::{MemoryNode, World},
};
use cess_erasure::Geometry;
use cess_ledger::{AccountId, DAY_MS, Profile, Visibility};
use cess_podr2::Sectors;
use futures::io::Cursor;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// Keeps every session that was saved.
#[derive(Clone, Default)]
struct Recorder(MemorySession, Arc<Mutex<blake3::Hasher>>);

impl SessionStore for Recorder {
    fn load(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        self.0.load()
    }

    fn save(&mut self, session: &[u8]) -> std::io::Result<()> {
        self.1.lock().unwrap().update(session);
        self.0.save(session)
    }

    fn clear(&mut self) -> std::io::Result<()> {
        self.0.clear()
    }
}

/// Hashes of: file id with all fragments, all tags, all sessions, access record.
async fn uploaded(visibility: Visibility) -> [String; 4] {
    let world = World::new(1, 9).await;
    let nodes = world.nodes(MemoryNode::new);
    let client = Client::new(world.chain().clone(), nodes.clone());
    let request = PutRequest {
        profile: Profile::new(3, Geometry::rs8(2, 1).unwrap(), 65_536).unwrap(),
        visibility,
        max_len: 1 << 20,
        term_ms: 30 * DAY_MS,
        bid: None,
        tagger: world.tagger(),
    };
    let source: Vec<u8> = (0..70_000u32).map(|i| (i % 251) as u8).collect();
    let mut store = Recorder::default();
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let put =
        client.put(world.owner(), &request, Cursor::new(source), &mut store, &mut rng, &|_| {});
    let stored = put.await.unwrap();
    let mut data = blake3::Hasher::new();
    let mut tags = blake3::Hasher::new();
    data.update(&stored.file.0);
    for record in world.chain().with_state(|state| state.file_fragments(&stored.file)) {
        let node = &nodes[&record.miner];
        let name = record.info.fragment.name();
        data.update(&node.bytes(&name).unwrap());
        tags.update(&node.tags(&name).await.unwrap().to_bytes());
    }
    let access = world.chain().with_state(|state| state.file(&stored.file).unwrap().access);
    let access = borsh::to_vec(&access).unwrap();
    let sessions = store.1.lock().unwrap().finalize();
    [data.finalize(), tags.finalize(), sessions, blake3::hash(&access)]
        .map(|hash| hash.to_hex()[..16].to_owned())
}

/// The same with and without feature `rayon`.
#[tokio::test]
async fn an_upload_is_pinned() {
    assert_eq!(uploaded(Visibility::Public).await, PUBLIC);
    assert_eq!(uploaded(Visibility::Private).await, PRIVATE);
}

const PUBLIC: [&str; 4] =
    ["cdd503036a6f0cd7", "6ebdbdd05343850d", "3efdf5f09eca0037", "2d3adedff11b61f1"];
const PRIVATE: [&str; 4] =
    ["56048870307a01ae", "bad8e58b588af1aa", "32cc1c570d6fa30a", "0267111e992fcf15"];

#[test]
fn the_keys_of_a_seed_are_pinned() {
    let seed = [5; 32];
    let (owner, tagger) = (Owner::from_seed(&seed), LocalTagger::from_seed(&seed, Sectors::MIN));
    let id = |id: AccountId| blake3::Hash::from(id.0).to_hex()[..16].to_owned();
    let key = blake3::Hash::from(tagger.public().key_id().to_bytes()).to_hex()[..16].to_owned();
    assert_eq!([id(owner.account().account()), id(tagger.account().account()), key], KEYS);
}

const KEYS: [&str; 3] = ["f4bbc8be7f179bd6", "f4bbc8be7f179bd6", "5c10fc6051a4a994"];
