//! Bytes as the opening of a holding: raw, or as edits of a good one, for a good challenge or an
//! edited one. What is accepted is what the holding draws.
#![no_main]

use std::num::NonZeroU32;

use cess_podr2::{Audit, Challenge, Fragment, Holding, KeyId, Opening, Policy, Sectors};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8], challenge: &Challenge, holding: &Holding) {
    let Ok(opening) = Opening::from_bytes(bytes) else { return };
    assert_eq!(opening.to_bytes(), bytes, "two encodings of one opening");
    assert_eq!(opening.encoded_len(), bytes.len());
    let Ok(drawn) = opening.check(challenge) else { return };
    let honest = holding.draw(challenge).expect("root and numbers are the holding's");
    for (got, expected) in drawn.entries().iter().zip(honest.entries()) {
        // The number of sectors is the key's to judge.
        assert_eq!((got.key_id(), got.name()), (expected.key_id(), expected.name()));
        assert_eq!(got.blocks(), expected.blocks());
    }
    assert_eq!(drawn.entries().len(), honest.entries().len());
    assert!(challenge.samples(&drawn).expect("few").count() > 0);
}

fn edit(bytes: &mut Vec<u8>, edits: &[u8]) {
    for edit in edits.chunks_exact(3) {
        match usize::from(u16::from_le_bytes([edit[0], edit[1]])) {
            at if at < bytes.len() => bytes[at] ^= edit[2],
            at if at % 2 == 0 => bytes.push(edit[2]),
            _ => drop(bytes.pop()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let &[entries, keys, windows, samples, other, ref edits @ ..] = data else { return };
    let mut holding = Holding::new();
    for number in 0..=entries % 40 {
        let key = KeyId::from_bytes([number % (keys % 4 + 1); 32]);
        let len = u64::from(number) * 1000 + 1;
        let fragment = Fragment::from_parts(key, Sectors::MIN, [number; 32], len, 0);
        holding.add(fragment.expect("not empty").entry()).expect("a new one");
    }
    let number = |value: u8| NonZeroU32::new(u32::from(value) + 1).expect("not zero");
    let policy = match windows {
        255 => Policy::Every,
        _ => Policy::Window { windows: number(windows), samples: number(samples) },
    };
    let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
    let challenge = Challenge::new(audit, &holding, policy, [samples; 32]).expect("not empty");
    let mut bytes = holding.open(&challenge).expect("its own").to_bytes();
    let asked = if other < 128 {
        challenge
    } else {
        let mut asked = challenge.to_bytes();
        asked[usize::from(other) % Challenge::LEN] ^= samples;
        Challenge::from_bytes(&asked).unwrap_or(challenge)
    };
    check(edits, &asked, &holding);
    check(&bytes, &asked, &holding);
    edit(&mut bytes, edits);
    check(&bytes, &asked, &holding);
});
