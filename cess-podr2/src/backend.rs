//! The groups and the pairing, behind functions that any implementation of BLS12-381 can supply.

mod blst;

pub(crate) use self::blst::{
    G1, G1Affine, G2Affine, PointError, msm, msm_short, pairing_product_is_one,
};

use alloc::vec::Vec;

/// Bytes of a compressed point of G1.
pub(crate) const G1_BYTES: usize = 48;
/// Bytes of a compressed point of G2.
pub(crate) const G2_BYTES: usize = 96;

/// Points gathered before one multi-scalar multiplication.
const CHUNK: usize = 2048;

/// `sum w_i * P_i` over any number of terms in bounded memory. Vartime: public data only.
pub(crate) struct ShortSum {
    points: Vec<G1Affine>,
    weights: Vec<u128>,
    sum: G1,
}

impl ShortSum {
    pub(crate) fn new() -> Self {
        Self { points: Vec::new(), weights: Vec::new(), sum: G1::identity() }
    }

    pub(crate) fn add(&mut self, point: G1Affine, weight: u128) {
        self.points.push(point);
        self.weights.push(weight);
        if self.points.len() == CHUNK {
            self.flush();
        }
    }

    pub(crate) fn finish(mut self) -> G1 {
        self.flush();
        self.sum
    }

    fn flush(&mut self) {
        self.sum = self.sum.add(&msm_short(&self.points, &self.weights));
        self.points.clear();
        self.weights.clear();
    }
}

/// `sum w_i * H(name_i, index_i)`: hashes are brought to affine form together.
pub(crate) struct HashSum {
    points: Vec<G1>,
    weights: Vec<u128>,
    sum: G1,
}

impl HashSum {
    pub(crate) fn new() -> Self {
        Self { points: Vec::new(), weights: Vec::new(), sum: G1::identity() }
    }

    pub(crate) fn add(&mut self, name: &[u8; 32], index: u64, weight: u128) {
        self.points.push(G1::hash(name, index));
        self.weights.push(weight);
        if self.points.len() == CHUNK {
            self.flush();
        }
    }

    pub(crate) fn finish(mut self) -> G1 {
        self.flush();
        self.sum
    }

    fn flush(&mut self) {
        let points = G1::to_affine_all(&self.points);
        self.sum = self.sum.add(&msm_short(&points, &self.weights));
        self.points.clear();
        self.weights.clear();
    }
}
