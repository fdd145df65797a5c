//! Native backend on `blst`. All of the crate's unsafe code is here, each call behind a function
//! that upholds what the C side expects: valid pointers, points on the curve and in the subgroup,
//! scalars of the stated width.
#![allow(unsafe_code)]

use alloc::{vec, vec::Vec};
use core::ptr;

use ::blst::{
    BLST_ERROR, blst_final_exp, blst_fp12, blst_fp12_is_one, blst_hash_to_g1, blst_miller_loop_n,
    blst_p1, blst_p1_add_or_double, blst_p1_affine, blst_p1_affine_compress,
    blst_p1_affine_generator, blst_p1_affine_in_g1, blst_p1_affine_is_inf, blst_p1_cneg,
    blst_p1_from_affine, blst_p1_generator, blst_p1_mult, blst_p1_to_affine, blst_p1_uncompress,
    blst_p1s_mult_pippenger, blst_p1s_mult_pippenger_scratch_sizeof, blst_p1s_to_affine, blst_p2,
    blst_p2_affine, blst_p2_affine_compress, blst_p2_affine_generator, blst_p2_affine_in_g2,
    blst_p2_affine_is_inf, blst_p2_generator, blst_p2_mult, blst_p2_to_affine, blst_p2_uncompress,
    limb_t,
};
use zeroize::{Zeroize, Zeroizing};

use super::{G1_BYTES, G2_BYTES};
use crate::domain::HASH_TO_G1;
use crate::field::Fr;

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

impl From<BLST_ERROR> for PointError {
    fn from(error: BLST_ERROR) -> Self {
        match error {
            BLST_ERROR::BLST_POINT_NOT_ON_CURVE => Self::Curve,
            BLST_ERROR::BLST_POINT_NOT_IN_GROUP => Self::Subgroup,
            _ => Self::Encoding,
        }
    }
}

/// A point of G1 in projective form.
#[derive(Clone, Copy)]
pub(crate) struct G1(blst_p1);

/// A point of G1: on the curve and in the subgroup, by construction.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct G1Affine(blst_p1_affine);

/// A point of G2: on the curve and in the subgroup, by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct G2Affine(blst_p2_affine);

impl G1 {
    pub(crate) fn identity() -> Self {
        Self(blst_p1::default())
    }

    pub(crate) fn generator() -> Self {
        // SAFETY: blst returns a pointer to a constant.
        Self(unsafe { *blst_p1_generator() })
    }

    /// `H(name || index)`, RFC 9380 `BLS12381G1_XMD:SHA-256_SSWU_RO_` under the crate's tag.
    pub(crate) fn hash(name: &[u8; 32], index: u64) -> Self {
        let mut message = [0; 40];
        message[..32].copy_from_slice(name);
        message[32..].copy_from_slice(&index.to_le_bytes());
        Self::hash_with(&message, HASH_TO_G1)
    }

    fn hash_with(message: &[u8], dst: &[u8]) -> Self {
        let mut out = blst_p1::default();
        // SAFETY: pointers and lengths come from slices; no augmentation is passed.
        unsafe {
            blst_hash_to_g1(
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

    pub(crate) fn add(&self, other: &Self) -> Self {
        let mut out = blst_p1::default();
        // SAFETY: three valid points; the complete addition takes equal and infinite ones.
        unsafe { blst_p1_add_or_double(&mut out, &self.0, &other.0) };
        Self(out)
    }

    pub(crate) fn neg(mut self) -> Self {
        // SAFETY: a valid point.
        unsafe { blst_p1_cneg(&mut self.0, true) };
        self
    }

    /// Constant time in the scalar.
    pub(crate) fn mul(&self, scalar: &Fr) -> Self {
        let bytes = Zeroizing::new(scalar.to_bytes());
        let mut out = blst_p1::default();
        // SAFETY: 255 bits are read from 32 bytes; the point is in the subgroup, as the
        // endomorphism asks.
        unsafe { blst_p1_mult(&mut out, &self.0, bytes.as_ptr(), 255) };
        Self(out)
    }

    pub(crate) fn to_affine(self) -> G1Affine {
        let mut out = blst_p1_affine::default();
        // SAFETY: valid points.
        unsafe { blst_p1_to_affine(&mut out, &self.0) };
        G1Affine(out)
    }

    /// All at the price of one inversion.
    pub(crate) fn to_affine_all(points: &[Self]) -> Vec<G1Affine> {
        let mut out = vec![G1Affine(blst_p1_affine::default()); points.len()];
        let pointers: Vec<*const blst_p1> = points.iter().map(|p| ptr::from_ref(&p.0)).collect();
        if !points.is_empty() {
            // SAFETY: G1Affine is a transparent blst_p1_affine; `out` and `pointers` have
            // `points.len()` elements, and infinite points are handled by blst.
            unsafe {
                blst_p1s_to_affine(out.as_mut_ptr().cast(), pointers.as_ptr(), points.len());
            }
        }
        out
    }
}

impl Zeroize for G1 {
    fn zeroize(&mut self) {
        self.0.x.l.zeroize();
        self.0.y.l.zeroize();
        self.0.z.l.zeroize();
    }
}

impl From<&G1Affine> for G1 {
    fn from(point: &G1Affine) -> Self {
        let mut out = blst_p1::default();
        // SAFETY: valid points.
        unsafe { blst_p1_from_affine(&mut out, &point.0) };
        Self(out)
    }
}

impl G1Affine {
    pub(crate) fn generator() -> Self {
        // SAFETY: blst returns a pointer to a constant.
        Self(unsafe { *blst_p1_affine_generator() })
    }

    /// The one canonical encoding of a point of the subgroup, the identity among them.
    pub(crate) fn from_compressed(bytes: &[u8; G1_BYTES]) -> Result<Self, PointError> {
        if bytes[0] & 0x80 == 0 {
            return Err(PointError::Encoding);
        }
        let mut out = blst_p1_affine::default();
        // SAFETY: 48 bytes are read.
        let status = unsafe { blst_p1_uncompress(&mut out, bytes.as_ptr()) };
        if status != BLST_ERROR::BLST_SUCCESS {
            return Err(status.into());
        }
        // SAFETY: a point on the curve.
        if !unsafe { blst_p1_affine_in_g1(&out) } {
            return Err(PointError::Subgroup);
        }
        let point = Self(out);
        if point.to_compressed() == *bytes { Ok(point) } else { Err(PointError::Encoding) }
    }

    pub(crate) fn to_compressed(self) -> [u8; G1_BYTES] {
        let mut out = [0; G1_BYTES];
        // SAFETY: 48 bytes are written.
        unsafe { blst_p1_affine_compress(out.as_mut_ptr(), &self.0) };
        out
    }

    pub(crate) fn is_identity(&self) -> bool {
        // SAFETY: a valid point.
        unsafe { blst_p1_affine_is_inf(&self.0) }
    }
}

impl G2Affine {
    pub(crate) fn generator() -> Self {
        // SAFETY: blst returns a pointer to a constant.
        Self(unsafe { *blst_p2_affine_generator() })
    }

    /// `scalar * g2`, constant time in the scalar.
    pub(crate) fn generator_times(scalar: &Fr) -> Self {
        let bytes = Zeroizing::new(scalar.to_bytes());
        let mut product = blst_p2::default();
        let mut out = blst_p2_affine::default();
        // SAFETY: 255 bits are read from 32 bytes; all points are valid.
        unsafe {
            blst_p2_mult(&mut product, blst_p2_generator(), bytes.as_ptr(), 255);
            blst_p2_to_affine(&mut out, &product);
        }
        Self(out)
    }

    /// The one canonical encoding of a point of the subgroup, the identity among them.
    pub(crate) fn from_compressed(bytes: &[u8; G2_BYTES]) -> Result<Self, PointError> {
        if bytes[0] & 0x80 == 0 {
            return Err(PointError::Encoding);
        }
        let mut out = blst_p2_affine::default();
        // SAFETY: 96 bytes are read.
        let status = unsafe { blst_p2_uncompress(&mut out, bytes.as_ptr()) };
        if status != BLST_ERROR::BLST_SUCCESS {
            return Err(status.into());
        }
        // SAFETY: a point on the curve.
        if !unsafe { blst_p2_affine_in_g2(&out) } {
            return Err(PointError::Subgroup);
        }
        let point = Self(out);
        if point.to_compressed() == *bytes { Ok(point) } else { Err(PointError::Encoding) }
    }

    pub(crate) fn to_compressed(self) -> [u8; G2_BYTES] {
        let mut out = [0; G2_BYTES];
        // SAFETY: 96 bytes are written.
        unsafe { blst_p2_affine_compress(out.as_mut_ptr(), &self.0) };
        out
    }

    pub(crate) fn is_identity(&self) -> bool {
        // SAFETY: a valid point.
        unsafe { blst_p2_affine_is_inf(&self.0) }
    }
}

/// `sum k_i * P_i`. Vartime: public data only.
pub(crate) fn msm(points: &[G1Affine], scalars: &[Fr]) -> G1 {
    let bytes: Vec<[u8; 32]> = scalars.iter().map(|k| k.to_bytes()).collect();
    pippenger(points, &bytes, 255)
}

/// `sum k_i * P_i` with 128-bit scalars. Vartime: public data only.
pub(crate) fn msm_short(points: &[G1Affine], scalars: &[u128]) -> G1 {
    let bytes: Vec<[u8; 16]> = scalars.iter().map(|k| k.to_le_bytes()).collect();
    pippenger(points, &bytes, 128)
}

fn pippenger<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1 {
    // Infinite points add nothing; leaving them out keeps to the inputs that blst documents.
    let (points, scalars): (Vec<_>, Vec<_>) = points
        .iter()
        .zip(scalars)
        .filter(|(point, _)| !point.is_identity())
        .map(|(point, scalar)| (ptr::from_ref(&point.0), scalar.as_ptr()))
        .unzip();
    let mut out = blst_p1::default();
    if points.is_empty() {
        return G1(out);
    }
    // SAFETY: takes and returns sizes.
    let scratch = unsafe { blst_p1s_mult_pippenger_scratch_sizeof(points.len()) };
    let mut scratch: Vec<limb_t> = vec![0; scratch.div_ceil(size_of::<limb_t>())];
    // SAFETY: `points` and `scalars` hold one valid pointer each for every term, to an affine
    // point and to `N >= bits / 8` bytes; the scratch has the size asked for.
    unsafe {
        blst_p1s_mult_pippenger(
            &mut out,
            points.as_ptr(),
            points.len(),
            scalars.as_ptr(),
            bits,
            scratch.as_mut_ptr(),
        );
    }
    G1(out)
}

/// Whether `prod e(P_i, Q_i) = 1`: one Miller loop for each pair, one final exponentiation.
pub(crate) fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> bool {
    // A pair with the identity contributes 1, and blst's loop over several pairs leaves the
    // identity to its caller.
    let (g1s, g2s): (Vec<_>, Vec<_>) = pairs
        .iter()
        .filter(|(p, q)| !p.is_identity() && !q.is_identity())
        .map(|(p, q)| (ptr::from_ref(&p.0), ptr::from_ref(&q.0)))
        .unzip();
    if g1s.is_empty() {
        return true;
    }
    let mut product = blst_fp12::default();
    let mut result = blst_fp12::default();
    // SAFETY: both arrays hold `g1s.len()` valid pointers to finite points of the subgroups.
    unsafe {
        blst_miller_loop_n(&mut product, g2s.as_ptr(), g1s.as_ptr(), g1s.len());
        blst_final_exp(&mut result, &product);
        blst_fp12_is_one(&result)
    }
}

#[cfg(test)]
mod tests;
