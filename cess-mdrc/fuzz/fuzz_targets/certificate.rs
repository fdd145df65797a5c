//! Bytes as a certificate, raw and as edits of a good one: what parses has one encoding.
#![no_main]

use cess_mdrc::{Certificate, data};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8]) {
    let Ok(certificate) = Certificate::from_bytes(bytes) else { return };
    assert_eq!(certificate.to_bytes(), bytes, "two encodings of one certificate");
    assert!(certificate.quality() <= 100);
    assert_eq!(certificate.kind(), certificate.method().kind());
    assert_ne!(certificate.digest(), certificate.commit(&[0; 32]));
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let mut good = data::fingerprint(bytes).certificate().to_bytes();
    check(&good);
    for edit in bytes.chunks_exact(2) {
        good[usize::from(edit[0]) % Certificate::LEN] ^= edit[1];
    }
    check(&good);
});
