//! What nodes do wrong, and each error a caller meets.

use std::{
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use cess_client::{
    BadFragment, ChainError, Error, Keys, LocalTagger, MemorySession, NodeError, Part, Progress,
    PutRequest, TaggedSegment, Tagger, TaggerError,
    testkit::{Fault, FaultyNode, FlakyChain},
};
use cess_ledger::{DealId, FileId, Manifest, Signature, Slot, Visibility};
use cess_podr2::{ProvingKey, PublicKey};
use futures::{AsyncRead, AsyncWrite, FutureExt, future::BoxFuture, io::Cursor};

use crate::{Net, SEGMENT_LEN, get, profile, random, rng};

#[tokio::test]
async fn nodes_that_fail_are_left_out_and_the_file_is_whole() {
    for fault in [Fault::Refuses, Fault::Gone] {
        let net = Net::new(8).await;
        let bad: Vec<_> = net.world.miners().into_iter().take(2).collect();
        for miner in &bad {
            net.nodes[miner].set(fault);
        }
        let excluded = Mutex::new(Vec::new());
        let observer = |progress: &Progress| {
            if let Progress::NodeExcluded { miner, .. } = progress {
                excluded.lock().unwrap().push(*miner);
            }
        };
        let bytes = random(4 * SEGMENT_LEN as usize);
        let request = net.request(profile(1, 3, 2), Visibility::Public);
        let mut session = MemorySession::default();
        let (owner, source) = (net.world.owner(), Cursor::new(&bytes));
        let mut fresh = rng(1);
        let put = net.client.put(owner, &request, source, &mut session, &mut fresh, &observer);
        let stored = put.await.unwrap();
        let mut excluded = excluded.into_inner().unwrap();
        excluded.sort();
        excluded.dedup();
        assert!(!excluded.is_empty() && excluded.iter().all(|m| bad.contains(m)));
        assert!(net.records(stored.file).iter().all(|r| !bad.contains(&r.miner)));
        net.reads(stored.file, &bytes).await;
        net.world.check();
    }
}

#[tokio::test]
async fn one_failing_node_too_many_ends_the_upload() {
    let net = Net::new(8).await;
    for miner in net.world.miners().iter().take(6) {
        net.nodes[miner].set(Fault::Refuses);
    }
    let put = net.put(profile(1, 2, 1), Visibility::Public, &random(10)).await;
    let Err(Error::TooManyFailures { max: 2, failed: 3, last }) = put else { panic!("{put:?}") };
    assert!(matches!(last, NodeError::Full { .. }), "{last}");

    let net = Net::new(4).await;
    net.nodes[&net.world.miners()[0]].set(Fault::Refuses);
    let put = net.put(profile(1, 3, 1), Visibility::Public, &random(10)).await;
    assert_eq!(put, Err(Error::NotEnoughNodes { needed: 4, available: 3, last: Some(last) }));
}

#[tokio::test]
async fn losses_up_to_the_parity_are_survived_and_named() {
    let profile = profile(1, 3, 2);
    for fault in [None, Some(Fault::Gone), Some(Fault::WrongBytes)] {
        let net = Net::new(5).await;
        let bytes = random(2 * SEGMENT_LEN as usize);
        let stored = net.put(profile, Visibility::Private, &bytes).await.unwrap();
        let lost: Vec<_> = [0, 2].map(|i| net.record(stored.file, &profile, (1, 0, i))).into();
        for record in &lost {
            match fault {
                None => net.lose(record),
                Some(fault) => net.node(record).set(fault),
            }
        }
        let (got, fetched) = net.get(stored.file, Some(net.world.owner())).await;
        assert!(got == bytes);
        let error = match fault {
            None => NodeError::NotFound,
            Some(Fault::Gone) => NodeError::Unreachable,
            Some(_) => NodeError::WrongContent,
        };
        let bad = fetched.unwrap().bad;
        for (record, shard) in lost.iter().zip([0, 2]) {
            let slot = Slot { segment: 1, replica: 0, shard };
            let named = BadFragment { slot, miner: record.miner, error: error.clone() };
            assert!(bad.contains(&named), "{bad:?}");
        }
        assert!(fault.is_some() || bad.len() == 2);

        let third = net.record(stored.file, &profile, (1, 0, 4));
        net.lose(&third);
        for record in &lost {
            net.lose(record);
            net.node(record).set(Fault::None);
        }
        let (got, fetched) = net.get(stored.file, Some(net.world.owner())).await;
        let missing = vec![0, 2, 4];
        let lost = Error::NotEnoughShards { segment: 1, replica: 0, have: 2, need: 3, missing };
        assert_eq!(fetched, Err(lost));
        let first = usize::try_from(profile.payload_len(Visibility::Private)).unwrap();
        assert!(got == bytes[..first], "the segment before is right, of this one nothing came");
    }
}

#[tokio::test]
async fn another_replica_stands_in_with_its_tagger_alone() {
    let profile = profile(3, 2, 1);
    for visibility in [Visibility::Public, Visibility::Private] {
        let net = Net::new(9).await;
        let bytes = random(5000);
        let stored = net.put(profile, visibility, &bytes).await.unwrap();
        for slot in [(0, 0, 0), (0, 0, 1), (0, 1, 2)] {
            net.lose(&net.record(stored.file, &profile, slot));
        }
        net.reads(stored.file, &bytes).await;
        if visibility == Visibility::Public {
            let missing = vec![0, 1];
            let lost = Error::NotEnoughShards { segment: 0, replica: 0, have: 1, need: 2, missing };
            let lost = Err(lost);
            assert_eq!(net.get(stored.file, None).await, (vec![], lost));
            let stranger = LocalTagger::from_seed(&[1; 32], cess_podr2::Sectors::MIN);
            let keys = Keys::from(net.world.owner()).with_tagger(&stranger);
            let wrong = (vec![], Err(Error::WrongKey));
            assert_eq!(get(&net.client, stored.file, keys).await, wrong);
        }
    }
}

#[tokio::test]
async fn whatever_nodes_and_the_line_do_nothing_wrong_is_written() {
    let net = Net::new(6).await;
    let bytes = random(3 * SEGMENT_LEN as usize);
    let stored = net.put(profile(1, 2, 3), Visibility::Private, &bytes).await.unwrap();
    let (mut whole, mut failed) = (0, 0);
    for seed in 0..60 {
        let nodes: std::collections::BTreeMap<_, _> = (0u64..)
            .zip(&net.nodes)
            .map(|(i, (id, node))| {
                (*id, std::sync::Arc::new(FaultyNode::seeded(node.clone(), seed * 100 + i)))
            })
            .collect();
        let chain = FlakyChain::new(net.world.chain().clone(), seed, 8);
        let client = cess_client::Client::new(chain, nodes);
        let (got, fetched) = get(&client, stored.file, Some(net.world.owner())).await;
        assert!(bytes.starts_with(&got), "a prefix of the file and nothing else");
        match fetched {
            Ok(_) => {
                assert_eq!(got.len(), bytes.len());
                whole += 1;
            }
            Err(error) => {
                let expected = matches!(
                    error,
                    Error::Chain(ChainError::Unreachable { .. }) | Error::NotEnoughShards { .. }
                );
                assert!(expected, "{error:?}");
                failed += 1;
            }
        }
    }
    assert!(whole > 0 && failed > 0, "{whole} whole, {failed} failed");
}

#[tokio::test]
async fn a_report_that_is_missing_keeps_the_deal_open_until_the_deadline() {
    let net = Net::new(4).await;
    let bytes = random(200);
    let request = net.request(profile(1, 2, 1), Visibility::Private);
    let mut session = MemorySession::default();
    let silent = Mutex::new(None);
    let observer = |progress: &Progress| match progress {
        Progress::FragmentStored { miner, .. } => *silent.lock().unwrap() = Some(*miner),
        Progress::DealClosed { .. } => {
            net.nodes[&silent.lock().unwrap().unwrap()].set(Fault::Gone);
        }
        _ => {}
    };
    let (owner, source) = (net.world.owner(), Cursor::new(&bytes));
    let put = net.client.put(owner, &request, source, &mut session, &mut rng(1), &observer).await;
    assert_eq!(put, Err(Error::NotActive { missing: 1 }));

    let mut late = session.clone();
    net.nodes[&silent.lock().unwrap().unwrap()].set(Fault::None);
    let stored = net.put_with(&net.client, &request, &bytes, &mut session).await.unwrap();
    net.reads(stored.file, &bytes).await;
    // A crash before the session was cleared: it is found done.
    let again = net.put_with(&net.client, &request, &bytes, &mut late).await;
    assert_eq!(again, Ok(stored));
}

/// Signs at first what isn't its signature.
#[derive(Debug)]
struct Missigns<'a> {
    honest: &'a dyn Tagger,
    mended: AtomicBool,
}

impl Tagger for Missigns<'_> {
    fn public(&self) -> &PublicKey {
        self.honest.public()
    }

    fn proving_key(&self) -> &ProvingKey {
        self.honest.proving_key()
    }

    fn replicate<'a>(
        &'a self,
        part: &'a Part,
        stored: Vec<u8>,
    ) -> BoxFuture<'a, Result<(Vec<Bytes>, TaggedSegment), TaggerError>> {
        self.honest.replicate(part, stored)
    }

    fn unmask<'a>(
        &'a self,
        part: &'a Part,
        root: &'a [u8; 32],
        masked: Vec<u8>,
    ) -> BoxFuture<'a, Result<Vec<u8>, TaggerError>> {
        self.honest.unmask(part, root, masked)
    }

    fn declare<'a>(
        &'a self,
        chain_id: &'a [u8; 32],
        deal: DealId,
        manifest: &'a Manifest,
    ) -> BoxFuture<'a, Result<Signature, TaggerError>> {
        if self.mended.load(Ordering::SeqCst) {
            self.honest.declare(chain_id, deal, manifest)
        } else {
            async { Ok(Signature([9; 64])) }.boxed()
        }
    }
}

/// What was paid for and uploaded is not lost by one signature that the ledger refuses.
#[tokio::test]
async fn a_wrong_signature_of_a_tagger_does_not_end_the_upload() {
    let net = Net::new(4).await;
    let bytes = random(200);
    let honest = net.request(profile(1, 2, 1), Visibility::Private);
    let tagger = Missigns { honest: honest.tagger, mended: AtomicBool::new(false) };
    let request = PutRequest { tagger: &tagger, ..honest };
    let mut session = MemorySession::default();
    for _ in 0..2 {
        let refused = net.put_with(&net.client, &request, &bytes, &mut session).await;
        assert!(matches!(refused, Err(Error::Chain(ChainError::Refused(_)))), "{refused:?}");
    }
    let paid = net.balance();
    tagger.mended.store(true, Ordering::SeqCst);
    let stored = net.put_with(&net.client, &request, &bytes, &mut session).await.unwrap();
    assert!(net.balance() >= paid, "paid twice");
    net.reads(stored.file, &bytes).await;
    net.world.check();
}

#[tokio::test]
async fn a_deal_past_its_deadline_is_refunded() {
    let open_ms = cess_ledger::Params::example([0; 32]).deal.open_ms;
    let report_ms = cess_ledger::Params::example([0; 32]).deal.report_ms;
    for (at_close, wait) in [(false, open_ms), (true, report_ms)] {
        let net = Net::new(4).await;
        let before = net.balance();
        let bytes = random(200);
        let request = net.request(profile(1, 2, 1), Visibility::Private);
        let mut session = MemorySession::default();
        let observer = |progress: &Progress| match progress {
            Progress::SegmentStored { .. } if !at_close => net.world.pass(wait),
            Progress::DealClosed { .. } if at_close => net.world.pass(wait),
            _ => {}
        };
        let (owner, source) = (net.world.owner(), Cursor::new(&bytes));
        let mut fresh = rng(1);
        let put = net.client.put(owner, &request, source, &mut session, &mut fresh, &observer);
        let put = put.await;
        assert_eq!(put, Err(Error::DealExpired));
        let resumed = net.put_with(&net.client, &request, &bytes, &mut session).await;
        assert_eq!(resumed, Err(Error::DealExpired));
        assert_eq!(net.balance(), before);
        net.world.check();
    }
}

#[tokio::test]
async fn refuses_a_source_over_its_bound() {
    let net = Net::new(4).await;
    let mut request = net.request(profile(1, 2, 1), Visibility::Public);
    for max_len in [0, 99, u64::from(SEGMENT_LEN)] {
        request.max_len = max_len;
        let fits = random(usize::try_from(max_len).unwrap());
        let over = random(fits.len() + 1);
        let mut session = MemorySession::default();
        let put = net.put_with(&net.client, &request, &over, &mut session).await;
        assert_eq!(put, Err(Error::TooLarge { max: max_len }));
        let mut session = MemorySession::default();
        let put = net.put_with(&net.client, &request, &fits, &mut session).await;
        assert_eq!(put.map(|stored| stored.len), Ok(max_len));
    }
}

#[tokio::test]
async fn refuses_what_the_ledger_refuses() {
    let net = Net::new(4).await;
    let mut request = net.request(profile(1, 2, 1), Visibility::Public);
    request.bid = Some(0);
    let put = net.put_with(&net.client, &request, &[], &mut MemorySession::default()).await;
    let refused =
        matches!(put, Err(Error::Chain(ChainError::Refused(cess_ledger::Error::BidTooLow { .. }))));
    assert!(refused, "{put:?}");
    let put = net.put(profile(2, 2, 1), Visibility::Public, &[]).await;
    assert_eq!(put, Err(Error::NotEnoughNodes { needed: 6, available: 4, last: None }));
}

#[tokio::test]
async fn refuses_a_tag_key_that_is_not_registered() {
    let net = Net::new(4).await;
    let tagger = LocalTagger::from_seed(&[5; 32], cess_podr2::Sectors::MIN);
    let mut request = net.request(profile(1, 2, 1), Visibility::Public);
    request.tagger = &tagger;
    let before = net.balance();
    let put = net.put_with(&net.client, &request, &[1], &mut MemorySession::default()).await;
    assert_eq!(put, Err(Error::TagKeyMissing));
    assert_eq!(net.balance(), before, "found before anything is paid");
}

#[tokio::test]
async fn refuses_a_file_that_is_not_there() {
    let net = Net::new(3).await;
    let id = FileId([3; 32]);
    assert_eq!(net.get(id, None).await, (vec![], Err(Error::NoSuchFile(id))));
    let audited = net.client.audit(id, cess_podr2::Policy::Every, &mut rng(1), &|_| {}).await;
    assert_eq!(audited, Err(Error::NoSuchFile(id)));
    assert_eq!(net.client.repair(id, None, &|_| {}).await, Err(Error::NoSuchFile(id)));
}

struct Broken;

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Err(std::io::ErrorKind::StorageFull.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn tells_what_source_and_sink_say() {
    let net = Net::new(4).await;
    let request = net.request(profile(1, 2, 1), Visibility::Public);
    let mut session = MemorySession::default();
    let owner = net.world.owner();
    let put = net.client.put(owner, &request, Broken, &mut session, &mut rng(1), &|_| {}).await;
    assert_eq!(put, Err(Error::Source { len: 0, kind: std::io::ErrorKind::ConnectionReset }));
    // The deal is open: a source that works goes on with it.
    let before = net.balance();
    let stored = net.put_with(&net.client, &request, &random(9), &mut session).await.unwrap();
    assert!(net.balance() >= before);
    let got = net.client.get(stored.file, None, Broken, &|_| {}).await;
    assert_eq!(got, Err(Error::Sink(std::io::ErrorKind::StorageFull)));
}

#[tokio::test]
async fn every_error_has_a_line_and_a_hint() {
    let missing = vec![1, 2];
    let error = Error::NotEnoughShards { segment: 4, replica: 3, have: 1, need: 2, missing };
    assert_eq!(
        error.to_string(),
        "segment 4 replica 3: 1 intact shards, 2 are needed, lost are 1, 2"
    );
    let node = Error::Node {
        miner: cess_ledger::AccountId([0; 32]),
        source: NodeError::Store(cess_client::StoreFault::NoSpace),
    };
    let all = [
        Error::Chain(ChainError::NonceTaken { nonce: 1 }),
        Error::Chain(ChainError::Unreachable { attempts: 5 }),
        Error::Session(std::io::ErrorKind::StorageFull),
        Error::SessionMismatch,
        Error::SourceChanged { segment: 0 },
        Error::TooLarge { max: 1 },
        Error::TooManyFailures { max: 1, failed: 2, last: NodeError::Unreachable },
        Error::NotActive { missing: 1 },
        Error::Inconsistent { segment: 1 },
        Error::TagKeyMissing,
        error,
        node,
    ];
    for error in all {
        assert!(!error.hint().is_empty() && !error.hint().contains("documentation"));
        assert!(!error.to_string().contains('\n'));
    }
}
