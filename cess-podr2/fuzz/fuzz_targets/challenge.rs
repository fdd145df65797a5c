//! Bytes as a challenge: raw, or as edits of a good one. One encoding a challenge, all of it in its
//! digest, and whatever it asks is within the holding.
#![no_main]

use std::{num::NonZeroU32, sync::OnceLock};

use cess_podr2::{Audit, Challenge, Error, Fragment, Holding, KeyId, Policy, Sectors};
use libfuzzer_sys::fuzz_target;

fn good() -> &'static (Holding, Challenge) {
    static GOOD: OnceLock<(Holding, Challenge)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let entries = (1..40u8).map(|number| {
            let (key, len) = (KeyId::from_bytes([number % 3; 32]), u64::from(number) * 3000);
            Fragment::from_parts(key, Sectors::MIN, [number; 32], len, 0).expect("not empty").entry()
        });
        let holding = Holding::from_entries(entries).expect("all differ");
        let number = |n| NonZeroU32::new(n).expect("not zero");
        let policy = Policy::Window { windows: number(7), samples: number(50) };
        let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
        let challenge = Challenge::new(audit, &holding, policy, [4; 32]).expect("not empty");
        (holding, challenge)
    })
}

fn check(bytes: &[u8]) {
    let Ok(challenge) = Challenge::from_bytes(bytes) else { return };
    assert_eq!(challenge.to_bytes(), bytes, "two encodings of one challenge");
    let (holding, honest) = good();
    assert_eq!(challenge.digest() == honest.digest(), challenge == *honest);
    let same = challenge.holding_root() == holding.root()
        && challenge.total_blocks() == holding.total_blocks()
        && challenge.fragments() == honest.fragments();
    match challenge.samples(holding) {
        Ok(samples) => {
            assert!(same, "samples of another holding");
            let share = challenge.policy().share(challenge.fragments());
            assert_eq!(challenge.ranks().map(|ranks| ranks.len() as u64), Ok(share.fragments));
            let mut last = None;
            for sample in samples {
                assert!(sample.block < sample.entry.blocks(), "a block that isn't there");
                let place = (sample.entry.key_id(), sample.entry.name(), sample.block);
                assert!(last < Some(place), "samples rise");
                last = Some(place);
            }
        }
        Err(Error::WrongHolding) => assert!(!same),
        Err(error) => assert!(matches!(error, Error::TooManySamples { .. }), "{error}"),
    }
}

fuzz_target!(|data: &[u8]| {
    check(data);
    let mut bytes = good().1.to_bytes().to_vec();
    for edit in data.chunks_exact(2) {
        match usize::from(edit[0]) {
            at if at < bytes.len() => bytes[at] ^= edit[1],
            at if at % 2 == 0 => bytes.push(edit[1]),
            _ => drop(bytes.pop()),
        }
    }
    check(&bytes);
});
