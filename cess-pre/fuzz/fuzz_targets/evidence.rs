//! Bytes as evidence: what decodes has one encoding, and nobody is accused who told the truth.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use std::sync::OnceLock;

use cess_pre::Evidence;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let world = world();
    let grant = &world.delegation.grant;
    static HONEST: OnceLock<Vec<u8>> = OnceLock::new();
    let good = HONEST.get_or_init(|| {
        let (proxy, sealed) = (&world.proxies[0], &world.delegation.shares[0]);
        let (share, _) = proxy.accept(grant, sealed, &mut rng()).unwrap();
        let answer =
            proxy.answer(&share, grant, &world.capsule, &world.request, 9, &mut rng()).unwrap();
        let capsule = world.capsule.capsule().to_bytes();
        [&capsule[..], &LABEL, &world.request.to_bytes(), &answer.to_bytes()].concat()
    });
    both(data, good, |bytes| {
        let Ok(evidence) = Evidence::from_bytes(bytes) else { return };
        assert_eq!(evidence.to_bytes(), bytes);
        assert!(evidence.check(grant).is_err());
    });
});
