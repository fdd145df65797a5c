//! What a user meets when something is wrong: a typed error with its numbers, and no panic.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "shared/net.rs"]
mod net;

use std::{
    io,
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
};

use cess_client::{
    At, BadFragment, Chain, ChainError, ChainExt, ChainFault, Client, Error, Keys, LocalChain,
    LocalTagger, MemorySession, NodeError, Observer, Owner, Progress, Receipt, SessionStore,
    StoreFault, Stored, testkit::Fault,
};
use cess_ledger::{
    AccountId, Action, Answer, Event, FileId, Profile, Query, SignedCall, Slot, Visibility,
};
use cess_podr2::Sectors;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, io::Cursor};
use net::{BOTH, Net, Nodes, PROFILES, random, short};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

/// One line that says what is wrong, one that says what to do.
fn told(error: &Error, line: &str) {
    assert_eq!(error.to_string(), line);
    assert!(!error.hint().is_empty() && !error.hint().contains('\n'));
}

#[tokio::test]
async fn no_such_file() {
    let net = Net::new(1).await;
    let id = FileId([3; 32]);
    let none = Error::NoSuchFile(id);
    assert_eq!(net.get(id, Some(net.world.owner())).await, (vec![], Err(none.clone())));
    assert_eq!(net.client.repair(id, None, &|_| {}).await, Err(none.clone()));
    let audited = net.client.audit(id, cess_podr2::Policy::Every, &mut rng(), &|_| {}).await;
    assert_eq!(audited, Err(none.clone()));
    told(&none, &format!("no file {}", "03".repeat(32)));
}

#[tokio::test]
async fn not_enough_nodes_to_begin_with() {
    for profile in PROFILES {
        let needed = profile.fragments_per_segment();
        let net = Net::new(needed - 1).await;
        let owner = net.world.owner().account().account();
        let before = net.balance(owner);
        let error = net.put(profile, Visibility::Private, &random(10)).await.unwrap_err();
        let available = needed - 1;
        assert_eq!(error, Error::NotEnoughNodes { needed, available, last: None });
        assert_eq!(net.balance(owner), before, "nothing is held for it");
    }
}

/// The nodes that didn't take a fragment, and why.
#[derive(Default)]
struct Excluded(Mutex<Vec<(AccountId, NodeError)>>);

impl Excluded {
    async fn put(
        &self,
        net: &Net,
        profile: Profile,
        source: &[u8],
        session: &mut MemorySession,
    ) -> Result<Stored, Error> {
        let observer: Observer<'_> = &|progress| {
            if let Progress::NodeExcluded { miner, error } = progress {
                self.0.lock().unwrap().push((*miner, error.clone()));
            }
        };
        let request = net.request(profile, Visibility::Private, net.world.tagger());
        let owner = net.world.owner();
        net.client.put(owner, &request, Cursor::new(source), session, &mut rng(), observer).await
    }
}

#[tokio::test]
async fn not_enough_nodes_when_some_fail_in_the_middle() {
    // 13 nodes, 12 are needed; more than one fails while the second segment is on its way.
    let profile = short(Profile::CESS);
    let net = Net::new(13).await;
    let bytes = random(2 * 65_536);
    for miner in net.world.miners().iter().take(2) {
        net.nodes[miner].set(Fault::Refuses);
    }
    let (excluded, mut session) = (Excluded::default(), MemorySession::default());
    let put = excluded.put(&net, profile, &bytes, &mut session).await;
    let full = |e: &NodeError| matches!(e, NodeError::Full { needed, free: 0 } if *needed > 0);
    let excluded = excluded.0.into_inner().unwrap();
    assert!(excluded.iter().all(|(_, error)| full(error)));
    let last = excluded.last().map(|(_, error)| error.clone());
    let line = format!(
        "11 nodes can take a segment, 12 are needed; the last that failed: {}",
        last.as_ref().unwrap()
    );
    assert_eq!(put, Err(Error::NotEnoughNodes { needed: 12, available: 11, last }));
    told(&put.unwrap_err(), &line);

    // Once they take fragments again, the same upload goes on.
    for node in net.nodes.values() {
        node.set(Fault::None);
    }
    let stored = Excluded::default().put(&net, profile, &bytes, &mut session).await.unwrap();
    net.reads(stored.file, &bytes).await;
}

#[tokio::test]
async fn full_disks_of_nodes() {
    let profile = short(Profile::CESS);
    let net = Net::new(16).await;
    let bytes = random(70_000);
    let full: Vec<AccountId> = net.world.miners().into_iter().take(5).collect();
    let no_space = NodeError::Store(StoreFault::NoSpace);

    // Up to a quarter of the nodes is left out, and each says why.
    for miner in &full[..4] {
        net.nodes[miner].set(Fault::DiskFull);
    }
    let excluded = Excluded::default();
    let stored = excluded.put(&net, profile, &bytes, &mut MemorySession::default()).await.unwrap();
    net.reads(stored.file, &bytes).await;
    let excluded = excluded.0.into_inner().unwrap();
    assert!(!excluded.is_empty());
    assert!(excluded.iter().all(|(miner, e)| full[..4].contains(miner) && *e == no_space));

    net.nodes[&full[4]].set(Fault::DiskFull);
    let put = net.put(profile, Visibility::Private, &random(70_001)).await;
    assert_eq!(put, Err(Error::TooManyFailures { max: 4, failed: 5, last: no_space.clone() }));
    told(
        &put.unwrap_err(),
        "5 nodes failed, at most 4 may be left out; the last that failed: store failed: no space left",
    );

    // A repair that only full nodes could take stays open and names the last of them.
    let spare = Net::new(13).await;
    let stored = spare.put(Profile::CESS, Visibility::Public, &random(9)).await.unwrap();
    let slot = Slot { segment: 0, replica: 0, shard: 7 };
    let lost = spare.record(stored.file, &Profile::CESS, slot);
    let number = spare.world.miners().iter().position(|id| *id == lost.miner).unwrap();
    spare.world.chain().act(&spare.world.miner_key(number), Action::Exit).await.unwrap();
    let holders: Vec<_> = spare.records(stored.file).iter().map(|r| r.miner).collect();
    let home = spare.world.miners().into_iter().find(|m| !holders.contains(m)).unwrap();
    spare.nodes[&home].set(Fault::DiskFull);
    let repaired = spare.client.repair(stored.file, None, &|_| {}).await.unwrap();
    let error = Error::Node { miner: home, source: no_space };
    assert!(repaired.open.iter().map(|(_, e)| e).eq([&error]));
    told(&error, &format!("node {home}: store failed: no space left"));
}

#[tokio::test]
async fn not_enough_shards() {
    let profile = short(Profile::LEAN);
    let net = Net::new(14).await;
    let bytes = random(3 * 65_536);
    let stored = net.put(profile, Visibility::Public, &bytes).await.unwrap();
    let missing = vec![0, 3, 5, 11, 13];
    for shard in missing.clone() {
        let slot = Slot { segment: 2, replica: 0, shard };
        net.lose(&net.record(stored.file, &profile, slot));
    }
    let (got, fetched) = net.get(stored.file, None).await;
    let error = Error::NotEnoughShards { segment: 2, replica: 0, have: 9, need: 10, missing };
    assert_eq!(fetched, Err(error.clone()));
    assert!(got == bytes[..2 * 65_536]);
    told(&error, "segment 2 replica 0: 9 intact shards, 10 are needed, lost are 0, 3, 5, 11, 13");
    // The line stays one that can be read.
    let missing: Vec<u8> = (0..=254).collect();
    let all = Error::NotEnoughShards { segment: 0, replica: 1, have: 0, need: 200, missing };
    told(
        &all,
        "segment 0 replica 1: 0 intact shards, 200 are needed, lost are \
         0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 and 239 more",
    );
}

#[tokio::test]
async fn no_key_and_the_wrong_key() {
    let net = Net::new(15).await;
    let stranger = Owner::from_seed(&[1; 32]);
    for profile in PROFILES {
        let stored = net.put(profile, Visibility::Private, &random(50)).await.unwrap();
        assert_eq!(net.get(stored.file, None).await, (vec![], Err(Error::KeyNeeded)));
        assert_eq!(net.get(stored.file, Some(&stranger)).await, (vec![], Err(Error::WrongKey)));
    }
    told(&Error::KeyNeeded, "file is private, its keys are needed");
    told(&Error::WrongKey, "keys do not open this file");

    // A public file takes the tagger once only masked replicas are left.
    let profile = Profile::WHITE_PAPER;
    let stored = net.put(profile, Visibility::Public, &random(51)).await.unwrap();
    for shard in 0..5 {
        net.lose(&net.record(stored.file, &profile, Slot { segment: 0, replica: 0, shard }));
    }
    let missing = (0..5).collect();
    let none = Error::NotEnoughShards { segment: 0, replica: 0, have: 0, need: 3, missing };
    assert_eq!(net.get(stored.file, None).await, (vec![], Err(none)));
    let stranger = LocalTagger::from_seed(&[1; 32], Sectors::MIN);
    let (keys, mut sink) = (Keys::default().with_tagger(&stranger), Vec::new());
    let fetched = net.client.get(stored.file, keys, &mut sink, &|_| {}).await;
    assert_eq!((sink, fetched), (vec![], Err(Error::WrongKey)));
    net.reads(stored.file, &random(51)).await;
}

/// Fails with one kind of error, at once as a sink, after what is left of it as a source.
struct Broken(io::ErrorKind);

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(self.0.into()))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(self.0.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.0.into()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.0.into()))
    }
}

#[tokio::test]
async fn an_unreadable_source_and_an_unwritable_sink() {
    let profile = short(Profile::CESS);
    let net = Net::new(12).await;
    let request = net.request(profile, Visibility::Private, net.world.tagger());
    let (owner, bytes) = (net.world.owner(), random(100_000));
    let mut session = MemorySession::default();
    for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::UnexpectedEof] {
        // In the middle of the second segment.
        let source = Cursor::new(&bytes[..80_000]).chain(Broken(kind));
        let put = net.client.put(owner, &request, source, &mut session, &mut rng(), &|_| {}).await;
        assert_eq!(put, Err(Error::Source { len: 80_000, kind }));
    }
    told(
        &Error::Source { len: 80_000, kind: io::ErrorKind::PermissionDenied },
        "source can't be read after 80000 bytes: permission denied",
    );
    // Between two segments, where one byte is read ahead to know whether there is another.
    let payload = profile.payload_len(Visibility::Private);
    for len in [0, 1, payload - 1, payload, payload + 1] {
        let source = Cursor::new(&bytes).take(len).chain(Broken(io::ErrorKind::Other));
        let put = net.client.put(owner, &request, source, &mut session, &mut rng(), &|_| {}).await;
        assert_eq!(put, Err(Error::Source { len, kind: io::ErrorKind::Other }));
    }
    let source = Cursor::new(&bytes);
    let put = net.client.put(owner, &request, source, &mut session, &mut rng(), &|_| {}).await;
    let stored = put.unwrap();

    let kind = io::ErrorKind::StorageFull;
    let got = net.client.get(stored.file, Some(owner), Broken(kind), &|_| {}).await;
    assert_eq!(got, Err(Error::Sink(kind)));
    told(&Error::Sink(kind), "sink can't be written: no storage space");
}

struct FullSession;

impl SessionStore for FullSession {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn save(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn clear(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_of_the_session_costs_nothing() {
    let net = Net::new(12).await;
    let request = net.request(Profile::CESS, Visibility::Private, net.world.tagger());
    let owner = net.world.owner();
    let before = net.balance(owner.account().account());
    let (source, session) = (Cursor::new([1; 10]), &mut FullSession);
    let put = net.client.put(owner, &request, source, session, &mut rng(), &|_| {}).await;
    assert_eq!(put, Err(Error::Session(io::ErrorKind::StorageFull)));
    assert_eq!(net.balance(owner.account().account()), before, "found before anything is paid");
}

#[tokio::test]
async fn damaged_stores_of_nodes_are_named_and_worked_round() {
    for visibility in BOTH {
        let net = Net::new(14).await;
        let (profile, bytes) = (Profile::LEAN, random(20_000));
        let stored = net.put(profile, visibility, &bytes).await.unwrap();
        let slots = [0, 4, 9].map(|shard| Slot { segment: 0, replica: 0, shard });
        for slot in slots {
            let record = net.record(stored.file, &profile, slot);
            net.node(&record).inner().damage(&record.info.fragment.name());
        }
        let (got, fetched) = net.get(stored.file, Some(net.world.owner())).await;
        assert!(got == bytes);
        let mut bad = fetched.unwrap().bad;
        bad.sort_by_key(|bad| bad.slot);
        let named = slots.map(|slot| BadFragment {
            slot,
            miner: net.record(stored.file, &profile, slot).miner,
            error: NodeError::WrongContent,
        });
        assert_eq!(bad, named);
    }
}

/// A chain whose line is cut after `left` requests.
struct Cut<'a> {
    chain: &'a LocalChain,
    left: AtomicU32,
}

const CUT: ChainError = ChainError::Unreachable { attempts: 1 };

impl Cut<'_> {
    fn line(&self) -> Result<(), ChainError> {
        let spend = |left: u32| left.checked_sub(1);
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).map_err(|_| CUT)?;
        Ok(())
    }
}

impl Chain for Cut<'_> {
    async fn read(&self, query: &Query) -> Result<At<Answer>, ChainError> {
        self.line()?;
        self.chain.read(query).await
    }

    async fn submit(&self, call: SignedCall) -> Result<Receipt, ChainError> {
        self.line()?;
        self.chain.submit(call).await
    }

    async fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<([u8; 32], Receipt)>, ChainError> {
        self.line()?;
        self.chain.outcome(account, nonce).await
    }

    async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        self.line()?;
        self.chain.events(height).await
    }

    async fn wait(&self, height: u64) -> Result<(), ChainError> {
        self.line()?;
        self.chain.wait(height).await
    }
}

#[tokio::test]
async fn a_chain_out_of_reach_from_any_step_on() {
    let net = Net::new(12).await;
    let (owner, bytes) = (net.world.owner(), random(10));
    let request = net.request(Profile::CESS, Visibility::Private, net.world.tagger());
    let client = |left| {
        let chain = Cut { chain: net.world.chain(), left: AtomicU32::new(left) };
        Client::<_, Nodes>::new(chain, net.nodes.clone())
    };
    let account = owner.account().account();
    let (mut left, mut seen) = (0, Vec::new());
    let stored = loop {
        let before = net.balance(account);
        let (mut session, mut rng) =
            (MemorySession::default(), ChaCha20Rng::seed_from_u64(left.into()));
        let cut = client(left)
            .put(owner, &request, Cursor::new(&bytes), &mut session, &mut rng, &|_| {})
            .await;
        let (stored, whole) = match cut {
            Ok(stored) => (stored, true),
            Err(Error::Chain(ChainError::Unreachable { attempts })) => {
                seen.push(attempts);
                let source = Cursor::new(&bytes);
                let again =
                    net.client.put(owner, &request, source, &mut session, &mut rng, &|_| {}).await;
                (again.unwrap(), false)
            }
            Err(other) => panic!("cut off after {left} requests: {other:?}"),
        };
        let escrow = net.world.chain().with_state(|s| s.file(&stored.file).unwrap().escrow);
        assert_eq!(before - net.balance(account), escrow, "paid once");
        net.reads(stored.file, &bytes).await;
        if whole {
            break stored;
        }
        left += 1;
    };
    assert!(seen.contains(&1) && seen.contains(&cess_client::ATTEMPTS), "{seen:?}");

    let cut = Error::Chain(CUT);
    for left in 0..2 {
        let mut sink = Vec::new();
        let got = client(left).get(stored.file, Some(owner), &mut sink, &|_| {}).await;
        assert_eq!((sink, got), (vec![], Err(cut.clone())));
        assert_eq!(client(left).repair(stored.file, None, &|_| {}).await, Err(cut.clone()));
        let (client, every) = (client(left), cess_podr2::Policy::Every);
        let audited = client.audit(stored.file, every, &mut rng(), &|_| {}).await;
        assert_eq!(audited, Err(cut.clone()));
    }
    told(&cut, "chain: chain is out of reach (1 attempts)");
}

#[test]
fn a_damaged_chain_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    let tick = |_| cess_client::Tick { time: 1, randomness: [0; 32] };
    let open = || match LocalChain::resume(&path, tick) {
        Err(ChainError::Store(fault)) => fault,
        other => panic!("opened: {other:?}"),
    };
    assert_eq!(open(), ChainFault::NotFound);
    std::fs::write(&path, [7; 5000]).unwrap();
    assert_eq!(open(), ChainFault::Damaged);
    let error = Error::Chain(ChainError::Store(ChainFault::Damaged));
    told(&error, "chain: chain's store: damaged, or no chain");
    assert_eq!(error.hint(), "restore it from a backup");
}
