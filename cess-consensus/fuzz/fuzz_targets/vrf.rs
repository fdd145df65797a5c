//! Keys, proofs and inputs with edits: no panic, and whatever proof verifies gives the one output.
#![no_main]

use cess_consensus::vrf::{Ecvrf, EcvrfSecret, Vrf, VrfKey, VrfProof, VrfSecret};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((head, rest)) = data.split_first_chunk::<32>() else { return };
    // Any bytes as a key and as a proof.
    let key = VrfKey(*head);
    let mut raw = [0; 80];
    let len = rest.len().min(80);
    raw[..len].copy_from_slice(&rest[..len]);
    let checked = Ecvrf::check_key(&key);
    let verdict = Ecvrf::verify(&key, rest, &VrfProof(raw));
    assert!(checked.is_ok() || verdict.is_err());
    // A true proof, edited.
    let secret = EcvrfSecret::from_bytes(head);
    let input = &rest[..rest.len() / 2];
    let proof = secret.prove(input);
    let output = Ecvrf::verify(&secret.key(), input, &proof).expect("a true proof");
    let mut edited = proof;
    for edit in rest.chunks_exact(2).take(4) {
        edited.0[usize::from(edit[0]) % 80] ^= edit[1];
    }
    match Ecvrf::verify(&secret.key(), input, &edited) {
        Ok(other) => assert!(edited == proof && other == output, "a second proof"),
        Err(_) => assert!(edited != proof),
    }
});
