//! The other kinds of proving and judging: blinded proofs, a day of windows in one equation, and the
//! verifier on arkworks. Each beside what it stands for.

use std::hint::black_box;

use cess_podr2::post::{Answer, Link, Span, Verdict, Window};
use cess_podr2::{Proof, Sectors, portable, verify, verify_blinded};

use super::SAMPLES;
use super::case::{Case, random};
use crate::figure::{Figure, Unit};
use crate::measure::{interleave, interleave_runs};

/// Windows of a day.
const WINDOWS: u16 = 24;

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    blinded(emit);
    judged(emit);
    for keys in [1, 10] {
        span(keys, emit);
    }
}

fn emit_ms(emit: &mut dyn FnMut(Figure), name: &str, ours: f64, rival: &'static str, theirs: f64) {
    let [ours, theirs] = [ours, theirs].map(|seconds| Unit::Milliseconds.value(seconds, 0));
    emit(Figure::new(name.to_owned(), ours, Unit::Milliseconds).against(rival, theirs));
}

/// Proving at the default size, and the sizes of both kinds.
fn blinded(emit: &mut dyn FnMut(Figure)) {
    let data = random(34 * Sectors::DEFAULT.block_bytes());
    let case = Case::new(Sectors::DEFAULT, &[7], &data);
    let challenge = case.challenge(1);
    let [hidden, plain] = interleave([
        &mut || drop(black_box(case.answer_blinded(black_box(&challenge)))),
        &mut || drop(black_box(case.answer(black_box(&challenge)))),
    ]);
    let name = format!("prove_blinded/s={}/samples=34", Sectors::DEFAULT.get());
    emit_ms(emit, &name, hidden, "prove", plain);
    let small = random(2000);
    for keys in [1, 10] {
        let seeds: Vec<u8> = (0..keys).collect();
        let case = Case::new(Sectors::MIN, &seeds, &small);
        let bytes = case.answer_blinded(&case.challenge(1)).to_bytes().len();
        let name = format!("blinded_proof/keys={keys}");
        emit(Figure::new(name, Unit::Bytes.value(0.0, bytes), Unit::Bytes));
    }
}

/// Both kinds by both backends, over one sample and over 460.
fn judged(emit: &mut dyn FnMut(Figure)) {
    for samples in [1, SAMPLES] {
        let blocks = usize::try_from(samples).expect("a small number");
        let data = random(blocks * Sectors::MIN.block_bytes());
        let case = Case::new(Sectors::MIN, &[7], &data);
        let challenge = case.challenge(1);
        let (plain, hidden) = (case.answer(&challenge), case.answer_blinded(&challenge));
        let (holding, key) = (&case.holding, |id: &_| case.public(id));
        let [plain, hidden, portable, portable_hidden] = interleave_runs(
            5,
            [
                &mut || verify(black_box(&challenge), holding, key, &plain).expect("true"),
                &mut || verify_blinded(black_box(&challenge), holding, key, &hidden).expect("true"),
                &mut || {
                    portable::verify(black_box(&challenge), holding, key, &plain).expect("true")
                },
                &mut || {
                    portable::verify_blinded(black_box(&challenge), holding, key, &hidden)
                        .expect("true");
                },
            ],
        );
        let name = |op: &str| format!("{op}/samples={samples}");
        emit_ms(emit, &name("verify_blinded"), hidden, "verify", plain);
        emit_ms(emit, &name("verify_portable"), portable, "verify", plain);
        emit_ms(emit, &name("verify_blinded_portable"), portable_hidden, "verify_blinded", hidden);
    }
}

/// A day of windows over 20 blocks each, in one equation, beside each proof by itself.
fn span(keys: u8, emit: &mut dyn FnMut(Figure)) {
    let data = random(20 * Sectors::MIN.block_bytes() / usize::from(keys));
    let seeds: Vec<u8> = (0..keys).collect();
    let case = Case::new(Sectors::MIN, &seeds, &data);
    let mut span = Span::new(Link::start(&[1; 32], &[2; 32], 0));
    let proofs: Vec<Proof> = (1..=WINDOWS)
        .map(|round| {
            let challenge = case.challenge(round);
            let proof = case.answer(&challenge);
            let window = Window { challenge, deadline: u64::from(round) };
            let outcome = window.answered(&proof.to_bytes(), 0).expect("in time");
            span.push(window, outcome).expect("the next window");
            proof
        })
        .collect();
    let (from, to, holding) = (span.from(), span.link(), &case.holding);
    let answers: Vec<_> =
        proofs.iter().map(|proof| Some(Answer { fragments: holding, proof })).collect();
    let key = |id: &_| case.public(id);
    let [joint, single] = interleave_runs(
        5,
        [
            &mut || {
                let verdicts = span.verify(&from, black_box(&to), &answers, key).expect("its link");
                assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Proven));
            },
            &mut || {
                for ((window, _), proof) in span.windows().iter().zip(&proofs) {
                    verify(black_box(&window.challenge), holding, key, proof).expect("true");
                }
            },
        ],
    );
    let name = format!("span/windows={WINDOWS}/keys={keys}/samples=20");
    emit_ms(emit, &name, joint, "one-by-one", single);
}
