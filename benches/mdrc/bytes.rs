//! `mdrc-bench data`: what fingerprints of bytes find, beside ISCC's Data-Code in the same run.

use cess_mdrc::{Fingerprint, Level, Verdict, data, iscc};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::anchors;
use crate::corpus;
use crate::media::Package;
use crate::trial::{Recall, highest_rate};

/// Files of a package, at most so many.
const MOST: usize = 300;
const SIZES: std::ops::Range<usize> = 8 << 10..2 << 20;
/// At which rate of false positives recalls are stated.
const RATE: f64 = 1e-4;

type Edit = (&'static str, fn(&[u8], &[u8], &mut ChaCha8Rng) -> Vec<u8>);

const EDITS: &[Edit] = &[
    ("insert 1 KiB in the middle", |own, _, rng| {
        let mut bytes = own.to_vec();
        bytes.splice(own.len() / 2..own.len() / 2, noise(1024, rng));
        bytes
    }),
    ("insert 16 bytes at 10 places", |own, _, rng| {
        let mut bytes = own.to_vec();
        for _ in 0..10 {
            let at = rng.random_range(0..bytes.len());
            bytes.splice(at..at, noise(16, rng));
        }
        bytes
    }),
    ("patch 16 bytes at 20 places", |own, _, rng| {
        let mut bytes = own.to_vec();
        for _ in 0..20 {
            let at = rng.random_range(0..bytes.len() - 16);
            bytes[at..at + 16].copy_from_slice(&noise(16, rng));
        }
        bytes
    }),
    ("overwrite 0.1 % of bytes", |own, _, rng| {
        let mut bytes = own.to_vec();
        for _ in 0..own.len() / 1000 {
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= rng.random_range(1..=255u8);
        }
        bytes
    }),
    ("append 25 %", |own, other, _| [own, &other[..other.len().min(own.len() / 4)]].concat()),
    ("cut 30 %", |own, _, rng| {
        let gone = own.len() * 3 / 10;
        let start = rng.random_range(0..own.len() - gone);
        [&own[..start], &own[start + gone..]].concat()
    }),
    ("middle half", |own, _, _| own[own.len() / 4..own.len() * 3 / 4].to_vec()),
    ("a tenth of it", |own, _, _| own[own.len() / 2..own.len() * 6 / 10].to_vec()),
    ("after another of its length", |own, other, _| {
        let other: Vec<u8> = other.iter().copied().cycle().take(own.len()).collect();
        [&other, own].concat()
    }),
    ("4 KiB blocks shuffled", |own, _, rng| {
        let mut blocks: Vec<&[u8]> = own.chunks(4096).collect();
        blocks.shuffle(rng);
        blocks.concat()
    }),
];

fn noise(len: usize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rng.fill_bytes(&mut bytes);
    bytes
}

struct Original {
    package: usize,
    bytes: Vec<u8>,
    ours: Fingerprint,
    theirs: Vec<u8>,
}

fn iscc_data(bytes: &[u8]) -> Vec<u8> {
    let code = iscc::data_code(bytes, 256).unwrap_or_default();
    iscc_lib::iscc_decode(&code).map(|(.., digest)| digest).unwrap_or_default()
}

fn originals() -> Result<Vec<Original>, String> {
    let packages = [
        (Package::Debian("coreutils"), &[""][..]),
        (Package::Debian("fonts-dejavu-extra"), &["ttf"]),
        (Package::Debian("asterisk-core-sounds-en-wav"), &["wav"]),
        (Package::Debian("manpages"), &["gz"]),
        (Package::Debian("sword-text-kjv"), &["bzz"]),
    ];
    let mut originals = Vec::new();
    for (package, (name, extensions)) in packages.into_iter().enumerate() {
        let mut files = corpus::sources(name, extensions)?;
        files.retain(|bytes| SIZES.contains(&bytes.len()));
        let step = files.len().div_ceil(MOST).max(1);
        for bytes in files.into_iter().step_by(step) {
            let (ours, theirs) = (data::fingerprint(&bytes), iscc_data(&bytes));
            originals.push(Original { package, bytes, ours, theirs });
        }
    }
    Ok(originals)
}

/// Fingerprints of the bytes of texts, by source.
fn texts() -> Result<Vec<(usize, Fingerprint)>, String> {
    let brown = corpus::brown()?.into_iter().map(|document| document.text).collect();
    let sources: [Vec<String>; 3] =
        [brown, corpus::commentary("sword-comm-tdavid")?, corpus::manual("manpages-dev")?];
    let mut texts = Vec::new();
    for (source, documents) in sources.into_iter().enumerate() {
        let long = documents.iter().filter(|document| document.len() >= SIZES.start);
        texts.extend(long.map(|document| (source, data::fingerprint(document.as_bytes()))));
    }
    Ok(texts)
}

/// ID, the share of chunks, and the distance of the rival: smaller is closer.
fn scores(a: (&Fingerprint, &[u8]), b: (&Fingerprint, &[u8])) -> [f64; 3] {
    let found = a.0.compare(b.0).expect("one method");
    let parts = -f64::from(found.parts_permille());
    [f64::from(found.distance()), parts, anchors::distance(a.1, b.1)]
}

pub(crate) fn data() -> Result<(), String> {
    let originals = originals()?;
    let texts = texts()?;
    // Files of different packages are strangers; of one package some are of one source.
    let mut strangers: [Vec<f64>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    let mut matches = [0; 3];
    let mut more = 0;
    for (at, a) in originals.iter().enumerate() {
        for b in originals[..at].iter().filter(|b| b.package != a.package) {
            let found = scores((&a.ours, &a.theirs), (&b.ours, &b.theirs));
            strangers.iter_mut().zip(found).for_each(|(all, score)| all.push(score));
            for (count, level) in matches.iter_mut().zip(LEVELS) {
                *count += usize::from(matched(&a.ours, &b.ours, level));
            }
        }
    }
    let known = strangers[0].len();
    // Texts as bytes: more strangers of ours.
    for (at, (source, a)) in texts.iter().enumerate() {
        let others = texts[..at].iter().filter(|(other, _)| other != source).map(|(_, b)| b);
        for b in others.chain(originals.iter().map(|original| &original.ours)) {
            more += 1;
            for (count, level) in matches.iter_mut().zip(LEVELS) {
                *count += usize::from(matched(a, b, level));
            }
        }
    }
    let pairs = known + more;
    let thresholds = strangers.map(|mut all| {
        all.sort_by(f64::total_cmp);
        all.get((all.len() as f64 * RATE) as usize).copied().unwrap_or(0.0)
    });
    println!(
        "{} files of 5 packages, {known} strangers of different ones, {more} more with {} texts as bytes",
        originals.len(),
        texts.len()
    );
    for (level, seen) in LEVELS.iter().zip(matches) {
        println!("{level:?}: {seen} match, at most {:.1e} (95 %)", highest_rate(seen, pairs));
    }
    println!("\nRecall in % at FPR {RATE}, thresholds {thresholds:?}; and at the level Dispute");
    println!(
        "{:30} {:>22} {:>22} {:>22} {:>22}",
        "", "ID", "chunks", "ISCC Data-Code, 256", "Dispute"
    );
    let mut all = [Recall { found: 0, all: 0 }; 4];
    for (edit, (name, apply)) in EDITS.iter().enumerate() {
        let mut row = [Recall { found: 0, all: 0 }; 4];
        for (at, original) in originals.iter().enumerate() {
            let mut rng = ChaCha8Rng::seed_from_u64((at * 100 + edit) as u64);
            let other = &originals[(at + originals.len() / 2) % originals.len()].bytes;
            let bytes = apply(&original.bytes, other, &mut rng);
            let (ours, theirs) = (data::fingerprint(&bytes), iscc_data(&bytes));
            let found = scores((&ours, &theirs), (&original.ours, &original.theirs));
            let hits = [0, 1, 2].map(|i| found[i] < thresholds[i]);
            let dispute = matched(&ours, &original.ours, Level::Dispute);
            for (recall, hit) in row.iter_mut().zip([hits[0], hits[1], hits[2], dispute]) {
                recall.all += 1;
                recall.found += usize::from(hit);
            }
        }
        for (sum, recall) in all.iter_mut().zip(row) {
            sum.all += recall.all;
            sum.found += recall.found;
        }
        print_row(name, &row);
    }
    print_row("mean", &all);
    Ok(())
}

const LEVELS: [Level; 3] = [Level::Likely, Level::Dispute, Level::Registry];

fn matched(a: &Fingerprint, b: &Fingerprint, level: Level) -> bool {
    let verdict = a.compare(b).expect("one method").verdict(level);
    matches!(verdict, Verdict::Related(_))
}

fn print_row(name: &str, row: &[Recall; 4]) {
    let cells: String = row.iter().map(|recall| format!(" {recall:>22}")).collect();
    println!("{name:30}{cells}");
}
