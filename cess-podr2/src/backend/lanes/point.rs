//! The curve y^2 = x^3 + 4, eight points side by side, in homogeneous coordinates.
//!
//! The formulas are those of Renes, Costello and Batina (eprint 2015/1060, algorithms 7 to 9, for
//! a = 0 and 3 b = 12). They are complete on every curve of odd order, as this one is: equal,
//! opposite and infinite points take the same steps as all others.

use core::arch::x86_64::{
    __m512i, __mmask8, _mm512_abs_epi64, _mm512_cmpeq_epi64_mask, _mm512_cmplt_epi64_mask,
    _mm512_set1_epi64, _mm512_setzero_si512,
};

use super::consts::{BETA, Digits};
use super::fp::Fp;
use super::scalar::{Signed, WINDOW, WINDOWS};

/// (X : Y : Z), with (0 : 1 : 0) at infinity; coordinates below 2 p.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: Fp,
    pub(super) y: Fp,
    pub(super) z: Fp,
}

/// One finite point, the same in all lanes: x, beta x and y.
pub(super) struct Fixed {
    pub(super) x: Digits,
    pub(super) beta_x: Digits,
    pub(super) y: Digits,
}

/// Multiples 1 to 16 of a point.
pub(super) const TABLE: usize = 16;

impl Point {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn identity() -> Self {
        Self { x: Fp::zero(), y: Fp::one(), z: Fp::zero() }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn select(&self, mask: __mmask8, a: &Self) -> Self {
        Self {
            x: self.x.select(mask, &a.x),
            y: self.y.select(mask, &a.y),
            z: self.z.select(mask, &a.z),
        }
    }

    /// Algorithm 7.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(&self, other: &Self) -> Self {
        let (p, q) = (self, other);
        let xx = p.x.mul(&q.x);
        let yy = p.y.mul(&q.y);
        let zz = p.z.mul(&q.z);
        let xy = Fp::mul_add((&p.x, &q.y), (&p.y, &q.x));
        let yz = Fp::mul_add((&p.y, &q.z), (&p.z, &q.y));
        let xz = Fp::mul_add((&p.x, &q.z), (&p.z, &q.x));
        combine(&xx, &yy, &zz.sum().times_twelve().tight(), &xy, &yz, &xz)
    }

    /// Algorithm 8: adds a finite point.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add_affine(&self, x: &Fp, y: &Fp) -> Self {
        let p = self;
        let xx = p.x.mul(x);
        let yy = p.y.mul(y);
        let xy = Fp::mul_add((&p.x, y), (&p.y, x));
        let yz = p.z.mul(y).sum().add(&p.y.sum()).tight();
        let xz = p.z.mul(x).sum().add(&p.x.sum()).tight();
        combine(&xx, &yy, &p.z.sum().times_twelve().tight(), &xy, &yz, &xz)
    }

    /// Algorithm 9.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double(&self) -> Self {
        let yy = self.y.square();
        let yz = self.y.mul(&self.z);
        let xy = self.x.mul(&self.y);
        let bzz = self.z.square().sum().times_twelve().tight();
        let eight = yy.sum().shl::<3>().tight();
        let more = yy.sum().add(&bzz.sum()).tight();
        let less = yy.sum().sub(&bzz.sum().triple()).tight();
        Self {
            x: less.mul(&xy.sum().shl::<1>().tight()),
            y: Fp::mul_add((&less, &more), (&bzz, &eight)),
            z: yz.mul(&eight),
        }
    }

    /// (beta x, y)
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn endomorphism(&self) -> Self {
        Self { x: self.x.mul(&Fp::constant(&BETA)), y: self.y, z: self.z }
    }
}

/// The second half of algorithms 7 and 8.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn combine(xx: &Fp, yy: &Fp, bzz: &Fp, xy: &Fp, yz: &Fp, xz: &Fp) -> Point {
    let xx = xx.sum().triple().tight();
    let bxz = xz.sum().times_twelve().tight();
    let more = yy.sum().add(&bzz.sum()).tight();
    let less = yy.sum().sub(&bzz.sum()).tight();
    Point {
        x: Fp::mul_add((xy, &less), (yz, &bxz.neg())),
        y: Fp::mul_add((&bxz, &xx), (&less, &more)),
        z: Fp::mul_add((&xx, xy), (&more, yz)),
    }
}

impl Fixed {
    /// `digit` times the point for a table of its multiples, and where that is infinite. The
    /// whole table is read whatever the digit.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn lookup(table: &[Self; TABLE], digit: __m512i, beta: bool) -> (Fp, Fp, __mmask8) {
        let size = _mm512_abs_epi64(digit);
        let (mut x, mut y) = (Fp::zero(), Fp::zero());
        for (entry, multiple) in table.iter().zip(1..) {
            let here = _mm512_cmpeq_epi64_mask(size, _mm512_set1_epi64(multiple));
            let entry_x = if beta { &entry.beta_x } else { &entry.x };
            x = x.select(here, &Fp::constant(entry_x));
            y = y.select(here, &Fp::constant(&entry.y));
        }
        let zero = _mm512_setzero_si512();
        let y = y.select(_mm512_cmplt_epi64_mask(digit, zero), &y.neg());
        (x, y, _mm512_cmpeq_epi64_mask(digit, zero))
    }
}

/// `digit` times the point for a table of its multiples, all of it read.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn lookup(table: &[Point; TABLE], digit: __m512i) -> Point {
    let size = _mm512_abs_epi64(digit);
    let mut out = Point::identity();
    for (entry, multiple) in table.iter().zip(1..) {
        out = out.select(_mm512_cmpeq_epi64_mask(size, _mm512_set1_epi64(multiple)), entry);
    }
    out.y = out.y.select(_mm512_cmplt_epi64_mask(digit, _mm512_setzero_si512()), &out.y.neg());
    out
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn multiples(point: &Point) -> [Point; TABLE] {
    let mut table = [*point; TABLE];
    for at in 1..TABLE {
        // table[at] = (at + 1) P
        table[at] = if at % 2 == 1 { table[at / 2].double() } else { table[at - 1].add(point) };
    }
    table
}

/// `k P + e G` in each lane: P and e are the lane's own, k and G are the same in all.
///
/// Both scalars come as a + b lambda in signed windows (Gallant, Lambert and Vanstone, Crypto
/// 2001; Booth's recoding), and all four parts share the doublings. Without P, `e G` alone. Steps
/// and addresses don't depend on k or e.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn ladder(
    variable: Option<(&Point, &[Signed; 2])>,
    fixed: &[Fixed; TABLE],
    scalars: &[[__m512i; WINDOWS]; 2],
) -> Point {
    let variable = variable.map(|(point, digits)| (multiples(point), digits));
    let mut sum = Point::identity();
    for window in (0..WINDOWS).rev() {
        for _ in 0..WINDOW {
            sum = sum.double();
        }
        if let Some((table, [low, high])) = &variable {
            let digit = |signed: &Signed| _mm512_set1_epi64(i64::from(signed[window]));
            sum = sum.add(&lookup(table, digit(low)));
            sum = sum.add(&lookup(table, digit(high)).endomorphism());
        }
        for (part, beta) in scalars.iter().zip([false, true]) {
            let (x, y, infinite) = Fixed::lookup(fixed, part[window], beta);
            sum = sum.add_affine(&x, &y).select(infinite, &sum);
        }
    }
    sum
}

/// |z| for the curve's parameter z, a negative number.
const Z: u64 = 0xd201_0000_0001_0000;

impl Point {
    /// `|z| P`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_z(&self) -> Self {
        let mut out = *self;
        for bit in (0..63).rev() {
            out = out.double();
            if Z >> bit & 1 == 1 {
                out = out.add(self);
            }
        }
        out
    }

    /// Into the group of order r: `(1 - z) P`, RFC 9380, section 8.8.1.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn clear_cofactor(&self) -> Self {
        self.times_z().add(self)
    }

    /// The lanes of finite points (x, y) of the curve that are in the group of order r: those with
    /// `(beta^2 x, y) = -z^2 (x, y)` (Scott, eprint 2021/1130).
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn in_subgroup(x: &Fp, y: &Fp) -> __mmask8 {
        let point = Self { x: *x, y: *y, z: Fp::one() };
        let multiple = point.times_z().times_z();
        let beta = Fp::constant(&BETA);
        let beta_x = x.mul(&beta).mul(&beta);
        let same_x = equal(&multiple.x, &beta_x.mul(&multiple.z));
        let same_y = equal(&multiple.y.neg().mul(&Fp::one()), &y.mul(&multiple.z));
        same_x & same_y
    }
}

/// The lanes where two elements are equal.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn equal(a: &Fp, b: &Fp) -> __mmask8 {
    a.sum().sub(&b.sum()).tight().mul(&Fp::one()).canonical().is_zero()
}
