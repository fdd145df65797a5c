//! Bytes as a blinded proof: raw, or as edits of a good one or of a plain proof. One encoding a proof,
//! both backends of one mind, and none but the honest one holds.
#![no_main]

#[path = "honest.rs"]
#[allow(dead_code)]
mod honest;

use std::sync::OnceLock;

use cess_podr2::{BlindedProof, Proof, portable, verify_blinded};
use honest::{Honest, edit};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8], honest: &Honest, good: &[u8]) {
    let found = BlindedProof::from_bytes(bytes);
    assert_eq!(found, portable::blinded_proof(bytes), "the backends decode otherwise");
    let Ok(proof) = found else { return };
    assert_eq!(proof.to_bytes(), bytes, "two encodings of one proof");
    assert!(Proof::from_bytes(bytes).is_err(), "a blinded proof that is a plain one");
    let (challenge, holding) = (&honest.challenge, &honest.holding);
    let verdict = verify_blinded(challenge, holding, honest.lookup(), &proof);
    let other = portable::verify_blinded(challenge, holding, honest.lookup(), &proof);
    assert_eq!(verdict, other, "the backends judge otherwise");
    assert_eq!(verdict.is_ok(), bytes == good, "another proof holds, or the honest one doesn't");
}

fuzz_target!(|data: &[u8]| {
    static GOOD: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    let honest = Honest::get();
    let [good, plain] = GOOD.get_or_init(|| {
        [honest.prove_blinded().to_bytes(), honest.prove(&honest.challenge).to_bytes()]
    });
    check(data, honest, good);
    for start in [good, plain] {
        let mut bytes = start.clone();
        edit(&mut bytes, data);
        check(&bytes, honest, good);
    }
});
