//! To one rate, by a windowed sinc in a fixed order of additions: the same on every machine.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "samples of 16 bits, tables of a few thousand"
)]

use super::Recording;
use crate::cosine::cos_quarters;

/// Places between two samples that the filter is tabled for.
pub(super) const PHASES: u64 = 256;
/// Half of the filter, in samples of the slower side.
const HALF: u64 = 16;
/// Where the filter is at a half, of a slower side of `RATE`.
const CUTOFF_HZ: u64 = 3_700;
const OUT: u64 = Recording::RATE as u64;
const LANES: usize = 8;

/// A stream of samples at one rate from one at another.
pub(super) struct Resampler {
    rate: u64,
    out: u64,
    /// `PHASES + 1` filters of `taps` each.
    table: Vec<f32>,
    taps: usize,
    /// What came and is still needed, with `taps / 2` before the next sample's place.
    waiting: Vec<f32>,
    /// The place of the next sample in `waiting`, in parts of 1 / `out`.
    next: u64,
    all: u64,
    made: u64,
}

impl Resampler {
    /// To `Recording::RATE`.
    pub(super) fn new(rate: u32) -> Self {
        let rate = u64::from(rate);
        // Samples of the input that one of the slower side spans, in parts of 1 / `OUT`.
        let span = rate.max(OUT);
        let cutoff = CUTOFF_HZ * rate.min(OUT) / OUT;
        let reach = HALF * span / OUT + 1;
        Self::with(rate, OUT, reach, |away| weight(away, cutoff, rate, HALF * span))
    }

    /// By a filter of `reach` samples of the input to both sides, which has a weight for each distance from its
    /// middle in parts of 1 / `PHASES` samples.
    pub(super) fn with(rate: u64, out: u64, reach: u64, weight: impl Fn(u64) -> f64) -> Self {
        let taps = (2 * reach as usize).next_multiple_of(LANES);
        let mut table = Vec::with_capacity((PHASES as usize + 1) * taps);
        for phase in 0..=PHASES {
            let mut filter: Vec<f64> = (0..taps as u64)
                .map(|tap| {
                    weight((PHASES * (taps as u64 / 2) + phase).abs_diff(PHASES * (tap + 1)))
                })
                .collect();
            let sum: f64 = filter.iter().sum();
            filter.iter_mut().for_each(|weight| *weight /= sum);
            table.extend(filter.iter().map(|weight| *weight as f32));
        }
        let waiting = vec![0.0; taps / 2 - 1];
        Self { rate, out, table, taps, waiting, next: 0, all: 0, made: 0 }
    }

    pub(super) fn push(&mut self, samples: impl Iterator<Item = f32>, sink: &mut impl FnMut(i16)) {
        let before = self.waiting.len();
        self.waiting.extend(samples);
        self.all += (self.waiting.len() - before) as u64;
        self.emit(u64::MAX, sink);
    }

    /// As many samples as the input is long.
    pub(super) fn finish(mut self, sink: &mut impl FnMut(i16)) {
        let wanted = self.all * self.out / self.rate;
        self.waiting.resize(self.waiting.len() + self.taps, 0.0);
        self.emit(wanted, sink);
    }

    fn emit(&mut self, wanted: u64, sink: &mut impl FnMut(i16)) {
        while self.made < wanted {
            let first = (self.next / self.out) as usize;
            let Some(window) = self.waiting.get(first..first + self.taps) else { break };
            let phase = ((self.next % self.out) * PHASES + self.out / 2) / self.out;
            let filter = &self.table[phase as usize * self.taps..][..self.taps];
            let mut lanes = [0.0f32; LANES];
            for (a, b) in window.as_chunks::<LANES>().0.iter().zip(filter.as_chunks::<LANES>().0) {
                for lane in 0..LANES {
                    lanes[lane] += a[lane] * b[lane];
                }
            }
            let value = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5]))
                + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
            sink((value + 0.5).floor().clamp(-32_768.0, 32_767.0) as i16);
            self.made += 1;
            self.next += self.rate;
        }
        let past = ((self.next / self.out) as usize).min(self.waiting.len());
        self.waiting.drain(..past);
        self.next -= past as u64 * self.out;
    }
}

/// A sinc under a Hann window, `away` parts of 1 / `PHASES` from its middle.
fn weight(away: u64, cutoff: u64, rate: u64, half: u64) -> f64 {
    // The window ends at half / OUT samples.
    let (along, end) = (away * OUT, half * PHASES);
    if along >= end {
        return 0.0;
    }
    let window = 0.5 + 0.5 * cos_quarters(2 * along, end);
    if away == 0 {
        return window;
    }
    // sin(2π · cutoff / rate · away / PHASES), as the cosine of a quarter less.
    let (turn, quarter) = (4 * cutoff * away, rate * PHASES);
    let sine = cos_quarters(turn + 3 * quarter, quarter);
    window * sine * (rate * PHASES) as f64 / (cutoff * away) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(rate: u32, samples: &[i16], pieces: usize) -> Vec<i16> {
        let (mut out, mut resampler) = (Vec::new(), Resampler::new(rate));
        for piece in samples.chunks(pieces) {
            resampler.push(piece.iter().copied().map(f32::from), &mut |sample| out.push(sample));
        }
        resampler.finish(&mut |sample| out.push(sample));
        out
    }

    fn tone(rate: u32, hz: f64, len: usize) -> Vec<i16> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        (0..len).map(|at| ((at as f64 * step).sin() * 10_000.0) as i16).collect()
    }

    #[test]
    fn a_tone_stays_what_it_is_at_any_rate_and_in_any_pieces() {
        for rate in [1_000, 4_000, 7_999, 8_000, 11_025, 22_050, 44_100, 44_541, 48_000, 192_000] {
            let hz = if rate < 4_000 { 200.0 } else { 900.0 };
            let out = resampled(rate, &tone(rate, hz, rate as usize), 997);
            assert_eq!(out.len(), 8_000, "{rate}");
            let expected = tone(8_000, hz, 8_000);
            for at in 200..7_800 {
                let apart = (i32::from(out[at]) - i32::from(expected[at])).abs();
                assert!(apart < 200, "{rate} Hz, sample {at}: {apart}");
            }
            assert_eq!(out, resampled(rate, &tone(rate, hz, rate as usize), 100_000));
        }
    }

    #[test]
    fn what_is_over_the_new_rate_goes() {
        let out = resampled(44_100, &tone(44_100, 6_000.0, 44_100), 1_000);
        assert!(out[200..7_800].iter().all(|sample| sample.abs() < 100));
    }
}
