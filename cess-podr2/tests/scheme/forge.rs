//! Attacks that need group arithmetic: points outside the subgroup, rogue keys, errors that
//! cancel.

use bls12_381::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use cess_podr2::{
    Challenge, Error, Fragment, KeyId, Policy, Proof, ProvingKey, PublicKey, TagCheck, Tagged,
    Tags, What, verify_batch,
};

use crate::equations::{Key, affine, encode, evaluate, point, sectors_of};
use crate::reference::{answers, told, told_store, weights};
use crate::world::{BLOCK, World, audit, bytes};

/// A point of the curve whose order divides the cofactor.
pub(crate) fn cofactor_g1() -> G1Projective {
    (1_u8..)
        .find_map(|x| {
            let mut bytes = [0; 48];
            (bytes[0], bytes[47]) = (0x80, x);
            let point = Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(&bytes))?;
            // (r - 1) P + P kills the part in the subgroup.
            let torsion = point * -Scalar::one() + point;
            (!bool::from(torsion.is_identity())).then_some(torsion)
        })
        .unwrap()
}

pub(crate) fn cofactor_g2() -> G2Projective {
    (1_u8..)
        .find_map(|x| {
            let mut bytes = [0; 96];
            (bytes[0], bytes[95]) = (0x80, x);
            let point = Option::<G2Affine>::from(G2Affine::from_compressed_unchecked(&bytes))?;
            let torsion = point * -Scalar::one() + point;
            (!bool::from(torsion.is_identity())).then_some(torsion)
        })
        .unwrap()
}

#[test]
fn refuses_proof_points_shifted_by_cofactor_order() {
    let world = World::new(&[3000]);
    let challenge = world.challenge(Policy::Every);
    let proof = world.prove(&challenge).to_bytes();
    for (at, index) in [(0, 0), (48, 1)] {
        let mut shifted = proof.clone();
        shifted[at..at + 48].copy_from_slice(&affine(point(&proof[at..at + 48]) + cofactor_g1()));
        let error = Error::Subgroup { what: What::Proof, index };
        assert_eq!(Proof::from_bytes(&shifted), Err(error));
    }
}

#[test]
fn refuses_tags_shifted_by_cofactor_order() {
    let world = World::new(&[3000]);
    let (stored, key) = (world.store.values().next().unwrap(), world.publics.values().next());
    let mut tags = stored.tagged.tags.as_bytes().to_vec();
    let shifted = affine(point(&tags[48..96]) + cofactor_g1());
    tags[48..96].copy_from_slice(&shifted);
    let tags = Tags::from_bytes(&tags).unwrap();
    let proving = world.provings.values().next().unwrap();
    let check = TagCheck::new(key.unwrap(), proving, &[(stored.tagged.fragment, &tags)]);
    assert_eq!(check.unwrap_err(), Error::Subgroup { what: What::Tag, index: 1 });
}

#[test]
fn refuses_keys_outside_the_subgroup_or_at_infinity() {
    let good = Key::small(7).public_bytes();
    let what = What::PublicKey;
    for (at, index) in [(0, 0), (96, 1)] {
        let mut shifted = good.clone();
        let x: G2Projective =
            G2Affine::from_compressed(good[at..at + 96].try_into().unwrap()).unwrap().into();
        let compressed = G2Affine::from(x + cofactor_g2()).to_compressed();
        shifted[at..at + 96].copy_from_slice(&compressed);
        assert_eq!(PublicKey::from_bytes(&shifted), Err(Error::Subgroup { what, index }));
        shifted[at..at + 96].fill(0);
        shifted[at] = 0xc0;
        assert_eq!(PublicKey::from_bytes(&shifted), Err(Error::Identity { what, index }));
    }
}

#[test]
fn refuses_proving_keys_with_points_outside_the_subgroup_or_at_infinity() {
    let key = Key::small(7);
    let good = key.proving_bytes();
    let what = What::ProvingKey;
    let mut shifted = good.clone();
    shifted[96..144].copy_from_slice(&affine(point(&good[96..144]) + cofactor_g1()));
    let verdict = ProvingKey::from_bytes(&shifted, &key.public());
    assert_eq!(verdict, Err(Error::Subgroup { what, index: 2 }));
    shifted[96..144].fill(0);
    shifted[96] = 0xc0;
    let verdict = ProvingKey::from_bytes(&shifted, &key.public());
    assert_eq!(verdict, Err(Error::Identity { what, index: 2 }));
}

#[test]
fn refuses_scaled_altered_missing_or_shifted_proving_keys() {
    let key = Key::small(7);
    let (public, good) = (key.public(), key.proving_bytes());
    assert!(ProvingKey::from_bytes(&good, &public).is_ok());
    let foreign = Error::ProvingKey { key: public.key_id() };
    let map = |f: &dyn Fn(usize, G1Projective) -> G1Projective| -> Vec<u8> {
        good.chunks(48).enumerate().flat_map(|(j, u)| affine(f(j, point(u)))).collect()
    };
    let t = Scalar::from(5);
    let delta = G1Projective::generator() * Scalar::from(77);
    for wrong in [
        map(&|_, u| u * t),
        map(&|j, u| if j == 0 { u + delta } else { u }),
        map(&|j, u| if j == 30 { u + delta } else { u }),
        map(&|j, u| if j == 62 { u + delta } else { u }),
        // Cancel under equal weights.
        map(&|j, u| {
            if j == 10 {
                u + delta
            } else if j == 20 {
                u - delta
            } else {
                u
            }
        }),
        // Another alpha, and the right one from the wrong power on.
        Key { alpha: t, ..key }.proving_bytes(),
        map(&|_, u| u * key.alpha),
    ] {
        assert_eq!(ProvingKey::from_bytes(&wrong, &public), Err(foreign.clone()));
    }
    let what = What::ProvingKey;
    for len in [0, 48 * 62, 48 * 63 - 1, 48 * 63 + 1, 48 * 64] {
        let mut wrong = good.clone();
        wrong.resize(len, 0);
        let error = Error::Length { what, expected: 48 * 63, got: len as u64 };
        assert_eq!(ProvingKey::from_bytes(&wrong, &public), Err(error));
    }
}

/// A world of fragments under keys whose secrets may be anything.
fn world_of(keys: &[Key], len: usize) -> World {
    let mut world = World::default();
    for (seed, key) in (0..).zip(keys) {
        let public = key.public();
        world.provings.insert(public.key_id(), key.proving());
        let data = bytes(len, seed);
        let root = *blake3::hash(&data).as_bytes();
        let fragment = Fragment::new(&public, root, len as u64, 0).unwrap();
        let tags: Vec<u8> = (0..)
            .zip(data.chunks(BLOCK))
            .flat_map(|(i, block)| key.tag(fragment.name().as_bytes(), i, block))
            .collect();
        world.publics.insert(public.key_id(), public);
        world.insert(data, Tagged { fragment, tags: Tags::from_bytes(&tags).unwrap() });
    }
    world
}

#[test]
fn refuses_errors_that_cancel_between_rogue_keys() {
    let honest = Key::small(7);
    for c in [-Scalar::one(), Scalar::from(3)] {
        let rogue = Key { x: honest.x * c, ..honest };
        let world = world_of(&[honest, rogue], 3000);
        let of = |id: &KeyId| if *id == honest.public().key_id() { honest } else { rogue };
        let challenge = world.challenge(Policy::Every);
        let mut answers = answers(&world, &challenge, of);
        let fair = encode(&answers, &weights(&challenge, &answers));
        let verdict = |proof: &[u8]| world.verify(&challenge, &Proof::from_bytes(proof).unwrap());
        assert_eq!(verdict(&fair), Ok(()));

        // delta on y of the honest key cancels against -delta / c on that of (cX, cY), and the
        // same on psi, if the answers are joined without weights.
        let delta = Scalar::from(12345);
        let share = -(delta * c.invert().unwrap());
        for answer in &mut answers {
            let mine = if answer.key == honest.id() { delta } else { share };
            answer.y += mine;
            answer.psi = affine(point(&answer.psi) + G1Projective::generator() * mine);
        }
        for weights in [weights(&challenge, &answers), vec![Scalar::one(); 2]] {
            assert_eq!(verdict(&encode(&answers, &weights)), Err(Error::Proof));
        }
    }
}

#[test]
fn refuses_tags_times_c_under_the_key_times_c() {
    let honest = Key::small(7);
    let c = Scalar::from(3);
    let rogue = Key { x: honest.x * c, ..honest };
    let data = bytes(3000, 1);
    let root = *blake3::hash(&data).as_bytes();
    let of = |key: &Key| Fragment::new(&key.public(), root, 3000, 0).unwrap();
    let (mine, stolen) = (of(&honest), of(&rogue));
    let tags: Vec<[u8; 48]> = (0..)
        .zip(data.chunks(BLOCK))
        .map(|(i, b)| honest.tag(mine.name().as_bytes(), i, b))
        .collect();
    let scaled: Vec<u8> = tags.iter().flat_map(|tag| affine(point(tag) * c)).collect();
    let check = |key: &Key, fragment, tags: &[u8]| {
        let tags = Tags::from_bytes(tags).unwrap();
        cess_podr2::check_fragment(&key.public(), &key.proving(), fragment, &tags, &data)
    };
    assert_eq!(check(&honest, &mine, &tags.concat()), Ok(()));
    assert_eq!(check(&rogue, &stolen, &scaled), Err(Error::Tags));
}

#[test]
fn refuses_two_proofs_whose_errors_cancel() {
    let world = World::new(&[3000]);
    let one = world.challenge(Policy::Every);
    let two = Challenge::new(audit(), &world.holding, Policy::Every, [4; 32]).unwrap();
    let delta = G1Projective::generator() * Scalar::from(99);
    let shifted = |challenge: &Challenge, by: G1Projective| {
        let mut proof = world.prove(challenge).to_bytes();
        let sigma = affine(point(&proof[..48]) + by);
        proof[..48].copy_from_slice(&sigma);
        Proof::from_bytes(&proof).unwrap()
    };
    let (p, q) = (shifted(&one, delta), shifted(&two, -delta));
    let batch = [(&one, &world.holding, &p), (&two, &world.holding, &q)];
    let rejected = vec![(0, Error::Proof), (1, Error::Proof)];
    let verdict = verify_batch(&batch, |id| world.publics.get(id));
    assert_eq!(verdict, Err(Error::Batch { rejected }));

    // The same proof twice, bad in two ways that cancel.
    let q = shifted(&one, -delta);
    let batch = [(&one, &world.holding, &p), (&one, &world.holding, &q)];
    assert!(verify_batch(&batch, |id| world.publics.get(id)).is_err());
}

#[test]
fn refuses_two_tags_whose_errors_cancel() {
    let world = World::new(&[3000, 2500]);
    let (key, proving) =
        (world.publics.values().next().unwrap(), world.provings.values().next().unwrap());
    let delta = G1Projective::generator() * Scalar::from(99);
    let shift = |tagged: &Tagged, at: usize, by: G1Projective| {
        let mut bytes = tagged.tags.as_bytes().to_vec();
        let tag = affine(point(&bytes[at * 48..at * 48 + 48]) + by);
        bytes[at * 48..at * 48 + 48].copy_from_slice(&tag);
        Tags::from_bytes(&bytes).unwrap()
    };
    let stored: Vec<_> = world.store.values().collect();
    let (a, b) = (&stored[0].tagged, &stored[1].tagged);
    let run = |items: &[(Fragment, &Tags)]| {
        let mut check = TagCheck::new(key, proving, items).unwrap();
        for (at, _) in items.iter().enumerate() {
            check.update(&stored[at].data).unwrap();
            check.end_fragment().unwrap();
        }
        check.finish()
    };
    assert_eq!(run(&[(a.fragment, &a.tags), (b.fragment, &b.tags)]), Ok(()));
    // Between two fragments, and between two blocks of one.
    let (up, down) = (shift(a, 0, delta), shift(b, 0, -delta));
    assert_eq!(run(&[(a.fragment, &up), (b.fragment, &down)]), Err(Error::Tags));
    let both = Tagged { tags: shift(a, 0, delta), ..a.clone() };
    let both = shift(&both, 1, -delta);
    assert_eq!(run(&[(a.fragment, &both), (b.fragment, &b.tags)]), Err(Error::Tags));
}

#[test]
fn refuses_stored_answers_of_single_blocks() {
    // A prover that kept (y_i, psi_i) of every block for one z, and all tags, but no data.
    let key = Key::small(7);
    let world = world_of(&[key], 3 * BLOCK);
    let old = world.challenge(Policy::Every);
    let new = Challenge::new(audit(), &world.holding, Policy::Every, [4; 32]).unwrap();
    let stored = world.store.values().next().unwrap();
    let old_z = told(&old).z();
    let kept: Vec<(Scalar, Scalar)> = stored
        .data
        .chunks(BLOCK)
        .map(|block| {
            let m = sectors_of(block);
            let y = evaluate(&m, old_z);
            let at_alpha = evaluate(&m, key.alpha);
            (y, (at_alpha - y) * (key.alpha - old_z).invert().unwrap())
        })
        .collect();
    let forged = |challenge: &Challenge| {
        let fragment = told_store(&world)[0].fragment;
        let asked = told(challenge).asked(&[fragment]).unwrap();
        let nu: Vec<Scalar> = asked.iter().map(|asked| asked.nu).collect();
        let sum = |f: &dyn Fn(&(Scalar, Scalar)) -> Scalar| -> Scalar {
            kept.iter().zip(&nu).map(|(kept, nu)| f(kept) * nu).sum()
        };
        let mut proof = world.prove(challenge).to_bytes();
        proof[48..96].copy_from_slice(&affine(G1Affine::generator() * sum(&|k| k.1)));
        proof[96..].copy_from_slice(&sum(&|k| k.0).to_bytes());
        Proof::from_bytes(&proof).unwrap()
    };
    // For the old z they are as good as the data: z must never repeat.
    assert_eq!(world.verify(&old, &forged(&old)), Ok(()));
    assert_eq!(world.verify(&new, &forged(&new)), Err(Error::Proof));
}
