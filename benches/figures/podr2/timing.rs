//! Whether time depends on secrets, by the method of dudect (Reparaz, Balasch and Verbauwhede, DATE
//! 2017): the same work under one key and under random ones, in random order, and Welch's t of the
//! two samples, the largest over a series of thresholds that crop what was interrupted. Below 4.5
//! there is no sign of a difference.
//!
//! Both classes work in the same memory, into which the secrets of the round are copied: where a
//! table lies must not tell it from another. The control is two classes of random secrets.

use std::time::Instant;

use cess_podr2::Sectors;
use cess_podr2::measure::Secrets;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::case::random;
use crate::figure::{Figure, Unit};

/// Random secrets that take turns.
const RANDOM: usize = 64;
/// Shares of the fastest rounds that are compared, in percent.
const CROPS: [usize; 7] = [10, 25, 50, 75, 90, 95, 100];

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    // `ROUNDS=200000 OPS=evaluate/best cargo xtask figures podr2-timing` for a longer look at one.
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let rounds: usize = number("ROUNDS").unwrap_or(12_000);
    let seed = u8::try_from(number("SEED").unwrap_or(7)).unwrap_or(7);
    let only = std::env::var("OPS").unwrap_or_default();
    let mut rng = ChaCha8Rng::from_seed([seed; 32]);
    let block = random(Sectors::DEFAULT.block_bytes());
    for (fast, way) in [(true, "best"), (false, "portable")] {
        let mut draw = || {
            let mut wide = || {
                let mut wide = [0; 64];
                rng.fill_bytes(&mut wide);
                wide
            };
            (wide(), wide(), [(); 8].map(|()| wide()))
        };
        // x = 1, alpha = 1, M(alpha) = 0: all digits but one are zero.
        let mut one = [0; 64];
        one[0] = 1;
        let (special, fixed) = ((one, one, [[0; 64]; 8]), draw());
        // As many copies of one key as there are random ones, and laid out among each other: what
        // differs is what is copied, not where from.
        let mut pools: [Vec<Secrets>; 4] = Default::default();
        for _ in 0..RANDOM {
            for (pool, (x, alpha, ms)) in pools.iter_mut().zip([special, fixed, draw(), draw()]) {
                pool.push(Secrets::new(&x, &alpha, &ms, fast));
            }
        }
        let [special, fixed, control, random] = pools;
        let (x, alpha, ms) = draw();
        let mut place = Secrets::new(&x, &alpha, &ms, fast);
        let classes = [("special", &special), ("fixed", &fixed), ("control", &control)];
        for (op, work) in [
            ("sign", Box::new(|s: &Secrets| s.sign()) as Box<dyn Fn(&Secrets)>),
            ("evaluate", Box::new(|s: &Secrets| s.evaluate(&block))),
        ] {
            if !format!("{op}/{way}").contains(&only) {
                continue;
            }
            for (class, one) in classes {
                let (t, off) = welch(rounds, &mut rng, [one, &random], &mut place, &work);
                let of = format!("op={op}/kernel={way}/class={class}/rounds={rounds}");
                emit(Figure::new(format!("t/{of}"), t, Unit::Sigma));
                emit(Figure::new(format!("off/{of}"), off, Unit::Percent));
            }
        }
    }
}

/// t, and the difference of the means in percent, at the threshold where t is largest.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds and counts are far below 2^53")]
fn welch(
    rounds: usize,
    rng: &mut ChaCha8Rng,
    classes: [&[Secrets]; 2],
    place: &mut Secrets,
    work: &dyn Fn(&Secrets),
) -> (f64, f64) {
    let mut times: [Vec<f64>; 2] = Default::default();
    for _ in 0..rounds {
        let class = usize::from(rng.random::<bool>());
        place.take(&classes[class][rng.random_range(..RANDOM)]);
        // The timed call finds its tables in the cache, whichever it was.
        work(place);
        let started = Instant::now();
        work(place);
        times[class].push(started.elapsed().as_nanos() as f64);
    }
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let compared = CROPS.map(|share| {
        let threshold = all[(all.len() * share / 100).min(all.len() - 1)];
        let [a, b] = times.each_ref().map(|times| {
            let kept: Vec<f64> = times.iter().copied().filter(|t| *t <= threshold).collect();
            let count = kept.len() as f64;
            let mean = kept.iter().sum::<f64>() / count;
            let variance = kept.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / (count - 1.0);
            (mean, variance / count)
        });
        ((a.0 - b.0).abs() / (a.1 + b.1).sqrt(), 100.0 * (a.0 - b.0).abs() / b.0)
    });
    compared.into_iter().fold((0.0, 0.0), |most, next| if next.0 > most.0 { next } else { most })
}
