//! Bytes as a capsule: what decodes has one encoding, and only the made one checks.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::{Capsule, Error};
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let world = world();
    let good = world.capsule.capsule().to_bytes();
    both(data, &good, |bytes| {
        let Ok(capsule) = Capsule::from_bytes(bytes) else { return };
        assert_eq!(capsule.to_bytes(), bytes);
        let checked = capsule.check(world.owner.public(), world.capsule.condition(), &LABEL);
        match checked {
            Ok(checked) => assert_eq!(world.owner.open(&checked), Ok(data_key())),
            Err(error) => assert!(error == Error::CapsuleProof && bytes != good),
        }
    });
});
