use std::collections::BTreeMap;
use std::num::NonZeroU32;

use cess_podr2::{
    Challenge, Error, Fragment, Holding, MAX_SAMPLES, Policy, PublicKey, SecretKey, Sectors,
};
use proptest::prelude::*;

use crate::world::{BLOCK, audit, sectors};

fn key() -> PublicKey {
    SecretKey::from_seed(&[7; 32], sectors()).public()
}

/// A holding of fragments with these numbers of blocks; there is no data behind it.
fn holding(blocks: &[u64]) -> Holding {
    let key = key();
    let entry = |(at, blocks): (u32, &u64)| {
        Fragment::new(&key, [9; 32], blocks * BLOCK as u64, at).unwrap().entry()
    };
    Holding::from_entries((0..).zip(blocks).map(entry)).unwrap()
}

fn window(windows: u32, samples: u32) -> Policy {
    Policy::Window {
        windows: NonZeroU32::new(windows).unwrap(),
        samples: NonZeroU32::new(samples).unwrap(),
    }
}

/// Samples of each fragment, checked to be in order and in range.
fn drawn(holding: &Holding, policy: Policy, seed: u64) -> BTreeMap<[u8; 32], Vec<u64>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let challenge = Challenge::new(audit(), holding, policy, bytes).unwrap();
    let samples = challenge.samples(holding).unwrap();
    let (announced, of_keys) = (samples.remaining(), samples.keys().map(|(_, n)| n).sum::<u64>());
    let mut out: BTreeMap<[u8; 32], Vec<u64>> = BTreeMap::new();
    let mut before = None;
    for sample in samples {
        assert!(sample.block < sample.entry.blocks());
        let place = (sample.entry.key_id(), sample.entry.name(), sample.block);
        assert!(before < Some(place));
        before = Some(place);
        out.entry(sample.entry.name().to_bytes()).or_default().push(sample.block);
    }
    let total: u64 = out.values().map(|blocks| blocks.len() as u64).sum();
    assert_eq!((total, total), (announced, of_keys));
    out
}

#[test]
fn every_asks_for_every_block() {
    let holding = holding(&[1, 5, 34]);
    let drawn = drawn(&holding, Policy::Every, 0);
    for entry in holding.iter() {
        let expected: Vec<u64> = (0..entry.blocks()).collect();
        assert_eq!(drawn[&entry.name().to_bytes()], expected);
    }
}

#[test]
fn windows_ask_as_the_policy_says() {
    // (fragments, windows, samples) -> fragments drawn, blocks of each.
    for (held, windows, samples, fragments, each) in [
        (1, 24, 459, 1, 34),
        (24, 24, 10, 1, 10),
        (25, 24, 10, 2, 10),
        (100, 24, 459, 5, 34),
        (100, 24, 10, 5, 3),
        (100, 24, 4, 5, 1),
        (100, 1, 459, 100, 5),
        (100, 1000, 1, 1, 10),
    ] {
        let holding = holding(&vec![34; held]);
        let drawn = drawn(&holding, window(windows, samples), 5);
        assert_eq!(drawn.len(), fragments);
        for blocks in drawn.values() {
            assert_eq!(blocks.len(), each);
        }
    }
}

#[test]
fn short_fragments_are_asked_for_all_they_have() {
    let holding = holding(&[1, 2, 3, 200]);
    let drawn = drawn(&holding, window(1, 40), 5);
    let mut counts: Vec<usize> = drawn.values().map(Vec::len).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 3, 10]);
}

#[test]
fn draws_are_even() {
    let holding = holding(&[8; 12]);
    let (mut fragments, mut blocks) = (BTreeMap::new(), [0_u32; 8]);
    for seed in 0..3000 {
        for (name, indexes) in drawn(&holding, window(4, 6), seed) {
            *fragments.entry(name).or_insert(0_u32) += 1;
            for index in indexes {
                blocks[usize::try_from(index).unwrap()] += 1;
            }
        }
    }
    // 3 of 12 fragments and 2 of 8 blocks of each: expected 750 and 2250, deviations 24 and 41.
    assert!(fragments.values().all(|count| (630..870).contains(count)), "{fragments:?}");
    assert!(blocks.iter().all(|count| (2045..2455).contains(count)), "{blocks:?}");
}

#[test]
fn seeds_give_other_draws_and_equal_seeds_the_same() {
    let holding = holding(&[100; 50]);
    let policy = window(10, 30);
    assert_eq!(drawn(&holding, policy, 1), drawn(&holding, policy, 1));
    assert_ne!(drawn(&holding, policy, 1), drawn(&holding, policy, 2));
}

#[test]
fn refuses_more_samples_than_fit_before_drawing_them() {
    let huge = holding(&[1 << 40]);
    let every = Challenge::new(audit(), &huge, Policy::Every, [0; 32]).unwrap();
    let error = Error::TooManySamples { max: MAX_SAMPLES, got: 1 << 40 };
    assert_eq!(every.samples(&huge).unwrap_err(), error);
    let window = window(u32::MAX, u32::MAX);
    let window = Challenge::new(audit(), &huge, window, [0; 32]).unwrap();
    assert_eq!(window.samples(&huge).unwrap_err(), error);
    let audit = Challenge::new(audit(), &huge, Policy::AUDIT, [0; 32]).unwrap();
    assert_eq!(audit.samples(&huge).unwrap().count(), 459 * 24);
}

#[test]
fn holdings_refuse_more_blocks_than_64_bits_count() {
    let key = key();
    let entry = |replica| Fragment::new(&key, [1; 32], u64::MAX, replica).unwrap().entry();
    let each = entry(0).blocks();
    let limit = u64::MAX / each;
    let mut holding = Holding::new();
    let many = u32::try_from(limit).unwrap();
    for replica in 0..many {
        holding.add(entry(replica)).unwrap();
    }
    let error = Error::TooManyBlocks { total: each * limit, added: each };
    assert_eq!(holding.add(entry(many)), Err(error.clone()));
    assert_eq!(holding.len(), usize::try_from(limit).unwrap());
    assert_eq!(Holding::from_entries((0..=many).map(entry)), Err(error));
}

#[test]
fn an_entry_with_another_count_is_another() {
    let mut holding = holding(&[8]);
    let right = *holding.iter().next().unwrap();
    let of = |sectors| {
        let sectors = Sectors::new(sectors).unwrap();
        Fragment::from_parts(key().key_id(), sectors, [5; 32], 100_000, 0).unwrap().entry()
    };
    let (counted, miscounted) = (of(64), of(512));
    holding.add(counted).unwrap();
    assert!(holding.contains(&right) && holding.contains(&counted));
    assert!(!holding.contains(&miscounted));
    let name = counted.name();
    assert_eq!(holding.remove(&miscounted), Err(Error::Missing { name }));
    assert_eq!(holding.add(miscounted), Err(Error::Duplicate { name }));
    assert_eq!(holding.remove(&counted), Ok(()));
}

#[test]
fn refuses_a_challenge_that_miscounts_its_holding() {
    let holding = holding(&[8, 3]);
    let bytes = Challenge::new(audit(), &holding, Policy::Every, [0; 32]).unwrap().to_bytes();
    assert!(Challenge::from_bytes(&bytes).unwrap().samples(&holding).is_ok());
    // Total and number of fragments.
    for at in [116, 124] {
        let mut bytes = bytes;
        bytes[at] -= 1;
        let challenge = Challenge::from_bytes(&bytes).unwrap();
        assert_eq!(challenge.samples(&holding).map(|_| ()), Err(Error::WrongHolding));
    }
}

#[test]
fn removing_needs_the_very_entry() {
    let mut held = holding(&[3, 4]);
    let absent = *holding(&[5]).iter().next().unwrap();
    let error = Error::Missing { name: absent.name() };
    assert_eq!(held.remove(&absent), Err(error));
    let first = *held.iter().next().unwrap();
    held.remove(&first).unwrap();
    assert_eq!((held.len(), held.contains(&first)), (1, false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn holdings_depend_on_their_entries_alone(blocks in proptest::collection::vec(1_u64..50, 1..20), gone in proptest::collection::vec(any::<bool>(), 20)) {
        let all = holding(&blocks);
        let mut edited = all.clone();
        let mut kept = Vec::new();
        for (entry, gone) in all.iter().zip(&gone) {
            if *gone {
                edited.remove(entry).unwrap();
            } else {
                kept.push(*entry);
            }
        }
        let built = Holding::from_entries(kept.iter().copied().rev()).unwrap();
        prop_assert_eq!(edited.root(), built.root());
        prop_assert_eq!(&edited, &built);
        prop_assert_eq!(built.total_blocks(), kept.iter().map(|e| e.blocks()).sum::<u64>());
        prop_assert_eq!(built.len(), kept.len());
        prop_assert_eq!(built.is_empty(), kept.is_empty());

        // Positions are dealt to the entries in order.
        let mut position = 0;
        for entry in built.iter() {
            for block in 0..entry.blocks() {
                prop_assert_eq!(built.locate(position), Some((entry, block)));
                position += 1;
            }
        }
        prop_assert_eq!(built.locate(position), None);
    }
}
