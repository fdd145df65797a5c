//! put, get, audit and repair over a chain in memory and nodes that are faulty on demand.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod audit_repair;
mod faults;
mod hostile;
mod put_get;
mod resume;

use std::{collections::BTreeMap, sync::Arc};

use cess_client::{
    Chain, Client, Directory, Error, Fetched, Keys, LocalChain, MemorySession, Owner, PutRequest,
    SessionStore, Stored, Tagger,
    testkit::{Fault, FaultyNode, MemoryNode, World},
};
use cess_erasure::Geometry;
use cess_ledger::{AccountId, DAY_MS, FileId, FragmentRecord, Profile, Slot, Visibility};
use futures::io::Cursor;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

type Node = Arc<FaultyNode<MemoryNode<Arc<LocalChain>>>>;
type Nodes = BTreeMap<AccountId, Node>;

const SEGMENT_LEN: u32 = 65_536;

struct Net {
    world: World,
    nodes: Nodes,
    client: Client<Arc<LocalChain>, Nodes>,
}

impl Net {
    async fn new(miners: usize) -> Self {
        let world = World::new(7, miners).await;
        let nodes =
            world.nodes(|chain, key| FaultyNode::new(MemoryNode::new(chain, key), Fault::None));
        let client = Client::new(world.chain().clone(), nodes.clone());
        Self { world, nodes, client }
    }

    fn request(&self, profile: Profile, visibility: Visibility) -> PutRequest<'_> {
        PutRequest {
            profile,
            visibility,
            max_len: 1 << 20,
            term_ms: 30 * DAY_MS,
            bid: None,
            tagger: self.world.tagger(),
        }
    }

    async fn put(
        &self,
        profile: Profile,
        visibility: Visibility,
        bytes: &[u8],
    ) -> Result<Stored, Error> {
        let request = self.request(profile, visibility);
        self.put_with(&self.client, &request, bytes, &mut MemorySession::default()).await
    }

    async fn put_with<C: Chain, D: Directory>(
        &self,
        client: &Client<C, D>,
        request: &PutRequest<'_>,
        bytes: &[u8],
        session: &mut impl SessionStore,
    ) -> Result<Stored, Error> {
        let source = Cursor::new(bytes);
        client.put(self.world.owner(), request, source, session, &mut rng(1), &|_| {}).await
    }

    async fn get(&self, id: FileId, owner: Option<&Owner>) -> (Vec<u8>, Result<Fetched, Error>) {
        let tagger = owner.map(|_| self.world.tagger() as &dyn Tagger);
        get(&self.client, id, Keys { owner, tagger }).await
    }

    async fn reads(&self, id: FileId, bytes: &[u8]) {
        let (got, fetched) = self.get(id, Some(self.world.owner())).await;
        assert_eq!(fetched.map(|f| f.len), Ok(bytes.len() as u64));
        assert!(got == bytes, "the bytes that were put");
    }

    fn records(&self, id: FileId) -> Vec<FragmentRecord> {
        self.world.chain().with_state(|state| state.file_fragments(&id))
    }

    fn record(&self, id: FileId, profile: &Profile, slot: (u32, u8, u8)) -> FragmentRecord {
        let slot = Slot { segment: slot.0, replica: slot.1, shard: slot.2 };
        self.records(id)[slot.index(profile) as usize].clone()
    }

    fn node(&self, record: &FragmentRecord) -> &Node {
        &self.nodes[&record.miner]
    }

    fn lose(&self, record: &FragmentRecord) {
        self.node(record).inner().lose(&record.info.fragment.name());
    }

    fn balance(&self) -> u128 {
        let owner = self.world.owner().account().account();
        self.world.chain().with_state(|state| state.account(&owner).balance)
    }
}

async fn get<C: Chain, D: Directory>(
    client: &Client<C, D>,
    id: FileId,
    keys: impl Into<Keys<'_>>,
) -> (Vec<u8>, Result<Fetched, Error>) {
    let mut sink = Vec::new();
    let fetched = client.get(id, keys, &mut sink, &|_| {}).await;
    (sink, fetched)
}

fn profile(replicas: u8, data: u16, parity: u16) -> Profile {
    Profile::new(replicas, Geometry::rs8(data, parity).unwrap(), SEGMENT_LEN).unwrap()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn random(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rng(len as u64).fill_bytes(&mut bytes);
    bytes
}
