//! The secret of the data layer.

use core::fmt;

use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// Secret that one file's data is encrypted under. One file, one fresh data key: it is what readers
/// get, so a key that served two files would open both.
///
/// Not `Clone`, compared in constant time, redacted in `Debug`, zeroized on drop.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Length of the key in bytes.
    pub const LEN: usize = 32;

    /// Draws a fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut bytes[..]);
        Self(bytes)
    }

    /// Takes a key from the bytes that [`to_bytes`](Self::to_bytes) gave.
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// Exports the key; the copy is zeroized on drop as well.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ConstantTimeEq for DataKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0[..])
    }
}

impl PartialEq for DataKey {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for DataKey {}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_key_survives_its_bytes() {
        let key = DataKey::generate(&mut ChaCha20Rng::seed_from_u64(1));
        assert_eq!(key, DataKey::from_bytes(key.to_bytes()));
    }

    #[test]
    fn keys_that_differ_in_one_bit_are_not_equal() {
        let key = DataKey::generate(&mut ChaCha20Rng::seed_from_u64(1));
        for bit in 0..256 {
            let mut bytes = key.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(key, DataKey::from_bytes(bytes));
        }
    }

    #[test]
    fn debug_shows_no_byte_of_a_key() {
        let key = DataKey::from_bytes(Zeroizing::new([0xab; 32]));
        assert_eq!(format!("{key:?}"), "DataKey { .. }");
    }
}
