//! The verifier on arkworks, whatever the rest of the crate works on, without unsafe code, for any target.
//!
//! Built without `native`, the functions of the crate's root are these, and nobody needs the module.
//! Built with it, the module is a second opinion: the same verdicts, from another
//! library. Values are shared: what one has decoded the other takes.

use alloc::vec::Vec;

use crate::backend::Portable;
use crate::error::Error;
use crate::holding::Fragments;
use crate::id::KeyId;
use crate::post::{Answer, Link, Span, Verdict};
use crate::verify::{all, batch_weights, judge, verify_one};
use crate::{BlindedProof, Challenge, Proof, PublicKey, blinded};

/// [`PublicKey::from_bytes`].
///
/// # Errors
/// Those of [`PublicKey::from_bytes`].
pub fn public_key(bytes: &[u8]) -> Result<PublicKey, Error> {
    PublicKey::decode::<Portable>(bytes)
}

/// [`Proof::from_bytes`].
///
/// # Errors
/// Those of [`Proof::from_bytes`].
pub fn proof(bytes: &[u8]) -> Result<Proof, Error> {
    Proof::decode::<Portable>(bytes)
}

/// [`BlindedProof::from_bytes`].
///
/// # Errors
/// Those of [`BlindedProof::from_bytes`].
pub fn blinded_proof(bytes: &[u8]) -> Result<BlindedProof, Error> {
    BlindedProof::decode::<Portable>(bytes)
}

/// [`verify`](crate::verify).
///
/// # Errors
/// Those of [`verify`](crate::verify).
pub fn verify<'k>(
    challenge: &Challenge,
    holding: &(impl Fragments + ?Sized),
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    proof: &Proof,
) -> Result<(), Error> {
    verify_one::<Portable>(challenge, holding, &lookup, proof)
}

/// [`verify_batch`](crate::verify_batch).
///
/// # Errors
/// Those of [`verify_batch`](crate::verify_batch).
pub fn verify_batch<'k, F: Fragments + ?Sized>(
    batch: &[(&Challenge, &F, &Proof)],
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
) -> Result<(), Error> {
    all(&judge::<Portable, F>(batch, &lookup, batch_weights::<Portable>))
}

/// [`verify_blinded`](crate::verify_blinded).
///
/// # Errors
/// Those of [`verify_blinded`](crate::verify_blinded).
pub fn verify_blinded<'k>(
    challenge: &Challenge,
    holding: &(impl Fragments + ?Sized),
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    proof: &BlindedProof,
) -> Result<(), Error> {
    blinded::verify_with::<Portable>(challenge, holding, &lookup, proof)
}

/// [`Span::verify`].
///
/// # Errors
/// Those of [`Span::verify`].
pub fn verify_span<'k, F: Fragments + ?Sized>(
    span: &Span,
    from: &Link,
    to: &Link,
    answers: &[Option<Answer<'_, F>>],
    lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
) -> Result<Vec<Verdict>, Error> {
    span.verify_with::<Portable, F>(from, to, answers, &lookup)
}
