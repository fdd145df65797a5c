//! Bytes as a picture, raw and behind each format's magic number: what is decoded has the size that
//! was allowed, a fingerprint with one encoding, and is its own kin.
#![no_main]

use cess_mdrc::image::{Picture, of_picture, pdq, pdq_dihedral};
use cess_mdrc::{Certificate, Error, Level, Relation, Sketch, Verdict};
use libfuzzer_sys::fuzz_target;

const MAX_PIXELS: u64 = 1 << 16;

fn check(bytes: &[u8]) {
    let picture = match Picture::decode(bytes, MAX_PIXELS) {
        Ok(picture) => picture,
        Err(
            Error::Picture { .. } | Error::PictureFormat { .. } | Error::PictureTooLarge { .. },
        ) => return,
        Err(error) => panic!("{error}"),
    };
    let pixels = u64::from(picture.width()) * u64::from(picture.height());
    assert!((1..=MAX_PIXELS).contains(&pixels) && picture.frames() > 0);
    assert_eq!(picture.samples().len() as u64, pixels * picture.channels() as u64);
    let found = pdq(&picture);
    assert_eq!(pdq_dihedral(&picture)[0], found);
    let fingerprint = of_picture(&picture, [1; 32]);
    let (certificate, sketch) = (fingerprint.certificate(), fingerprint.sketch());
    assert_eq!(Certificate::from_bytes(&certificate.to_bytes()).as_ref(), Ok(certificate));
    assert_eq!(Sketch::from_bytes(&sketch.to_bytes()).as_ref(), Ok(sketch));
    let other = of_picture(&picture, [2; 32]);
    let verdict = fingerprint.compare(&other).unwrap().verdict(Level::Registry);
    let expected = if certificate.abstains() {
        Verdict::Abstained
    } else {
        Verdict::Related(Relation::Reformatted)
    };
    assert_eq!(verdict, expected);
}

const MAGIC: [&[u8]; 6] =
    [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x40\0\0\0WEBP", b"GIF89a", b"II\x2a\0", b"BM"];

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some((first, rest)) = bytes.split_first() {
        check(&[MAGIC[usize::from(*first) % MAGIC.len()], rest].concat());
    }
});
