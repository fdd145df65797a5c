//! PDQ, bit for bit as Meta's C++ computes it: `pdq/cpp/hashing/pdqhashing.cpp` and
//! `pdq/cpp/downscaling/downscaling.cpp` of facebook/ThreatExchange, with the same operations on
//! single-precision floats in the same order. Nothing is fused, so that every machine agrees.

#![expect(clippy::cast_possible_truncation, reason = "as the reference computes")]

use std::fmt;

use super::Picture;
use crate::cosine::cos_quarters;

/// A PDQ hash: 256 bits, of which about half are set.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pdq([u8; 32]);

impl Pdq {
    /// Bits in which two hashes differ. Meta calls 31 and fewer a match, at quality 50 or more.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// Every 32 bytes are a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes in the order in which the hash is printed.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of a picture and how much there is to hash, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PdqHash {
    /// The hash.
    pub hash: Pdq,
    /// Meta's advice: under 50 it says little.
    pub quality: u8,
}

const SIDE: usize = 64;
const KEPT: usize = 16;

/// Pictures with a shorter side have no hash.
const MIN_SIDE: u32 = 5;

/// Row i column j of the matrix: √(2/64) · cos(π/2/64 · (i + 1)(2j + 1)).
static DCT: [[f32; SIDE]; KEPT] = {
    // √(2/64), exactly half of √(1/8) and rounded as the C++ does: to single precision first.
    let scale = 0.176_776_69_f32 as f64;
    let mut matrix = [[0.0; SIDE]; KEPT];
    let mut i = 0;
    while i < KEPT {
        let mut j = 0;
        while j < SIDE {
            let cosine = cos_quarters(((i + 1) * (2 * j + 1)) as u64, SIDE as u64);
            matrix[i][j] = (scale * cosine) as f32;
            j += 1;
        }
        i += 1;
    }
    matrix
};

/// The PDQ hash of a picture; alpha is left out, as the reference does.
#[must_use]
pub fn pdq(picture: &Picture) -> PdqHash {
    match coefficients(picture) {
        Some((block, quality)) => PdqHash { hash: bits(&block), quality },
        None => PdqHash { hash: Pdq([0; 32]), quality: 0 },
    }
}

/// The hashes of the eight ways to turn and mirror a picture, without doing so: as it is, turned
/// by 90, 180 and 270 degrees counterclockwise, mirrored top to bottom, left to right, and along
/// the two diagonals.
#[must_use]
pub fn pdq_dihedral(picture: &Picture) -> [PdqHash; 8] {
    let Some((block, quality)) = coefficients(picture) else {
        return [PdqHash { hash: Pdq([0; 32]), quality: 0 }; 8];
    };
    // Transposed, and with odd rows' or odd columns' signs changed (rows counted from 1).
    let variants = [
        (false, false, false),
        (true, false, true),
        (false, true, true),
        (true, true, false),
        (false, true, false),
        (false, false, true),
        (true, false, false),
        (true, true, true),
    ];
    variants.map(|(transposed, rows, columns)| {
        let mut turned = [[0.0; KEPT]; KEPT];
        for (i, row) in block.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                let sign = (rows && i % 2 == 0) != (columns && j % 2 == 0);
                let value = if sign { -*value } else { *value };
                let (to, at) = if transposed { (j, i) } else { (i, j) };
                turned[to][at] = value;
            }
        }
        PdqHash { hash: bits(&turned), quality }
    })
}

fn coefficients(picture: &Picture) -> Option<([[f32; KEPT]; KEPT], u8)> {
    if picture.width().min(picture.height()) < MIN_SIDE {
        return None;
    }
    let small = shrink(picture);
    Some((transform(&small), quality(&small)))
}

fn luma(picture: &Picture) -> Vec<f32> {
    let samples = picture.samples();
    match picture.channels() {
        1 => samples.iter().map(|grey| f32::from(*grey)).collect(),
        2 => samples.as_chunks::<2>().0.iter().map(|[grey, _]| f32::from(*grey)).collect(),
        3 => samples.as_chunks::<3>().0.iter().map(|[r, g, b]| weigh(*r, *g, *b)).collect(),
        _ => samples.as_chunks::<4>().0.iter().map(|[r, g, b, _]| weigh(*r, *g, *b)).collect(),
    }
}

fn weigh(r: u8, g: u8, b: u8) -> f32 {
    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
}

/// Blurs by two box filters along each axis, and takes 64 by 64 samples.
fn shrink(picture: &Picture) -> [[f32; SIDE]; SIDE] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut plane = luma(picture);
    if (width, height) != (SIDE, SIDE) {
        let mut other = vec![0.0; plane.len()];
        let window = |side: usize| side.div_ceil(2 * SIDE);
        for _ in 0..2 {
            for (from, to) in plane.chunks_exact(width).zip(other.chunks_exact_mut(width)) {
                filter_row(from, to, window(width));
            }
            filter_columns(&other, &mut plane, width, window(height));
        }
    }
    // (i + 1/2) · side / 64, cut to an integer.
    let at = |i: usize, side: usize| (2 * i + 1) * side / (2 * SIDE);
    std::array::from_fn(|i| std::array::from_fn(|j| plane[at(i, height) * width + at(j, width)]))
}

/// The mean of a window around each sample, of what there is of it at the ends.
fn filter_row(from: &[f32], to: &mut [f32], window: usize) {
    let half = (window + 2) / 2;
    let (mut sum, mut seen) = (0.0f32, 0.0f32);
    // The sample that enters, the one that leaves, and the one that is written.
    for step in 0..from.len() + half - 1 {
        if let Some(entering) = from.get(step) {
            sum += entering;
            seen += 1.0;
        }
        if let Some(leaving) = step.checked_sub(window) {
            sum -= from[leaving];
            seen -= 1.0;
        }
        if let Some(at) = (step + 1).checked_sub(half) {
            to[at] = sum / seen;
        }
    }
}

/// The same along all columns at once: each keeps its own sum.
fn filter_columns(from: &[f32], to: &mut [f32], stride: usize, window: usize) {
    let len = from.len() / stride;
    let half = (window + 2) / 2;
    let mut sums = vec![0.0f32; stride];
    let mut seen = 0.0f32;
    for step in 0..len + half - 1 {
        let entering = from.get(step * stride..(step + 1) * stride);
        let leaving = step.checked_sub(window).map(|at| &from[at * stride..][..stride]);
        if let Some(entering) = entering {
            sums.iter_mut().zip(entering).for_each(|(sum, value)| *sum += value);
            seen += 1.0;
        }
        if let Some(leaving) = leaving {
            sums.iter_mut().zip(leaving).for_each(|(sum, value)| *sum -= value);
            seen -= 1.0;
        }
        if let Some(at) = (step + 1).checked_sub(half) {
            let means = &mut to[at * stride..][..stride];
            means.iter_mut().zip(&sums).for_each(|(mean, sum)| *mean = sum / seen);
        }
    }
}

fn transform(block: &[[f32; SIDE]; SIDE]) -> [[f32; KEPT]; KEPT] {
    let rows: [[f32; SIDE]; KEPT] = std::array::from_fn(|i| {
        let mut row = [0.0; SIDE];
        for (weight, values) in DCT[i].iter().zip(block) {
            row.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
        row
    });
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            rows[i].iter().zip(&DCT[j]).fold(0.0, |sum, (value, weight)| sum + value * weight)
        })
    })
}

/// The sum of the gradients, each cut to whole hundredths, over 90.
fn quality(block: &[[f32; SIDE]; SIDE]) -> u8 {
    let step = |u: f32, v: f32| ((u - v) * 100.0 / 255.0) as i32;
    let mut sum = 0;
    for (i, row) in block.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            let below = block.get(i + 1).map_or(0, |next| step(*value, next[j]));
            let right = row.get(j + 1).map_or(0, |next| step(*value, *next));
            sum += below.abs() + right.abs();
        }
    }
    u8::try_from((sum / 90).min(100)).unwrap_or(100)
}

/// A bit is 1 where the coefficient is over the median. Bit 0 is the last one that is printed.
fn bits(block: &[[f32; KEPT]; KEPT]) -> Pdq {
    let median = median(block);
    let mut bytes = [0; 32];
    for (i, row) in block.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            let bit = i * KEPT + j;
            bytes[31 - bit / 8] |= u8::from(*value > median) << (bit % 8);
        }
    }
    Pdq(bytes)
}

/// The lower of the two middle ones: what Torben's algorithm finds among an even number.
fn median(block: &[[f32; KEPT]; KEPT]) -> f32 {
    let mut values: Vec<f32> = block.as_flattened().to_vec();
    let (_, median, _) = values.select_nth_unstable_by(KEPT * KEPT / 2 - 1, f32::total_cmp);
    *median
}
