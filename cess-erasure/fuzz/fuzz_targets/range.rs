//! Any range of a segment, and of a stream, through any loss.
#![no_main]

#[path = "input.rs"]
mod input;

use cess_erasure::Codec;
use cess_erasure::segment::{RangePlan, SegmentLayout, encode_segment, pad, split};
use cess_erasure::stream::{self, StreamLayout};
use input::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let codec = match input.byte() % 4 {
        0 => input.leopard16(),
        _ => input.codec(),
    };
    let len = input.byte() * (1 + input.byte() % 40);
    let content: Vec<u8> = (0..len).map(|at| (at * 31 % 257) as u8).collect();
    let layout = SegmentLayout::new(codec.geometry(), len as u64).unwrap();
    let mut padded = content.clone();
    pad(&layout, &mut padded).unwrap();
    let parity = encode_segment(&codec, &layout, &padded).unwrap();
    let mut shards = split(&layout, &padded).unwrap();
    shards.extend(parity.iter().map(Vec::as_slice));

    let there: Vec<usize> = (0..shards.len()).filter(|_| input.byte() % 4 != 0).collect();
    let (start, end) = (input.byte() * 37 % (len + 2), input.byte() * 41 % (len + 2));
    if let Ok(plan) = RangePlan::new(&codec, &layout, &there, start..end) {
        assert!(start <= end && end <= len);
        let parts: Vec<&[u8]> = plan
            .reads()
            .iter()
            .inspect(|read| assert!(there.contains(&read.shard)))
            .map(|read| &shards[read.shard][read.range.clone()])
            .collect();
        let mut out = vec![0xA5; plan.len()];
        plan.decode(&codec, &parts, &mut out).unwrap();
        assert!(out == content[start..end]);
        if let Some((_, short)) = parts.split_last() {
            assert!(plan.decode(&codec, short, &mut out).is_err());
        }
    }
    stream_of(&mut input, &codec, &content);
});

fn stream_of(input: &mut Input<'_>, codec: &Codec, content: &[u8]) {
    let unit_len = 64 * (1 + input.byte() % 4);
    let mut shards = vec![Vec::new(); codec.geometry().total()];
    let len = stream::encode(codec, unit_len, content, &mut shards).unwrap();
    let layout = StreamLayout::new(codec.geometry(), unit_len, len).unwrap();
    let mut readers: Vec<Option<&[u8]>> = shards
        .iter()
        .map(|shard| match input.byte() % 6 {
            0 => None,
            1 => Some(&shard[..input.byte() % (shard.len() + 1)]),
            _ => Some(&shard[..]),
        })
        .collect();
    let mut decoded = Vec::new();
    match stream::decode(codec, &layout, &mut readers, &mut decoded) {
        Ok(()) => assert!(decoded == content),
        Err(_) => assert!(content.starts_with(&decoded)),
    }
}
