//! Medians of interleaved runs.
//!
//! Contenders take turns, and each round begins with another one: what else the machine does
//! meets all of them. The median leaves out the runs that were disturbed.

use std::time::{Duration, Instant};

/// Runs of each contender that count. Odd, so that the median is one of them.
pub(crate) const RUNS: usize = 11;
const _: () = assert!(RUNS >= 9 && RUNS % 2 == 1);

/// A run repeats what is fast until it takes as long.
const RUN: Duration = Duration::from_millis(20);

/// Medians of the seconds that one call takes, in the order of `contenders`.
pub(crate) fn interleave<const N: usize>(contenders: [&mut dyn FnMut(); N]) -> [f64; N] {
    interleave_for(RUN, RUNS, contenders)
}

/// As [`interleave`] with another number of runs, for what takes seconds.
pub(crate) fn interleave_runs<const N: usize>(
    runs: usize,
    contenders: [&mut dyn FnMut(); N],
) -> [f64; N] {
    interleave_for(RUN, runs, contenders)
}

/// As [`interleave`], of contenders whose number isn't known before.
pub(crate) fn interleave_all(contenders: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    interleave_slice(RUN, RUNS, contenders)
}

/// As [`interleave`], each run at least `run` long.
fn interleave_for<const N: usize>(
    run: Duration,
    runs: usize,
    mut contenders: [&mut dyn FnMut(); N],
) -> [f64; N] {
    let seconds = interleave_slice(run, runs, &mut contenders);
    std::array::from_fn(|at| seconds[at])
}

fn interleave_slice(run: Duration, runs: usize, contenders: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let count = contenders.len();
    let mut calls = vec![1u32; count];
    for (at, count) in calls.iter_mut().enumerate() {
        // The first call pays for caches and pages; the second is the measure.
        contenders[at]();
        *count = calls_in(run, time(1, contenders[at]));
    }
    let mut seconds = vec![Vec::with_capacity(runs); count];
    for round in 0..runs {
        for turn in 0..count {
            let at = (round + turn) % count;
            let each = time(calls[at], contenders[at]).as_secs_f64() / f64::from(calls[at]);
            seconds[at].push(each);
        }
    }
    seconds.into_iter().map(median).collect()
}

fn time(calls: u32, contender: &mut dyn FnMut()) -> Duration {
    let started = Instant::now();
    (0..calls).for_each(|_| contender());
    started.elapsed()
}

fn calls_in(run: Duration, one: Duration) -> u32 {
    let calls = run.as_nanos().div_ceil(one.as_nanos().max(1));
    u32::try_from(calls.clamp(1, 1 << 20)).unwrap_or(1)
}

/// The middle one, or the mean of the two in the middle; NaN of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (below, above) = ((values.len().max(1) - 1) / 2, values.len() / 2);
    match (values.get(below), values.get(above)) {
        (Some(below), Some(above)) => f64::midpoint(*below, *above),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]).to_bits(), 5.0f64.to_bits());
        assert_eq!(median(vec![4.0, 1.0, 100.0, 2.0]).to_bits(), 3.0f64.to_bits());
        assert_eq!(median(vec![7.0]).to_bits(), 7.0f64.to_bits());
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn one_slow_run_moves_nothing() {
        let quiet = median(vec![1.0; RUNS]);
        let mut disturbed = vec![1.0; RUNS];
        disturbed[3] = 1000.0;
        assert_eq!(median(disturbed).to_bits(), quiet.to_bits());
    }

    #[test]
    fn what_is_fast_is_repeated_and_what_is_slow_is_not() {
        let calls = |one| calls_in(Duration::from_millis(20), one);
        assert_eq!(calls(Duration::from_millis(5)), 4);
        assert_eq!(calls(Duration::from_secs(3)), 1);
        assert_eq!(calls(Duration::ZERO), 1 << 20);
    }

    #[test]
    fn contenders_take_turns_and_each_is_first() {
        let order = std::cell::RefCell::new(Vec::new());
        let [mut a, mut b] = [0, 1].map(|me| {
            let order = &order;
            move || order.borrow_mut().push(me)
        });
        interleave_for(Duration::ZERO, RUNS, [&mut a, &mut b]);
        let order = order.into_inner();
        let (warmed, rounds) = order.split_at(4);
        assert_eq!(warmed, [0, 0, 1, 1]);
        assert_eq!(rounds.len(), 2 * RUNS);
        for (round, turns) in rounds.chunks(2).enumerate() {
            assert_eq!(turns, [round % 2, (round + 1) % 2]);
        }
    }
}
