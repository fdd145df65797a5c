//! What each method makes of a picture.

use cess_mdrc::image::{Pdq, Picture, of_picture, pdq_dihedral};
use cess_mdrc::{Fingerprint, Level, Verdict, iscc};
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

/// Methods, in the order of scores.
pub(crate) const METHODS: [&str; 7] =
    ["ID", "ID + sketch", "search", "PDQ", "PDQ dihedral", "pHash-256", "ISCC-256"];
/// Where the sketch is among them.
pub(crate) const SKETCH: usize = 1;

pub(crate) const WORST: u32 = 299;

/// What the methods say of a pair.
pub(crate) struct Judged {
    /// A smaller one is closer.
    pub(crate) scores: [u32; METHODS.len()],
    /// The strictest level at which the two are related.
    pub(crate) level: Option<Level>,
}

pub(crate) fn judge(a: &Print, b: &Print) -> Judged {
    let found = a.ours.compare(&b.ours).expect("one method");
    let id = found.distance();
    let sketch = found.views_score().expect("pictures have views");
    let dihedral = b.pdq.iter().map(|b| a.pdq[0].distance(b)).min();
    let scores = [
        id,
        sketch,
        if id <= 90 { sketch } else { WORST },
        a.pdq[0].distance(&b.pdq[0]),
        dihedral.unwrap_or(WORST),
        bits(&a.phash, &b.phash),
        bits(&a.iscc, &b.iscc),
    ];
    let related = |level: &Level| matches!(found.verdict(*level), Verdict::Related(_));
    let level = [Level::Registry, Level::Dispute, Level::Likely].into_iter().find(related);
    Judged { scores, level }
}
