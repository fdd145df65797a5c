//! Bytes as a condition: what decodes has one encoding.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::Condition;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    both(data, &world().capsule.condition().to_bytes(), |bytes| {
        let Ok(condition) = Condition::from_bytes(bytes) else { return };
        assert_eq!(condition.to_bytes(), bytes);
        assert!(condition.next_epoch().map_or(true, |next| next != condition));
    });
});
