//! A view of a picture as its lowest frequencies, in integers.

#![expect(clippy::cast_possible_truncation, reason = "the bounds are beside the casts")]

use super::reduce::{Area, CELLS, Grid};
use super::view::View;
use crate::cosine::{cos_quarters, rounded};
use crate::simhash::Simhash;
use crate::views::FREQUENCIES;

/// Samples along each side of a view.
const SIDE: usize = 32;
/// Frequencies along each axis: those of [`FREQUENCIES`] and what is between.
pub(crate) const KEPT: usize = 19;

/// Row k: 4096 · cos(π (2n + 1) k / 64).
static COSINES: [[i32; SIDE]; KEPT] = {
    let mut rows = [[0; SIDE]; KEPT];
    let mut k = 0;
    while k < KEPT {
        let mut n = 0;
        while n < SIDE {
            rows[k][n] =
                rounded(4096.0 * cos_quarters(((2 * n + 1) * k) as u64, SIDE as u64)) as i32;
            n += 1;
        }
        k += 1;
    }
    rows
};

/// Row v column u: half periods along height and width.
pub(crate) type Frequencies = [[i64; KEPT]; KEPT];

/// The lowest frequencies of a view, in 1/64 of a level summed over its samples.
pub(crate) fn of(grid: &Grid, area: Area, view: View) -> Frequencies {
    let area = if view.bordered { Area::WHOLE } else { area };
    let samples = sample(grid, &Placed::new(grid, area, view));
    let mut along_height = [[0i64; SIDE]; KEPT];
    for (row, cosines) in along_height.iter_mut().zip(&COSINES) {
        let mut sums = [0i32; SIDE];
        // |sample| < 2^13, |cosine| <= 2^12, 32 of them: under 2^30.
        for (line, cosine) in samples.iter().zip(cosines) {
            sums.iter_mut().zip(line).for_each(|(sum, sample)| *sum += cosine * sample);
        }
        row.iter_mut().zip(sums).for_each(|(wide, sum)| *wide = i64::from(sum));
    }
    std::array::from_fn(|v| {
        std::array::from_fn(|u| {
            let terms = along_height[v].iter().zip(&COSINES[u]);
            terms.map(|(value, cosine)| value * i64::from(*cosine)).sum::<i64>() >> 24
        })
    })
}

/// A bit is 1 where its frequency is over zero.
pub(crate) fn signs(frequencies: &Frequencies) -> Simhash {
    let mut bytes = [0; Simhash::LEN];
    for (bit, (u, v)) in FREQUENCIES.iter().enumerate() {
        let value = frequencies[usize::from(*v)][usize::from(*u)];
        bytes[bit / 8] |= u8::from(value > 0) << (bit % 8);
    }
    Simhash::from_bytes(bytes)
}

/// Where a view lies on the grid, in 1/65536 of a cell: `middle + x · m + y · n` for odd m and n
/// from -63 to 63.
struct Placed {
    middle: [i64; 2],
    along_width: [i64; 2],
    along_height: [i64; 2],
}

const ONE: i64 = 1 << 16;

impl Placed {
    fn new(grid: &Grid, area: Area, view: View) -> Self {
        let aspect = grid.aspect(area);
        let quarter = u64::from(view.turn.unsigned_abs());
        let (cosine, sine) = match view.turn {
            0 => (ONE, 0),
            turn => {
                let unit = ONE as f64;
                let cosine = rounded(unit * cos_quarters(1, quarter));
                let sine = rounded(unit * cos_quarters(quarter - 1, quarter));
                (cosine, sine * i64::from(turn.signum()))
            }
        };
        // The largest part of the same shape that has no corners of the turned picture.
        let longer = aspect.max(4096 * 4096 / aspect);
        let size = ONE * ONE / (cosine + ((longer * sine.abs()) >> 12));
        let (cosine, sine) = ((cosine * size) >> 16, (sine * size) >> 16);
        let [width, height] = [area.width() as i64, area.height() as i64];
        let [share_x, share_y] = view.share.map(i64::from);
        // Halves of the sides, of which a view's samples are 64 steps: 2 · 64 · 1000.
        let step = |share: i64, turned: i64, side: i64| turned * share * side / 128_000;
        let centre = |at: i16, first: usize, side: i64| {
            first as i64 * ONE + (1000 + i64::from(at)) * side * ONE / 2000 - ONE / 2
        };
        Self {
            middle: [
                centre(view.centre[0], area.left, width),
                centre(view.centre[1], area.top, height),
            ],
            along_width: [
                step(share_x, cosine, width),
                step(share_x, (sine * aspect) >> 12, height),
            ],
            along_height: [
                step(share_y, -(sine * 4096 / aspect), width),
                step(share_y, cosine, height),
            ],
        }
    }

    /// The cell before a sample and how far past it the sample is, in 1/256, along both axes.
    fn at(&self, m: i64, n: i64) -> [(usize, u32); 2] {
        std::array::from_fn(|axis| {
            let at = self.middle[axis] + self.along_width[axis] * m + self.along_height[axis] * n;
            let last = CELLS as i64 - 1;
            let at = at.clamp(0, last << 16) >> 8;
            let cell = (at >> 8).min(last - 1);
            (cell as usize, (at - (cell << 8)) as u32)
        })
    }
}

/// Samples of 1/64 of a level around zero, each of four interpolated between cells.
fn sample(grid: &Grid, placed: &Placed) -> [[i32; SIDE]; SIDE] {
    let odd = |i: usize| 2 * i as i64 + 1 - 2 * SIDE as i64;
    let mut samples = [[-8160; SIDE]; SIDE];
    for y in 0..2 * SIDE {
        for x in 0..2 * SIDE {
            let [(x0, right), (y0, down)] = placed.at(odd(x), odd(y));
            let line = |y: usize| {
                let row = grid.row(y);
                u32::from(row[x0]) * (256 - right) + u32::from(row[x0 + 1]) * right
            };
            // At most 65280 · 256 · 256, under 2^32.
            let value = (line(y0) * (256 - down) + line(y0 + 1) * down) >> 16;
            samples[y / 2][x / 2] += (value >> 4) as i32;
        }
    }
    samples
}
