//! Any changes to any shards: within the bound they are undone, beyond it nothing panics, and what
//! is taken is a codeword.
#![no_main]

#[path = "input.rs"]
mod input;

use std::collections::BTreeSet;

use cess_erasure::{Code, Error};
use input::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let codec = input.codec();
    let len = 1 + input.byte() * (1 + input.byte() % 20);
    let right = input.codeword(&codec, len);
    let total = right.len();
    let mut shards = right.clone();
    let mut wrong = BTreeSet::new();
    for _ in 0..input.byte() % 16 {
        let (shard, at) = (input.byte() % total, input.byte() * 17 % len);
        let change = input.byte() as u8;
        shards[shard][at] ^= change;
    }
    wrong.extend((0..total).filter(|shard| shards[*shard] != right[*shard]));
    let kept: Vec<bool> = (0..total).map(|_| input.byte() % 8 != 1).collect();
    wrong.retain(|shard| kept[*shard]);

    let before = shards.clone();
    let mut present: Vec<(usize, &mut [u8])> = shards
        .iter_mut()
        .map(Vec::as_mut_slice)
        .enumerate()
        .filter(|(index, _)| kept[*index])
        .collect();
    let count = present.len();
    let corrected = codec.correct(&mut present);
    if codec.geometry().code() != Code::Rs8 {
        assert!(matches!(corrected, Err(Error::CorrectionUnsupported { .. })));
        return;
    }
    let data = codec.geometry().data();
    let within = count >= data && wrong.len() <= (count - data) / 2;
    match corrected {
        Ok(found) => {
            assert!(found.len() <= (count - data) / 2);
            if within {
                assert!(found.iter().eq(&wrong));
                assert!((0..total).all(|i| !kept[i] || shards[i] == right[i]));
            }
        }
        Err(_) => assert!(!within && shards == before),
    }
});
