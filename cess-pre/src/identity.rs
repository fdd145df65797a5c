use core::fmt;

use zeroize::Zeroizing;

use crate::backend::{G1_LEN, G1Affine, Scalar};
use crate::domain::{self, Transcript};
use crate::encoding::{self, Reader};
use crate::error::{Error, What};
use crate::schnorr::Schnorr;

/// Everything that a person, a delegatee or a proxy keeps secret: a decryption master and a signing
/// key, of one seed. Never a wallet's key. Whoever has the seed opens all that was ever encapsulated
/// to it.
///
/// Not `Clone`, redacted in `Debug`, zeroized on drop. What is kept is the seed.
pub struct SecretKey {
    pub(crate) a: Zeroizing<Scalar>,
    pub(crate) s: Zeroizing<Scalar>,
    public: PublicKey,
}

impl SecretKey {
    /// The keys of 32 uniform secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let a = Transcript::new(domain::DECRYPTION).bytes(seed).secret_scalar();
        let s = Transcript::new(domain::SIGNING).bytes(seed).secret_scalar();
        let generator = G1Affine::generator();
        let (a1, s1) = (generator.mul(&a).to_affine(), generator.mul(&s).to_affine());
        // A seed has one public key in bytes: nothing fresh goes into these two proofs.
        let fresh = [0; 32];
        let possession = [
            Schnorr::prove(domain::POSSESSION_A, &a, &a1, &[&s1.to_compressed()], &fresh),
            Schnorr::prove(domain::POSSESSION_S, &s, &s1, &[&a1.to_compressed()], &fresh),
        ];
        Self { a, s, public: PublicKey { a1, s1, possession } }
    }

    /// The public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs under the key for signatures, in a context of its own for each kind of message.
    pub(crate) fn sign(
        &self,
        context: &'static str,
        message: &[&[u8]],
        fresh: &[u8; 32],
    ) -> Schnorr {
        Schnorr::prove(context, &self.s, &self.public.s1, message, fresh)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// A public key: `A1 = a*g1`, to which is encapsulated, `S1 = s*g1`, under which is signed, and
/// proofs that one holder knows both a and s.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub(crate) a1: G1Affine,
    pub(crate) s1: G1Affine,
    possession: [Schnorr; 2],
}

impl PublicKey {
    /// Bytes of the encoding.
    pub const LEN: usize = 2 * G1_LEN + 2 * Schnorr::LEN;

    /// The one encoding: A1, S1, proof of a, proof of s.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let (keys, proofs) = out.split_at_mut(2 * G1_LEN);
        keys[..G1_LEN].copy_from_slice(&self.a1.to_compressed());
        keys[G1_LEN..].copy_from_slice(&self.s1.to_compressed());
        proofs[..Schnorr::LEN].copy_from_slice(&self.possession[0].to_bytes());
        proofs[Schnorr::LEN..].copy_from_slice(&self.possession[1].to_bytes());
        out
    }

    /// Decodes a key and checks its proofs of possession.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Point`], [`Error::Subgroup`], [`Error::Identity`],
    /// [`Error::Scalar`], [`Error::Possession`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(What::PublicKey, bytes, Self::LEN)?;
        let (a1, s1) = (reader.g1()?, reader.g1()?);
        let possession = [Schnorr::read(&mut reader)?, Schnorr::read(&mut reader)?];
        let (a, s) = (a1.to_compressed(), s1.to_compressed());
        let holds = possession[0].holds(domain::POSSESSION_A, &a1, &[&s])
            && possession[1].holds(domain::POSSESSION_S, &s1, &[&a]);
        if holds { Ok(Self { a1, s1, possession }) } else { Err(Error::Possession) }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.a1 == other.a1 && self.s1 == other.s1
    }

    /// A1 in bytes: how capsules and grants name their owner.
    pub fn encryption_key(&self) -> [u8; G1_LEN] {
        self.a1.to_compressed()
    }

    /// S1 in bytes: how grants name their proxies.
    pub fn verifying_key(&self) -> [u8; G1_LEN] {
        self.s1.to_compressed()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::hex("PublicKey", &self.a1.to_compressed()[..8], f)
    }
}
