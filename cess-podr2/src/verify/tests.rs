#![cfg(feature = "native")]

use super::*;
use crate::backend::{Native, count};
use crate::holding::Holding;
use crate::{Audit, Policy, Proving, SecretKey, Sectors};
use rand::SeedableRng;

#[test]
fn points_of_evaluation_need_no_special_case() {
    let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
    let (public, proving_key) = (secret.public(), secret.proving_key());
    let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
    let alpha = secret.alpha();
    for len in [1, 31, 32, 1984, 5000] {
        let data: Vec<u8> = (0..len).map(|i: u32| i.to_le_bytes()[0]).collect();
        let tagged = secret.tag(0, &data).unwrap();
        let holding = Holding::from_entries([tagged.fragment.entry()]).unwrap();
        let challenge = Challenge::new(audit, &holding, Policy::Every, [4; 32]).unwrap();
        let prove_at = |z| {
            let mut proving = Proving::new(&challenge, &holding, |_| Some(&proving_key)).unwrap();
            proving.z = z;
            for (block, tag) in data.chunks(1984).zip(tagged.tags.iter()) {
                proving.absorb(block, tag).unwrap();
            }
            proving.finish().unwrap()
        };
        for z in [Fr::ZERO, Fr::one(), Fr::one().neg(), alpha] {
            let proof = prove_at(z);
            let lookup = |_: &KeyId| Some(&public);
            let holds_at = |z| {
                let statement =
                    Statement::at::<Native>(&challenge, &holding, &lookup, &proof, z).unwrap();
                hold::<Native>(&[(&statement, 1)])
            };
            assert!(holds_at(z));
            // One sector is its own value everywhere; anything longer is tied to its z.
            assert_eq!(holds_at(z.add(&Fr::one())), len <= 31);
        }
    }
}

/// With the weights known before the proofs, errors could be chosen that cancel.
#[test]
fn weights_are_drawn_from_digests_keys_and_proofs() {
    let secrets = [7, 8].map(|seed| SecretKey::from_seed(&[seed; 32], Sectors::MIN));
    let (publics, provings) =
        (secrets.each_ref().map(SecretKey::public), secrets.each_ref().map(SecretKey::proving_key));
    let tagged = secrets.each_ref().map(|secret| secret.tag(0, &[9; 100]).unwrap());
    let entries = tagged.each_ref().map(|t| t.fragment.entry());
    let lookup = |id: &KeyId| publics.iter().find(|key| key.key_id() == *id);
    let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
    // The first over both keys, the second over one.
    let parts = [&entries[..], &entries[..1]].map(|entries| {
        let holding = Holding::from_entries(entries.iter().copied()).unwrap();
        let challenge = Challenge::new(audit, &holding, Policy::Every, [4; 32]).unwrap();
        let find = |id: &KeyId| provings.iter().find(|key| key.key_id() == *id);
        let mut proving = Proving::new(&challenge, &holding, find).unwrap();
        while let Some(sample) = proving.sample() {
            let t = tagged.iter().find(|t| t.name() == sample.entry.name()).unwrap();
            proving.absorb(&[9; 100], t.tags.get(0).unwrap()).unwrap();
        }
        let proof = proving.finish().unwrap();
        (challenge, holding, proof)
    });
    let statements = parts.each_ref().map(|(challenge, holding, proof)| {
        Statement::new::<Native>(challenge, holding, &lookup, proof).unwrap()
    });

    let mut hasher = blake3::Hasher::new_derive_key("cess-podr2 v1 batch weights");
    hasher.update(&2_u64.to_le_bytes());
    for (challenge, holding, proof) in &parts {
        let mut keys: Vec<KeyId> = holding.iter().map(|entry| entry.key_id()).collect();
        keys.sort();
        hasher.update(&challenge.digest()).update(&(keys.len() as u64).to_le_bytes());
        for key in keys {
            hasher.update(key.as_bytes());
        }
        hasher.update(&proof.to_bytes());
    }
    let mut reader = hasher.finalize_xof();
    for weight in batch_weights::<Native>(&statements) {
        let mut expected = [0; 16];
        reader.fill(&mut expected);
        assert_eq!(weight, u128::from_le_bytes(expected));
    }

    let mut salted = blake3::Hasher::new_derive_key("cess-podr2 v1 salted batch weights");
    salted.update(&[5; 32]).update(hasher.finalize().as_bytes());
    let mut reader = salted.finalize_xof();
    for weight in salted_weights::<Native>(&[5; 32], &statements) {
        let mut expected = [0; 16];
        reader.fill(&mut expected);
        assert_eq!(weight, u128::from_le_bytes(expected));
    }
}

/// A key for each seed, and a thousand proofs over one block of one of them each.
struct Thousand {
    publics: Vec<PublicKey>,
    parts: Vec<(Challenge, Holding, Proof)>,
}

impl Thousand {
    fn new(keys: u8) -> Self {
        let secrets: Vec<_> =
            (0..keys).map(|seed| SecretKey::from_seed(&[seed; 32], Sectors::MIN)).collect();
        let provings: Vec<_> = secrets.iter().map(SecretKey::proving_key).collect();
        let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
        let part = |(at, seed): (usize, [u8; 32])| {
            let (secret, key) = (&secrets[at % secrets.len()], &provings[at % secrets.len()]);
            let tagged = secret.tag(0, &seed).unwrap();
            let holding = Holding::from_entries([tagged.fragment.entry()]).unwrap();
            let challenge = Challenge::new(audit, &holding, Policy::Every, seed).unwrap();
            let mut proving = Proving::new(&challenge, &holding, |_| Some(key)).unwrap();
            proving.absorb(&seed, tagged.tags.get(0).unwrap()).unwrap();
            let proof = proving.finish().unwrap();
            (challenge, holding, proof)
        };
        let seeds = (0_usize..1000).map(|at| {
            let mut seed = [7; 32];
            seed[..8].copy_from_slice(&at.to_le_bytes());
            (at, seed)
        });
        let parts = seeds.map(part).collect();
        Self { publics: secrets.iter().map(SecretKey::public).collect(), parts }
    }

    /// With the proofs of some exchanged for their neighbour's.
    fn verdict(&self, bad: &[usize], salt: bool) -> (Result<(), Error>, Vec<usize>) {
        let proof = |at: usize| match bad.contains(&at) {
            true => &self.parts[at ^ 1].2,
            false => &self.parts[at].2,
        };
        let batch: Vec<_> = self
            .parts
            .iter()
            .enumerate()
            .map(|(at, (challenge, holding, _))| (challenge, holding, proof(at)))
            .collect();
        let lookup = |id: &KeyId| self.publics.iter().find(|key| key.key_id() == *id);
        count::PAIRINGS.take();
        let verdict = if salt {
            let mut rng = rand_chacha::ChaCha8Rng::from_seed([1; 32]);
            verify_batch_with_rng(&batch, lookup, &mut rng)
        } else {
            verify_batch(&batch, lookup)
        };
        (verdict, count::PAIRINGS.take())
    }
}

#[test]
fn a_thousand_proofs_take_one_equation_of_a_loop_and_two_a_key() {
    for keys in [1, 10] {
        let thousand = Thousand::new(keys);
        for salt in [false, true] {
            let (verdict, pairings) = thousand.verdict(&[], salt);
            assert_eq!(verdict, Ok(()));
            assert_eq!(pairings, [1 + 2 * usize::from(keys)]);
        }
    }
}

#[test]
fn bisection_names_every_bad_proof_of_a_thousand() {
    let thousand = Thousand::new(10);
    for (bad, salt) in [(&[0, 3, 4, 500, 501, 998][..], false), (&[999], true)] {
        let rejected = bad.iter().map(|at| (*at, Error::Proof)).collect();
        let (verdict, pairings) = thousand.verdict(bad, salt);
        assert_eq!(verdict, Err(Error::Batch { rejected }));
        // The whole, and down each path at most two halves a level.
        assert!(pairings.len() <= 1 + 20 * bad.len(), "{}", pairings.len());
    }
}
