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

/// Full of noise over full scale.
#[test]
fn equals_fpcalc_on_its_own_test_file() {
    let Some(ours) = of_file(&beside("chromaprint/test.mp3")) else {
        eprintln!("SKIPPED: no vectors of chromaprint beside the checkout");
        return;
    };
    let printed = std::fs::read_to_string(beside("chromaprint/test.mp3.fpcalc.out")).unwrap();
    let expected = printed.lines().find_map(|line| line.strip_prefix("FINGERPRINT=")).unwrap();
    assert_eq!(ours, items(expected));
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
            // Formats without a decoder, and that of the other test.
            "audio/demo.ac3" | "audio/demo.wv" | "chromaprint/test.mp3" => {}
            // Other decoders than fpcalc's; and the edit list of the MP4, which leaves out what an encoder of
            // AAC puts first, isn't read.
            "audio/demo.opus" | "video/demo.mp4" => {
                let ours = of_file(&path).unwrap();
                let pairs = ours.iter().zip(&expected);
                let apart: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
                let allowed = if name == "audio/demo.opus" { 1 } else { 800 };
                assert!(apart <= allowed, "{name}: {apart}");
                assert!(ours.len().abs_diff(expected.len()) <= 1, "{name}: {}", ours.len());
            }
            _ => {
                assert_eq!(of_file(&path), Some(expected), "{name}");
                equal += 1;
            }
        }
    }
    assert_eq!(equal, 8);
}
