//! Bytes as an evidence bundle, raw and as edits of a good one: what verifies shows registrations
//! in order, each related to the one before.
#![no_main]

use cess_mdrc::{Evidence, Level, Registration, data};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8]) {
    let Ok(finding) = Evidence::verify(bytes) else { return };
    assert!(bytes.len() <= Evidence::MAX_LEN);
    let registrations = finding.registrations();
    assert_eq!(finding.edges().len() + 1, registrations.len());
    for pair in registrations.windows(2) {
        assert!(pair[0].number < pair[1].number && pair[0].time <= pair[1].time);
    }
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let content: Vec<u8> = (0..600u64)
        .flat_map(|i| (i * i).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())
        .collect();
    let steps = (0..3usize).map(|at| {
        let fingerprint = data::fingerprint(&content[at * 10..]);
        let certificate = fingerprint.certificate().clone();
        let number = at as u64;
        (Registration { number, time: number, owner: [1; 32], certificate }, fingerprint)
    });
    let mut good = Evidence::new(Level::Likely, steps.collect()).unwrap().to_bytes();
    check(&good);
    for edit in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % good.len();
        good[at] ^= edit[2];
    }
    check(&good);
});
