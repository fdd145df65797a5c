//! Bytes of any kind: sniffing and the fingerprint of what was sniffed never fail, and how data
//! comes in pieces makes no difference.
#![no_main]

use cess_mdrc::{Fingerprint, Kind, data, sniff};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let format = sniff(bytes);
    let fingerprint = Fingerprint::of(bytes).unwrap();
    match fingerprint.certificate().kind() {
        Kind::Text => assert_eq!(format.kind(), Kind::Text),
        kind => assert_eq!(kind, Kind::Data),
    }
    let whole = data::fingerprint(bytes);
    let mut hasher = data::Hasher::new();
    let (a, b) = bytes.split_at(bytes.len() / 3);
    hasher.update(a);
    hasher.update(b);
    assert_eq!(hasher.finalize(), whole);
    assert_eq!(data::read(bytes), Ok(whole));
});
