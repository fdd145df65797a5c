//! What every tagger must do.

use cess_erasure::Geometry;
use cess_ledger::{AccountKey, DealId, Manifest, Profile, Segment, Visibility, declare_tags};
use cess_podr2::{
    KeyId, SecretKey, Sectors, check_fragment, replica::MaskKey, replica::ReplicaKey,
};

use crate::{LocalTagger, Part, Tagger, TaggerError, testkit::draw};

const SEGMENT_LEN: u32 = 65_536;

fn profile() -> Profile {
    let geometry = Geometry::rs8(2, 2).expect("a small code");
    Profile::new(3, geometry, SEGMENT_LEN).expect("a small profile")
}

fn part(visibility: Visibility, replica: u8, stored: &[u8]) -> Part {
    let stored_len = u32::try_from(stored.len()).expect("short");
    let salt = draw(1, "salt", 0);
    Part { profile: profile(), visibility, salt, segment: 0, replica, stored_len }
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len.div_ceil(32) as u64).flat_map(|n| draw(len as u64, "bytes", n)).take(len).collect()
}

fn keys(seed: u64) -> LocalTagger {
    let account = AccountKey::from_seed(&draw(seed, "account", 0));
    let secret = SecretKey::from_seed(&draw(seed, "tag key", 0), Sectors::MIN);
    LocalTagger::new(account, secret, ReplicaKey::from_bytes(&draw(seed, "replicas", 0)))
}

/// Checks the whole `# Contract` of [`Tagger`]; `make` makes the tagger that has the keys of the one it
/// is given, wherever.
///
/// # Panics
/// When the tagger breaks it.
pub async fn conformance_tagger<T: Tagger>(make: impl AsyncFn(LocalTagger) -> T) {
    let tagger = make(keys(1)).await;
    assert_eq!(*tagger.public(), *keys(1).public(), "its own key");
    assert_eq!(tagger.proving_key().check(tagger.public()), Ok(()), "of its public key");
    assert_eq!(tagger.registration(5), keys(1).registration(5));
    for visibility in [Visibility::Public, Visibility::Private] {
        for len in [1, 64, 20_001, SEGMENT_LEN as usize] {
            replicas(&tagger, visibility, &bytes(len)).await;
        }
    }
    replicas(&tagger, Visibility::Public, &[]).await;
    refuses_bad_parts(&tagger).await;
    declares_for_its_own_key(&tagger).await;
}

async fn replicas(tagger: &dyn Tagger, visibility: Visibility, stored: &[u8]) {
    let root = *blake3::hash(stored).as_bytes();
    let mut seen = Vec::new();
    for replica in 0..profile().replicas() {
        let part = part(visibility, replica, stored);
        let (shards, tagged) = tagger.replicate(&part, stored.to_vec()).await.expect("a replica");
        let again = tagger.replicate(&part, stored.to_vec()).await.expect("the same replica");
        assert_eq!((&again.0, &again.1), (&shards, &tagged), "equal parts, equal replicas");
        let honest = keys(1).replicate(&part, stored.to_vec()).await.expect("a replica");
        assert_eq!(honest.0, shards, "what the keys give, wherever they are");

        assert_eq!((shards.len(), tagged.0.len()), (4, 4));
        for (shard, (fragment, tags)) in shards.iter().zip(&tagged.0) {
            assert_eq!(fragment.replica(), u32::from(replica));
            let checked =
                check_fragment(tagger.public(), tagger.proving_key(), fragment, tags, shard);
            assert_eq!(checked, Ok(()), "tags verify");
            assert!(!seen.contains(&fragment.root()), "no two fragments are equal");
            seen.push(fragment.root());
        }

        let masked = shards[..2].concat();
        if replica == 0 {
            let mut expected = stored.to_vec();
            expected.resize(masked.len(), 0);
            let from = if visibility == Visibility::Private { stored.len() } else { 0 };
            let mask = MaskKey::public(&part.salt).apply(0, &root, from, &mut expected);
            assert_eq!((mask, &expected), (Ok(()), &masked), "a mask that everybody can take off");
        }
        let opened = tagger.unmask(&part, &root, masked.clone()).await;
        assert_eq!(opened.as_deref(), Ok(stored), "the segment again");

        let other = tagger.unmask(&part, &[7; 32], masked.clone()).await;
        assert_eq!(other, Err(TaggerError::WrongRoot), "of another hash nothing");
        let mut damaged = masked.clone();
        damaged[stored.len().saturating_sub(1)] ^= 1;
        assert_eq!(tagger.unmask(&part, &root, damaged).await, Err(TaggerError::WrongRoot));
        if replica > 0 {
            for elsewhere in [
                Part { replica: 3 - replica, ..part },
                Part { salt: [8; 32], ..part },
                Part { segment: 1, stored_len: part.stored_len, ..part },
            ] {
                let opened = tagger.unmask(&elsewhere, &root, masked.clone()).await;
                assert!(opened.is_err(), "another part has another mask");
            }
        }
    }
}

async fn refuses_bad_parts(tagger: &dyn Tagger) {
    let stored = bytes(1000);
    let good = part(Visibility::Private, 1, &stored);
    for bad in [
        Part { replica: 3, ..good },
        Part { stored_len: 999, ..good },
        Part { stored_len: 1001, ..good },
        Part { stored_len: u32::MAX, ..good },
        Part { stored_len: 0, segment: 1, ..good },
    ] {
        let made = tagger.replicate(&bad, stored.clone()).await;
        assert_eq!(made, Err(TaggerError::BadPart), "{bad:?}");
    }
    let long = bytes(SEGMENT_LEN as usize + 1);
    let made = tagger.replicate(&part(Visibility::Private, 1, &long), long).await;
    assert_eq!(made, Err(TaggerError::BadPart), "longer than a segment");
    let opened = tagger.unmask(&good, &[0; 32], bytes(1000)).await;
    assert!(opened.is_err(), "no padded segment has this length");
}

async fn declares_for_its_own_key(tagger: &dyn Tagger) {
    let (chain_id, deal) = ([1; 32], DealId(2));
    let manifest = |key: KeyId| Manifest {
        version: Manifest::VERSION,
        profile: profile(),
        visibility: Visibility::Public,
        len: 9,
        salt: [3; 32],
        tag_key: key.to_bytes(),
        sectors: Sectors::MIN.get(),
        commitment: [0; 32],
        segments: vec![Segment { salt: [0; 16], root: [4; 32], fragments: vec![[5; 32]; 12] }],
        sections: Vec::new(),
    };
    let own = tagger.public().key_id();
    let declared = tagger.declare(&chain_id, deal, &manifest(own)).await;
    let account = keys(1);
    let file = manifest(own).file_id();
    let expected = declare_tags(account.account(), &chain_id, deal, file, &own.to_bytes());
    assert_eq!(declared, Ok(expected));

    let got = keys(2).public().key_id();
    let declared = tagger.declare(&chain_id, deal, &manifest(got)).await;
    assert_eq!(declared, Err(TaggerError::WrongKey { expected: own, got }));
    let none = Manifest { segments: Vec::new(), ..manifest(own) };
    assert!(tagger.declare(&chain_id, deal, &none).await.is_err(), "no manifest");
}
