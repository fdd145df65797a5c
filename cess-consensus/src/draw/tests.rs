use alloc::collections::BTreeMap;
use alloc::vec;

use num_bigint::BigUint;

use super::*;
use crate::domain::{GENESIS_LOT, Transcript};

fn entry(at: usize, round: u64, stake: u128, credit: u16) -> Entry {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&(at as u64).to_be_bytes());
    // Any pseudorandom function stands in for the VRF's output.
    let ticket = Transcript::new(GENESIS_LOT).u64(round).count(at).digest();
    Entry { id: CandidateId(id), ticket, stake, credit }
}

fn entries(count: usize, round: u64, stake: impl Fn(usize) -> u128) -> Vec<Entry> {
    (0..count).map(|at| entry(at, round, stake(at), 700)).collect()
}

fn place(id: &CandidateId) -> usize {
    usize::try_from(u64::from_be_bytes(id.0[..8].try_into().unwrap())).unwrap()
}

/// −log₂(value / 2^64) with 200 fractional bits, by a mantissa of 512 bits.
fn reference_log(draw: u64) -> BigUint {
    const WIDTH: u64 = 512;
    const BITS: u64 = 200;
    let value = BigUint::from(draw) + 1_u8;
    let whole = value.bits() - 1;
    let mut mantissa = (value << WIDTH) >> whole;
    let mut fraction = BigUint::ZERO;
    for _ in 0..BITS {
        mantissa = (&mantissa * &mantissa) >> WIDTH;
        fraction <<= 1;
        if mantissa.bits() > WIDTH + 1 {
            mantissa >>= 1;
            fraction += 1_u8;
        }
    }
    (BigUint::from(64 - whole) << BITS) - fraction
}

/// Who is beaten by fewer than `seats` others, each compared with each.
fn brute_force(policy: Policy, seats: usize, entries: &[Entry]) -> Vec<CandidateId> {
    let most = entries.iter().map(|e| e.stake).max().unwrap_or(0);
    let logs: Vec<BigUint> = entries
        .iter()
        .map(|e| reference_log(u64::from_be_bytes(e.ticket[..8].try_into().unwrap())))
        .collect();
    let points = |e: &Entry| -> BigUint {
        let part = |value: BigUint, full: u128| (value << 32) / full.max(1);
        part(e.credit.into(), 1000) * 50_u8
            + part(e.stake.into(), most) * 30_u8
            + BigUint::from(u32::from_be_bytes(e.ticket[..4].try_into().unwrap())) * 20_u8
    };
    let beats = |a: usize, b: usize| {
        let (x, y) = (&entries[a], &entries[b]);
        let order = match policy {
            Policy::Uniform => x.ticket.cmp(&y.ticket),
            Policy::Weighted => (&logs[a] * y.stake.max(1)).cmp(&(&logs[b] * x.stake.max(1))),
            Policy::Ranking => points(y).cmp(&points(x)),
        };
        order.then(x.id.cmp(&y.id)) == Ordering::Less
    };
    let all = 0..entries.len();
    let mut drawn: Vec<CandidateId> = all
        .clone()
        .filter(|b| all.clone().filter(|a| beats(*a, *b)).count() < seats)
        .map(|at| entries[at].id)
        .collect();
    drawn.sort();
    drawn
}

const POLICIES: [Policy; 3] = [Policy::Uniform, Policy::Weighted, Policy::Ranking];

#[test]
fn the_draw_equals_a_brute_force_reference() {
    for policy in POLICIES {
        for round in 0..40 {
            for count in [0, 1, 10, 11, 12, 60] {
                let mut pool = entries(count, round, |at| 1 + (at as u128) * 17 % 50);
                pool.iter_mut().for_each(|e| e.credit = u16::from(e.ticket[20]) * 3);
                let drawn = select(policy, 11, &pool);
                assert_eq!(drawn, brute_force(policy, 11, &pool), "{policy:?} {round} {count}");
                assert_eq!(drawn.len(), count.min(11));
                pool.reverse();
                assert_eq!(drawn, select(policy, 11, &pool), "the order makes no difference");
            }
        }
    }
}

#[test]
fn equal_tickets_go_to_the_lower_id() {
    for policy in POLICIES {
        let mut pool = entries(9, 0, |_| 5);
        pool.iter_mut().for_each(|e| e.ticket = [7; 32]);
        let drawn = select(policy, 4, &pool);
        assert_eq!(drawn, pool[..4].iter().map(|e| e.id).collect::<Vec<_>>(), "{policy:?}");
    }
}

#[test]
fn the_logarithm_is_within_its_bound_of_the_reference() {
    let edges = [0, 1, 2, 3, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1, (1 << 63) - 2];
    let random = (0..500).map(|at| {
        let e = entry(at, 7, 1, 0);
        u64::from_be_bytes(e.ticket[..8].try_into().unwrap()) >> (at % 64)
    });
    for draw in edges.into_iter().chain(random) {
        let ours = BigUint::from(neg_log2(draw)) << (200 - FRACTION);
        let exact = reference_log(draw);
        let off = if ours > exact { &ours - &exact } else { &exact - &ours };
        assert!(off < BigUint::from(1_u8) << (200 - 55), "{draw}");
    }
    assert_eq!(neg_log2(u64::MAX), 0);
    assert_eq!(neg_log2(0), 64 << FRACTION);
    assert_eq!(neg_log2((1 << 63) - 1), 1 << FRACTION);
}

#[test]
fn the_logarithm_never_rises_with_the_draw() {
    for near in [1_u64, 1 << 20, 1 << 40, 1 << 62, u64::MAX - 3000] {
        for draw in near..near + 2000 {
            assert!(neg_log2(draw) >= neg_log2(draw + 1), "{draw}");
        }
    }
}

#[test]
fn stakes_beyond_64_bits_keep_their_proportions() {
    let small = entries(30, 3, |at| 1 + at as u128);
    for shift in [10, 60, 100] {
        let large = entries(30, 3, |at| (1 + at as u128) << shift);
        assert_eq!(select(Policy::Weighted, 11, &small), select(Policy::Weighted, 11, &large));
    }
    let lone = [entry(0, 0, u128::MAX, 1000), entry(1, 0, 0, 0)];
    for policy in POLICIES {
        assert_eq!(select(policy, 2, &lone).len(), 2);
    }
}

const ROUNDS: u64 = 100_000;

/// The value that chi-square with `freedom` degrees passes with a chance of 3·10^−5 (four standard
/// deviations of Wilson and Hilferty's approximation).
fn bound(freedom: f64) -> f64 {
    let part = 2.0 / (9.0 * freedom);
    freedom * (1.0 - part + 4.0 * part.sqrt()).powi(3)
}

#[expect(clippy::cast_precision_loss, reason = "counts up to a million")]
fn chi_square(counts: &[u64], expected: &[f64]) -> f64 {
    counts.iter().zip(expected).map(|(o, e)| (*o as f64 - e).powi(2) / e).sum()
}

/// How often each set of three of six comes, and what the law of successive draws expects: the sum
/// over the six orders of w_a/W · w_b/(W − w_a) · w_c/(W − w_a − w_b).
fn sets_of_three(policy: Policy, weights: [u128; 6], law: [u128; 6]) -> (f64, f64) {
    let mut counts: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
    for round in 0..ROUNDS {
        let drawn = select(policy, 3, &entries(6, round, |at| weights[at]));
        *counts.entry(drawn.iter().map(place).collect()).or_default() += 1;
    }
    let w = law.map(|w| f64::from(u32::try_from(w).unwrap()));
    let total: f64 = w.iter().sum();
    let (mut seen, mut expected) = (vec![], vec![]);
    for a in 0..6 {
        for b in a + 1..6 {
            for c in b + 1..6 {
                let orders = [(a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)];
                let p: f64 = orders
                    .iter()
                    .map(|&(x, y, z)| {
                        w[x] / total * w[y] / (total - w[x]) * w[z] / (total - w[x] - w[y])
                    })
                    .sum();
                seen.push(counts.get(&vec![a, b, c]).copied().unwrap_or(0));
                expected.push(p * 1e5);
            }
        }
    }
    assert_eq!(seen.iter().sum::<u64>(), ROUNDS);
    (chi_square(&seen, &expected), bound(19.0))
}

#[test]
fn the_uniform_draw_takes_every_set_equally_often() {
    let (seen, bound) = sets_of_three(Policy::Uniform, [1, 2, 3, 4, 5, 6], [1; 6]);
    assert!(seen < bound, "{seen} of {bound}");
}

#[test]
fn the_weighted_draw_takes_sets_by_their_weights() {
    let weights = [1, 2, 3, 4, 5, 6];
    let (seen, bound) = sets_of_three(Policy::Weighted, weights, weights);
    assert!(seen < bound, "{seen} of {bound}");
}

#[test]
fn chi_square_tells_a_draw_by_other_weights() {
    let weights = [1, 2, 3, 4, 5, 6];
    for (policy, law) in [
        (Policy::Uniform, weights),
        (Policy::Weighted, [1; 6]),
        (Policy::Weighted, [11, 20, 30, 40, 50, 60]),
        (Policy::Ranking, [1; 6]),
    ] {
        let (seen, bound) = sets_of_three(policy, weights, law);
        assert!(seen > bound, "{policy:?} passes for {law:?}: {seen} of {bound}");
    }
}

#[test]
fn one_seat_goes_to_each_of_fifty_by_its_weight() {
    let weight = |at: usize| 1 + (at as u128).pow(2);
    let mut counts = vec![0; 50];
    for round in 0..ROUNDS {
        let drawn = select(Policy::Weighted, 1, &entries(50, round, weight));
        counts[place(&drawn[0])] += 1;
    }
    let total: u128 = (0..50).map(weight).sum();
    let share = |at| {
        f64::from(u32::try_from(weight(at)).unwrap()) / f64::from(u32::try_from(total).unwrap())
    };
    let expected: Vec<f64> = (0..50).map(|at| share(at) * 1e5).collect();
    // Cells below five expected counts are taken together.
    let few = expected.partition_point(|e| *e < 5.0);
    let merge = |values: &[f64]| values[..few].iter().sum::<f64>();
    let head: u64 = counts[..few].iter().sum();
    let mut seen = vec![head];
    seen.extend(&counts[few..]);
    let mut law = vec![merge(&expected)];
    law.extend(&expected[few..]);
    #[expect(clippy::cast_precision_loss, reason = "at most 50")]
    let bound = bound((seen.len() - 1) as f64);
    assert!(chi_square(&seen, &law) < bound);
}

#[test]
fn eleven_of_a_hundred_are_drawn_equally_often() {
    let mut counts = vec![0_u64; 100];
    for round in 0..ROUNDS {
        for id in select(Policy::Uniform, 11, &entries(100, round, |_| 1)) {
            counts[place(&id)] += 1;
        }
    }
    // Counts of draws without replacement: sum (O − rp)² / (r p (1 − p)) · (N − 1) / N is chi-square
    // with N − 1 degrees.
    let seen = chi_square(&counts, &[11_000.0; 100]) / (1.0 - 0.11) * 0.99;
    assert!(seen < bound(99.0), "{seen}");
}
