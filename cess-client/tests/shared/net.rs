//! A network of nodes in memory that are faulty on demand.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cess_client::{
    Client, Error, Fetched, Keys, LocalChain, MemorySession, Owner, PutRequest, Stored, Tagger,
    testkit::{Fault, FaultyNode, MemoryNode, World},
};
use cess_ledger::{AccountId, DAY_MS, FileId, FragmentRecord, Profile, Slot, Visibility};
use futures::io::Cursor;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

pub(crate) type Node = Arc<FaultyNode<MemoryNode<Arc<LocalChain>>>>;
pub(crate) type Nodes = BTreeMap<AccountId, Node>;

pub(crate) const BOTH: [Visibility; 2] = [Visibility::Public, Visibility::Private];
pub(crate) const PROFILES: [Profile; 3] = [Profile::WHITE_PAPER, Profile::CESS, Profile::LEAN];

pub(crate) struct Net {
    pub(crate) world: World,
    pub(crate) nodes: Nodes,
    pub(crate) client: Client<Arc<LocalChain>, Nodes>,
    puts: AtomicU64,
}

impl Net {
    pub(crate) async fn new(miners: usize) -> Self {
        let world = World::new(7, miners).await;
        let nodes =
            world.nodes(|chain, key| FaultyNode::new(MemoryNode::new(chain, key), Fault::None));
        let client = Client::new(world.chain().clone(), nodes.clone());
        Self { world, nodes, client, puts: AtomicU64::new(0) }
    }

    pub(crate) fn request<'a>(
        &self,
        profile: Profile,
        visibility: Visibility,
        tagger: &'a dyn Tagger,
    ) -> PutRequest<'a> {
        let (max_len, term_ms) = (1 << 20, 30 * DAY_MS);
        PutRequest { profile, visibility, max_len, term_ms, bid: None, tagger }
    }

    pub(crate) async fn put(
        &self,
        profile: Profile,
        visibility: Visibility,
        bytes: &[u8],
    ) -> Result<Stored, Error> {
        self.put_by(self.world.tagger(), profile, visibility, bytes).await
    }

    pub(crate) async fn put_by(
        &self,
        tagger: &dyn Tagger,
        profile: Profile,
        visibility: Visibility,
        bytes: &[u8],
    ) -> Result<Stored, Error> {
        let request = self.request(profile, visibility, tagger);
        let (mut session, source) = (MemorySession::default(), Cursor::new(bytes));
        let mut rng = ChaCha20Rng::seed_from_u64(self.puts.fetch_add(1, Ordering::SeqCst));
        let owner = self.world.owner();
        self.client.put(owner, &request, source, &mut session, &mut rng, &|_| {}).await
    }

    pub(crate) async fn get(
        &self,
        id: FileId,
        owner: Option<&Owner>,
    ) -> (Vec<u8>, Result<Fetched, Error>) {
        let mut sink = Vec::new();
        let keys = Keys { owner, tagger: owner.map(|_| self.world.tagger() as &dyn Tagger) };
        let fetched = self.client.get(id, keys, &mut sink, &|_| {}).await;
        (sink, fetched)
    }

    pub(crate) async fn reads(&self, id: FileId, bytes: &[u8]) {
        let (got, fetched) = self.get(id, Some(self.world.owner())).await;
        assert_eq!(fetched.map(|f| f.len), Ok(bytes.len() as u64));
        assert!(got == bytes, "the bytes that were put");
    }

    pub(crate) fn records(&self, id: FileId) -> Vec<FragmentRecord> {
        self.world.chain().with_state(|state| state.file_fragments(&id))
    }

    pub(crate) fn record(&self, id: FileId, profile: &Profile, slot: Slot) -> FragmentRecord {
        let index = usize::try_from(slot.index(profile)).unwrap();
        self.records(id).swap_remove(index)
    }

    pub(crate) fn node(&self, record: &FragmentRecord) -> &Node {
        &self.nodes[&record.miner]
    }

    pub(crate) fn lose(&self, record: &FragmentRecord) {
        self.node(record).inner().lose(&record.info.fragment.name());
    }

    pub(crate) fn balance(&self, id: AccountId) -> u128 {
        self.world.chain().with_state(|state| state.account(&id).balance)
    }
}

/// The geometry and the replicas of a profile over segments that are quick to make.
pub(crate) fn short(profile: Profile) -> Profile {
    Profile::new(profile.replicas(), profile.geometry(), 65_536).unwrap()
}

/// The shards of a geometry in bytes.
pub(crate) fn shards(profile: &Profile) -> (u8, u8, u8) {
    let geometry = profile.geometry();
    let byte = |n: usize| u8::try_from(n).unwrap();
    (byte(geometry.data()), byte(geometry.parity()), byte(geometry.total()))
}

pub(crate) fn random(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    ChaCha20Rng::seed_from_u64(len as u64).fill_bytes(&mut bytes);
    bytes
}
