//! Every hash of the crate starts here: one context for each use, listed in `docs/formats/podr2.md`.

use blake3::{Hasher, OutputReader};
use zeroize::Zeroize;

#[cfg(feature = "native")]
pub(crate) const SECRET_X: &str = "cess-podr2 v1 secret x";
#[cfg(feature = "native")]
pub(crate) const SECRET_ALPHA: &str = "cess-podr2 v1 secret alpha";
pub(crate) const KEY_ID: &str = "cess-podr2 v1 key id";
#[cfg(feature = "native")]
pub(crate) const KEY_CHECK: &str = "cess-podr2 v1 key check";
pub(crate) const FRAGMENT_NAME: &str = "cess-podr2 v1 fragment name";
#[cfg(feature = "native")]
pub(crate) const TAG_CHECK: &str = "cess-podr2 v1 tag check";
pub(crate) const HOLDING_ENTRY: &str = "cess-podr2 v1 holding entry";
pub(crate) const CHALLENGE: &str = "cess-podr2 v1 challenge";
pub(crate) const POSITIONS: &str = "cess-podr2 v1 positions";
pub(crate) const NU: &str = "cess-podr2 v1 nu";
pub(crate) const Z: &str = "cess-podr2 v1 z";
pub(crate) const KEY_WEIGHTS: &str = "cess-podr2 v1 key weights";
pub(crate) const BLINDED: &str = "cess-podr2 v1 blinded";
#[cfg(feature = "native")]
pub(crate) const BLINDING: &str = "cess-podr2 v1 blinding";
pub(crate) const BATCH_WEIGHTS: &str = "cess-podr2 v1 batch weights";
pub(crate) const SALTED_WEIGHTS: &str = "cess-podr2 v1 salted batch weights";
pub(crate) const POST_START: &str = "cess-podr2 v1 post start";
pub(crate) const POST_LINK: &str = "cess-podr2 v1 post link";
pub(crate) const POST_PROOF: &str = "cess-podr2 v1 post proof";
pub(crate) const REPLICA: &str = "cess-podr2 v1 replica";
pub(crate) const PUBLIC_MASK: &str = "cess-podr2 v1 public mask";
pub(crate) const MASK: &str = "cess-podr2 v1 mask";

/// Domain separation tag of the hash to G1.
pub(crate) const HASH_TO_G1: &[u8] = b"CESS_PODR2_V1_BLS12381G1_XMD:SHA-256_SSWU_RO_";

/// Hash input under one context. Variable-length parts go in behind their length or count.
pub(crate) struct Transcript(Hasher);

impl Transcript {
    pub(crate) fn new(context: &'static str) -> Self {
        Self(Hasher::new_derive_key(context))
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    pub(crate) fn xof(&self) -> Xof {
        Xof(self.0.finalize_xof())
    }
}

impl Drop for Transcript {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The endless output of a [`Transcript`].
#[derive(Clone)]
pub(crate) struct Xof(OutputReader);

impl Xof {
    pub(crate) fn wide(&mut self) -> [u8; 64] {
        let mut out = [0; 64];
        self.0.fill(&mut out);
        out
    }

    pub(crate) fn u64(&mut self) -> u64 {
        let mut out = [0; 8];
        self.0.fill(&mut out);
        u64::from_le_bytes(out)
    }

    /// 128 bits, zero redrawn.
    pub(crate) fn weight(&mut self) -> u128 {
        first_nonzero(|| {
            let mut out = [0; 16];
            self.0.fill(&mut out);
            u128::from_le_bytes(out)
        })
    }

    /// Uniform below `bound`, which is at least 1, by rejection.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // 2^64 mod bound: values below it would make small results more likely.
        let excess = bound.wrapping_neg() % bound;
        loop {
            let value = self.u64();
            if value >= excess {
                return value % bound;
            }
        }
    }
}

impl Drop for Xof {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn first_nonzero(mut draw: impl FnMut() -> u128) -> u128 {
    loop {
        let weight = draw();
        if weight != 0 {
            return weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_of_zero_is_redrawn() {
        let mut draws = [0, 0, 5, 7].into_iter();
        assert_eq!(first_nonzero(|| draws.next().unwrap()), 5);
        assert_eq!(draws.next(), Some(7));
    }

    #[test]
    fn values_that_would_favour_small_results_are_redrawn() {
        // 2^64 mod (2^63 + 1) = 2^63 - 1: almost every other value is.
        let bound = (1 << 63) + 1;
        let mut xof = Transcript::new(POSITIONS).xof();
        let mut plain = xof.clone();
        let mut redrawn = 0;
        for _ in 0..100 {
            let expected = loop {
                let value = plain.u64();
                if value >= (1 << 63) - 1 {
                    break value % bound;
                }
                redrawn += 1;
            };
            assert_eq!(xof.below(bound), expected);
        }
        assert!(redrawn > 50);
        assert_eq!(xof.below(1), 0);
    }
}
