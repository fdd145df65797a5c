//! What hostile uploaders, readers and disks try.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "common/world.rs"]
mod common;

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use cess_client::{ChainExt, NodeError, StorageNode, StoreFault, TaggedSegment, Upload};
use cess_ledger::{AccountId, AccountKey, Action};
use cess_merkle::content;
use cess_node::{KeyCache, Node};
use cess_podr2::{Audit, Challenge, Fragment, FragmentName, Holding, KeyId, Policy, Sectors};
use common::{
    Backend, FullDisk, HOUR_MS, Net, SecretTagger, TestNode, data, objects, open_deal, path,
    segment, with_wrong_tags,
};
use object_store::{ObjectStore, memory::InMemory};

const LEN: usize = 32_768;

/// A net of four nodes that know the tests' tag key, and the first one of them.
async fn net(seed: u64) -> (Net, AccountId) {
    let net = Net::new(Backend::Memory, seed, 4).await;
    let tagger = SecretTagger::of(&net.world);
    tagger.register(&net.world).await;
    let (id, key) = tagger.key();
    for node in net.nodes.values() {
        node.put_key(id, key.clone()).await.unwrap();
    }
    let first = *net.nodes.keys().next().unwrap();
    (net, first)
}

async fn holds(node: &TestNode, name: &FragmentName) -> bool {
    node.fragments().await.unwrap().contains_key(name)
}

/// One segment has a share of one fragment, and eight more for uploads that start again.
const SHARE: u8 = 9;

#[tokio::test]
async fn a_deal_takes_its_share_of_a_node_and_no_more() {
    let (mut net, id) = net(1).await;
    let deal = open_deal(&net.world, 65_536).await;
    for salt in 0..SHARE {
        let upload = &segment(&net.world, salt, LEN)[0];
        assert_eq!(net.nodes[&id].put(deal, upload.clone()).await, Ok(()));
        assert_eq!(net.nodes[&id].put(deal, upload.clone()).await, Ok(()), "again is no more");
    }
    let more = segment(&net.world, SHARE, LEN);
    assert_eq!(net.nodes[&id].put(deal, more[0].clone()).await, Err(NodeError::NotCovered));
    // The count survives a restart.
    net.restart();
    assert_eq!(net.nodes[&id].put(deal, more[0].clone()).await, Err(NodeError::NotCovered));
    let other = open_deal(&net.world, 65_536).await;
    assert_eq!(net.nodes[&id].put(other, more[0].clone()).await, Ok(()));
}

#[tokio::test]
async fn open_deals_take_no_more_than_the_miner_has_free() {
    let (net, _) = net(2).await;
    let account = AccountKey::from_seed(&[77; 32]);
    let (to, amount) = (account.account(), 1 << 50);
    let owner = net.world.owner().account();
    net.chain().act(owner, Action::Transfer { to, amount }).await.unwrap();
    let capacity = 2 * LEN as u64;
    let action = Action::RegisterMiner { capacity, endpoint: Vec::new() };
    net.chain().act(&account, action).await.unwrap();
    let store = Arc::new(InMemory::new());
    let node = Node::new(net.chain().clone(), account, store, KeyCache::new());
    let (id, key) = SecretTagger::of(&net.world).key();
    node.put_key(id, key).await.unwrap();

    let deals = [open_deal(&net.world, 65_536).await, open_deal(&net.world, 65_536).await];
    for (salt, deal) in (0..).zip(deals) {
        assert_eq!(node.put(deal, segment(&net.world, salt, LEN)[0].clone()).await, Ok(()));
    }
    let more = segment(&net.world, 9, LEN)[0].clone();
    let full = Err(NodeError::Full { needed: LEN as u64, free: 0 });
    assert_eq!(node.put(deals[0], more.clone()).await, full);
    net.world.pass(7 * HOUR_MS);
    let later = open_deal(&net.world, 65_536).await;
    assert_eq!(node.put(later, more).await, Ok(()), "the others have expired");
}

#[tokio::test]
async fn two_puts_of_one_name_at_once_count_once() {
    let (net, id) = net(3).await;
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    let puts = (0..20).map(|_| net.nodes[&id].put(deal, upload.clone()));
    for result in futures::future::join_all(puts).await {
        assert_eq!(result, Ok(()));
    }
    for salt in 2..SHARE + 1 {
        let upload = segment(&net.world, salt, LEN)[0].clone();
        assert_eq!(net.nodes[&id].put(deal, upload).await, Ok(()));
    }
}

#[tokio::test]
async fn refuses_siblings_that_are_none() {
    let (net, id) = net(4).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let uploads = segment(&net.world, 1, LEN);
    let upload = &uploads[0];
    let with =
        |siblings: Vec<_>| Upload { siblings: Arc::new(TaggedSegment(siblings)), ..upload.clone() };
    let own = upload.siblings.0[0].clone();

    // More than the code has shards: refused before any of them is looked at.
    let many = with(vec![own.clone(); 5]);
    assert!(matches!(node.put(deal, many).await, Err(NodeError::BadRequest(_))));

    // The name does not bind the sectors, which decide how many blocks are proven.
    let false_sectors = |fragment: &Fragment, sectors: u32| {
        let sectors = Sectors::new(sectors).unwrap();
        let (root, len) = (fragment.root(), fragment.len());
        Fragment::from_parts(fragment.key_id(), sectors, root, len, fragment.replica()).unwrap()
    };
    let lied = false_sectors(&own.0, 65_536);
    assert_eq!(lied.name(), own.0.name());
    let one_tag = cess_podr2::Tags::from_bytes(&own.1.as_bytes()[..48]).unwrap();
    assert_eq!(one_tag.len(), lied.blocks());
    let refused = node.put(deal, with(vec![(lied, one_tag)])).await;
    assert_eq!(refused, Err(NodeError::WrongTags));

    let longer = segment(&net.world, 1, LEN + 1)[1].siblings.0[1].clone();
    let refused = node.put(deal, with(vec![own.clone(), longer])).await;
    assert_eq!(refused, Err(NodeError::WrongTags), "of another length");
    let (sibling, tags) = &upload.siblings.0[1];
    let foreign = Fragment::from_parts(
        KeyId::from_bytes([9; 32]),
        sibling.sectors(),
        sibling.root(),
        sibling.len(),
        0,
    );
    let refused = node.put(deal, with(vec![own.clone(), (foreign.unwrap(), tags.clone())])).await;
    assert_eq!(refused, Err(NodeError::WrongTags), "of another key");
    let lied = (false_sectors(sibling, 128), own.1.clone());
    let refused = node.put(deal, with(vec![own.clone(), lied])).await;
    assert_eq!(refused, Err(NodeError::WrongTags), "of other sectors");

    assert!(node.fragments().await.unwrap().is_empty());
    assert_eq!(node.put(deal, upload.clone()).await, Ok(()));
}

#[tokio::test]
async fn wrong_tags_never_displace_right_ones() {
    let (net, id) = net(5).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    let wrong = with_wrong_tags(&upload);
    assert_eq!(node.put(deal, upload.clone()).await, Ok(()));
    assert_eq!(node.put(deal, wrong.clone()).await, Err(NodeError::WrongTags));
    assert_eq!(node.tags(&upload.name).await.as_ref(), Ok(&*upload.siblings));

    // The other way round they do.
    let upload = segment(&net.world, 2, LEN)[0].clone();
    assert_eq!(node.put(deal, with_wrong_tags(&upload)).await, Ok(()));
    assert_eq!(node.put(deal, upload.clone()).await, Ok(()));
    assert_eq!(node.tags(&upload.name).await.as_ref(), Ok(&*upload.siblings));
}

#[tokio::test]
async fn another_version_of_the_siblings_replaces_nothing() {
    let (net, id) = net(6).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    assert_eq!(node.put(deal, upload.clone()).await, Ok(()));
    let alone = Arc::new(TaggedSegment(vec![upload.siblings.0[0].clone()]));
    let alone = Upload { siblings: alone, ..upload.clone() };
    assert_eq!(node.put(deal, alone).await, Ok(()));
    assert_eq!(node.tags(&upload.name).await.as_ref(), Ok(&*upload.siblings));
}

#[tokio::test]
async fn a_key_in_the_cache_is_not_a_key_in_the_store() {
    let net = Net::new(Backend::Memory, 7, 4).await;
    let tagger = SecretTagger::of(&net.world);
    tagger.register(&net.world).await;
    let (id, key) = tagger.key();
    let nodes: Vec<_> = net.nodes.values().collect();
    nodes[0].put_key(id, key.clone()).await.unwrap();
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[1].clone();
    // They share the cache: without its own copy this node could not prove after a restart.
    assert_eq!(nodes[1].put(deal, upload.clone()).await, Err(NodeError::KeyMissing));
    nodes[1].put_key(id, key).await.unwrap();
    assert_eq!(nodes[1].put(deal, upload).await, Ok(()));
}

#[tokio::test]
async fn refuses_a_proving_key_by_its_length_before_hashing_it() {
    let (net, id) = net(8).await;
    let (key_id, key) = SecretTagger::of(&net.world).key();
    let long = Bytes::from([&key[..], &[0]].concat());
    assert_eq!(net.nodes[&id].put_key(key_id, long).await, Err(NodeError::WrongKey));
    let unknown = KeyId::from_bytes([1; 32]);
    assert_eq!(net.nodes[&id].put_key(unknown, key).await, Err(NodeError::WrongKey));
}

#[tokio::test]
async fn nobody_deletes_what_a_deal_waits_for() {
    let (net, id) = net(9).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    node.put(deal, upload.clone()).await.unwrap();
    assert!(matches!(node.delete(&upload.name).await, Err(NodeError::BadRequest(_))));
    assert_eq!(node.collect_garbage().await, Ok(0));
    assert!(holds(node, &upload.name).await);
    // When the deal expires, its fragments go, and after two runs the key.
    net.world.pass(7 * HOUR_MS);
    let (key, _) = SecretTagger::of(&net.world).key();
    assert_eq!(node.collect_garbage().await, Ok(1));
    assert!(node.key(&key).await.is_ok());
    assert_eq!(node.collect_garbage().await, Ok(0));
    assert_eq!(node.key(&key).await, Err(NodeError::NotFound));
    assert_eq!(objects(&net.stores[&id]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_came_again_stays_for_the_later_deal() {
    let (net, id) = net(10).await;
    let node = &net.nodes[&id];
    let upload = segment(&net.world, 1, LEN)[0].clone();
    let first = open_deal(&net.world, 65_536).await;
    node.put(first, upload.clone()).await.unwrap();
    net.world.pass(4 * HOUR_MS);
    let second = open_deal(&net.world, 65_536).await;
    node.put(second, upload.clone()).await.unwrap();
    node.put(first, upload.clone()).await.unwrap();
    net.world.pass(4 * HOUR_MS);
    assert_eq!(node.put(first, upload.clone()).await, Err(NodeError::NotCovered), "expired");
    assert_eq!(node.collect_garbage().await, Ok(0));
    assert!(holds(node, &upload.name).await);
    net.world.pass(4 * HOUR_MS);
    assert_eq!(node.collect_garbage().await, Ok(1));
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_behind() {
    let net = Net::new(Backend::Memory, 11, 4).await;
    let tagger = SecretTagger::of(&net.world);
    tagger.register(&net.world).await;
    let disk = Arc::new(FullDisk::new());
    let store: Arc<dyn ObjectStore> = disk.clone();
    let node =
        Node::new(net.chain().clone(), net.world.miner_key(0), store.clone(), KeyCache::new());
    let (id, key) = tagger.key();
    node.put_key(id, key.clone()).await.unwrap();
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    let before = objects(&store).await;
    disk.full.store(true, Ordering::SeqCst);
    for suffix in ["", ".outboard", ".data"] {
        *disk.suffix.lock().unwrap() = suffix;
        // More often than the deal's share: what failed is not counted.
        for _ in 0..2 * SHARE {
            let refused = node.put(deal, upload.clone()).await;
            assert_eq!(refused, Err(NodeError::Store(StoreFault::NoSpace)));
        }
        assert_eq!(objects(&store).await, before);
    }
    *disk.suffix.lock().unwrap() = "";
    assert_eq!(node.put_key(id, key).await, Err(NodeError::Store(StoreFault::NoSpace)));
    disk.full.store(false, Ordering::SeqCst);
    assert_eq!(node.put(deal, upload).await, Ok(()));
}

#[tokio::test]
async fn a_full_disk_claims_no_repair() {
    let mut net = Net::new(Backend::Memory, 12, 5).await;
    let stored = net.put(&data(60_000)).await.unwrap();
    let records = net.records(stored.file);
    let homes: Vec<AccountId> = records.iter().map(|r| r.miner).collect();
    let spare = net.world.miners().iter().position(|id| !homes.contains(id)).unwrap();
    let disk = Arc::new(FullDisk::new());
    let key = net.world.miner_key(spare);
    let id = key.account();
    let node =
        Node::new(net.chain().clone(), key, disk.clone() as Arc<dyn ObjectStore>, KeyCache::new());
    net.nodes.insert(id, Arc::new(node));
    net.wipe(&homes[0]).await;
    net.audit(&[]).await;

    let collateral = |net: &Net| net.chain().with_state(|s| s.miner(&id).unwrap().collateral);
    let before = collateral(&net);
    *disk.suffix.lock().unwrap() = ".data";
    disk.full.store(true, Ordering::SeqCst);
    let repaired = net.client().repair(stored.file, None, &|_| {}).await.unwrap();
    assert_eq!(repaired.completed, []);
    let orders = net.chain().orders(stored.file).await.unwrap();
    assert!(orders.iter().all(|(_, order)| order.claim.is_none()));
    net.world.pass(2 * HOUR_MS);
    assert_eq!(collateral(&net), before);
    disk.full.store(false, Ordering::SeqCst);
    let repaired = net.client().repair(stored.file, None, &|_| {}).await.unwrap();
    assert_eq!(repaired.completed.len(), 1);
    // Adopted, so covered, although no deal of this node's brought it.
    assert_eq!(net.nodes[&id].collect_garbage().await, Ok(0));
    assert_eq!(net.get(stored.file).await.1, 0);
}

#[tokio::test]
async fn what_a_crash_left_is_garbage_and_no_fragment() {
    let (mut net, id) = net(13).await;
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    net.nodes[&id].put(deal, upload.clone()).await.unwrap();
    net.remove(&id, &path(&upload.name, "data")).await;
    net.restart();
    let node = &net.nodes[&id];
    assert!(node.fragments().await.unwrap().is_empty());
    assert_eq!(node.read(&upload.name, 0..1).await, Err(NodeError::NotFound));
    assert_eq!(node.collect_garbage().await, Ok(1));
    assert_eq!(node.put(deal, upload.clone()).await, Ok(()));
    assert!(holds(node, &upload.name).await);
}

#[tokio::test]
async fn a_put_again_heals_what_the_disk_did() {
    let (net, id) = net(14).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    for part in ["data", "outboard", "tags"] {
        node.put(deal, upload.clone()).await.unwrap();
        net.write(&id, &path(&upload.name, part), vec![7; 50]).await;
        node.put(deal, upload.clone()).await.unwrap();
        let len = upload.bytes.len() as u64;
        let slice = node.read(&upload.name, 0..len).await.unwrap();
        let root = upload.siblings.0[0].0.root();
        assert_eq!(
            content::decode_slice(&root, len, 0..len, &slice).as_deref(),
            Ok(&upload.bytes[..])
        );
        assert_eq!(node.tags(&upload.name).await.as_ref(), Ok(&*upload.siblings));
    }
}

#[tokio::test]
async fn damage_is_an_error_and_never_a_panic() {
    let (net, id) = net(15).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let uploads = segment(&net.world, 1, LEN);
    let (upload, other) = (&uploads[0], segment(&net.world, 2, LEN)[0].clone());
    node.put(deal, upload.clone()).await.unwrap();
    node.put(deal, other.clone()).await.unwrap();
    let name = &upload.name;
    let fragment = upload.siblings.0[0].0;
    let holding = Holding::from_entries([fragment.entry()]).unwrap();
    let scope = Audit { chain_id: [0; 32], round: 0, height: 0, prover: id.0 };
    let window = cess_podr2::Policy::Window {
        windows: std::num::NonZeroU32::MIN,
        samples: std::num::NonZeroU32::MAX,
    };
    let challenges = [Policy::Every, window]
        .map(|policy| Challenge::new(scope, &holding, policy, [1; 32]).unwrap());

    for part in ["data", "outboard", "tags"] {
        let file = path(name, part);
        let whole = net.read(&id, &file).await;
        let mut flipped = whole.clone();
        let end = flipped.len() - 1;
        flipped[end] ^= 0x40;
        let mut headless = whole.clone();
        headless[..whole.len().min(44)].fill(0xFF);
        let long = [&whole[..], &[0]].concat();
        let foreign = net.read(&id, &path(&other.name, part)).await;
        let damages =
            [flipped, headless, long, foreign, whole[..end].to_vec(), vec![0; 3], Vec::new()];
        for (number, damaged) in damages.into_iter().enumerate() {
            let case = format!("{part} {number}");
            let last_tag = part == "tags" && number == 0;
            net.write(&id, &file, damaged).await;
            let read = node.read(name, 0..fragment.len()).await;
            match part {
                // Of another fragment, or longer than the nodes of the tree reach.
                "outboard" if number == 3 => assert_eq!(read, Err(NodeError::Damaged), "{case}"),
                "tags" => assert!(read.is_ok(), "{case}"),
                "data" if number == 2 => assert!(read.is_ok(), "{case}: the tail is not read"),
                _ => assert_eq!(read, Err(NodeError::Damaged), "{case}"),
            }
            let tags = node.tags(name).await;
            if part == "tags" && !last_tag {
                assert_eq!(tags, Err(NodeError::Damaged), "{case}");
            } else {
                assert!(tags.is_ok(), "{case}");
            }
            for challenge in &challenges {
                let proof = node.prove(challenge, &[fragment]).await;
                let unread = part == "outboard" || last_tag;
                if unread {
                    assert!(proof.is_ok(), "{case}");
                } else if part == "tags" {
                    assert_eq!(proof, Err(NodeError::Damaged), "{case}");
                } else if let Err(error) = proof {
                    assert_eq!(error, NodeError::Damaged, "{case}");
                }
            }
            assert!(node.fragments().await.is_ok());
        }
        net.remove(&id, &file).await;
        let read = node.read(name, 0..1).await;
        let proof = node.prove(&challenges[0], &[fragment]).await;
        match part {
            "data" => {
                assert_eq!(read, Err(NodeError::NotFound));
                assert_eq!(proof, Err(NodeError::NotFound));
            }
            "outboard" => assert_eq!((read, proof.is_ok()), (Err(NodeError::Damaged), true)),
            _ => {
                assert_eq!(proof, Err(NodeError::Damaged));
                assert_eq!(node.tags(name).await, Err(NodeError::Damaged));
            }
        }
        net.write(&id, &file, whole).await;
    }
    assert!(node.prove(&challenges[1], &[fragment]).await.is_ok());
}

#[tokio::test]
async fn a_damaged_proving_key_is_an_error() {
    let (mut net, id) = net(16).await;
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    net.nodes[&id].put(deal, upload.clone()).await.unwrap();
    let (key_id, key) = SecretTagger::of(&net.world).key();
    let mut damaged = key.to_vec();
    damaged[5] ^= 1;
    net.write(&id, &format!("keys/{key_id}"), damaged).await;
    net.restart();
    let node = &net.nodes[&id];
    let fragment = upload.siblings.0[0].0;
    let holding = Holding::from_entries([fragment.entry()]).unwrap();
    let scope = Audit { chain_id: [0; 32], round: 0, height: 0, prover: id.0 };
    let challenge = Challenge::new(scope, &holding, Policy::Every, [1; 32]).unwrap();
    assert_eq!(node.prove(&challenge, &[fragment]).await, Err(NodeError::Damaged));
    node.put_key(key_id, key).await.unwrap();
    assert!(node.prove(&challenge, &[fragment]).await.is_ok());
}

#[tokio::test]
async fn refuses_challenges_that_lie() {
    let (net, id) = net(17).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    node.put(deal, upload.clone()).await.unwrap();
    let right = upload.siblings.0[0].0;
    let scope = Audit { chain_id: [0; 32], round: 0, height: 0, prover: id.0 };
    let ask = async |fragment: Fragment| {
        let holding = Holding::from_entries([fragment.entry()]).unwrap();
        let challenge = Challenge::new(scope, &holding, Policy::Every, [1; 32]).unwrap();
        node.prove(&challenge, &[fragment]).await
    };
    assert!(ask(right).await.is_ok());
    let of = |sectors, len| {
        let sectors = Sectors::new(sectors).unwrap();
        Fragment::from_parts(right.key_id(), sectors, right.root(), len, 0).unwrap()
    };
    // Blocks of two megabytes, and more of them than any proof may have.
    assert!(matches!(ask(of(65_536, right.len())).await, Err(NodeError::BadRequest(_))));
    assert!(matches!(ask(of(64, u64::MAX)).await, Err(NodeError::BadRequest(_))));
    assert_eq!(ask(of(64, 1 << 30)).await, Err(NodeError::NotFound));
}

#[tokio::test]
async fn refuses_ranges_that_would_fill_its_memory() {
    let (net, id) = net(18).await;
    let node = &net.nodes[&id];
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, LEN)[0].clone();
    node.put(deal, upload.clone()).await.unwrap();
    let refused = node.read(&upload.name, 0..(16 << 20) + 1).await;
    assert_eq!(refused, Err(NodeError::BadRequest("range is too long")));
    let refused = node.read(&upload.name, 0..16 << 20).await;
    assert_eq!(refused, Err(NodeError::BadRequest("range is out of bounds")));
}

#[tokio::test]
async fn foreign_objects_in_the_store_are_left_alone() {
    let (net, id) = net(19).await;
    let node = &net.nodes[&id];
    let hex = "0a".repeat(32);
    let foreign = [
        format!("fragments/{}.data", hex.to_uppercase()),
        format!("fragments/{}.data", hex.replace("0a", "+a")),
        format!("fragments/{hex}.bak"),
        format!("fragments/sub/{hex}.data"),
        "fragments/readme".to_owned(),
        format!("keys/{}", hex.to_uppercase()),
        "notes".to_owned(),
    ];
    for file in &foreign {
        net.write(&id, file, vec![1]).await;
    }
    assert!(node.fragments().await.unwrap().is_empty());
    node.collect_garbage().await.unwrap();
    node.collect_garbage().await.unwrap();
    let left = objects(&net.stores[&id]).await;
    assert!(foreign.iter().all(|file| left.contains(file)), "{left:?}");
}
