//! Native backend on `blst`. All of the crate's unsafe code is here, each call behind a function
//! that upholds what the C side expects: valid pointers, points on the curve and in the subgroup,
//! scalars of the stated width.
#![allow(unsafe_code)]

use alloc::{vec, vec::Vec};
use core::ptr;

use ::blst::{
    BLST_ERROR, blst_expand_message_xmd, blst_final_exp, blst_fp, blst_fp12, blst_fp12_is_one,
    blst_hash_to_g1, blst_miller_loop_n, blst_p1, blst_p1_add_or_double,
    blst_p1_add_or_double_affine, blst_p1_affine, blst_p1_affine_compress,
    blst_p1_affine_generator, blst_p1_affine_in_g1, blst_p1_affine_is_inf, blst_p1_cneg,
    blst_p1_double, blst_p1_from_affine, blst_p1_generator, blst_p1_mult, blst_p1_to_affine,
    blst_p1_uncompress, blst_p1s_mult_pippenger, blst_p1s_mult_pippenger_scratch_sizeof,
    blst_p1s_to_affine, blst_p2, blst_p2_affine, blst_p2_affine_compress, blst_p2_affine_generator,
    blst_p2_affine_in_g2, blst_p2_affine_is_inf, blst_p2_generator, blst_p2_mult,
    blst_p2_to_affine, blst_p2_uncompress, limb_t,
};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::{G1_BYTES, G2_BYTES, Message};
use crate::domain::HASH_TO_G1;
use crate::field::Fr;
use crate::parallel;

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

    /// RFC 9380 `BLS12381G1_XMD:SHA-256_SSWU_RO_` under the crate's tag.
    pub(super) fn hash(message: &Message) -> Self {
        Self::hash_with(message, HASH_TO_G1)
    }

    /// A point of the subgroup in Jacobian coordinates.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn from_words([x, y, z]: [[u64; 6]; 3]) -> Self {
        Self(blst_p1 { x: blst_fp { l: x }, y: blst_fp { l: y }, z: blst_fp { l: z } })
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

    #[cfg(target_arch = "x86_64")]
    pub(super) fn double(&self) -> Self {
        let mut out = blst_p1::default();
        // SAFETY: two valid points.
        unsafe { blst_p1_double(&mut out, &self.0) };
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

/// Multiples of the generator for multiplications by secret scalars without doublings: 1 to 15
/// times `16^i g1`, for i below 64.
pub(crate) struct Comb(Vec<G1Affine>);

/// Multiples of each power of 16.
const TEETH: usize = 15;

impl Comb {
    pub(super) fn new() -> Self {
        let mut points = Vec::with_capacity(64 * TEETH);
        let mut power = G1::generator();
        for _ in 0..64 {
            let mut multiple = power;
            for _ in 0..TEETH {
                points.push(multiple);
                multiple = multiple.add(&power);
            }
            power = multiple;
        }
        Self(G1::to_affine_all(&points))
    }

    /// `scalar g1`, constant time: every entry of the table is read.
    pub(super) fn mul(&self, scalar: &Fr) -> G1 {
        let bytes = Zeroizing::new(scalar.to_bytes());
        let nibble = |at: usize| bytes[at / 2] >> (4 * (at % 2)) & 15;
        let mut sum = G1::identity();
        for (at, multiples) in self.0.chunks_exact(TEETH).enumerate() {
            let digit = nibble(at);
            // All zeros are the point at infinity.
            let mut chosen = G1Affine(blst_p1_affine::default());
            for (multiple, size) in multiples.iter().zip(1..) {
                chosen.conditional_assign(multiple, digit.ct_eq(&size));
            }
            let mut out = blst_p1::default();
            // SAFETY: three valid points; the complete addition takes equal and infinite ones.
            unsafe { blst_p1_add_or_double_affine(&mut out, &sum.0, &chosen.0) };
            sum = G1(out);
        }
        sum
    }
}

impl ConditionallySelectable for G1Affine {
    fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
        let mut out = blst_p1_affine::default();
        for (at, limb) in out.x.l.iter_mut().enumerate() {
            *limb = u64::conditional_select(&a.0.x.l[at], &b.0.x.l[at], choice);
        }
        for (at, limb) in out.y.l.iter_mut().enumerate() {
            *limb = u64::conditional_select(&a.0.y.l[at], &b.0.y.l[at], choice);
        }
        Self(out)
    }
}

/// `expand_message_xmd` of RFC 9380 to the 128 bytes of two field elements.
#[cfg(target_arch = "x86_64")]
pub(super) fn expand(message: &Message) -> [u8; 128] {
    expand_with(message, HASH_TO_G1)
}

#[cfg(target_arch = "x86_64")]
pub(super) fn expand_with(message: &[u8], dst: &[u8]) -> [u8; 128] {
    let mut out = [0; 128];
    // SAFETY: pointers and lengths come from slices.
    unsafe {
        blst_expand_message_xmd(
            out.as_mut_ptr(),
            out.len(),
            message.as_ptr(),
            message.len(),
            dst.as_ptr(),
            dst.len(),
        );
    }
    out
}

/// Both halves of an expanded message mapped and added, without the hash before.
#[cfg(all(test, target_arch = "x86_64"))]
pub(super) fn map_to_g1(expanded: &[u8; 128]) -> G1 {
    let mut elements = [blst_fp::default(); 2];
    let mut out = blst_p1::default();
    // SAFETY: 64 bytes are read for each element.
    unsafe {
        for (element, bytes) in elements.iter_mut().zip(expanded.chunks_exact(64)) {
            ::blst::blst_fp_from_be_bytes(element, bytes.as_ptr(), bytes.len());
        }
        ::blst::blst_map_to_g1(&mut out, &elements[0], &elements[1]);
    }
    G1(out)
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

    /// A finite point of the subgroup.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn from_words([x, y]: [[u64; 6]; 2]) -> Self {
        Self(blst_p1_affine { x: blst_fp { l: x }, y: blst_fp { l: y } })
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn to_words(self) -> [[u64; 6]; 2] {
        [self.0.x.l, self.0.y.l]
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

/// `sum k_i * P_i` for scalars of so many bits, in little-endian bytes. Vartime: public data only.
pub(super) fn multi<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1 {
    let share = points.len().div_ceil(parallel::threads()).max(SHARE);
    let mut sums = vec![G1::identity(); points.len().div_ceil(share)];
    parallel::each(&mut sums, 1, |at, sum| {
        let range = at * share..points.len().min((at + 1) * share);
        sum[0] = pippenger(&points[range.clone()], &scalars[range], bits);
    });
    sums.into_iter().reduce(|a, b| a.add(&b)).unwrap_or(G1::identity())
}

/// Points for which a thread of its own is worth while.
const SHARE: usize = 128;

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
    #[cfg(test)]
    count::PAIRINGS.with_borrow_mut(|seen| seen.push(g1s.len()));
    let mut product = blst_fp12::default();
    let mut result = blst_fp12::default();
    // SAFETY: both arrays hold `g1s.len()` valid pointers to finite points of the subgroups.
    unsafe {
        blst_miller_loop_n(&mut product, g2s.as_ptr(), g1s.as_ptr(), g1s.len());
        blst_final_exp(&mut result, &product);
        blst_fp12_is_one(&result)
    }
}

/// What this thread spent on pairings.
#[cfg(test)]
pub(crate) mod count {
    use std::cell::RefCell;

    std::thread_local! {
        /// For each final exponentiation the number of Miller loops before it.
        pub(crate) static PAIRINGS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    }
}

#[cfg(test)]
mod tests;
