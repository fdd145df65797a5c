use crate::backend::{self, Backend, G2_BYTES, G2Affine};
use crate::domain::{KEY_ID, Transcript};
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

    #[cfg(feature = "native")]
    pub(crate) fn new(x: G2Affine, y: G2Affine, sectors: Sectors) -> Self {
        let id = id_of(&encode::<backend::Default>(&x, &y, sectors));
        Self { x, y, sectors, id }
    }

    /// Decodes and checks a key.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Point`], [`Error::Subgroup`], [`Error::Identity`],
    /// [`Error::Sectors`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::decode::<backend::Default>(bytes)
    }

    pub(crate) fn decode<B: Backend>(bytes: &[u8]) -> Result<Self, Error> {
        let what = What::PublicKey;
        let wrong = || Error::length(what, Self::LEN, bytes.len());
        let bytes: &[u8; Self::LEN] = bytes.try_into().map_err(|_| wrong())?;
        let point = |index: usize| {
            let mut compressed = [0; G2_BYTES];
            compressed.copy_from_slice(&bytes[index * G2_BYTES..(index + 1) * G2_BYTES]);
            let point = B::decode_g2(&compressed);
            let point = point.map_err(|error| Error::point(what, index, error))?;
            if point.is_identity() {
                return Err(Error::Identity { what, index: index as u64 });
            }
            Ok(point)
        };
        let mut sectors = [0; 4];
        sectors.copy_from_slice(&bytes[2 * G2_BYTES..]);
        let sectors = Sectors::new(u32::from_le_bytes(sectors))?;
        // A key has one encoding, so these are the bytes that it is known by.
        Ok(Self { x: point(0)?, y: point(1)?, sectors, id: id_of(bytes) })
    }

    /// The one encoding of the key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        encode::<backend::Default>(&self.x, &self.y, self.sectors)
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

fn encode<B: Backend>(x: &G2Affine, y: &G2Affine, sectors: Sectors) -> [u8; PublicKey::LEN] {
    let mut out = [0; PublicKey::LEN];
    out[..G2_BYTES].copy_from_slice(&B::encode_g2(x));
    out[G2_BYTES..2 * G2_BYTES].copy_from_slice(&B::encode_g2(y));
    out[2 * G2_BYTES..].copy_from_slice(&sectors.get().to_le_bytes());
    out
}

fn id_of(encoded: &[u8; PublicKey::LEN]) -> KeyId {
    KeyId::from_bytes(Transcript::new(KEY_ID).bytes(encoded).digest())
}
