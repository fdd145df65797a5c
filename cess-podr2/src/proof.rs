use alloc::vec::Vec;

use crate::backend::{self, Backend, G1_BYTES, G1Affine};
use crate::domain::{KEY_WEIGHTS, Transcript};
use crate::error::{Error, What};
use crate::field::Fr;
use crate::id::KeyId;

/// The opening of one key's combined data at z.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) psi: G1Affine,
    pub(crate) y: Fr,
}

const ANSWER_BYTES: usize = G1_BYTES + 32;

/// A proof of retrievability: 48 bytes and 80 for each key that the challenge hits.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    pub(crate) sigma: G1Affine,
    pub(crate) answers: Vec<Answer>,
}

impl Proof {
    /// Bytes of a proof over `keys` keys.
    #[must_use]
    pub const fn encoded_len(keys: usize) -> usize {
        G1_BYTES + keys * ANSWER_BYTES
    }

    /// Decodes a proof over one key or more.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Point`], [`Error::Subgroup`], [`Error::Scalar`], and
    /// [`Error::Identity`] for a sigma that says nothing.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::decode::<backend::Default>(bytes)
    }

    pub(crate) fn decode<B: Backend>(bytes: &[u8]) -> Result<Self, Error> {
        let what = What::Proof;
        let keys = bytes.len().saturating_sub(G1_BYTES) / ANSWER_BYTES;
        let expected = Self::encoded_len(keys.max(1));
        if bytes.len() != expected {
            return Err(Error::length(what, expected, bytes.len()));
        }
        let point = |index: usize, bytes: &[u8]| {
            let mut compressed = [0; G1_BYTES];
            compressed.copy_from_slice(bytes);
            B::decode_g1(&compressed).map_err(|error| Error::point(what, index, error))
        };
        let (sigma, rest) = bytes.split_at(G1_BYTES);
        let sigma = point(0, sigma)?;
        if sigma.is_identity() {
            return Err(Error::Identity { what, index: 0 });
        }
        let answers = rest.chunks_exact(ANSWER_BYTES).enumerate().map(|(key, answer)| {
            let (psi, y) = answer.split_at(G1_BYTES);
            let psi = point(key + 1, psi)?;
            let mut scalar = [0; 32];
            scalar.copy_from_slice(y);
            let y = Fr::from_bytes(&scalar);
            let y = y.ok_or(Error::Scalar { what, index: key as u64 })?;
            Ok(Answer { psi, y })
        });
        Ok(Self { sigma, answers: answers.collect::<Result<_, Error>>()? })
    }

    /// The one encoding of the proof.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode::<backend::Default>()
    }

    pub(crate) fn encode<B: Backend>(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::encoded_len(self.answers.len()));
        out.extend_from_slice(&B::encode_g1(&self.sigma));
        for answer in &self.answers {
            out.extend_from_slice(&B::encode_g1(&answer.psi));
            out.extend_from_slice(&answer.y.to_bytes());
        }
        out
    }

    /// The number of keys that the proof answers for.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.answers.len()
    }
}

impl core::fmt::Debug for Proof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Proof").field("keys", &self.answers.len()).finish_non_exhaustive()
    }
}

/// The factors that join the answers of several keys. Every answer goes into every factor: with
/// factors known beforehand, a key (-X, -Y) would cancel what it doesn't have. One key needs none.
pub(crate) fn key_weights<'a, B: Backend>(
    digest: &[u8; 32],
    answers: impl ExactSizeIterator<Item = (KeyId, &'a Answer)>,
) -> Vec<u128> {
    let keys = answers.len();
    if keys == 1 {
        return Vec::from([1]);
    }
    let mut transcript = Transcript::new(KEY_WEIGHTS).bytes(digest);
    for (key, answer) in answers {
        transcript = transcript
            .bytes(key.as_bytes())
            .bytes(&B::encode_g1(&answer.psi))
            .bytes(&answer.y.to_bytes());
    }
    let mut xof = transcript.xof();
    (0..keys).map(|_| xof.weight()).collect()
}
