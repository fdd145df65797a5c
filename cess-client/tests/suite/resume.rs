//! An upload that is killed goes on where it was.

use std::{
    collections::BTreeMap,
    future::pending,
    io,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::Bytes;
use cess_client::{
    At, Chain, ChainError, Client, Error, FileSession, MemorySession, NodeError, PutRequest,
    Receipt, SessionStore, StorageNode, Stored, TaggedSegment, Upload, testkit::FlakyChain,
};
use cess_ledger::{
    AccountId, Answer, DealId, DealStatus, Event, OrderId, Query, SignedCall, Visibility,
};
use cess_podr2::{Challenge, Fragment, FragmentName, KeyId};
use futures::FutureExt;

use crate::{Net, SEGMENT_LEN, profile, random, rng};

/// Burns down by one before and after each thing that an upload does to the world; at zero
/// everything stands still, as it does for a process that is killed.
#[derive(Clone)]
struct Fuse(Arc<AtomicI64>);

impl Fuse {
    fn new(steps: i64) -> Self {
        Self(Arc::new(AtomicI64::new(steps)))
    }

    fn burns(&self) -> bool {
        self.0.fetch_sub(1, Ordering::SeqCst) > 0
    }

    async fn step(&self) {
        if !self.burns() {
            pending::<()>().await;
        }
    }

    async fn around<T>(&self, doing: impl Future<Output = T>) -> T {
        self.step().await;
        let done = doing.await;
        self.step().await;
        done
    }
}

struct Fused<T>(T, Fuse);

impl<C: Chain> Chain for Fused<C> {
    async fn read(&self, query: &Query) -> Result<At<Answer>, ChainError> {
        self.1.step().await;
        self.0.read(query).await
    }

    async fn submit(&self, call: SignedCall) -> Result<Receipt, ChainError> {
        self.1.around(self.0.submit(call)).await
    }

    async fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<([u8; 32], Receipt)>, ChainError> {
        self.0.outcome(account, nonce).await
    }

    async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        self.0.events(height).await
    }

    async fn wait(&self, height: u64) -> Result<(), ChainError> {
        self.0.wait(height).await
    }
}

impl<N: StorageNode> StorageNode for Fused<N> {
    fn miner(&self) -> AccountId {
        self.0.miner()
    }

    async fn put_key(&self, key: KeyId, proving_key: Bytes) -> Result<(), NodeError> {
        self.1.around(self.0.put_key(key, proving_key)).await
    }

    async fn key(&self, key: &KeyId) -> Result<Bytes, NodeError> {
        self.0.key(key).await
    }

    async fn put(&self, deal: DealId, upload: Upload) -> Result<(), NodeError> {
        self.1.around(self.0.put(deal, upload)).await
    }

    async fn report(&self, deal: DealId) -> Result<(), NodeError> {
        self.1.around(self.0.report(deal)).await
    }

    async fn read(&self, name: &FragmentName, range: Range<u64>) -> Result<Bytes, NodeError> {
        self.0.read(name, range).await
    }

    async fn tags(&self, name: &FragmentName) -> Result<TaggedSegment, NodeError> {
        self.0.tags(name).await
    }

    async fn prove(&self, c: &Challenge, fragments: &[Fragment]) -> Result<Bytes, NodeError> {
        self.0.prove(c, fragments).await
    }

    async fn adopt(&self, order: OrderId, upload: Upload) -> Result<(), NodeError> {
        self.0.adopt(order, upload).await
    }

    async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        self.0.delete(name).await
    }
}

/// A store that fails once the fuse is burnt, before it writes or after.
impl SessionStore for Fused<MemorySession> {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.0.load()
    }

    fn save(&mut self, session: &[u8]) -> io::Result<()> {
        let killed = || io::Error::from(io::ErrorKind::BrokenPipe);
        if !self.1.burns() {
            return Err(killed());
        }
        self.0.save(session)?;
        if self.1.burns() { Ok(()) } else { Err(killed()) }
    }

    fn clear(&mut self) -> io::Result<()> {
        if !self.1.burns() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.0.clear()
    }
}

/// Runs an upload until the fuse is burnt: none when it was killed.
fn run(
    net: &Net,
    request: &PutRequest<'_>,
    bytes: &[u8],
    session: &mut MemorySession,
    steps: i64,
) -> Option<Result<Stored, Error>> {
    let fuse = Fuse::new(steps);
    let nodes: BTreeMap<_, _> = net
        .nodes
        .iter()
        .map(|(id, node)| (*id, Arc::new(Fused(node.clone(), fuse.clone()))))
        .collect();
    let client = Client::new(Fused(net.world.chain().clone(), fuse.clone()), nodes);
    let mut store = Fused(session.clone(), fuse);
    let done = net.put_with(&client, request, bytes, &mut store).now_or_never();
    *session = store.0;
    done.filter(|result| !matches!(result, Err(Error::Session(_))))
}

fn received(net: &Net) -> u64 {
    net.nodes.values().map(|node| node.inner().received()).sum()
}

const WHOLE: i64 = i64::MAX;

#[tokio::test]
async fn a_put_killed_at_any_step_goes_on_pays_once_and_sends_nothing_stored_again() {
    let bytes = random(SEGMENT_LEN as usize + 5000);
    let (paid, fragments) = {
        let net = Net::new(4).await;
        let before = net.balance();
        let request = net.request(profile(1, 2, 1), Visibility::Private);
        let stored = run(&net, &request, &bytes, &mut MemorySession::default(), WHOLE);
        assert!(stored.unwrap().is_ok());
        (before - net.balance(), received(&net))
    };
    let mut steps = 0;
    loop {
        let net = Net::new(4).await;
        let before = net.balance();
        let request = net.request(profile(1, 2, 1), Visibility::Private);
        let mut session = MemorySession::default();
        let killed = run(&net, &request, &bytes, &mut session, steps).is_none();
        let after_first = received(&net);
        let mut store = session.clone();
        let stored = net.put_with(&net.client, &request, &bytes, &mut store).await.unwrap();
        net.reads(stored.file, &bytes).await;
        let active = net.world.chain().with_state(|s| {
            let statuses = (0..).map_while(|i| s.deal(DealId(i))).map(|deal| deal.status);
            statuses.filter(|s| matches!(s, DealStatus::Active { .. })).count()
        });
        if killed {
            assert_eq!(active, 1, "killed after {steps} steps");
            assert_eq!(before - net.balance(), paid, "paid once, killed after {steps} steps");
            // At most the segment that was under way is sent again.
            let again = received(&net) - fragments;
            assert!(again <= after_first.min(3), "{again} sent again, killed after {steps} steps");
        }
        net.world.check();
        if !killed {
            break;
        }
        steps += 1;
    }
    assert!(steps > 40, "only {steps} steps");
}

#[tokio::test]
async fn killed_again_and_again_it_gets_there() {
    let net = Net::new(9).await;
    let bytes = random(2 * SEGMENT_LEN as usize + 1);
    let request = net.request(profile(3, 2, 1), Visibility::Private);
    let mut session = MemorySession::default();
    let before = net.balance();
    // Enough for one segment of nine fragments and what goes before.
    for runs in 1.. {
        assert!(runs < 50, "it does not get on");
        if let Some(result) = run(&net, &request, &bytes, &mut session, 40) {
            let stored = result.unwrap();
            assert!(runs > 2);
            net.reads(stored.file, &bytes).await;
            let escrow =
                net.world.chain().with_state(|state| state.file(&stored.file).unwrap().escrow);
            assert_eq!(before - net.balance(), escrow);
            break;
        }
    }
    net.world.check();
}

#[tokio::test]
async fn over_a_bad_line_it_is_paid_once() {
    for seed in 0..30 {
        let net = Net::new(4).await;
        let before = net.balance();
        let bytes = random(SEGMENT_LEN as usize + 100);
        let request = net.request(profile(1, 2, 1), Visibility::Private);
        let mut session = MemorySession::default();
        let chain = FlakyChain::new(net.world.chain().clone(), seed, 4);
        let client = Client::new(chain, net.nodes.clone());
        let stored = loop {
            match net.put_with(&client, &request, &bytes, &mut session).await {
                Ok(stored) => break stored,
                Err(Error::Chain(ChainError::Unreachable { .. })) => {}
                Err(other) => panic!("{other:?}"),
            }
        };
        net.reads(stored.file, &bytes).await;
        let (escrow, deals) = net.world.chain().with_state(|state| {
            let deals = (0..).map_while(|i| state.deal(DealId(i))).count();
            (state.file(&stored.file).unwrap().escrow, deals)
        });
        assert_eq!((before - net.balance(), deals), (escrow, 1), "seed {seed}");
    }
}

/// Leaves a session behind in which `steps` were done.
async fn interrupted(net: &Net, request: &PutRequest<'_>, bytes: &[u8]) -> MemorySession {
    let mut session = MemorySession::default();
    let mut store = StopAfter(&mut session, 3);
    let put = net.put_with(&net.client, request, bytes, &mut store).await;
    assert_eq!(put, Err(Error::Session(io::ErrorKind::StorageFull)));
    session
}

struct StopAfter<'a>(&'a mut MemorySession, u32);

impl SessionStore for StopAfter<'_> {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.0.load()
    }

    fn save(&mut self, session: &[u8]) -> io::Result<()> {
        self.1 = self.1.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        self.0.save(session)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }
}

#[tokio::test]
async fn refuses_to_go_on_with_another_source() {
    for visibility in [Visibility::Public, Visibility::Private] {
        let net = Net::new(4).await;
        let bytes = random(2 * SEGMENT_LEN as usize);
        let request = net.request(profile(1, 2, 1), visibility);
        // Saved: the request, the deal, the first segment.
        let session = interrupted(&net, &request, &bytes).await;
        let mut changed = bytes.clone();
        changed[SEGMENT_LEN as usize / 2] ^= 1;
        let shorter = &bytes[..SEGMENT_LEN as usize / 2];
        for other in [&changed[..], shorter, &[]] {
            let put = net.put_with(&net.client, &request, other, &mut session.clone()).await;
            assert_eq!(put, Err(Error::SourceChanged { segment: 0 }));
        }
        // What wasn't sent yet may still change.
        let mut tail = bytes.clone();
        *tail.last_mut().unwrap() ^= 1;
        let stored = net.put_with(&net.client, &request, &tail, &mut session.clone()).await;
        net.reads(stored.unwrap().file, &tail).await;
    }
    let net = Net::new(4).await;
    let request = net.request(profile(1, 2, 1), Visibility::Public);
    let session = interrupted(&net, &request, &random(10)).await;
    let longer = random(11);
    let put = net.put_with(&net.client, &request, &longer, &mut session.clone()).await;
    assert_eq!(put, Err(Error::SourceChanged { segment: 0 }));
}

#[tokio::test]
async fn refuses_the_session_of_another_request() {
    let net = Net::new(4).await;
    let request = net.request(profile(1, 2, 1), Visibility::Public);
    let session = interrupted(&net, &request, &random(10)).await;
    let mut other = net.request(profile(1, 2, 1), Visibility::Public);
    other.max_len += 1;
    let put = net.put_with(&net.client, &other, &random(10), &mut session.clone()).await;
    assert_eq!(put, Err(Error::SessionMismatch));
    let mut garbage = MemorySession::default();
    for bytes in [&[][..], &[0xFF; 400]] {
        garbage.save(bytes).unwrap();
        let put = net.put_with(&net.client, &request, &random(10), &mut garbage).await;
        assert_eq!(put, Err(Error::SessionMismatch));
    }
    assert!(net.put_with(&net.client, &request, &random(10), &mut session.clone()).await.is_ok());
}

#[tokio::test]
async fn another_call_of_the_account_in_between_does_no_harm() {
    let net = Net::new(4).await;
    let bytes = random(10);
    let request = net.request(profile(1, 2, 1), Visibility::Public);
    // Saved: the request alone, so the opening call is signed and never got out.
    let mut session = MemorySession::default();
    let mut store = StopAfter(&mut session, 1);
    let _stopped = net.put_with(&net.client, &request, &bytes, &mut store).await;
    let chain_deals = |net: &Net| {
        net.world.chain().with_state(|s| (0..).map_while(|i| s.deal(DealId(i))).count())
    };
    let deals = chain_deals(&net);
    let second = net.put(profile(1, 2, 1), Visibility::Private, &random(77)).await.unwrap();
    let first = net.put_with(&net.client, &request, &bytes, &mut session).await.unwrap();
    net.reads(first.file, &bytes).await;
    net.reads(second.file, &random(77)).await;
    assert_eq!(deals, 1, "it was open when the session could not be written again");
}

#[tokio::test]
async fn a_session_in_a_file_outlives_the_process() {
    let net = Net::new(4).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload.session");
    let bytes = random(2 * SEGMENT_LEN as usize);
    let request = net.request(profile(1, 2, 1), Visibility::Private);
    let session = interrupted(&net, &request, &bytes).await.load().unwrap().unwrap();
    FileSession::new(&path).save(&session).unwrap();
    assert_eq!(FileSession::new(&path).load().unwrap(), Some(session));
    let mut store = FileSession::new(&path);
    let stored = net.put_with(&net.client, &request, &bytes, &mut store).await.unwrap();
    net.reads(stored.file, &bytes).await;
    assert!(!path.exists() && store.load().unwrap().is_none());
    store.clear().unwrap();
    let nowhere = folder.path().join("no").join("where");
    let put = net.put_with(&net.client, &request, &bytes, &mut FileSession::new(nowhere)).await;
    assert_eq!(put, Err(Error::Session(io::ErrorKind::NotFound)));
}

#[tokio::test]
async fn the_session_never_holds_the_data_key_or_the_data() {
    let net = Net::new(4).await;
    let bytes = random(2 * SEGMENT_LEN as usize);
    let request = net.request(profile(1, 2, 1), Visibility::Private);
    let session = interrupted(&net, &request, &bytes).await.load().unwrap().unwrap();
    assert!(session.len() < 1000);
    let mut fresh = rng(1);
    let mut salt = [0; 32];
    rand::Rng::fill_bytes(&mut fresh, &mut salt);
    let mut key = [0; 32];
    rand::Rng::fill_bytes(&mut fresh, &mut key);
    assert!(session.windows(32).any(|w| w == salt), "the draws are those of the upload");
    assert!(!session.windows(32).any(|w| w == key));
    assert!(!session.windows(16).any(|w| bytes.windows(16).step_by(16).any(|b| b == w)));
}

#[tokio::test]
async fn a_resumed_put_over_a_changed_source_never_repeats_a_keystream() {
    let net = Net::new(4).await;
    let profile = profile(1, 2, 1);
    let payload = usize::try_from(profile.payload_len(Visibility::Private)).unwrap();
    let bytes = random(2 * payload);
    let request = net.request(profile, Visibility::Private);
    let mut session = interrupted(&net, &request, &bytes).await;
    let fragments = || {
        let nodes = net.nodes.values().map(|node| node.inner());
        let all =
            nodes.flat_map(|node| node.names().into_iter().map(|name| (name, node.bytes(&name))));
        all.map(|(name, bytes)| (name.to_bytes(), bytes.unwrap())).collect::<BTreeMap<_, _>>()
    };
    // Each run is killed when the second segment is out and not yet written down, and each starts
    // with the same RNG: the worst that a restored machine can bring about.
    let mut rounds = vec![fragments()];
    for byte in 1..=3 {
        let mut tail = bytes.clone();
        *tail.last_mut().unwrap() ^= byte;
        let mut store = StopAfter(&mut session, u32::from(byte == 3) * 10);
        let put = net.put_with(&net.client, &request, &tail, &mut store).await;
        assert_eq!(put.is_ok(), byte == 3, "{put:?}");
        let known: Vec<_> = rounds.iter().flat_map(BTreeMap::keys).copied().collect();
        let mut new = fragments();
        new.retain(|name, _| !known.contains(name));
        assert_eq!(new.len(), 3, "one segment's, all of them new");
        rounds.push(new);
    }
    // Plaintexts that differ in one byte, under one keystream, would differ in one byte and a tag.
    for (at, round) in rounds.iter().enumerate() {
        for other in &rounds[at + 1..] {
            for (a, b) in round.values().flat_map(|a| other.values().map(move |b| (a, b))) {
                let equal = a.iter().zip(b.iter()).filter(|(a, b)| a == b).count();
                assert!(equal < a.len() / 50, "{equal} of {} bytes are equal", a.len());
            }
        }
    }
}
