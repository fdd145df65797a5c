use alloc::vec::Vec;

use crate::backend::{Batch, G1_BYTES, G1Affine, msm_short, pairing_product_is_one};
use crate::domain::{KEY_CHECK, Transcript};
use crate::error::{Error, What};
use crate::id::KeyId;
use crate::public::PublicKey;
use crate::sectors::Sectors;

/// The powers `U_j = alpha^j g1` that a prover and whoever checks tags need. A value of this type
/// belongs to a public key: decoding checks it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProvingKey {
    /// `U_0 = g1` to `U_{s-1}`.
    pub(crate) powers: Vec<G1Affine>,
    public: PublicKey,
}

impl ProvingKey {
    /// For powers that were just computed from the secret.
    pub(crate) fn trusted(powers: Vec<G1Affine>, key: &PublicKey) -> Self {
        Self { powers, public: key.clone() }
    }

    /// Bytes of an encoding: 48 for each power but the first, which is the generator.
    #[must_use]
    pub fn encoded_len(sectors: Sectors) -> usize {
        (sectors.count() - 1) * G1_BYTES
    }

    /// Decodes a proving key and checks every point and, against the public key, all of them
    /// together. The cost is that of as many subgroup checks as there are sectors.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Point`], [`Error::Subgroup`], [`Error::Identity`], or
    /// [`Error::ProvingKey`] if the powers are another key's.
    pub fn from_bytes(bytes: &[u8], key: &PublicKey) -> Result<Self, Error> {
        let what = What::ProvingKey;
        let expected = Self::encoded_len(key.sectors());
        if bytes.len() != expected {
            return Err(Error::length(what, expected, bytes.len()));
        }
        let (encodings, _) = bytes.as_chunks::<G1_BYTES>();
        let mut powers = Vec::with_capacity(key.sectors().count());
        powers.push(G1Affine::generator());
        for (index, found) in Batch::best().decode(encodings).into_iter().enumerate() {
            let point = found.map_err(|error| Error::point(what, index, error))?;
            if point.is_identity() {
                return Err(Error::Identity { what, index: index as u64 });
            }
            powers.push(point);
        }
        let proving = Self { powers, public: key.clone() };
        proving.check(key)?;
        Ok(proving)
    }

    /// The one encoding of the key, [`encoded_len`](Self::encoded_len) bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.powers[1..].iter().flat_map(|power| power.to_compressed()).collect()
    }

    /// BLAKE3 of the encoding: what the key's registration names, so that the bytes can be
    /// fetched like any content.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(&self.to_bytes()).as_bytes()
    }

    /// The public key's id.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.public.key_id()
    }

    /// The public key that the powers belong to.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Sectors in a block under this key.
    #[must_use]
    pub fn sectors(&self) -> Sectors {
        self.public.sectors()
    }

    /// Checks `e(U_{j+1}, X) = e(U_j, Y)` for all j at once, under weights that every power went
    /// into.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for another key's id, [`Error::ProvingKey`] if a power is wrong.
    pub fn check(&self, key: &PublicKey) -> Result<(), Error> {
        if self.key_id() != key.key_id() {
            return Err(Error::KeyMismatch { expected: key.key_id(), got: self.key_id() });
        }
        let weights = self.weights();
        let upper = msm_short(&self.powers[1..], &weights);
        let lower = msm_short(&self.powers[..weights.len()], &weights);
        let pairs = [(upper.neg().to_affine(), key.x), (lower.to_affine(), key.y)];
        if pairing_product_is_one(&pairs) {
            Ok(())
        } else {
            Err(Error::ProvingKey { key: key.key_id() })
        }
    }

    /// One for each power but the generator: every power goes into every weight.
    fn weights(&self) -> Vec<u128> {
        let mut xof = Transcript::new(KEY_CHECK)
            .bytes(self.key_id().as_bytes())
            .bytes(&self.to_bytes())
            .xof();
        self.powers[1..].iter().map(|_| xof.weight()).collect()
    }
}

impl core::fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ProvingKey").field("id", &self.key_id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
