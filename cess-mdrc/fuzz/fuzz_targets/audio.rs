//! Bytes as sound, raw and behind each format's magic number: what is decoded is no longer than was
//! allowed, has a fingerprint with one encoding, and is its own kin.
#![no_main]

use cess_mdrc::audio::{Limits, Recording, chromaprint, of_recording};
use cess_mdrc::{Certificate, Error, Level, Sketch, Verdict};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { max_seconds: 20 };

fn check(bytes: &[u8]) {
    let recording = match Recording::decode(bytes, LIMITS) {
        Ok(recording) => recording,
        Err(Error::Audio { .. } | Error::AudioFormat { .. } | Error::AudioTooLong { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    assert!(recording.milliseconds() <= 20_001);
    let _ = chromaprint(bytes, LIMITS);
    let [fingerprint, other] = [[1; 32], [2; 32]].map(|by| of_recording(&recording, by));
    let (certificate, sketch) = (fingerprint.certificate(), fingerprint.sketch());
    assert_eq!(Certificate::from_bytes(&certificate.to_bytes()).as_ref(), Ok(certificate));
    assert_eq!(Sketch::from_bytes(&sketch.to_bytes()).as_ref(), Ok(sketch));
    let verdict = fingerprint.compare(&other).unwrap().verdict(Level::Registry);
    assert_eq!(certificate.abstains(), verdict == Verdict::Abstained);
    assert_ne!(verdict, Verdict::Unrelated);
}

/// Openings that decoders go on from: headers that are whole.
const MAGIC: [&[u8]; 9] = [
    b"RIFF\x40\0\x01\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\x01\0",
    b"FORM\0\0\x10\0AIFFCOMM\0\0\0\x12\0\x01\0\0\x07\xf0\0\x10\x40\x0b\xfa\0\0\0\0\0\0\0SSND\0\0\x0f\xe8\0\0\0\0\0\0\0\0",
    b"\xff\xfb\x90\x64",
    b"fLaC\x80\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x0a\xc4\x42\xf0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0",
    b"\xff\xf1\x50\x80",
    b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42",
    b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska\x42\x87\x81\x04\x42\x85\x81\x02\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
    b"ID3\x04\0\0\0\0\0\0",
];

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some((first, rest)) = bytes.split_first() {
        check(&[MAGIC[usize::from(*first) % MAGIC.len()], rest].concat());
    }
});
