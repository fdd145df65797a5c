//! Any shards of any lengths under any indexes: what is rebuilt is right, or refused and the
//! buffers untouched.
#![no_main]

#[path = "input.rs"]
mod input;

use input::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = cess_erasure::Geometry::from_bytes(bytes);
    let mut input = Input(bytes);
    let codec = input.codec();
    let len = 1 + input.byte() * (1 + input.byte() % 20);
    let shards = input.codeword(&codec, len);
    input.rebuild(&codec, &shards);
});
