//! What each method makes of a recording.

use cess_mdrc::audio::{self, Limits, Recording};
use cess_mdrc::{Fingerprint, Level, Relation, Verdict, iscc};

use super::groups;

/// The values of each group of features.
pub(crate) type Values = Vec<(&'static str, Vec<f64>)>;

pub(crate) struct Print {
    pub(crate) ours: Fingerprint,
    pub(crate) chromaprint: Vec<u32>,
    pub(crate) iscc: Vec<u8>,
    pub(crate) values: Values,
}

impl Print {
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, String> {
        let failed = |error: cess_mdrc::Error| error.to_string();
        let chromaprint = audio::chromaprint(bytes, Limits::default()).map_err(failed)?;
        let code = iscc::audio_code(&chromaprint, 64).map_err(failed)?;
        let iscc = iscc_lib::iscc_decode(&code).map(|(.., digest)| digest);
        let recording = Recording::decode(bytes, Limits::default()).map_err(failed)?;
        Ok(Self {
            ours: audio::of_recording(&recording, *blake3::hash(bytes).as_bytes()),
            chromaprint,
            iscc: iscc.unwrap_or_default(),
            values: values(&recording),
        })
    }
}

/// Those that the ID is made of, and those that were left out of it.
pub(crate) fn values(recording: &Recording) -> Values {
    let ours = audio::groups(recording)
        .into_iter()
        .map(|(name, values)| (name, values.into_iter().map(|value| value as f64).collect()));
    ours.chain(groups::left_out(recording.samples())).collect()
}

/// The methods, in the order of [`Pair::scores`].
pub(crate) const METHODS: [&str; 5] = ["ID", "ID + sketch", "search", "Chromaprint", "ISCC-64"];

pub(crate) const WORST: u32 = 299;
/// Of 299, what a bit error rate of a quarter is.
pub(crate) const QUARTER: u32 = 149;

/// What all methods make of two prints: a smaller score is closer.
pub(crate) struct Pair {
    pub(crate) scores: [u32; 5],
    /// Agreement of items: sixteenths of deviations, and thousandths.
    pub(crate) sixteenths: u32,
    pub(crate) permille: u32,
    /// Whether the verdict at each level is that they are related.
    pub(crate) related: [bool; 3],
    /// Where the first one begins in the second.
    pub(crate) offset_ms: Option<i64>,
    pub(crate) excerpt: bool,
}

impl Pair {
    pub(crate) fn of(a: &Print, b: &Print) -> Self {
        let id = a.ours.certificate().id().distance(&b.ours.certificate().id());
        let found = a.ours.compare(&b.ours).expect("one method");
        // The score of the comparison, turned around, in quarters of a deviation.
        let sketch = found.bands_score().map_or(WORST, |score| WORST.saturating_sub(score / 4));
        let search = if id <= 90 { sketch } else { WORST };
        let bits = a.iscc.iter().zip(&b.iscc).map(|(a, b)| (a ^ b).count_ones()).sum();
        let verdicts =
            [Level::Likely, Level::Dispute, Level::Registry].map(|level| found.verdict(level));
        Self {
            scores: [id, sketch, search, chromaprint(a, b), bits],
            sixteenths: found.bands_score().unwrap_or(0),
            permille: found.parts_permille(),
            related: verdicts.map(|verdict| matches!(verdict, Verdict::Related(_))),
            offset_ms: found.alignment().map(|place| place.offset_ms()),
            excerpt: verdicts[2] == Verdict::Related(Relation::Excerpt),
        }
    }
}

/// The share of differing bits at the best of all places where at least 80 items (10 s), or all of the
/// shorter one, lie on each other: 598 times it.
fn chromaprint(a: &Print, b: &Print) -> u32 {
    let (a, b) = (&a.chromaprint, &b.chromaprint);
    let least = 72.min(a.len()).min(b.len());
    if least == 0 {
        return WORST;
    }
    let place = |offset: isize| {
        let (a, b) = if offset < 0 {
            (&a[-offset as usize..], &b[..])
        } else {
            (&a[..], &b[offset as usize..])
        };
        let count = a.len().min(b.len());
        let differing: u32 = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum();
        differing as f64 / (32 * count) as f64
    };
    let places = least as isize - a.len() as isize..=b.len() as isize - least as isize;
    let best = places.map(place).fold(0.5, f64::min);
    ((598.0 * best) as u32).min(WORST)
}
