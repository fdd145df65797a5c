use bls12_381::{G1Projective, Scalar};

use super::proofs::{World, claim, judged, one_key, public_keys, three_keys};
use super::{changed, check, put, small};
use crate::draws::Challenge;
use crate::equations::{self, Key};
use crate::vectors::Batch;

/// What is done to the bytes of a proof.
type Change<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;
/// Holding, challenge and proof.
type Part = (Vec<equations::Fragment>, Vec<u8>, Vec<u8>);

#[test]
fn the_reference_makes_the_batches() {
    let (one, three) = (one_key(), three_keys());
    let keys: Vec<Key> = (0..3).map(small).collect();
    let part = |world: &World, window, seed| {
        let challenge = world.challenge(window, seed);
        (world.holding(), challenge.encode(), world.prove(&challenge))
    };
    let good = [
        part(&one, None, 1),
        part(&three, None, 2),
        part(&one, Some((2, 2)), 3),
        part(&three, None, 4),
    ];
    let delta = G1Projective::generator() * Scalar::from(99);
    let mut cases = Vec::new();
    let mut add = |why: &str, parts: &[Part], bad: &[usize]| {
        let holds =
            |(holding, challenge, proof): &Part| judged(challenge, holding, &keys, proof).is_ok();
        let rejected: Vec<usize> = (0..parts.len()).filter(|at| !holds(&parts[*at])).collect();
        assert_eq!(rejected, bad, "{why}");
        let claims = parts.iter().map(|(holding, bytes, proof)| claim(holding, bytes, proof));
        let (why, public_keys) = (why.into(), public_keys(&keys));
        cases.push(Batch { why, public_keys, claims: claims.collect(), rejected });
    };
    add("nothing", &[], &[]);
    add("one", &good[..1], &[]);
    add("four over one and three keys", &good, &[]);
    add("the same twice", &[good[0].clone(), good[0].clone()], &[]);
    let with = |changes: &[(usize, Change<'_>)]| {
        let mut parts = good.to_vec();
        for (at, change) in changes {
            parts[*at].2 = change(&parts[*at].2);
        }
        parts
    };
    let up = |proof: &[u8]| changed(proof, 0, |sigma| sigma + delta);
    let down = |proof: &[u8]| changed(proof, 0, |sigma| sigma - delta);
    let flip = |proof: &[u8]| put(proof, 96, &[proof[96] ^ 1]);
    add("a bad one", &with(&[(2, &flip)]), &[2]);
    add("two bad ones", &with(&[(0, &flip), (3, &flip)]), &[0, 3]);
    add("all bad", &with(&[(0, &flip), (1, &up), (2, &down), (3, &flip)]), &[0, 1, 2, 3]);
    add("two errors that cancel under equal weights", &with(&[(0, &up), (2, &down)]), &[0, 2]);
    let twice = |change: Change<'_>| {
        let (holding, bytes, proof) = good[0].clone();
        (holding, bytes, change(&proof))
    };
    let twice = [twice(&up), twice(&down)];
    add("one proof twice, with errors that cancel", &twice, &[0, 1]);
    let mut exchanged = good.to_vec();
    (exchanged[1].2, exchanged[3].2) = (good[3].2.clone(), good[1].2.clone());
    add("two proofs exchanged", &exchanged, &[1, 3]);
    // Errors that cancel under the weights of the batch before they were made.
    let weights = batch_weights(&good);
    let scaled = |at: usize, sign: Scalar| {
        let by = delta * (sign * weights[at].invert().unwrap());
        move |proof: &[u8]| changed(proof, 0, |sigma| sigma + by)
    };
    let (first, second) = (scaled(0, Scalar::one()), scaled(2, -Scalar::one()));
    let known = with(&[(0, &first), (2, &second)]);
    add("two errors that cancel under the weights drawn before them", &known, &[0, 2]);
    check("batches.json", &cases);
}

fn batch_weights(parts: &[Part]) -> Vec<Scalar> {
    let mut input = (parts.len() as u64).to_le_bytes().to_vec();
    for (holding, bytes, proof) in parts {
        let challenge = Challenge::decode(bytes).unwrap();
        let ids = equations::keys_of(&challenge.asked(holding).unwrap());
        input.extend(challenge.digest());
        input.extend((ids.len() as u64).to_le_bytes());
        input.extend(ids.concat());
        input.extend(proof);
    }
    let mut stream = equations::stream("cess-podr2 v1 batch weights", &[&input]);
    parts.iter().map(|_| equations::weight(&mut stream)).collect()
}
