//! What is put is got, whatever its length, profile and visibility.

use cess_client::{Error, MemorySession, Owner};
use cess_ledger::{DealStatus, Visibility};

use crate::{Net, SEGMENT_LEN, profile, random, rng};

const BOTH: [Visibility; 2] = [Visibility::Public, Visibility::Private];

#[tokio::test]
async fn every_length_comes_back() {
    for (replicas, nodes) in [(1, 4), (3, 9)] {
        let profile = profile(replicas, 2, 1);
        for visibility in BOTH {
            let net = Net::new(nodes).await;
            let payload = usize::try_from(profile.payload_len(visibility)).unwrap();
            let lens = [0, 1, payload - 1, payload, payload + 1, 2 * payload, 2 * payload + 17];
            for len in lens {
                let bytes = random(len);
                let stored = net.put(profile, visibility, &bytes).await.unwrap();
                assert_eq!(stored.len, len as u64);
                let records = net.records(stored.file);
                let sum: u64 = records.iter().map(|r| r.info.fragment_len()).sum();
                assert_eq!((stored.stored, records.len() as u64), {
                    let segments = profile.segments(visibility, len as u64);
                    (sum, segments * profile.fragments_per_segment() as u64)
                });
                let status = net.world.chain().with_state(|s| s.deal(stored.deal).unwrap().status);
                assert_eq!(status, DealStatus::Active { file: stored.file });
                net.reads(stored.file, &bytes).await;
            }
            net.world.check();
        }
    }
}

#[tokio::test]
async fn the_fee_is_paid_and_the_rest_of_the_hold_returned() {
    let net = Net::new(4).await;
    let before = net.balance();
    let stored = net.put(profile(1, 2, 1), Visibility::Private, &random(1000)).await.unwrap();
    let file = net.world.chain().with_state(|s| s.file(&stored.file).unwrap().clone());
    assert!(file.escrow > 0);
    assert_eq!(before - net.balance(), file.escrow);
}

#[tokio::test]
async fn a_public_file_takes_no_key_and_a_private_one_its_owner() {
    let net = Net::new(9).await;
    let stranger = Owner::from_seed(&[1; 32]);
    let bytes = random(3000);
    let public = net.put(profile(3, 2, 1), Visibility::Public, &bytes).await.unwrap();
    for owner in [None, Some(&stranger), Some(net.world.owner())] {
        let (got, fetched) = net.get(public.file, owner).await;
        assert!(fetched.unwrap().bad.is_empty());
        assert!(got == bytes);
    }
    let mut second = rng(2);
    let private = {
        let request = net.request(profile(3, 2, 1), Visibility::Private);
        let mut session = MemorySession::default();
        let source = futures::io::Cursor::new(&bytes);
        let owner = net.world.owner();
        net.client.put(owner, &request, source, &mut session, &mut second, &|_| {}).await.unwrap()
    };
    assert_eq!(net.get(private.file, None).await, (vec![], Err(Error::KeyNeeded)));
    assert_eq!(net.get(private.file, Some(&stranger)).await, (vec![], Err(Error::WrongKey)));
    net.reads(private.file, &bytes).await;
}

#[tokio::test]
async fn equal_inputs_make_equal_files_and_other_randomness_others() {
    for visibility in BOTH {
        let mut ids = Vec::new();
        for seed in [1, 1, 2] {
            let net = Net::new(4).await;
            let request = net.request(profile(1, 2, 1), visibility);
            let bytes = random(SEGMENT_LEN as usize + 100);
            let mut session = MemorySession::default();
            let source = futures::io::Cursor::new(&bytes);
            let owner = net.world.owner();
            let mut drawn = rng(seed);
            let put = net.client.put(owner, &request, source, &mut session, &mut drawn, &|_| {});
            ids.push(put.await.unwrap().file);
        }
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
    }
}

#[tokio::test]
async fn replicas_of_a_segment_differ_and_no_node_has_two_of_its_fragments() {
    for visibility in BOTH {
        let net = Net::new(12).await;
        let stored = net.put(profile(3, 2, 1), visibility, &[7; 5000]).await.unwrap();
        let records = net.records(stored.file);
        let roots: std::collections::BTreeSet<_> =
            records.iter().map(|r| r.info.fragment.root()).collect();
        let miners: std::collections::BTreeSet<_> = records.iter().map(|r| r.miner).collect();
        assert_eq!((roots.len(), miners.len()), (9, 9));
    }
}

#[tokio::test]
async fn a_put_again_with_the_same_randomness_extends_the_file() {
    let net = Net::new(4).await;
    let bytes = random(100);
    let first = net.put(profile(1, 2, 1), Visibility::Public, &bytes).await.unwrap();
    let again = net.put(profile(1, 2, 1), Visibility::Public, &bytes).await.unwrap();
    assert_eq!(first.file, again.file);
    let terms = net.world.chain().with_state(|s| s.file(&first.file).unwrap().terms.len());
    assert_eq!(terms, 2);
    net.world.check();
}

#[tokio::test]
async fn any_range_comes_back_and_fetches_only_what_it_meets() {
    let profile = profile(1, 2, 1);
    for visibility in BOTH {
        let net = Net::new(4).await;
        let payload = usize::try_from(profile.payload_len(visibility)).unwrap();
        let bytes = random(2 * payload + 17);
        let stored = net.put(profile, visibility, &bytes).await.unwrap();
        let owner = Some(net.world.owner());
        let len = bytes.len();
        let edges = [0, 1, payload - 1, payload, payload + 1, 2 * payload, len - 1, len];
        for (start, end) in edges.iter().flat_map(|a| edges.iter().map(move |b| (*a, *b))) {
            let (mut sink, range) = (Vec::new(), start as u64..end as u64);
            let segments = std::sync::atomic::AtomicUsize::new(0);
            let count = |progress: &cess_client::Progress| {
                if let cess_client::Progress::SegmentRead { .. } = progress {
                    segments.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            };
            let got = net.client.get_range(stored.file, owner, range, &mut sink, &count).await;
            if start > end {
                let (start, end, len) = (start as u64, end as u64, len as u64);
                assert_eq!(got, Err(Error::Range { start, end, len }));
                continue;
            }
            assert_eq!(got.map(|fetched| fetched.len), Ok((end - start) as u64));
            assert!(sink == bytes[start..end], "{start}..{end}");
            let met = if start == end { 0 } else { (end - 1) / payload - start / payload + 1 };
            assert_eq!(segments.into_inner(), met, "{start}..{end}");
        }
        let beyond =
            net.client.get_range(stored.file, owner, 0..len as u64 + 1, Vec::new(), &|_| {});
        let refused = Error::Range { start: 0, end: len as u64 + 1, len: len as u64 };
        assert_eq!(beyond.await, Err(refused));
    }
}
