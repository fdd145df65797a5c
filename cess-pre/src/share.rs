use core::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::backend::{G1_LEN, G1Affine, SCALAR_LEN, Scalar};
use crate::domain::{self, Transcript};
use crate::encoding::Reader;
use crate::error::{Error, What};
use crate::grant::CheckedGrant;
use crate::schnorr::{self, Schnorr};
use crate::{PublicKey, SecretKey};

const TAG_LEN: usize = 16;
const SEALED_LEN: usize = SCALAR_LEN + TAG_LEN;

/// A proxy's share of a grant, sealed to the proxy: `index u8 ‖ R 48 ‖ AEAD of f(index) 48`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedShare {
    index: u8,
    ephemeral: G1Affine,
    sealed: [u8; SEALED_LEN],
}

impl SealedShare {
    /// Bytes of the encoding.
    pub const LEN: usize = 1 + G1_LEN + SEALED_LEN;

    pub(crate) fn seal(
        grant: &CheckedGrant,
        index: u8,
        proxy: &PublicKey,
        share: &Scalar,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let fresh = schnorr::fresh(rng);
        let mut sealed = Zeroizing::new(share.to_bytes());
        let r = Transcript::new(domain::SHARE_EPHEMERAL)
            .all(&[&sealed[..], &fresh[..], grant.id(), &[index]])
            .point(&proxy.a1)
            .secret_scalar();
        let ephemeral = G1Affine::generator().mul(&r).to_affine();
        let tag = cipher(proxy.a1.mul(&r).to_affine(), &ephemeral, &proxy.a1, grant, index)
            .encrypt_inout_detached(&Nonce::default(), &[], sealed[..].as_mut().into())
            .map_err(|_| Error::Share)?;
        let mut bytes = [0; SEALED_LEN];
        bytes[..SCALAR_LEN].copy_from_slice(&sealed[..]);
        bytes[SCALAR_LEN..].copy_from_slice(&tag);
        Ok(Self { index, ephemeral, sealed: bytes })
    }

    /// Which proxy it is for, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }

    /// The one encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[0] = self.index;
        out[1..=G1_LEN].copy_from_slice(&self.ephemeral.to_compressed());
        out[1 + G1_LEN..].copy_from_slice(&self.sealed);
        out
    }

    /// Decodes a sealed share.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Index`] for 0, [`Error::Point`], [`Error::Subgroup`],
    /// [`Error::Identity`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(What::SealedShare, bytes, Self::LEN)?;
        let index = read_index(&mut reader)?;
        Ok(Self { index, ephemeral: reader.g1()?, sealed: reader.array()? })
    }
}

/// Reads an index that some grant may have.
pub(crate) fn read_index(reader: &mut Reader<'_>) -> Result<u8, Error> {
    match reader.u8()? {
        0 => Err(Error::Index { index: 0, proxies: u8::MAX }),
        index => Ok(index),
    }
}

/// Each sealed share has an ephemeral key of its own, so nonce 0.
fn cipher(
    mut agreed: G1Affine,
    ephemeral: &G1Affine,
    proxy: &G1Affine,
    grant: &CheckedGrant,
    index: u8,
) -> ChaCha20Poly1305 {
    let key = Zeroizing::new(
        Transcript::new(domain::SHARE)
            .point(&agreed)
            .point(ephemeral)
            .point(proxy)
            .all(&[grant.id(), &[index]])
            .digest(),
    );
    agreed.zeroize();
    ChaCha20Poly1305::new(<&Key>::from(&*key))
}

/// A share that a proxy accepted: it lies on the grant's polynomial. Secret.
///
/// It has no encoding: what a proxy keeps is the [`SealedShare`], which it opens again.
pub struct Share {
    pub(crate) grant: [u8; 32],
    pub(crate) index: u8,
    pub(crate) sigma: Zeroizing<Scalar>,
    /// `S_i = sigma*g1`.
    pub(crate) point: G1Affine,
}

impl Share {
    /// The grant's id.
    pub fn grant(&self) -> &[u8; 32] {
        &self.grant
    }

    /// The proxy's index, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share").field("index", &self.index).finish_non_exhaustive()
    }
}

/// A proxy's signature that it has accepted its share: `index u8 ‖ signature 64`. With t of them the
/// owner and the delegatee know that the grant can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    index: u8,
    signature: SignatureBytes,
}

/// A signature, decoded; opaque in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SignatureBytes(pub(crate) Schnorr);

impl fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::encoding::hex("Signature", &self.0.to_bytes()[..8], f)
    }
}

impl Receipt {
    /// Bytes of the encoding.
    pub const LEN: usize = 1 + Schnorr::LEN;

    /// Whose it is, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }

    /// Checks that the grant's proxy of this index signed it.
    ///
    /// # Errors
    /// [`Error::Index`], [`Error::ReceiptSignature`].
    pub fn check(&self, grant: &CheckedGrant) -> Result<(), Error> {
        let (index, proxy) = (self.index, grant.proxy(self.index)?);
        if self.signature.0.holds(domain::RECEIPT, proxy, &[grant.id(), &[index]]) {
            Ok(())
        } else {
            Err(Error::ReceiptSignature { index })
        }
    }

    /// The one encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[0] = self.index;
        out[1..].copy_from_slice(&self.signature.0.to_bytes());
        out
    }

    /// Decodes a receipt.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Index`] for 0, [`Error::Scalar`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(What::Receipt, bytes, Self::LEN)?;
        let index = read_index(&mut reader)?;
        Ok(Self { index, signature: SignatureBytes(Schnorr::read(&mut reader)?) })
    }
}

impl SecretKey {
    /// Takes a share as the proxy it is sealed to, if it lies on the grant's polynomial,
    /// `f(i)*g1 = sum_j i^j*Phi_j`, and signs for it.
    ///
    /// # Errors
    /// [`Error::Index`], [`Error::OtherProxy`] if the grant has another proxy at that index,
    /// [`Error::Share`] if it doesn't open, [`Error::JunkShare`] if it isn't on the polynomial.
    pub fn accept(
        &self,
        grant: &CheckedGrant,
        sealed: &SealedShare,
        rng: &mut impl CryptoRng,
    ) -> Result<(Share, Receipt), Error> {
        let index = sealed.index;
        if *grant.proxy(index)? != self.public().s1 {
            return Err(Error::OtherProxy { index });
        }
        let mut agreed = sealed.ephemeral.mul(&self.a);
        let proxy = self.public().a1;
        let cipher = cipher(agreed.to_affine(), &sealed.ephemeral, &proxy, grant, index);
        agreed.zeroize();
        let (ciphertext, tag) =
            sealed.sealed.split_first_chunk::<SCALAR_LEN>().ok_or(Error::Share)?;
        let tag = Tag::try_from(tag).map_err(|_| Error::Share)?;
        let mut bytes = Zeroizing::new(*ciphertext);
        cipher
            .decrypt_inout_detached(&Nonce::default(), &[], bytes[..].as_mut().into(), &tag)
            .map_err(|_| Error::Share)?;
        let sigma = Scalar::from_bytes(&bytes).ok_or(Error::JunkShare { index })?;
        let sigma = Zeroizing::new(sigma);
        let point = G1Affine::generator().mul(&sigma).to_affine();
        // A share of zero can't answer: its answer would be the identity.
        if point != grant.share_point(index) || point.is_identity() {
            return Err(Error::JunkShare { index });
        }
        let message: [&[u8]; 2] = [grant.id(), &[index]];
        let signature = self.sign(domain::RECEIPT, &message, &schnorr::fresh(rng));
        let share = Share { grant: *grant.id(), index, sigma, point };
        Ok((share, Receipt { index, signature: SignatureBytes(signature) }))
    }
}
