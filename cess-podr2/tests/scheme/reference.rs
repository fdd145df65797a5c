//! The crate beside the independent reference of `equations` and `draws`, over worlds of fragments.

use bls12_381::{G1Affine, G2Affine, G2Projective, Gt, Scalar, pairing};
use cess_podr2::{
    Challenge, Error, FragmentName, KeyId, Policy, Proof, ProvingKey, PublicKey, SecretKey,
    Sectors, verify_batch,
};

use crate::draws;
use crate::equations::{self, Answer, Fragment, Id, Key, Public, Stored};
use crate::world::{BLOCK, World, audit, bytes, sectors};

impl Key {
    pub(crate) fn small(seed: u8) -> Self {
        Self::from_seed(&[seed; 32], 64)
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::from_bytes(&self.public_bytes()).unwrap()
    }

    pub(crate) fn proving(&self) -> ProvingKey {
        ProvingKey::from_bytes(&self.proving_bytes(), &self.public()).unwrap()
    }
}

/// The challenge in the reference's terms, through its bytes.
pub(crate) fn told(challenge: &Challenge) -> draws::Challenge {
    let told = draws::Challenge::decode(&challenge.to_bytes()).unwrap();
    assert_eq!(told.encode(), challenge.to_bytes());
    assert_eq!(told.digest(), challenge.digest());
    told
}

fn told_fragment(fragment: &cess_podr2::Fragment) -> Fragment {
    let (key, s) = (fragment.key_id().to_bytes(), fragment.sectors().get());
    let (root, len, replica) = (fragment.root(), fragment.len(), fragment.replica());
    Fragment { key, s, root, len, replica }
}

/// All that a world stores, as it is, damage among it.
pub(crate) fn told_store(world: &World) -> Vec<Stored> {
    let stored = world.store.values().map(|stored| Stored {
        fragment: told_fragment(&stored.tagged.fragment),
        data: stored.data.clone(),
        tags: stored.tagged.tags.as_bytes().chunks(48).map(|t| t.try_into().unwrap()).collect(),
    });
    stored.collect()
}

fn told_publics(world: &World) -> Vec<Public> {
    world.publics.values().map(|key| Public::decode(&key.to_bytes()).unwrap()).collect()
}

/// The answers of the reference.
pub(crate) fn answers(
    world: &World,
    challenge: &Challenge,
    key: impl Fn(&KeyId) -> Key,
) -> Vec<Answer> {
    told(challenge).answers(&told_store(world), |id| key(&KeyId::from_bytes(*id)))
}

pub(crate) fn weights(challenge: &Challenge, answers: &[Answer]) -> Vec<Scalar> {
    equations::weights_of(&told(challenge).digest(), answers)
}

fn known_key(id: &Id) -> Key {
    [7, 8, 9].map(Key::small).into_iter().find(|key| key.id() == *id).unwrap()
}

#[test]
fn keys_agree_with_the_reference() {
    for seed in [7, 8, 9] {
        let secret = SecretKey::from_seed(&[seed; 32], sectors());
        let key = Key::small(seed);
        assert_eq!(secret.public().to_bytes().to_vec(), key.public_bytes());
        assert_eq!(secret.public().key_id().to_bytes(), key.id());
        assert_eq!(secret.proving_key().to_bytes(), key.proving_bytes());
        assert_eq!(secret.proving_key().hash(), *blake3::hash(&key.proving_bytes()).as_bytes());
    }
}

#[test]
fn tags_agree_with_the_reference() {
    let key = Key::small(7);
    let secret = SecretKey::from_seed(&[7; 32], sectors());
    for (len, replica) in [(1, 0), (31, 1), (BLOCK, 2), (3 * BLOCK + 100, u32::MAX)] {
        let data = bytes(len, 5);
        let tagged = secret.tag(replica, &data).unwrap();
        let expected = key.store(data, replica);
        assert_eq!(tagged.name(), FragmentName::from_bytes(expected.fragment.name()));
        assert_eq!(tagged.tags.as_bytes(), expected.tags.as_flattened());
    }
}

#[test]
fn draws_agree_with_the_reference() {
    let (key, other) = (Key::small(7), Key::small(8));
    let window = |windows: u32, samples: u32| Policy::Window {
        windows: windows.try_into().unwrap(),
        samples: samples.try_into().unwrap(),
    };
    for held in [1, 2, 3, 24, 25, 61] {
        let fragments: Vec<Fragment> = (0..held)
            .map(|at: u32| {
                let key = if at.is_multiple_of(3) { other } else { key };
                let len = 1 + u64::from(at) * u64::from(at) * 5000;
                Fragment { key: key.id(), s: 64, root: [9; 32], len, replica: at }
            })
            .collect();
        let entries = fragments.iter().map(|f| {
            let (key, root) = (KeyId::from_bytes(f.key), f.root);
            cess_podr2::Fragment::from_parts(key, sectors(), root, f.len, f.replica)
                .unwrap()
                .entry()
        });
        let holding = cess_podr2::Holding::from_entries(entries).unwrap();
        assert_eq!(holding.root(), draws::holding_root(&fragments), "{held}");
        for (policy, seed) in [
            (Policy::Every, 0),
            (Policy::AUDIT, 1),
            (window(1, 1), 2),
            (window(2, 9), 3),
            (window(7, 1), 4),
            (window(7, 300), 5),
            (window(u32::MAX, 1), 6),
        ] {
            let challenge = Challenge::new(audit(), &holding, policy, [seed; 32]).unwrap();
            let expected = told(&challenge).asked(&fragments).unwrap();
            let expected: Vec<(Id, Id, u64)> =
                expected.iter().map(|a| (a.fragment.key, a.fragment.name(), a.block)).collect();
            let got: Vec<(Id, Id, u64)> = challenge
                .samples(&holding)
                .unwrap()
                .map(|s| (s.entry.key_id().to_bytes(), s.entry.name().to_bytes(), s.block))
                .collect();
            assert_eq!(got, expected, "{held} {policy:?}");
        }
    }
}

#[test]
fn proofs_and_verdicts_agree_with_the_reference() {
    let policy = Policy::Window { windows: 2.try_into().unwrap(), samples: 9.try_into().unwrap() };
    let mut world = World::new(&[1, 5000, 4 * BLOCK]);
    for seed in [8, 9] {
        for policy in [Policy::Every, policy] {
            let challenge = world.challenge(policy);
            let proof = world.prove(&challenge).to_bytes();
            let told = told(&challenge);
            assert_eq!(proof, told.prove(&told_store(&world), known_key));

            let holding: Vec<Fragment> = told_store(&world).iter().map(|s| s.fragment).collect();
            let publics = told_publics(&world);
            assert_eq!(told.verify(&holding, &publics, &proof), Ok(()));
            // y of the first key plus one: refused by both.
            let mut wrong = proof.clone();
            wrong[96] ^= 1;
            assert_eq!(told.verify(&holding, &publics, &wrong), Err("proof"));
            let wrong = Proof::from_bytes(&wrong).unwrap();
            assert_eq!(world.verify(&challenge, &wrong), Err(Error::Proof));
        }
        world.extend(seed, &[3000, BLOCK]);
    }
}

/// What storage uses: the kernels' chunks and the backend's large sums are met there alone.
#[test]
fn the_default_number_of_sectors_agrees_with_the_reference() {
    let key = Key::from_seed(&[7; 32], Sectors::DEFAULT.get());
    let secret = SecretKey::from_seed(&[7; 32], Sectors::DEFAULT);
    let (public, proving) = (secret.public(), secret.proving_key());
    assert_eq!(public.to_bytes().to_vec(), key.public_bytes());
    let data = bytes(key.block_bytes() + 100_000, 5);
    let tagged = secret.tag(3, &data).unwrap();
    let stored = key.store(data.clone(), 3);
    assert_eq!(tagged.tags.as_bytes(), stored.tags.as_flattened());

    let holding = cess_podr2::Holding::from_entries([tagged.fragment.entry()]).unwrap();
    let challenge = Challenge::new(audit(), &holding, Policy::Every, [3; 32]).unwrap();
    let mut prover = cess_podr2::Proving::new(&challenge, &holding, |_| Some(&proving)).unwrap();
    for (block, tag) in data.chunks(key.block_bytes()).zip(&stored.tags) {
        prover.absorb(block, tag).unwrap();
    }
    let proof = prover.finish().unwrap();
    let told = told(&challenge);
    let expected = told.prove(std::slice::from_ref(&stored), |_| key);
    assert_eq!(proof.to_bytes(), expected);
    let reference = Public::decode(&key.public_bytes()).unwrap();
    assert_eq!(told.verify(&[stored.fragment], &[reference], &expected), Ok(()));
    assert_eq!(cess_podr2::verify(&challenge, &holding, |_| Some(&public), &proof), Ok(()));
}

#[test]
fn verdicts_over_batches_agree_with_the_reference() {
    let mut world = World::new(&[1, 3000]);
    world.extend(8, &[BLOCK]);
    let publics = told_publics(&world);
    let store = told_store(&world);
    let holding: Vec<Fragment> = store.iter().map(|s| s.fragment).collect();
    let parts: Vec<(Challenge, Vec<u8>)> = (0..6)
        .map(|seed| {
            let challenge =
                Challenge::new(audit(), &world.holding, Policy::Every, [seed; 32]).unwrap();
            let proof = told(&challenge).prove(&store, known_key);
            (challenge, proof)
        })
        .collect();
    // No, one and many bad proofs, two exchanged.
    for bad in [&[][..], &[0], &[5], &[1, 2, 4], &[0, 1, 2, 3, 4, 5]] {
        let mut batch = parts.clone();
        for at in bad {
            batch[*at].1[96 + at] ^= 1;
        }
        compare(&world, &batch, &holding, &publics);
    }
    let mut exchanged = parts;
    (exchanged[2].1, exchanged[3].1) = (exchanged[3].1.clone(), exchanged[2].1.clone());
    compare(&world, &exchanged, &holding, &publics);
}

/// The crate's verdict over the batch beside the reference's over each proof.
fn compare(
    world: &World,
    batch: &[(Challenge, Vec<u8>)],
    holding: &[Fragment],
    publics: &[Public],
) {
    let expected: Vec<(usize, Error)> = batch
        .iter()
        .enumerate()
        .filter(|(_, (challenge, proof))| told(challenge).verify(holding, publics, proof).is_err())
        .map(|(at, _)| (at, Error::Proof))
        .collect();
    let proofs: Vec<Proof> = batch.iter().map(|(_, p)| Proof::from_bytes(p).unwrap()).collect();
    let items: Vec<_> =
        batch.iter().zip(&proofs).map(|((c, _), proof)| (c, &world.holding, proof)).collect();
    let verdict = verify_batch(&items, |id| world.publics.get(id));
    let expected =
        if expected.is_empty() { Ok(()) } else { Err(Error::Batch { rejected: expected }) };
    assert_eq!(verdict, expected);
}

#[test]
fn identity_of_g2_in_the_reference_is_no_generator() {
    // Guards the reference: a degenerate pairing would hold for anything.
    assert_ne!(G2Projective::identity(), G2Projective::generator());
    assert_ne!(pairing(&G1Affine::generator(), &G2Affine::generator()), Gt::identity());
}
