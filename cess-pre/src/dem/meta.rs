//! Private metadata of a file: a name, a type.

use alloc::vec;
use alloc::vec::Vec;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Dem;
use super::length::TAG_LEN;
use crate::{Error, domain};

/// Most bytes of private metadata.
pub const META_MAX: usize = 4_094;
/// Most bytes of a box of private metadata.
pub const META_BOX_MAX: usize = SALT_LEN + LEN_LEN + META_MAX + TAG_LEN;

const SALT_LEN: usize = 32;
const LEN_LEN: usize = 2;
const PAD: usize = 256;

impl Dem {
    /// Seals private metadata into a box bound to the file's key and header:
    /// `salt 32 ‖ ciphertext ‖ tag 16`, the plaintext being `length u16 LE ‖ metadata ‖ zeros` up
    /// to a multiple of 256 bytes, so that a box tells a name's length only roughly.
    ///
    /// Each box has a key of its own, `derive_key(data key ‖ H(header) ‖ salt)`, and so nonce 0;
    /// the salt is derived from the data key, 32 fresh bytes and the metadata, so that even an RNG
    /// that repeats itself never puts two plaintexts under one keystream.
    ///
    /// # Errors
    /// [`Error::MetaTooLong`] beyond [`META_MAX`] bytes.
    pub fn seal_meta(&self, meta: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, Error> {
        let too_long = Error::MetaTooLong { max: META_MAX, got: meta.len() };
        let len = match u16::try_from(meta.len()) {
            Ok(len) if meta.len() <= META_MAX => len.to_le_bytes(),
            _ => return Err(too_long),
        };
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut fresh[..]);
        let salt = domain::derive(
            domain::META_SALT,
            &[&self.data_key[..], &self.header_hash, &fresh[..], meta],
        );

        let end = SALT_LEN + (LEN_LEN + meta.len()).next_multiple_of(PAD);
        let mut sealed = vec![0; end + TAG_LEN];
        sealed[..SALT_LEN].copy_from_slice(&salt[..]);
        sealed[SALT_LEN..SALT_LEN + LEN_LEN].copy_from_slice(&len);
        sealed[SALT_LEN + LEN_LEN..][..meta.len()].copy_from_slice(meta);
        let tag = self
            .meta_cipher(&salt)
            .encrypt_inout_detached(&Nonce::default(), &[], sealed[SALT_LEN..end].as_mut().into())
            .map_err(|_| Error::Meta)?;
        sealed[end..].copy_from_slice(&tag);
        Ok(sealed)
    }

    /// Takes private metadata out of its box.
    ///
    /// # Errors
    /// [`Error::Meta`], without telling which of key, header and bytes was wrong.
    pub fn open_meta(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        if sealed.len() > META_BOX_MAX {
            return Err(Error::Meta);
        }
        let (salt, rest) = sealed.split_first_chunk::<SALT_LEN>().ok_or(Error::Meta)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(Error::Meta)?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        self.meta_cipher(salt)
            .decrypt_inout_detached(
                &Nonce::default(),
                &[],
                plain[..].as_mut().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| Error::Meta)?;

        let (len, padded) = plain.split_first_chunk::<LEN_LEN>().ok_or(Error::Meta)?;
        let len = usize::from(u16::from_le_bytes(*len));
        let meta = padded.get(..len).ok_or(Error::Meta)?;
        let canonical = plain.len() == (LEN_LEN + len).next_multiple_of(PAD)
            && padded[len..].iter().all(|&byte| byte == 0);
        if !canonical {
            return Err(Error::Meta);
        }
        Ok(Zeroizing::new(meta.to_vec()))
    }

    fn meta_cipher(&self, salt: &[u8; SALT_LEN]) -> ChaCha20Poly1305 {
        let key = domain::derive(domain::META, &[&self.data_key[..], &self.header_hash, salt]);
        ChaCha20Poly1305::new(<&Key>::from(&*key))
    }
}

#[cfg(test)]
mod tests;
