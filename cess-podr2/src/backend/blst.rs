//! Native backend on `blst`. All of the crate's unsafe code is here, each call behind a function
//! that upholds what the C side expects: valid pointers, points on the curve and in the subgroup,
//! scalars of the stated width.
#![allow(unsafe_code)]

use alloc::{vec, vec::Vec};
use core::ptr;

use ::blst::{
    BLST_ERROR, blst_bendian_from_fp, blst_expand_message_xmd, blst_final_exp, blst_fp12,
    blst_fp12_is_one, blst_hash_to_g1, blst_miller_loop_n, blst_p1, blst_p1_add_or_double,
    blst_p1_add_or_double_affine, blst_p1_affine, blst_p1_affine_compress,
    blst_p1_affine_generator, blst_p1_affine_in_g1, blst_p1_cneg, blst_p1_double,
    blst_p1_generator, blst_p1_mult, blst_p1_to_affine, blst_p1_uncompress,
    blst_p1s_mult_pippenger, blst_p1s_mult_pippenger_scratch_sizeof, blst_p1s_to_affine, blst_p2,
    blst_p2_affine, blst_p2_affine_compress, blst_p2_affine_generator, blst_p2_affine_in_g2,
    blst_p2_generator, blst_p2_mult, blst_p2_to_affine, blst_p2_uncompress, limb_t,
};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{
    Backend, Batch, G1, G1_BYTES, G1Affine, G2_BYTES, G2Affine, GT_BYTES, Message, PointError,
    Words,
};
use crate::domain::HASH_TO_G1;
use crate::field::Fr;
use crate::parallel;

/// The backend on `blst`, and on the kernels for many points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Native;

impl From<BLST_ERROR> for PointError {
    fn from(error: BLST_ERROR) -> Self {
        match error {
            BLST_ERROR::BLST_POINT_NOT_ON_CURVE => Self::Curve,
            BLST_ERROR::BLST_POINT_NOT_IN_GROUP => Self::Subgroup,
            _ => Self::Encoding,
        }
    }
}

/// Points and what `blst` calls them are the same words in the same order, which the pointers below
/// rely on.
const _: () = {
    assert!(size_of::<G1>() == size_of::<blst_p1>() && align_of::<G1>() == align_of::<blst_p1>());
    assert!(size_of::<G1Affine>() == size_of::<blst_p1_affine>());
    assert!(align_of::<G1Affine>() == align_of::<blst_p1_affine>());
    assert!(size_of::<G2Affine>() == size_of::<blst_p2_affine>());
    assert!(align_of::<G2Affine>() == align_of::<blst_p2_affine>());
};

fn p1(point: &G1) -> *const blst_p1 {
    ptr::from_ref(point).cast()
}

fn p1_mut(point: &mut G1) -> *mut blst_p1 {
    ptr::from_mut(point).cast()
}

fn affine(point: &G1Affine) -> *const blst_p1_affine {
    ptr::from_ref(point).cast()
}

fn affine_mut(point: &mut G1Affine) -> *mut blst_p1_affine {
    ptr::from_mut(point).cast()
}

fn affine_g2(point: &G2Affine) -> *const blst_p2_affine {
    ptr::from_ref(point).cast()
}

fn affine_g2_mut(point: &mut G2Affine) -> *mut blst_p2_affine {
    ptr::from_mut(point).cast()
}

impl Backend for Native {
    fn hash(messages: &[Message]) -> Vec<G1> {
        Batch::best().hash(messages)
    }

    fn decode_g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError> {
        G1Affine::from_compressed(bytes)
    }

    fn encode_g1(point: &G1Affine) -> [u8; G1_BYTES] {
        point.to_compressed()
    }

    fn decode_g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointError> {
        G2Affine::from_compressed(bytes)
    }

    fn encode_g2(point: &G2Affine) -> [u8; G2_BYTES] {
        point.to_compressed()
    }

    fn generators() -> (G1Affine, G2Affine) {
        (G1Affine::generator(), G2Affine::generator())
    }

    fn add(a: &G1, b: &G1) -> G1 {
        a.add(b)
    }

    fn neg(point: &G1) -> G1 {
        point.neg()
    }

    fn to_affine_all(points: &[G1]) -> Vec<G1Affine> {
        G1::to_affine_all(points)
    }

    fn multi<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1 {
        Batch::best().multi(points, scalars, bits)
    }

    fn pairing(pairs: &[(G1Affine, G2Affine)]) -> [u8; GT_BYTES] {
        let value = pairing(pairs);
        let mut out = [0; GT_BYTES];
        // The tower is Fp12 over Fp6 over Fp2: `blst_bendian_from_fp12` writes another order.
        let elements = value.fp6.iter().flat_map(|six| &six.fp2).flat_map(|two| &two.fp);
        for (out, element) in out.as_chunks_mut::<48>().0.iter_mut().zip(elements) {
            // SAFETY: 48 bytes are written.
            unsafe { blst_bendian_from_fp(out.as_mut_ptr(), element) };
        }
        out
    }

    fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> bool {
        pairing_product_is_one(pairs)
    }
}

impl G1 {
    pub(crate) fn generator() -> Self {
        // SAFETY: blst returns a pointer to a constant.
        let blst_p1 { x, y, z } = unsafe { *blst_p1_generator() };
        Self { x: x.l, y: y.l, z: z.l }
    }

    /// RFC 9380 `BLS12381G1_XMD:SHA-256_SSWU_RO_` under the crate's tag.
    pub(super) fn hash(message: &Message) -> Self {
        Self::hash_with(message, HASH_TO_G1)
    }

    /// A point of the subgroup in Jacobian coordinates.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn from_words([x, y, z]: [Words; 3]) -> Self {
        Self { x, y, z }
    }

    fn hash_with(message: &[u8], dst: &[u8]) -> Self {
        let mut out = Self::IDENTITY;
        // SAFETY: pointers and lengths come from slices; no augmentation is passed.
        unsafe {
            blst_hash_to_g1(
                p1_mut(&mut out),
                message.as_ptr(),
                message.len(),
                dst.as_ptr(),
                dst.len(),
                ptr::null(),
                0,
            );
        }
        out
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let mut out = Self::IDENTITY;
        // SAFETY: three valid points; the complete addition takes equal and infinite ones.
        unsafe { blst_p1_add_or_double(p1_mut(&mut out), p1(self), p1(other)) };
        out
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn double(&self) -> Self {
        let mut out = Self::IDENTITY;
        // SAFETY: two valid points.
        unsafe { blst_p1_double(p1_mut(&mut out), p1(self)) };
        out
    }

    pub(crate) fn neg(mut self) -> Self {
        // SAFETY: a valid point.
        unsafe { blst_p1_cneg(p1_mut(&mut self), true) };
        self
    }

    /// Constant time in the scalar.
    pub(crate) fn mul(&self, scalar: &Fr) -> Self {
        let bytes = Zeroizing::new(scalar.to_bytes());
        let mut out = Self::IDENTITY;
        // SAFETY: 255 bits are read from 32 bytes; the point is in the subgroup, as the
        // endomorphism asks.
        unsafe { blst_p1_mult(p1_mut(&mut out), p1(self), bytes.as_ptr(), 255) };
        out
    }

    pub(crate) fn to_affine(self) -> G1Affine {
        let mut out = G1Affine::IDENTITY;
        // SAFETY: valid points.
        unsafe { blst_p1_to_affine(affine_mut(&mut out), p1(&self)) };
        out
    }

    /// All at the price of one inversion.
    pub(crate) fn to_affine_all(points: &[Self]) -> Vec<G1Affine> {
        let mut out = vec![G1Affine::IDENTITY; points.len()];
        let pointers: Vec<*const blst_p1> = points.iter().map(p1).collect();
        if !points.is_empty() {
            // SAFETY: G1Affine is a blst_p1_affine in memory; `out` and `pointers` have
            // `points.len()` elements, and infinite points are handled by blst.
            unsafe {
                blst_p1s_to_affine(out.as_mut_ptr().cast(), pointers.as_ptr(), points.len());
            }
        }
        out
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
        let mut sum = G1::IDENTITY;
        for (at, multiples) in self.0.chunks_exact(TEETH).enumerate() {
            let digit = nibble(at);
            // All zeros are the point at infinity.
            let mut chosen = G1Affine::IDENTITY;
            for (multiple, size) in multiples.iter().zip(1..) {
                chosen.conditional_assign(multiple, digit.ct_eq(&size));
            }
            let mut out = G1::IDENTITY;
            // SAFETY: three valid points; the complete addition takes equal and infinite ones.
            unsafe { blst_p1_add_or_double_affine(p1_mut(&mut out), p1(&sum), affine(&chosen)) };
            sum = out;
        }
        sum
    }
}

impl ConditionallySelectable for G1Affine {
    fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
        let words = |a: &Words, b: &Words| {
            core::array::from_fn(|at| u64::conditional_select(&a[at], &b[at], choice))
        };
        Self { x: words(&a.x, &b.x), y: words(&a.y, &b.y) }
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
    let mut elements = [::blst::blst_fp::default(); 2];
    let mut out = G1::IDENTITY;
    // SAFETY: 64 bytes are read for each element.
    unsafe {
        for (element, bytes) in elements.iter_mut().zip(expanded.chunks_exact(64)) {
            ::blst::blst_fp_from_be_bytes(element, bytes.as_ptr(), bytes.len());
        }
        ::blst::blst_map_to_g1(p1_mut(&mut out), &elements[0], &elements[1]);
    }
    out
}

impl G1Affine {
    pub(crate) fn generator() -> Self {
        // SAFETY: blst returns a pointer to a constant.
        let blst_p1_affine { x, y } = unsafe { *blst_p1_affine_generator() };
        Self { x: x.l, y: y.l }
    }

    /// The one canonical encoding of a point of the subgroup, the identity among them.
    pub(crate) fn from_compressed(bytes: &[u8; G1_BYTES]) -> Result<Self, PointError> {
        if bytes[0] & 0x80 == 0 {
            return Err(PointError::Encoding);
        }
        let mut point = Self::IDENTITY;
        // SAFETY: 48 bytes are read.
        let status = unsafe { blst_p1_uncompress(affine_mut(&mut point), bytes.as_ptr()) };
        if status != BLST_ERROR::BLST_SUCCESS {
            return Err(status.into());
        }
        // SAFETY: a point on the curve.
        if !unsafe { blst_p1_affine_in_g1(affine(&point)) } {
            return Err(PointError::Subgroup);
        }
        if point.to_compressed() == *bytes { Ok(point) } else { Err(PointError::Encoding) }
    }

    pub(crate) fn to_compressed(self) -> [u8; G1_BYTES] {
        let mut out = [0; G1_BYTES];
        // SAFETY: 48 bytes are written.
        unsafe { blst_p1_affine_compress(out.as_mut_ptr(), affine(&self)) };
        out
    }

    /// A finite point of the subgroup.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn from_words([x, y]: [Words; 2]) -> Self {
        Self { x, y }
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn to_words(self) -> [Words; 2] {
        [self.x, self.y]
    }
}

impl G2Affine {
    pub(crate) fn generator() -> Self {
        // SAFETY: blst returns a pointer to a constant.
        let blst_p2_affine { x, y } = unsafe { *blst_p2_affine_generator() };
        Self { x: x.fp.map(|half| half.l), y: y.fp.map(|half| half.l) }
    }

    /// `scalar * g2`, constant time in the scalar.
    pub(crate) fn generator_times(scalar: &Fr) -> Self {
        let bytes = Zeroizing::new(scalar.to_bytes());
        let mut product = blst_p2::default();
        let mut out = Self::IDENTITY;
        // SAFETY: 255 bits are read from 32 bytes; all points are valid.
        unsafe {
            blst_p2_mult(&mut product, blst_p2_generator(), bytes.as_ptr(), 255);
            blst_p2_to_affine(affine_g2_mut(&mut out), &product);
        }
        out
    }

    /// The one canonical encoding of a point of the subgroup, the identity among them.
    pub(crate) fn from_compressed(bytes: &[u8; G2_BYTES]) -> Result<Self, PointError> {
        if bytes[0] & 0x80 == 0 {
            return Err(PointError::Encoding);
        }
        let mut point = Self::IDENTITY;
        // SAFETY: 96 bytes are read.
        let status = unsafe { blst_p2_uncompress(affine_g2_mut(&mut point), bytes.as_ptr()) };
        if status != BLST_ERROR::BLST_SUCCESS {
            return Err(status.into());
        }
        // SAFETY: a point on the curve.
        if !unsafe { blst_p2_affine_in_g2(affine_g2(&point)) } {
            return Err(PointError::Subgroup);
        }
        if point.to_compressed() == *bytes { Ok(point) } else { Err(PointError::Encoding) }
    }

    pub(crate) fn to_compressed(self) -> [u8; G2_BYTES] {
        let mut out = [0; G2_BYTES];
        // SAFETY: 96 bytes are written.
        unsafe { blst_p2_affine_compress(out.as_mut_ptr(), affine_g2(&self)) };
        out
    }
}

/// `sum k_i * P_i` for scalars of so many bits, in little-endian bytes. Vartime: public data only.
pub(super) fn multi<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1 {
    let share = points.len().div_ceil(parallel::threads()).max(SHARE);
    let mut sums = vec![G1::IDENTITY; points.len().div_ceil(share)];
    parallel::each(&mut sums, 1, |at, sum| {
        let range = at * share..points.len().min((at + 1) * share);
        sum[0] = pippenger(&points[range.clone()], &scalars[range], bits);
    });
    sums.into_iter().reduce(|a, b| a.add(&b)).unwrap_or(G1::IDENTITY)
}

/// Points for which a thread of its own is worth while.
const SHARE: usize = 128;

fn pippenger<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1 {
    // Infinite points add nothing; leaving them out keeps to the inputs that blst documents.
    let (points, scalars): (Vec<_>, Vec<_>) = points
        .iter()
        .zip(scalars)
        .filter(|(point, _)| !point.is_identity())
        .map(|(point, scalar)| (affine(point), scalar.as_ptr()))
        .unzip();
    let mut out = G1::IDENTITY;
    if points.is_empty() {
        return out;
    }
    // SAFETY: takes and returns sizes.
    let scratch = unsafe { blst_p1s_mult_pippenger_scratch_sizeof(points.len()) };
    let mut scratch: Vec<limb_t> = vec![0; scratch.div_ceil(size_of::<limb_t>())];
    // SAFETY: `points` and `scalars` hold one valid pointer each for every term, to an affine
    // point and to `N >= bits / 8` bytes; the scratch has the size asked for.
    unsafe {
        blst_p1s_mult_pippenger(
            p1_mut(&mut out),
            points.as_ptr(),
            points.len(),
            scalars.as_ptr(),
            bits,
            scratch.as_mut_ptr(),
        );
    }
    out
}

/// `prod e(P_i, Q_i)`: one Miller loop for each pair, one final exponentiation. No branch depends
/// on the points, but for whether they are the identity.
fn pairing(pairs: &[(G1Affine, G2Affine)]) -> blst_fp12 {
    // A pair with the identity contributes 1, and blst's loop over several pairs leaves the
    // identity to its caller.
    let (g1s, g2s): (Vec<_>, Vec<_>) = pairs
        .iter()
        .filter(|(p, q)| !p.is_identity() && !q.is_identity())
        .map(|(p, q)| (affine(p), affine_g2(q)))
        .unzip();
    // One.
    let mut product = blst_fp12::default();
    if g1s.is_empty() {
        return product;
    }
    #[cfg(test)]
    count::PAIRINGS.with_borrow_mut(|seen| seen.push(g1s.len()));
    let mut result = blst_fp12::default();
    // SAFETY: both arrays hold `g1s.len()` valid pointers to finite points of the subgroups.
    unsafe {
        blst_miller_loop_n(&mut product, g2s.as_ptr(), g1s.as_ptr(), g1s.len());
        blst_final_exp(&mut result, &product);
    }
    result
}

/// Whether `prod e(P_i, Q_i) = 1`.
pub(crate) fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> bool {
    // SAFETY: a valid element.
    unsafe { blst_fp12_is_one(&pairing(pairs)) }
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
