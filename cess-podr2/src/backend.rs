//! The groups and the pairing, behind a seam with two implementations: [`Native`] on `blst`, with
//! kernels of its own where the processor has them, and [`Portable`] on arkworks.
//!
//! Points are plain words, the same in both: coordinates in Montgomery form with R = 2^384, reduced,
//! as both libraries keep them. So what one has decoded the other can work on.

#[cfg(feature = "portable")]
mod ark;
#[cfg(feature = "native")]
mod batch;
#[cfg(feature = "native")]
mod blst;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
mod lanes;
#[cfg(test)]
mod tests;

#[cfg(feature = "portable")]
pub(crate) use self::ark::Portable;
#[cfg(feature = "native")]
pub(crate) use self::batch::{Base, Batch, msm, msm_short};
#[cfg(all(test, feature = "native"))]
pub(crate) use self::blst::count;
#[cfg(feature = "native")]
pub(crate) use self::blst::{Native, pairing_product_is_one};

use alloc::vec::Vec;
use core::marker::PhantomData;

use zeroize::Zeroize;

use crate::field::Fr;

/// What the crate works on where nothing else is said.
#[cfg(feature = "native")]
pub(crate) type Default = Native;
#[cfg(not(feature = "native"))]
pub(crate) type Default = Portable;

/// Bytes of a compressed point of G1.
pub(crate) const G1_BYTES: usize = 48;
/// Bytes of a compressed point of G2.
pub(crate) const G2_BYTES: usize = 96;
/// Bytes of an element of the target group: twelve coefficients.
pub(crate) const GT_BYTES: usize = 12 * 48;

/// An element of the base field.
pub(crate) type Words = [u64; 6];

/// A point of G1 in Jacobian coordinates; the identity has z = 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct G1 {
    x: Words,
    y: Words,
    z: Words,
}

/// A point of G1: on the curve and in the subgroup, by construction. The identity is zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct G1Affine {
    x: Words,
    y: Words,
}

/// A point of G2: on the curve and in the subgroup, by construction. The identity is zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct G2Affine {
    x: [Words; 2],
    y: [Words; 2],
}

/// Why 48 or 96 bytes aren't a point of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PointError {
    /// Flags, range or form of the encoding.
    Encoding,
    /// No point of the curve has this coordinate.
    Curve,
    /// On the curve, outside the subgroup of order r.
    Subgroup,
}

impl G1 {
    pub(crate) const IDENTITY: Self = Self { x: [0; 6], y: [0; 6], z: [0; 6] };
}

impl From<&G1Affine> for G1 {
    fn from(point: &G1Affine) -> Self {
        if point.is_identity() {
            return Self::IDENTITY;
        }
        Self { x: point.x, y: point.y, z: ONE }
    }
}

/// 1 in Montgomery form: 2^384 mod p.
const ONE: Words = [
    0x7609_0000_0002_fffd,
    0xebf4_000b_c40c_0002,
    0x5f48_9857_53c7_58ba,
    0x77ce_5853_7052_5745,
    0x5c07_1a97_a256_ec6d,
    0x15f6_5ec3_fa80_e493,
];

impl Zeroize for G1 {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.y.zeroize();
        self.z.zeroize();
    }
}

impl G1Affine {
    const IDENTITY: Self = Self { x: [0; 6], y: [0; 6] };

    pub(crate) fn is_identity(&self) -> bool {
        *self == Self::IDENTITY
    }
}

impl Zeroize for G1Affine {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.y.zeroize();
    }
}

impl G2Affine {
    const IDENTITY: Self = Self { x: [[0; 6]; 2], y: [[0; 6]; 2] };

    pub(crate) fn is_identity(&self) -> bool {
        *self == Self::IDENTITY
    }
}

/// What verification asks of an implementation of BLS12-381. Vartime: public data only.
pub(crate) trait Backend {
    /// RFC 9380 `BLS12381G1_XMD:SHA-256_SSWU_RO_` under the crate's tag, of each message.
    fn hash(messages: &[Message]) -> Vec<G1>;

    /// The one canonical encoding of a point of the subgroup, the identity among them.
    fn decode_g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError>;

    fn encode_g1(point: &G1Affine) -> [u8; G1_BYTES];

    /// The one canonical encoding of a point of the subgroup, the identity among them.
    fn decode_g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointError>;

    fn encode_g2(point: &G2Affine) -> [u8; G2_BYTES];

    /// The standard generators.
    fn generators() -> (G1Affine, G2Affine);

    fn add(a: &G1, b: &G1) -> G1;

    fn neg(point: &G1) -> G1;

    /// All at the price of one inversion.
    fn to_affine_all(points: &[G1]) -> Vec<G1Affine>;

    /// `sum k_i P_i` for scalars of so many bits, in little-endian bytes.
    fn multi<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1;

    /// `prod e(P_i, Q_i)`: one Miller loop for each pair, one final exponentiation. The pairing is
    /// the optimal ate pairing to the power of 3 that the three libraries compute
    /// (docs/formats/podr2.md); twelve coefficients of 48 bytes, big-endian, in tower order.
    fn pairing(pairs: &[(G1Affine, G2Affine)]) -> [u8; GT_BYTES];

    /// Whether `prod e(P_i, Q_i) = 1`.
    fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> bool;

    fn to_affine(point: &G1) -> G1Affine {
        Self::to_affine_all(&[*point]).first().copied().unwrap_or(G1Affine::IDENTITY)
    }

    /// `sum k_i P_i`.
    fn msm(points: &[G1Affine], scalars: &[Fr]) -> G1 {
        let bytes: Vec<[u8; 32]> = scalars.iter().map(|k| k.to_bytes()).collect();
        Self::multi(points, &bytes, 255)
    }

    /// `sum k_i P_i` with 128-bit scalars.
    fn msm_short(points: &[G1Affine], scalars: &[u128]) -> G1 {
        let bytes: Vec<[u8; 16]> = scalars.iter().map(|k| k.to_le_bytes()).collect();
        Self::multi(points, &bytes, 128)
    }
}

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
pub(crate) struct HashSum<B> {
    messages: Vec<Message>,
    weights: Vec<u128>,
    sum: G1,
    backend: PhantomData<B>,
}

impl<B: Backend> HashSum<B> {
    pub(crate) fn new() -> Self {
        let (messages, weights) = (Vec::new(), Vec::new());
        Self { messages, weights, sum: G1::IDENTITY, backend: PhantomData }
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
        let points = B::to_affine_all(&B::hash(&self.messages));
        self.sum = B::add(&self.sum, &B::msm_short(&points, &self.weights));
        self.messages.clear();
        self.weights.clear();
    }
}
