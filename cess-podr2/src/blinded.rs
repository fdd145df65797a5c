//! Proofs that tell nothing but that they hold.
//!
//! A plain proof is sums over the data: who has a guess of the data can compare. A blinded proof is
//! one of knowledge of a plain one (Schnorr's, made non-interactive by Fiat and Shamir), for each key
//!
//! ```text
//! phi(sigma, y, psi; A) = e(sigma, g2) e(-(A + y g1 - z psi), X) e(-psi, Y)
//! ```
//!
//! A plain proof of one key has phi = 1 for `A = sum nu_i H_i`. phi is a homomorphism, so with fresh
//! S, R in G1 and k in Fr, `T = phi(S, k, R; 0)` and a challenge c from the hash of T, the answers
//! `S + c sigma`, `k + c y` and `R + c psi` have `phi(...; c A) = T`. The proof is c and the answers;
//! the verifier computes T and hashes it.
//!
//! # Why nothing is revealed
//!
//! For any c, the answers of an honest prover are uniform in G1 x Fr x G1, since S, k, R are, and T
//! follows from them and c. A simulator without data, tags or secrets draws c and the answers,
//! computes T as the verifier does and lets the random oracle answer c on it. It fails only if the
//! oracle was asked for that T before, which is uniform among r values. What it makes is distributed
//! as what a prover makes, so whoever sees proofs learns nothing that he couldn't have made himself:
//! statistical zero knowledge in the random oracle model, as long as the prover's 32 random bytes stay
//! secret. A test is that simulator.
//!
//! # Why it is a proof
//!
//! Two transcripts on one T with c and c' give `((s - s') / (c - c'), ...)`, with phi = 1: a plain
//! proof. A test does it. So by rewinding (the forking lemma) whoever makes blinded proofs can make
//! plain ones, of which the scheme says what it takes. All that is proven goes into c: the challenge
//! with the holding's root, the keys, and T for each of them.
//!
//! What isn't hidden: that it is a proof, for which challenge, over how many keys, and when it came.

use alloc::vec::Vec;

use crate::backend::{self, Backend, G1, G1_BYTES, G1Affine, GT_BYTES};
use crate::challenge::Challenge;
use crate::domain::{BLINDED, Transcript};
use crate::error::{Error, What};
use crate::field::Fr;
use crate::holding::Fragments;
use crate::id::KeyId;
use crate::public::PublicKey;
use crate::statement::{Asked, asked};

#[cfg(feature = "native")]
mod make;
#[cfg(test)]
pub(crate) mod tests;

#[cfg(feature = "native")]
pub(crate) use self::make::{Plain, blind};

/// The answers under one key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// `S + c sigma`
    pub(crate) sigma: G1Affine,
    /// `R + c psi`
    pub(crate) psi: G1Affine,
    /// `k + c y`
    pub(crate) y: Fr,
}

const ANSWER_BYTES: usize = 2 * G1_BYTES + 32;

/// A proof of retrievability that reveals nothing but that it holds: 160 bytes for one key, 128 more
/// for each further key that the challenge hits.
///
/// Not a [`Proof`](crate::Proof): neither kind decodes as the other, and neither is hashed under the
/// other's context.
#[derive(Clone, PartialEq, Eq)]
pub struct BlindedProof {
    c: Fr,
    answers: Vec<Answer>,
}

impl BlindedProof {
    /// Bytes of a blinded proof over `keys` keys.
    #[must_use]
    pub const fn encoded_len(keys: usize) -> usize {
        32 + keys * ANSWER_BYTES
    }

    /// Decodes a blinded proof over one key or more. Each takes two subgroup checks: who takes bytes
    /// from anybody first compares their length with [`encoded_len`](Self::encoded_len).
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Point`], [`Error::Subgroup`], [`Error::Scalar`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::decode::<backend::Default>(bytes)
    }

    pub(crate) fn decode<B: Backend>(bytes: &[u8]) -> Result<Self, Error> {
        let what = What::BlindedProof;
        let keys = bytes.len().saturating_sub(32) / ANSWER_BYTES;
        let expected = Self::encoded_len(keys.max(1));
        if bytes.len() != expected {
            return Err(Error::length(what, expected, bytes.len()));
        }
        let scalar = |index: usize, bytes: &[u8]| {
            let mut encoded = [0; 32];
            encoded.copy_from_slice(bytes);
            Fr::from_bytes(&encoded).ok_or(Error::Scalar { what, index: index as u64 })
        };
        // Answers are uniform: the identity is as good as any other point.
        let point = |index: usize, bytes: &[u8]| {
            let mut encoded = [0; G1_BYTES];
            encoded.copy_from_slice(bytes);
            B::decode_g1(&encoded).map_err(|error| Error::point(what, index, error))
        };
        let (c, rest) = bytes.split_at(32);
        let c = scalar(0, c)?;
        let answers = rest.chunks_exact(ANSWER_BYTES).enumerate().map(|(key, answer)| {
            let (sigma, answer) = answer.split_at(G1_BYTES);
            let (psi, y) = answer.split_at(G1_BYTES);
            let (sigma, psi) = (point(2 * key, sigma)?, point(2 * key + 1, psi)?);
            Ok(Answer { sigma, psi, y: scalar(key + 1, y)? })
        });
        Ok(Self { c, answers: answers.collect::<Result<_, Error>>()? })
    }

    /// The one encoding of the proof.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::encoded_len(self.answers.len()));
        out.extend_from_slice(&self.c.to_bytes());
        for answer in &self.answers {
            out.extend_from_slice(&backend::Default::encode_g1(&answer.sigma));
            out.extend_from_slice(&backend::Default::encode_g1(&answer.psi));
            out.extend_from_slice(&answer.y.to_bytes());
        }
        out
    }

    /// The number of keys that the proof answers for.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.answers.len()
    }
}

impl core::fmt::Debug for BlindedProof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BlindedProof").field("keys", &self.answers.len()).finish_non_exhaustive()
    }
}

/// Verifies one blinded proof: one hash to the curve for each sample, and for each key three Miller
/// loops and a final exponentiation. Blinded proofs can't be verified in batches: what is compared is
/// a hash, and only for each alone.
///
/// # Errors
/// Those of [`verify`](crate::verify).
pub fn verify_blinded<'k>(
    challenge: &Challenge,
    holding: &(impl Fragments + ?Sized),
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    proof: &BlindedProof,
) -> Result<(), Error> {
    verify_with::<backend::Default>(challenge, holding, &lookup, proof)
}

pub(crate) fn verify_with<'k, B: Backend>(
    challenge: &Challenge,
    holding: &(impl Fragments + ?Sized),
    lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
    proof: &BlindedProof,
) -> Result<(), Error> {
    verify_by::<B>(challenge, holding, lookup, proof, |asked, values| {
        let keys = asked.iter().map(|asked| asked.key.key_id());
        hash(&challenge.digest(), keys.zip(values))
    })
}

/// With c by `oracle`.
fn verify_by<'k, B: Backend>(
    challenge: &Challenge,
    holding: &(impl Fragments + ?Sized),
    lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
    proof: &BlindedProof,
    oracle: impl FnOnce(&[Asked<'_>], &[Gt]) -> Fr,
) -> Result<(), Error> {
    let asked = asked::<B>(challenge, holding, lookup, proof.answers.len())?;
    let values = proof.values::<B>(&asked, &challenge.z());
    if oracle(&asked, &values) == proof.c { Ok(()) } else { Err(Error::Proof) }
}

/// An element of the target group.
type Gt = [u8; GT_BYTES];

impl BlindedProof {
    /// T for each key: `phi(S + c sigma, k + c y, R + c psi; c A)`.
    fn values<B: Backend>(&self, asked: &[Asked<'_>], z: &Fr) -> Vec<Gt> {
        let value = |(asked, answer): (&Asked<'_>, &Answer)| {
            let points = [B::to_affine(&asked.hashes), B::generators().0, answer.psi];
            let left = B::msm(&points, &[self.c, answer.y, z.neg()]);
            phi::<B>(&answer.sigma, &left, &answer.psi, asked.key)
        };
        asked.iter().zip(&self.answers).map(value).collect()
    }
}

/// `e(sigma, g2) e(-left, X) e(-psi, Y)`
fn phi<B: Backend>(sigma: &G1Affine, left: &G1, psi: &G1Affine, key: &PublicKey) -> Gt {
    let negative = |point: &G1| B::to_affine(&B::neg(point));
    B::pairing(&[
        (*sigma, B::generators().1),
        (negative(left), key.x),
        (negative(&G1::from(psi)), key.y),
    ])
}

/// c, from all that is proven and what the prover committed to.
fn hash<'v>(digest: &[u8; 32], values: impl Iterator<Item = (KeyId, &'v Gt)>) -> Fr {
    let mut transcript = Transcript::new(BLINDED).bytes(digest);
    for (key, value) in values {
        transcript = transcript.bytes(key.as_bytes()).bytes(value);
    }
    Fr::from_wide(&transcript.xof().wide())
}
