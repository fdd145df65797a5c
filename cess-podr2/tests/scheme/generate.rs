//! Makes tests/vectors/*.json from the reference of `equations` and `draws`. Nothing of the crate
//! goes in: bytes and verdicts are the reference's, and each case that must fail is first seen to
//! fail there, for the reason intended.
//!
//! `CESS_WRITE_VECTORS=1 cargo test -p cess-podr2 --test scheme generate` writes the files.

use bls12_381::G1Projective;
use serde::Serialize;

use crate::equations::{self, Id, Key, affine, hash_to_g1, point};
use crate::vectors::{Fragment, Hash, path};

#[path = "generate/batches.rs"]
mod batches;
#[path = "generate/blinded.rs"]
mod blinded;
#[path = "generate/challenges.rs"]
mod challenges;
#[path = "generate/forged.rs"]
mod forged;
#[path = "generate/keys.rs"]
mod keys;
#[path = "generate/post.rs"]
mod post;
#[path = "generate/proofs.rs"]
mod proofs;
#[path = "generate/tags.rs"]
mod tags;

const SEEDS: [[u8; 32]; 3] = [[7; 32], [8; 32], [9; 32]];
/// The number of sectors that storage uses.
const DEFAULT: u32 = 8192;
const BLOCK: usize = 64 * 31;

fn small(at: usize) -> Key {
    Key::from_seed(&SEEDS[at], 64)
}

fn check<T: Serialize>(file: &str, cases: &T) {
    let text = serde_json::to_string_pretty(cases).unwrap() + "\n";
    assert!(text.len() < 1 << 20);
    if std::env::var_os("CESS_WRITE_VECTORS").is_some() {
        std::fs::write(path(file), &text).unwrap();
    }
    let stored = std::fs::read_to_string(path(file)).unwrap();
    assert!(stored == text, "{file} isn't what the reference makes");
}

fn write_fragment(fragment: &equations::Fragment) -> Fragment {
    let equations::Fragment { key, s, root, len, replica } = *fragment;
    Fragment { key_id: key.into(), sectors: s, root: root.into(), len, replica }
}

/// With one point of those that `bytes` holds, at `at`, changed.
fn changed(bytes: &[u8], at: usize, change: impl Fn(G1Projective) -> G1Projective) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let new = affine(change(point(&bytes[at..at + 48])));
    out[at..at + 48].copy_from_slice(&new);
    out
}

fn put(bytes: &[u8], at: usize, part: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at..at + part.len()].copy_from_slice(part);
    out
}

/// The forms of 48 or 96 bytes at `at` that encode no point, or not the one way.
fn malformed(bytes: &[u8], at: usize, len: usize) -> Vec<(&'static str, Vec<u8>)> {
    let with = |first: u8| put(bytes, at, &[first]);
    let mut infinity = vec![0; len];
    infinity[0] = 0xc0;
    let mut long = infinity.clone();
    long[len - 1] = 1;
    let mut signed = infinity;
    signed[0] = 0xe0;
    let mut beyond = vec![0xff; len];
    beyond[0] = 0x9f;
    vec![
        ("flag of compression missing", with(bytes[at] & 0x7f)),
        ("flag of infinity on a finite point", with(bytes[at] | 0x40)),
        ("infinity with a coordinate", put(bytes, at, &long)),
        ("infinity with a sign", put(bytes, at, &signed)),
        ("zeros", put(bytes, at, &vec![0; len])),
        ("coordinate not below the field's order", put(bytes, at, &beyond)),
    ]
}

fn infinity(len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    out[0] = 0xc0;
    out
}

#[test]
fn the_reference_makes_the_hashes() {
    let name = small(0).fragment(&[0; 3 * BLOCK], 0).name();
    let of = |name: &Id, index| {
        let point = affine(hash_to_g1(name, index)).into();
        Hash { name: name.into(), index, point }
    };
    let cases = [
        of(&name, 0),
        of(&name, 1),
        of(&name, 2),
        of(&[0; 32], 0),
        of(&[0xff; 32], u64::MAX),
        of(&[0; 32], 1 << 32),
    ];
    check("hash.json", &cases);
}
