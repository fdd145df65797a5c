//! What each method makes of a picture.

use cess_mdrc::image::{Pdq, Picture, of_picture, pdq_dihedral};
use cess_mdrc::{Fingerprint, iscc};
use image::RgbImage;
use image_hasher::{HashAlg, Hasher, HasherConfig};

/// The prints of one picture.
pub(crate) struct Print {
    pub(crate) ours: Fingerprint,
    /// As it is, and the seven ways to turn and mirror it.
    pub(crate) pdq: [Pdq; 8],
    pub(crate) phash: [u8; 32],
    pub(crate) iscc: [u8; 32],
}

pub(crate) fn decoded(picture: &RgbImage) -> Picture {
    let (width, height) = picture.dimensions();
    Picture::from_samples(width, height, 3, picture.as_raw().clone()).expect("a picture has pixels")
}

impl Print {
    pub(crate) fn of(picture: &RgbImage) -> Self {
        let decoded = decoded(picture);
        let code = iscc::image_code(&decoded, 256).unwrap_or_default();
        let digest = iscc_lib::iscc_decode(&code).map(|(.., digest)| digest).unwrap_or_default();
        Self {
            ours: of_picture(&decoded, *blake3::hash(picture.as_raw()).as_bytes()),
            pdq: pdq_dihedral(&decoded).map(|found| found.hash),
            phash: phash().hash_image(picture).as_bytes().try_into().unwrap_or_default(),
            iscc: digest.try_into().unwrap_or_default(),
        }
    }
}

/// pHash: the signs of 16 by 16 frequencies against their median.
fn phash() -> Hasher<[u8; 32]> {
    let config = HasherConfig::with_bytes_type::<[u8; 32]>();
    config.hash_size(16, 16).hash_alg(HashAlg::Median).preproc_dct().to_hasher()
}

fn bits(a: &[u8; 32], b: &[u8; 32]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// A method: its name, and a score by which a smaller one is closer.
pub(crate) type Method = (&'static str, fn(&Print, &Print) -> u32);

pub(crate) const METHODS: [Method; 7] = [
    ("ID", id),
    ("ID + sketch", sketch),
    ("search", |a, b| if id(a, b) <= 90 { sketch(a, b) } else { WORST }),
    ("PDQ", |a, b| a.pdq[0].distance(&b.pdq[0])),
    ("PDQ dihedral", |a, b| b.pdq.iter().map(|b| a.pdq[0].distance(b)).min().unwrap_or(WORST)),
    ("pHash-256", |a, b| bits(&a.phash, &b.phash)),
    ("ISCC-256", |a, b| bits(&a.iscc, &b.iscc)),
];

pub(crate) const WORST: u32 = 299;

fn id(a: &Print, b: &Print) -> u32 {
    a.ours.certificate().id().distance(&b.ours.certificate().id())
}

/// The distances of the views on one scale: that on which those of all with all are, at the
/// thresholds of `Level::Dispute`.
fn sketch(a: &Print, b: &Print) -> u32 {
    let found = a.ours.compare(&b.ours).expect("one method").view_distances();
    let [frames, parts, sides] = found.expect("pictures have views");
    frames.min(parts + 4).min(sides + 14)
}
