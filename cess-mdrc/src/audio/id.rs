//! The ID of a recording, from sums over all of it, and its quality.

#![expect(clippy::cast_possible_truncation, reason = "values are clamped")]

use super::items::{CHANGES, INTERVALS, Items, LAGS, PART_LAGS, PARTS, PRODUCTS, Sums};
use super::spectrum::ONE as LEVEL;
use crate::Simhash;
use crate::bands::is_silent;
use crate::simhash::{Accumulator, expand};

/// 1 in values.
const ONE: i64 = 4096;
/// Values are clamped so many deviations from the mean.
const LARGEST: i64 = 3 * ONE;
/// Which feature of all that are summed into hashes: the word of the expansion it comes from.
const FEATURE: u64 = 17;

/// What a value of the ID is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// How changes a time and an interval apart go together, wherever in the spectrum.
    Intervals,
    /// How changes of parts of the spectrum go together.
    Parts,
}

impl Group {
    pub(super) const ALL: [Self; 2] = [Self::Intervals, Self::Parts];

    /// Of a value: 512 and 154 over the root of the number of values.
    const fn weight(self) -> i64 {
        match self {
            Self::Intervals => 35,
            Self::Parts => 12,
        }
    }

    #[cfg(feature = "testkit")]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Intervals => "intervals",
            Self::Parts => "parts",
        }
    }

    /// The values, in parts of 1 / `ONE`.
    pub(super) fn values(self, sums: &Sums) -> Vec<i64> {
        let square = i128::from(sums.squares.max(1));
        let ratio = |sum: i64, count: i64| {
            // The mean product, over the mean square.
            let value = i128::from(sum) * i128::from(ONE) * i128::from(sums.changes)
                / (square * i128::from(count.max(1)));
            value.clamp(-(1 << 20), 1 << 20) as i64
        };
        match self {
            // Of lag 0 both directions are the same, and of no interval too.
            Self::Intervals => (0..PRODUCTS)
                .filter(|at| at % 2 == 0 || at / 2 >= INTERVALS && at / 2 % INTERVALS != 0)
                .skip(1)
                .map(|at| ratio(sums.products[at].0, sums.products[at].1))
                .collect(),
            Self::Parts => (0..PART_LAGS.len())
                .flat_map(|lag| (0..PARTS * PARTS).map(move |at| (lag, at / PARTS, at % PARTS)))
                .filter(|(lag, later, earlier)| *lag > 0 || later > earlier)
                .map(|(lag, later, earlier)| {
                    let size = (CHANGES / PARTS) as i64;
                    ratio(sums.parts[lag][later][earlier], sums.pairs[lag] * size * size)
                })
                .collect(),
        }
    }
}

/// Means and deviations of the values among recordings: sorted as the values are, two numbers of 16 bits each.
const CENTRE: &[u8] = include_bytes!("centre.bin");
const VALUES: usize = LAGS.len() * INTERVALS * 2 - LAGS.len() - INTERVALS
    + PARTS * (PARTS - 1) / 2
    + (PART_LAGS.len() - 1) * PARTS * PARTS;
const _: () = assert!(CENTRE.len() == 4 * VALUES, "a mean and a deviation for each value");

/// The ID, and the quality.
pub(super) fn of(items: &Items) -> (Simhash, u8) {
    let mut sum = Accumulator::new();
    let mut centres = CENTRE.as_chunks::<4>().0.iter().zip(0..);
    for group in Group::ALL {
        for (value, (centre, at)) in group.values(&items.sums).into_iter().zip(&mut centres) {
            let mean = i64::from(i16::from_le_bytes([centre[0], centre[1]]));
            let deviation = i64::from(u16::from_le_bytes([centre[2], centre[3]])).max(1);
            let standard = ((value - mean) * ONE / deviation).clamp(-LARGEST, LARGEST);
            sum.add_signed(expand(at, FEATURE), (standard * group.weight() / 64) as i32);
        }
    }
    (sum.finish(), quality(items))
}

/// Changes under this are those of noise, of a tone that stays, of silence: mean squares, in parts
/// of 1 / `LEVEL`².
const NOISE: i64 = 3 * (LEVEL * LEVEL) as i64 / 10;
/// Changes over it by so much are as good as more.
const PLENTY: i64 = 3 * (LEVEL * LEVEL) as i64 / 2;

/// How far the mean square of changes is over that of noise, and how many items there are that aren't
/// silent.
fn quality(items: &Items) -> u8 {
    let mean = items.sums.squares / (items.sums.changes.max(1) as i64);
    let lively = (mean - NOISE) * 100 / PLENTY;
    // So that what doesn't abstain is surely its own kin: twelve items agree by 27 deviations at most.
    let heard = items.items.iter().filter(|item| !is_silent(**item)).count();
    let long = 4 * heard as i64 / 3;
    lively.min(long).clamp(0, 100) as u8
}
