//! Files on a network of nodes: stored, audited, damaged, punished, repaired, read back.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "common/world.rs"]
mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cess_client::{ChainExt, Error, NodeError, Progress, StorageNode, Upload};
use cess_ledger::{AccountId, DealId, DealStatus, Event, FragmentStatus, Verdict};
use cess_podr2::{FragmentName, Policy};
use common::{Backend, HOUR_MS, Net, data, path, with_wrong_tags};
use futures::FutureExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Five are punished, and punished nodes take no repairs; a segment takes four.
const MINERS: usize = 12;
const LEN: usize = 300_000;

fn name_of(record: &cess_ledger::FragmentRecord) -> FragmentName {
    record.info.fragment.name()
}

fn bad_of(verdicts: &BTreeMap<AccountId, Verdict>) -> BTreeSet<(AccountId, u32)> {
    let bad = verdicts.iter().flat_map(|(miner, verdict)| match verdict {
        Verdict::Failed { bad } => bad.iter().map(|(_, index)| (*miner, *index)).collect(),
        _ => Vec::new(),
    });
    bad.collect()
}

async fn a_file_lives_through_its_life(backend: Backend) {
    let mut net = Net::new(backend, 22, MINERS).await;
    let data = data(LEN);
    let stored = net.put(&data).await.unwrap();
    let status = net.chain().deal(stored.deal).await.unwrap().unwrap().status;
    assert_eq!(status, DealStatus::Active { file: stored.file });
    assert_eq!(net.get(stored.file).await, (data.clone(), 0));
    let on_disk: u64 = {
        let mut sum = 0;
        for node in net.nodes.values() {
            sum += node.fragments().await.unwrap().values().sum::<u64>();
        }
        sum
    };
    assert_eq!(on_disk, stored.stored);

    let records = net.records(stored.file);
    let homes: BTreeSet<AccountId> = records.iter().map(|r| r.miner).collect();
    let verdicts = net.audit(&[]).await;
    assert_eq!(verdicts.keys().copied().collect::<BTreeSet<_>>(), homes);
    assert!(verdicts.values().all(|v| *v == Verdict::Passed), "{verdicts:?}");

    // The same nodes over the same stores.
    net.restart();
    assert_eq!(net.get(stored.file).await, (data.clone(), 0));
    let verdicts = net.audit(&[]).await;
    assert_eq!(verdicts.len(), homes.len());
    assert!(verdicts.values().all(|v| *v == Verdict::Passed), "{verdicts:?}");
    for node in net.nodes.values() {
        assert_eq!(node.collect_garbage().await, Ok(0));
        assert_eq!(node.report(stored.deal).await, Ok(()), "again is harmless");
    }

    // One home each: a bit, the end, the tags, all, and two fragments for each other. The outboard
    // is for readers alone.
    let held = |miner: &AccountId| records.iter().filter(|r| r.miner == *miner).collect::<Vec<_>>();
    let mut by_count: Vec<AccountId> = homes.into_iter().collect();
    by_count.sort_by_key(|miner| std::cmp::Reverse(held(miner).len()));
    let [swapped, flipped, cut, untagged, wiped, ..] = by_count[..] else { panic!("few homes") };
    let mut expected = BTreeSet::new();

    let pair = held(&swapped);
    let (one, two) = (path(&name_of(pair[0]), "data"), path(&name_of(pair[1]), "data"));
    let (first, second) = (net.read(&swapped, &one).await, net.read(&swapped, &two).await);
    net.write(&swapped, &one, second).await;
    net.write(&swapped, &two, first).await;
    expected.extend(pair[..2].iter().map(|r| (swapped, r.info.index)));

    let file = path(&name_of(held(&flipped)[0]), "data");
    let mut bytes = net.read(&flipped, &file).await;
    bytes[17] ^= 4;
    net.write(&flipped, &file, bytes).await;
    expected.insert((flipped, held(&flipped)[0].info.index));

    let file = path(&name_of(held(&cut)[0]), "data");
    let mut bytes = net.read(&cut, &file).await;
    bytes.pop();
    net.write(&cut, &file, bytes).await;
    expected.insert((cut, held(&cut)[0].info.index));

    net.remove(&untagged, &path(&name_of(held(&untagged)[0]), "tags")).await;
    expected.insert((untagged, held(&untagged)[0].info.index));
    net.remove(&untagged, &path(&name_of(held(&untagged)[0]), "outboard")).await;

    net.wipe(&wiped).await;
    expected.extend(held(&wiped).iter().map(|r| (wiped, r.info.index)));

    let collateral =
        |net: &Net, id: &AccountId| net.chain().with_state(|s| s.miner(id).unwrap().collateral);
    let before: BTreeMap<AccountId, u128> =
        net.nodes.keys().map(|id| (*id, collateral(&net, id))).collect();
    let verdicts = net.audit(&[]).await;
    assert_eq!(bad_of(&verdicts), expected, "exactly the bad fragments");
    for (id, before) in &before {
        let punished = expected.iter().any(|(miner, _)| miner == id);
        assert_eq!(collateral(&net, id) < *before, punished);
    }
    for record in net.records(stored.file) {
        let lost = expected.contains(&(record.miner, record.info.index));
        assert_eq!(record.status == FragmentStatus::Lost, lost);
    }

    // Read through the damage, repaired, paid, audited, read again.
    assert_eq!(net.get(stored.file).await.0, data);
    let height = net.chain().with_state(cess_ledger::State::height);
    let repaired = net.client().repair(stored.file, None, &|_| {}).await.unwrap();
    assert_eq!(repaired.open, []);
    assert_eq!(repaired.completed.len(), expected.len());
    let mut paid = 0;
    for event in net.events_after(height).await {
        if let Event::RepairCompleted { bounty, .. } = event {
            assert!(bounty > 0);
            paid += 1;
        }
    }
    assert_eq!(paid, expected.len());
    let verdicts = net.audit(&[]).await;
    assert!(verdicts.values().all(|v| *v == Verdict::Passed), "{verdicts:?}");
    assert_eq!(net.get(stored.file).await, (data, 0));
    let mut deleted = 0;
    for node in net.nodes.values() {
        deleted += node.collect_garbage().await.unwrap();
    }
    assert!(deleted > 0, "what was lost and is elsewhere now");
    assert!(net.audit(&[]).await.values().all(|v| *v == Verdict::Passed));
    net.world.check();
}

#[tokio::test]
async fn a_file_in_memory_lives_through_its_life() {
    a_file_lives_through_its_life(Backend::Memory).await;
}

#[tokio::test]
async fn a_file_in_folders_lives_through_its_life() {
    a_file_lives_through_its_life(Backend::Folder).await;
}

#[tokio::test]
async fn a_silent_node_is_missed_and_others_pass() {
    let net = Net::new(Backend::Memory, 2, 4).await;
    let stored = net.put(&data(100_000)).await.unwrap();
    let silent = net.records(stored.file)[0].miner;
    let verdicts = net.audit(&[silent]).await;
    assert_eq!(verdicts.len(), 4);
    for (miner, verdict) in verdicts {
        let expected = if miner == silent { Verdict::Missed } else { Verdict::Passed };
        assert_eq!(verdict, expected);
    }
}

#[tokio::test]
async fn a_proof_over_a_whole_holding_has_128_bytes() {
    let net = Net::new(Backend::Memory, 3, 4).await;
    let stored = net.put(&data(200_000)).await.unwrap();
    net.world.pass(HOUR_MS);
    for (id, node) in &net.nodes {
        let targets = net.chain().audit_targets(*id).await.unwrap();
        let fragments: Vec<_> = targets[0].fragments.iter().map(|i| i.fragment).collect();
        assert!(fragments.len() > 3);
        let proof = node.prove(&targets[0].challenge, &fragments).await.unwrap();
        assert_eq!(proof.len(), 128);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let client = net.client();
    let audited = client.audit(stored.file, Policy::Every, &mut rng, &|_| {}).await.unwrap();
    assert_eq!((audited.proof_bytes, audited.bad.len()), (4 * 128, 0));
}

#[tokio::test]
async fn calls_at_once_do_the_work_once() {
    let net = Net::new(Backend::Folder, 4, 4).await;
    let files = futures::future::join(net.put(&data(70_000)), net.put(&data(90_000))).await;
    let (one, two) = (files.0.unwrap(), files.1.unwrap());
    let reports = [one.deal, two.deal, one.deal, two.deal]
        .into_iter()
        .flat_map(|deal| net.nodes.values().map(move |node| node.report(deal)));
    for result in futures::future::join_all(reports).await {
        assert_eq!(result, Ok(()));
    }
    net.world.pass(HOUR_MS);
    let node = net.nodes.values().next().unwrap();
    let answered = futures::future::join(node.answer_audits(), node.answer_audits()).await;
    assert_eq!(answered, (Ok(1), Ok(0)));
}

/// What a node lost or was given wrongly between the closing of a deal and its report.
#[tokio::test]
async fn fragments_of_a_closed_deal_come_again_until_they_are_right() {
    let net = Net::new(Backend::Memory, 5, 4).await;
    let miners = net.world.miners();
    let (loser, misled) = (miners[0], miners[1]);
    let taken = std::sync::Mutex::new(Vec::new());
    let damage = |progress: &Progress| {
        let Progress::DealClosed { file } = progress else { return };
        let harm = async {
            for record in net.records(*file) {
                let name = name_of(&record);
                if ![loser, misled].contains(&record.miner) {
                    continue;
                }
                let siblings = Arc::new(net.nodes[&record.miner].tags(&name).await.unwrap());
                let bytes = net.read(&record.miner, &path(&name, "data")).await.into();
                let upload = Upload { name, bytes, siblings };
                if record.miner == loser {
                    net.remove(&loser, &path(&name, "data")).await;
                } else {
                    let mut tags = net.read(&misled, &path(&name, "tags")).await;
                    tags.truncate(8);
                    tags.extend(with_wrong_tags(&upload).siblings.to_bytes());
                    net.write(&misled, &path(&name, "tags"), tags).await;
                }
                taken.lock().unwrap().push((record.miner, upload));
            }
        };
        harm.now_or_never().unwrap();
    };
    let refused = net.put_observed(&data(60_000), &damage).await;
    assert_eq!(refused, Err(Error::NotActive { missing: 2 }));
    let deal = DealId(0);
    assert_eq!(net.nodes[&loser].report(deal).await, Err(NodeError::NotFound));
    assert_eq!(net.nodes[&misled].report(deal).await, Err(NodeError::WrongTags));
    let uploads = taken.into_inner().unwrap();
    assert_eq!(uploads.len(), 2);
    for (miner, upload) in uploads {
        let stranger = net.nodes[&miners[2]].put(deal, upload.clone()).await;
        assert_eq!(stranger, Err(NodeError::NotCovered), "assigned to another node");
        assert_eq!(net.nodes[&miner].put(deal, upload).await, Ok(()));
        assert_eq!(net.nodes[&miner].report(deal).await, Ok(()));
    }
    let status = net.chain().deal(deal).await.unwrap().unwrap().status;
    assert!(matches!(status, DealStatus::Active { .. }));
    assert!(net.audit(&[]).await.values().all(|v| *v == Verdict::Passed));
}
