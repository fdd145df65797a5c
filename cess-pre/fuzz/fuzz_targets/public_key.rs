//! Bytes as a public key: what decodes has one encoding, and holds.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::PublicKey;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let good = world().owner.public().to_bytes();
    both(data, &good, |bytes| {
        let Ok(key) = PublicKey::from_bytes(bytes) else { return };
        assert_eq!(key.to_bytes(), bytes);
        assert_eq!(bytes, good, "no other proofs of possession by chance");
    });
});
