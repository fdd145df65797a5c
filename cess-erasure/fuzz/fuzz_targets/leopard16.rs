//! The code for many shards: any loss, any lengths, any change of a data shard.
#![no_main]

#[path = "input.rs"]
mod input;

use cess_erasure::Error;
use input::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let codec = input.leopard16();
    let geometry = codec.geometry();
    let len = 2 * (1 + input.byte() * (1 + input.byte() % 4));
    let mut shards = input.codeword(&codec, len);
    input.rebuild(&codec, &shards);

    // A range of a data shard changes; an odd one is refused.
    let changed = input.byte() % geometry.data();
    let start = input.byte() % len;
    let end = start + 1 + input.byte() % (len - start);
    let (data, parity) = shards.split_at_mut(geometry.data());
    let old = data[changed][start..end].to_vec();
    let new: Vec<u8> = old.iter().map(|byte| byte ^ input.byte() as u8).collect();
    let before = parity.to_vec();
    let mut ranges: Vec<&mut [u8]> = parity.iter_mut().map(|p| &mut p[start..end]).collect();
    match codec.update(changed, &old, &new, &mut ranges) {
        // Blocks of 64 bytes are coded as a whole: only ranges of such can be changed alone.
        Ok(()) if start % 64 == 0 && (end % 64 == 0 || end == len) => {
            data[changed][start..end].copy_from_slice(&new);
            codec.verify(&shards).unwrap();
        }
        Ok(()) => assert!((end - start) % 2 == 0),
        Err(error) => {
            assert_eq!(error, Error::OddShard { got: end - start });
            assert!(*parity == before[..]);
        }
    }
});
