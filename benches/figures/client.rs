//! The whole path of a file: in memory, over the testkit's chain and nodes, which check every tag.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use cess_client::testkit::{MemoryNode, World};
use cess_client::{
    ChainExt, Client, LocalChain, LocalTagger, MemorySession, PutRequest, Stored, Tagger,
};
use cess_ledger::{AccountId, DAY_MS, Profile, Visibility};
use cess_podr2::Sectors;
use futures::executor::block_on;
use futures::io::Cursor;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const PROFILE: Profile = Profile::CESS;
const NODES: usize = 12;
const DATA_BYTES: usize = 16 << 20;

type Nodes = BTreeMap<AccountId, Arc<MemoryNode<Arc<LocalChain>>>>;

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    let mut network = Network::new();
    for visibility in [Visibility::Public, Visibility::Private] {
        let kind = match visibility {
            Visibility::Public => "public",
            Visibility::Private => "private",
        };
        // The first takes the tag key to the nodes.
        let stored = network.put(visibility);
        assert_eq!(network.get(&stored), network.data);
        let [put] = interleave([&mut || {
            black_box(network.put(visibility));
        }]);
        let [get] = interleave([&mut || drop(black_box(network.get(&stored)))]);
        for (op, seconds) in [("put", put), ("get", get)] {
            let code = format!("{}+{}", PROFILE.geometry().data(), PROFILE.geometry().parity());
            let name = format!("{op}/code={code}/kind={kind}/bytes={DATA_BYTES}");
            let unit = Unit::MegabytesPerSecond;
            emit(Figure::new(name, unit.value(seconds, DATA_BYTES), unit));
        }
    }
}

struct Network {
    world: World,
    client: Client<Arc<LocalChain>, Nodes>,
    tagger: LocalTagger,
    data: Vec<u8>,
    rng: ChaCha20Rng,
}

impl Network {
    fn new() -> Self {
        let world = block_on(World::new(7, NODES));
        // The world's own tag key is a small one, for tests.
        let tagger = LocalTagger::from_seed(&[7; 32], Sectors::DEFAULT);
        block_on(world.chain().act(tagger.account(), tagger.registration(0)))
            .expect("a new tag key");
        let nodes: Nodes = world.nodes(MemoryNode::new);
        let client = Client::new(world.chain().clone(), nodes);
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let mut data = vec![0; DATA_BYTES];
        rng.fill_bytes(&mut data);
        Self { world, client, tagger, data, rng }
    }

    fn put(&mut self, visibility: Visibility) -> Stored {
        let request = PutRequest {
            profile: PROFILE,
            visibility,
            max_len: DATA_BYTES as u64,
            term_ms: 30 * DAY_MS,
            bid: None,
            tagger: &self.tagger,
        };
        let source = Cursor::new(&self.data);
        let mut session = MemorySession::default();
        let owner = self.world.owner();
        let put = self.client.put(owner, &request, source, &mut session, &mut self.rng, &|_| {});
        block_on(put).expect("enough nodes with room")
    }

    fn get(&self, stored: &Stored) -> Vec<u8> {
        let mut sink = Cursor::new(Vec::with_capacity(DATA_BYTES));
        let owner = Some(self.world.owner());
        block_on(self.client.get(stored.file, owner, &mut sink, &|_| {})).expect("every fragment");
        sink.into_inner()
    }
}
