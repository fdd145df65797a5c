use alloc::vec::Vec;

use crate::backend::{
    Batch, G1_BYTES, G1Affine, G2_BYTES, G2Affine, msm_short, pairing_product_is_one,
};
use crate::domain::{KEY_CHECK, KEY_ID, Transcript};
use crate::error::{Error, What};
use crate::id::KeyId;
use crate::sectors::Sectors;

/// What a verifier knows of a tag key: X = x g2, Y = alpha x g2 and the number of sectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub(crate) x: G2Affine,
    pub(crate) y: G2Affine,
    sectors: Sectors,
    id: KeyId,
}

impl PublicKey {
    /// Bytes of an encoding: X, Y compressed, sectors.
    pub const LEN: usize = 2 * G2_BYTES + 4;

    pub(crate) fn new(x: G2Affine, y: G2Affine, sectors: Sectors) -> Self {
        let id = Transcript::new(KEY_ID)
            .bytes(&x.to_compressed())
            .bytes(&y.to_compressed())
            .u32(sectors.get())
            .digest();
        Self { x, y, sectors, id: KeyId::from_bytes(id) }
    }

    /// Decodes and checks a key.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Point`], [`Error::Subgroup`], [`Error::Identity`],
    /// [`Error::Sectors`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let what = What::PublicKey;
        let wrong = || Error::length(what, Self::LEN, bytes.len());
        let bytes: &[u8; Self::LEN] = bytes.try_into().map_err(|_| wrong())?;
        let point = |index: usize| {
            let mut compressed = [0; G2_BYTES];
            compressed.copy_from_slice(&bytes[index * G2_BYTES..(index + 1) * G2_BYTES]);
            let point = G2Affine::from_compressed(&compressed)
                .map_err(|error| Error::point(what, index, error))?;
            if point.is_identity() {
                return Err(Error::Identity { what, index: index as u64 });
            }
            Ok(point)
        };
        let mut sectors = [0; 4];
        sectors.copy_from_slice(&bytes[2 * G2_BYTES..]);
        let sectors = Sectors::new(u32::from_le_bytes(sectors))?;
        Ok(Self::new(point(0)?, point(1)?, sectors))
    }

    /// The one encoding of the key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..G2_BYTES].copy_from_slice(&self.x.to_compressed());
        out[G2_BYTES..2 * G2_BYTES].copy_from_slice(&self.y.to_compressed());
        out[2 * G2_BYTES..].copy_from_slice(&self.sectors.get().to_le_bytes());
        out
    }

    /// The key's id.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.id
    }

    /// Sectors in a block under this key.
    #[must_use]
    pub fn sectors(&self) -> Sectors {
        self.sectors
    }
}

/// The powers `U_j = alpha^j g1` that a prover and whoever checks tags need. A value of this type
/// belongs to a public key: decoding checks it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProvingKey {
    /// `U_0 = g1` to `U_{s-1}`.
    pub(crate) powers: Vec<G1Affine>,
    sectors: Sectors,
    id: KeyId,
}

impl ProvingKey {
    /// For powers that were just computed from the secret.
    pub(crate) fn trusted(powers: Vec<G1Affine>, key: &PublicKey) -> Self {
        Self { powers, sectors: key.sectors, id: key.id }
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
        let expected = Self::encoded_len(key.sectors);
        if bytes.len() != expected {
            return Err(Error::length(what, expected, bytes.len()));
        }
        let (encodings, _) = bytes.as_chunks::<G1_BYTES>();
        let mut powers = Vec::with_capacity(key.sectors.count());
        powers.push(G1Affine::generator());
        for (index, found) in Batch::best().decode(encodings).into_iter().enumerate() {
            let point = found.map_err(|error| Error::point(what, index, error))?;
            if point.is_identity() {
                return Err(Error::Identity { what, index: index as u64 });
            }
            powers.push(point);
        }
        let proving = Self { powers, sectors: key.sectors, id: key.id };
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
        self.id
    }

    /// Sectors in a block under this key.
    #[must_use]
    pub fn sectors(&self) -> Sectors {
        self.sectors
    }

    /// Checks `e(U_{j+1}, X) = e(U_j, Y)` for all j at once, under weights that every power went
    /// into.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for another key's id, [`Error::ProvingKey`] if a power is wrong.
    pub fn check(&self, key: &PublicKey) -> Result<(), Error> {
        if self.id != key.id {
            return Err(Error::KeyMismatch { expected: key.id, got: self.id });
        }
        let weights = self.weights();
        let upper = msm_short(&self.powers[1..], &weights);
        let lower = msm_short(&self.powers[..weights.len()], &weights);
        let pairs = [(upper.neg().to_affine(), key.x), (lower.to_affine(), key.y)];
        if pairing_product_is_one(&pairs) { Ok(()) } else { Err(Error::ProvingKey { key: key.id }) }
    }

    /// One for each power but the generator: every power goes into every weight.
    fn weights(&self) -> Vec<u128> {
        let mut xof =
            Transcript::new(KEY_CHECK).bytes(self.id.as_bytes()).bytes(&self.to_bytes()).xof();
        self.powers[1..].iter().map(|_| xof.weight()).collect()
    }
}

impl core::fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ProvingKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
