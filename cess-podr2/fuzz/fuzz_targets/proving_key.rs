//! Bytes as a proving key of 64 sectors: raw, or as edits, swaps and copies within a good one. No key
//! but the one that the public key commits to is taken.
#![no_main]

use std::sync::OnceLock;

use cess_podr2::{ProvingKey, PublicKey, SecretKey, Sectors};
use libfuzzer_sys::fuzz_target;

const POINT: usize = 48;

fn good() -> &'static (PublicKey, Vec<u8>) {
    static GOOD: OnceLock<(PublicKey, Vec<u8>)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
        (secret.public(), secret.proving_key().to_bytes())
    })
}

fn check(bytes: &[u8]) {
    let (public, good) = good();
    let taken = ProvingKey::from_bytes(bytes, public);
    assert_eq!(taken.is_ok(), bytes == good, "another proving key is taken, or the right one isn't");
    if let Ok(key) = taken {
        assert_eq!(key.to_bytes(), bytes);
    }
}

fuzz_target!(|data: &[u8]| {
    check(data);
    let mut bytes = good().1.clone();
    let points = bytes.len() / POINT;
    for edit in data.chunks_exact(4) {
        let (at, to) = (usize::from(edit[1]) % points, usize::from(edit[2]) % points);
        match edit[0] % 4 {
            0 => bytes[at * POINT + to % POINT] ^= edit[3],
            1 => (0..POINT).for_each(|i| bytes.swap(at * POINT + i, to * POINT + i)),
            2 => bytes.copy_within(at * POINT..(at + 1) * POINT, to * POINT),
            // The sign of a point: the other one of the same abscissa.
            _ => bytes[at * POINT] ^= 0x20,
        }
    }
    check(&bytes);
    bytes.extend_from_slice(&data[..data.len().min(3)]);
    check(&bytes);
});
