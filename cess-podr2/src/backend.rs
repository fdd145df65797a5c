//! The groups and the pairing, behind functions that any implementation of BLS12-381 can supply.

mod batch;
mod blst;
#[cfg(target_arch = "x86_64")]
mod lanes;

pub(crate) use self::batch::{Base, Batch, msm, msm_short};
#[cfg(test)]
pub(crate) use self::blst::count;
pub(crate) use self::blst::{G1, G1Affine, G2Affine, PointError, pairing_product_is_one};

use alloc::vec::Vec;

/// Bytes of a compressed point of G1.
pub(crate) const G1_BYTES: usize = 48;
/// Bytes of a compressed point of G2.
pub(crate) const G2_BYTES: usize = 96;

/// What is hashed to the curve for a block: name and index.
pub(crate) type Message = [u8; 40];

/// The message of a block.
pub(crate) fn message(name: &[u8; 32], index: u64) -> Message {
    let mut out = [0; 40];
    out[..32].copy_from_slice(name);
    out[32..].copy_from_slice(&index.to_le_bytes());
    out
}

/// Points gathered before one multi-scalar multiplication.
const CHUNK: usize = 2048;

/// `sum w_i * H(name_i, index_i)` over any number of terms in bounded memory. Vartime: public data
/// only.
pub(crate) struct HashSum {
    messages: Vec<Message>,
    weights: Vec<u128>,
    sum: G1,
}

impl HashSum {
    pub(crate) fn new() -> Self {
        Self { messages: Vec::new(), weights: Vec::new(), sum: G1::identity() }
    }

    pub(crate) fn add(&mut self, name: &[u8; 32], index: u64, weight: u128) {
        self.messages.push(message(name, index));
        self.weights.push(weight);
        if self.messages.len() == CHUNK {
            self.flush();
        }
    }

    pub(crate) fn finish(mut self) -> G1 {
        self.flush();
        self.sum
    }

    fn flush(&mut self) {
        let points = G1::to_affine_all(&Batch::best().hash(&self.messages));
        self.sum = self.sum.add(&msm_short(&points, &self.weights));
        self.messages.clear();
        self.weights.clear();
    }
}
