//! Blinded proofs, and those that must be refused.

use bls12_381::{G1Affine, G1Projective, G2Affine, Scalar, pairing};

use super::forged::plus_order;
use super::proofs::{World, claim, finder, one_key, public_keys, three_keys};
use super::{BLOCK, SEEDS, changed, check, infinity, malformed, put, small, write_fragment};
use crate::blinding::{self, Triple, blind, coefficients, decode, draw, hashes, verify};
use crate::draws::Challenge;
use crate::equations::{self, Answer, Id, Key, Public, Refusal, affine, keys_of};
use crate::forge::cofactor_g1;
use crate::vectors::{Blinded, BlindedPass, Data, ProofFail, StoredData};

const RANDOM: Id = [0x5a; 32];

fn publics(keys: &[Key]) -> Vec<Public> {
    keys.iter().map(|key| Public::decode(&key.public_bytes()).unwrap()).collect()
}

fn blinded(world: &World, challenge: &Challenge) -> Vec<u8> {
    blind(challenge, &publics(&world.keys()), &world.answers(challenge), &RANDOM)
}

#[test]
fn the_reference_makes_the_blinded_proofs() {
    let value = pairing(&G1Affine::generator(), &G2Affine::generator());
    let pairing_of_generators = blake3::hash(&coefficients(&value)).as_bytes().into();
    let mut cases = Blinded { pairing_of_generators, pass: Vec::new(), fail: Vec::new() };
    let mut pass = |why: &str, world: &World, window, seed| {
        let challenge = world.challenge(window, seed);
        let proof = blinded(world, &challenge);
        let publics = publics(&world.keys());
        assert_eq!(verify(&challenge, &world.holding(), &publics, &proof), Ok(()), "{why}");
        let stored = world.data.iter().zip(&world.stored).map(|((seed, _, data), stored)| {
            let fragment = write_fragment(&stored.fragment);
            StoredData { seed: SEEDS[*seed].into(), data: *data, fragment }
        });
        cases.pass.push(BlindedPass {
            why: why.into(),
            public_keys: public_keys(&world.keys()),
            stored: stored.collect(),
            challenge: challenge.encode().into(),
            random: RANDOM.into(),
            proof: proof.into(),
        });
    };
    let byte = World::new(&[(0, 64, Data::Stream { of: 1, len: 1 })]);
    let zeros = World::new(&[(0, 64, Data::Fill { with: 0, len: 2 * BLOCK })]);
    let (one, three) = (one_key(), three_keys());
    pass("one byte: psi is the identity", &byte, None, 1);
    pass("zeros: psi and y are zero", &zeros, None, 1);
    pass("one key, every block", &one, None, 1);
    pass("one key, a window", &one, Some((2, 2)), 3);
    pass("three keys, every block", &three, None, 1);
    pass("three keys, a window that hits one", &three, Some((4, 5)), 2);

    let mut fail = |why: &str,
                    keys: &[Key],
                    holding: &[equations::Fragment],
                    challenge: &Challenge,
                    proof: &[u8],
                    reason| {
        let verdict = verify(challenge, holding, &publics(keys), proof);
        assert_eq!(verdict, Err(reason), "{why}");
        cases.fail.push(ProofFail {
            why: why.into(),
            public_keys: public_keys(keys),
            claim: claim(holding, &challenge.encode(), proof),
            refused: reason.into(),
        });
    };
    altered(&one, &mut |why, proof, reason| {
        fail(why, &one.keys(), &one.holding(), &one.challenge(None, 1), proof, reason);
    });
    without_the_data(&one, &mut |why, proof| {
        fail(why, &one.keys(), &one.holding(), &one.challenge(None, 1), proof, "proof");
    });
    let challenge = one.challenge(None, 1);
    let good = blinded(&one, &challenge);
    for (why, other) in [
        ("another seed", Challenge { seed: [2; 32], ..challenge }),
        ("another round", Challenge { round: 10, ..challenge }),
        ("another prover", Challenge { prover: [3; 32], ..challenge }),
        ("another chain", Challenge { chain_id: [9; 32], ..challenge }),
        ("another policy", Challenge { window: Some((1, 9999)), ..challenge }),
    ] {
        fail(why, &one.keys(), &one.holding(), &other, &good, "proof");
    }
    let moved: Vec<_> =
        one.holding().iter().map(|f| equations::Fragment { key: small(1).id(), ..*f }).collect();
    fail(
        "another key",
        &[small(1)],
        &moved,
        &Challenge::new(&moved, None, [1; 32]),
        &good,
        "proof",
    );

    let challenge = three.challenge(None, 1);
    let good = blinded(&three, &challenge);
    let mut joint = |why: &str, proof: &[u8], reason| {
        fail(why, &three.keys(), &three.holding(), &challenge, proof, reason);
    };
    let exchanged = [&good[..32], &good[160..288], &good[32..160], &good[288..]].concat();
    joint("the answers of two keys exchanged", &exchanged, "proof");
    joint("an answer too few", &good[..288], "key count");
    joint("a byte short", &good[..415], "length");
    for key in 0..3 {
        let at = 32 + 128 * key + 96;
        joint(&format!("y of key {key} altered"), &put(&good, at, &[good[at] ^ 1]), "proof");
    }
    // Each key with a challenge of its own would let answers of other statements be put together.
    let answers = three.answers(&challenge);
    joint("c of the first key alone", &split(&three, &challenge, &answers), "proof");
    check("blinded.json", &cases);
}

/// c drawn from the first key's T alone: the others' answers could be chosen after it.
fn split(world: &World, challenge: &Challenge, answers: &[Answer]) -> Vec<u8> {
    let (digest, publics) = (challenge.digest(), publics(&world.keys()));
    let nonces = blinding::nonces(&digest, answers, &RANDOM);
    let public = publics.iter().find(|public| public.id == answers[0].key).unwrap();
    let value = nonces[0].phi(G1Projective::identity(), challenge.z(), public);
    let c = draw(&digest, &[(answers[0].key, value)]);
    let mut out = c.to_bytes().to_vec();
    for (answer, nonce) in answers.iter().zip(nonces) {
        out.extend(nonce.plus(c, &Triple::of(answer)).encode());
    }
    out
}

fn altered(world: &World, fail: &mut dyn FnMut(&str, &[u8], Refusal)) {
    let challenge = world.challenge(None, 1);
    let good = blinded(world, &challenge);
    let delta = G1Projective::generator() * Scalar::from(99);
    for (why, at) in [("c", 0), ("y", 128)] {
        fail(&format!("{why} altered"), &put(&good, at, &[good[at] ^ 1]), "proof");
        let over = plus_order(&good[at..at + 32]);
        fail(&format!("{why} + r"), &put(&good, at, &over), "scalar");
        fail(&format!("{why} of ones"), &put(&good, at, &[0xff; 32]), "scalar");
    }
    for (why, at) in [("sigma", 32), ("psi", 80)] {
        fail(&format!("{why} altered"), &changed(&good, at, |p| p + delta), "proof");
        fail(&format!("{why} negated"), &changed(&good, at, |p| -p), "proof");
        fail(&format!("{why} at infinity"), &put(&good, at, &infinity(48)), "proof");
        let shifted = changed(&good, at, |p| p + cofactor_g1());
        fail(&format!("{why} shifted by a point of cofactor order"), &shifted, "subgroup");
        for (how, wrong) in malformed(&good, at, 48) {
            fail(&format!("{why}: {how}"), &wrong, "point");
        }
    }
    let exchanged = [&good[..32], &good[80..128], &good[32..80], &good[128..]].concat();
    fail("sigma and psi exchanged", &exchanged, "proof");
    let plain = challenge.prove(&world.stored, finder(&world.keys()));
    fail("the plain proof", &plain, "length");
    fail("nothing", &[], "length");
    fail("c alone", &good[..32], "length");
    fail("one byte more", &[&good[..], &[0]].concat(), "length");
    fail("an answer too many", &[&good[..], &good[32..]].concat(), "key count");
    // c and the plain proof, not hidden.
    let (c, _) = decode(&good).unwrap();
    let answers = world.answers(&challenge);
    let bare = [&c.to_bytes()[..], &Triple::of(&answers[0]).encode()].concat();
    fail("c beside the plain proof", &bare, "proof");
}

/// Provers who hash as they should and lack the data, and such as choose c themselves.
fn without_the_data(world: &World, fail: &mut dyn FnMut(&str, &[u8])) {
    let challenge = world.challenge(None, 1);
    let (key, publics) = (world.keys()[0], publics(&world.keys()));
    let asked = challenge.asked(&world.holding()).unwrap();
    let id = keys_of(&asked)[0];
    let truth = Triple::of(&world.answers(&challenge)[0]);
    let mut claim = |why: &str, triple: Triple| {
        let (sigma, psi, y) = (triple.sigma, affine(triple.psi), triple.y);
        let answer = Answer { key: id, sigma, psi, y };
        fail(why, &blind(&challenge, &publics, &[answer], &RANDOM));
    };
    let nothing = G1Projective::identity();
    claim(
        "psi and y zero for data that isn't",
        Triple { psi: nothing, y: Scalar::zero(), ..truth },
    );
    claim("y off by one", Triple { y: truth.y + Scalar::one(), ..truth });
    claim("sigma of nothing", Triple { sigma: nothing, ..truth });
    let mut stored = world.stored.clone();
    stored[0].data[..BLOCK].fill(0);
    let dropped = challenge.answers(&stored, finder(&[key]));
    claim("a block dropped and answered with zeros", Triple::of(&dropped[0]));
    let old = world.answers(&world.challenge(None, 10));
    claim("psi and y of an old proof", Triple { sigma: truth.sigma, ..Triple::of(&old[0]) });

    // What the simulator makes: right for the c that it chose, which isn't the hash of its T.
    let (c, draws) = (Scalar::from(77), [5, 6, 7].map(Scalar::from));
    let g1 = G1Projective::generator();
    let simulated = Triple { sigma: g1 * draws[0], psi: g1 * draws[1], y: draws[2] };
    fail("answers and c chosen", &[&c.to_bytes()[..], &simulated.encode()].concat());
    let value = simulated.phi(hashes(&asked, &id) * c, challenge.z(), &publics[0]);
    let c = draw(&challenge.digest(), &[(id, value)]);
    fail("answers chosen, c their hash", &[&c.to_bytes()[..], &simulated.encode()].concat());
    // c = 0 asks for no proof at all, if it could be chosen.
    fail("c zero", &[&[0; 32][..], &simulated.encode()].concat());
}
