//! Data encapsulation: a file's bytes under its data key, part by part, record by record.

mod length;
mod meta;
mod part;
mod reader;
mod record;
#[cfg(feature = "std")]
mod stream;
mod whole;

#[cfg(test)]
mod tests;

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use length::{
    PAYLOAD_LEN, RECORD_LEN, RECORDS_MAX, TAG_LEN, last_record, plain_capacity, plain_len,
    sealed_len,
};
pub use meta::{META_BOX_MAX, META_MAX};
pub use part::{End, FreshSalt, Part, Salt};
pub use reader::PartReader;
#[cfg(feature = "std")]
pub use stream::SeekReader;

use crate::{DataKey, Error, domain};
use record::PartCipher;

/// What a manifest holds so that one file has one data key: the AEAD alone would let two keys open
/// one ciphertext to two plaintexts. Public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyCommitment([u8; Self::LEN]);

impl KeyCommitment {
    /// Length of a commitment in bytes.
    pub const LEN: usize = 32;

    /// The commitment's bytes.
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        self.0
    }

    /// Takes the bytes back; every value is a commitment, if perhaps to no key.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }
}

/// A data key bound to the header of its file: the file's immutable public fields, which so enter
/// every key. Seals and opens the file's parts and its private metadata.
pub struct Dem {
    data_key: Zeroizing<[u8; 32]>,
    header_hash: [u8; 32],
    commitment: KeyCommitment,
}

impl Dem {
    /// Binds `data_key` to `header`: for whoever writes the file. A reader wants
    /// [`open`](Self::open).
    pub fn new(data_key: &DataKey, header: &[u8]) -> Self {
        let data_key = data_key.to_bytes();
        let header_hash = *domain::derive(domain::HEADER, &[header]);
        let commitment = *domain::derive(domain::KEY_COMMITMENT, &[&data_key[..], &header_hash]);
        Self { data_key, header_hash, commitment: KeyCommitment(commitment) }
    }

    /// Binds `data_key` to `header` and checks, in constant time and before anything can be
    /// decrypted, that they are the ones committed to.
    ///
    /// # Errors
    /// [`Error::KeyCommitment`] if not.
    pub fn open(
        data_key: &DataKey,
        header: &[u8],
        commitment: &KeyCommitment,
    ) -> Result<Self, Error> {
        let dem = Self::new(data_key, header);
        if bool::from(dem.commitment.0.ct_eq(&commitment.0)) {
            Ok(dem)
        } else {
            Err(Error::KeyCommitment)
        }
    }

    /// The commitment to key and header that the manifest holds.
    pub fn commitment(&self) -> KeyCommitment {
        self.commitment
    }

    fn cipher(&self, part: Part, salt: Salt) -> PartCipher {
        let key = domain::derive(
            domain::PART,
            &[&self.data_key[..], &self.header_hash, &part.index.to_le_bytes(), salt.as_bytes()],
        );
        PartCipher::new(&key, part.end)
    }
}

impl fmt::Debug for Dem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dem").field("commitment", &self.commitment).finish_non_exhaustive()
    }
}
