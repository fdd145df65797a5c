//! From samples to rows of band levels, sixteen a second. What depends on a row after this is
//! arithmetic on integers.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "tables of a few thousand, and logarithms under 64"
)]

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

use super::Recording;
use crate::cosine::cos_quarters;

/// Bands of a row: half a semitone apart, each two semitones wide.
pub(super) const BANDS: usize = 66;
/// The level of each band: a binary logarithm of energy, in parts of 1 / `ONE`.
pub(super) type Row = [i32; BANDS];
/// 1 in levels.
pub(super) const ONE: i32 = 256;
/// Samples between two rows.
const HOP: usize = 500;
/// Samples of a spectrum: 256 ms.
const WINDOW: usize = 2048;
/// Spectra whose energy a row sums: half a second of beginnings.
const SUMMED: usize = 8;
/// The middle of the lowest band.
const LOWEST_HZ: f64 = 260.0;
/// The twenty-fourth root of 2.
const HALF_SEMITONE: f64 = 1.029_302_236_643_492;
/// What is added to each energy: a hundredth of the mean of the row, and what dither makes.
const FLOOR_SHARE: f32 = 0.01;
const FLOOR: f32 = 4096.0;

/// The bins of a band and their weights.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

/// The middles of the bands, and of two on either side.
fn middles() -> [f64; BANDS + 4] {
    let mut hz = LOWEST_HZ / HALF_SEMITONE / HALF_SEMITONE;
    std::array::from_fn(|_| {
        let middle = hz;
        hz *= HALF_SEMITONE;
        middle
    })
}

/// Triangles from the band two below to the band two above, their weights summing to 1.
fn bands() -> Vec<Band> {
    let middles = middles();
    let bin = f64::from(Recording::RATE) / WINDOW as f64;
    let band = |at: usize| {
        let [low, middle, high] = [middles[at], middles[at + 2], middles[at + 4]];
        let first = (low / bin) as usize + 1;
        let weights: Vec<f64> = (first..WINDOW / 2)
            .map(|at| at as f64 * bin)
            .take_while(|hz| *hz < high)
            .map(|hz| {
                if hz < middle {
                    (hz - low) / (middle - low)
                } else {
                    (high - hz) / (high - middle)
                }
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        Band { first, weights: weights.iter().map(|weight| (weight / sum) as f32).collect() }
    };
    (0..BANDS).map(band).collect()
}

pub(super) struct Spectrum {
    fft: Arc<dyn Fft<f32>>,
    hann: Vec<f32>,
    bands: Vec<Band>,
    waiting: Vec<f32>,
    buffer: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Energies of the latest spectra, the oldest at `made % SUMMED`.
    recent: [[f32; BANDS]; SUMMED],
    made: usize,
}

impl Spectrum {
    pub(super) fn new() -> Self {
        // The planner that takes no account of the processor.
        let fft = FftPlannerScalar::new().plan_fft_forward(WINDOW);
        let half = WINDOW as u64 / 2;
        let hann = (0..WINDOW as u64)
            .map(|at| (0.5 + 0.5 * cos_quarters(2 * at.abs_diff(half), half)) as f32)
            .collect();
        let zero = Complex::new(0.0, 0.0);
        let scratch = vec![zero; fft.get_inplace_scratch_len()];
        Self {
            fft,
            hann,
            bands: bands(),
            waiting: Vec::with_capacity(WINDOW),
            buffer: vec![zero; WINDOW],
            scratch,
            recent: [[0.0; BANDS]; SUMMED],
            made: 0,
        }
    }

    /// A sample more, and a row where it completes one.
    pub(super) fn push(&mut self, sample: i16) -> Option<Row> {
        self.waiting.push(sample.into());
        if self.waiting.len() < WINDOW {
            return None;
        }
        for (slot, (sample, hann)) in
            self.buffer.iter_mut().zip(self.waiting.iter().zip(&self.hann))
        {
            *slot = Complex::new(sample * hann, 0.0);
        }
        self.waiting.drain(..HOP);
        self.fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
        let energies = &mut self.recent[self.made % SUMMED];
        for (energy, band) in energies.iter_mut().zip(&self.bands) {
            let bins = &self.buffer[band.first..];
            let of_bin =
                |(bin, weight): (&Complex<f32>, &f32)| (bin.re * bin.re + bin.im * bin.im) * weight;
            *energy = bins.iter().zip(&band.weights).map(of_bin).sum();
        }
        self.made += 1;
        (self.made >= SUMMED).then(|| self.row())
    }

    fn row(&self) -> Row {
        let energies: [f32; BANDS] = std::array::from_fn(|band| {
            let sum: f32 = self.recent.iter().map(|energies| energies[band]).sum();
            sum / SUMMED as f32
        });
        let mean = energies.iter().sum::<f32>() / BANDS as f32;
        energies.map(|energy| logarithm(energy + (mean * FLOOR_SHARE + FLOOR)))
    }
}

/// The binary logarithm of a number of at least 1, in parts of 1 / `ONE`.
fn logarithm(value: f32) -> i32 {
    let bits = value.to_bits();
    let exponent = (bits >> 23) as i32 - 127;
    // log2(1 + x) ≈ x + 0.3463 x (1 - x) - 0.0685 x (1 - x) (2 x - 1), to 1e-3, in parts of 2^-15.
    let x = i64::from(bits >> 8 & 0x7fff);
    let hump = (x * (32_768 - x)) >> 15;
    let tilt = (hump * (2 * x - 32_768)) >> 15;
    let fraction = x + ((hump * 11_346) >> 15) - ((tilt * 2_245) >> 15);
    exponent * ONE + (fraction >> 7) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_one() {
        for at in 0..100_000u32 {
            let value = 1.0 + at as f32 * 1.7;
            let apart = logarithm(value) - (value.log2() * 256.0) as i32;
            assert!((-2..=2).contains(&apart), "{value}: {apart}");
        }
        let rising: Vec<i32> = (0..5000).map(|at| logarithm(1.0 + at as f32 / 5000.0)).collect();
        assert!(rising.is_sorted());
    }

    #[test]
    fn a_tone_is_loudest_in_its_band() {
        for (hz, band) in [(260.0, 0), (440.0, 18), (1040.0, 48), (1_700.0, 65)] {
            let mut spectrum = Spectrum::new();
            let step = std::f64::consts::TAU * hz / 8_000.0;
            let rows: Vec<Row> = (0..16_000)
                .filter_map(|at| spectrum.push(((f64::from(at) * step).sin() * 9_000.0) as i16))
                .collect();
            assert_eq!(rows.len(), (16_000 - WINDOW) / HOP + 1 - (SUMMED - 1));
            let row = rows[10];
            let loudest = (0..BANDS).max_by_key(|at| row[*at]).unwrap();
            assert!(loudest.abs_diff(band) <= 1, "{hz} Hz in {loudest}");
        }
    }
}
