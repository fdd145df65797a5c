//! Bytes as an answer beside an honest one: the key comes out or an error, never a wrong key.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use std::sync::OnceLock;

use cess_pre::Answer;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let world = world();
    let grant = &world.delegation.grant;
    let answer = |i: usize| {
        let (proxy, sealed) = (&world.proxies[i], &world.delegation.shares[i]);
        let (share, _) = proxy.accept(grant, sealed, &mut rng()).unwrap();
        proxy.answer(&share, grant, &world.capsule, &world.request, 9, &mut rng()).unwrap()
    };
    static HONEST: OnceLock<[Answer; 2]> = OnceLock::new();
    let [good, other] = HONEST.get_or_init(|| [answer(0), answer(1)]);
    let received = world.delegatee.receive(grant).unwrap();
    both(data, &good.to_bytes(), |bytes| {
        let Ok(answer) = Answer::from_bytes(bytes) else { return };
        assert_eq!(answer.to_bytes(), bytes);
        let right = answer == *good;
        assert_eq!(answer.check(grant, &world.capsule, &world.request).is_ok(), right);
        let answers = [answer, other.clone()];
        let combined = received.combine(&world.capsule, &world.request, &answers);
        assert!(combined.liars.is_empty(), "nobody signed a lie");
        match combined.key {
            Ok(key) => assert_eq!(key, data_key()),
            Err(_) => assert!(!right),
        }
    });
});
