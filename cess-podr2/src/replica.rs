//! Keyed masks that make every replica of a segment a different string of bytes.
//!
//! A mask lies over a segment before erasure coding. Whoever has the masked segment but not its
//! mask key can't tell it from random, and can't make one replica out of another. The numbers of
//! segments and replicas, the salt of the upload and the content root go into the keystream's key,
//! so no keystream is used twice for different content.

use core::fmt;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::domain::{MASK, PUBLIC_MASK, REPLICA, Transcript};
use crate::error::Error;

/// The owner's secret from which the masks of all replicas are derived.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ReplicaKey([u8; 32]);

impl ReplicaKey {
    /// Bytes of a key.
    pub const LEN: usize = 32;

    /// Draws a key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Self([0; Self::LEN]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Takes 32 uniform secret bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        Self(*bytes)
    }

    /// The secret bytes, for safekeeping.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::LEN]> {
        Zeroizing::new(self.0)
    }

    /// The mask key of one replica of an upload. Replica 0 of a private file needs none: its
    /// ciphertext is random already.
    #[must_use]
    pub fn mask_key(&self, salt: &[u8; 32], replica: u32) -> MaskKey {
        MaskKey(Transcript::new(REPLICA).bytes(&self.0).bytes(salt).u32(replica).digest())
    }
}

impl ConstantTimeEq for ReplicaKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for ReplicaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicaKey").finish_non_exhaustive()
    }
}

/// The mask key of one replica. Whoever has it can remake the whole replica from another, so
/// readers don't get it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MaskKey([u8; 32]);

impl MaskKey {
    /// The longest segment, 64 bytes short of 256 GiB: the cipher's 32-bit block counter never
    /// wraps.
    pub const MAX_SEGMENT_BYTES: u64 = ((1 << 32) - 1) * 64;

    /// The key of replica 0 of a public file. Anyone can derive it from the salt in the manifest:
    /// it hides nothing, it makes blocks incompressible and fragments distinct.
    #[must_use]
    pub fn public(salt: &[u8; 32]) -> Self {
        Self(Transcript::new(PUBLIC_MASK).bytes(salt).digest())
    }

    /// Masks a segment in place, or unmasks it. `root` is BLAKE3 of the segment before padding;
    /// bytes before `from` stay as they are, byte i of the rest meets byte i of the keystream. So
    /// `from = 0` masks all, and the unpadded length masks the padding alone.
    ///
    /// # Errors
    /// [`Error::MaskLength`] for a segment of 256 GiB or more; nothing is masked then.
    pub fn apply(
        &self,
        segment: u64,
        root: &[u8; 32],
        from: usize,
        buffer: &mut [u8],
    ) -> Result<(), Error> {
        let end = buffer.len() as u64;
        checked_end(end)?;
        let Some(rest) = buffer.get_mut(from..).filter(|rest| !rest.is_empty()) else {
            return Ok(());
        };
        let key =
            Zeroizing::new(Transcript::new(MASK).bytes(&self.0).u64(segment).bytes(root).digest());
        let mut cipher = ChaCha20::new((&*key).into(), &[0; 12].into());
        let refused = |_| Error::MaskLength { max: Self::MAX_SEGMENT_BYTES, end };
        cipher.try_seek(from as u64).map_err(refused)?;
        cipher.try_apply_keystream(rest).map_err(refused)
    }
}

fn checked_end(end: u64) -> Result<(), Error> {
    if end > MaskKey::MAX_SEGMENT_BYTES {
        return Err(Error::MaskLength { max: MaskKey::MAX_SEGMENT_BYTES, end });
    }
    Ok(())
}

impl ConstantTimeEq for MaskKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
