#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "filters of a few thousand samples"
)]

use std::f64::consts::PI;

use rusty_chromaprint::{Configuration, Fingerprinter};

use super::resample::{PHASES, Resampler};
use super::{AudioFault, AudioFormat, Limits, decode};
use crate::Error;

/// The rate that Chromaprint works at.
const RATE: u64 = 11_025;

/// The items of Chromaprint, algorithm 2, as `fpcalc -raw` prints them: 8 for each second. For exchange
/// with systems that speak it; they are not part of a fingerprint.
///
/// # Errors
/// As [`Recording::decode`](super::Recording::decode).
pub fn chromaprint(bytes: &[u8], limits: Limits) -> Result<Vec<u32>, Error> {
    let mut printer = Fingerprinter::new(&Configuration::preset_test2());
    let mut refused = printer.start(RATE as u32, 1).is_err();
    let (mut resampler, mut samples) = (None, Vec::new());
    decode::decode(bytes, limits, &mut |block| {
        let mean = |frame: &[f32]| 32_768.0 * frame.iter().sum::<f32>() / frame.len() as f32;
        let frames = block.samples.chunks_exact(block.channels).map(mean);
        let resampler = resampler.get_or_insert_with(|| as_fpcalc(block.rate));
        resampler.push(frames, &mut |sample| samples.push(sample));
        if !refused {
            printer.consume(&samples);
        }
        samples.clear();
    })?;
    match resampler {
        Some(resampler) => resampler.finish(&mut |sample| samples.push(sample)),
        None => refused = true,
    }
    if refused {
        return Err(Error::Audio { format: AudioFormat::of(bytes)?, fault: AudioFault::Silent });
    }
    printer.consume(&samples);
    printer.finish();
    Ok(printer.fingerprint().to_vec())
}

/// The filter of fpcalc 1.5.1: 16 zero crossings, cut off at 0.8, under a Kaiser window with β = 9.
/// That of `rusty-chromaprint` lets through more, and clips before it: one bit in thirty of a file full of
/// clipped noise.
fn as_fpcalc(rate: u32) -> Resampler {
    let factor = (0.8 * RATE as f64 / f64::from(rate)).min(1.0);
    let half = 8.0 / factor;
    Resampler::with(rate.into(), RATE, half.ceil() as u64, |away| {
        let samples = away as f64 / PHASES as f64;
        let along = samples / half;
        let turn = PI * factor * samples;
        let sinc = if away == 0 { 1.0 } else { turn.sin() / turn };
        if along < 1.0 { sinc * bessel(9.0 * (1.0 - along * along).sqrt()) } else { 0.0 }
    })
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel(x: f64) -> f64 {
    let square = x * x / 4.0;
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..50 {
        term *= square / f64::from(k * k);
        sum += term;
    }
    sum
}
