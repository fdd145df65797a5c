//! What a small file costs beyond its redundancy: a fixed amount for each profile.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "shared/net.rs"]
mod net;

use cess_client::{ChainExt, LocalTagger, StorageNode, Tagger};
use cess_ledger::{Action, Profile, Visibility};
use cess_merkle::content::Outboard;
use cess_podr2::Sectors;
use net::{BOTH, Net, PROFILES, random};

/// What a file takes beyond redundancy × length, bytes. The table in README.md says the same.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fixed {
    /// On all nodes together: tags, trees, padding. A proving key is once per node and tag key.
    nodes: u64,
    /// On the chain: manifest and access record.
    chain: u64,
    /// On the chain: the records of the fragments.
    records: u64,
}

const FIXED: [(Profile, Fixed); 3] = [
    (Profile::WHITE_PAPER, Fixed { nodes: 13_240, chain: 870, records: 2_505 }),
    (Profile::CESS, Fixed { nodes: 21_168, chain: 774, records: 2_004 }),
    (Profile::LEAN, Fixed { nodes: 27_496, chain: 838, records: 2_338 }),
];

const LENS: [usize; 3] = [1, 1 << 10, 100 << 10];

/// One block holds a fragment of all these files, as with the 8192 sectors of
/// [`Sectors::DEFAULT`], whose proving key takes longer to check.
const SECTORS: u32 = 2048;

#[tokio::test]
async fn a_small_file_costs_its_redundancy_and_a_fixed_amount() {
    let net = Net::new(15).await;
    let tagger = LocalTagger::from_seed(&[9; 32], Sectors::new(SECTORS).unwrap());
    let (chain, to) = (net.world.chain(), tagger.account().account());
    let owner = net.world.owner().account();
    chain.act(owner, Action::Transfer { to, amount: 1 << 50 }).await.unwrap();
    chain.act(tagger.account(), tagger.registration(0)).await.unwrap();

    for (profile, fixed) in FIXED {
        let mut most = Fixed::default();
        for (len, visibility) in LENS.into_iter().flat_map(|len| BOTH.map(|v| (len, v))) {
            let bytes = random(len);
            let stored = net.put_by(&tagger, profile, visibility, &bytes).await.unwrap();
            net.reads(stored.file, &bytes).await;
            let (mut on_nodes, mut records) = (0, 0);
            for record in net.records(stored.file) {
                let (node, name) = (net.node(&record), record.info.fragment.name());
                let kept = node.inner().bytes(&name).unwrap();
                assert_eq!(record.info.fragment.blocks(), 1);
                // What cess-node keeps of a fragment: docs/formats/node.md.
                let tags = 8 + node.tags(&name).await.unwrap().to_bytes().len();
                let outboard = Outboard::new(&kept).to_bytes().len();
                on_nodes += (kept.len() + tags + outboard) as u64;
                records += borsh::to_vec(&record).unwrap().len() as u64;
            }
            let file = chain.file(stored.file).await.unwrap().unwrap();
            let access = borsh::to_vec(&file.access).unwrap().len();
            assert_eq!(access, if visibility == Visibility::Private { 209 } else { 1 });
            let geometry = profile.geometry();
            let coded = usize::from(profile.replicas()) * len * geometry.total();
            let redundant = coded.div_ceil(geometry.data()) as u64;
            most.nodes = most.nodes.max(on_nodes - redundant);
            most.chain = most.chain.max((file.manifest.to_bytes().len() + access) as u64);
            most.records = most.records.max(records);
        }
        assert_eq!(most, fixed, "{profile:?}");
    }
    assert_eq!(FIXED.map(|(profile, _)| profile), PROFILES);
    net.world.check();
}
