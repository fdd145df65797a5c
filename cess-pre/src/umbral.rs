//! Umbral over `umbral-pre`, for those who need that network's formats. **`umbral-pre` is
//! GPL-3.0-only**: so is, as a whole, whatever is built with the feature `umbral`.
//!
//! The same steps as this crate's own scheme (encapsulate, delegate, answer, combine) and weaker
//! promises: there are **no conditions**, so one delegation opens everything that was ever or will be
//! encapsulated to the owner, and a threshold of proxies with the delegatee recovers a key that does
//! the same. Its fronts take no condition: accepting one would grant everything all the same.
//!
//! ```
//! use cess_pre::{DataKey, Threshold, umbral};
//! use rand::SeedableRng;
//!
//! # fn main() -> Result<(), cess_pre::Error> {
//! let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(7);
//! let (alice, bob) =
//!     (umbral::SecretKey::from_seed(&[1; 32])?, umbral::SecretKey::from_seed(&[2; 32])?);
//! let key = DataKey::generate(&mut rng);
//! let capsule = alice.public().encapsulate(&key, &mut rng)?;
//! let shares = alice.delegate(bob.public(), Threshold::new(2)?, 3, &mut rng)?;
//! let answers: Vec<_> = shares.iter().map(|share| share.answer(&capsule, &mut rng)).collect();
//! assert_eq!(bob.combine(alice.public(), &capsule, &answers[1..])?, key);
//! # Ok(())
//! # }
//! ```

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use rand_core_06 as v06;
use umbral_pre::{DefaultDeserialize, DefaultSerialize, SecretKeyFactory, Signer};
use zeroize::Zeroizing;

use crate::error::{Error, What};
use crate::{DataKey, Threshold};

/// Decryption key and signing key of one seed.
pub struct SecretKey {
    decryption: umbral_pre::SecretKey,
    signer: Signer,
    public: PublicKey,
}

/// What is encapsulated to, and what verifies.
#[derive(Clone, PartialEq)]
pub struct PublicKey {
    encryption: umbral_pre::PublicKey,
    verifying: umbral_pre::PublicKey,
}

/// A data key encapsulated to an owner: Umbral's capsule and its ciphertext.
#[derive(Debug, Clone, PartialEq)]
pub struct Capsule {
    capsule: umbral_pre::Capsule,
    wrap: Vec<u8>,
}

/// A proxy's share, verified. Secret: t of them with the delegatee's key open everything.
#[derive(Clone)]
pub struct Share(umbral_pre::VerifiedKeyFrag);

/// A proxy's answer, verified.
#[derive(Debug, Clone)]
pub struct Answer(umbral_pre::VerifiedCapsuleFrag);

/// `umbral-pre` takes the traits of `rand_core` 0.6.
struct Rng<'a, R>(&'a mut R);

impl<R: CryptoRng> v06::RngCore for Rng<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), v06::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl<R: CryptoRng> v06::CryptoRng for Rng<'_, R> {}

impl SecretKey {
    /// The keys of 32 uniform secret bytes.
    ///
    /// # Errors
    /// [`Error::Umbral`] if `umbral-pre` takes seeds of another length.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, Error> {
        let factory = SecretKeyFactory::from_secure_randomness(seed)
            .map_err(|_| Error::Umbral { what: What::PublicKey })?;
        let decryption = factory.make_key(b"decryption");
        let signer = Signer::new(factory.make_key(b"signing"));
        let public =
            PublicKey { encryption: decryption.public_key(), verifying: signer.verifying_key() };
        Ok(Self { decryption, signer, public })
    }

    /// The public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Opens a capsule as its owner.
    ///
    /// # Errors
    /// [`Error::Wrap`].
    pub fn open(&self, capsule: &Capsule) -> Result<DataKey, Error> {
        let opened =
            umbral_pre::decrypt_original(&self.decryption, &capsule.capsule, &capsule.wrap);
        data_key(opened.map_err(|_| Error::Wrap)?)
    }

    /// Lets `delegatee` open **everything** that is encapsulated to this owner, with the help of
    /// `threshold` of `proxies` proxies.
    ///
    /// # Errors
    /// [`Error::Threshold`].
    pub fn delegate(
        &self,
        delegatee: &PublicKey,
        threshold: Threshold,
        proxies: u8,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Share>, Error> {
        let (threshold, proxies) = (threshold.get(), usize::from(proxies));
        if usize::from(threshold) > proxies {
            return Err(Error::Threshold { threshold, proxies });
        }
        let shares = umbral_pre::generate_kfrags_with_rng(
            &mut Rng(rng),
            &self.decryption,
            &delegatee.encryption,
            &self.signer,
            usize::from(threshold),
            proxies,
            true,
            true,
        );
        Ok(Vec::from(shares).into_iter().map(Share).collect())
    }

    /// Opens a capsule of `owner`'s with the answers of t proxies.
    ///
    /// # Errors
    /// [`Error::Wrap`]: Umbral doesn't tell too few answers from wrong ones.
    pub fn combine(
        &self,
        owner: &PublicKey,
        capsule: &Capsule,
        answers: &[Answer],
    ) -> Result<DataKey, Error> {
        let answers = answers.iter().map(|answer| answer.0.clone());
        let opened = umbral_pre::decrypt_reencrypted(
            &self.decryption,
            &owner.encryption,
            &capsule.capsule,
            answers,
            &capsule.wrap,
        );
        data_key(opened.map_err(|_| Error::Wrap)?)
    }
}

fn data_key(opened: alloc::boxed::Box<[u8]>) -> Result<DataKey, Error> {
    let opened = Zeroizing::new(opened.into_vec());
    let key = opened[..].try_into().map_err(|_| Error::Wrap)?;
    Ok(DataKey::from_bytes(Zeroizing::new(key)))
}

impl PublicKey {
    /// Encapsulates a data key to this owner. There is no condition.
    ///
    /// # Errors
    /// [`Error::Wrap`] if the AEAD refuses, which nothing brings about.
    pub fn encapsulate(&self, key: &DataKey, rng: &mut impl CryptoRng) -> Result<Capsule, Error> {
        let key = key.to_bytes();
        let sealed = umbral_pre::encrypt_with_rng(&mut Rng(rng), &self.encryption, &key[..]);
        let (capsule, wrap) = sealed.map_err(|_| Error::Wrap)?;
        Ok(Capsule { capsule, wrap: wrap.into_vec() })
    }

    /// The two keys in the network's format, 33 bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let keys = [&self.encryption, &self.verifying];
        keys.into_iter().flat_map(|key| key.to_compressed_bytes().into_vec()).collect()
    }

    /// Decodes a key.
    ///
    /// # Errors
    /// [`Error::Umbral`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = Error::Umbral { what: What::PublicKey };
        let (encryption, verifying) = bytes.split_at_checked(33).ok_or(wrong.clone())?;
        let key = |bytes| {
            umbral_pre::PublicKey::try_from_compressed_bytes(bytes).map_err(|_| wrong.clone())
        };
        Ok(Self { encryption: key(encryption)?, verifying: key(verifying)? })
    }
}

/// The network's serialization of one of its objects.
fn serialized(object: &impl DefaultSerialize) -> Vec<u8> {
    object.to_bytes().map(Vec::from).unwrap_or_default()
}

fn deserialized<T>(what: What, bytes: &[u8]) -> Result<T, Error>
where
    T: for<'de> DefaultDeserialize<'de> + DefaultSerialize,
{
    let object = T::from_bytes(bytes).map_err(|_| Error::Umbral { what })?;
    // The format has several encodings of one value and ignores what follows; this one is taken.
    if serialized(&object) == bytes { Ok(object) } else { Err(Error::Umbral { what }) }
}

impl Capsule {
    /// The capsule in the network's format, and the ciphertext of the data key.
    pub fn to_bytes(&self) -> (Vec<u8>, Vec<u8>) {
        (serialized(&self.capsule), self.wrap.clone())
    }

    /// Decodes and verifies a capsule.
    ///
    /// # Errors
    /// [`Error::Umbral`].
    pub fn from_bytes(capsule: &[u8], wrap: &[u8]) -> Result<Self, Error> {
        let capsule = deserialized(What::Capsule, capsule)?;
        Ok(Self { capsule, wrap: wrap.to_vec() })
    }
}

impl Share {
    /// Re-encrypts a capsule.
    pub fn answer(&self, capsule: &Capsule, rng: &mut impl CryptoRng) -> Answer {
        let share = self.0.clone();
        Answer(umbral_pre::reencrypt_with_rng(&mut Rng(rng), &capsule.capsule, share))
    }

    /// The share in the network's format. Secret.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serialized(&self.0.clone().unverify()))
    }

    /// Decodes a share and verifies it against who gave it and for whom.
    ///
    /// # Errors
    /// [`Error::Umbral`].
    pub fn from_bytes(
        bytes: &[u8],
        owner: &PublicKey,
        delegatee: &PublicKey,
    ) -> Result<Self, Error> {
        let share: umbral_pre::KeyFrag = deserialized(What::SealedShare, bytes)?;
        let (owner, delegatee, signer) =
            (&owner.encryption, &delegatee.encryption, &owner.verifying);
        let verified = share.verify(signer, Some(owner), Some(delegatee));
        verified.map(Self).map_err(|_| Error::Umbral { what: What::SealedShare })
    }
}

impl Answer {
    /// The answer in the network's format.
    pub fn to_bytes(&self) -> Vec<u8> {
        serialized(&self.0.clone().unverify())
    }

    /// Decodes an answer and verifies it.
    ///
    /// # Errors
    /// [`Error::Umbral`].
    pub fn from_bytes(
        bytes: &[u8],
        capsule: &Capsule,
        owner: &PublicKey,
        delegatee: &PublicKey,
    ) -> Result<Self, Error> {
        let answer: umbral_pre::CapsuleFrag = deserialized(What::Answer, bytes)?;
        let (signer, owner) = (&owner.verifying, &owner.encryption);
        let verified = answer.verify(&capsule.capsule, signer, owner, &delegatee.encryption);
        verified.map(Self).map_err(|_| Error::Umbral { what: What::Answer })
    }
}

macro_rules! opaque {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque!(SecretKey, PublicKey, Share);

#[cfg(test)]
mod tests;
