//! A network of nodes for the tests.
#![allow(dead_code, unreachable_pub, missing_docs, missing_debug_implementations)]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use cess_client::{
    Client, LocalChain, MemorySession, Observer, PutRequest, Stored, TaggedSegment, Upload,
    testkit::World,
};
use cess_erasure::Geometry;
use cess_ledger::{
    AccountId, Action, DAY_MS, DealId, Event, FileId, FragmentRecord, Params, Profile, Sampling,
    Verdict, Visibility,
};
use cess_node::{KeyCache, Node};
use cess_podr2::{FragmentName, Tags};
use futures::{future::BoxFuture, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    local::LocalFileSystem, memory::InMemory, path::Path,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub type TestNode = Node<Arc<LocalChain>>;
pub type Nodes = BTreeMap<AccountId, Arc<TestNode>>;

pub const HOUR_MS: u64 = DAY_MS / 24;

#[derive(Clone, Copy, Debug)]
pub enum Backend {
    Memory,
    Folder,
}

/// A world whose nodes lie over stores that the test can reach into.
pub struct Net {
    pub world: World,
    pub stores: BTreeMap<AccountId, Arc<dyn ObjectStore>>,
    pub nodes: Nodes,
    folder: Option<tempfile::TempDir>,
}

impl Net {
    pub async fn new(backend: Backend, seed: u64, miners: usize) -> Self {
        let mut params = Params::example([7; 32]);
        params.audit.sampling = Sampling::Every;
        let world = World::with_params(seed, miners, params).await;
        let folder = match backend {
            Backend::Memory => None,
            Backend::Folder => Some(tempfile::tempdir().unwrap()),
        };
        let stores = world.miners().into_iter().map(|id| {
            let store: Arc<dyn ObjectStore> = match &folder {
                None => Arc::new(InMemory::new()),
                Some(folder) => Arc::new(open(folder.path().join(id.to_string()))),
            };
            (id, store)
        });
        let stores = stores.collect();
        let mut net = Self { world, stores, nodes: Nodes::new(), folder };
        net.restart();
        net
    }

    /// New nodes over the old stores, opened again where they are folders.
    pub fn restart(&mut self) {
        if let Some(folder) = &self.folder {
            for (id, store) in &mut self.stores {
                *store = Arc::new(open(folder.path().join(id.to_string())));
            }
        }
        let keys = KeyCache::new();
        let stores = &self.stores;
        self.nodes = self.world.nodes(|chain, key| {
            let store = stores[&key.account()].clone();
            Node::new(chain, key, store, keys.clone())
        });
    }

    pub fn chain(&self) -> &Arc<LocalChain> {
        self.world.chain()
    }

    pub fn client(&self) -> Client<Arc<LocalChain>, Nodes> {
        Client::new(self.chain().clone(), self.nodes.clone())
    }

    pub fn request(&self, len: u64) -> PutRequest<'_> {
        PutRequest {
            profile: profile(),
            visibility: Visibility::Private,
            max_len: len,
            term_ms: 30 * DAY_MS,
            bid: None,
            tagger: self.world.tagger(),
        }
    }

    pub async fn put(&self, data: &[u8]) -> std::result::Result<Stored, cess_client::Error> {
        self.put_observed(data, &|_| {}).await
    }

    pub async fn put_observed(
        &self,
        data: &[u8],
        observer: Observer<'_>,
    ) -> std::result::Result<Stored, cess_client::Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(data.len() as u64);
        let request = self.request(data.len() as u64);
        let mut session = MemorySession::default();
        let owner = self.world.owner();
        self.client().put(owner, &request, data, &mut session, &mut rng, observer).await
    }

    pub async fn get(&self, file: FileId) -> (Vec<u8>, usize) {
        let mut sink = Vec::new();
        let owner = Some(self.world.owner());
        let fetched = self.client().get(file, owner, &mut sink, &|_| {}).await.unwrap();
        (sink, fetched.bad.len())
    }

    /// A window opens, every node but `silent` answers until it has nothing more to answer, and
    /// time runs out for the others. Gives the verdicts.
    pub async fn audit(&self, silent: &[AccountId]) -> BTreeMap<AccountId, Verdict> {
        let before = self.chain().with_state(cess_ledger::State::height);
        let next = self.chain().with_state(cess_ledger::State::next_window);
        self.world.pass(next - self.world.time());
        for _ in 0..10 {
            for (id, node) in &self.nodes {
                if !silent.contains(id) {
                    node.answer_audits().await.unwrap();
                }
            }
            self.world.pass(1);
        }
        self.world.pass(HOUR_MS / 4);
        let events = self.events_after(before).await;
        let verdicts = events.into_iter().filter_map(|event| match event {
            Event::AuditConcluded { miner, verdict, .. } => Some((miner, verdict)),
            _ => None,
        });
        verdicts.collect()
    }

    pub async fn events_after(&self, height: u64) -> Vec<Event> {
        let now = self.chain().with_state(cess_ledger::State::height);
        let mut events = Vec::new();
        for height in height + 1..=now {
            events.extend(cess_client::Chain::events(self.chain(), height).await.unwrap());
        }
        events
    }

    pub fn records(&self, file: FileId) -> Vec<FragmentRecord> {
        self.chain().with_state(|state| state.file_fragments(&file))
    }

    pub async fn read(&self, id: &AccountId, path: &str) -> Vec<u8> {
        let found = self.stores[id].get(&Path::from(path)).await.unwrap();
        found.bytes().await.unwrap().to_vec()
    }

    pub async fn write(&self, id: &AccountId, path: &str, bytes: Vec<u8>) {
        self.stores[id].put(&Path::from(path), bytes.into()).await.unwrap();
    }

    pub async fn remove(&self, id: &AccountId, path: &str) {
        self.stores[id].delete(&Path::from(path)).await.unwrap();
    }

    pub async fn wipe(&self, id: &AccountId) {
        for path in objects(&self.stores[id]).await {
            self.remove(id, &path).await;
        }
    }
}

pub async fn objects(store: &Arc<dyn ObjectStore>) -> Vec<String> {
    let listed: Vec<_> = futures::TryStreamExt::try_collect(store.list(None)).await.unwrap();
    let mut paths: Vec<String> = listed.into_iter().map(|o| o.location.to_string()).collect();
    paths.sort();
    paths
}

fn open(folder: PathBuf) -> LocalFileSystem {
    std::fs::create_dir_all(&folder).unwrap();
    LocalFileSystem::new_with_prefix(folder).unwrap().with_fsync(true)
}

/// 2+2, segments of 64 KiB: four nodes.
pub fn profile() -> Profile {
    Profile::new(1, Geometry::rs8(2, 2).unwrap(), 65_536).unwrap()
}

pub fn data(len: usize) -> Vec<u8> {
    use rand::Rng;
    let mut data = vec![0; len];
    ChaCha8Rng::seed_from_u64(3).fill_bytes(&mut data);
    data
}

pub fn path(name: &FragmentName, part: &str) -> String {
    format!("fragments/{name}.{part}")
}

/// Tagged shards of one replica of a segment, as they come from an uploader.
pub fn segment(world: &World, salt: u8, shard_len: usize) -> Vec<Upload> {
    let tagger = SecretTagger::of(world);
    let shards: Vec<Bytes> =
        (0..4u8).map(|i| Bytes::from(vec![salt.wrapping_mul(7) ^ i; shard_len])).collect();
    let tagged = shards.iter().map(|s| tagger.0.tag(0, s).unwrap());
    let siblings = TaggedSegment(tagged.map(|t| (t.fragment, t.tags)).collect());
    let siblings = Arc::new(siblings);
    let upload = |(i, bytes): (usize, Bytes)| Upload {
        name: siblings.0[i].0.name(),
        bytes,
        siblings: siblings.clone(),
    };
    shards.into_iter().enumerate().map(upload).collect()
}

/// The secret of a tag key of the tests' own.
pub struct SecretTagger(pub cess_podr2::SecretKey);

impl SecretTagger {
    pub fn of(_world: &World) -> Self {
        Self(cess_podr2::SecretKey::from_seed(&[42; 32], cess_podr2::Sectors::MIN))
    }

    pub fn key(&self) -> (cess_podr2::KeyId, Bytes) {
        (self.0.public().key_id(), Bytes::from(self.0.proving_key().to_bytes()))
    }

    pub async fn register(&self, world: &World) {
        let action = Action::RegisterTagKey {
            format: cess_ledger::TAG_FORMAT,
            key: self.0.public().to_bytes().to_vec(),
            proving_key_hash: self.0.proving_key().hash(),
            stake: 0,
        };
        let chain = world.chain();
        cess_client::ChainExt::act(chain, world.owner().account(), action).await.unwrap();
    }
}

/// Opens a deal for `len` public bytes.
pub async fn open_deal(world: &World, len: u64) -> DealId {
    let action = Action::OpenDeal {
        profile: profile(),
        visibility: Visibility::Public,
        max_len: len,
        term_ms: DAY_MS,
        bid: None,
    };
    let account = world.owner().account();
    let receipt = cess_client::ChainExt::act(world.chain(), account, action).await.unwrap();
    let opened = receipt.events.into_iter().find_map(|event| match event {
        Event::DealOpened { deal, .. } => Some(deal),
        _ => None,
    });
    opened.unwrap()
}

/// The same upload with the tags of its own fragment in another order.
pub fn with_wrong_tags(upload: &Upload) -> Upload {
    let mut siblings = TaggedSegment::clone(&upload.siblings);
    for (fragment, tags) in &mut siblings.0 {
        if fragment.name() == upload.name {
            let mut bytes = tags.as_bytes().to_vec();
            bytes.rotate_left(Tags::TAG_LEN);
            *tags = Tags::from_bytes(&bytes).unwrap();
        }
    }
    Upload { siblings: Arc::new(siblings), ..upload.clone() }
}

/// A store whose disk is full, for all objects or for those whose path ends in something.
#[derive(Debug)]
pub struct FullDisk {
    inner: InMemory,
    pub full: AtomicBool,
    pub suffix: Mutex<&'static str>,
}

impl FullDisk {
    pub fn new() -> Self {
        Self { inner: InMemory::new(), full: AtomicBool::new(false), suffix: Mutex::new("") }
    }
}

impl fmt::Display for FullDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullDisk")
    }
}

impl ObjectStore for FullDisk {
    fn put_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> BoxFuture<'c, Result<PutResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        let hit = location.as_ref().ends_with(*self.suffix.lock().unwrap());
        if self.full.load(Ordering::SeqCst) && hit {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            let error = object_store::Error::Generic { store: "full", source: source.into() };
            return Box::pin(async { Err(error) });
        }
        self.inner.put_opts(location, payload, opts)
    }

    fn put_multipart_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        opts: PutMultipartOptions,
    ) -> BoxFuture<'c, Result<Box<dyn MultipartUpload>>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.inner.put_multipart_opts(location, opts)
    }

    fn get_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        options: GetOptions,
    ) -> BoxFuture<'c, Result<GetResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.inner.get_opts(location, options)
    }

    fn get_ranges<'a, 'b, 'r, 'c>(
        &'a self,
        location: &'b Path,
        ranges: &'r [Range<u64>],
    ) -> BoxFuture<'c, Result<Vec<Bytes>>>
    where
        'a: 'c,
        'b: 'c,
        'r: 'c,
        Self: 'c,
    {
        self.inner.get_ranges(location, ranges)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_delimiter<'a, 'b, 'c>(
        &'a self,
        prefix: Option<&'b Path>,
    ) -> BoxFuture<'c, Result<ListResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.inner.list_with_delimiter(prefix)
    }

    fn copy_opts<'a, 'b, 'd, 'c>(
        &'a self,
        from: &'b Path,
        to: &'d Path,
        options: CopyOptions,
    ) -> BoxFuture<'c, Result<()>>
    where
        'a: 'c,
        'b: 'c,
        'd: 'c,
        Self: 'c,
    {
        self.inner.copy_opts(from, to, options)
    }
}
