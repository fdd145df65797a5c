use super::*;
use crate::holding::Holding;
use crate::{Audit, Policy, Proving, SecretKey, Sectors};

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
                let statement = Statement::at(&challenge, &holding, &lookup, &proof, z).unwrap();
                hold(&[(&statement, 1)])
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
        Statement::new(challenge, holding, &lookup, proof).unwrap()
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
    for weight in batch_weights(statements.iter()) {
        let mut expected = [0; 16];
        reader.fill(&mut expected);
        assert_eq!(weight, u128::from_le_bytes(expected));
    }
}
