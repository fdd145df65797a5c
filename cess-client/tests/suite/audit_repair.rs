//! An audit names what is bad, and a repair makes it again.

use cess_client::{Audited, BadFragment, Error, NodeError, Stored, Tagger, testkit::Fault};
use cess_ledger::{Action, FragmentRecord, FragmentStatus, Profile, Slot, Visibility};
use cess_podr2::Policy;

use crate::{Net, SEGMENT_LEN, profile, random, rng};

async fn audit(net: &Net, stored: &Stored, policy: Policy) -> Audited {
    net.client.audit(stored.file, policy, &mut rng(3), &|_| {}).await.unwrap()
}

fn window() -> Policy {
    let number = |n| std::num::NonZeroU32::new(n).unwrap();
    Policy::Window { windows: number(1), samples: number(8) }
}

#[tokio::test]
async fn an_audit_names_the_bad_fragments_and_no_other() {
    let profile = profile(1, 2, 1);
    let net = Net::new(5).await;
    let bytes = random(5 * SEGMENT_LEN as usize);
    let stored = net.put(profile, Visibility::Public, &bytes).await.unwrap();
    let records = net.records(stored.file);
    for policy in [Policy::Every, window()] {
        let audited = audit(&net, &stored, policy).await;
        assert_eq!((audited.proven, audited.bad.len()), (records.len(), 0));
        assert!(audited.proof_bytes > 0);
    }

    let lost = net.record(stored.file, &profile, (1, 0, 2));
    net.lose(&lost);
    let damaged = net.record(stored.file, &profile, (3, 0, 0));
    net.node(&damaged).inner().damage(&damaged.info.fragment.name());
    let mut audited = audit(&net, &stored, Policy::Every).await;
    audited.bad.sort_by_key(|bad| bad.slot);
    let bad = |record: &FragmentRecord, error| BadFragment {
        slot: Slot::at(&profile, record.info.index),
        miner: record.miner,
        error,
    };
    let expected = [bad(&lost, NodeError::NotFound), bad(&damaged, NodeError::WrongContent)];
    assert_eq!(audited.bad, expected);
    assert_eq!(audited.proven, records.len() - 2);

    let liar = net.record(stored.file, &profile, (0, 0, 0)).miner;
    for (fault, error) in
        [(Fault::WrongBytes, NodeError::WrongContent), (Fault::Gone, NodeError::Unreachable)]
    {
        net.nodes[&liar].set(fault);
        let audited = audit(&net, &stored, Policy::Every).await;
        let its: Vec<_> = audited.bad.iter().filter(|bad| bad.miner == liar).collect();
        assert_eq!(its.len(), records.iter().filter(|r| r.miner == liar).count());
        assert!(its.iter().all(|bad| bad.error == error));
    }
}

impl Net {
    /// The miner leaves, so that each of its fragments gets an order; and takes them with it.
    async fn leaves(&self, record: &FragmentRecord) {
        let number = self.world.miners().iter().position(|id| *id == record.miner).unwrap();
        let key = self.world.miner_key(number);
        cess_client::ChainExt::act(&**self.world.chain(), &key, Action::Exit).await.unwrap();
        self.node(record).inner().lose_all();
        self.node(record).set(Fault::Gone);
    }

    fn bytes(&self, record: &FragmentRecord) -> Option<bytes::Bytes> {
        self.node(record).inner().bytes(&record.info.fragment.name())
    }
}

#[tokio::test]
async fn anyone_rebuilds_a_fragment_byte_for_byte_without_a_key() {
    for visibility in [Visibility::Public, Visibility::Private] {
        let profile = profile(3, 2, 1);
        let net = Net::new(11).await;
        let bytes = random(SEGMENT_LEN as usize + 9);
        let stored = net.put(profile, visibility, &bytes).await.unwrap();
        for slot in [(0, 0, 1), (1, 2, 2)] {
            let before = net.record(stored.file, &profile, slot);
            let kept = net.bytes(&before).unwrap();
            net.leaves(&before).await;
            let repaired = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
            assert_eq!(repaired.open, []);
            assert!(!repaired.completed.is_empty());
            let after = net.record(stored.file, &profile, slot);
            assert_ne!(after.miner, before.miner);
            assert_eq!(net.bytes(&after), Some(kept));
        }
        let again = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
        assert_eq!((again.completed.len(), again.open.len()), (0, 0), "nothing is left to do");
        net.reads(stored.file, &bytes).await;
        let audited = audit(&net, &stored, Policy::Every).await;
        assert_eq!((audited.proven, audited.bad.len()), (net.records(stored.file).len(), 0));
        net.world.check();
    }
}

#[tokio::test]
async fn what_the_chains_audit_finds_lost_is_repaired() {
    let profile = profile(1, 2, 1);
    let net = Net::new(4).await;
    let bytes = random(5000);
    let stored = net.put(profile, Visibility::Private, &bytes).await.unwrap();
    let lost = net.record(stored.file, &profile, (0, 0, 1));
    net.lose(&lost);
    net.world.pass(3_600_000);
    // The failed audit is narrowed until the fragment is named.
    for _ in 0..4 {
        for node in net.nodes.values() {
            node.inner().answer_audits().await.unwrap();
        }
        net.world.pass(1000);
    }
    let named = net.record(stored.file, &profile, (0, 0, 1));
    assert_eq!(named.status, FragmentStatus::Lost);
    let audited = audit(&net, &stored, Policy::Every).await;
    assert_eq!((audited.proven, audited.bad.len()), (2, 1));
    net.reads(stored.file, &bytes).await;
    let repaired = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
    assert_eq!((repaired.completed.len(), repaired.open.len()), (1, 0));
    let after = net.record(stored.file, &profile, (0, 0, 1));
    assert_eq!((after.status, after.proven), (FragmentStatus::Held, true));
    net.world.check();
}

#[tokio::test]
async fn a_lying_siblings_tags_are_tried_and_left() {
    let profile = profile(1, 2, 2);
    let net = Net::new(5).await;
    let stored = net.put(profile, Visibility::Public, &random(9000)).await.unwrap();
    let siblings = [0, 1, 2].map(|i| net.record(stored.file, &profile, (0, 0, i)));
    let lost = net.record(stored.file, &profile, (0, 0, 3));
    net.leaves(&lost).await;
    for sibling in &siblings {
        net.node(sibling).set(Fault::WrongTags);
    }
    let repaired = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
    assert_eq!((repaired.completed.len(), repaired.open.len()), (0, 1));
    net.node(&siblings[2]).set(Fault::None);
    let repaired = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
    assert_eq!((repaired.completed.len(), repaired.open.len()), (1, 0));
    net.world.check();
}

#[tokio::test]
async fn a_repair_without_a_home_stays_open() {
    let profile = profile(1, 2, 1);
    let net = Net::new(3).await;
    let stored = net.put(profile, Visibility::Public, &random(9)).await.unwrap();
    let lost = net.record(stored.file, &profile, (0, 0, 0));
    net.leaves(&lost).await;
    let repaired = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
    let open: Vec<_> = repaired.open.into_iter().map(|(_, error)| error).collect();
    assert_eq!(open, [Error::NotEnoughNodes { needed: 1, available: 0, last: None }]);

    let net = Net::new(4).await;
    let stored = net.put(profile, Visibility::Public, &random(9)).await.unwrap();
    let lost = net.record(stored.file, &profile, (0, 0, 0));
    net.leaves(&lost).await;
    let holders: Vec<_> = net.records(stored.file).iter().map(|r| r.miner).collect();
    let spare = net.world.miners().into_iter().find(|m| !holders.contains(m)).unwrap();
    net.nodes[&spare].set(Fault::Gone);
    let repaired = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
    let open: Vec<_> = repaired.open.into_iter().map(|(_, error)| error).collect();
    assert_eq!(open, [Error::Node { miner: spare, source: NodeError::Unreachable }]);
}

fn fragment_of(
    net: &Net,
    stored: &Stored,
    profile: &Profile,
    replica: u8,
    shard: u8,
) -> FragmentRecord {
    net.record(stored.file, profile, (0, replica, shard))
}

#[tokio::test]
async fn a_wholly_lost_replica_takes_its_tagger() {
    let profile = profile(2, 2, 1);
    for (visibility, replica) in
        [(Visibility::Public, 1), (Visibility::Private, 1), (Visibility::Private, 0)]
    {
        let net = Net::new(10).await;
        let bytes = random(7000);
        let stored = net.put(profile, visibility, &bytes).await.unwrap();
        let shards = [0, 1, 2];
        let before = shards.map(|i| fragment_of(&net, &stored, &profile, replica, i));
        let kept = before.clone().map(|record| net.bytes(&record).unwrap());
        for record in &before {
            net.leaves(record).await;
        }
        let repaired = net.client.repair(stored.file, None, &|_| {}).await.unwrap();
        assert_eq!((repaired.completed.len(), repaired.open.len()), (0, 3));
        let missing = vec![0, 1, 2];
        let none = Error::NotEnoughShards { segment: 0, replica, have: 0, need: 2, missing };
        assert!(repaired.open.iter().all(|(_, error)| *error == none));

        let stranger = cess_client::LocalTagger::from_seed(&[4; 32], cess_podr2::Sectors::MIN);
        let keys = Some(&stranger as &dyn Tagger);
        let repaired = net.client.repair(stored.file, keys, &|_| {}).await.unwrap();
        assert!(repaired.open.iter().all(|(_, error)| *error == Error::WrongKey));
        assert_eq!(repaired.open.len(), 3);

        let keys = Some(net.world.tagger() as &dyn Tagger);
        let repaired = net.client.repair(stored.file, keys, &|_| {}).await.unwrap();
        assert_eq!((repaired.completed.len(), repaired.open.len()), (3, 0));
        let after = shards.map(|i| fragment_of(&net, &stored, &profile, replica, i));
        assert_eq!(after.map(|record| net.bytes(&record).unwrap()), kept);
        net.reads(stored.file, &bytes).await;
        net.world.check();
    }
}
