//! The crate held to tests/vectors/*.json. The bytes come from `generate`, that is from the reference
//! on `bls12_381`, never from the crate.

use core::convert::Infallible;

use cess_podr2::post::{Answer, Link, Span};
use cess_podr2::{
    BlindedProof, Challenge, Error, Holding, KeyId, Proof, Proving, ProvingKey, PublicKey,
    SecretKey, Sectors, Tags, check_fragment, verify, verify_batch, verify_blinded,
};

use rand_core::{TryCryptoRng, TryRng};

pub(crate) use crate::cases::*;
use crate::world::bytes;

impl Data {
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Stream { of, len } => bytes(len, of),
            Self::Fill { with, len } => vec![with; len],
        }
    }
}

#[test]
fn keys_and_their_refusals_are_those_of_the_vectors() {
    let keys: Keys = read("keys.json");
    for case in &keys.pass {
        let secret = SecretKey::from_seed(&case.seed.array(), Sectors::new(case.sectors).unwrap());
        assert_eq!(Hex::from(secret.public().to_bytes()), case.public_key);
        assert_eq!(Hex::from(secret.public().key_id().to_bytes()), case.key_id);
        let proving = secret.proving_key();
        assert_eq!(Hex::from(proving.hash()), case.proving_key_hash);
        let public = PublicKey::from_bytes(&case.public_key.0).unwrap();
        if let Some(encoded) = &case.proving_key {
            assert_eq!(Hex::from(proving.to_bytes()), *encoded);
            assert_eq!(ProvingKey::from_bytes(&encoded.0, &public), Ok(proving));
        }
    }
    for case in &keys.fail {
        let verdict = PublicKey::from_bytes(&case.public_key.0).and_then(|public| {
            let proving = case.proving_key.as_ref();
            proving.map_or(Ok(()), |key| ProvingKey::from_bytes(&key.0, &public).map(|_| ()))
        });
        assert_eq!(refusal(&verdict.unwrap_err()), case.refused, "{}", case.why);
    }
}

#[test]
fn tags_and_their_refusals_are_those_of_the_vectors() {
    let keys: Keys = read("keys.json");
    let cases: TagCases = read("tags.json");
    for case in &cases.pass {
        let sectors = Sectors::new(case.fragment.sectors).unwrap();
        let secret = SecretKey::from_seed(&case.seed.array(), sectors);
        let data = case.data.bytes();
        let tagged = secret.tag(case.fragment.replica, &data).unwrap();
        assert_eq!(tagged.fragment, case.fragment.read());
        assert_eq!(Hex::from(tagged.name().as_bytes()), case.name);
        assert_eq!(Hex::from(tagged.tags.as_bytes()), case.tags);
        let tags = Tags::from_bytes(&case.tags.0).unwrap();
        let proving = secret.proving_key();
        let verdict = check_fragment(&secret.public(), &proving, &tagged.fragment, &tags, &data);
        assert_eq!(verdict, Ok(()));
    }
    for case in &cases.fail {
        let public = PublicKey::from_bytes(&case.public_key.0).unwrap();
        let encoded = keys.pass[case.proving_key_of].proving_key.as_ref().unwrap();
        let proving = ProvingKey::from_bytes(&encoded.0, &public).unwrap();
        let verdict = Tags::from_bytes(&case.tags.0).and_then(|tags| {
            check_fragment(&public, &proving, &case.fragment.read(), &tags, &case.data.bytes())
        });
        assert_eq!(refusal(&verdict.unwrap_err()), case.refused, "{}", case.why);
    }
}

#[test]
fn challenges_and_draws_are_those_of_the_vectors() {
    let cases: Challenges = read("challenges.json");
    for case in &cases.pass {
        let fragments: Vec<_> = case.holding.iter().map(Fragment::read).collect();
        let holding = Holding::from_entries(fragments.iter().map(|f| f.entry())).unwrap();
        let challenge = Challenge::from_bytes(&case.challenge.0).unwrap();
        assert_eq!(Hex::from(challenge.to_bytes()), case.challenge);
        assert_eq!(Hex::from(challenge.digest()), case.digest);
        let (audit, policy, seed) = (challenge.audit(), challenge.policy(), challenge.seed());
        assert_eq!(Challenge::new(*audit, &holding, policy, seed), Ok(challenge));
        let place = |name| fragments.iter().position(|f| f.name() == name).unwrap();
        let samples = challenge.samples(&holding).unwrap();
        let samples: Vec<_> = samples.map(|s| (place(s.entry.name()), s.block)).collect();
        let expected: Vec<_> = case.samples.iter().map(|(at, block, _)| (*at, *block)).collect();
        assert_eq!(samples, expected, "{}", case.why);
    }
    for case in &cases.fail {
        let error = Challenge::from_bytes(&case.challenge.0).unwrap_err();
        assert_eq!(refusal(&error), case.refused, "{}", case.why);
    }
}

/// Proves with tags of the crate's own.
fn prove(stored: &[StoredData], challenge: &Challenge) -> Vec<u8> {
    answer(stored, challenge, |proving| proving.finish().unwrap().to_bytes())
}

fn answer(
    stored: &[StoredData],
    challenge: &Challenge,
    finish: impl FnOnce(Proving<'_>) -> Vec<u8>,
) -> Vec<u8> {
    let mut provings: Vec<ProvingKey> = Vec::new();
    let mut parts = Vec::new();
    for stored in stored {
        let sectors = Sectors::new(stored.fragment.sectors).unwrap();
        let secret = SecretKey::from_seed(&stored.seed.array(), sectors);
        if provings.iter().all(|key| key.key_id() != secret.public().key_id()) {
            provings.push(secret.proving_key());
        }
        let data = stored.data.bytes();
        let tagged = secret.tag(stored.fragment.replica, &data).unwrap();
        assert_eq!(tagged.fragment, stored.fragment.read());
        parts.push((data, tagged));
    }
    let entries = parts.iter().map(|(_, tagged)| tagged.fragment.entry());
    let holding = Holding::from_entries(entries).unwrap();
    let lookup = |id: &KeyId| provings.iter().find(|key| key.key_id() == *id);
    let mut proving = Proving::new(challenge, &holding, lookup).unwrap();
    while let (Some(sample), Some(size)) = (proving.sample(), proving.block_bytes()) {
        let (data, tagged) =
            parts.iter().find(|(_, tagged)| tagged.name() == sample.entry.name()).unwrap();
        let block = data.chunks(size).nth(usize::try_from(sample.block).unwrap()).unwrap();
        proving.absorb(block, tagged.tags.get(sample.block).unwrap()).unwrap();
    }
    finish(proving)
}

/// What a verifier says of a claim.
fn verdict(claim: &Claim, publics: &[PublicKey]) -> Result<(), Error> {
    let challenge = Challenge::from_bytes(&claim.challenge.0)?;
    let proof = Proof::from_bytes(&claim.proof.0)?;
    let holding = holding(&claim.holding)?;
    verify(&challenge, &holding, |id| find(publics, id), &proof)
}

#[test]
fn proofs_and_verdicts_are_those_of_the_vectors() {
    let cases: Proofs = read("proofs.json");
    for case in &cases.pass {
        let challenge = Challenge::from_bytes(&case.challenge.0).unwrap();
        assert_eq!(Hex(prove(&case.stored, &challenge)), case.proof, "{}", case.why);
        let holding = case.stored.iter().map(|stored| stored.fragment.clone()).collect();
        let (challenge, proof) = (case.challenge.clone(), case.proof.clone());
        let claim = Claim { holding, challenge, proof };
        assert_eq!(verdict(&claim, &publics(&case.public_keys)), Ok(()), "{}", case.why);
    }
    for case in &cases.fail {
        let error = verdict(&case.claim, &publics(&case.public_keys)).unwrap_err();
        assert_eq!(refusal(&error), case.refused, "{}", case.why);
    }
}

#[test]
fn batches_are_judged_as_in_the_vectors() {
    let cases: Vec<Batch> = read("batches.json");
    for case in &cases {
        let publics = publics(&case.public_keys);
        let parts = case.claims.iter().map(|claim| {
            let entries = claim.holding.iter().map(|fragment| fragment.read().entry());
            let challenge = Challenge::from_bytes(&claim.challenge.0).unwrap();
            let proof = Proof::from_bytes(&claim.proof.0).unwrap();
            (challenge, Holding::from_entries(entries).unwrap(), proof)
        });
        let parts: Vec<_> = parts.collect();
        let batch: Vec<_> = parts.iter().map(|(c, holding, proof)| (c, holding, proof)).collect();
        let rejected = case.rejected.iter().map(|at| (*at, Error::Proof)).collect::<Vec<_>>();
        let expected = if rejected.is_empty() { Ok(()) } else { Err(Error::Batch { rejected }) };
        assert_eq!(verify_batch(&batch, |id| find(&publics, id)), expected, "{}", case.why);
    }
}

/// A generator that gives these bytes, and no others.
struct Given(Option<[u8; 32]>);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("bytes are asked for")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0.take().expect("asked once"));
        Ok(())
    }
}

impl TryCryptoRng for Given {}

#[test]
fn blinded_proofs_and_verdicts_are_those_of_the_vectors() {
    let cases: Blinded = read("blinded.json");
    let verdict = |claim: &Claim, keys: &[Hex]| {
        let publics = publics(keys);
        let challenge = Challenge::from_bytes(&claim.challenge.0)?;
        let proof = BlindedProof::from_bytes(&claim.proof.0)?;
        let holding = holding(&claim.holding)?;
        verify_blinded(&challenge, &holding, |id| find(&publics, id), &proof)
    };
    for case in &cases.pass {
        let challenge = Challenge::from_bytes(&case.challenge.0).unwrap();
        let mut rng = Given(Some(case.random.array()));
        let proof = answer(&case.stored, &challenge, |proving| {
            proving.finish_blinded(&mut rng).unwrap().to_bytes()
        });
        assert_eq!(Hex(proof), case.proof, "{}", case.why);
        let holding = case.stored.iter().map(|stored| stored.fragment.clone()).collect();
        let (challenge, proof) = (case.challenge.clone(), case.proof.clone());
        let claim = Claim { holding, challenge, proof };
        assert_eq!(verdict(&claim, &case.public_keys), Ok(()), "{}", case.why);
    }
    for case in &cases.fail {
        let error = verdict(&case.claim, &case.public_keys).unwrap_err();
        assert_eq!(refusal(&error), case.refused, "{}", case.why);
    }
}

#[test]
fn spans_are_judged_as_in_the_vectors() {
    let cases: Spans = read("post.json");
    for case in &cases.pass {
        let span = Span::from_bytes(&case.span.0).unwrap();
        assert_eq!(Hex(span.to_bytes()), case.span);
        let start = Link::start(&case.chain_id.array(), &case.prover.array(), case.start);
        assert_eq!(span.from(), start);
        let mut again = Span::new(start);
        for ((window, outcome), link) in span.windows().iter().zip(&case.links) {
            again.push(*window, *outcome).unwrap();
            assert_eq!(Hex::from(again.link().as_bytes()), *link);
        }
        assert_eq!(again, span);

        let (publics, holding) = (publics(&case.public_keys), holding(&case.holding).unwrap());
        let proof = |proof: &Hex| Proof::from_bytes(&proof.0).unwrap();
        let proofs: Vec<_> = case.proofs.iter().map(|p| p.as_ref().map(proof)).collect();
        let answers: Vec<_> = proofs
            .iter()
            .map(|proof| proof.as_ref().map(|proof| Answer { fragments: &holding, proof }))
            .collect();
        let verdicts =
            span.verify(&start, &span.link(), &answers, |id| find(&publics, id)).unwrap();
        let words: Vec<String> = verdicts.iter().map(word).collect();
        assert_eq!(words, case.verdicts, "{}", case.why);
    }
    for case in &cases.fail {
        let (from, to) = (case.from.array(), case.link.array());
        let (from, to) = (Link::from_bytes(from), Link::from_bytes(to));
        let verdict = Span::from_bytes(&case.span.0).and_then(|span| {
            let nothing: Vec<Option<Answer<'_, Holding>>> = vec![None; span.windows().len()];
            span.verify(&from, &to, &nothing, |_| None)
        });
        assert_eq!(refusal(&verdict.unwrap_err()), case.refused, "{}", case.why);
    }
}
