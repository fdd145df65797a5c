//! Integers modulo the group order r, four limbs in Montgomery form, without secret-dependent
//! branches or indexes.

use subtle::{Choice, ConditionallySelectable};
use zeroize::{DefaultIsZeroes, Zeroizing};

/// r, little-endian limbs.
const MODULUS: [u64; 4] =
    [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];
/// -1/r mod 2^64.
const INVERSE: u64 = 0xffff_fffe_ffff_ffff;
/// 2^512 mod r.
const R2: [u64; 4] =
    [0xc999_e990_f3f2_9c6d, 0x2b6c_edcb_8792_5c23, 0x05d3_1496_7254_398f, 0x0748_d9d9_9f59_ff11];
/// 2^768 mod r.
const R3: [u64; 4] =
    [0xc62c_1807_439b_73af, 0x1b3e_0d18_8cf0_6990, 0x73d1_3c71_c7b5_f418, 0x6e2a_5bb9_c8db_33e9];

/// `acc + x * y + carry`, as (low, high).
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
pub(crate) const fn mac(acc: u64, x: u64, y: u64, carry: u64) -> (u64, u64) {
    let sum = acc as u128 + x as u128 * y as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// `a + b + carry`, as (low, carry out).
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
pub(crate) const fn adc(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 + b as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// `a - b - borrow` with a borrow of 0 or 1, as (low, borrow out).
#[inline(always)]
const fn sbb(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let (first, under) = a.overflowing_sub(b);
    let (second, under_again) = first.overflowing_sub(borrow);
    (second, (under | under_again) as u64)
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Fr([u64; 4]);

impl DefaultIsZeroes for Fr {}

impl Fr {
    #[cfg(feature = "native")]
    pub(crate) const ZERO: Self = Self([0; 4]);

    #[cfg(feature = "native")]
    pub(crate) fn one() -> Self {
        Self::from_limbs([1, 0, 0, 0])
    }

    /// Any 256-bit integer, reduced.
    pub(crate) fn from_limbs(limbs: [u64; 4]) -> Self {
        Self(montgomery(&limbs, &R2))
    }

    #[cfg(all(test, feature = "native"))]
    pub(crate) fn from_u128(value: u128) -> Self {
        let bytes = value.to_le_bytes();
        let mut wide = [0; 32];
        wide[..16].copy_from_slice(&bytes);
        Self::from_limbs(limbs(&wide))
    }

    /// Any 576-bit integer, reduced.
    #[cfg(feature = "native")]
    pub(crate) fn from_nine(wide: &[u64; 9]) -> Self {
        let [a, b, c, d, e, f, g, h, i] = *wide;
        let high = Self(montgomery(&montgomery(&[i, 0, 0, 0], &R3), &R2));
        Self::from_eight(&[a, b, c, d, e, f, g, h]).add(&high)
    }

    /// Any 512-bit integer, reduced.
    pub(crate) fn from_eight(wide: &[u64; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = *wide;
        Self::from_limbs([a, b, c, d]).add(&Self(montgomery(&[e, f, g, h], &R3)))
    }

    /// 64 uniform bytes, reduced: 2^-257 off uniform.
    pub(crate) fn from_wide(bytes: &[u8; 64]) -> Self {
        let mut wide = Zeroizing::new([0; 8]);
        for (word, chunk) in wide.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*chunk);
        }
        Self::from_eight(&wide)
    }

    /// The canonical encoding, little-endian; `None` for r and above.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let limbs = limbs(bytes);
        let (_, below) = subtract(&limbs, &MODULUS);
        (below == 1).then(|| Self::from_limbs(limbs))
    }

    pub(crate) fn to_bytes(self) -> [u8; 32] {
        let mut out = [0; 32];
        for (chunk, limb) in out.chunks_exact_mut(8).zip(self.to_limbs()) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        out
    }

    /// The canonical integer, out of Montgomery form.
    pub(crate) fn to_limbs(self) -> [u64; 4] {
        montgomery(&self.0, &[1, 0, 0, 0])
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let mut sum = [0; 4];
        let mut carry = 0;
        for (out, (a, b)) in sum.iter_mut().zip(self.0.iter().zip(&other.0)) {
            (*out, carry) = adc(*a, *b, carry);
        }
        // Both are below r < 2^255: the sum has no carry.
        Self(reduce_once(&sum))
    }

    pub(crate) fn neg(&self) -> Self {
        let (difference, _) = subtract(&MODULUS, &self.0);
        Self(reduce_once(&difference))
    }

    #[cfg(feature = "native")]
    pub(crate) fn mul(&self, other: &Self) -> Self {
        Self(montgomery(&self.0, &other.0))
    }

    /// Vartime: for public values, and for secrets drawn or imported, of which none is zero.
    #[cfg(feature = "native")]
    pub(crate) fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

pub(crate) fn limbs(bytes: &[u8; 32]) -> [u64; 4] {
    let mut out = [0; 4];
    for (limb, chunk) in out.iter_mut().zip(bytes.chunks_exact(8)) {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        *limb = u64::from_le_bytes(word);
    }
    out
}

#[inline(always)]
fn subtract(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], u64) {
    let mut out = [0; 4];
    let mut borrow = 0;
    for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
        (*out, borrow) = sbb(*a, *b, borrow);
    }
    (out, borrow)
}

/// From below 2r to below r.
#[inline(always)]
fn reduce_once(value: &[u64; 4]) -> [u64; 4] {
    let (reduced, borrow) = subtract(value, &MODULUS);
    #[allow(clippy::cast_possible_truncation, reason = "a borrow is 0 or 1")]
    let keep = Choice::from(borrow as u8);
    let mut out = [0; 4];
    for (out, (reduced, value)) in out.iter_mut().zip(reduced.iter().zip(value)) {
        *out = u64::conditional_select(reduced, value, keep);
    }
    out
}

/// `a * b / 2^256 mod r`, canonical, for `a < 2^256` and `b < r`.
#[inline(always)]
fn montgomery(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut t = [0u64; 5];
    for &word in a {
        let mut carry = 0;
        for j in 0..4 {
            (t[j], carry) = mac(t[j], word, b[j], carry);
        }
        let (top, over) = adc(t[4], 0, carry);
        let k = t[0].wrapping_mul(INVERSE);
        (_, carry) = mac(t[0], k, MODULUS[0], 0);
        for j in 1..4 {
            (t[j - 1], carry) = mac(t[j], k, MODULUS[j], carry);
        }
        let (low, carry) = adc(top, 0, carry);
        t[3] = low;
        t[4] = over + carry;
    }
    // t < 2r < 2^256, so t[4] is zero here.
    reduce_once(&[t[0], t[1], t[2], t[3]])
}

#[cfg(test)]
mod tests;
