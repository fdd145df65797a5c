//! Bytes as a video: raw, behind each container's magic number, and as edits of good clips, in
//! container and stream. What is decoded keeps within its limits, and its sketch has one encoding.
#![no_main]

use std::sync::Once;

use cess_mdrc::video::{Limits, VpdqSize, fingerprint_within, vpdq};
use cess_mdrc::{Certificate, Error, Level, Relation, Sketch, Verdict};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { pixels: 1 << 16, seconds: 600, work: 1 << 23 };

const CLIPS: [&[u8]; 6] = [
    include_bytes!("../../tests/clips/h264.mp4"),
    include_bytes!("../../tests/clips/h264-fragments.mp4"),
    include_bytes!("../../tests/clips/h264.mkv"),
    include_bytes!("../../tests/clips/vp9.webm"),
    include_bytes!("../../tests/clips/sound.mp4"),
    include_bytes!("../../tests/clips/sound-other.webm"),
];

const MAGIC: [&[u8]; 3] = [
    b"\0\0\0\x10ftypisom\0\0\0\0",
    b"\x1a\x45\xdf\xa3\x8f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04",
    b"\0\0\0\x10ftypqt  \0\0\0\0",
];

/// Panics of foreign code are contained, and no finding; libfuzzer would end the process for them.
fn contain() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let fatal = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let foreign = info.location().is_some_and(|place| {
                ["re_mp4", "matroska-demuxer", "rusty_", "symphonia", "opus-pure"]
                    .iter()
                    .any(|name| place.file().contains(name))
            });
            if !foreign {
                fatal(info);
            }
        }));
    });
}

fn check(bytes: &[u8]) {
    let fingerprint = match fingerprint_within(bytes, &LIMITS) {
        Ok(fingerprint) => fingerprint,
        Err(Error::Video { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    let (certificate, sketch) = (fingerprint.certificate(), fingerprint.sketch());
    assert_eq!(Certificate::from_bytes(&certificate.to_bytes()).as_ref(), Ok(certificate));
    assert_eq!(Sketch::from_bytes(&sketch.to_bytes()).as_ref(), Ok(sketch));
    assert!(sketch.to_bytes().len() <= Sketch::MAX_LEN);
    let verdict = fingerprint.compare(&fingerprint).unwrap().verdict(Level::Registry);
    assert_eq!(verdict, Verdict::Related(Relation::Identical));
    let frames = vpdq(bytes, VpdqSize::Small, &LIMITS).unwrap();
    assert!(!frames.is_empty() && frames.iter().all(|frame| frame.time_ms <= 600_000));
}

fuzz_target!(|bytes: &[u8]| {
    contain();
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 10 {
        0 => check(rest),
        magic @ 1..4 => check(&[MAGIC[usize::from(magic) - 1], rest].concat()),
        clip => {
            // Places and what is put there; then perhaps cut off.
            let mut changed = CLIPS[usize::from(clip) - 4].to_vec();
            let (edits, cut) = rest.as_chunks::<4>();
            for [low, high, byte, how] in edits {
                let at = usize::from(u16::from_le_bytes([*low, *high])) % changed.len();
                match how % 4 {
                    0 => changed[at] = *byte,
                    1 => changed[at] ^= 1 << (byte % 8),
                    2 => drop(changed.drain(at..(at + usize::from(*byte)).min(changed.len()))),
                    _ => changed.insert(at, *byte),
                }
                if changed.is_empty() {
                    return;
                }
            }
            if let [cut, ..] = cut {
                changed.truncate(changed.len() * usize::from(*cut) / 255);
            }
            check(&changed);
        }
    }
});
