//! Bytes as a request: what decodes has one encoding, and only the signed one checks.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::Request;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let world = world();
    let good = world.request.to_bytes();
    both(data, &good, |bytes| {
        let Ok(request) = Request::from_bytes(bytes) else { return };
        assert_eq!(request.to_bytes(), bytes);
        let checked = request.check(&world.delegation.grant, &world.capsule);
        assert_eq!(checked.is_ok(), bytes == good);
    });
});
