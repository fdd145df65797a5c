//! Keys, proofs and challenges, good ones with edits, through both backends: the same values, the same
//! refusals, the same verdicts, one by one and in a batch.
#![no_main]

#[path = "honest.rs"]
#[allow(dead_code)]
mod honest;

use std::sync::OnceLock;

use cess_podr2::{Challenge, KeyId, Proof, PublicKey, portable, verify, verify_batch};
use honest::{Honest, edit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    static GOOD: OnceLock<(Proof, Vec<u8>, Vec<u8>)> = OnceLock::new();
    let honest = Honest::get();
    let (good, proof, key) = GOOD.get_or_init(|| {
        let proof = honest.prove(&honest.challenge);
        let bytes = proof.to_bytes();
        (proof, bytes, honest.public.to_bytes().to_vec())
    });
    let &[cut, ref data @ ..] = data else { return };
    let (first, second) = data.split_at(data.len().min(usize::from(cut)));

    let (mut proof, mut key) = (proof.clone(), key.clone());
    edit(&mut key, first);
    edit(&mut proof, second);
    for bytes in [&key[..], first, second] {
        assert_eq!(PublicKey::from_bytes(bytes), portable::public_key(bytes));
    }
    for bytes in [&proof[..], first, second] {
        assert_eq!(Proof::from_bytes(bytes), portable::proof(bytes));
    }
    let Ok(proof) = Proof::from_bytes(&proof) else { return };
    // Whatever key comes of the edits is supplied for the one that is asked for.
    let key = PublicKey::from_bytes(&key).unwrap_or_else(|_| honest.public.clone());
    let lookup = |_: &KeyId| Some(&key);
    let mut challenge = honest.challenge.to_bytes();
    if let [place, by, ..] = *second {
        challenge[usize::from(place) % Challenge::LEN] ^= by & 1;
    }
    let challenge = Challenge::from_bytes(&challenge).unwrap_or(honest.challenge);
    let holding = &honest.holding;
    let verdict = verify(&challenge, holding, lookup, &proof);
    assert_eq!(verdict, portable::verify(&challenge, holding, lookup, &proof));
    let right = proof == *good && key == honest.public && challenge == honest.challenge;
    assert_eq!(verdict.is_ok(), right);

    let batch = [(&honest.challenge, holding, good), (&challenge, holding, &proof)];
    let verdict = verify_batch(&batch, lookup);
    assert_eq!(verdict, portable::verify_batch(&batch, lookup));
    assert_eq!(verdict.is_ok(), right);
});
