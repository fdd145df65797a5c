//! What others would compute, from the same plain text.

use std::collections::{BTreeSet, HashMap};

use cess_mdrc::iscc;
use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words().map(str::to_lowercase)
}

/// Bits in which two hashes differ.
pub(crate) fn distance(a: &[u8], b: &[u8]) -> f64 {
    let bits: u32 = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum();
    f64::from(bits)
}

/// The body of an ISCC Text-Code.
pub(crate) fn iscc_text(text: &str, bits: u32) -> Vec<u8> {
    let code = iscc::text_code(text, bits).unwrap_or_default();
    iscc_lib::iscc_decode(&code).map(|(.., digest)| digest).unwrap_or_default()
}

/// Simhash over words, each weighted by `weight` of it and of its count.
pub(crate) fn simhash(text: &str, bits: usize, weight: impl Fn(&str, f64) -> f64) -> Vec<u8> {
    let mut counts: HashMap<String, f64> = HashMap::new();
    words(text).for_each(|word| *counts.entry(word).or_default() += 1.0);
    let mut sums = vec![0.0; bits];
    for (word, count) in &counts {
        let weight = weight(word, *count);
        for (at, lane) in sums.chunks_mut(64).enumerate() {
            let signs = xxh3_64_with_seed(word.as_bytes(), at as u64);
            for (bit, sum) in lane.iter_mut().enumerate() {
                *sum += if signs >> bit & 1 == 1 { weight } else { -weight };
            }
        }
    }
    let byte = |lane: &[f64]| {
        lane.iter().enumerate().fold(0, |byte, (bit, sum)| byte | u8::from(*sum > 0.0) << bit)
    };
    sums.chunks(8).map(byte).collect()
}

/// The logarithm of how rare each word is among these texts.
pub(crate) fn idf<'a>(texts: impl Iterator<Item = &'a str>) -> HashMap<String, f64> {
    let mut counts: HashMap<String, f64> = HashMap::new();
    let mut all = 0.0f64;
    for text in texts {
        all += 1.0;
        for word in words(text).collect::<BTreeSet<_>>() {
            *counts.entry(word).or_default() += 1.0;
        }
    }
    counts.into_iter().map(|(word, count)| (word, (all / count).ln())).collect()
}

/// MinHash of 128 permutations over runs of five characters.
pub(crate) fn minhash(text: &str) -> [u64; 128] {
    let joined = words(text).collect::<Vec<_>>().join(" ");
    let starts: Vec<usize> =
        joined.char_indices().map(|(at, _)| at).chain([joined.len()]).collect();
    let mut least = [u64::MAX; 128];
    let grams: BTreeSet<u64> =
        starts.windows(6).map(|ends| xxh3_64(&joined.as_bytes()[ends[0]..ends[5]])).collect();
    for gram in grams {
        let mut state = gram;
        for slot in &mut least {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            *slot = (*slot).min(state ^ state >> 29);
        }
    }
    least
}

pub(crate) fn differing(a: &[u64; 128], b: &[u64; 128]) -> f64 {
    a.iter().zip(b).filter(|(a, b)| a != b).count() as f64
}
