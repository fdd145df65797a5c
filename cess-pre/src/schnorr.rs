//! Schnorr's proof of knowledge of a discrete logarithm in G1, made a signature by what its
//! challenge hashes (Fiat and Shamir 1986, Schnorr 1991; key-prefixed).

use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::backend::{G1Affine, SCALAR_LEN, Scalar, sum_vartime};
use crate::domain::{self, Transcript};
use crate::encoding::Reader;
use crate::error::Error;

/// `(c, z)` with `c = H(P ‖ z*g1 - c*P ‖ message)`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schnorr {
    c: Scalar,
    z: Scalar,
}

impl Schnorr {
    pub(crate) const LEN: usize = 2 * SCALAR_LEN;

    /// Proves knowledge of `secret`, the logarithm of `public`. Each context has messages of one
    /// length.
    pub(crate) fn prove(
        context: &'static str,
        secret: &Scalar,
        public: &G1Affine,
        message: &[&[u8]],
        fresh: &[u8; 32],
    ) -> Self {
        let k = nonce(context, secret, public, message, fresh);
        let r = G1Affine::generator().mul(&k).to_affine();
        let c = challenge(context, public, &r, message);
        let z = k.add(&c.mul(secret));
        Self { c, z }
    }

    /// Whether the proof is one of the logarithm of `public` over `message`.
    pub(crate) fn holds(
        &self,
        context: &'static str,
        public: &G1Affine,
        message: &[&[u8]],
    ) -> bool {
        let terms = [(G1Affine::generator(), self.z), (*public, self.c.neg())];
        let r = sum_vartime(&terms).to_affine();
        challenge(context, public, &r, message) == self.c
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..SCALAR_LEN].copy_from_slice(&self.c.to_bytes());
        out[SCALAR_LEN..].copy_from_slice(&self.z.to_bytes());
        out
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { c: reader.scalar()?, z: reader.scalar()? })
    }
}

/// 32 bytes of the caller's randomness, to hedge a nonce with.
pub(crate) fn fresh(rng: &mut impl CryptoRng) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut bytes[..]);
    bytes
}

/// A nonce that neither a repeating RNG nor a known one makes repeat or known: from the secret, all
/// that is proved and fresh bytes.
pub(crate) fn nonce(
    context: &'static str,
    secret: &Scalar,
    public: &G1Affine,
    message: &[&[u8]],
    fresh: &[u8; 32],
) -> Zeroizing<Scalar> {
    let mut bytes = secret.to_bytes();
    let purpose = Transcript::new(domain::PURPOSE).bytes(context.as_bytes()).digest();
    let nonce = Transcript::new(domain::NONCE)
        .bytes(&purpose)
        .bytes(&bytes)
        .bytes(fresh)
        .point(public)
        .all(message)
        .secret_scalar();
    bytes.zeroize();
    nonce
}

fn challenge(context: &'static str, public: &G1Affine, r: &G1Affine, message: &[&[u8]]) -> Scalar {
    Transcript::new(context).point(public).point(r).all(message).scalar()
}
