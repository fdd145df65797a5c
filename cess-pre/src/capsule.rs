use core::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::backend::{G1_LEN, G1Affine, GT_LEN, pairing_product};
use crate::domain::{self, Transcript};
use crate::encoding::{self, Reader};
use crate::error::{Error, What};
use crate::schnorr::{self, Schnorr};
use crate::{Condition, DataKey, PublicKey, SecretKey};

const TAG_LEN: usize = 16;
const WRAP_LEN: usize = DataKey::LEN + TAG_LEN;

/// Z, the value of the pairing that opens a capsule.
pub(crate) type Shared = Zeroizing<[u8; GT_LEN]>;

/// A data key encapsulated to an owner under a condition: `C 48 ‖ wrap 48 ‖ proof 64`.
///
/// Decoded, and not yet believed: [`check`](Self::check) binds it to what it is said to be for. It
/// names no sender; whose it is says the signature on whatever carries it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Capsule {
    c: G1Affine,
    wrap: [u8; WRAP_LEN],
    proof: Schnorr,
}

impl Capsule {
    /// Bytes of the encoding.
    pub const LEN: usize = G1_LEN + WRAP_LEN + Schnorr::LEN;

    /// The one encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..G1_LEN].copy_from_slice(&self.c.to_compressed());
        out[G1_LEN..G1_LEN + WRAP_LEN].copy_from_slice(&self.wrap);
        out[G1_LEN + WRAP_LEN..].copy_from_slice(&self.proof.to_bytes());
        out
    }

    /// Decodes a capsule.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Point`], [`Error::Subgroup`], [`Error::Identity`],
    /// [`Error::Scalar`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(&mut Reader::new(What::Capsule, bytes, Self::LEN)?)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { c: reader.g1()?, wrap: reader.array()?, proof: Schnorr::read(reader)? })
    }

    /// Checks that whoever made the capsule made it for this owner, condition and label, and knew
    /// its secret: nobody can move it elsewhere, nor change a bit of it.
    ///
    /// # Errors
    /// [`Error::CapsuleProof`].
    pub fn check(
        self,
        owner: &PublicKey,
        condition: &Condition,
        label: &[u8; 32],
    ) -> Result<CheckedCapsule, Error> {
        self.check_for(owner.a1, condition, label)
    }

    pub(crate) fn check_for(
        self,
        a1: G1Affine,
        condition: &Condition,
        label: &[u8; 32],
    ) -> Result<CheckedCapsule, Error> {
        let message = [&a1.to_compressed()[..], &condition.to_bytes(), label, &self.wrap];
        if !self.proof.holds(domain::CAPSULE_PROOF, &self.c, &message) {
            return Err(Error::CapsuleProof);
        }
        Ok(CheckedCapsule { capsule: self, a1, condition: *condition, label: *label })
    }
}

/// A capsule whose proof holds for an owner, a condition and a label, the file's name.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckedCapsule {
    capsule: Capsule,
    a1: G1Affine,
    condition: Condition,
    label: [u8; 32],
}

impl CheckedCapsule {
    /// What goes into the access record.
    pub fn capsule(&self) -> &Capsule {
        &self.capsule
    }

    /// The condition that it is under.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The file that it is for.
    pub fn label(&self) -> &[u8; 32] {
        &self.label
    }

    /// Digest of the capsule and all that it is bound to: how requests and answers name it.
    pub fn hash(&self) -> [u8; 32] {
        Transcript::new(domain::CAPSULE_HASH)
            .bytes(&self.capsule.to_bytes())
            .point(&self.a1)
            .bytes(&self.condition.to_bytes())
            .bytes(&self.label)
            .digest()
    }

    pub(crate) fn c(&self) -> &G1Affine {
        &self.capsule.c
    }

    pub(crate) fn owner(&self) -> &G1Affine {
        &self.a1
    }

    /// Takes the data key out, given Z.
    ///
    /// # Errors
    /// [`Error::Wrap`] if Z is another or the wrap was made under another.
    pub(crate) fn unwrap(&self, shared: &Shared) -> Result<DataKey, Error> {
        let (sealed, tag) =
            self.capsule.wrap.split_first_chunk::<{ DataKey::LEN }>().ok_or(Error::Wrap)?;
        let tag = Tag::try_from(tag).map_err(|_| Error::Wrap)?;
        let bound = Bound::new(&self.capsule.c, &self.a1, &self.condition, &self.label);
        let mut key = Zeroizing::new(*sealed);
        bound
            .cipher(shared)
            .decrypt_inout_detached(&Nonce::default(), &bound.0, key[..].as_mut().into(), &tag)
            .map_err(|_| Error::Wrap)?;
        Ok(DataKey::from_bytes(key))
    }
}

/// `C ‖ A1 ‖ w ‖ label`: what K and the wrap are bound to.
struct Bound([u8; Self::LEN]);

impl Bound {
    const LEN: usize = 2 * G1_LEN + Condition::LEN + 32;

    fn new(c: &G1Affine, a1: &G1Affine, condition: &Condition, label: &[u8; 32]) -> Self {
        let mut bytes = [0; Self::LEN];
        bytes[..G1_LEN].copy_from_slice(&c.to_compressed());
        bytes[G1_LEN..2 * G1_LEN].copy_from_slice(&a1.to_compressed());
        bytes[2 * G1_LEN..][..Condition::LEN].copy_from_slice(&condition.to_bytes());
        bytes[2 * G1_LEN + Condition::LEN..].copy_from_slice(label);
        Self(bytes)
    }

    /// `K = derive_key(kem, Z ‖ C ‖ A1 ‖ w ‖ label)`. Each K seals one data key, so nonce 0.
    fn cipher(&self, shared: &Shared) -> ChaCha20Poly1305 {
        let key = domain::derive(domain::KEM, &[&shared[..], &self.0]);
        ChaCha20Poly1305::new(<&Key>::from(&*key))
    }
}

impl PublicKey {
    /// Encapsulates a data key to this owner under `condition`, for the file `label`. Anybody can:
    /// it takes no secret of the owner's.
    ///
    /// `Z = e(rho*A1, Q_w)`, `C = rho*g1` (Boneh and Franklin, with w in the identity's place), and
    /// Schnorr's proof of rho.
    ///
    /// # Errors
    /// [`Error::Wrap`] if the AEAD refuses, which nothing brings about.
    pub fn encapsulate(
        &self,
        key: &DataKey,
        condition: &Condition,
        label: &[u8; 32],
        rng: &mut impl CryptoRng,
    ) -> Result<CheckedCapsule, Error> {
        let fresh = schnorr::fresh(rng);
        let w = condition.to_bytes();
        let a1 = self.a1.to_compressed();
        // Hedged: an RNG that repeats itself gives the same capsule or another rho.
        let rho = Transcript::new(domain::RHO)
            .bytes(key.as_bytes())
            .bytes(&fresh[..])
            .all(&[&a1, &w, label])
            .secret_scalar();
        let c = G1Affine::generator().mul(&rho).to_affine();
        let mut blinded = self.a1.mul(&rho).to_affine();
        let shared = pairing_product(&[(blinded, condition.point().to_affine())]);
        blinded.zeroize();

        let bound = Bound::new(&c, &self.a1, condition, label);
        let mut sealed = Zeroizing::new(*key.as_bytes());
        let tag = bound
            .cipher(&shared)
            .encrypt_inout_detached(&Nonce::default(), &bound.0, sealed[..].as_mut().into())
            .map_err(|_| Error::Wrap)?;
        let mut wrap = [0; WRAP_LEN];
        wrap[..DataKey::LEN].copy_from_slice(&sealed[..]);
        wrap[DataKey::LEN..].copy_from_slice(&tag);

        let message = [&a1[..], &w, label, &wrap];
        let proof = Schnorr::prove(domain::CAPSULE_PROOF, &rho, &c, &message, &fresh);
        let capsule = Capsule { c, wrap, proof };
        Ok(CheckedCapsule { capsule, a1: self.a1, condition: *condition, label: *label })
    }
}

impl SecretKey {
    /// Opens a capsule as the owner it was made for: `Z = e(a*C, Q_w)`.
    ///
    /// The AEAD doesn't commit to its key: [`Dem::open`](crate::dem::Dem::open) checks that the
    /// data key is the one of the file.
    ///
    /// # Errors
    /// [`Error::OtherOwner`] if it is another's, [`Error::Wrap`] if whoever made it put no key in.
    pub fn open(&self, capsule: &CheckedCapsule) -> Result<DataKey, Error> {
        if capsule.a1 != self.public().a1 {
            return Err(Error::OtherOwner);
        }
        let mut opened = capsule.c().mul(&self.a).to_affine();
        let shared = pairing_product(&[(opened, capsule.condition.point().to_affine())]);
        opened.zeroize();
        capsule.unwrap(&shared)
    }
}

impl fmt::Debug for Capsule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::hex("Capsule", &self.c.to_compressed()[..8], f)
    }
}

impl fmt::Debug for CheckedCapsule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedCapsule")
            .field("capsule", &self.capsule)
            .field("condition", &self.condition)
            .finish_non_exhaustive()
    }
}
