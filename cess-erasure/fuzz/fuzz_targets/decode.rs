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
    let total = shards.len();

    // Indexes may repeat, be out of range, or be wanted and present; shards may be cut.
    let mut present: Vec<(usize, &[u8])> = Vec::new();
    for _ in 0..input.byte() % (total + 2) {
        let index = match input.byte() {
            255 => total + input.byte(),
            at => at % total,
        };
        let shard = shards.get(index).map_or(&[][..], Vec::as_slice);
        let cut = if input.byte() == 7 { input.byte() % (len + 1) } else { len };
        present.push((index, &shard[..cut.min(shard.len())]));
    }
    let wanted: Vec<usize> =
        (0..input.byte() % (total + 2)).map(|_| input.byte() % (total + 1)).collect();
    let mut buffers = vec![vec![0xA5; len]; wanted.len()];
    if let (7, Some(buffer)) = (input.byte(), buffers.last_mut()) {
        buffer.truncate(input.byte());
    }
    let before = buffers.clone();
    let mut missing: Vec<(usize, &mut [u8])> =
        wanted.iter().copied().zip(buffers.iter_mut().map(Vec::as_mut_slice)).collect();
    let there: Vec<usize> = present.iter().map(|(index, _)| *index).collect();
    let sources = codec.sources(&there, &wanted);
    match codec.reconstruct(&present, &mut missing) {
        Ok(()) => {
            assert!(wanted.iter().zip(&buffers).all(|(index, buffer)| *buffer == shards[*index]));
            let sources = sources.unwrap();
            assert!(sources.iter().all(|source| there.contains(source)));
        }
        Err(_) => assert!(buffers == before),
    }
    let mut data = vec![vec![0xA5; len]; codec.geometry().data()];
    match codec.decode(&present, &mut data) {
        Ok(()) => assert!(data == shards[..data.len()]),
        Err(_) => assert!(data.iter().flatten().all(|byte| *byte == 0xA5)),
    }
});
