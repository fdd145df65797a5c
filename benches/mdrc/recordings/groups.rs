//! Features that were tried for the ID and left out, in plain floating point: loudness, onsets and tempo in time,
//! levels and their spread in the spectrum, chroma, and loudness by critical bands.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

const WINDOW: usize = 2048;
const HOP: usize = 500;
const BANDS: usize = 66;
/// Edges of the critical bands (Zwicker 1961), in hertz.
const BARK: [f64; 17] = [
    100.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1080.0, 1270.0, 1480.0, 1720.0, 2000.0,
    2320.0, 2700.0, 3150.0, 3600.0,
];
/// Rows between onsets: an eighth of a second to four.
const LAGS: [usize; 29] = [
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 22, 24, 27, 30, 33, 36, 40, 44, 48, 52,
    56, 60, 64,
];

pub(crate) fn left_out(samples: &[i16]) -> Vec<(&'static str, Vec<f64>)> {
    let spectra = spectra(samples);
    let rows: Vec<[f64; BANDS]> = spectra.iter().map(|spectrum| levels(spectrum)).collect();
    let chroma = chroma(&rows);
    let turns = (1..=12)
        .map(|turn| (0..24).map(|at| chroma[at] * chroma[(at + turn) % 24]).sum::<f64>() * 1000.0);
    let turns = turns.collect();
    let (shape, spread) = frequency(&rows);
    vec![
        ("intensity", intensity(&spectra)),
        ("time: onsets, tempo", onsets(&rows)),
        ("frequency: shape", shape),
        ("frequency: spread", spread),
        ("musical: chroma", chroma.iter().map(|share| share * 1000.0).collect()),
        ("musical: intervals of it", turns),
        ("perceptual", bark(&spectra)),
    ]
}

fn spectra(samples: &[i16]) -> Vec<Vec<f64>> {
    let fft = FftPlanner::<f64>::new().plan_fft_forward(WINDOW);
    let hann = |at: usize| 0.5 - 0.5 * (std::f64::consts::TAU * at as f64 / WINDOW as f64).cos();
    samples
        .windows(WINDOW)
        .step_by(HOP)
        .map(|window| {
            let mut buffer: Vec<Complex<f64>> = window
                .iter()
                .enumerate()
                .map(|(at, sample)| Complex::new(f64::from(*sample) * hann(at), 0.0))
                .collect();
            fft.process(&mut buffer);
            buffer[..WINDOW / 2].iter().map(|bin| bin.norm_sqr() + 1.0).collect()
        })
        .collect()
}

fn hertz(bin: usize) -> f64 {
    bin as f64 * 8000.0 / WINDOW as f64
}

/// Half semitones from 260 Hz.
fn levels(spectrum: &[f64]) -> [f64; BANDS] {
    let mut sums = [(0.0, 0.0); BANDS];
    for (bin, energy) in spectrum.iter().enumerate().skip(1) {
        let place = 24.0 * (hertz(bin) / 260.0).log2();
        let near = (place - 2.0).ceil().max(0.0) as usize..(place + 3.0).max(0.0) as usize;
        for (at, sum) in sums.iter_mut().enumerate().take(near.end).skip(near.start) {
            let weight = (1.0 - (place - at as f64).abs() / 2.0).max(0.0);
            sum.0 += weight * energy;
            sum.1 += weight;
        }
    }
    sums.map(|(sum, weight)| (sum / weight.max(1e-9) + 1.0).log2())
}

/// Levels of loudness against their median, and how it changes.
fn intensity(spectra: &[Vec<f64>]) -> Vec<f64> {
    let loud: Vec<f64> =
        spectra.iter().map(|spectrum| spectrum[26..870].iter().sum::<f64>().log2()).collect();
    let mut sorted = loud.clone();
    sorted.sort_by(f64::total_cmp);
    let at =
        |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied().unwrap_or(0.0);
    let middle = at(0.5);
    let levels = (1..=10).map(|tenth| at(f64::from(tenth) / 11.0) - middle);
    let steps = [1, 2, 4, 8, 16].map(|lag| {
        let pairs = loud.iter().zip(loud.iter().skip(lag));
        let count = loud.len().saturating_sub(lag).max(1);
        pairs.map(|(a, b)| (a - b).abs()).sum::<f64>() / count as f64
    });
    levels.chain(steps).map(|value| value * 256.0).collect()
}

/// How onsets repeat.
fn onsets(rows: &[[f64; BANDS]]) -> Vec<f64> {
    let rise = |pair: &[[f64; BANDS]]| {
        pair[0].iter().zip(&pair[1]).map(|(a, b)| (b - a).max(0.0)).sum::<f64>()
    };
    let onsets: Vec<f64> = rows.windows(2).map(rise).collect();
    let mean = onsets.iter().sum::<f64>() / onsets.len().max(1) as f64;
    let product = |lag: usize| {
        let pairs = onsets.iter().zip(onsets.iter().skip(lag));
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>()
            / onsets.len().saturating_sub(lag).max(1) as f64
    };
    let square = product(0).max(1e-9);
    LAGS.iter().map(|lag| 1000.0 * product(*lag) / square).collect()
}

/// The mean level of each part of the spectrum over that of its row, and how much it varies.
fn frequency(rows: &[[f64; BANDS]]) -> (Vec<f64>, Vec<f64>) {
    let part = |at: usize| {
        let levels = rows.iter().map(|row| {
            row[3 * at..][..3].iter().sum::<f64>() / 3.0 - row.iter().sum::<f64>() / BANDS as f64
        });
        let (sum, square) =
            levels.fold((0.0, 0.0), |(sum, square), level| (sum + level, square + level * level));
        let (mean, count) = (sum / rows.len().max(1) as f64, rows.len().max(1) as f64);
        (256.0 * mean, 256.0 * (square / count - mean * mean).max(0.0).sqrt())
    };
    (0..BANDS / 3).map(part).unzip()
}

fn chroma(rows: &[[f64; BANDS]]) -> [f64; 24] {
    let mut classes = [0.0; 24];
    for row in rows {
        let mean = row.iter().sum::<f64>() / BANDS as f64;
        for (at, level) in row.iter().enumerate() {
            classes[at % 24] += (level - mean).max(0.0);
        }
    }
    let mean = classes.iter().sum::<f64>() / 24.0;
    let length = classes.iter().map(|class| (class - mean).powi(2)).sum::<f64>().sqrt().max(1e-9);
    classes.map(|class| (class - mean) / length)
}

/// Loudness (Stevens' power of 0.23) of each critical band against the mean of all.
fn bark(spectra: &[Vec<f64>]) -> Vec<f64> {
    let mut bands: Vec<f64> = BARK
        .windows(2)
        .map(|edges| {
            let inside = |bin: &usize| (edges[0]..edges[1]).contains(&hertz(*bin));
            let bins: Vec<usize> = (0..WINDOW / 2).filter(inside).collect();
            spectra
                .iter()
                .map(|spectrum| bins.iter().map(|bin| spectrum[*bin]).sum::<f64>().powf(0.23))
                .sum()
        })
        .collect();
    let mean = bands.iter().sum::<f64>() / bands.len() as f64;
    bands.iter_mut().for_each(|band| *band = (*band / mean.max(1e-9)).max(1e-9).log2() * 1000.0);
    bands
}
