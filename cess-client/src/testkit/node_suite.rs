//! What every storage node must do.

use std::sync::Arc;

use bytes::Bytes;
use cess_erasure::Geometry;
use cess_ledger::{
    AccountKey, Action, DAY_MS, DealId, DealStatus, Event, FileId, FragmentStatus, Manifest,
    OrderId, Placement, Profile, Segment, Visibility, declare_tags,
};
use cess_merkle::content;
use cess_podr2::{
    Audit, Challenge, Fragment, FragmentName, Holding, KeyId, Policy, Proof, Sectors, Tags, verify,
};

use crate::{
    ChainError, ChainExt, LocalChain, LocalTagger, NodeError, StorageNode, TaggedSegment, Tagger,
    Upload,
    coding::Coder,
    testkit::{World, draw},
};

const MINERS: usize = 5;
const SEGMENT_LEN: usize = 60_000;

/// Checks the whole `# Contract` of [`StorageNode`]; `make` makes the empty node of a registered
/// miner on a chain.
///
/// # Panics
/// When the node breaks it.
pub async fn conformance_node<N: StorageNode>(
    make: impl AsyncFn(Arc<LocalChain>, AccountKey) -> N,
) {
    let world = World::new(0xC0DE, MINERS).await;
    let mut nodes = Vec::new();
    for number in 0..MINERS {
        let key = world.miner_key(number);
        let id = key.account();
        let node = make(world.chain().clone(), key).await;
        assert_eq!(node.miner(), id, "a node is the miner of its account");
        nodes.push(node);
    }
    let deal = Deal::open(&world, 1).await;
    let node = deal.node(&nodes, 0);
    takes_the_registered_key_alone(&world, &deal, node).await;
    takes_what_matches_its_name_alone(&deal, node).await;
    gives_verified_slices(&deal, node).await;
    proves_as_itself_alone(&world, &deal, node).await;
    reports_what_it_checked(&world, &deal, &nodes).await;
    reports_no_wrong_tags(&world, &nodes).await;
    takes_over_and_lets_go(&world, &deal, &nodes).await;
    world.check();
}

/// One segment of three fragments, coded and placed.
struct Deal {
    id: DealId,
    shards: Vec<Bytes>,
    siblings: Arc<TaggedSegment>,
    manifest: Manifest,
    miners: Vec<cess_ledger::AccountId>,
}

impl Deal {
    async fn open(world: &World, salt: u8) -> Self {
        let profile = profile();
        let action = Action::OpenDeal {
            profile,
            visibility: Visibility::Public,
            max_len: SEGMENT_LEN as u64,
            term_ms: DAY_MS,
            bid: None,
        };
        let receipt = act(world, world.owner().account(), action).await;
        let opened = receipt.iter().find_map(|event| match event {
            Event::DealOpened { deal, .. } => Some(*deal),
            _ => None,
        });
        let id = opened.expect("a deal was opened");
        let data: Vec<u8> = (0..SEGMENT_LEN.div_ceil(32) as u64)
            .flat_map(|n| draw(u64::from(salt), "data", n))
            .take(SEGMENT_LEN)
            .collect();
        let root = content::root(&data);
        let tagger = world.tagger();
        let coder = Coder::new(profile, Visibility::Public, [salt; 32]);
        let part = coder.part(0, 0, data.len()).expect("a short segment");
        let (shards, siblings) = tagger.replicate_now(&part, data).expect("a segment is coded");
        let terms = world.chain().deal(id).await.expect("chain").expect("deal");
        let seed = terms.seed.expect("the embedded chain seeds at once");
        let mut placement = Placement::new(seed, profile, &terms.candidates);
        let miners = placement.place(shards[0].len() as u64).expect("room");
        let fragments = siblings.0.iter().map(|(fragment, _)| fragment.root()).collect();
        let manifest = Manifest {
            version: Manifest::VERSION,
            profile,
            visibility: Visibility::Public,
            len: SEGMENT_LEN as u64,
            salt: [salt; 32],
            tag_key: tagger.public().key_id().to_bytes(),
            sectors: tagger.public().sectors().get(),
            commitment: [0; 32],
            segments: vec![Segment { salt: [0; 16], root, fragments }],
            sections: Vec::new(),
        };
        Self { id, shards, siblings: Arc::new(siblings), manifest, miners }
    }

    async fn close(&self, world: &World) -> FileId {
        let file = self.manifest.file_id();
        let tagger = world.tagger();
        let chain_id = world.chain().head().await.expect("chain").chain_id;
        let declaration =
            declare_tags(tagger.account(), &chain_id, self.id, file, &self.manifest.tag_key);
        let action = Action::CloseDeal {
            deal: self.id,
            manifest: self.manifest.to_bytes(),
            exclusions: Vec::new(),
            declaration,
            access: cess_ledger::Access::Public,
        };
        act(world, world.owner().account(), action).await;
        file
    }

    fn node<'n, N: StorageNode>(&self, nodes: &'n [N], shard: usize) -> &'n N {
        let found = nodes.iter().find(|node| node.miner() == self.miners[shard]);
        found.expect("every miner has a node")
    }

    fn fragment(&self, shard: usize) -> Fragment {
        self.siblings.0[shard].0
    }

    fn upload(&self, shard: usize) -> Upload {
        let name = self.fragment(shard).name();
        Upload { name, bytes: self.shards[shard].clone(), siblings: self.siblings.clone() }
    }

    /// Well-formed tags that are not this key's: those of the blocks change places.
    fn wrong_tags(&self, shard: usize) -> Upload {
        let mut siblings = TaggedSegment::clone(&self.siblings);
        let tags = &mut siblings.0[shard].1;
        let mut bytes = tags.as_bytes().to_vec();
        bytes.rotate_left(Tags::TAG_LEN);
        *tags = Tags::from_bytes(&bytes).expect("points in another order");
        Upload { siblings: Arc::new(siblings), ..self.upload(shard) }
    }

    fn wrong_content(&self, shard: usize) -> [Upload; 3] {
        let mut flipped = self.shards[shard].to_vec();
        flipped[7] ^= 1;
        let short = self.shards[shard].slice(1..);
        let long = [&self.shards[shard][..], &[0]].concat();
        [Bytes::from(flipped), short, Bytes::from(long)]
            .map(|bytes| Upload { bytes, ..self.upload(shard) })
    }
}

fn profile() -> Profile {
    let geometry = Geometry::rs8(2, 1).expect("a geometry");
    Profile::new(1, geometry, 65_536).expect("a profile")
}

fn key_of(tagger: &dyn Tagger) -> (KeyId, Bytes) {
    (tagger.public().key_id(), Bytes::from(tagger.proving_key().to_bytes()))
}

async fn act(world: &World, key: &AccountKey, action: Action) -> Vec<Event> {
    world.chain().act(key, action).await.expect("the ledger takes it").events
}

async fn put<N: StorageNode>(
    world: &World,
    node: &N,
    deal: DealId,
    upload: Upload,
) -> Result<(), NodeError> {
    match node.put(deal, upload.clone()).await {
        Err(NodeError::KeyMissing) => {
            let (id, key) = key_of(world.tagger());
            node.put_key(id, key).await.expect("the registered key");
            node.put(deal, upload).await
        }
        other => other,
    }
}

async fn takes_the_registered_key_alone<N: StorageNode>(world: &World, deal: &Deal, node: &N) {
    let (id, key) = key_of(world.tagger());
    assert_eq!(node.key(&id).await, Err(NodeError::NotFound));
    assert_eq!(node.put(deal.id, deal.upload(0)).await, Err(NodeError::KeyMissing));

    let mut flipped = key.to_vec();
    flipped[9] ^= 1;
    let short = key.slice(1..);
    let (other_id, other) = key_of(&LocalTagger::from_seed(&[9; 32], Sectors::MIN));
    for (id, wrong) in
        [(id, Bytes::from(flipped)), (id, short), (id, other.clone()), (other_id, other)]
    {
        assert_eq!(node.put_key(id, wrong).await, Err(NodeError::WrongKey));
    }
    assert_eq!(node.put(deal.id, deal.upload(0)).await, Err(NodeError::KeyMissing));

    for _ in 0..2 {
        assert_eq!(node.put_key(id, key.clone()).await, Ok(()));
    }
    assert_eq!(node.key(&id).await, Ok(key));
    assert_eq!(node.key(&other_id).await, Err(NodeError::NotFound));
}

async fn takes_what_matches_its_name_alone<N: StorageNode>(deal: &Deal, node: &N) {
    for wrong in deal.wrong_content(0) {
        assert_eq!(node.put(deal.id, wrong).await, Err(NodeError::WrongContent));
    }
    let without = Upload { siblings: Arc::default(), ..deal.upload(0) };
    assert_eq!(node.put(deal.id, without).await, Err(NodeError::WrongTags));
    let (fragment, tags) = &deal.siblings.0[0];
    let fewer = Tags::from_bytes(&tags.as_bytes()[Tags::TAG_LEN..]).expect("points");
    let fewer = Arc::new(TaggedSegment(vec![(*fragment, fewer)]));
    let fewer = Upload { siblings: fewer, ..deal.upload(0) };
    assert_eq!(node.put(deal.id, fewer).await, Err(NodeError::WrongTags));
    let unpaid = node.put(DealId(u64::MAX), deal.upload(0)).await;
    assert_eq!(unpaid, Err(NodeError::NotCovered));
    let name = deal.fragment(0).name();
    assert_eq!(node.read(&name, 0..1).await, Err(NodeError::NotFound), "nothing was kept");

    for _ in 0..2 {
        assert_eq!(node.put(deal.id, deal.upload(0)).await, Ok(()), "again is harmless");
    }
    for wrong in deal.wrong_content(0) {
        assert_eq!(node.put(deal.id, wrong).await, Err(NodeError::WrongContent));
    }
}

async fn gives_verified_slices<N: StorageNode>(deal: &Deal, node: &N) {
    let (fragment, bytes) = (deal.fragment(0), &deal.shards[0]);
    let (name, len) = (fragment.name(), fragment.len());
    let ranges = [0..len, 0..1, len - 1..len, 1000..1025, 16_383..16_385, 5..5, 0..0, len..len];
    for range in ranges {
        let slice = node.read(&name, range.clone()).await.expect("a range of the fragment");
        let decoded = content::decode_slice(&fragment.root(), len, range.clone(), &slice);
        let place = |at: u64| usize::try_from(at).expect("an index");
        let wanted = &bytes[place(range.start)..place(range.end)];
        assert_eq!(decoded.as_deref(), Ok(wanted), "{range:?}");
    }
    #[expect(clippy::reversed_empty_ranges, reason = "it must be refused")]
    let outside = [0..len + 1, len..len + 1, 0..u64::MAX, u64::MAX - 1..u64::MAX, 9..8];
    for range in outside {
        let refused = node.read(&name, range.clone()).await;
        assert!(matches!(refused, Err(NodeError::BadRequest(_))), "{range:?}: {refused:?}");
    }
    assert_eq!(node.tags(&name).await.as_ref(), Ok(&*deal.siblings));
    let unknown = FragmentName::from_bytes([3; 32]);
    assert_eq!(node.read(&unknown, 0..1).await, Err(NodeError::NotFound));
    assert_eq!(node.tags(&unknown).await, Err(NodeError::NotFound));
}

async fn proves_as_itself_alone<N: StorageNode>(world: &World, deal: &Deal, node: &N) {
    let head = world.chain().head().await.expect("chain");
    let scope = |prover: [u8; 32]| Audit { chain_id: head.chain_id, round: 1, height: 1, prover };
    let held = [deal.fragment(0)];
    let holding = Holding::from_entries(held.iter().map(Fragment::entry)).expect("a holding");
    let public = world.tagger().public();
    for policy in [Policy::Every, policy()] {
        let challenge = Challenge::new(scope(node.miner().0), &holding, policy, [5; 32]);
        let challenge = challenge.expect("a challenge");
        let proof = node.prove(&challenge, &held).await.expect("it has the fragment");
        let proof = Proof::from_bytes(&proof).expect("a proof");
        let lookup = |id: &KeyId| (*id == public.key_id()).then_some(public);
        assert_eq!(verify(&challenge, &holding, lookup, &proof), Ok(()));
    }

    // Of a larger holding the drawn fragments will do: a seed that draws the one it has.
    let both = [deal.fragment(0), deal.fragment(1)].map(|fragment| fragment.entry());
    let both = Holding::from_entries(both).expect("a holding");
    let drawn = (0..64).find_map(|seed| {
        let half = Policy::Window { windows: number(2), samples: number(3) };
        let challenge = Challenge::new(scope(node.miner().0), &both, half, [seed; 32]);
        let challenge = challenge.expect("a challenge");
        let drawn = both.draw(&challenge).expect("its own");
        (drawn.entries() == [held[0].entry()]).then_some((challenge, drawn))
    });
    let (challenge, drawn) = drawn.expect("half of the seeds do");
    let proof = node.prove(&challenge, &held).await.expect("it has what is drawn");
    let proof = Proof::from_bytes(&proof).expect("a proof");
    let lookup = |id: &KeyId| (*id == public.key_id()).then_some(public);
    assert_eq!(verify(&challenge, &drawn, lookup, &proof), Ok(()));

    let other = Challenge::new(scope([7; 32]), &holding, Policy::Every, [5; 32]);
    let refused = node.prove(&other.expect("a challenge"), &held).await;
    assert!(matches!(refused, Err(NodeError::BadRequest(_))), "another prover: {refused:?}");
    let mine = Challenge::new(scope(node.miner().0), &holding, Policy::Every, [5; 32]);
    let refused = node.prove(&mine.expect("a challenge"), &[deal.fragment(1)]).await;
    assert!(refused.is_err(), "fragments that the challenge doesn't commit to");
    let lacking = [deal.fragment(1)];
    let lacked = Holding::from_entries(lacking.iter().map(Fragment::entry)).expect("a holding");
    let challenge = Challenge::new(scope(node.miner().0), &lacked, Policy::Every, [5; 32]);
    let refused = node.prove(&challenge.expect("a challenge"), &lacking).await;
    assert!(refused.is_err(), "a fragment that it doesn't have");
}

fn number(value: u32) -> std::num::NonZeroU32 {
    std::num::NonZeroU32::new(value).expect("not zero")
}

fn policy() -> Policy {
    Policy::Window { windows: number(1), samples: number(3) }
}

async fn reports_what_it_checked<N: StorageNode>(world: &World, deal: &Deal, nodes: &[N]) {
    let chain = world.chain();
    let node = deal.node(nodes, 0);
    assert_eq!(node.report(deal.id).await, Err(NodeError::NotCovered), "not closed");
    assert_eq!(node.report(DealId(u64::MAX)).await, Err(NodeError::NotCovered));
    for shard in 1..3 {
        let put = put(world, deal.node(nodes, shard), deal.id, deal.upload(shard)).await;
        assert_eq!(put, Ok(()));
    }
    let file = deal.close(world).await;
    for shard in 0..3 {
        for _ in 0..2 {
            let reported = deal.node(nodes, shard).report(deal.id).await;
            assert_eq!(reported, Ok(()), "again is harmless");
        }
        let held = chain.fragments(file).await.expect("chain");
        let held = held.iter().filter(|r| r.status == FragmentStatus::Held).count();
        assert_eq!(held, shard + 1, "a node reports its own fragments and no other");
    }
    let status = chain.deal(deal.id).await.expect("chain").expect("deal").status;
    assert_eq!(status, DealStatus::Active { file });
    assert_eq!(node.report(deal.id).await, Ok(()), "again is harmless");
    let refused = node.delete(&deal.fragment(0).name()).await;
    assert!(refused.is_err(), "a live fragment is not deleted");
    assert!(node.read(&deal.fragment(0).name(), 0..1).await.is_ok());
}

async fn reports_no_wrong_tags<N: StorageNode>(world: &World, nodes: &[N]) {
    let deal = Deal::open(world, 2).await;
    let node = deal.node(nodes, 0);
    // A node may check tags when they come or when it reports, but it must.
    let taken = put(world, node, deal.id, deal.wrong_tags(0)).await;
    assert!(matches!(taken, Ok(()) | Err(NodeError::WrongTags)), "{taken:?}");
    assert_eq!(put(world, deal.node(nodes, 1), deal.id, deal.upload(1)).await, Ok(()));
    let file = deal.close(world).await;
    let reported = node.report(deal.id).await;
    assert!(reported.is_err(), "reported under wrong tags");
    if taken.is_ok() {
        assert_eq!(reported, Err(NodeError::WrongTags));
    }
    assert!(deal.node(nodes, 2).report(deal.id).await.is_err(), "reported what it doesn't have");
    assert_eq!(deal.node(nodes, 1).report(deal.id).await, Ok(()));
    let records = world.chain().fragments(file).await.expect("chain");
    let statuses: Vec<_> = records.iter().map(|r| r.status).collect();
    let wanted = [FragmentStatus::Awaiting, FragmentStatus::Held, FragmentStatus::Awaiting];
    assert_eq!(statuses, wanted);
}

async fn takes_over_and_lets_go<N: StorageNode>(world: &World, deal: &Deal, nodes: &[N]) {
    let chain = world.chain();
    let file = deal.manifest.file_id();
    let number = |node: &N| world.miners().iter().position(|id| *id == node.miner());
    let key = |node: &N| world.miner_key(number(node).expect("a miner"));
    let spare: Vec<&N> = nodes.iter().filter(|n| !deal.miners.contains(&n.miner())).collect();
    for (shard, node) in spare.into_iter().enumerate() {
        let old = deal.node(nodes, shard);
        act(world, &key(old), Action::Exit).await;
        let orders = chain.orders(file).await.expect("chain");
        let (order, _) = orders.last().expect("an order for what it leaves");
        let upload = deal.upload(shard);
        let (id, bytes) = key_of(world.tagger());
        if node.key(&id).await.is_err() {
            let early = node.adopt(*order, upload.clone()).await;
            assert_eq!(early, Err(NodeError::KeyMissing));
            assert_eq!(node.put_key(id, bytes).await, Ok(()));
        }

        assert_eq!(node.adopt(OrderId(77), upload.clone()).await, Err(NodeError::NotCovered));
        let other = deal.upload(2);
        assert_eq!(node.adopt(*order, other).await, Err(NodeError::NotCovered));
        for wrong in deal.wrong_content(shard) {
            assert_eq!(node.adopt(*order, wrong).await, Err(NodeError::WrongContent));
        }
        let wrong = node.adopt(*order, deal.wrong_tags(shard)).await;
        assert_eq!(wrong, Err(NodeError::WrongTags));
        let mate = deal.node(nodes, 2).adopt(*order, upload.clone()).await;
        let refused = cess_ledger::Error::SameSegment;
        assert_eq!(mate, Err(NodeError::Chain(ChainError::Refused(refused))));
        let claim = chain.order(*order).await.expect("chain").expect("order").claim;
        assert_eq!(claim, None, "what is refused claims nothing");

        if shard == 1 {
            // As after a crash between claim and proof.
            act(world, &key(node), Action::ClaimRepair { order: *order }).await;
        }
        assert_eq!(node.adopt(*order, upload.clone()).await, Ok(()));
        assert_eq!(chain.order(*order).await, Ok(None), "the order is done");
        let name = deal.fragment(shard).name();
        let record = chain.fragment(name.to_bytes()).await.expect("chain").expect("record");
        assert_eq!((record.miner, record.status), (node.miner(), FragmentStatus::Held));
        let len = deal.fragment(shard).len();
        let slice = node.read(&name, 0..len).await.expect("it has it");
        let root = deal.fragment(shard).root();
        assert!(content::decode_slice(&root, len, 0..len, &slice).is_ok());
        assert_eq!(node.tags(&name).await.as_ref(), Ok(&*deal.siblings));
        assert_eq!(node.adopt(*order, upload).await, Err(NodeError::NotCovered), "done already");

        assert_eq!(old.delete(&name).await, Ok(()), "another node has it now");
        assert_eq!(old.read(&name, 0..1).await, Err(NodeError::NotFound));
        assert!(node.delete(&name).await.is_err(), "a live fragment is not deleted");
    }
}
