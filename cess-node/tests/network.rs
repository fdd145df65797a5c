//! Files on a network of nodes: stored, audited, damaged, punished, repaired, read back.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use cess_client::{ChainExt, StorageNode};
use cess_ledger::{AccountId, DealStatus, Event, FragmentStatus, Verdict};
use cess_podr2::{FragmentName, Policy};
use common::{Backend, HOUR_MS, Net, data, path};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const MINERS: usize = 8;
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
    let mut net = Net::new(backend, 1, MINERS).await;
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
async fn two_files_are_put_and_reported_at_once() {
    let net = Net::new(Backend::Memory, 4, 4).await;
    // Deals of different owners would do the same: it is the nodes whose nonces must not clash.
    let one = net.put(&data(70_000)).await.unwrap();
    let deals: Vec<_> = (0..8).map(|_| net.nodes.values().map(|n| n.report(one.deal))).collect();
    for result in futures::future::join_all(deals.into_iter().flatten()).await {
        assert_eq!(result, Ok(()));
    }
    net.world.pass(HOUR_MS);
    let node = net.nodes.values().next().unwrap();
    let answered = futures::future::join(node.answer_audits(), node.answer_audits()).await;
    assert_eq!(answered, (Ok(1), Ok(0)));
}
