use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use rand_core::CryptoRng;

use crate::backend::{self, Backend, G1, G1Affine, G2Affine};
use crate::challenge::Challenge;
use crate::domain::{BATCH_WEIGHTS, SALTED_WEIGHTS, Transcript};
use crate::error::Error;
use crate::field::Fr;
use crate::holding::Fragments;
use crate::id::KeyId;
use crate::proof::{Proof, key_weights};
use crate::public::PublicKey;
use crate::statement::asked;

/// Verifies one proof: one hash to the curve for each sample and three pairings for one key, one
/// and two a key for several.
///
/// # Errors
/// [`Error::WrongHolding`], [`Error::TooManySamples`], [`Error::UnknownKey`],
/// [`Error::KeyMismatch`], [`Error::WrongSectors`], [`Error::KeyCount`], and [`Error::Proof`] if
/// the equation doesn't hold.
pub fn verify<'k>(
    challenge: &Challenge,
    holding: &(impl Fragments + ?Sized),
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    proof: &Proof,
) -> Result<(), Error> {
    verify_one::<backend::Default>(challenge, holding, &lookup, proof)
}

pub(crate) fn verify_one<'k, B: Backend>(
    challenge: &Challenge,
    holding: &(impl Fragments + ?Sized),
    lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
    proof: &Proof,
) -> Result<(), Error> {
    let statement = Statement::new::<B>(challenge, holding, lookup, proof)?;
    if hold::<B>(&[(&statement, 1)]) { Ok(()) } else { Err(Error::Proof) }
}

/// Verifies many proofs for little more than their hashes to the curve, and names every bad one.
///
/// The weights are drawn from the whole batch, so every node that verifies the same batch does
/// the same work and comes to the same verdict.
///
/// # Errors
/// [`Error::Batch`] with the index of each proof that doesn't hold, and why.
pub fn verify_batch<'k, F: Fragments + ?Sized>(
    batch: &[(&Challenge, &F, &Proof)],
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
) -> Result<(), Error> {
    all(&judge::<backend::Default, F>(batch, &lookup, batch_weights::<backend::Default>))
}

/// [`verify_batch`] with weights that 32 bytes of `rng` go into as well, so that nobody can search
/// for a batch that suits its weights. For a verifier alone; nodes that must agree can't use it.
///
/// # Errors
/// Those of [`verify_batch`].
pub fn verify_batch_with_rng<'k, F: Fragments + ?Sized>(
    batch: &[(&Challenge, &F, &Proof)],
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    rng: &mut impl CryptoRng,
) -> Result<(), Error> {
    let mut salt = [0; 32];
    rng.fill_bytes(&mut salt);
    let weights = |statements: &[_]| salted_weights::<backend::Default>(&salt, statements);
    all(&judge::<backend::Default, F>(batch, &lookup, weights))
}

/// The verdict on each proof, from one equation if all hold.
pub(crate) fn judge<'k, 'p, B: Backend, F: Fragments + ?Sized>(
    batch: &[(&Challenge, &F, &'p Proof)],
    lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
    weights: impl FnOnce(&[Statement<'k, 'p>]) -> Vec<u128>,
) -> Vec<Result<(), Error>> {
    let mut verdicts = Vec::with_capacity(batch.len());
    let mut statements = Vec::with_capacity(batch.len());
    let mut places = Vec::with_capacity(batch.len());
    for (index, (challenge, holding, proof)) in batch.iter().enumerate() {
        verdicts.push(Statement::new::<B>(challenge, *holding, lookup, proof).map(|statement| {
            statements.push(statement);
            places.push(index);
        }));
    }
    let weights = weights(&statements);
    let weighted: Vec<Weighted<'_, 'k, 'p>> = statements.iter().zip(weights).collect();

    let mut bad = Vec::new();
    if !hold::<B>(&weighted) {
        bisect::<B>(&weighted, 0..weighted.len(), &mut bad);
    }
    for at in bad {
        verdicts[places[at]] = Err(Error::Proof);
    }
    verdicts
}

/// One verdict on a batch, with the index of each proof that doesn't hold.
pub(crate) fn all(verdicts: &[Result<(), Error>]) -> Result<(), Error> {
    let found = verdicts.iter().enumerate();
    let rejected: Vec<(usize, Error)> =
        found.filter_map(|(at, verdict)| Some((at, verdict.clone().err()?))).collect();
    if rejected.is_empty() { Ok(()) } else { Err(Error::Batch { rejected }) }
}

/// Every statement in its order.
fn transcript<B: Backend>(statements: &[Statement<'_, '_>]) -> Transcript {
    let mut transcript = Transcript::new(BATCH_WEIGHTS).u64(statements.len() as u64);
    for statement in statements {
        transcript = transcript.bytes(&statement.digest).u64(statement.terms.len() as u64);
        for term in &statement.terms {
            transcript = transcript.bytes(term.key.key_id().as_bytes());
        }
        transcript = transcript.bytes(&statement.proof.encode::<B>());
    }
    transcript
}

/// One for each statement: every statement goes into every weight.
pub(crate) fn batch_weights<B: Backend>(statements: &[Statement<'_, '_>]) -> Vec<u128> {
    let mut xof = transcript::<B>(statements).xof();
    statements.iter().map(|_| xof.weight()).collect()
}

/// The same with a salt.
fn salted_weights<B: Backend>(salt: &[u8; 32], statements: &[Statement<'_, '_>]) -> Vec<u128> {
    let digest = transcript::<B>(statements).digest();
    let mut xof = Transcript::new(SALTED_WEIGHTS).bytes(salt).bytes(&digest).xof();
    statements.iter().map(|_| xof.weight()).collect()
}

type Weighted<'s, 'k, 'p> = (&'s Statement<'k, 'p>, u128);

/// Finds the bad ones in a range that doesn't hold.
fn bisect<B: Backend>(
    statements: &[Weighted<'_, '_, '_>],
    range: Range<usize>,
    bad: &mut Vec<usize>,
) {
    if range.len() == 1 {
        bad.push(range.start);
        return;
    }
    let middle = range.start + range.len() / 2;
    let (first, second) = (range.start..middle, middle..range.end);
    let first_holds = hold::<B>(&statements[first.clone()]);
    if !first_holds {
        bisect::<B>(statements, first, bad);
    }
    // The whole is the product of both: if the first half holds, the second doesn't.
    if first_holds || !hold::<B>(&statements[second.clone()]) {
        bisect::<B>(statements, second, bad);
    }
}

/// A proof beside what its challenge asks for:
/// `e(sigma, g2) = prod e(left, X) e(right, Y)` over the keys.
pub(crate) struct Statement<'k, 'p> {
    digest: [u8; 32],
    proof: &'p Proof,
    terms: Vec<Term<'k>>,
}

struct Term<'k> {
    key: &'k PublicKey,
    /// `w (sum nu_i H_i + y g1 - z psi)`
    left: G1Affine,
    /// `w psi`
    right: G1Affine,
}

impl<'k, 'p> Statement<'k, 'p> {
    fn new<B: Backend>(
        challenge: &Challenge,
        holding: &(impl Fragments + ?Sized),
        lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
        proof: &'p Proof,
    ) -> Result<Self, Error> {
        Self::at::<B>(challenge, holding, lookup, proof, challenge.z())
    }

    fn at<B: Backend>(
        challenge: &Challenge,
        holding: &(impl Fragments + ?Sized),
        lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
        proof: &'p Proof,
        z: Fr,
    ) -> Result<Self, Error> {
        let asked = asked::<B>(challenge, holding, lookup, proof.answers.len())?;
        let digest = challenge.digest();
        let answers = asked.iter().map(|asked| asked.key.key_id()).zip(&proof.answers);
        let weights = key_weights::<B>(&digest, answers);
        let (generator, _) = B::generators();
        let mut points = Vec::with_capacity(2 * asked.len());
        for (asked, (answer, weight)) in asked.iter().zip(proof.answers.iter().zip(weights)) {
            let opening = B::msm(&[generator, answer.psi], &[answer.y, z.neg()]);
            let left = B::add(&asked.hashes, &opening);
            for point in [left, G1::from(&answer.psi)] {
                points.push(if weight == 1 {
                    point
                } else {
                    B::msm_short(&[B::to_affine(&point)], &[weight])
                });
            }
        }
        let points = B::to_affine_all(&points);
        let terms = asked.into_iter().zip(points.chunks_exact(2)).map(|(asked, pair)| Term {
            key: asked.key,
            left: pair[0],
            right: pair[1],
        });
        Ok(Self { digest, proof, terms: terms.collect() })
    }
}

/// Whether all statements hold, up to 2^-128 if each weight was drawn from all of them: one
/// Miller loop, two more for each distinct key, one final exponentiation.
fn hold<B: Backend>(statements: &[Weighted<'_, '_, '_>]) -> bool {
    let mut sigmas = Vec::with_capacity(statements.len());
    let mut weights = Vec::with_capacity(statements.len());
    let mut keys: BTreeMap<KeyId, (&PublicKey, Vec<&Term<'_>>, Vec<u128>)> = BTreeMap::new();
    for (statement, weight) in statements {
        sigmas.push(statement.proof.sigma);
        weights.push(*weight);
        for term in &statement.terms {
            let (_, terms, weights) =
                keys.entry(term.key.key_id()).or_insert_with(|| (term.key, Vec::new(), Vec::new()));
            terms.push(term);
            weights.push(*weight);
        }
    }
    let mut pairs: Vec<(G1Affine, G2Affine)> = Vec::with_capacity(1 + 2 * keys.len());
    let sigma = B::neg(&B::msm_short(&sigmas, &weights));
    pairs.push((B::to_affine(&sigma), B::generators().1));
    for (key, terms, weights) in keys.values() {
        let left: Vec<G1Affine> = terms.iter().map(|term| term.left).collect();
        let right: Vec<G1Affine> = terms.iter().map(|term| term.right).collect();
        pairs.push((B::to_affine(&B::msm_short(&left, weights)), key.x));
        pairs.push((B::to_affine(&B::msm_short(&right, weights)), key.y));
    }
    B::pairing_product_is_one(&pairs)
}

#[cfg(test)]
mod tests;
