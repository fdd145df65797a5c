//! A data key sealed under a symmetric key of the owner.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::domain;
use crate::{DataKey, Error, OwnerKey};

const SALT_LEN: usize = 32;
const TAG_AT: usize = SALT_LEN + DataKey::LEN;

/// A data key that only the holder of one [`OwnerKey`] can take out, and only under the context
/// it was wrapped with: `salt 32 ‖ ciphertext 32 ‖ tag 16`.
///
/// Each wrap has a key of its own, `derive_key(owner key ‖ salt)`, and so nonce 0. The salt is
/// hedged: derived from the owner key, the data key, 32 fresh bytes and the context, so that even
/// an RNG that repeats itself never puts two data keys under one keystream.
///
/// The wrap commits to no key: check what comes out with [`Dem::open`](crate::dem::Dem::open).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey([u8; Self::LEN]);

impl WrappedKey {
    /// Length of the encoding in bytes.
    pub const LEN: usize = TAG_AT + 16;

    /// Wraps `data_key`, bound to `context`: bytes that name the file, such as its key commitment.
    ///
    /// # Errors
    /// [`Error::Unwrap`] if the AEAD refuses, which no context that fits memory brings about.
    pub fn seal(
        owner: &OwnerKey,
        data_key: &DataKey,
        context: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut fresh[..]);
        let salt = domain::derive(
            domain::OWNER_WRAP_SALT,
            &[owner.as_bytes(), data_key.as_bytes(), &fresh[..], context],
        );
        let mut sealed = Zeroizing::new(*data_key.as_bytes());
        let tag = cipher(owner, &salt)
            .encrypt_inout_detached(&Nonce::default(), context, sealed[..].as_mut().into())
            .map_err(|_| Error::Unwrap)?;

        let mut bytes = [0; Self::LEN];
        bytes[..SALT_LEN].copy_from_slice(&salt[..]);
        bytes[SALT_LEN..TAG_AT].copy_from_slice(&sealed[..]);
        bytes[TAG_AT..].copy_from_slice(&tag);
        Ok(Self(bytes))
    }

    /// Takes the data key out.
    ///
    /// # Errors
    /// [`Error::Unwrap`], without telling which of key, context and bytes was wrong.
    pub fn open(&self, owner: &OwnerKey, context: &[u8]) -> Result<DataKey, Error> {
        let (salt, rest) = self.0.split_first_chunk::<SALT_LEN>().ok_or(Error::Unwrap)?;
        let (sealed, tag) = rest.split_first_chunk::<{ DataKey::LEN }>().ok_or(Error::Unwrap)?;
        let tag = Tag::try_from(tag).map_err(|_| Error::Unwrap)?;
        let mut key = Zeroizing::new(*sealed);
        cipher(owner, salt)
            .decrypt_inout_detached(&Nonce::default(), context, key[..].as_mut().into(), &tag)
            .map_err(|_| Error::Unwrap)?;
        Ok(DataKey::from_bytes(key))
    }

    /// The encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        self.0
    }

    /// Takes the encoding back; whether it opens is for [`open`](Self::open) to find out.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }
}

fn cipher(owner: &OwnerKey, salt: &[u8; SALT_LEN]) -> ChaCha20Poly1305 {
    let key = domain::derive(domain::OWNER_WRAP, &[owner.as_bytes(), salt]);
    ChaCha20Poly1305::new(<&Key>::from(&*key))
}

#[cfg(test)]
mod tests;
