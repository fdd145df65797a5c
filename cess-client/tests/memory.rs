//! A file of any length passes through a bounded memory.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]
#![expect(unsafe_code, reason = "counting what is allocated takes an allocator")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    collections::BTreeMap,
    io,
    ops::Range,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use cess_client::{
    ChainExt, Client, LocalChain, MemorySession, NodeError, PutRequest, StorageNode, TaggedSegment,
    Upload,
    testkit::{MemoryNode, World},
};
use cess_erasure::Geometry;
use cess_ledger::{
    AccountId, AccountKey, Action, DAY_MS, DealId, DealStatus, OrderId, Profile, Visibility,
};
use cess_podr2::{Challenge, Fragment, FragmentName, KeyId};
use futures::{AsyncRead, AsyncReadExt};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; counters don't touch memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::SeqCst) + layout.size();
        PEAK.fetch_max(live, Ordering::SeqCst);
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: `pointer` came from `alloc` above with this layout, so from the system.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were live at once during `doing`, beyond those before it.
async fn peak<T>(doing: impl Future<Output = T>) -> (T, usize) {
    let before = LIVE.load(Ordering::SeqCst);
    PEAK.store(before, Ordering::SeqCst);
    let done = doing.await;
    (done, PEAK.load(Ordering::SeqCst) - before)
}

/// Takes everything, keeps nothing, reports what it is asked for.
struct Hollow(Arc<LocalChain>, AccountKey);

impl StorageNode for Hollow {
    fn miner(&self) -> AccountId {
        self.1.account()
    }

    async fn put_key(&self, _: KeyId, _: Bytes) -> Result<(), NodeError> {
        Ok(())
    }

    async fn key(&self, _: &KeyId) -> Result<Bytes, NodeError> {
        Err(NodeError::NotFound)
    }

    async fn put(&self, _: DealId, _: Upload) -> Result<(), NodeError> {
        Ok(())
    }

    async fn report(&self, id: DealId) -> Result<(), NodeError> {
        let deal = self.0.deal(id).await?.ok_or(NodeError::NotCovered)?;
        let DealStatus::Closed { file, .. } = deal.status else { return Ok(()) };
        let records = self.0.fragments(file).await?.into_iter();
        let mine = records.filter(|r| r.miner == self.miner()).map(|r| r.info.index).collect();
        self.0.act(&self.1, Action::Report { deal: id, fragments: mine }).await?;
        Ok(())
    }

    async fn read(&self, _: &FragmentName, _: Range<u64>) -> Result<Bytes, NodeError> {
        Err(NodeError::NotFound)
    }

    async fn tags(&self, _: &FragmentName) -> Result<TaggedSegment, NodeError> {
        Err(NodeError::NotFound)
    }

    async fn prove(&self, _: &Challenge, _: &[Fragment]) -> Result<Bytes, NodeError> {
        Err(NodeError::NotFound)
    }

    async fn adopt(&self, _: OrderId, _: Upload) -> Result<(), NodeError> {
        Err(NodeError::NotCovered)
    }

    async fn delete(&self, _: &FragmentName) -> Result<(), NodeError> {
        Ok(())
    }
}

/// Counts what is written and forgets it.
struct Sink(u64);

impl futures::AsyncWrite for Sink {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0 += bytes.len() as u64;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const SEGMENT_LEN: u32 = 1 << 18;

fn source(segments: u64) -> impl AsyncRead + Unpin + Send {
    futures::io::repeat(7).take(segments * u64::from(SEGMENT_LEN))
}

fn request(world: &World) -> PutRequest<'_> {
    PutRequest {
        profile: Profile::new(2, Geometry::rs8(2, 1).unwrap(), SEGMENT_LEN).unwrap(),
        visibility: Visibility::Private,
        max_len: 64 << 20,
        term_ms: 30 * DAY_MS,
        bid: None,
        tagger: world.tagger(),
    }
}

async fn put<N: StorageNode>(
    world: &World,
    nodes: &BTreeMap<AccountId, Arc<N>>,
    segments: u64,
) -> (cess_client::Stored, usize) {
    let client = Client::new(world.chain().clone(), nodes.clone());
    let (mut session, mut rng) = (MemorySession::default(), ChaCha20Rng::seed_from_u64(segments));
    let (request, owner) = (request(world), world.owner());
    let put = client.put(owner, &request, source(segments), &mut session, &mut rng, &|_| {});
    let (stored, peak) = peak(put).await;
    (stored.unwrap(), peak)
}

#[tokio::test]
async fn ten_times_the_segments_take_no_more_memory() {
    // What is allowed to grow: names, salts and records, far below a segment.
    let slack = SEGMENT_LEN as usize / 4;

    let world = World::new(1, 6).await;
    let hollow = world.nodes(Hollow);
    let (_, few) = put(&world, &hollow, 2).await;
    let (_, many) = put(&world, &hollow, 20).await;
    assert!(many < few + slack, "put: {few} bytes for 2 segments, {many} for 20");
    // A segment with its room, a copy for the second replica, parity, tags.
    assert!(many < 4 * SEGMENT_LEN as usize, "put: {many} bytes");

    let world = World::new(2, 6).await;
    let nodes = world.nodes(MemoryNode::new);
    let client = Client::new(world.chain().clone(), nodes.clone());
    let mut peaks = Vec::new();
    for segments in [2, 10] {
        let (stored, _) = put(&world, &nodes, segments).await;
        let mut sink = Sink(0);
        let get = client.get(stored.file, Some(world.owner()), &mut sink, &|_| {});
        let (fetched, peak) = peak(get).await;
        fetched.unwrap();
        assert_eq!(sink.0, stored.len);
        peaks.push(peak);
    }
    assert!(peaks[1] < peaks[0] + slack, "get: {peaks:?} bytes for 2 and 10 segments");
    assert!(peaks[1] < 4 * SEGMENT_LEN as usize, "get: {peaks:?} bytes");
}
