//! Work on many points at once by AVX-512 IFMA: eight points side by side, one a lane.
//!
//! `blst` does one point at a time; the same steps on eight take a fifth of that. Everything here
//! runs the same steps on every input, secret or not. Results are those of `blst`, which the tests
//! compare, and leave in its form.
#![allow(unsafe_code)]

mod consts;
mod fp;
mod isogeny;
mod map;
mod msm;
mod point;
mod scalar;

use alloc::{vec, vec::Vec};
use core::arch::x86_64::__m512i;

use zeroize::Zeroizing;

use self::consts::{BETA, Digits, FROM_BLST, TO_BLST};
use self::fp::{Fp, from_array};
use self::point::{Fixed, Point, TABLE};
use self::scalar::{Signed, WINDOWS};
use super::Words;
use crate::field::Fr;
use crate::parallel;

/// Points side by side.
const LANES: usize = 8;
/// Limbs of 52 bits of a field element.
const LIMBS: usize = 8;

cpufeatures::new!(cpuid, "avx512f", "avx512ifma");

/// Proof that the processor and the system run the instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes(());

/// Multiples of the generator.
pub(crate) struct Generator([Fixed; TABLE]);

/// What a compressed finite point turned out to be: coordinates, or why there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoded {
    Point([Words; 2]),
    OutOfRange,
    OffCurve,
    OutsideSubgroup,
}

impl Lanes {
    pub(super) fn new() -> Option<Self> {
        cpuid::get().then_some(Self(()))
    }

    /// The multiples of a point from 1 to 16, given as affine points.
    pub(super) fn generator(self, multiples: &[[Words; 2]; TABLE]) -> Generator {
        // SAFETY: `self` shows that the instructions are there.
        Generator(unsafe { fixed(multiples) })
    }

    /// Hashes to the group, each from 128 bytes of an expanded message, in Jacobian coordinates.
    pub(super) fn hash(self, expanded: &[[u8; 128]], mut out: impl FnMut(usize, [Words; 3])) {
        for (at, chunk) in expanded.chunks(LANES).enumerate() {
            // SAFETY: `self` shows that the instructions are there.
            let points = unsafe { hash(&pad(chunk, [0; 128])) };
            for (lane, point) in points.into_iter().enumerate().take(chunk.len()) {
                out(at * LANES + lane, point);
            }
        }
    }

    /// `x H + e g1` for each expanded message and scalar e; constant time in x and the scalars.
    pub(super) fn sign(
        self,
        generator: &Generator,
        x: &Fr,
        expanded: &[[u8; 128]],
        scalars: &[Fr],
        mut out: impl FnMut(usize, [Words; 3]),
    ) {
        let x = scalar::signed(x);
        let chunks = expanded.chunks(LANES).zip(scalars.chunks(LANES));
        for (at, (expanded, scalars)) in chunks.enumerate() {
            let digits = lane_digits(scalars);
            // SAFETY: `self` shows that the instructions are there.
            let points = unsafe { sign(generator, &x, &pad(expanded, [0; 128]), &digits) };
            for (lane, point) in points.into_iter().enumerate().take(scalars.len()) {
                out(at * LANES + lane, point);
            }
        }
    }

    /// `e g1` for each scalar, constant time.
    pub(super) fn generator_times(
        self,
        generator: &Generator,
        scalars: &[Fr],
        mut out: impl FnMut(usize, [Words; 3]),
    ) {
        for (at, scalars) in scalars.chunks(LANES).enumerate() {
            // SAFETY: `self` shows that the instructions are there.
            let points = unsafe { generator_times(generator, &lane_digits(scalars)) };
            for (lane, point) in points.into_iter().enumerate().take(scalars.len()) {
                out(at * LANES + lane, point);
            }
        }
    }

    /// Decodes compressed points that are neither at infinity nor without the flag of compression,
    /// and checks that they are in the group of order r.
    pub(super) fn decompress(self, points: &[[u8; 48]], mut out: impl FnMut(usize, Decoded)) {
        for (at, chunk) in points.chunks(LANES).enumerate() {
            // SAFETY: `self` shows that the instructions are there.
            let decoded = unsafe { decompress(&pad(chunk, [0; 48])) };
            for (lane, decoded) in decoded.into_iter().enumerate().take(chunk.len()) {
                out(at * LANES + lane, decoded);
            }
        }
    }
}

/// A sum `sum_i k_i P_i` in parts that don't depend on each other. Vartime: public data only.
pub(super) struct Msm {
    points: Vec<msm::Affine>,
    /// Bits of a window, and windows of all scalars.
    width: u32,
    windows: usize,
}

impl Lanes {
    /// For finite points and scalars of so many bits.
    pub(super) fn msm(self, points: &[[Words; 2]], bits: usize) -> Msm {
        let mut ours = vec![[[0; LIMBS]; 2]; points.len()];
        parallel::fill(points, &mut ours, CONVERTED, |points, out| {
            // SAFETY: `self` shows that the instructions are there.
            unsafe { convert(points, out) }
        });
        // Additions for all windows of eight lanes: one a point, and two a bucket.
        let cost = |width: usize| bits.div_ceil(width * LANES) * (points.len() + (2 << width));
        let width = if cost(4) < cost(8) { 4 } else { 8 };
        let windows = bits.div_ceil(width).next_multiple_of(LANES);
        Msm { points: ours, width: if width == 4 { 4 } else { 8 }, windows }
    }
}

/// Points that are converted together.
const CONVERTED: usize = 256;

impl Msm {
    /// How many parts there are.
    pub(super) fn parts(&self) -> usize {
        self.windows / LANES
    }

    /// Bits from the lowest of one window to that of the next.
    pub(super) fn width(&self) -> u32 {
        self.width
    }

    /// The sums of eight windows, from the lowest on, for scalars in little-endian bytes.
    #[allow(clippy::cast_possible_truncation, reason = "digits are at most 256")]
    pub(super) fn part<const N: usize>(
        &self,
        scalars: &[[u8; N]],
        part: usize,
    ) -> [[Words; 3]; LANES] {
        let base = 1_i16 << self.width;
        let windows = part * LANES..(part + 1) * LANES;
        let digits = |scalar: &[u8; N]| {
            let mut out = [0; LANES];
            let mut carry = 0;
            for window in 0..windows.end {
                let bit = window * self.width as usize;
                let byte = scalar.get(bit / 8).copied().unwrap_or(0);
                let digit = (i16::from(byte) >> (bit % 8) & (base - 1)) + carry;
                // The highest window has nowhere to carry to.
                carry = i16::from(digit > base / 2 && window + 1 < self.windows);
                if let Some(at) = window.checked_sub(windows.start) {
                    out[at] = digit - carry * base;
                }
            }
            out
        };
        let digits: Vec<[i16; LANES]> = scalars.iter().map(digits).collect();
        let largest = digits.as_flattened().iter().map(|digit| digit.unsigned_abs()).max();
        // SAFETY: the points were made where the instructions are.
        unsafe { windows_of(&self.points, &digits, usize::from(largest.unwrap_or(0))) }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn convert(points: &[[Words; 2]], out: &mut [msm::Affine]) {
    msm::convert(points, out);
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn windows_of(
    points: &[msm::Affine],
    digits: &[[i16; LANES]],
    largest: usize,
) -> [[Words; 3]; LANES] {
    to_jacobian(&msm::windows(points, digits, largest))
}

/// Eight of them, made up with copies of `fill`.
fn pad<T: Copy>(chunk: &[T], fill: T) -> [T; LANES] {
    core::array::from_fn(|lane| chunk.get(lane).copied().unwrap_or(fill))
}

/// Of eight scalars the digits, side by side.
type LaneDigits = [[[u64; LANES]; WINDOWS]; 2];

#[allow(clippy::cast_sign_loss, reason = "two's complement is what a lane holds")]
fn lane_digits(scalars: &[Fr]) -> Zeroizing<LaneDigits> {
    let mut out = Zeroizing::new([[[0; LANES]; WINDOWS]; 2]);
    for (lane, scalar) in scalars.iter().enumerate() {
        let parts = scalar::signed(scalar);
        for (out, digits) in out.iter_mut().zip(parts.iter()) {
            for (window, out) in out.iter_mut().enumerate() {
                out[lane] = i64::from(digits[window]) as u64;
            }
        }
    }
    out
}

/// # Safety
/// The processor has the instructions; so for all that follow.
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn hash(expanded: &[[u8; 128]; LANES]) -> [[Words; 3]; LANES] {
    to_jacobian(&map::map_to_group(&map::field_elements(expanded)))
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn sign(
    generator: &Generator,
    x: &[Signed; 2],
    expanded: &[[u8; 128]; LANES],
    digits: &LaneDigits,
) -> [[Words; 3]; LANES] {
    let hash = map::map_to_group(&map::field_elements(expanded));
    to_jacobian(&point::ladder(Some((&hash, x)), &generator.0, &vectors(digits)))
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn generator_times(generator: &Generator, digits: &LaneDigits) -> [[Words; 3]; LANES] {
    to_jacobian(&point::ladder(None, &generator.0, &vectors(digits)))
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn decompress(bytes: &[[u8; 48]; LANES]) -> [Decoded; LANES] {
    let points = map::decompress(bytes);
    let inside = Point::in_subgroup(&points.x, &points.y);
    let (x, y) = (to_blst(&points.x), to_blst(&points.y));
    core::array::from_fn(|lane| {
        let has = |mask: u8| mask >> lane & 1 == 1;
        if !has(points.in_range) {
            Decoded::OutOfRange
        } else if !has(points.on_curve) {
            Decoded::OffCurve
        } else if !has(inside) {
            Decoded::OutsideSubgroup
        } else {
            Decoded::Point([x[lane], y[lane]])
        }
    })
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn fixed(multiples: &[[Words; 2]; TABLE]) -> [Fixed; TABLE] {
    let mut out = [const { Fixed { x: [0; LIMBS], beta_x: [0; LIMBS], y: [0; LIMBS] } }; TABLE];
    for (out, points) in out.chunks_mut(LANES).zip(multiples.chunks(LANES)) {
        let mut lanes = [[[0; LIMBS]; LANES]; 2];
        for (lane, point) in points.iter().enumerate() {
            lanes[0][lane] = map::digits(&point[0], 0);
            lanes[1][lane] = map::digits(&point[1], 0);
        }
        let ours = Fp::constant(&FROM_BLST);
        let x = Fp::from_lanes::<1>(&lanes[0]).mul(&ours);
        let y = Fp::from_lanes::<1>(&lanes[1]).mul(&ours);
        let beta_x = x.mul(&Fp::constant(&BETA)).canonical().to_lanes();
        let (x, y) = (x.canonical().to_lanes(), y.canonical().to_lanes());
        for (lane, out) in out.iter_mut().enumerate() {
            *out = Fixed { x: x[lane], beta_x: beta_x[lane], y: y[lane] };
        }
    }
    out
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn vectors(digits: &LaneDigits) -> [[__m512i; WINDOWS]; 2] {
    let mut out = [[from_array([0; LANES]); WINDOWS]; 2];
    for (out, digits) in out.iter_mut().zip(digits) {
        for (out, digits) in out.iter_mut().zip(digits) {
            *out = from_array(*digits);
        }
    }
    out
}

/// From homogeneous to Jacobian coordinates: x = X / Z and y = Y / Z become X Z / Z^2, Y Z^2 / Z^3.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn to_jacobian(point: &Point) -> [[Words; 3]; LANES] {
    let x = point.x.mul(&point.z);
    let y = point.y.mul(&point.z.square());
    let (x, y, z) = (to_blst(&x), to_blst(&y), to_blst(&point.z));
    core::array::from_fn(|lane| [x[lane], y[lane], z[lane]])
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn to_blst(value: &Fp) -> [Words; LANES] {
    value.mul(&Fp::constant(&TO_BLST)).canonical().to_lanes().map(|digits| join(&digits))
}

/// The words of an integer below 2^384.
fn join(digits: &Digits) -> Words {
    let mut out = [0; 6];
    for (at, digit) in digits.iter().enumerate() {
        let (word, shift) = (52 * at / 64, 52 * at % 64);
        out[word] |= digit << shift;
        if shift > 12 && word + 1 < out.len() {
            out[word + 1] |= digit >> (64 - shift);
        }
    }
    out
}
