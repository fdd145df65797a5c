//! Chromaprint against fpcalc 1.5.1. Set `CESS_MDRC_ISCC_SAMPLES` to the folder `files` of the package
//! `iscc-samples` (PyPI) to run over its files; the vectors are looked for beside the checkout.
#![cfg(feature = "audio")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};

use cess_mdrc::audio::{Limits, chromaprint};

fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(path)
}

fn items(text: &str) -> Vec<u32> {
    text.trim().split(',').map(|item| item.parse().unwrap()).collect()
}

fn of_file(path: &Path) -> Option<Vec<u32>> {
    let bytes = std::fs::read(path).ok()?;
    Some(chromaprint(&bytes, Limits::default()).unwrap())
}

/// Full of clipped noise, where the resampler of `rusty-chromaprint` isn't fpcalc's: one bit in thirty.
#[test]
fn is_near_fpcalc_on_its_own_test_file() {
    let Some(ours) = of_file(&beside("chromaprint/test.mp3")) else {
        eprintln!("SKIPPED: no vectors of chromaprint beside the checkout");
        return;
    };
    let printed = std::fs::read_to_string(beside("chromaprint/test.mp3.fpcalc.out")).unwrap();
    let expected = printed.lines().find_map(|line| line.strip_prefix("FINGERPRINT=")).unwrap();
    let expected = items(expected);
    assert_eq!(ours.len(), expected.len());
    let apart: u32 = ours.iter().zip(&expected).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert!((apart as usize) < 32 * ours.len() / 25, "{apart} bits");
}

#[test]
fn equals_fpcalc_on_the_samples() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/mdrc/media/iscc-samples/iscc_samples-0.6.0/iscc_samples/files");
    let samples = std::env::var_os("CESS_MDRC_ISCC_SAMPLES").map_or(target, PathBuf::from);
    let measured = std::fs::read_to_string(beside("measured/fpcalc-1.5.1-raw.tsv"));
    let (Ok(measured), true) = (measured, samples.is_dir()) else {
        eprintln!("SKIPPED: no measured items of fpcalc, or no package iscc-samples");
        return;
    };
    let mut equal = 0;
    for line in measured.lines() {
        let Some((name, expected)) = line.split_once('\t') else { continue };
        let (expected, path) = (items(expected), samples.join(name));
        match name {
            "audio/demo.wav" | "audio/demo.mp3" | "audio/demo.aif" | "audio/withcover.mp3" => {
                assert_eq!(of_file(&path), Some(expected), "{name}");
                equal += 1;
            }
            // Other decoders than fpcalc's, which don't leave out what an encoder of AAC puts first.
            "audio/demo.ogg" | "audio/demo.opus" | "video/demo.mp4" | "video/demo.mkv" => {
                let ours = of_file(&path).unwrap();
                let pairs = ours.iter().zip(&expected);
                let apart: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
                let all = 32 * ours.len().min(expected.len());
                assert!((apart as usize) < all / 15, "{name}: {apart} of {all} bits");
                assert!(ours.len().abs_diff(expected.len()) <= 2, "{name}: {}", ours.len());
            }
            _ => {}
        }
    }
    assert_eq!(equal, 4);
}
