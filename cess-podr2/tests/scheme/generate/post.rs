//! Spans of windows: what is known of each, and what is no span of the chain.

use super::proofs::{World, one_key, public_keys, three_keys};
use super::{check, put, write_fragment};
use crate::blinding::{Window, answer_hash, decode_span, encode_span, start, verdict};
use crate::draws::Challenge;
use crate::equations::{Id, Public, Refusal};
use crate::vectors::{SpanFail, SpanPass, Spans};

const CHAIN: Id = [1; 32];
const PROVER: Id = [2; 32];
const START: u64 = 1_700_000_000_000;

/// Windows in their order, each with its honest proof.
fn windows(world: &World, count: u8) -> Vec<(Window, Vec<u8>)> {
    let one = |at: u8| {
        let round = u64::from(at) + 1;
        let challenge = world.challenge((at % 2 == 1).then_some((2, 3)), 50 + at);
        let challenge = Challenge { round, height: 100 * round, ..challenge };
        let proof = world.prove(&challenge);
        let answer = Some(answer_hash(&proof));
        (Window { challenge, deadline: START + 3_600_000 * round, answer }, proof)
    };
    (0..count).map(one).collect()
}

/// What is done to the windows and to the proofs at hand.
type Change<'a> = &'a dyn Fn(&mut [Window], &mut [Option<Vec<u8>>]);

#[test]
fn the_reference_makes_the_spans() {
    let mut cases = Spans { pass: Vec::new(), fail: Vec::new() };
    let from = start(&CHAIN, &PROVER, START);
    let mut pass = |why: &str, world: &World, count, change: Change<'_>, expected: &[&str]| {
        let (mut closed, proofs): (Vec<_>, Vec<_>) = windows(world, count).into_iter().unzip();
        let mut proofs: Vec<Option<Vec<u8>>> = proofs.into_iter().map(Some).collect();
        change(&mut closed, &mut proofs);
        let span = encode_span(&from, &closed);
        let mut link = from;
        let links = closed.iter().map(|window| {
            link = window.extend(&link);
            link.into()
        });
        let links = links.collect();
        assert_eq!(decode_span(&span).map(|(_, link)| link), Ok(link));
        let publics: Vec<Public> =
            world.keys().iter().map(|key| Public::decode(&key.public_bytes()).unwrap()).collect();
        let verdicts: Vec<String> = closed
            .iter()
            .zip(&proofs)
            .map(|(window, proof)| verdict(window, &world.holding(), &publics, proof.as_deref()))
            .collect();
        assert_eq!(verdicts, expected, "{why}");
        cases.pass.push(SpanPass {
            why: why.into(),
            public_keys: public_keys(&world.keys()),
            holding: world.holding().iter().map(write_fragment).collect(),
            chain_id: CHAIN.into(),
            prover: PROVER.into(),
            start: START,
            span: span.into(),
            links,
            proofs: proofs.into_iter().map(|proof| proof.map(Into::into)).collect(),
            verdicts,
        });
    };
    let (one, three) = (one_key(), three_keys());
    pass("no window", &one, 0, &|_, _| (), &[]);
    pass("one window", &one, 1, &|_, _| (), &["proven"]);
    pass("five windows", &one, 5, &|_, _| (), &["proven"; 5]);
    pass("three windows of three keys", &three, 3, &|_, _| (), &["proven"; 3]);
    let mixed = |windows: &mut [Window], proofs: &mut [Option<Vec<u8>>]| {
        // Nothing came; it came late; it isn't at hand; another is.
        (windows[0].answer, proofs[0]) = (None, None);
        windows[1].answer = None;
        proofs[2] = None;
        proofs[3] = proofs[4].clone();
    };
    let expected = ["missed", "late", "withheld", "refused: other proof", "proven", "proven"];
    pass("missed, late, withheld and exchanged", &one, 6, &mixed, &expected);
    let bad = |windows: &mut [Window], proofs: &mut [Option<Vec<u8>>]| {
        // The chain took them, unjudged.
        for at in [1, 3] {
            let proof = proofs[at].as_mut().unwrap();
            proof[96] ^= 1;
            windows[at].answer = Some(answer_hash(proof));
        }
        (proofs[2], windows[2].answer) = (proofs[0].clone(), windows[0].answer);
    };
    let expected = ["proven", "refused: proof", "refused: proof", "refused: proof", "proven"];
    pass("bad answers, and one of an earlier window", &one, 5, &bad, &expected);

    let good: Vec<Window> = windows(&one, 4).into_iter().map(|(window, _)| window).collect();
    let bytes = encode_span(&from, &good);
    let (_, link) = decode_span(&bytes).unwrap();
    let mut fail = |why: &str, span: &[u8], refused: Refusal| {
        let verdict = decode_span(span).and_then(|(_, found)| {
            if span[..32] == from && found == link { Ok(()) } else { Err("link") }
        });
        assert_eq!(verdict, Err(refused), "{why}");
        let (why, span, from, link) = (why.into(), span.into(), from.into(), link.into());
        cases.fail.push(SpanFail { why, span, from, link, refused: refused.into() });
    };
    let mut with = |why: &str, change: &dyn Fn(&mut Vec<Window>), refused| {
        let mut windows = good.clone();
        change(&mut windows);
        fail(why, &encode_span(&from, &windows), refused);
    };
    with("the first window left out", &|w| *w = w[1..].to_vec(), "link");
    with("a window left out", &|w| *w = vec![w[0], w[2], w[3]], "link");
    with("the last window left out", &|w| w.truncate(3), "link");
    with("an answered window told as missed", &|w| w[1].answer = None, "link");
    with("another answer", &|w| w[1].answer = Some([9; 32]), "link");
    with(
        "the answers of two windows exchanged",
        &|w| (w[1].answer, w[2].answer) = (w[2].answer, w[1].answer),
        "link",
    );
    with("a later deadline", &|w| w[1].deadline += 1, "link");
    with("another seed", &|w| w[1].challenge.seed = [9; 32], "link");
    with("another policy", &|w| w[1].challenge.window = Some((2, 4)), "link");
    with("another holding", &|w| w[1].challenge.root = [9; 32], "link");
    with("two windows exchanged", &|w| w.swap(1, 2), "order");
    with("a window twice", &|w| w[2] = w[1], "order");
    with("a round that doesn't rise", &|w| w[2].challenge.round = w[1].challenge.round, "order");
    with("a height that doesn't rise", &|w| w[2].challenge.height = w[1].challenge.height, "order");
    with("a deadline that doesn't rise", &|w| w[2].deadline = w[1].deadline, "order");
    with("a seed used before", &|w| w[3].challenge.seed = w[0].challenge.seed, "seed");
    with("a window of another prover", &|w| w[1].challenge.prover = [9; 32], "other prover");
    with("a window of another chain", &|w| w[1].challenge.chain_id = [9; 32], "other prover");
    let second = good[0].extend(&from);
    let rest = encode_span(&second, &good[1..]);
    assert_eq!(decode_span(&rest).map(|(_, found)| found), Ok(link));
    fail("the first window left out, and the link after it to begin with", &rest, "link");
    fail("from another link", &put(&bytes, 0, &[bytes[0] ^ 1]), "link");
    fail("outcome 2", &put(&bytes, 36 + 181, &[2]), "outcome");
    fail("a challenge of another version", &put(&bytes, 36, &[2]), "version");
    fail("nothing", &[], "length");
    fail("a byte short", &bytes[..bytes.len() - 1], "length");
    fail("a byte more", &[&bytes[..], &[0]].concat(), "length");
    fail("a window less than announced", &put(&bytes, 32, &[5]), "length");
    fail("a window more than announced", &put(&bytes, 32, &[3]), "length");
    fail("2^32 - 1 windows announced", &put(&bytes, 32, &[0xff; 4]), "length");
    check("post.json", &cases);
}
