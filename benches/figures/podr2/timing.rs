//! Whether time depends on secrets, by the method of dudect (Reparaz, Balasch and Verbauwhede, DATE
//! 2017): the same work on special secrets and on random ones, in random order, and Welch's t of the
//! two samples. Below 4.5 there is no sign of a difference.

use std::time::Instant;

use cess_podr2::Sectors;
use cess_podr2::measure::Secrets;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::case::random;
use crate::figure::{Figure, Unit};

const ROUNDS: usize = 12_000;
/// Random secrets that take turns.
const RANDOM: usize = 16;

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    let mut rng = ChaCha8Rng::from_seed([7; 32]);
    let mut one = [0; 64];
    one[0] = 1;
    let block = random(Sectors::DEFAULT.block_bytes());
    for (fast, way) in [(true, "best"), (false, "portable")] {
        // x = 1, alpha = 1, M(alpha) = 0: all digits but one are zero.
        // As many objects as of random ones: what differs is what they hold, not where they lie.
        let special: Vec<Secrets> =
            (0..RANDOM).map(|_| Secrets::new(&one, &one, &[[0; 64]; 8], fast)).collect();
        let mut draw = || {
            let mut wide = [0; 64];
            rng.fill_bytes(&mut wide);
            wide
        };
        let random: Vec<Secrets> = (0..RANDOM)
            .map(|_| Secrets::new(&draw(), &draw(), &[(); 8].map(|()| draw()), fast))
            .collect();
        let rounds = if fast { ROUNDS } else { ROUNDS / 4 };
        let sign = welch(rounds, &mut rng, &special, &random, Secrets::sign);
        let evaluate = welch(rounds, &mut rng, &special, &random, |s| s.evaluate(&block));
        for (op, t) in [("sign", sign), ("evaluate", evaluate)] {
            emit(Figure::new(format!("t/op={op}/kernel={way}/rounds={rounds}"), t, Unit::Sigma));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds and counts are far below 2^53")]
fn welch(
    rounds: usize,
    rng: &mut ChaCha8Rng,
    special: &[Secrets],
    random: &[Secrets],
    work: impl Fn(&Secrets),
) -> f64 {
    let mut times: [Vec<f64>; 2] = Default::default();
    for _ in 0..rounds {
        let class = usize::from(rng.random::<bool>());
        let secrets = &[special, random][class][rng.random_range(..random.len())];
        // The timed call finds its tables in the cache, whichever it was.
        work(secrets);
        let started = Instant::now();
        work(secrets);
        times[class].push(started.elapsed().as_nanos() as f64);
    }
    // What was interrupted is left out: the slower half of all, by one threshold for both.
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let threshold = all[all.len() / 2];
    let [a, b] = times.map(|times| {
        let kept: Vec<f64> = times.into_iter().filter(|time| *time <= threshold).collect();
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let variance = kept.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    (a.0 - b.0).abs() / (a.1 + b.1).sqrt()
}
