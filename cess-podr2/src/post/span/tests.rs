#![cfg(feature = "native")]

use super::*;
use crate::backend::count;
use crate::holding::Holding;
use crate::{Audit, Policy, Proving, SecretKey, Sectors, verify};

const AUDITED: [u8; 32] = [3; 32];

/// A day of windows over one block under each of some keys, with their proofs.
struct Day {
    publics: Vec<PublicKey>,
    holding: Holding,
    span: Span,
    proofs: Vec<Proof>,
}

impl Day {
    fn new(keys: u8, windows: u8) -> Self {
        let secrets: Vec<_> =
            (0..keys).map(|seed| SecretKey::from_seed(&[seed; 32], Sectors::MIN)).collect();
        let provings: Vec<_> = secrets.iter().map(SecretKey::proving_key).collect();
        let tagged: Vec<_> = secrets.iter().map(|key| key.tag(0, &[7; 99]).unwrap()).collect();
        let holding = Holding::from_entries(tagged.iter().map(|t| t.fragment.entry())).unwrap();
        let mut span = Span::new(Link::start(&[1; 32], &AUDITED, 0));
        let prove = |round: u8| {
            let (at, seed) = (u64::from(round), [round; 32]);
            let audit = Audit { chain_id: [1; 32], round: at, height: at, prover: AUDITED };
            let challenge = Challenge::new(audit, &holding, Policy::Every, seed).unwrap();
            let find = |id: &KeyId| provings.iter().find(|key| key.key_id() == *id);
            let mut proving = Proving::new(&challenge, &holding, find).unwrap();
            while let Some(sample) = proving.sample() {
                let tags = tagged.iter().find(|t| t.name() == sample.entry.name()).unwrap();
                proving.absorb(&[7; 99], tags.tags.get(0).unwrap()).unwrap();
            }
            let (proof, window) = (proving.finish().unwrap(), Window { challenge, deadline: at });
            span.push(window, window.answered(&proof.to_bytes(), 0).unwrap()).unwrap();
            proof
        };
        let proofs = (1..=windows).map(prove).collect();
        Self { publics: secrets.iter().map(SecretKey::public).collect(), holding, span, proofs }
    }

    fn judge(&self, span: &Span, answers: &[Option<usize>]) -> Result<Vec<Verdict>, Error> {
        let answer = |at: &Option<usize>| {
            let proof = &self.proofs[(*at)?];
            Some(Answer { fragments: &self.holding, proof })
        };
        let answers: Vec<_> = answers.iter().map(answer).collect();
        span.verify(&span.from(), &span.link(), &answers, |id| {
            self.publics.iter().find(|k| k.key_id() == *id)
        })
    }
}

#[test]
fn a_day_of_windows_takes_one_equation_of_a_loop_and_two_a_key() {
    for keys in [1, 3] {
        let day = Day::new(keys, 24);
        let all: Vec<_> = (0..24).map(Some).collect();
        count::PAIRINGS.take();
        assert_eq!(day.judge(&day.span, &all), Ok(vec![Verdict::Proven; 24]));
        assert_eq!(count::PAIRINGS.take(), [1 + 2 * usize::from(keys)]);
    }
}

#[test]
fn windows_that_were_missed_or_whose_proof_is_not_at_hand_are_not_proven() {
    let day = Day::new(1, 5);
    let mut span = Span::new(day.span.from());
    for (at, (window, outcome)) in day.span.windows().iter().enumerate() {
        let missed = at == 1 || at == 2;
        span.push(*window, if missed { Outcome::Missed } else { *outcome }).unwrap();
    }
    let verdicts = day.judge(&span, &[Some(0), None, Some(2), None, Some(1)]).unwrap();
    let [a, b] = [4, 1].map(|at: usize| ProofHash::of(&day.proofs[at].to_bytes()));
    let other = Verdict::Refused(Error::OtherProof { expected: a, got: b });
    let expected = [Verdict::Proven, Verdict::Missed, Verdict::Late, Verdict::Withheld, other];
    assert_eq!(verdicts, expected);
    let expected = Error::AnswerCount { expected: 5, got: 4 };
    assert_eq!(day.judge(&span, &[None; 4]), Err(expected));
}

/// A chain that doesn't judge takes what comes in time; the span tells what it was worth.
#[test]
fn a_bad_answer_in_time_is_told_from_the_good_ones() {
    let day = Day::new(2, 8);
    let mut span = Span::new(day.span.from());
    for (at, (window, outcome)) in day.span.windows().iter().enumerate() {
        // The sixth window was answered by the proof of the second.
        let second = day.span.windows()[1].1;
        span.push(*window, if at == 5 { second } else { *outcome }).unwrap();
    }
    let mut answers: Vec<_> = (0..8).map(Some).collect();
    answers[5] = Some(1);
    let mut expected = vec![Verdict::Proven; 8];
    expected[5] = Verdict::Refused(Error::Proof);
    assert_eq!(day.judge(&span, &answers), Ok(expected));
}

#[test]
fn windows_left_out_moved_or_changed_lead_to_another_link() {
    let day = Day::new(1, 3);
    let (to, windows) = (day.span.link(), day.span.windows());
    let nothing = |len| vec![None::<Answer<'_, Holding>>; len];
    for kept in [&windows[1..], &windows[..2], &[windows[0], windows[2]]] {
        let mut span = Span::new(day.span.from());
        for (window, outcome) in kept {
            span.push(*window, *outcome).unwrap();
        }
        let verdict = span.verify(&day.span.from(), &to, &nothing(2), |_| None);
        assert_eq!(verdict, Err(Error::Link { expected: to, got: span.link() }));
    }
    // The first window left out, and a beginning that fits the rest.
    let from = day.span.from().extend(&windows[0].0, windows[0].1);
    let mut span = Span::new(from);
    for (window, outcome) in &windows[1..] {
        span.push(*window, *outcome).unwrap();
    }
    assert_eq!(span.link(), to);
    let verdict = span.verify(&day.span.from(), &to, &nothing(2), |_| None);
    assert_eq!(verdict, Err(Error::Link { expected: day.span.from(), got: from }));
    let mut span = Span::new(day.span.from());
    span.push(windows[1].0, windows[1].1).unwrap();
    for (window, fault) in [
        (windows[0].0, Fault::Order),
        (windows[1].0, Fault::Order),
        (Window { deadline: 2, ..windows[2].0 }, Fault::Order),
    ] {
        let refused = Err(Error::Window { index: 1, fault });
        assert_eq!(span.push(window, Outcome::Missed), refused);
    }
    assert_eq!(span.windows().len(), 1);
}

#[test]
fn encodings_come_back_and_no_other_is_taken() {
    let day = Day::new(1, 3);
    let bytes = day.span.to_bytes();
    assert_eq!(bytes.len(), 36 + 3 * (173 + 8 + 1 + 32));
    assert_eq!(Span::from_bytes(&bytes), Ok(day.span));
    for cut in 0..bytes.len() {
        let error = Span::from_bytes(&bytes[..cut]).unwrap_err();
        assert!(matches!(error, Error::Length { what: What::Span, .. }), "{cut}: {error}");
    }
}

/// The equation of all windows calls proven what holds alone, and nothing else.
#[test]
fn what_a_span_calls_proven_holds_alone() {
    let mut day = Day::new(2, 6);
    let mut span = Span::new(day.span.from());
    for at in [1, 4] {
        day.proofs[at] = day.proofs[at - 1].clone();
    }
    for ((window, _), proof) in day.span.windows().iter().zip(&day.proofs) {
        span.push(*window, window.answered(&proof.to_bytes(), 0).unwrap()).unwrap();
    }
    let all: Vec<_> = (0..6).map(Some).collect();
    let verdicts = day.judge(&span, &all).unwrap();
    for (at, ((window, _), proof)) in span.windows().iter().zip(&day.proofs).enumerate() {
        let lookup = |id: &KeyId| day.publics.iter().find(|key| key.key_id() == *id);
        let alone = verify(&window.challenge, &day.holding, lookup, proof);
        assert_eq!(alone.is_ok(), at != 1 && at != 4);
        assert_eq!(verdicts[at] == Verdict::Proven, alone.is_ok(), "{at}");
    }
}
