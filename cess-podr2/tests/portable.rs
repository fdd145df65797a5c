//! The vectors through the verifier on arkworks, beside that of the crate's root: `blst` with the
//! feature `native`, arkworks as well without it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "scheme/cases.rs"]
#[allow(dead_code, reason = "no secrets here")]
mod cases;

use cases::{
    Batch, Blinded, Claim, Hex, Keys, Proofs, Spans, find, holding, publics, read, refusal, word,
};
use cess_podr2::post::{Answer, Link, Span};
use cess_podr2::{
    BlindedProof, Challenge, Error, Holding, KeyId, Proof, PublicKey, portable, verify,
    verify_batch, verify_blinded,
};

/// Both say it.
fn same<T: PartialEq + std::fmt::Debug>(
    root: Result<T, Error>,
    portable: Result<T, Error>,
    why: &str,
) -> Result<T, Error> {
    assert_eq!(root, portable, "{why}");
    portable
}

fn proof_verdict(claim: &Claim, keys: &[Hex], why: &str) -> Result<(), Error> {
    let publics = publics(keys);
    let challenge = Challenge::from_bytes(&claim.challenge.0)?;
    let proof = same(Proof::from_bytes(&claim.proof.0), portable::proof(&claim.proof.0), why)?;
    let holding = holding(&claim.holding)?;
    let lookup = |id: &KeyId| find(&publics, id);
    let verdict = portable::verify(&challenge, &holding, lookup, &proof);
    same(verify(&challenge, &holding, lookup, &proof), verdict, why)
}

fn blinded_verdict(claim: &Claim, keys: &[Hex], why: &str) -> Result<(), Error> {
    let publics = publics(keys);
    let challenge = Challenge::from_bytes(&claim.challenge.0)?;
    let bytes = &claim.proof.0;
    let proof = same(BlindedProof::from_bytes(bytes), portable::blinded_proof(bytes), why)?;
    let holding = holding(&claim.holding)?;
    let lookup = |id: &KeyId| find(&publics, id);
    let verdict = portable::verify_blinded(&challenge, &holding, lookup, &proof);
    same(verify_blinded(&challenge, &holding, lookup, &proof), verdict, why)
}

#[test]
fn public_keys_are_decoded_alike() {
    let keys: Keys = read("keys.json");
    for case in &keys.pass {
        let bytes = &case.public_key.0;
        let key = same(PublicKey::from_bytes(bytes), portable::public_key(bytes), "").unwrap();
        assert_eq!(Hex::from(key.key_id().as_bytes()), case.key_id);
        assert_eq!(Hex::from(key.to_bytes()), case.public_key);
    }
    for case in &keys.fail {
        let bytes = &case.public_key.0;
        let key = same(PublicKey::from_bytes(bytes), portable::public_key(bytes), &case.why);
        if case.proving_key.is_none() {
            assert_eq!(refusal(&key.unwrap_err()), case.refused, "{}", case.why);
        }
    }
}

#[test]
fn proofs_are_judged_alike() {
    let cases: Proofs = read("proofs.json");
    for case in &cases.pass {
        let holding = case.stored.iter().map(|stored| stored.fragment.clone()).collect();
        let (challenge, proof) = (case.challenge.clone(), case.proof.clone());
        let claim = Claim { holding, challenge, proof };
        assert_eq!(proof_verdict(&claim, &case.public_keys, &case.why), Ok(()), "{}", case.why);
        assert_eq!(Hex(portable::proof(&claim.proof.0).unwrap().to_bytes()), claim.proof);
    }
    for case in &cases.fail {
        let error = proof_verdict(&case.claim, &case.public_keys, &case.why).unwrap_err();
        assert_eq!(refusal(&error), case.refused, "{}", case.why);
    }
}

#[test]
fn batches_are_judged_alike() {
    let cases: Vec<Batch> = read("batches.json");
    for case in &cases {
        let publics = publics(&case.public_keys);
        let part = |claim: &Claim| {
            let challenge = Challenge::from_bytes(&claim.challenge.0).unwrap();
            let proof = portable::proof(&claim.proof.0).unwrap();
            (challenge, holding(&claim.holding).unwrap(), proof)
        };
        let parts: Vec<_> = case.claims.iter().map(part).collect();
        let batch: Vec<_> = parts.iter().map(|(c, h, p)| (c, h, p)).collect();
        let lookup = |id: &KeyId| find(&publics, id);
        let verdict = portable::verify_batch::<Holding>(&batch, lookup);
        let verdict = same(verify_batch(&batch, lookup), verdict, &case.why);
        let rejected = match verdict {
            Ok(()) => Vec::new(),
            Err(Error::Batch { rejected }) => rejected.into_iter().map(|(at, _)| at).collect(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(rejected, case.rejected, "{}", case.why);
    }
}

#[test]
fn blinded_proofs_are_judged_alike() {
    let cases: Blinded = read("blinded.json");
    for case in &cases.pass {
        let holding = case.stored.iter().map(|stored| stored.fragment.clone()).collect();
        let (challenge, proof) = (case.challenge.clone(), case.proof.clone());
        let claim = Claim { holding, challenge, proof };
        assert_eq!(blinded_verdict(&claim, &case.public_keys, &case.why), Ok(()), "{}", case.why);
    }
    for case in &cases.fail {
        let error = blinded_verdict(&case.claim, &case.public_keys, &case.why).unwrap_err();
        assert_eq!(refusal(&error), case.refused, "{}", case.why);
    }
}

#[test]
fn spans_are_judged_alike() {
    let cases: Spans = read("post.json");
    for case in &cases.pass {
        let span = Span::from_bytes(&case.span.0).unwrap();
        let (publics, holding) = (publics(&case.public_keys), holding(&case.holding).unwrap());
        let proof = |proof: &Hex| portable::proof(&proof.0).unwrap();
        let proofs: Vec<_> = case.proofs.iter().map(|p| p.as_ref().map(proof)).collect();
        let answer = |proof| Answer { fragments: &holding, proof };
        let answers: Vec<_> = proofs.iter().map(|proof| proof.as_ref().map(answer)).collect();
        let start = Link::start(&case.chain_id.array(), &case.prover.array(), case.start);
        let (to, lookup) = (span.link(), |id: &KeyId| find(&publics, id));
        let verdicts = portable::verify_span(&span, &start, &to, &answers, lookup);
        let verdicts =
            same(span.verify(&start, &to, &answers, lookup), verdicts, &case.why).unwrap();
        assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), case.verdicts, "{}", case.why);
    }
    for case in &cases.fail {
        let (from, to) = (case.from.array(), case.link.array());
        let (from, to) = (Link::from_bytes(from), Link::from_bytes(to));
        let verdict = Span::from_bytes(&case.span.0).and_then(|span| {
            let nothing: Vec<Option<Answer<'_, Holding>>> = vec![None; span.windows().len()];
            portable::verify_span(&span, &from, &to, &nothing, |_| None)
        });
        assert_eq!(refusal(&verdict.unwrap_err()), case.refused, "{}", case.why);
    }
}
