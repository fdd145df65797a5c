//! Bytes as a sketch, raw and as edits of a good one: what parses has one encoding, is short, and
//! overlaps with others the same both ways.
#![no_main]

use cess_mdrc::{Format, Sketch, text};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8], other: &Sketch) {
    let Ok(sketch) = Sketch::from_bytes(bytes) else { return };
    assert_eq!(sketch.to_bytes(), bytes, "two encodings of one sketch");
    assert!(bytes.len() <= Sketch::MAX_LEN);
    for (a, b) in sketch.samples().iter().zip(other.samples()) {
        let overlap = a.overlap(b);
        assert_eq!(overlap, b.overlap(a));
        assert!(overlap.shared <= overlap.seen);
        let own = a.overlap(a);
        assert_eq!(own.shared, own.seen);
    }
}

fuzz_target!(|bytes: &[u8]| {
    // Without zeros, by which UTF-16 is told.
    let words = String::from_utf8_lossy(bytes).replace('\0', " ");
    let good = text::fingerprint(words.as_bytes(), Format::Plain).unwrap().sketch().clone();
    check(bytes, &good);
    let mut edited = good.to_bytes();
    check(&edited, &good);
    for edit in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % edited.len();
        edited[at] ^= edit[2];
    }
    check(&edited, &good);
});
