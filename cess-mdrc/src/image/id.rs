//! The ID of a picture, from the frequencies of all of it.

#![expect(clippy::cast_possible_truncation, reason = "the value is clamped")]

use super::frequencies::Frequencies;
use crate::Simhash;
use crate::simhash::{Accumulator, expand};
use crate::views::FREQUENCIES;

/// Fixed point: 1 in weights, values and shares.
const ONE: i64 = 4096;

/// Frequencies of the ID: those whose squares (along width and height) sum to no more.
const LARGEST_SQUARE: i64 = 90;
/// Weight is a half at this frequency, and falls with its third power.
const HALF_WEIGHT: i64 = 8;
/// How large the lowest frequency must be to say for sure which side is which.
const SURE_SIDE: i64 = ONE * 3 / 8;
/// How often a difference of the sides' lengths counts against one of energy.
const SHAPE: i64 = 4;
/// How one-sided shape and energy must be to say for sure which way is up.
const SURE_AXIS: i64 = ONE / 4;

/// Which feature of all that are summed into hashes: the word of the expansion it comes from.
const FEATURE: u64 = 16;

/// The ID, and the quality: how many of the frequencies rise above what rounding makes.
pub(super) fn of(frequencies: &Frequencies, aspect: i64) -> (Simhash, u8) {
    let values = canonical(whiten(frequencies), aspect);
    let mut sum = Accumulator::new();
    for (at, (u, v)) in kept().enumerate() {
        // The lowest two are spent: they have become the same in all pictures.
        if u + v > 1 {
            let value = values[v][u].clamp(-65_535, 65_535);
            sum.add_signed(expand(at as u64, FEATURE), value as i32);
        }
    }
    (sum.finish(), quality(frequencies))
}

fn kept() -> impl Iterator<Item = (usize, usize)> {
    let all = FREQUENCIES.iter().map(|(u, v)| (usize::from(*u), usize::from(*v)));
    all.take_while(|(u, v)| (u * u + v * v) as i64 <= LARGEST_SQUARE)
}

/// Divides out how much less the higher frequencies of pictures have, and the contrast; lessens
/// the largest; weighs the lower ones more.
fn whiten(frequencies: &Frequencies) -> Frequencies {
    let mut values = Frequencies::default();
    let (mut squares, mut count) = (0u64, 0u64);
    for (u, v) in kept() {
        let square = (u * u + v * v) as u64;
        let radius = (square << 16).isqrt() as i64;
        let value = frequencies[v][u] * radius / 256;
        squares += (value * value) as u64;
        count += 1;
        values[v][u] = value;
    }
    let mean = (squares / count).isqrt().max(1) as i64;
    for (u, v) in kept() {
        let square = (u * u + v * v) as u64;
        let value = values[v][u];
        let share = (value.abs() * ONE / mean) as u64;
        // share^(3/4): 8 · 4096^(3/4) = 4096.
        let root = (share << 24).isqrt();
        let lessened = (((share * root) << 12).isqrt() >> 9) as i64;
        let cube = ((square * square * square) << 16).isqrt() as i64;
        let half = HALF_WEIGHT.pow(3) * 256;
        values[v][u] = value.signum() * lessened * half / (half + cube);
    }
    values
}

/// Makes mirror images and quarter turns of a picture the same, as far as it shows which way is
/// which: signs follow the lowest frequency along each axis, and the axes are told apart by the
/// longer side and the larger energy. What is near the middle between two ways loses weight
/// rather than jump from one to the other.
fn canonical(mut values: Frequencies, aspect: i64) -> Frequencies {
    let sure = |value: i64, enough: i64| (value * ONE / enough).clamp(-ONE, ONE);
    let (right, down) = (sure(values[0][1], SURE_SIDE), sure(values[1][0], SURE_SIDE));
    let (mut wide, mut both) = (0, 1);
    for (u, v) in kept() {
        let value = &mut values[v][u];
        if u % 2 == 1 {
            *value = *value * right / ONE;
        }
        if v % 2 == 1 {
            *value = *value * down / ONE;
        }
        let energy = *value * *value;
        match u.cmp(&v) {
            std::cmp::Ordering::Greater => wide += energy,
            std::cmp::Ordering::Less => wide -= energy,
            std::cmp::Ordering::Equal => continue,
        }
        both += energy;
    }
    let longer = 2 * SHAPE * ONE * (aspect - ONE) / (aspect + ONE);
    let axis = sure(longer + ONE * wide / both, SURE_AXIS);
    for (u, v) in kept().filter(|(u, v)| u > v) {
        let (along, across) = (values[v][u], values[u][v]);
        let (mean, half) = ((along + across) / 2, (along - across) / 2 * axis / ONE);
        (values[v][u], values[u][v]) = (mean + half, mean - half);
    }
    values
}

/// A quarter of a level, as a frequency of both axes.
const VISIBLE: i64 = 64 * 1024 / 4 / 4;

fn quality(frequencies: &Frequencies) -> u8 {
    let visible =
        |(u, v): &&(u8, u8)| frequencies[usize::from(*v)][usize::from(*u)].abs() >= VISIBLE;
    let count = FREQUENCIES.iter().filter(visible).count();
    u8::try_from((count * 100 / FREQUENCIES.len()).min(100)).unwrap_or(100)
}
