//! Hashes to the curve, and compressed points, eight side by side.

use core::arch::x86_64::__mmask8;

use super::consts::{
    A, B, Digits, FOUR, HALF, MINUS_A, ONE, P, R2, R3, SQRT_EXPONENT, SQRT_MINUS_Z3, Z, Z_TIMES_A,
};
use super::fp::Fp;
use super::isogeny::{X_DEN, X_NUM, Y_DEN, Y_NUM};
use super::point::{Point, equal};
use super::{LANES, LIMBS};

/// Digits of 52 bits of a little-endian integer, from digit `first` on.
pub(super) fn digits(words: &[u64], first: usize) -> Digits {
    let word = |at: usize| words.get(at).copied().unwrap_or(0);
    core::array::from_fn(|at| {
        let bit = 52 * (first + at);
        let (at, shift) = (bit / 64, bit % 64);
        let high = if shift > 12 { word(at + 1) << (64 - shift) } else { 0 };
        (word(at) >> shift | high) & ((1 << 52) - 1)
    })
}

/// Little-endian words of a big-endian string.
fn words<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut out = [0; N];
    for (word, chunk) in out.iter_mut().zip(bytes.rchunks_exact(8)) {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(chunk);
        *word = u64::from_be_bytes(bytes);
    }
    out
}

/// Each base to the power (p - 3) / 4: `a^2 (a^((p - 3) / 4))^2 = a^((p + 1) / 2)`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sqrt_power<const N: usize>(bases: &[Fp; N]) -> [Fp; N] {
    // The odd powers to the 31st; the exponent is public.
    let mut odd = [*bases; 16];
    let mut squares = *bases;
    for n in 0..N {
        squares[n] = bases[n].square();
    }
    for at in 1..16 {
        for n in 0..N {
            odd[at][n] = odd[at - 1][n].mul(&squares[n]);
        }
    }
    let bit = |at: usize| SQRT_EXPONENT[at / 64] >> (at % 64) & 1;
    let mut out: Option<[Fp; N]> = None;
    let mut left = 379;
    while left > 0 {
        let (mut width, mut value) = (1, bit(left - 1));
        if value == 1 {
            width = 5.min(left);
            while bit(left - width) == 0 {
                width -= 1;
            }
            value = (1..=width).fold(0, |value, at| 2 * value + bit(left - at));
        }
        left -= width;
        let Some(out) = &mut out else {
            out = usize::try_from(value / 2).ok().map(|at| odd[at]);
            continue;
        };
        for _ in 0..width {
            for out in &mut *out {
                *out = out.square();
            }
        }
        if value != 0 {
            let factor = &odd[(value / 2) as usize];
            for n in 0..N {
                out[n] = out[n].mul(&factor[n]);
            }
        }
    }
    out.unwrap_or(*bases)
}

/// A point (x_num / x_den, y) of the isogenous curve.
struct Isogenous {
    x_num: Fp,
    x_den: Fp,
    y: Fp,
}

/// The simplified map of Shallue, van de Woestijne and Ulas for p = 3 mod 4, RFC 9380, appendix
/// F.2.1.2, of two elements a lane.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn map_to_isogenous(us: &[Fp; 2]) -> [Isogenous; 2] {
    let before = [before_root(&us[0]), before_root(&us[1])];
    let roots = sqrt_power(&[before[0].radicand, before[1].radicand]);
    [after_root(&us[0], &before[0], &roots[0]), after_root(&us[1], &before[1], &roots[1])]
}

struct Candidates {
    uu: Fp,
    x1_num: Fp,
    x2_num: Fp,
    x_den: Fp,
    /// g(x1) = gx1 / gx_den
    gx1: Fp,
    gx_den: Fp,
    /// gx1 gx_den
    both: Fp,
    /// gx1 gx_den^3
    radicand: Fp,
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn before_root(u: &Fp) -> Candidates {
    let (a, b) = (Fp::constant(&A), Fp::constant(&B));
    let uu = u.square();
    let zuu = uu.mul(&Fp::constant(&Z));
    let tv = zuu.square().sum().add(&zuu.sum()).tight();
    let x1_num = tv.sum().add(&Fp::one().sum()).tight().mul(&b);
    let x2_num = zuu.mul(&x1_num);
    let x_den = tv.mul(&Fp::constant(&MINUS_A)).canonical();
    let x_den = x_den.select(x_den.is_zero(), &Fp::constant(&Z_TIMES_A));
    let den_squared = x_den.square();
    let gx_den = x_den.mul(&den_squared);
    let inner = x1_num.square().sum().add(&den_squared.mul(&a).sum()).tight();
    let gx1 = Fp::mul_add((&inner, &x1_num), (&b, &gx_den));
    let both = gx1.mul(&gx_den);
    let radicand = gx_den.square().mul(&both);
    Candidates { uu, x1_num, x2_num, x_den, gx1, gx_den, both, radicand }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn after_root(u: &Fp, c: &Candidates, power: &Fp) -> Isogenous {
    let y1 = power.mul(&c.both);
    let y2 = y1.mul(&Fp::constant(&SQRT_MINUS_Z3)).mul(&c.uu).mul(u);
    let square = equal(&y1.square().mul(&c.gx_den), &c.gx1);
    let x_num = c.x2_num.select(square, &c.x1_num);
    let y = y2.select(square, &y1);
    let wrong = u.plain().is_odd() ^ y.plain().is_odd();
    Isogenous { x_num, x_den: c.x_den, y: y.select(wrong, &y.neg()) }
}

/// The value of a polynomial at x_num / x_den times the power of x_den that makes it whole.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn evaluate(mut sum: Fp, coefficients: &[Digits], x: &Fp, powers: &[Fp; 15]) -> Fp {
    for (coefficient, power) in coefficients.iter().rev().zip(powers) {
        sum = Fp::mul_add((&sum, x), (&Fp::constant(coefficient), power));
    }
    sum
}

/// The isogeny of degree 11, RFC 9380, appendix E.2.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn isogeny(p: &Isogenous) -> Point {
    let mut powers = [p.x_den; 15];
    for at in 1..15 {
        powers[at] = powers[at - 1].mul(&p.x_den);
    }
    let x = &p.x_num;
    let x_num = evaluate(Fp::constant(&X_NUM[11]), &X_NUM[..11], x, &powers);
    let x_den = evaluate(Fp::one(), &X_DEN, x, &powers).mul(&p.x_den);
    let y_num = evaluate(Fp::constant(&Y_NUM[15]), &Y_NUM[..15], x, &powers).mul(&p.y);
    let y_den = evaluate(Fp::one(), &Y_DEN, x, &powers);
    let z = x_den.mul(&y_den).canonical();
    let point = Point { x: x_num.mul(&y_den), y: y_num.mul(&x_den), z };
    // Points of the kernel go to infinity.
    point.select(z.is_zero(), &Point::identity())
}

/// From two field elements a lane into the group, RFC 9380, section 3 with the map of 8.8.1.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn map_to_group(us: &[Fp; 2]) -> Point {
    let [first, second] = map_to_isogenous(us);
    isogeny(&first).add(&isogeny(&second)).clear_cofactor()
}

/// `hash_to_field` of expanded messages: two big-endian strings of 64 bytes each, mod p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn field_elements(expanded: &[[u8; 128]; LANES]) -> [Fp; 2] {
    let element = |half: usize| {
        let mut low = [[0; LIMBS]; LANES];
        let mut high = low;
        for (lane, bytes) in expanded.iter().enumerate() {
            let words: [u64; 8] = words(&bytes[64 * half..64 * (half + 1)]);
            low[lane] = digits(&words, 0);
            high[lane] = digits(&words, LIMBS);
        }
        // low + 2^416 high, in Montgomery form.
        let (low, high) = (Fp::from_lanes::<{ 1 << 36 }>(&low), Fp::from_lanes::<1>(&high));
        Fp::fold((&low, &R2), (&high, &R3))
    };
    [element(0), element(1)]
}

/// Finite points from their compressed form, whose flags the caller has looked at.
pub(super) struct Decompressed {
    pub(super) x: Fp,
    pub(super) y: Fp,
    /// The lanes whose x is below p.
    pub(super) in_range: __mmask8,
    /// The lanes where x has a y.
    pub(super) on_curve: __mmask8,
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn decompress(bytes: &[[u8; 48]; LANES]) -> Decompressed {
    let mut lanes = [[0; LIMBS]; LANES];
    let mut larger = 0;
    for (lane, bytes) in bytes.iter().enumerate() {
        let mut words: [u64; 6] = words(bytes);
        larger |= (u8::from(bytes[0] & 0x20 != 0)) << lane;
        words[5] &= (1 << 61) - 1;
        lanes[lane] = digits(&words, 0);
    }
    let plain = Fp::from_lanes::<2>(&lanes);
    let in_range = plain.is_below(&P);
    let x = plain.mul(&Fp::constant(&R2));
    let square = x.square().mul(&x).sum().add(&Fp::constant(&FOUR).sum()).tight();
    let [power] = sqrt_power(&[square]);
    let y = power.mul(&square);
    let on_curve = equal(&y.square(), &square);
    let is_larger = !y.plain().is_below(&HALF);
    let y = y.select(is_larger ^ larger, &y.neg());
    Decompressed { x, y, in_range, on_curve }
}

const _: () = assert!(ONE[LIMBS - 1] < 1 << 17, "constants are below p");
