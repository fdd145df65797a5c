//! The ID of a picture, from the lowest frequencies of all of it: of luma, and of two colours.

#![expect(clippy::cast_possible_truncation, reason = "values are clamped")]

use super::frequencies::{Frequencies, KEPT};
use crate::Simhash;
use crate::simhash::{Accumulator, expand};
use crate::views::FREQUENCIES;

/// Fixed point: 1 in weights, values and shares.
const ONE: i64 = 4096;

/// Frequencies of luma in the ID: those whose squares (along width and height) sum to no more.
const LUMA: i64 = 90;
/// The same of the colours.
const COLOUR: i64 = 18;
/// Weight of a frequency of luma is a half here, and falls with its third power.
const HALF_WEIGHT: i64 = 8;
/// How large the lowest frequency must be to say for sure which side is which.
const SURE_SIDE: i64 = ONE / 2;
/// How often a difference of the sides' lengths counts against one of energy.
const SHAPE: i64 = 4;
/// How one-sided shape and energy must be to say for sure which way is up.
const SURE_AXIS: i64 = ONE / 4;

/// Which feature of all that are summed into hashes: the word of the expansion it comes from.
const FEATURE: u64 = 16;

/// What the ID is made of.
pub(super) struct Features {
    pub(super) luma: Frequencies,
    /// Blue and red, each less luma.
    pub(super) colours: [Frequencies; 2],
    /// Width over height in 1/4096.
    pub(super) aspect: i64,
}

impl Features {
    /// The ID, and the quality: how many of the frequencies rise above what rounding makes.
    pub(super) fn id(&self) -> (Simhash, u8) {
        let mut sum = Accumulator::new();
        for (at, value) in self.values().concat().into_iter().enumerate() {
            sum.add_signed(expand(at as u64, FEATURE), value);
        }
        (sum.finish(), quality(&self.luma))
    }

    /// What is summed, of luma and of the colours, in the order of their frequencies.
    pub(super) fn values(&self) -> [Vec<i32>; 2] {
        let (mut luma, mean) = whitened(&self.luma);
        let way = Way::of(&mut luma, self.aspect);
        let of = |values: &Frequencies, at: &mut dyn Iterator<Item = (usize, usize)>| {
            at.map(|(u, v)| values[v][u].clamp(-65_535, 65_535) as i32).collect::<Vec<_>>()
        };
        // The lowest two are spent: they have become the same in all pictures.
        let luma = of(&luma, &mut within(LUMA).filter(|(u, v)| u + v > 1));
        let colours = self.colours.iter().flat_map(|colour| {
            let mut colour = beside(colour, mean);
            way.mirror(&mut colour);
            way.turn(&mut colour);
            of(&colour, &mut std::iter::once((0, 0)).chain(within(COLOUR)))
        });
        let colours = colours.collect();
        [luma, colours]
    }
}

/// What of the luma alone is summed into an ID, with its value.
#[cfg(feature = "video")]
pub(crate) fn features(luma: &Frequencies, aspect: i64) -> impl Iterator<Item = (u64, i32)> {
    let (mut values, _) = whitened(luma);
    Way::of(&mut values, aspect);
    within(LUMA).filter(|(u, v)| u + v > 1).enumerate().map(move |(at, (u, v))| {
        (expand(at as u64, FEATURE), values[v][u].clamp(-65_535, 65_535) as i32)
    })
}

fn within(largest: i64) -> impl Iterator<Item = (usize, usize)> {
    let all = FREQUENCIES.iter().map(|(u, v)| (usize::from(*u), usize::from(*v)));
    all.take_while(move |(u, v)| (u * u + v * v) as i64 <= largest)
}

/// A frequency times its distance from zero: by as much have the higher ones of pictures less.
fn raised(frequencies: &Frequencies, u: usize, v: usize) -> i64 {
    let radius = (((u * u + v * v) as u64) << 16).isqrt() as i64;
    frequencies[v][u] * radius / 256
}

/// The square root of a value's share of the mean, with its sign.
fn lessened(value: i64, mean: i64) -> i64 {
    let share = (value.unsigned_abs() << 12) / mean.unsigned_abs();
    value.signum() * (share << 12).isqrt() as i64
}

/// Divides out how much less the higher frequencies of pictures have, and the contrast; lessens
/// the largest; weighs the lower ones more. Also gives the mean that it divides by.
fn whitened(luma: &Frequencies) -> (Frequencies, i64) {
    let squares: u64 = within(LUMA).map(|(u, v)| raised(luma, u, v).pow(2) as u64).sum();
    let mean = (squares / within(LUMA).count() as u64).isqrt().max(1) as i64;
    let mut values = Frequencies::default();
    for (u, v) in within(LUMA) {
        let square = (u * u + v * v) as u64;
        let cube = ((square * square * square) << 16).isqrt() as i64;
        let half = HALF_WEIGHT.pow(3) * 256;
        values[v][u] = lessened(raised(luma, u, v), mean) * half / (half + cube);
    }
    (values, mean)
}

/// A colour in proportion to what luma has. The mean of the colour itself counts a half.
fn beside(colour: &Frequencies, mean: i64) -> Frequencies {
    let mut values = [[0; KEPT]; KEPT];
    values[0][0] = lessened(colour[0][0], mean) / 2;
    for (u, v) in within(COLOUR) {
        values[v][u] = lessened(raised(colour, u, v), mean);
    }
    values
}

/// Which way a picture is taken to lie, so that its mirror images and quarter turns are the same,
/// as far as it shows which way is which: signs follow the lowest frequency of luma along each
/// axis, and the axes are told apart by the longer side and the larger energy. What is near the
/// middle between two ways loses weight rather than jump from one to the other.
struct Way {
    right: i64,
    down: i64,
    wide: i64,
}

impl Way {
    /// The way of a picture by its luma, which is made to lie so.
    fn of(luma: &mut Frequencies, aspect: i64) -> Self {
        let sure = |value: i64, enough: i64| (value * ONE / enough).clamp(-ONE, ONE);
        let (right, down) = (sure(luma[0][1], SURE_SIDE), sure(luma[1][0], SURE_SIDE));
        let mut way = Self { right, down, wide: 0 };
        way.mirror(luma);
        let (mut wide, mut both) = (0, 1);
        for (u, v) in within(LUMA).filter(|(u, v)| u != v) {
            let energy = luma[v][u].pow(2);
            both += energy;
            wide += if u > v { energy } else { -energy };
        }
        let longer = 2 * SHAPE * ONE * (aspect - ONE) / (aspect + ONE);
        way.wide = sure(longer + ONE * wide / both, SURE_AXIS);
        way.turn(luma);
        way
    }

    fn mirror(&self, values: &mut Frequencies) {
        for (v, row) in values.iter_mut().enumerate() {
            for (u, value) in row.iter_mut().enumerate() {
                if u % 2 == 1 {
                    *value = *value * self.right / ONE;
                }
                if v % 2 == 1 {
                    *value = *value * self.down / ONE;
                }
            }
        }
    }

    fn turn(&self, values: &mut Frequencies) {
        for (u, v) in within(LUMA).filter(|(u, v)| u > v) {
            let (along, across) = (values[v][u], values[u][v]);
            let (mean, half) = ((along + across) / 2, (along - across) / 2 * self.wide / ONE);
            (values[v][u], values[u][v]) = (mean + half, mean - half);
        }
    }
}

/// A quarter of a level, as a frequency of both axes.
const VISIBLE: i64 = 64 * 1024 / 4 / 4;

/// How many of the frequencies rise above what rounding makes, in per cent.
pub(crate) fn quality(frequencies: &Frequencies) -> u8 {
    let visible =
        |(u, v): &&(u8, u8)| frequencies[usize::from(*v)][usize::from(*u)].abs() >= VISIBLE;
    let count = FREQUENCIES.iter().filter(visible).count();
    u8::try_from((count * 100 / FREQUENCIES.len()).min(100)).unwrap_or(100)
}
