use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use rand_core::CryptoRng;

use crate::backend::{G1, G1Affine, G2Affine, HashSum, msm, msm_short, pairing_product_is_one};
use crate::challenge::Challenge;
use crate::domain::{BATCH_WEIGHTS, SALTED_WEIGHTS, Transcript};
use crate::error::Error;
use crate::field::Fr;
use crate::holding::Fragments;
use crate::id::KeyId;
use crate::proof::{Proof, key_weights};
use crate::public::PublicKey;

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
    let statement = Statement::new(challenge, holding, &lookup, proof)?;
    if hold(&[(&statement, 1)]) { Ok(()) } else { Err(Error::Proof) }
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
    judge(batch, lookup, batch_weights)
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
    judge(batch, lookup, |statements| salted_weights(&salt, statements))
}

type Indexed<'k, 'p> = (usize, Statement<'k, 'p>);

fn judge<'k, 'p, F: Fragments + ?Sized>(
    batch: &[(&Challenge, &F, &'p Proof)],
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    weights: impl FnOnce(&[Indexed<'k, 'p>]) -> Vec<u128>,
) -> Result<(), Error> {
    let mut rejected = Vec::new();
    let mut statements = Vec::with_capacity(batch.len());
    for (index, (challenge, holding, proof)) in batch.iter().enumerate() {
        match Statement::new(challenge, *holding, &lookup, proof) {
            Ok(statement) => statements.push((index, statement)),
            Err(error) => rejected.push((index, error)),
        }
    }
    let weights = weights(&statements);
    let weighted: Vec<Weighted<'_, 'k, 'p>> =
        statements.iter().map(|(_, statement)| statement).zip(weights).collect();

    let mut bad = Vec::new();
    if !hold(&weighted) {
        bisect(&weighted, 0..weighted.len(), &mut bad);
    }
    rejected.extend(bad.into_iter().map(|at| (statements[at].0, Error::Proof)));
    rejected.sort_by_key(|(index, _)| *index);
    if rejected.is_empty() { Ok(()) } else { Err(Error::Batch { rejected }) }
}

/// Every statement in its order.
fn transcript(statements: &[Indexed<'_, '_>]) -> Transcript {
    let mut transcript = Transcript::new(BATCH_WEIGHTS).u64(statements.len() as u64);
    for (_, statement) in statements {
        transcript = transcript.bytes(&statement.digest).u64(statement.terms.len() as u64);
        for term in &statement.terms {
            transcript = transcript.bytes(term.key.key_id().as_bytes());
        }
        transcript = transcript.bytes(&statement.proof.to_bytes());
    }
    transcript
}

/// One for each statement: every statement goes into every weight.
fn batch_weights(statements: &[Indexed<'_, '_>]) -> Vec<u128> {
    let mut xof = transcript(statements).xof();
    statements.iter().map(|_| xof.weight()).collect()
}

/// The same with a salt.
fn salted_weights(salt: &[u8; 32], statements: &[Indexed<'_, '_>]) -> Vec<u128> {
    let digest = transcript(statements).digest();
    let mut xof = Transcript::new(SALTED_WEIGHTS).bytes(salt).bytes(&digest).xof();
    statements.iter().map(|_| xof.weight()).collect()
}

type Weighted<'s, 'k, 'p> = (&'s Statement<'k, 'p>, u128);

/// Finds the bad ones in a range that doesn't hold.
fn bisect(statements: &[Weighted<'_, '_, '_>], range: Range<usize>, bad: &mut Vec<usize>) {
    if range.len() == 1 {
        bad.push(range.start);
        return;
    }
    let middle = range.start + range.len() / 2;
    let (first, second) = (range.start..middle, middle..range.end);
    let first_holds = hold(&statements[first.clone()]);
    if !first_holds {
        bisect(statements, first, bad);
    }
    // The whole is the product of both: if the first half holds, the second doesn't.
    if first_holds || !hold(&statements[second.clone()]) {
        bisect(statements, second, bad);
    }
}

/// A proof beside what its challenge asks for:
/// `e(sigma, g2) = prod e(left, X) e(right, Y)` over the keys.
struct Statement<'k, 'p> {
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
    fn new(
        challenge: &Challenge,
        holding: &(impl Fragments + ?Sized),
        lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
        proof: &'p Proof,
    ) -> Result<Self, Error> {
        Self::at(challenge, holding, lookup, proof, challenge.z())
    }

    fn at(
        challenge: &Challenge,
        holding: &(impl Fragments + ?Sized),
        lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
        proof: &'p Proof,
        z: Fr,
    ) -> Result<Self, Error> {
        let mut samples = challenge.samples(holding)?;
        let keys: Vec<(KeyId, u64)> = samples.keys().map(|(id, count)| (*id, *count)).collect();
        if keys.len() != proof.answers.len() {
            return Err(Error::KeyCount { expected: keys.len(), got: proof.answers.len() });
        }
        let digest = challenge.digest();
        let answers = keys.iter().map(|(id, _)| *id).zip(&proof.answers);
        let weights = key_weights(&digest, answers);
        let mut points = Vec::with_capacity(2 * keys.len());
        let mut found = Vec::with_capacity(keys.len());
        for ((id, count), (answer, weight)) in keys.iter().zip(proof.answers.iter().zip(weights)) {
            let key = lookup(id).ok_or(Error::UnknownKey { key: *id })?;
            if key.key_id() != *id {
                return Err(Error::KeyMismatch { expected: *id, got: key.key_id() });
            }
            let mut hashes = HashSum::new();
            // Samples come by rising key, the keys' shares of them one after the other.
            for _ in 0..*count {
                let Some((sample, nu)) = samples.next_weighted() else { break };
                sample.entry.check_sectors(key.sectors())?;
                hashes.add(sample.entry.name().as_bytes(), sample.block, nu);
            }
            let opening = msm(&[G1Affine::generator(), answer.psi], &[answer.y, z.neg()]);
            let left = hashes.finish().add(&opening);
            let right = G1::from(&answer.psi);
            found.push(key);
            for point in [left, right] {
                points.push(if weight == 1 {
                    point
                } else {
                    msm_short(&[point.to_affine()], &[weight])
                });
            }
        }
        let points = G1::to_affine_all(&points);
        let terms = found.into_iter().zip(points.chunks_exact(2)).map(|(key, pair)| Term {
            key,
            left: pair[0],
            right: pair[1],
        });
        Ok(Self { digest, proof, terms: terms.collect() })
    }
}

/// Whether all statements hold, up to 2^-128 if each weight was drawn from all of them: one
/// Miller loop, two more for each distinct key, one final exponentiation.
fn hold(statements: &[Weighted<'_, '_, '_>]) -> bool {
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
    let sigma = msm_short(&sigmas, &weights).neg();
    pairs.push((sigma.to_affine(), G2Affine::generator()));
    for (key, terms, weights) in keys.values() {
        let left: Vec<G1Affine> = terms.iter().map(|term| term.left).collect();
        let right: Vec<G1Affine> = terms.iter().map(|term| term.right).collect();
        pairs.push((msm_short(&left, weights).to_affine(), key.x));
        pairs.push((msm_short(&right, weights).to_affine(), key.y));
    }
    pairing_product_is_one(&pairs)
}

#[cfg(test)]
mod tests;
