//! The base field, eight elements side by side, in Montgomery form with R = 2^416.
//!
//! p has 381 bits and eight limbs of 52 hold 416, so values may grow to many times p before they
//! are reduced: a product of values below A p and B p comes out below 2 p whenever A B <= 2^34.
//! Debug builds carry these bounds with the values and check them.

use core::arch::x86_64::{
    __m512i, __mmask8, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask,
    _mm512_cmplt_epi64_mask, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_blend_epi64,
    _mm512_or_si512, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srai_epi64,
    _mm512_srli_epi64, _mm512_sub_epi64, _mm512_test_epi64_mask,
};

use super::consts::{Digits, ONE, P, P_INVERSE, PLAIN_ONE};
use super::{LANES, LIMBS};

/// Limbs of 52 bits; the value is below `bound` p.
#[derive(Clone, Copy)]
pub(super) struct Fp {
    limbs: [__m512i; LIMBS],
    #[cfg(debug_assertions)]
    bound: u64,
}

/// A sum of elements whose limbs aren't carried yet and may be negative; the value isn't.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    limbs: [__m512i; LIMBS],
    #[cfg(debug_assertions)]
    bound: u64,
}

/// A factor and its factor.
type Pair<'a> = (&'a Fp, &'a Fp);

macro_rules! bounded {
    ($name:ident, $limbs:expr, $bound:expr) => {
        $name {
            limbs: $limbs,
            #[cfg(debug_assertions)]
            bound: $bound,
        }
    };
}

const MASK: i64 = (1 << 52) - 1;

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn splat(value: u64) -> __m512i {
    _mm512_set1_epi64(value.cast_signed())
}

/// Carries limbs up; the highest keeps what it gets.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried(mut limbs: [__m512i; LIMBS]) -> [__m512i; LIMBS] {
    let mask = _mm512_set1_epi64(MASK);
    for at in 0..LIMBS - 1 {
        limbs[at + 1] = _mm512_add_epi64(limbs[at + 1], _mm512_srai_epi64::<52>(limbs[at]));
        limbs[at] = _mm512_and_si512(limbs[at], mask);
    }
    limbs
}

/// `t / R mod p`, below `t / R + p`, for columns below 2^62.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn reduce(mut t: [__m512i; 2 * LIMBS]) -> Fp {
    let zero = _mm512_setzero_si512();
    let inverse = splat(P_INVERSE);
    for i in 0..LIMBS {
        let m = _mm512_madd52lo_epu64(zero, t[i], inverse);
        for j in 0..LIMBS {
            let p = splat(P[j]);
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], m, p);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], m, p);
        }
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64::<52>(t[i]));
    }
    let [.., a, b, c, d, e, f, g, h] = t;
    bounded!(Fp, carried([a, b, c, d, e, f, g, h]), 2)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn accumulate(t: &mut [__m512i; 2 * LIMBS], a: &Fp, b: &Fp) {
    for i in 0..LIMBS {
        for j in 0..LIMBS {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a.limbs[i], b.limbs[j]);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a.limbs[i], b.limbs[j]);
        }
    }
}

impl Fp {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        bounded!(Self, [_mm512_setzero_si512(); LIMBS], 1)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        Self::constant(&ONE)
    }

    /// One value below p in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn constant(digits: &Digits) -> Self {
        let mut limbs = [_mm512_setzero_si512(); LIMBS];
        for (limb, digit) in limbs.iter_mut().zip(digits) {
            *limb = splat(*digit);
        }
        bounded!(Self, limbs, 1)
    }

    /// An integer in each lane, below `BOUND` p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn from_lanes<const BOUND: u64>(lanes: &[Digits; LANES]) -> Self {
        let mut limbs = [_mm512_setzero_si512(); LIMBS];
        for (at, limb) in limbs.iter_mut().enumerate() {
            *limb = from_array(core::array::from_fn(|lane| lanes[lane][at]));
        }
        bounded!(Self, limbs, BOUND)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn to_lanes(self) -> [Digits; LANES] {
        let mut out = [[0; LIMBS]; LANES];
        for (at, limb) in self.limbs.into_iter().enumerate() {
            for (lane, digit) in to_array(limb).into_iter().enumerate() {
                out[lane][at] = digit;
            }
        }
        out
    }

    /// What [`limbs`](Self::limbs) gave of a value below 2 p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn from_limbs(limbs: [__m512i; LIMBS]) -> Self {
        bounded!(Self, limbs, 2)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn limbs(&self) -> [__m512i; LIMBS] {
        #[cfg(debug_assertions)]
        assert!(self.bound <= 2);
        self.limbs
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn mul(&self, other: &Self) -> Self {
        #[cfg(debug_assertions)]
        assert!(self.bound * other.bound <= 1 << 34);
        let mut t = [_mm512_setzero_si512(); 2 * LIMBS];
        accumulate(&mut t, self, other);
        reduce(t)
    }

    /// `a b + c d`, reduced once.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn mul_add((a, b): Pair<'_>, (c, d): Pair<'_>) -> Self {
        #[cfg(debug_assertions)]
        assert!(a.bound * b.bound + c.bound * d.bound <= 1 << 34);
        let mut t = [_mm512_setzero_si512(); 2 * LIMBS];
        accumulate(&mut t, a, b);
        accumulate(&mut t, c, d);
        reduce(t)
    }

    /// `a c + b d` for any a and b below 2^416 and constants c and d below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn fold((a, c): (&Self, &Digits), (b, d): (&Self, &Digits)) -> Self {
        let mut t = [_mm512_setzero_si512(); 2 * LIMBS];
        accumulate(&mut t, a, &Self::constant(c));
        accumulate(&mut t, b, &Self::constant(d));
        let folded = reduce(t);
        // Below (2 * 2^416 p + R p) / R = 3 p.
        bounded!(Self, folded.limbs, 3)
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        #[cfg(debug_assertions)]
        assert!(self.bound * self.bound <= 1 << 34);
        let a = &self.limbs;
        let mut t = [_mm512_setzero_si512(); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], a[j]);
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], a[j]);
            }
        }
        for column in &mut t {
            *column = _mm512_slli_epi64::<1>(*column);
        }
        for i in 0..LIMBS {
            t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a[i], a[i]);
            t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a[i], a[i]);
        }
        reduce(t)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn sum(&self) -> Sum {
        bounded!(Sum, self.limbs, self.bound)
    }

    /// `-a`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn neg(&self) -> Self {
        Self::zero().sum().sub(&self.sum()).tight()
    }

    /// `if` the lane's bit is set `{ a } else { self }`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn select(&self, mask: __mmask8, a: &Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(a.limbs) {
            *limb = _mm512_mask_blend_epi64(mask, *limb, other);
        }
        bounded!(Self, limbs, self.bound.max(a.bound))
    }

    /// The value itself below p, for one below 2 p. Montgomery form stays.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical(&self) -> Self {
        #[cfg(debug_assertions)]
        assert!(self.bound <= 2);
        let (less, below) = minus(self, &P);
        bounded!(Self, self.limbs, 1).select(!below, &bounded!(Self, less, 1))
    }

    /// Below p, and out of Montgomery form.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plain(&self) -> Self {
        self.mul(&Self::constant(&PLAIN_ONE)).canonical()
    }

    /// The lanes of a canonical value that are zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_zero(&self) -> __mmask8 {
        #[cfg(debug_assertions)]
        assert!(self.bound == 1);
        let any = self
            .limbs
            .into_iter()
            .fold(_mm512_setzero_si512(), |any, limb| _mm512_or_si512(any, limb));
        _mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512())
    }

    /// The lanes of a canonical plain value that are odd.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_odd(&self) -> __mmask8 {
        _mm512_test_epi64_mask(self.limbs[0], splat(1))
    }

    /// The lanes of a tight value that are below a constant.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_below(&self, digits: &Digits) -> __mmask8 {
        minus(self, digits).1
    }
}

/// The difference mod 2^416, and the lanes where it is negative.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn minus(a: &Fp, digits: &Digits) -> ([__m512i; LIMBS], __mmask8) {
    let mut limbs = a.limbs;
    for (limb, digit) in limbs.iter_mut().zip(digits) {
        *limb = _mm512_sub_epi64(*limb, splat(*digit));
    }
    let limbs = carried(limbs);
    let below = _mm512_cmplt_epi64_mask(limbs[LIMBS - 1], _mm512_setzero_si512());
    (limbs, below)
}

impl Sum {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(&self, other: &Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            *limb = _mm512_add_epi64(*limb, other);
        }
        bounded!(Self, limbs, self.bound + other.bound)
    }

    /// `self - other`, kept from being negative by 128 p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn sub(&self, other: &Self) -> Self {
        #[cfg(debug_assertions)]
        assert!(other.bound <= 128);
        let mut limbs = self.limbs;
        for ((limb, other), p) in limbs.iter_mut().zip(other.limbs).zip(P) {
            *limb = _mm512_sub_epi64(_mm512_add_epi64(*limb, splat(p << 7)), other);
        }
        bounded!(Self, limbs, self.bound + 128)
    }

    /// `2^N self`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn shl<const N: u32>(&self) -> Self {
        let mut limbs = self.limbs;
        for limb in &mut limbs {
            *limb = _mm512_slli_epi64::<N>(*limb);
        }
        bounded!(Self, limbs, self.bound << N)
    }

    /// `3 self`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn triple(&self) -> Self {
        self.shl::<1>().add(self)
    }

    /// `12 self`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_twelve(&self) -> Self {
        self.shl::<2>().triple()
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn tight(&self) -> Fp {
        bounded!(Fp, carried(self.limbs), self.bound)
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn from_array(values: [u64; LANES]) -> __m512i {
    // SAFETY: both are 64 bytes of plain integers.
    unsafe { core::mem::transmute(values) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn to_array(values: __m512i) -> [u64; LANES] {
    // SAFETY: both are 64 bytes of plain integers.
    unsafe { core::mem::transmute(values) }
}
