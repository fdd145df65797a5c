//! Accounts: ed25519 keys behind a scheme byte, and the one message they sign.

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use crate::{Error, domain};

/// The signature schemes an account may use. A later scheme takes the next byte.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[non_exhaustive]
#[repr(u8)]
pub enum Scheme {
    /// Ed25519 (RFC 8032), verified strictly: no small-order keys, no malleable signatures.
    Ed25519 = 0,
}

/// An account: `derive_key("cess-ledger v1 account", scheme ‖ public key)`, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct AccountId(pub [u8; 32]);

/// A public key with its scheme, 33 bytes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct PublicKey {
    /// How signatures under this key are checked.
    pub scheme: Scheme,
    /// The key in its scheme's own encoding.
    pub bytes: [u8; 32],
}

/// A signature in its scheme's own encoding, 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

impl PublicKey {
    /// The account this key controls.
    pub fn account(&self) -> AccountId {
        let mut hasher = blake3::Hasher::new_derive_key(domain::ACCOUNT);
        hasher.update(&[self.scheme as u8]).update(&self.bytes);
        AccountId(hasher.finalize().into())
    }

    /// Checks `signature` over a 32-byte message digest.
    ///
    /// # Errors
    /// [`Error::BadSignature`] when the key is no valid point, is of small order, or the
    /// signature is not this key's over `digest`.
    pub fn verify(&self, digest: &[u8; 32], signature: &Signature) -> Result<(), Error> {
        let Scheme::Ed25519 = self.scheme;
        let key = VerifyingKey::from_bytes(&self.bytes).map_err(|_| Error::BadSignature)?;
        key.verify_strict(digest, &ed25519_dalek::Signature::from_bytes(&signature.0))
            .map_err(|_| Error::BadSignature)
    }
}

/// A secret account key. It signs ledger calls and tag declarations and nothing else.
pub struct AccountKey(SigningKey);

impl AccountKey {
    /// The key of a 32-byte seed; equal seeds give equal accounts.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey { scheme: Scheme::Ed25519, bytes: self.0.verifying_key().to_bytes() }
    }

    /// The account of [`public`](Self::public).
    pub fn account(&self) -> AccountId {
        self.public().account()
    }

    pub(crate) fn sign(&self, digest: &[u8; 32]) -> Signature {
        Signature(self.0.sign(digest).to_bytes())
    }
}

impl core::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AccountKey").field("account", &self.account()).finish_non_exhaustive()
    }
}

macro_rules! hex_debug {
    ($($name:ident),*) => {$(
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), crate::Hex(&self.0))
            }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}", crate::Hex(&self.0))
            }
        }
    )*};
}
pub(crate) use hex_debug;

hex_debug!(AccountId, Signature);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_verifies_and_its_twin_is_refused() {
        let key = AccountKey::from_seed(&[7; 32]);
        let signature = key.sign(&[1; 32]);
        assert_eq!(key.public().verify(&[1; 32], &signature), Ok(()));
        assert_eq!(key.public().verify(&[2; 32], &signature), Err(Error::BadSignature));
        let other = AccountKey::from_seed(&[8; 32]);
        assert_eq!(other.public().verify(&[1; 32], &signature), Err(Error::BadSignature));
    }

    #[test]
    fn refuses_a_small_order_key() {
        // The identity point: with it, a cofactored check accepts one signature for every message.
        let mut identity = [0; 32];
        identity[0] = 1;
        let key = PublicKey { scheme: Scheme::Ed25519, bytes: identity };
        let mut signature = [0; 64];
        signature[0] = 1;
        assert_eq!(key.verify(&[1; 32], &Signature(signature)), Err(Error::BadSignature));
    }

    #[test]
    fn debug_never_prints_the_secret() {
        let key = AccountKey::from_seed(&[0xAB; 32]);
        let text = std::format!("{key:?}");
        assert!(!text.contains("abababab") && !text.contains("171, 171"));
    }
}
