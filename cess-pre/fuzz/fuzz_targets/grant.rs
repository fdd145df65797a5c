//! Bytes as a grant: what decodes has one encoding, and only the signed one checks.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::Grant;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let world = world();
    let good = world.delegation.grant.grant().to_bytes();
    both(data, &good, |bytes| {
        let Ok(grant) = Grant::from_bytes(bytes) else { return };
        assert_eq!(grant.to_bytes(), bytes);
        let checked = grant.check(world.owner.public(), world.delegatee.public());
        assert_eq!(checked.is_ok(), bytes == good);
        if let Ok(checked) = &checked {
            assert!(world.delegatee.receive(checked).is_ok());
        }
    });
});
