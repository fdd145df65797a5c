//! Multi-scalar multiplication by buckets (Pippenger): each lane has a window of the scalars and
//! buckets of its own, and all lanes add the same point, each into the bucket of its digit.
//! Vartime: for public data.

use alloc::{vec, vec::Vec};
use core::arch::x86_64::{
    __m512i, _mm512_load_si512, _mm512_setzero_si512, _mm512_shuffle_i64x2, _mm512_store_si512,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use super::consts::{Digits, FROM_BLST};
use super::fp::Fp;
use super::map::digits;
use super::point::Point;
use super::{LANES, LIMBS, Words};

/// A finite point, limbs of x and y.
pub(super) type Affine = [Digits; 2];

/// A bucket's coordinates.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Row([Digits; 3]);

/// From blst's form.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn convert(points: &[[Words; 2]], out: &mut [Affine]) {
    for (points, out) in points.chunks(LANES).zip(out.chunks_mut(LANES)) {
        for coordinate in 0..2 {
            let lanes = core::array::from_fn(|lane| {
                points.get(lane).map_or([0; LIMBS], |point| digits(&point[coordinate], 0))
            });
            let ours = Fp::from_lanes::<1>(&lanes).mul(&Fp::constant(&FROM_BLST)).canonical();
            for (out, digits) in out.iter_mut().zip(ours.to_lanes()) {
                out[coordinate] = digits;
            }
        }
    }
}

/// Rows of eight limbs to limbs of eight lanes, and back.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn transpose(rows: [__m512i; 8]) -> [__m512i; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    let low = |a, b| _mm512_unpacklo_epi64(a, b);
    let high = |a, b| _mm512_unpackhi_epi64(a, b);
    // 128-bit pieces: even and odd limbs of rows 2 k and 2 k + 1.
    let even = [low(a, b), low(c, d), low(e, f), low(g, h)];
    let odd = [high(a, b), high(c, d), high(e, f), high(g, h)];
    let four = |q: [__m512i; 4]| {
        let near = [
            _mm512_shuffle_i64x2::<0b10_00_10_00>(q[0], q[1]),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(q[2], q[3]),
        ];
        let far = [
            _mm512_shuffle_i64x2::<0b11_01_11_01>(q[0], q[1]),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(q[2], q[3]),
        ];
        [
            _mm512_shuffle_i64x2::<0b10_00_10_00>(near[0], near[1]),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(far[0], far[1]),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(near[0], near[1]),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(far[0], far[1]),
        ]
    };
    let ([a, c, e, g], [b, d, f, h]) = (four(even), four(odd));
    [a, b, c, d, e, f, g, h]
}

/// Of each lane the bucket of its index.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn load(buckets: &[[Row; LANES]], index: &[usize; LANES]) -> Point {
    let coordinate = |at: usize| {
        let mut rows = [_mm512_setzero_si512(); LANES];
        for (lane, row) in rows.iter_mut().enumerate() {
            let digits = &buckets[index[lane]][lane].0[at];
            // SAFETY: 64 bytes are read from eight limbs, which a row keeps aligned.
            *row = unsafe { _mm512_load_si512(digits.as_ptr().cast()) };
        }
        Fp::from_limbs(transpose(rows))
    };
    Point { x: coordinate(0), y: coordinate(1), z: coordinate(2) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn store(buckets: &mut [[Row; LANES]], index: &[usize; LANES], point: &Point) {
    for (at, coordinate) in [point.x, point.y, point.z].into_iter().enumerate() {
        for (lane, row) in transpose(coordinate.limbs()).into_iter().enumerate() {
            let digits = &mut buckets[index[lane]][lane].0[at];
            // SAFETY: 64 bytes are written to eight limbs, which a row keeps aligned.
            unsafe { _mm512_store_si512(digits.as_mut_ptr().cast(), row) };
        }
    }
}

/// In each lane `sum_i d_i P_i` for the digits of the lane, between `-largest` and `largest`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn windows(points: &[Affine], digits: &[[i16; LANES]], largest: usize) -> Point {
    let infinity = {
        let point = Point::identity();
        let limbs = [point.x, point.y, point.z].map(|c| c.to_lanes()[0]);
        Row(limbs)
    };
    // The first takes what has the digit zero, and counts for nothing.
    let mut buckets: Vec<[Row; LANES]> = vec![[infinity; LANES]; largest + 1];
    for ([x, y], digits) in points.iter().zip(digits) {
        let index = digits.map(|digit| usize::from(digit.unsigned_abs()));
        let mut negative = 0;
        for (lane, digit) in digits.iter().enumerate() {
            negative |= u8::from(*digit < 0) << lane;
        }
        let (x, y) = (Fp::constant(x), Fp::constant(y));
        let y = y.select(negative, &y.neg());
        let sum = load(&buckets, &index).add_affine(&x, &y);
        store(&mut buckets, &index, &sum);
    }
    // sum_d d B_d as the sum of the sums from above.
    let (mut running, mut total) = (Point::identity(), Point::identity());
    for digit in (1..=largest).rev() {
        running = running.add(&load(&buckets, &[digit; LANES]));
        total = total.add(&running);
    }
    total
}
