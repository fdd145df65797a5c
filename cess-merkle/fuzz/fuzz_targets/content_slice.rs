//! Bytes as an outboard and as a slice, raw or as edits of good ones, pushed in pieces. Nothing
//! comes out that isn't in the string.
#![no_main]

use cess_merkle::content::{Outboard, SliceDecoder, decode_slice, encode_slice_of};
use libfuzzer_sys::fuzz_target;

fn string(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 % 251) as u8).collect()
}

fuzz_target!(|data: &[u8]| {
    let &[a, b, c, d, e, f, piece, ref edits @ ..] = data else { return };
    if let Ok(outboard) = Outboard::from_bytes(edits) {
        assert_eq!(outboard.to_bytes(), edits, "two encodings of one outboard");
    }
    let string = string(usize::from(u16::from_le_bytes([a, b])) * 3);
    let len = string.len() as u64;
    let outboard = Outboard::new(&string);
    let root = *blake3::hash(&string).as_bytes();
    let start = u64::from(u16::from_le_bytes([c, d])) * 3;
    let range = start..start.saturating_add(u64::from(u16::from_le_bytes([e, f])));
    let Ok(mut slice) = encode_slice_of(&string, &outboard, range.clone()) else {
        assert!(SliceDecoder::new(&root, len, range).is_err());
        return;
    };
    let wanted = &string[range.start as usize..range.end as usize];
    assert_eq!(decode_slice(&root, len, range.clone(), &slice).as_deref(), Ok(wanted));
    for edit in edits.chunks_exact(4) {
        match u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize {
            at if at < slice.len() => slice[at] ^= edit[3],
            at if at % 2 == 0 => slice.push(edit[3]),
            _ => drop(slice.pop()),
        }
    }
    let mut decoder = SliceDecoder::new(&root, len, range.clone()).expect("a range of the string");
    let mut next = range.start;
    for part in slice.chunks(1 + usize::from(piece) * 97) {
        let pushed = decoder.push(part, |at, bytes| {
            assert_eq!(at, next, "in order");
            next += bytes.len() as u64;
            assert_eq!(bytes, &string[at as usize..next as usize], "bytes of another string");
        });
        if pushed.is_err() {
            return;
        }
    }
    if decoder.finish().is_ok() {
        assert_eq!(next, range.end);
    }
});
