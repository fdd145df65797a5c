//! PDQ against what Meta's C++ computes of the same files.
#![cfg(feature = "image")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, on known vectors")]

use std::path::{Path, PathBuf};

use cess_mdrc::image::{Pdq, Picture, pdq, pdq_dihedral};

fn vectors() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED pdq: no ../shared/vectors beside the checkout");
    None
}

fn distance(hash: Pdq, hex: &str) -> u32 {
    let nibbles = hash.to_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let expected = hex.chars().map(|digit| digit.to_digit(16).unwrap());
    nibbles.zip(expected).map(|(a, b)| (u32::from(a) ^ b).count_ones()).sum()
}

fn decode(path: &Path) -> Picture {
    Picture::decode(&std::fs::read(path).unwrap(), Picture::MAX_PIXELS).unwrap()
}

/// Where our decoder of JPEG rounds otherwise than the one that the hashes were made with.
const OTHER_PIXELS: &[&str] = &["pdq/labelme-subset/q0122.jpg", "pdq/misc-images/wee.jpg"];

#[test]
fn equals_the_reference_on_its_own_pictures() {
    let Some(folder) = vectors() else { return };
    let table = std::fs::read_to_string(folder.join("measured/pdq-cpp-0.2.8.tsv")).unwrap();
    let mut seen = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [file, hash, quality]: [&str; 3] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let quality: u8 = quality.parse().unwrap();
        if quality < 80 {
            continue;
        }
        let found = pdq(&decode(&folder.join(file)));
        let most = if OTHER_PIXELS.contains(&file) { 2 } else { 0 };
        assert!(distance(found.hash, hash) <= most, "{file}: {} {hash}", found.hash);
        assert_eq!(found.quality, quality, "{file}");
        seen += 1;
    }
    assert_eq!(seen, 31);
}

/// PNG copies that `tests/pictures/make.py` makes by Pillow, which the hashes were made with.
#[test]
fn equals_the_reference_on_the_same_pixels() {
    let Some(folder) = vectors() else { return };
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let copies = target.join("mdrc/pdq");
    if !copies.is_dir() {
        println!("SKIPPED pdq on the same pixels: tests/pictures/make.py was not run");
        return;
    }
    let table = std::fs::read_to_string(folder.join("measured/pdq-cpp-0.2.8.tsv")).unwrap();
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let seen = lines.map(|line| {
        let [file, hash, quality]: [&str; 3] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let copy = copies.join(format!("{}.png", file.trim_start_matches("pdq/")));
        let found = pdq(&decode(&copy));
        assert_eq!(found.hash.to_string(), hash, "{file}");
        assert_eq!(found.quality, quality.parse::<u8>().unwrap(), "{file}");
    });
    assert_eq!(seen.count(), 35);
}

/// The pictures of `dih` are JPEGs of one picture turned and mirrored.
#[test]
fn turned_pictures_have_the_hashes_that_were_foretold() {
    let Some(folder) = vectors() else { return };
    let original = pdq_dihedral(&decode(&folder.join("pdq/dih/bridge-1-original.jpg")));
    let files = [
        "1-original",
        "2-rotate-90",
        "3-rotate-180",
        "4-rotate-270",
        "5-flipx",
        "6-flipy",
        "7-flip-plus-1",
        "8-flip-minus-1",
    ];
    for (file, foretold) in files.iter().zip(original) {
        let turned = pdq(&decode(&folder.join(format!("pdq/dih/bridge-{file}.jpg"))));
        let apart = turned.hash.distance(&foretold.hash);
        assert!(apart <= 16, "{file} is {apart} bits from what was foretold");
        let others = original.iter().map(|other| turned.hash.distance(&other.hash));
        assert!(others.filter(|apart| *apart < 64).count() == 1, "{file} is like one only");
    }
}

#[test]
fn what_is_too_small_or_flat_has_no_quality() {
    let picture =
        |width, height, samples| Picture::from_samples(width, height, 1, samples).unwrap();
    let tiny =
        pdq(&picture(4, 100, (0..400u32).map(|i| i.to_le_bytes()[0].wrapping_mul(37)).collect()));
    assert_eq!((tiny.quality, tiny.hash.to_bytes()), (0, [0; 32]));
    assert_eq!(pdq(&picture(100, 100, vec![77; 10_000])).quality, 0);
}
