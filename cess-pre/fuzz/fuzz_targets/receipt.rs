//! Bytes as a receipt: what decodes has one encoding, and only the signed one checks.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::Receipt;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let world = world();
    let grant = &world.delegation.grant;
    let sealed = &world.delegation.shares[0];
    let (_, receipt) = world.proxies[0].accept(grant, sealed, &mut rng()).unwrap();
    let good = receipt.to_bytes();
    both(data, &good, |bytes| {
        let Ok(receipt) = Receipt::from_bytes(bytes) else { return };
        assert_eq!(receipt.to_bytes(), bytes);
        assert_eq!(receipt.check(grant).is_ok(), bytes == good);
    });
});
