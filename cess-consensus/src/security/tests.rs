use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// `value` with the notation and the digits of `printed`.
fn as_printed(value: &Probability, printed: &str) -> String {
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match printed.split_once('e') {
        Some((mantissa, _)) => format!("{:.*e}", decimals(mantissa), value),
        None => format!("{:.*}", decimals(printed), value),
    }
}

#[test]
fn reproduces_the_published_table_to_its_digits() {
    for (permille, live_100, live_1000, fork_100, fork_1000, captured) in [
        (100, "1.2e-2", "1.8e-2", "1.2e-3", "2.6e-3", "9.8e-7"),
        (200, "0.149", "0.160", "0.040", "0.049", "2.1e-4"),
        (250, "0.279", "0.286", "0.10", "0.11", "1.1e-3"),
        (300, "0.430", "0.430", "0.20", "0.21", "4.1e-3"),
    ] {
        let small = security_estimate(100, permille, 11, 0).unwrap();
        let large = security_estimate(1000, permille, 11, 0).unwrap();
        for (value, printed) in [
            (&small.liveness_loss, live_100),
            (&large.liveness_loss, live_1000),
            (&small.forkable, fork_100),
            (&large.forkable, fork_1000),
            (&large.captured, captured),
        ] {
            assert_eq!(as_printed(value, printed), printed, "{permille}");
        }
    }
}

#[test]
fn reproduces_the_committees_for_one_in_a_million() {
    for (permille, seats) in [(100, 52), (200, 181), (250, 382), (300, 796)] {
        assert_eq!(committee_for(1000, permille, 6), Ok(Some(seats)), "{permille}");
    }
}

#[test]
fn a_sampled_estimate_agrees() {
    const DRAWS: u32 = 200_000;
    let mut rng = ChaCha8Rng::from_seed([9; 32]);
    for (pool, permille, committee) in [(100, 200, 11), (1000, 250, 11), (60, 330, 21)] {
        let estimate = security_estimate(pool, permille, committee, 0).unwrap();
        let mut counts = [0_u32; 3];
        let thresholds =
            [faults(committee.into()) + 1, forkable(committee.into()), quorum(committee.into())];
        let mut seats: Vec<u32> = (0..pool).collect();
        for _ in 0..DRAWS {
            // The first of a shuffle.
            let mut x = 0;
            for at in 0..committee {
                let other = rng.random_range(at..pool);
                seats.swap(at as usize, other as usize);
                x += u128::from(seats[at as usize] < estimate.adversaries);
            }
            for (count, threshold) in counts.iter_mut().zip(thresholds) {
                *count += u32::from(x >= threshold);
            }
        }
        let exact = [&estimate.liveness_loss, &estimate.forkable, &estimate.captured];
        for (count, exact) in counts.into_iter().zip(exact) {
            #[expect(clippy::cast_precision_loss, reason = "below a million")]
            let p = exact.per_million() as f64 / 1e6;
            let deviation = (f64::from(DRAWS) * p * (1.0 - p)).sqrt();
            let off = (f64::from(count) - f64::from(DRAWS) * p).abs();
            // Half a part of a million was rounded away.
            assert!(off <= 5.0 * deviation + 1.0, "{count} of {DRAWS}, expected {p}");
        }
    }
}

#[test]
fn probabilities_of_all_seats_sum_to_one() {
    for (pool, adversaries, committee) in [(11, 3, 11), (50, 0, 7), (50, 50, 7), (30, 17, 20)] {
        let seats = Seats::new(pool, adversaries, committee);
        assert_eq!(seats.at_least(0), Probability::new(1_u8.into(), 1_u8.into()));
        assert_eq!(seats.at_least(u128::from(committee) + 1).to_string(), "0.000000");
    }
}

#[test]
fn terms_equal_their_binomials() {
    for (pool, adversaries, committee) in [(40, 13, 11), (30, 25, 20)] {
        let seats = Seats::new(pool, adversaries, committee);
        for (x, ways) in (seats.first..).zip(&seats.ways) {
            let plain = choose(adversaries, x) * choose(pool - adversaries, committee - x);
            assert_eq!(*ways, plain, "{pool} {x}");
        }
    }
    assert_eq!(choose(10, 3), 120_u8.into());
    assert_eq!(choose(3, 10), BigUint::ZERO);
}

#[test]
fn the_grinding_factor_is_the_mean_of_two_to_the_seats() {
    // One seat of two candidates, one bad: (1 + 2) / 2.
    let estimate = security_estimate(2, 500, 1, 0).unwrap();
    assert_eq!(format!("{:.2}", estimate.grinding_factor), "1.50");
    let none = security_estimate(100, 0, 11, 0).unwrap();
    assert_eq!(format!("{:.2}", none.grinding_factor), "1.00");
}

#[test]
fn a_filter_is_assumed_to_drop_the_honest() {
    let with = security_estimate(1000, 200, 11, 200).unwrap();
    let same = security_estimate(800, 250, 11, 0).unwrap();
    assert_eq!((with.pool, with.adversaries), (800, 200));
    assert_eq!(with, same);
}

#[test]
fn prints_rounded_half_up() {
    let p = |n: u32, d: u32| Probability::new(n.into(), d.into());
    assert_eq!(format!("{:.2}", p(1, 8)), "0.13");
    assert_eq!(format!("{:.0}", p(1, 2)), "1");
    assert_eq!(format!("{:.1e}", p(999, 1000)), "1.0e0");
    assert_eq!(format!("{:.1e}", p(1, 3000)), "3.3e-4");
    assert_eq!(format!("{:.1e}", p(12345, 1)), "1.2e4");
    assert_eq!(format!("{:.1e}", p(0, 7)), "0.0e0");
}

#[test]
fn refuses_arguments_out_of_range() {
    let refused = |pool, permille, seats, filter| {
        security_estimate(pool, permille, seats, filter).unwrap_err()
    };
    assert_eq!(refused(MAX_POOL + 1, 0, 1, 0), Error::BadParameter { name: "pool" });
    assert_eq!(refused(10, 1001, 1, 0), Error::BadParameter { name: "adversary" });
    assert_eq!(refused(10, 0, 1, 1001), Error::BadParameter { name: "filter" });
    assert_eq!(refused(10, 0, 0, 0), Error::BadParameter { name: "committee" });
    assert_eq!(refused(10, 0, 6, 500), Error::BadParameter { name: "committee" });
}
