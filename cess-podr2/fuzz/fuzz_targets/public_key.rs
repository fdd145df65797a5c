//! Bytes as a public key: raw, or as edits of a good one. One encoding a key, and its id is of all of
//! it.
#![no_main]

use std::sync::OnceLock;

use cess_podr2::{PublicKey, SecretKey, Sectors};
use libfuzzer_sys::fuzz_target;

fn good() -> &'static PublicKey {
    static GOOD: OnceLock<PublicKey> = OnceLock::new();
    GOOD.get_or_init(|| SecretKey::from_seed(&[7; 32], Sectors::MIN).public())
}

fn check(bytes: &[u8]) {
    let Ok(key) = PublicKey::from_bytes(bytes) else { return };
    assert_eq!(key.to_bytes(), bytes, "two encodings of one key");
    assert_eq!(key.key_id() == good().key_id(), bytes == good().to_bytes(), "two keys of one id");
    assert!(key.sectors() >= Sectors::MIN && key.sectors() <= Sectors::MAX);
}

fuzz_target!(|data: &[u8]| {
    check(data);
    let mut bytes = good().to_bytes().to_vec();
    for edit in data.chunks_exact(2) {
        match usize::from(edit[0]) {
            at if at < bytes.len() => bytes[at] ^= edit[1],
            at if at % 2 == 0 => bytes.push(edit[1]),
            _ => drop(bytes.pop()),
        }
    }
    check(&bytes);
});
