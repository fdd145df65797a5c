//! Proofs of retrievability, beside BLAKE3 of the same bytes and beside the measured parts of each
//! operation.

mod case;
mod kinds;
mod sectors;
#[cfg(feature = "rayon")]
mod threads;
mod timing;

use std::hint::black_box;

use cess_podr2::measure::{self, Points};
use cess_podr2::{Challenge, Holding, Proof, ProvingKey, SecretKey, Sectors, verify, verify_batch};

use self::case::{Case, random};
pub(crate) use self::kinds::run as run_kinds;
pub(crate) use self::sectors::run as run_sectors;
#[cfg(feature = "rayon")]
pub(crate) use self::threads::run as run_threads;
pub(crate) use self::timing::run as run_timing;
use crate::figure::{Figure, Unit};
use crate::measure::{interleave, interleave_runs};

const DATA_BYTES: usize = 8 << 20;
/// Samples that show a loss of 1 % with 99 %.
const SAMPLES: u64 = 460;

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    let data = random(DATA_BYTES);
    for sectors in [1024, 4096, 8192, 16384, 32768, 65536] {
        tag(&data, sectors, emit);
    }
    keys(emit);
    check(&data, emit);
    prove(emit);
    parts(emit);
    judge(emit);
    batch(1, emit);
    batch(10, emit);
}

fn of(sectors: u32) -> Sectors {
    Sectors::new(sectors).expect("a power of two within the limits")
}

fn hash(data: &[u8]) {
    black_box(blake3::hash(black_box(data)));
}

/// The tagger with the content root, and its field part alone, by both ways of working.
fn tag(data: &[u8], sectors: u32, emit: &mut dyn FnMut(Figure)) {
    let fast = SecretKey::from_seed(&[7; 32], of(sectors));
    let plain = measure::plain_key(&[7; 32], of(sectors));
    assert_eq!(fast.tag(0, data), plain.tag(0, data), "what is compared must be the same tags");
    let unit = Unit::MegabytesPerSecond;
    let seconds = interleave([
        &mut || drop(black_box(fast.tag(0, black_box(data)))),
        &mut || drop(black_box(plain.tag(0, black_box(data)))),
        &mut || measure::field(&fast, data),
        &mut || measure::field(&plain, data),
        &mut || hash(data),
    ]);
    let [tag, plain_tag, field, plain_field, blake3] = seconds.map(|s| unit.value(s, data.len()));
    for (op, way, value) in [
        ("tag", "", tag),
        ("tag", "/kernel=portable", plain_tag),
        ("field", "", field),
        ("field", "/kernel=portable", plain_field),
    ] {
        let name = format!("{op}/s={sectors}{way}/bytes={DATA_BYTES}");
        emit(Figure::new(name, value, unit).against("blake3", blake3));
    }
}

/// Making the proving key, and decoding and checking it, beside decoding it point by point.
fn keys(emit: &mut dyn FnMut(Figure)) {
    let sectors = Sectors::DEFAULT;
    let secret = SecretKey::from_seed(&[7; 32], sectors);
    let plain = measure::plain_key(&[7; 32], sectors);
    let public = secret.public();
    let encoded = secret.proving_key().to_bytes();
    let points = Points::new(u64::from(sectors.get()) - 1);
    let seconds = interleave_runs(
        3,
        [
            &mut || drop(black_box(secret.proving_key())),
            &mut || drop(black_box(plain.proving_key())),
            &mut || {
                ProvingKey::from_bytes(black_box(&encoded), &public).expect("a true key");
            },
            &mut || points.decode(false),
        ],
    );
    let [make, plain_make, check, decode] = seconds.map(|s| Unit::Milliseconds.value(s, 0));
    let name = |op: &str| format!("key/op={op}/s={}", sectors.get());
    let figure = Figure::new(name("make"), make, Unit::Milliseconds);
    emit(figure.against("blst-one-by-one", plain_make));
    let figure = Figure::new(name("check"), check, Unit::Milliseconds);
    emit(figure.against("blst-decoding-alone", decode));
}

/// Tag checks on receipt.
fn check(data: &[u8], emit: &mut dyn FnMut(Figure)) {
    let case = Case::new(Sectors::DEFAULT, &[7], data);
    for fragments in [1, 12] {
        let seconds = interleave([&mut || case.check(fragments), &mut || hash(data)]);
        let unit = Unit::MegabytesPerSecond;
        let name = format!("check/s={}/fragments={fragments}", Sectors::DEFAULT.get());
        let figure = Figure::new(name, unit.value(seconds[0], fragments * data.len()), unit);
        emit(figure.against("blake3", unit.value(seconds[1], data.len())));
    }
}

/// A proof over 460 sampled blocks in memory, beside its two large parts, and its size.
fn prove(emit: &mut dyn FnMut(Figure)) {
    let samples = usize::try_from(SAMPLES).expect("a small number");
    for sectors in [8192, 16384] {
        let sectors = of(sectors);
        let data = random(samples * sectors.block_bytes());
        let case = Case::new(sectors, &[7], &data);
        let challenge = case.challenge(1);
        let seconds = interleave_runs(
            5,
            [
                &mut || drop(black_box(case.answer(black_box(&challenge)))),
                &mut || measure::combine(sectors, &data, true),
                &mut || measure::msm(&case.provings[0], true),
                &mut || measure::msm(&case.provings[0], false),
                &mut || hash(&data),
            ],
        );
        let params = format!("s={}/samples={SAMPLES}", sectors.get());
        let ms = seconds.map(|s| Unit::Milliseconds.value(s, 0));
        let name = format!("prove/{params}");
        let figure = Figure::new(name, ms[0], Unit::Milliseconds);
        emit(figure.against("sums+msm", ms[1] + ms[2]));
        let rate = [seconds[1], seconds[4]].map(|s| Unit::MegabytesPerSecond.value(s, data.len()));
        let figure =
            Figure::new(format!("prove_field/{params}"), rate[0], Unit::MegabytesPerSecond);
        emit(figure.against("blake3", rate[1]));
        let figure =
            Figure::new(format!("part/msm={}x255", sectors.get()), ms[2], Unit::Milliseconds);
        emit(figure.against("blst", ms[3]));
    }
    let data = random(2000);
    for keys in [1, 10] {
        let seeds: Vec<u8> = (0..keys).collect();
        let case = Case::new(Sectors::MIN, &seeds, &data);
        let bytes = case.answer(&case.challenge(1)).to_bytes().len();
        emit(Figure::new(format!("proof/keys={keys}"), Unit::Bytes.value(0.0, bytes), Unit::Bytes));
    }
}

/// What a verification is made of, ours and blst's.
fn parts(emit: &mut dyn FnMut(Figure)) {
    let (points, tags) = (Points::new(1000), Points::new(SAMPLES));
    let three = Points::new(3);
    let seconds = interleave([
        &mut || points.hashes(true),
        &mut || points.hashes(false),
        &mut || points.decode(true),
        &mut || points.decode(false),
        &mut || tags.msm_short(true),
        &mut || tags.msm_short(false),
        &mut || three.pairings(),
    ]);
    let ms = seconds.map(|s| Unit::Milliseconds.value(s, 0));
    for (name, at) in [
        ("part/hash_to_curve=1000".to_owned(), 0),
        ("part/decode=1000".to_owned(), 2),
        (format!("part/msm={SAMPLES}x128"), 4),
    ] {
        emit(Figure::new(name, ms[at], Unit::Milliseconds).against("blst", ms[at + 1]));
    }
    emit(Figure::new("part/pairings=3".to_owned(), ms[6], Unit::Milliseconds));
}

/// One proof over 460 blocks, beside the sum of 460 hashes to the curve, a sum of 460 points with
/// weights of 128 bits, and three pairings: first ours, then those of blst.
fn judge(emit: &mut dyn FnMut(Figure)) {
    let samples = usize::try_from(SAMPLES).expect("a small number");
    let data = random(samples * Sectors::MIN.block_bytes());
    let case = Case::new(Sectors::MIN, &[7], &data);
    let challenge = case.challenge(1);
    let proof = case.answer(&challenge);
    let (points, three) = (Points::new(SAMPLES), Points::new(3));
    let seconds = interleave([
        &mut || {
            verify(black_box(&challenge), &case.holding, |id| case.public(id), &proof)
                .expect("a true proof");
        },
        &mut || {
            points.hashes(true);
            points.msm_short(true);
            three.pairings();
        },
        &mut || {
            points.hashes(false);
            points.msm_short(false);
            three.pairings();
        },
    ]);
    let [ours, parts, blst] = seconds.map(|s| Unit::Milliseconds.value(s, 0));
    let figure =
        |value| Figure::new(format!("verify/samples={SAMPLES}"), value, Unit::Milliseconds);
    emit(figure(ours).against("hashes+msm+pairings", parts));
    emit(figure(ours).against("hashes+msm+pairings-of-blst", blst));
}

/// A thousand proofs at once, each over 460 blocks: the time of one, beside one alone.
fn batch(keys: u8, emit: &mut dyn FnMut(Figure)) {
    const PROOFS: u16 = 1000;
    let samples = usize::try_from(SAMPLES).expect("a small number");
    let data = random(samples * Sectors::MIN.block_bytes());
    // One case a key; the proofs go round.
    let cases: Vec<Case> = (0..keys).map(|seed| Case::new(Sectors::MIN, &[seed], &data)).collect();
    let case = |at: u16| &cases[usize::from(at) % cases.len()];
    let challenges: Vec<Challenge> = (0..PROOFS).map(|at| case(at).challenge(at)).collect();
    let proofs: Vec<Proof> =
        (0..PROOFS).zip(&challenges).map(|(at, challenge)| case(at).answer(challenge)).collect();
    let all: Vec<(&Challenge, &Holding, &Proof)> = (0..PROOFS)
        .zip(challenges.iter().zip(&proofs))
        .map(|(at, (challenge, proof))| (challenge, &case(at).holding, proof))
        .collect();
    let lookup = |id: &_| cases.iter().find_map(|case| case.public(id));
    let seconds = interleave_runs(
        3,
        [&mut || verify_batch(black_box(&all), lookup).expect("true proofs"), &mut || {
            for (challenge, holding, proof) in &all[..20] {
                verify(challenge, *holding, lookup, proof).expect("a true proof");
            }
        }],
    );
    let unit = Unit::Milliseconds;
    let each = unit.value(seconds[0] / f64::from(PROOFS), 0);
    let name = format!("batch/proofs={PROOFS}/keys={keys}/samples={SAMPLES}");
    emit(Figure::new(name, each, unit).against("one-by-one", unit.value(seconds[1] / 20.0, 0)));
}
