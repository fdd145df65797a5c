//! Bytes as a span of windows: raw, or as edits of a good one. One encoding a span; what leads to the
//! chain's link is the good one, and nothing is proven by it but what its proofs prove.
#![no_main]

#[path = "honest.rs"]
#[allow(dead_code)]
mod honest;

use std::sync::OnceLock;

use cess_podr2::post::{Answer, Link, Outcome, Span, Verdict, Window};
use cess_podr2::{Proof, portable};
use honest::{Honest, challenge, edit};
use libfuzzer_sys::fuzz_target;

struct Good {
    span: Span,
    /// The third of four windows was missed.
    proofs: [Option<Proof>; 4],
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let honest = Honest::get();
        let mut span = Span::new(Link::start(&[1; 32], &[3; 32], 0));
        let proofs = [1, 2, 3, 4].map(|round| {
            let challenge = challenge(&honest.holding, round);
            let window = Window { challenge, deadline: 100 * u64::from(round) };
            let proof = (round != 3).then(|| honest.prove(&challenge));
            let outcome = proof.as_ref().map_or(Outcome::Missed, |proof| {
                window.answered(&proof.to_bytes(), 0).expect("in time")
            });
            span.push(window, outcome).expect("the next");
            proof
        });
        Good { span, proofs }
    })
}

fn check(bytes: &[u8], swap: u8) {
    let (good, honest) = (good(), Honest::get());
    let Ok(span) = Span::from_bytes(bytes) else { return };
    assert_eq!(span.to_bytes(), bytes, "two encodings of one span");
    assert_eq!(span.link() == good.span.link(), span == good.span, "two spans of one link");
    // The proofs as they should be, or as the fuzzer deals them.
    let dealt = |at: usize| match swap >> (2 * at) & 3 {
        0 => good.proofs[at].as_ref(),
        1 => None,
        other => good.proofs[(at + usize::from(other)) % 4].as_ref(),
    };
    let answers = |at: usize| dealt(at).map(|proof| Answer { fragments: &honest.holding, proof });
    let answers: Vec<_> = (0..span.windows().len()).map(|at| answers(at % 4)).collect();
    let (from, to) = (good.span.from(), good.span.link());
    let verdicts = span.verify(&from, &to, &answers, honest.lookup());
    let other = portable::verify_span(&span, &from, &to, &answers, honest.lookup());
    assert_eq!(verdicts, other, "the backends judge otherwise");
    let Ok(verdicts) = verdicts else { return };
    for (at, verdict) in verdicts.iter().enumerate() {
        let right = at != 2 && dealt(at) == good.proofs[at].as_ref();
        assert_eq!(*verdict == Verdict::Proven, right, "window {at}: {verdict:?}");
    }
}

fuzz_target!(|data: &[u8]| {
    let [swap, edits @ ..] = data else { return };
    check(edits, *swap);
    let mut bytes = good().span.to_bytes();
    edit(&mut bytes, edits);
    check(&bytes, *swap);
});
