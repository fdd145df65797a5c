//! Every hash of the crate starts here: one context for each use, listed in
//! `docs/formats/consensus.md`.

use blake3::{Hasher, OutputReader};

pub(crate) const VOTERS: &str = "cess-consensus v1 voters";
pub(crate) const BOUNDARY: &str = "cess-consensus v1 boundary";
pub(crate) const SEED: &str = "cess-consensus v1 seed";
pub(crate) const GENESIS: &str = "cess-consensus v1 genesis seed";
pub(crate) const GENESIS_LOT: &str = "cess-consensus v1 genesis lot";
pub(crate) const BATCH: &str = "cess-consensus v1 batch weights";
pub(crate) const COLLECTORS: &str = "cess-consensus v1 collectors";
pub(crate) const VOTE_SECRET: &str = "cess-consensus v1 vote secret";
#[cfg(feature = "testkit")]
pub(crate) const IDEAL_PROOF: &str = "cess-consensus v1 ideal vrf proof";
#[cfg(feature = "testkit")]
pub(crate) const IDEAL_OUTPUT: &str = "cess-consensus v1 ideal vrf output";

/// First bytes of what a VRF is asked; a zero byte follows, so none is a prefix of another.
pub(crate) const TICKET: &[u8] = b"cess-consensus v1 r2s ticket";
pub(crate) const CONTRIBUTION: &[u8] = b"cess-consensus v1 seed contribution";
pub(crate) const VRF_POSSESSION: &[u8] = b"cess-consensus v1 vrf possession";

/// Domain separation tags of the hash to G1 (RFC 9380).
pub(crate) const VOTE_TO_G1: &[u8] = b"CESS_CONSENSUS_V1_VOTE_BLS12381G1_XMD:SHA-256_SSWU_RO_";
pub(crate) const POSSESSION_TO_G1: &[u8] = b"CESS_CONSENSUS_V1_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_";

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

    pub(crate) fn u128(self, value: u128) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn count(self, count: usize) -> Self {
        self.u64(count as u64)
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    pub(crate) fn xof(&self) -> OutputReader {
        self.0.finalize_xof()
    }
}
