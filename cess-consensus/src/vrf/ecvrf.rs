//! ECVRF-EDWARDS25519-SHA512-ELL2 of RFC 9381, by `vrf-rfc9381`, behind the RFC's checks of
//! encodings that it leaves out.

use core::fmt;

use ed25519_dalek::SigningKey;
use vrf_rfc9381::ec::edwards25519::EdVrfProof;
use vrf_rfc9381::ec::edwards25519::elligator2::{
    EdVrfEdwards25519Ell2PublicKey as PublicKey, EdVrfEdwards25519Ell2SecretKey as SecretKey,
};
use vrf_rfc9381::{Proof as _, Prover as _, Verifier as _};
use zeroize::Zeroizing;

use super::{Vrf, VrfKey, VrfProof, VrfSecret};
use crate::error::Error;

/// ECVRF-EDWARDS25519-SHA512-ELL2, RFC 9381, 5.5: keys of 32 bytes, proofs of 80, outputs of 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecvrf {}

/// p = 2^255 − 19 and the order q of the subgroup, little-endian.
const P: [u8; 32] = {
    let mut p = [0xFF; 32];
    p[0] = 0xED;
    p[31] = 0x7F;
    p
};
const Q: [u8; 32] = [
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn below(value: &[u8; 32], bound: &[u8; 32]) -> bool {
    value.iter().rev().lt(bound.iter().rev())
}

/// RFC 8032, 5.1.3, and RFC 9381, 5.5: y < p, and no sign for x = 0.
fn is_canonical_point(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7F;
    let sign = bytes[31] & 0x80 != 0;
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = P;
    minus_one[0] -= 1;
    let x_is_zero = y == one || y == minus_one;
    below(&y, &P) && !(sign && x_is_zero)
}

fn public(key: &VrfKey) -> Result<PublicKey, Error> {
    if !is_canonical_point(&key.0) {
        return Err(Error::BadVrfKey);
    }
    // Refuses small order: validate_key of RFC 9381, 5.4.5.
    PublicKey::from_slice(&key.0).map_err(|_| Error::BadVrfKey)
}

impl Vrf for Ecvrf {
    fn check_key(key: &VrfKey) -> Result<(), Error> {
        public(key).map(drop)
    }

    fn verify(key: &VrfKey, input: &[u8], proof: &VrfProof) -> Result<[u8; 64], Error> {
        let public = public(key)?;
        let (gamma, rest) = proof.0.split_first_chunk::<32>().ok_or(Error::BadVrfProof)?;
        let s = rest.last_chunk::<32>().ok_or(Error::BadVrfProof)?;
        // RFC 9381, 5.4.4: string_to_point fails, or s >= q, is INVALID.
        if !is_canonical_point(gamma) || !below(s, &Q) {
            return Err(Error::BadVrfProof);
        }
        let proof = EdVrfProof::decode_pi(&proof.0).map_err(|_| Error::BadVrfProof)?;
        let output = public.verify(input, proof).map_err(|_| Error::BadVrfProof)?;
        Ok(output.into())
    }
}

/// The secret of an [`Ecvrf`] key: the 32 bytes of an Ed25519 secret key (RFC 8032).
pub struct EcvrfSecret {
    bytes: Zeroizing<[u8; 32]>,
    key: VrfKey,
}

impl EcvrfSecret {
    /// The secret with these bytes. Don't use them for Ed25519 signatures too.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        // RFC 9381, 5.5: the public key is RFC 8032's. `vrf-rfc9381` doesn't give its encoding.
        let key = SigningKey::from_bytes(bytes).verifying_key().to_bytes();
        Self { bytes: Zeroizing::new(*bytes), key: VrfKey(key) }
    }
}

impl fmt::Debug for EcvrfSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcvrfSecret").finish_non_exhaustive()
    }
}

impl VrfSecret for EcvrfSecret {
    type Vrf = Ecvrf;

    fn key(&self) -> VrfKey {
        self.key
    }

    fn prove(&self, input: &[u8]) -> VrfProof {
        // The length is the only thing that either call refuses, beside a suite that it lacks.
        let proof = SecretKey::from_slice(&self.bytes[..]).and_then(|secret| secret.prove(input));
        let encoded = proof.map(|proof| proof.encode_to_pi()).unwrap_or_default();
        VrfProof(encoded.try_into().unwrap_or([0; 80]))
    }
}

#[cfg(test)]
pub(crate) fn unhex(text: &str) -> alloc::vec::Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

#[cfg(test)]
mod tests;
