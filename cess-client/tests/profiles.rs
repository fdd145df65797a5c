//! The limits of each profile: a loss up to them is survived, one more is named with its numbers,
//! nothing wrong is ever served, and who can repair what.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "shared/net.rs"]
mod net;

use std::collections::BTreeMap;

use cess_client::{
    Chain, ChainExt, Error, LocalTagger, NodeError, Owner, Repaired, Stored, Tagger, testkit::Fault,
};
use cess_ledger::{
    AccountId, Action, Event, FileId, FragmentRecord, OrderId, Profile, Slot, Visibility,
};
use cess_podr2::{Policy, Sectors};
use net::{BOTH, Net, PROFILES, random, shards, short};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

const LEN: usize = 3000;

/// A file of one segment over just as many nodes as it takes: each has one fragment.
struct One {
    net: Net,
    file: FileId,
    holders: Vec<AccountId>,
    profile: Profile,
    bytes: Vec<u8>,
}

impl One {
    async fn new(profile: Profile, visibility: Visibility) -> Self {
        let net = Net::new(profile.fragments_per_segment()).await;
        let bytes = random(LEN);
        let file = net.put(profile, visibility, &bytes).await.unwrap().file;
        let holders: Vec<_> = net.records(file).iter().map(|record| record.miner).collect();
        assert_eq!(holders.len(), profile.fragments_per_segment());
        Self { net, file, holders, profile, bytes }
    }

    /// Loses the fragments in `lost`, a bit each: some nodes are gone, some lie.
    fn lose(&self, lost: u32) {
        for (i, miner) in self.holders.iter().enumerate() {
            let fault = match lost >> i & 1 {
                0 => Fault::None,
                _ if (lost.count_ones() as usize + i).is_multiple_of(2) => Fault::Gone,
                _ => Fault::WrongBytes,
            };
            self.net.nodes[miner].set(fault);
        }
    }

    /// Reads through the loss; what is right follows from counting.
    async fn check(&self, lost: u32, owner: Option<&Owner>) -> bool {
        self.lose(lost);
        let (data, _, total) = shards(&self.profile);
        // Without the tagger nobody takes the mask off the other replicas.
        let replicas = if owner.is_some() { self.profile.replicas() } else { 1 };
        let missing = |replica: u8| -> Vec<u8> {
            (0..total).filter(|i| lost >> (replica * total + i) & 1 == 1).collect()
        };
        // The first of those of which the most is left.
        let replica = (0..replicas).min_by_key(|replica| missing(*replica).len()).unwrap();
        let missing = missing(replica);
        let (have, need) = (usize::from(total) - missing.len(), usize::from(data));
        let (got, fetched) = self.net.get(self.file, owner).await;
        if have < need {
            let named = Error::NotEnoughShards { segment: 0, replica, have, need, missing };
            assert_eq!(fetched, Err(named), "{lost:b}");
            assert!(got.is_empty(), "{lost:b}: nothing is served");
            return false;
        }
        assert!(got == self.bytes, "{lost:b}: the bytes that were put");
        for bad in fetched.unwrap().bad {
            let place = bad.slot.index(&self.profile);
            assert_eq!(lost >> place & 1, 1, "{lost:b}: an intact fragment is called bad");
            assert_eq!(bad.miner, self.holders[place as usize]);
            assert!(matches!(bad.error, NodeError::Unreachable | NodeError::WrongContent));
        }
        true
    }
}

/// Every set of `chosen` of `among`, a bit each.
fn sets(among: u8, chosen: u8) -> impl Iterator<Item = u32> {
    (0..1u32 << among).filter(move |set| set.count_ones() == u32::from(chosen))
}

#[tokio::test]
async fn a_code_survives_every_loss_up_to_its_parity_and_names_one_more() {
    for (profile, visibility) in
        [(Profile::CESS, Visibility::Private), (Profile::LEAN, Visibility::Public)]
    {
        let one = One::new(profile, visibility).await;
        let owner = (visibility == Visibility::Private).then(|| one.net.world.owner());
        let (data, parity, total) = shards(&profile);
        for lost in sets(total, parity).chain([0]) {
            assert!(one.check(lost, owner).await);
        }
        for lost in sets(total, parity + 1).chain([(1 << total) - 1]) {
            assert!(!one.check(lost, owner).await);
        }
        // All data lost, as far as parity can stand in for it.
        assert_eq!(one.check((1 << data) - 1, owner).await, data <= parity);
        one.net.world.check();
    }
}

#[tokio::test]
async fn the_other_visibility_has_the_same_limits() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for (profile, visibility) in
        [(Profile::CESS, Visibility::Public), (Profile::LEAN, Visibility::Private)]
    {
        let one = One::new(profile, visibility).await;
        let owner = (visibility == Visibility::Private).then(|| one.net.world.owner());
        let (_, parity, total) = shards(&profile);
        let (mut survived, mut named) = (0, 0);
        while survived < 40 || named < 40 {
            let lost = (rng.next_u32() & rng.next_u32() & ((1 << total) - 1))
                | ((rng.next_u32() & ((1 << total) - 1)) * u32::from(rng.next_u32() % 3 == 0));
            let survives = one.check(lost, owner).await;
            assert_eq!(survives, lost.count_ones() <= u32::from(parity));
            *(if survives { &mut survived } else { &mut named }) += 1;
        }
    }
}

#[tokio::test]
async fn the_white_paper_survives_while_any_replica_has_its_three() {
    let (_, parity, total) = shards(&Profile::WHITE_PAPER);
    let (whole, mask) = ((1u32 << total) - 1, |set: u32, replica: u8| set << (replica * total));
    for visibility in BOTH {
        let one = One::new(Profile::WHITE_PAPER, visibility).await;
        let owner = Some(one.net.world.owner());
        for kept in 0..3 {
            let others: u32 = (0..3).filter(|r| *r != kept).map(|r| mask(whole, r)).sum();
            // Both other replicas lost as a whole, and all pairs of this one.
            for pair in sets(total, parity) {
                assert!(one.check(others | mask(pair, kept), owner).await);
            }
            for three in sets(total, parity + 1) {
                assert!(!one.check(others | mask(three, kept), owner).await);
            }
        }
        // Losses of every kind, and three of each replica, the fewest that are too many.
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let threes: Vec<u32> = sets(total, parity + 1).collect();
        let mut three = || threes[(rng.next_u32() % 10) as usize];
        for _ in 0..40 {
            let lost: u32 = (0..3).map(|replica| mask(three(), replica)).sum();
            assert!(!one.check(lost, owner).await);
            assert!(one.check(lost & (lost - 1), owner).await, "one less");
        }
        for _ in 0..60 {
            one.check(rng.next_u32() >> 17, owner).await;
        }
        if visibility == Visibility::Public {
            for pair in sets(total, parity) {
                assert!(one.check(pair, None).await);
            }
            for three in sets(total, parity + 1) {
                assert!(!one.check(three, None).await, "the others are masked");
                assert!(one.check(three, owner).await);
            }
        }
        one.net.world.check();
    }
}

/// Slots of one segment: in each replica `count` shards, from another one on.
fn spread(profile: &Profile, segment: u32, count: u8) -> Vec<Slot> {
    let (_, _, total) = shards(profile);
    let shards = |replica| (0..count).map(move |i| (replica, (2 * replica + i) % total));
    let slots = (0..profile.replicas()).flat_map(shards);
    slots.map(|(replica, shard)| Slot { segment, replica, shard }).collect()
}

#[tokio::test]
async fn what_comes_before_a_loss_is_right_and_of_the_rest_nothing_comes() {
    for profile in PROFILES.map(short) {
        for visibility in BOTH {
            let net = Net::new(profile.fragments_per_segment()).await;
            let (data, parity, _) = shards(&profile);
            let payload = usize::try_from(profile.payload_len(visibility)).unwrap();
            let bytes = random(2 * payload + 77);
            let stored = net.put(profile, visibility, &bytes).await.unwrap();
            for segment in 0..3 {
                for slot in spread(&profile, segment, parity) {
                    net.lose(&net.record(stored.file, &profile, slot));
                }
            }
            net.reads(stored.file, &bytes).await;
            for slot in spread(&profile, 1, parity + 1) {
                net.lose(&net.record(stored.file, &profile, slot));
            }
            let (got, fetched) = net.get(stored.file, Some(net.world.owner())).await;
            let (have, need) = (usize::from(data) - 1, usize::from(data));
            let missing = (0..=parity).collect();
            let lost = Error::NotEnoughShards { segment: 1, replica: 0, have, need, missing };
            assert_eq!(fetched, Err(lost));
            assert!(got == bytes[..payload]);
        }
    }
}

/// A file whose losses the ledger knows.
struct Lossy {
    net: Net,
    stored: Stored,
    profile: Profile,
    bytes: Vec<u8>,
}

/// What was lost, as it was.
struct Before {
    slot: Slot,
    record: FragmentRecord,
    bytes: bytes::Bytes,
    tags: cess_podr2::Tags,
}

impl Lossy {
    async fn new(profile: Profile, visibility: Visibility, spare: usize) -> Self {
        let net = Net::new(profile.fragments_per_segment() + spare).await;
        let bytes = random(LEN);
        let stored = net.put(profile, visibility, &bytes).await.unwrap();
        Self { net, stored, profile, bytes }
    }

    async fn kept(&self, slot: Slot) -> Before {
        let record = self.net.record(self.stored.file, &self.profile, slot);
        let (node, name) = (self.net.node(&record), record.info.fragment.name());
        let bytes = node.inner().bytes(&name).unwrap();
        let siblings = cess_client::StorageNode::tags(&**node, &name).await.unwrap();
        let tags = siblings.find(&name).unwrap().1.clone();
        Before { slot, record, bytes, tags }
    }

    /// The nodes of these fragments leave with all they have, so each has an order.
    async fn leave(&self, slots: &[Slot]) -> Vec<Before> {
        let mut before = Vec::new();
        for slot in slots {
            let kept = self.kept(*slot).await;
            let miner = kept.record.miner;
            let number = self.net.world.miners().iter().position(|id| *id == miner).unwrap();
            let key = self.net.world.miner_key(number);
            self.net.world.chain().act(&key, Action::Exit).await.unwrap();
            let node = &self.net.nodes[&miner];
            node.inner().lose_all();
            node.set(Fault::Gone);
            before.push(kept);
        }
        before
    }

    async fn repair(&self, tagger: Option<&dyn Tagger>) -> Repaired {
        self.net.client.repair(self.stored.file, tagger, &|_| {}).await.unwrap()
    }

    /// Every lost fragment is what it was, has its old tags, proves itself, and was paid for.
    async fn restored(&self, before: &[Before], tagger: Option<&dyn Tagger>) {
        let chain = self.net.world.chain();
        let bounties: BTreeMap<OrderId, u128> = chain
            .with_state(|state| state.orders().map(|(id, order)| (id, order.bounty)).collect());
        assert_eq!(bounties.len(), before.len());
        let balances: BTreeMap<AccountId, u128> =
            self.net.nodes.keys().map(|id| (*id, self.net.balance(*id))).collect();
        let height = chain.head().await.unwrap().height;

        let repaired = self.repair(tagger).await;
        assert_eq!((repaired.completed.len(), repaired.open.len()), (before.len(), 0));
        let mut paid = BTreeMap::new();
        for height in height + 1..=chain.head().await.unwrap().height {
            for event in chain.events(height).await.unwrap() {
                if let Event::RepairCompleted { order, by, bounty } = event {
                    assert!(bounty > 0 && bounties[&order] == bounty);
                    assert!(repaired.completed.contains(&(order, by)));
                    *paid.entry(by).or_insert(0) += bounty;
                }
            }
        }
        assert_eq!(paid.len(), before.len(), "a home of its own for each");
        for (miner, bounty) in paid {
            assert_eq!(self.net.balance(miner), balances[&miner] + bounty);
        }
        for lost in before {
            let after = self.kept(lost.slot).await;
            assert_ne!(after.record.miner, lost.record.miner);
            assert!(after.bytes == lost.bytes && after.tags == lost.tags);
        }
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let audit = self.net.client.audit(self.stored.file, Policy::Every, &mut rng, &|_| {});
        let audited = audit.await.unwrap();
        let fragments = self.net.records(self.stored.file).len();
        assert_eq!((audited.proven, audited.bad.len()), (fragments, 0));
        self.net.reads(self.stored.file, &self.bytes).await;
        self.net.world.check();
    }

    /// The first `lost` shards of `replica` are what is lost of it, each with an order.
    async fn stays_open(&self, tagger: Option<&dyn Tagger>, replica: u8, lost: u8) {
        let geometry = self.profile.geometry();
        let (orders, need) = (usize::from(lost), geometry.data());
        let have = geometry.total() - orders;
        let repaired = self.repair(tagger).await;
        assert_eq!((repaired.completed.len(), repaired.open.len()), (0, orders));
        let missing = (0..lost).collect();
        let lost = Error::NotEnoughShards { segment: 0, replica, have, need, missing };
        assert!(repaired.open.iter().all(|(_, error)| *error == lost), "{:?}", repaired.open);
    }
}

#[tokio::test]
async fn anyone_repairs_inside_a_replica_without_a_key() {
    for profile in PROFILES {
        for visibility in BOTH {
            let (_, parity, _) = shards(&profile);
            let slots = spread(&profile, 0, parity);
            let lossy = Lossy::new(profile, visibility, slots.len()).await;
            let before = lossy.leave(&slots).await;
            lossy.restored(&before, None).await;
        }
    }
}

#[tokio::test]
async fn a_wholly_lost_replica_takes_its_tagger() {
    let profile = Profile::WHITE_PAPER;
    let (_, parity, total) = shards(&profile);
    for visibility in BOTH {
        for (replica, lost) in [(0, total), (1, total), (2, parity + 1)] {
            let slots: Vec<Slot> =
                (0..lost).map(|shard| Slot { segment: 0, replica, shard }).collect();
            let lossy = Lossy::new(profile, visibility, slots.len()).await;
            let before = lossy.leave(&slots).await;
            lossy.stays_open(None, replica, lost).await;
            let world = &lossy.net.world;
            let stranger = LocalTagger::from_seed(&[8; 32], Sectors::MIN);
            let others = lossy.repair(Some(&stranger)).await;
            assert_eq!((others.completed.len(), others.open.len()), (0, slots.len()));
            lossy.restored(&before, Some(world.tagger())).await;
        }
    }
}

#[tokio::test]
async fn beyond_the_limit_no_key_brings_a_file_back_and_the_orders_say_so() {
    for profile in [Profile::CESS, Profile::LEAN] {
        let (data, parity, _) = shards(&profile);
        let slots = spread(&profile, 0, parity + 1);
        let lossy = Lossy::new(profile, Visibility::Private, slots.len()).await;
        lossy.leave(&slots).await;
        let have = usize::from(data) - 1;
        let world = &lossy.net.world;
        lossy.stays_open(None, 0, parity + 1).await;
        lossy.stays_open(Some(world.tagger()), 0, parity + 1).await;
        let (got, fetched) = lossy.net.get(lossy.stored.file, Some(world.owner())).await;
        let need = usize::from(data);
        let missing = (0..=parity).collect();
        let lost = Error::NotEnoughShards { segment: 0, replica: 0, have, need, missing };
        assert_eq!(fetched, Err(lost));
        assert!(got.is_empty());
    }
}

/// Under a locally repairable code a lost fragment is rebuilt from its group, and of no other
/// fragment a byte is read; under a plain one it takes as many as there are data shards.
#[tokio::test]
async fn a_lost_fragment_is_repaired_from_its_group_alone() {
    for (profile, group) in [(Profile::LRC, 5), (Profile::LEAN, 10)] {
        for lost in [0, 9, 10, 11] {
            let slot = Slot { segment: 0, replica: 0, shard: lost };
            let lossy = Lossy::new(profile, Visibility::Private, 1).await;
            let before = lossy.leave(&[slot]).await;
            let len = before[0].bytes.len() as u64;
            let count =
                |net: &Net| net.nodes.values().map(|node| node.served()).collect::<Vec<u64>>();
            let start = count(&lossy.net);
            let repaired = lossy.repair(None).await;
            assert_eq!((repaired.completed.len(), repaired.open.len()), (1, 0));
            let served = count(&lossy.net);
            let served: Vec<u64> = served.iter().zip(&start).map(|(a, b)| a - b).collect();
            let readers = served.iter().filter(|bytes| **bytes > 0).count();
            assert_eq!(readers, group, "{profile:?} without {lost}");
            // Slices carry the hashes that prove them.
            let total: u64 = served.iter().sum();
            let whole = group as u64 * len;
            assert!((whole..whole + group as u64 * 200).contains(&total), "{total} for {whole}");
            let after = lossy.kept(slot).await;
            assert!(after.bytes == before[0].bytes && after.tags == before[0].tags);
            lossy.net.world.check();
        }
    }
}

#[tokio::test]
async fn a_locally_repairable_file_survives_any_four_losses_and_names_what_is_too_much() {
    let one = One::new(Profile::LRC, Visibility::Private).await;
    let owner = Some(one.net.world.owner());
    for lost in sets(15, 4).step_by(7).chain([0]) {
        assert!(one.check(lost, owner).await);
    }
    // Four of one group and one of the other, which its own group undoes.
    one.lose(0b10_1111);
    let (got, fetched) = one.net.get(one.file, owner).await;
    assert!(fetched.is_ok() && got == one.bytes);
    // A group with its local parity: nine fragments are left.
    one.lose(0b100_0001_1111);
    let (got, fetched) = one.net.get(one.file, owner).await;
    let (have, need, missing) = (9, 10, vec![0, 1, 2, 3, 4, 10]);
    let lost = Error::NotEnoughShards { segment: 0, replica: 0, have, need, missing };
    assert_eq!(fetched.unwrap_err(), lost);
    assert!(got.is_empty());
    // The data of a group: ten are left, and they don't determine the five.
    one.lose(0b1_1111);
    let (got, fetched) = one.net.get(one.file, owner).await;
    let undetermined = cess_erasure::Error::Undetermined { index: 0 };
    assert_eq!(fetched.unwrap_err(), Error::Erasure(undetermined));
    assert!(got.is_empty());
    one.net.world.check();
}
