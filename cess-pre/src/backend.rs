//! Groups, scalars and pairing, behind the few functions that the scheme needs of them.

mod blst;

pub(crate) use self::blst::{
    G1, G1Affine, G2, G2Affine, PointError, Scalar, pairing_product, pairing_product_is_one,
    sum_vartime,
};

/// Bytes of a compressed point of G1.
pub(crate) const G1_LEN: usize = 48;
/// Bytes of a compressed point of G2.
pub(crate) const G2_LEN: usize = 96;
/// Bytes of a scalar.
pub(crate) const SCALAR_LEN: usize = 32;
/// Bytes of a value of the pairing, twelve coordinates.
pub(crate) const GT_LEN: usize = 576;
