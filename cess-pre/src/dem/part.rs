//! Which part, and the salt that makes its key fresh.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::length::len64;
use crate::{Error, domain};

/// Whether the file goes on after a part. Authenticated: a part that ends the file opens as
/// nothing else, so a file cut off at a part's boundary is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// More parts follow.
    Part,
    /// The file ends with this part.
    File,
}

/// Place of a part in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// Index of the part, from 0.
    pub index: u64,
    /// Whether the file ends with it.
    pub end: End,
}

impl Part {
    /// A part that others follow.
    pub const fn inner(index: u64) -> Self {
        Self { index, end: End::Part }
    }

    /// The part that ends the file.
    pub const fn last(index: u64) -> Self {
        Self { index, end: End::File }
    }

    pub(super) fn check_plain_len(self, plain_len: u64) -> Result<(), Error> {
        if plain_len == 0 && self != Self::last(0) {
            return Err(Error::EmptyPart { part: self.index });
        }
        Ok(())
    }

    pub(super) fn check_plain(self, plain: &[u8]) -> Result<(), Error> {
        self.check_plain_len(len64(plain))
    }
}

/// Salt of a sealed part: public, kept in the manifest, enough to open and never to seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt([u8; Self::LEN]);

impl Salt {
    /// Length of a salt in bytes.
    pub const LEN: usize = 16;

    /// The salt's bytes.
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        self.0
    }

    /// Takes the bytes back; every value is a salt.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// A salt that nothing was sealed under yet. Sealing consumes it, and it can't be made from bytes:
/// a part that was interrupted and starts again, perhaps over a changed source, gets a fresh one,
/// so no keystream is ever used twice.
#[derive(Debug)]
pub struct FreshSalt(Salt);

impl FreshSalt {
    /// Draws a salt.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; Salt::LEN];
        rng.fill_bytes(&mut bytes);
        Self(Salt(bytes))
    }

    /// Draws a salt that differs for different contents even if the RNG repeats itself, as one does
    /// that a resumed process restores: `content` is a digest of what will be sealed, under a key
    /// that whoever sees the salt doesn't have.
    pub fn hedged(content: &[u8; 32], rng: &mut impl CryptoRng) -> Self {
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut fresh[..]);
        let derived = domain::derive(domain::PART_SALT, &[&fresh[..], content]);
        let mut salt = [0; Salt::LEN];
        salt.copy_from_slice(&derived[..Salt::LEN]);
        Self(Salt(salt))
    }

    /// The salt to write down before the part's first byte leaves.
    pub const fn salt(&self) -> Salt {
        self.0
    }
}
