use std::{collections::BTreeMap, vec, vec::Vec};

use super::*;

const LEN: u64 = 1 << 10;

fn nodes(free: impl IntoIterator<Item = u64>) -> Vec<Candidate> {
    let id = |i: u64| AccountId(blake3::derive_key("placement tests node", &i.to_le_bytes()));
    (0..).zip(free).map(|(i, free)| Candidate { miner: id(i), free }).collect()
}

fn seed(number: u64) -> [u8; 32] {
    blake3::derive_key("placement tests seed", &number.to_le_bytes())
}

fn place(
    number: u64,
    profile: Profile,
    nodes: &[Candidate],
    segments: usize,
) -> Vec<Vec<AccountId>> {
    let mut placement = Placement::new(seed(number), profile, nodes);
    (0..segments).map(|_| placement.place(LEN).unwrap()).collect()
}

fn counts(placed: &[Vec<AccountId>]) -> BTreeMap<AccountId, u64> {
    let mut counts = BTreeMap::new();
    for miner in placed.iter().flatten() {
        *counts.entry(*miner).or_default() += 1;
    }
    counts
}

#[test]
fn neg_log2_is_the_logarithm() {
    let mut draws = vec![0, 1, 2, 3, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1];
    draws.extend((0..2000u64).map(|i| u64::from_le_bytes(seed(i)[..8].try_into().unwrap())));
    for draw in draws {
        let exact = 64.0 - (draw as f64 + 1.0).log2();
        let got = neg_log2(draw) as f64 / f64::from(1u32 << 31) / 2.0;
        assert!((got - exact).abs() < 1e-8, "{draw}: {got} {exact}");
    }
    assert_eq!((neg_log2(u64::MAX), neg_log2(0)), (0, 64 << 32));
}

#[test]
fn equal_nodes_get_equal_shares_within_chance() {
    let nodes = nodes([1 << 40; 40]);
    let segments = 1000;
    for number in 0..3 {
        let counts = counts(&place(number, Profile::CESS, &nodes, segments));
        let expected = (segments * 12) as f64 / 40.0;
        let chi: f64 = nodes
            .iter()
            .map(|n| (*counts.get(&n.miner).unwrap_or(&0) as f64 - expected).powi(2) / expected)
            .sum();
        // 39 degrees of freedom: above 83 with p < 5e-5; drawing without replacement lowers it.
        assert!(chi < 83.0, "{chi}");
        assert!(chi > 5.0, "more even than chance: {chi}");
    }
}

#[test]
fn shares_follow_the_free_space() {
    // 30 nodes of one unit, 30 of three: a segment of three draws nearly in proportion.
    let nodes = nodes((0..60).map(|i| if i < 30 { 1 << 40 } else { 3 << 40 }));
    let profile = Profile::new(1, cess_erasure::Geometry::rs8(2, 1).unwrap(), 1 << 16).unwrap();
    let counts = counts(&place(7, profile, &nodes, 6000));
    let share = |range: core::ops::Range<usize>| -> u64 {
        nodes[range].iter().map(|n| counts.get(&n.miner).unwrap_or(&0)).sum()
    };
    let ratio = share(30..60) as f64 / share(0..30) as f64;
    assert!((2.7..3.1).contains(&ratio), "{ratio}");
}

#[test]
fn a_swarm_of_tiny_nodes_weighs_no_more_than_its_space() {
    let nodes = nodes((0..220).map(|i| if i < 20 { 1 << 30 } else { 64 << 10 }));
    let profile = Profile::new(1, cess_erasure::Geometry::rs8(2, 1).unwrap(), 1 << 16).unwrap();
    let counts = counts(&place(3, profile, &nodes, 1000));
    let tiny: u64 = nodes[20..].iter().map(|n| counts.get(&n.miner).unwrap_or(&0)).sum();
    // 200 nodes with a 1600th of the space; the draw has 3000 lots.
    assert!(tiny < 12, "{tiny}");
}

#[test]
fn no_node_is_twice_in_a_segment_whatever_the_replica() {
    let nodes = nodes((0..17).map(|i| (i + 1) << 32));
    for segment in place(1, Profile::WHITE_PAPER, &nodes, 100) {
        let mut once = segment.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((once.len(), segment.len()), (15, 15));
    }
}

/// Share of the slots that another node takes, of those whose node stays.
fn moved(before: &[Vec<AccountId>], after: &[Vec<AccountId>], gone: AccountId) -> f64 {
    let slots = before.iter().flatten().zip(after.iter().flatten());
    let kept: Vec<bool> =
        slots.filter(|(a, b)| **a != gone && **b != gone).map(|(a, b)| a == b).collect();
    kept.iter().filter(|same| !**same).count() as f64 / kept.len() as f64
}

#[test]
fn a_node_that_leaves_or_joins_moves_little_else() {
    let all = nodes([1 << 40; 100]);
    let fewer = &all[1..];
    let segments = 400;
    let (with, without) =
        (place(5, Profile::CESS, &all, segments), place(5, Profile::CESS, fewer, segments));
    let gone = all[0].miner;
    let own = *counts(&with).get(&gone).unwrap() as f64 / (segments * 12) as f64;
    assert!((0.005..0.015).contains(&own), "{own}");
    // A segment that the node had a slot of hands it to one that may have stood later in the same
    // segment, which leaves that slot to the next: 12 % of the segments, and few slots of each.
    let others = moved(&with, &without, gone);
    assert!(others < 0.01, "{others}");
}

#[test]
fn the_same_inputs_give_the_same_placement_and_another_seed_another() {
    let nodes = nodes([1 << 40; 30]);
    let once = place(1, Profile::CESS, &nodes, 20);
    assert_eq!(once, place(1, Profile::CESS, &nodes, 20));
    assert_ne!(once, place(2, Profile::CESS, &nodes, 20));
}

#[test]
fn a_full_node_is_passed_over_and_too_few_are_refused() {
    // Room for two fragments each; the thirteenth has room for none.
    let nodes = nodes((0..13).map(|i| if i < 12 { 2 * LEN } else { LEN - 1 }));
    let mut placement = Placement::new(seed(1), Profile::CESS, &nodes);
    for _ in 0..2 {
        let placed = placement.place(LEN).unwrap();
        assert!(!placed.contains(&nodes[12].miner));
    }
    let refused = Error::NotEnoughNodes { needed: 12, available: 0 };
    assert_eq!(placement.place(LEN), Err(refused));
    let refused = Error::NotEnoughNodes { needed: 12, available: 1 };
    assert_eq!(placement.place(LEN - 1), Err(refused));
}

#[test]
fn an_exclusion_counts_from_its_segment_in_any_order_and_a_quarter_is_the_limit() {
    let nodes = nodes([1 << 40; 16]);
    let plain = place(4, Profile::CESS, &nodes, 6);
    let exclude = |i: usize, from_segment| Exclusion { miner: nodes[i].miner, from_segment };
    let run = |exclusions: &[Exclusion]| {
        let mut placement = Placement::new(seed(4), Profile::CESS, &nodes);
        exclusions.iter().for_each(|e| placement.exclude(*e).unwrap());
        (0..6).map(|_| placement.place(LEN).unwrap()).collect::<Vec<_>>()
    };
    let some = [exclude(2, 3), exclude(9, 4)];
    let forward = run(&some);
    assert_eq!(forward, run(&[some[1], some[0], some[1]]));
    assert_eq!(forward[..3], plain[..3]);
    assert!(forward[3..].iter().all(|segment| !segment.contains(&nodes[2].miner)));
    assert!(forward[4..].iter().all(|segment| !segment.contains(&nodes[9].miner)));

    // Left out while the file is on its way, or from the beginning of a replay: the same.
    let mut live = Placement::new(seed(4), Profile::CESS, &nodes);
    let mut placed = Vec::new();
    for segment in 0..6 {
        for exclusion in some.iter().filter(|e| e.from_segment == segment) {
            live.exclude(*exclusion).unwrap();
        }
        placed.push(live.place(LEN).unwrap());
    }
    assert_eq!(placed, forward);
    assert_eq!(run(&live.exclusions()), forward);

    let mut placement = Placement::new(seed(4), Profile::CESS, &nodes);
    (0..4).for_each(|i| placement.exclude(exclude(i, 0)).unwrap());
    placement.exclude(exclude(3, 7)).unwrap();
    let refused = Error::TooManyExclusions { max: 4, got: 5 };
    assert_eq!(placement.exclude(exclude(4, 0)), Err(refused));
    let outsider = Exclusion { miner: AccountId([0; 32]), from_segment: 0 };
    assert_eq!(placement.exclude(outsider), Err(Error::NoSuchMiner(outsider.miner)));
}

#[test]
fn rank_starts_with_the_node_that_takes_the_slot() {
    let nodes = nodes((0..20).map(|i| (i + 1) << 34));
    let first = place(6, Profile::CESS, &nodes, 1).remove(0);
    let ranked = rank(&seed(6), Slot { segment: 0, replica: 0, shard: 0 }, &nodes);
    assert_eq!((ranked.len(), ranked[0]), (20, first[0]));
}
