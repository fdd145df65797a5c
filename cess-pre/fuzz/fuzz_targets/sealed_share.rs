//! Bytes as a sealed share: what decodes has one encoding, and only the dealt one is taken.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::SealedShare;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let world = world();
    let good = world.delegation.shares[0].to_bytes();
    both(data, &good, |bytes| {
        let Ok(sealed) = SealedShare::from_bytes(bytes) else { return };
        assert_eq!(sealed.to_bytes(), bytes);
        let accepted = world.proxies[0].accept(&world.delegation.grant, &sealed, &mut rng());
        assert_eq!(accepted.is_ok(), bytes == good);
    });
});
