//! Against what others make of the same clips: luma as Debian's ffmpeg 5.1.9 decodes it, hashes as
//! vPDQ lists them.

use std::path::{Path, PathBuf};

use super::*;
use crate::image::{Pdq, Picture, pdq};

fn vectors() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED video: no ../shared/vectors beside the checkout");
    None
}

fn distance(hash: Pdq, hex: &str) -> u32 {
    let nibbles = hash.to_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let expected = hex.chars().map(|digit| digit.to_digit(16).unwrap());
    nibbles.zip(expected).map(|(a, b)| (u32::from(a) ^ b).count_ones()).sum()
}

/// Frames, and the BLAKE3 hash of the luma of all of them in the order in which they are shown.
const LUMA: &str = "\
chair-19-sd-bar 564 0c2e28f585bde6213bc69da13f362d710f60ef58fc155745249ed41215be1c34
chair-20-sd-bar 614 5b1a8f8d4d7f292f69868039bbeeef230ee6d3d7684c373a45ecf7c1eb9ac49a
chair-22-sd-grey-bar 673 8d6f03cf60cd411e79c2d30adc5cc2bfca3722f5af57a8479eefab2fb53c7072
chair-22-sd-sepia-bar 673 6b791157789da50af20a72f121befc36e4d500334c177c4c528cb55b931375b5
chair-22-with-large-logo-bar 673 4aa402dc8d2ac6937b3972a045b4672d29abae3ebb84257cc981498146b133b3
chair-22-with-small-logo-bar 673 d4ee63331dc40d9775dcb9b9ba1b0afa1c59434839a198654e09c8046ee8e4ab
chair-orig-22-sd-bar 673 3709536a48317294f2cbf53d9cbc683c9f10fd9ff189b4af90e4d3a129d3e2fb
doorknob-hd-no-bar 120 cd93ffb2e35f0b56f205101d311af6abf62faebe5a1bef24fa5af007728e371b
pattern-hd-no-bar 206 720c84da51adc5520df393684e3a8cfeec234314a9ed04c28828096257225732
pattern-longer-no-bar 235 b7187586bc55e5de7bb29062ee9dd19a89d2e61ab12204b72ea8f1554153ae71
pattern-sd-grey-bar 206 e8b1961aa3969c90767dafabdf5ad406ac206c23d949f8accfe921e4bec4ea98
pattern-sd-with-large-logo-bar 206 23b9d9d6425105e09226ec7381fcf9ebe756f4b132896d5adf8b339a56f483fa
pattern-sd-with-small-logo-bar 206 72b93ce26765fe7d77ea837fd2c4d16f09c839a65c6222329a9195a67040c1b5
test-padded-dimensions 150 2b74c76f7dd1255746d7da7346762ab2a5c3dc380a5c038f071b29ff537ccd45";

/// What is decoded without optimisation too; `cargo test --release` decodes all.
const QUICK: [&str; 3] = ["doorknob-hd-no-bar", "pattern-sd-grey-bar", "test-padded-dimensions"];

#[test]
fn clips_decode_to_the_luma_of_ffmpeg_and_hash_as_vpdq_does() {
    let Some(folder) = vectors() else { return };
    for line in LUMA.lines() {
        let [name, count, luma]: [&str; 3] =
            line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        if cfg!(debug_assertions) && !QUICK.contains(&name) {
            continue;
        }
        let bytes = std::fs::read(folder.join(format!("media/videos/tmk/{name}.mp4"))).unwrap();
        let mut hasher = blake3::Hasher::new();
        let mut frames = Vec::new();
        let take = |picture: Picture| (pdq(&picture), pdq(&vpdq::small(&picture)), picture);
        decode::each(&bytes, &Limits::default(), take, |time, (native, small, picture)| {
            hasher.update(picture.samples());
            frames.push((time, native, small));
        })
        .unwrap();
        assert_eq!(frames.len().to_string(), count, "{name}");
        assert_eq!(hasher.finalize().to_hex().as_str(), luma, "{name}");
        for (small, suffix) in [(false, ""), (true, "-128x128")] {
            let list = folder.join(format!("vpdq/sample-hashes/{name}{suffix}.txt"));
            let Ok(list) = std::fs::read_to_string(list) else { continue };
            let mut apart = Vec::new();
            for line in list.lines() {
                let [number, quality, hash, seconds]: [&str; 4] =
                    line.split(',').collect::<Vec<_>>().try_into().unwrap();
                let (time, native, reduced) = frames[number.parse::<usize>().unwrap()];
                let found = if small { reduced } else { native };
                if quality.parse::<u8>().unwrap() >= 80 {
                    apart.push(distance(found.hash, hash));
                }
                let seconds = seconds.parse::<f64>().unwrap() * 1000.0;
                assert!((f64::from(time) - seconds).abs() < 40.0, "{name}: {time} {seconds}");
            }
            apart.sort_unstable();
            let most = apart.last().copied().unwrap_or(0);
            let far = apart.iter().filter(|apart| **apart > 10).count();
            println!("{name}{suffix}: {} hashes, {far} over 10 bits, at most {most}", apart.len());
            // The reference reduces in three colours, each rounded.
            let allowed = if small { (apart.len() / 16, 14) } else { (0, 10) };
            assert!(far <= allowed.0 && most <= allowed.1, "{name}{suffix}: {far} {most}");
        }
    }
}

/// The clips of `tests/clips`, of which `ffmpeg -vf extractplanes=y` gives the same luma.
#[test]
fn small_clips_decode_to_the_luma_of_ffmpeg() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clips");
    for (name, luma) in [
        ("h264.mp4", "e9db8f16ab1a4911f02ba617f16d6a8d371542df035f8f8930a6809fdfc7d2d5"),
        ("h264-fragments.mp4", "e9db8f16ab1a4911f02ba617f16d6a8d371542df035f8f8930a6809fdfc7d2d5"),
        ("h264.mkv", "e9db8f16ab1a4911f02ba617f16d6a8d371542df035f8f8930a6809fdfc7d2d5"),
        ("vp9.webm", "1f5c781bfc952ab73430bd5bea04b2c9c34cc2ee4213573e00d7452b70ada566"),
    ] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let (mut hasher, mut times) = (blake3::Hasher::new(), Vec::new());
        let take = |picture: Picture| picture.samples().to_vec();
        decode::each(&bytes, &Limits::default(), take, |time, samples| {
            hasher.update(&samples);
            times.push(time);
        })
        .unwrap();
        assert_eq!(times, (0..45).map(|frame| frame * 100).collect::<Vec<u32>>(), "{name}");
        assert_eq!(hasher.finalize().to_hex().as_str(), luma, "{name}");
    }
}

/// Luma and times of a small clip, of which a part of the bytes was replaced.
fn decoded(change: impl Fn(&mut Vec<u8>)) -> (String, [u32; 2], Vec<u32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clips");
    let mut bytes = std::fs::read(folder.join("h264.mp4")).unwrap();
    change(&mut bytes);
    let (mut hasher, mut times, mut size) = (blake3::Hasher::new(), Vec::new(), [0; 2]);
    decode::each(
        &bytes,
        &Limits::default(),
        |picture| picture,
        |time, picture| {
            hasher.update(picture.samples());
            size = [picture.width(), picture.height()];
            times.push(time);
        },
    )
    .unwrap();
    (hasher.finalize().to_hex().to_string(), size, times)
}

fn behind(bytes: &[u8], name: &[u8]) -> usize {
    bytes.windows(name.len()).position(|part| part == name).unwrap() + name.len()
}

/// The matrices that ffmpeg 5.1.9 writes for `-metadata:s:v rotate=90` and so on, and the luma that it
/// shows of such files.
#[test]
fn quarter_turns_are_those_of_ffmpeg() {
    const ONE: [u8; 4] = [0, 1, 0, 0];
    const MINUS: [u8; 4] = [0xff, 0xff, 0, 0];
    const NO: [u8; 4] = [0; 4];
    for (matrix, size, luma) in [
        (
            [ONE, NO, NO, ONE],
            [128, 96],
            "e9db8f16ab1a4911f02ba617f16d6a8d371542df035f8f8930a6809fdfc7d2d5",
        ),
        (
            [NO, MINUS, ONE, NO],
            [96, 128],
            "edae0a98d1033b2637873dc11c297afd95a4adbec2b8c7af056a8444a4a14978",
        ),
        (
            [MINUS, NO, NO, MINUS],
            [128, 96],
            "b2dd88c1ec43d8c31d75fcd88e24c9ea7fe0ab26bdfe9bdd4fb2217d9d9453d0",
        ),
        (
            [NO, ONE, MINUS, NO],
            [96, 128],
            "3b46fe165b0ae003eef6805737444e5d5472f78fa8d377bb753ce517a58d6cfb",
        ),
    ] {
        let (found, shown, _) = decoded(|bytes| {
            let at = behind(bytes, b"tkhd") + 40;
            for (part, place) in matrix.iter().zip([0, 4, 12, 16]) {
                bytes[at + place..at + place + 4].copy_from_slice(part);
            }
        });
        assert_eq!((found.as_str(), shown), (luma, size));
    }
}

/// The clip's own list leaves out what B-frames delay; a later beginning leaves out pictures, which
/// others still need.
#[test]
fn what_an_edit_list_cuts_off_is_not_shown() {
    let (whole, _, times) = decoded(|_| ());
    assert_eq!((times.len(), times[0], times[44]), (45, 0, 4400));
    let begun = |units: u32| {
        decoded(move |bytes| {
            let at = behind(bytes, b"elst") + 12;
            let media = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
            bytes[at..at + 4].copy_from_slice(&(media + units).to_be_bytes());
        })
    };
    // The clock has 10,240 units a second.
    let (cut, _, times) = begun(1024 * 10);
    assert_eq!((times.len(), times[0], times[34]), (35, 0, 3400));
    assert_ne!(cut, whole);
    assert_eq!(begun(0).0, whole);
    // A list that begins behind the end shows nothing.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clips");
    let mut bytes = std::fs::read(folder.join("h264.mp4")).unwrap();
    let at = behind(&bytes, b"elst") + 12;
    bytes[at..at + 4].copy_from_slice(&(1u32 << 30).to_be_bytes());
    let nothing = decode::each(&bytes, &Limits::default(), |_| (), |_, ()| ());
    let fault = VideoFault::NoPictures;
    assert_eq!(nothing, Err(Error::Video { format: VideoFormat::Mp4, fault }));
}
