//! What each method makes of a clip.

use std::fs;
use std::path::Path;

use cess_mdrc::image::Pdq;
use cess_mdrc::video::{self, Limits, VpdqSize};
use cess_mdrc::{Comparison, Fingerprint};

use super::clips;

/// Of so many frames one is matched by vPDQ, which is made for one a second.
const EVERY: usize = 4;

/// The prints of one clip.
pub(crate) struct Print {
    pub(crate) ours: Fingerprint,
    /// Of every fourth frame of quality 50 and more.
    vpdq: Vec<Pdq>,
    iscc: [u8; 32],
}

impl Print {
    /// Of a file; what was computed before is read from beside it.
    pub(crate) fn of(file: &Path) -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let bytes = fs::read(file).map_err(|error| failed(&error))?;
        let ours = video::fingerprint(&bytes).map_err(|error| failed(&error))?;
        let kept = file.with_extension("vpdq");
        let hashes = match fs::read(&kept) {
            Ok(hashes) => hashes,
            Err(_) => {
                let frames = video::vpdq(&bytes, VpdqSize::Native, &Limits::default())
                    .map_err(|error| failed(&error))?;
                let good = frames.iter().filter(|frame| frame.pdq.quality >= 50);
                let hashes: Vec<u8> = good.flat_map(|frame| frame.pdq.hash.to_bytes()).collect();
                fs::write(&kept, &hashes).map_err(|error| failed(&error))?;
                hashes
            }
        };
        let thinned = hashes.as_chunks::<32>().0.iter().step_by(EVERY);
        let vpdq = thinned.map(|bytes| Pdq::from_bytes(*bytes)).collect();
        let signatures = clips::signatures(file)?;
        let code = iscc_lib::gen_video_code_v0(&signatures, 256).map(|code| code.iscc);
        let digest = code.ok().and_then(|code| iscc_lib::iscc_decode(&code).ok());
        let iscc = digest.and_then(|(.., digest)| digest.try_into().ok()).unwrap_or_default();
        Ok(Self { ours, vpdq, iscc })
    }
}

/// A method: its name, and how far two clips are apart, of which the library's comparison is given.
pub(crate) type Method = (&'static str, fn(&Print, &Print, &Comparison) -> f64);

/// Smaller is closer.
pub(crate) const METHODS: [Method; 4] = [
    ("ID", |_, _, found| f64::from(found.distance())),
    // The bits of the stretch that is most alike, on the scale of long ones.
    ("sketch", |_, _, found| {
        found.alignment().map_or(256.0, |found| f64::from(found.score_bits()))
    }),
    ("vPDQ", |a, b, _| vpdq(a, b)),
    ("ISCC Video-Code", |a, b, _| {
        f64::from(a.iscc.iter().zip(b.iscc).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>())
    }),
];

/// The share of frames without one near it on the other side: vPDQ's rule, at a distance of 31,
/// asks for 80 % of both.
fn vpdq(a: &Print, b: &Print) -> f64 {
    let share = |from: &[Pdq], to: &[Pdq]| {
        let found = from.iter().filter(|one| to.iter().any(|two| one.distance(two) <= 31)).count();
        100.0 * found as f64 / from.len().max(1) as f64
    };
    100.0 - share(&a.vpdq, &b.vpdq).min(share(&b.vpdq, &a.vpdq))
}
