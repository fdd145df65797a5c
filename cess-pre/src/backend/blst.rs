//! The backend on `blst`. All of the crate's unsafe code is here, each call behind a function that
//! upholds what the C side expects: valid pointers, points on the curve and in the subgroup,
//! scalars of the stated width. Arithmetic is constant-time except where `vartime` is in the name.
#![allow(unsafe_code)]

use alloc::vec::Vec;
use core::{mem, ptr};

use ::blst::{
    BLST_ERROR, blst_bendian_from_fp12, blst_final_exp, blst_fp12, blst_fp12_is_one, blst_fr,
    blst_fr_add, blst_fr_cneg, blst_fr_eucl_inverse, blst_fr_from_scalar, blst_fr_from_uint64,
    blst_fr_mul, blst_hash_to_g2, blst_lendian_from_scalar, blst_miller_loop_n, blst_p1,
    blst_p1_add_or_double, blst_p1_affine, blst_p1_affine_compress, blst_p1_affine_generator,
    blst_p1_affine_in_g1, blst_p1_affine_is_inf, blst_p1_cneg, blst_p1_from_affine, blst_p1_mult,
    blst_p1_to_affine, blst_p1_uncompress, blst_p1s_mult_pippenger,
    blst_p1s_mult_pippenger_scratch_sizeof, blst_p2, blst_p2_add_or_double, blst_p2_affine,
    blst_p2_affine_compress, blst_p2_affine_generator, blst_p2_affine_in_g2, blst_p2_affine_is_inf,
    blst_p2_from_affine, blst_p2_mult, blst_p2_to_affine, blst_p2_uncompress, blst_scalar,
    blst_scalar_fr_check, blst_scalar_from_fr, blst_scalar_from_le_bytes, blst_scalar_from_lendian,
    limb_t,
};
use zeroize::{DefaultIsZeroes, Zeroize, Zeroizing};

use super::{G1_LEN, G2_LEN, GT_LEN, SCALAR_LEN};

const SCALAR_BITS: usize = 255;

/// Why 48 or 96 bytes aren't a point of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PointError {
    /// Flags, range or form of the encoding.
    Encoding,
    /// No point of the curve has this coordinate.
    Curve,
    /// On the curve, outside the subgroup of order r.
    Subgroup,
    /// The identity, which nothing of the scheme may be.
    Identity,
}

impl From<BLST_ERROR> for PointError {
    fn from(error: BLST_ERROR) -> Self {
        match error {
            BLST_ERROR::BLST_POINT_NOT_ON_CURVE => Self::Curve,
            BLST_ERROR::BLST_POINT_NOT_IN_GROUP => Self::Subgroup,
            _ => Self::Encoding,
        }
    }
}

/// An integer modulo the group order r.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scalar(blst_fr);

impl DefaultIsZeroes for Scalar {}

impl Scalar {
    pub(crate) fn from_u64(value: u64) -> Self {
        let mut out = Self::default();
        // SAFETY: four limbs are read.
        unsafe { blst_fr_from_uint64(&mut out.0, [value, 0, 0, 0].as_ptr()) };
        out
    }

    /// 64 uniform bytes, little-endian, reduced: 2^-257 off uniform.
    pub(crate) fn from_wide(bytes: &[u8; 64]) -> Self {
        let mut scalar = blst_scalar::default();
        let mut out = Self::default();
        // SAFETY: 64 bytes are read; the result is below r.
        unsafe {
            blst_scalar_from_le_bytes(&mut scalar, bytes.as_ptr(), bytes.len());
            blst_fr_from_scalar(&mut out.0, &scalar);
        }
        scalar.zeroize();
        out
    }

    /// The canonical encoding, little-endian; `None` for r and above.
    pub(crate) fn from_bytes(bytes: &[u8; SCALAR_LEN]) -> Option<Self> {
        let mut scalar = blst_scalar::default();
        let mut out = Self::default();
        // SAFETY: 32 bytes are read; only a value below r is converted.
        let canonical = unsafe {
            blst_scalar_from_lendian(&mut scalar, bytes.as_ptr());
            let canonical = blst_scalar_fr_check(&scalar);
            if canonical {
                blst_fr_from_scalar(&mut out.0, &scalar);
            }
            canonical
        };
        scalar.zeroize();
        canonical.then_some(out)
    }

    pub(crate) fn to_bytes(self) -> [u8; SCALAR_LEN] {
        let mut scalar = blst_scalar::default();
        let mut out = [0; SCALAR_LEN];
        // SAFETY: 32 bytes are written.
        unsafe {
            blst_scalar_from_fr(&mut scalar, &self.0);
            blst_lendian_from_scalar(out.as_mut_ptr(), &scalar);
        }
        scalar.zeroize();
        out
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let mut out = Self::default();
        // SAFETY: three valid elements.
        unsafe { blst_fr_add(&mut out.0, &self.0, &other.0) };
        out
    }

    pub(crate) fn mul(&self, other: &Self) -> Self {
        let mut out = Self::default();
        // SAFETY: three valid elements.
        unsafe { blst_fr_mul(&mut out.0, &self.0, &other.0) };
        out
    }

    pub(crate) fn neg(&self) -> Self {
        let mut out = Self::default();
        // SAFETY: two valid elements.
        unsafe { blst_fr_cneg(&mut out.0, &self.0, true) };
        out
    }

    /// Zero for zero.
    pub(crate) fn invert(&self) -> Self {
        let mut out = Self::default();
        // SAFETY: two valid elements.
        unsafe { blst_fr_eucl_inverse(&mut out.0, &self.0) };
        out
    }

    /// Vartime: for the draw of a secret, where zero is redrawn, and for public values.
    pub(crate) fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

macro_rules! group {
    (
        $(#[$doc:meta])* $point:ident($raw:ty), $(#[$affine_doc:meta])* $affine:ident($raw_affine:ty),
        $len:expr, $generator:ident, $add:ident, $mult:ident, $from_affine:ident,
        $to_affine:ident, $uncompress:ident, $compress:ident, $in_group:ident, $is_inf:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $point($raw);

        $(#[$affine_doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $affine($raw_affine);

        impl $point {
            pub(crate) fn add(&self, other: &Self) -> Self {
                let mut out = <$raw>::default();
                // SAFETY: three valid points; the addition is complete.
                unsafe { $add(&mut out, &self.0, &other.0) };
                Self(out)
            }

            pub(crate) fn mul(&self, scalar: &Scalar) -> Self {
                let bytes = Zeroizing::new(scalar.to_bytes());
                let mut out = <$raw>::default();
                // SAFETY: 255 bits are read from 32 bytes; the point is in the subgroup, as the
                // endomorphism asks.
                unsafe { $mult(&mut out, &self.0, bytes.as_ptr(), SCALAR_BITS) };
                Self(out)
            }

            pub(crate) fn to_affine(self) -> $affine {
                let mut out = <$raw_affine>::default();
                // SAFETY: valid points.
                unsafe { $to_affine(&mut out, &self.0) };
                $affine(out)
            }
        }

        impl Zeroize for $point {
            fn zeroize(&mut self) {
                for coordinate in [&mut self.0.x, &mut self.0.y, &mut self.0.z] {
                    coordinate.zeroize();
                }
            }
        }

        impl From<&$affine> for $point {
            fn from(point: &$affine) -> Self {
                let mut out = <$raw>::default();
                // SAFETY: valid points.
                unsafe { $from_affine(&mut out, &point.0) };
                Self(out)
            }
        }

        impl $affine {
            pub(crate) fn generator() -> Self {
                // SAFETY: blst returns a pointer to a constant.
                Self(unsafe { *$generator() })
            }

            /// Decodes the one encoding of a point of the subgroup other than the identity.
            pub(crate) fn from_compressed(bytes: &[u8; $len]) -> Result<Self, PointError> {
                if bytes[0] & 0x80 == 0 {
                    return Err(PointError::Encoding);
                }
                let mut out = <$raw_affine>::default();
                // SAFETY: as many bytes are read as the array has.
                let status = unsafe { $uncompress(&mut out, bytes.as_ptr()) };
                if status != BLST_ERROR::BLST_SUCCESS {
                    return Err(status.into());
                }
                let point = Self(out);
                if point.is_identity() {
                    return Err(PointError::Identity);
                }
                // SAFETY: a point on the curve.
                if !unsafe { $in_group(&point.0) } {
                    return Err(PointError::Subgroup);
                }
                if point.to_compressed() == *bytes { Ok(point) } else { Err(PointError::Encoding) }
            }

            pub(crate) fn to_compressed(self) -> [u8; $len] {
                let mut out = [0; $len];
                // SAFETY: as many bytes are written as the array has.
                unsafe { $compress(out.as_mut_ptr(), &self.0) };
                out
            }

            pub(crate) fn is_identity(&self) -> bool {
                // SAFETY: a valid point.
                unsafe { $is_inf(&self.0) }
            }

            pub(crate) fn mul(&self, scalar: &Scalar) -> $point {
                $point::from(self).mul(scalar)
            }
        }

        impl Zeroize for $affine {
            fn zeroize(&mut self) {
                for coordinate in [&mut self.0.x, &mut self.0.y] {
                    coordinate.zeroize();
                }
            }
        }

        impl core::fmt::Debug for $affine {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                crate::encoding::hex(stringify!($affine), &self.to_compressed()[..8], f)
            }
        }
    };
}

group! {
    /// A point of G1 in projective form.
    G1(blst_p1),
    /// A point of G1: on the curve and in the subgroup, by construction.
    G1Affine(blst_p1_affine),
    G1_LEN, blst_p1_affine_generator, blst_p1_add_or_double, blst_p1_mult, blst_p1_from_affine,
    blst_p1_to_affine, blst_p1_uncompress, blst_p1_affine_compress,
    blst_p1_affine_in_g1, blst_p1_affine_is_inf
}

group! {
    /// A point of G2 in projective form.
    G2(blst_p2),
    /// A point of G2: on the curve and in the subgroup, by construction.
    G2Affine(blst_p2_affine),
    G2_LEN, blst_p2_affine_generator, blst_p2_add_or_double, blst_p2_mult, blst_p2_from_affine,
    blst_p2_to_affine, blst_p2_uncompress, blst_p2_affine_compress,
    blst_p2_affine_in_g2, blst_p2_affine_is_inf
}

trait Coordinate {
    fn zeroize(&mut self);
}

impl Coordinate for ::blst::blst_fp {
    fn zeroize(&mut self) {
        self.l.zeroize();
    }
}

impl Coordinate for ::blst::blst_fp2 {
    fn zeroize(&mut self) {
        self.fp.iter_mut().for_each(Coordinate::zeroize);
    }
}

impl G1 {
    pub(crate) fn neg(mut self) -> Self {
        // SAFETY: a valid point.
        unsafe { blst_p1_cneg(&mut self.0, true) };
        self
    }
}

impl G2 {
    /// RFC 9380, `BLS12381G2_XMD:SHA-256_SSWU_RO_` under the tag `dst`.
    pub(crate) fn hash(message: &[u8], dst: &[u8]) -> Self {
        let mut out = blst_p2::default();
        // SAFETY: pointers and lengths come from slices; no augmentation is passed.
        unsafe {
            blst_hash_to_g2(
                &mut out,
                message.as_ptr(),
                message.len(),
                dst.as_ptr(),
                dst.len(),
                ptr::null(),
                0,
            );
        }
        Self(out)
    }
}

/// `sum k_i * P_i`. Vartime: public data only.
pub(crate) fn sum_vartime(terms: &[(G1Affine, Scalar)]) -> G1 {
    let bytes: Vec<[u8; SCALAR_LEN]> = terms.iter().map(|(_, k)| k.to_bytes()).collect();
    // Infinite points add nothing; leaving them out keeps to the inputs that blst documents.
    let (points, scalars): (Vec<_>, Vec<_>) = terms
        .iter()
        .zip(&bytes)
        .filter(|((point, _), _)| !point.is_identity())
        .map(|((point, _), bytes)| (ptr::from_ref(&point.0), bytes.as_ptr()))
        .unzip();
    let mut out = blst_p1::default();
    if points.is_empty() {
        return G1(out);
    }
    // SAFETY: takes and returns sizes.
    let scratch = unsafe { blst_p1s_mult_pippenger_scratch_sizeof(points.len()) };
    let mut scratch: Vec<limb_t> = alloc::vec![0; scratch.div_ceil(mem::size_of::<limb_t>())];
    // SAFETY: `points` and `scalars` hold one valid pointer each for every term, to an affine point
    // and to 32 bytes; the scratch has the size asked for.
    unsafe {
        blst_p1s_mult_pippenger(
            &mut out,
            points.as_ptr(),
            points.len(),
            scalars.as_ptr(),
            SCALAR_BITS,
            scratch.as_mut_ptr(),
        );
    }
    G1(out)
}

/// The product of the Miller loops; pairs with the identity contribute 1 and are left out, as
/// blst's loop over several pairs leaves the identity to its caller.
fn miller_product(pairs: &[(G1Affine, G2Affine)]) -> Option<blst_fp12> {
    let (g1s, g2s): (Vec<_>, Vec<_>) = pairs
        .iter()
        .filter(|(p, q)| !p.is_identity() && !q.is_identity())
        .map(|(p, q)| (ptr::from_ref(&p.0), ptr::from_ref(&q.0)))
        .unzip();
    if g1s.is_empty() {
        return None;
    }
    let mut product = blst_fp12::default();
    // SAFETY: both arrays hold `g1s.len()` valid pointers to finite points of the subgroups.
    unsafe { blst_miller_loop_n(&mut product, g2s.as_ptr(), g1s.as_ptr(), g1s.len()) };
    Some(product)
}

fn final_exponentiation(mut product: blst_fp12) -> blst_fp12 {
    let mut out = blst_fp12::default();
    // SAFETY: valid elements.
    unsafe { blst_final_exp(&mut out, &product) };
    wipe(&mut product);
    out
}

fn wipe(value: &mut blst_fp12) {
    for half in &mut value.fp6 {
        half.fp2.iter_mut().for_each(Coordinate::zeroize);
    }
}

/// `prod e(P_i, Q_i)` as its twelve coordinates, docs/formats/pre.md says in which order.
pub(crate) fn pairing_product(pairs: &[(G1Affine, G2Affine)]) -> Zeroizing<[u8; GT_LEN]> {
    // The default of blst's type is 1.
    let mut value = final_exponentiation(miller_product(pairs).unwrap_or_default());
    let mut out = Zeroizing::new([0; GT_LEN]);
    // SAFETY: 576 bytes are written.
    unsafe { blst_bendian_from_fp12(out.as_mut_ptr(), &value) };
    wipe(&mut value);
    out
}

/// Whether `prod e(P_i, Q_i) = 1`.
pub(crate) fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> bool {
    let value = final_exponentiation(miller_product(pairs).unwrap_or_default());
    // SAFETY: a valid element.
    unsafe { blst_fp12_is_one(&value) }
}

#[cfg(test)]
mod tests;
