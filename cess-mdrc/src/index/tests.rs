use proptest::prelude::*;

use super::*;
use crate::simhash::expand;

fn hash(seed: u64) -> Simhash {
    let mut bytes = [0; 32];
    for (at, chunk) in (0..).zip(bytes.as_chunks_mut::<8>().0) {
        *chunk = expand(seed, at).to_le_bytes();
    }
    Simhash::from_bytes(bytes)
}

/// `hash` with some of its bits turned.
fn near(hash: Simhash, seed: u64, bits: u64) -> Simhash {
    let mut bytes = hash.to_bytes();
    for i in 0..bits {
        let bit = (expand(seed, i) % 256) as usize;
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    Simhash::from_bytes(bytes)
}

fn linear(model: &BTreeMap<u64, Simhash>, query: &Simhash, radius: u32) -> Vec<Neighbour> {
    let mut found: Vec<Neighbour> = model
        .iter()
        .map(|(key, hash)| Neighbour { distance: hash.distance(query), key: *key })
        .filter(|neighbour| neighbour.distance <= radius)
        .collect();
    found.sort();
    found
}

/// Many hashes in clusters, so that every radius has something to find.
fn filled(count: u64) -> (Index, BTreeMap<u64, Simhash>) {
    let mut index = Index::new();
    let mut model = BTreeMap::new();
    for key in 0..count {
        let hash = near(hash(key % 500), key, key % 120);
        index.insert(key, hash).unwrap();
        model.insert(key, hash);
    }
    (index, model)
}

fn compare(index: &Index, model: &BTreeMap<u64, Simhash>, query: &Simhash) {
    for radius in [0, 1, 14, 15, 16, 31, 32, 40, 47, 48, 63, 90, 130, 256] {
        assert_eq!(index.within(query, radius), linear(model, query, radius), "radius {radius}");
        if let Some(tables) = &index.tables {
            // The tables are exact at each radius, whether they pay or not.
            if radius < 64 {
                let mut found = Vec::new();
                tables.candidates(&query.words(), radius, |row| {
                    let hash = &index.hashes[row as usize];
                    let distance = kernel::distance(hash, &query.words());
                    if distance <= radius {
                        found.push(Neighbour { distance, key: index.keys[row as usize] });
                    }
                });
                found.sort();
                found.dedup();
                assert_eq!(found, linear(model, query, radius), "tables at {radius}");
            }
        }
    }
    let all = linear(model, query, 256);
    for count in [0, 1, 3, 100, all.len(), all.len() + 1] {
        assert_eq!(index.nearest(query, count), all[..count.min(all.len())], "{count} nearest");
    }
}

#[test]
fn finds_what_a_linear_scan_finds_with_tables_and_without() {
    for count in [0, 1, 63, 1000, 40_000] {
        let (index, model) = filled(count);
        assert_eq!((index.len(), index.is_empty()), (model.len(), model.is_empty()));
        for seed in 0..3 {
            compare(&index, &model, &near(hash(seed), 99, seed * 20));
        }
        compare(&index, &model, &hash(1_000_000));
    }
}

#[test]
fn what_was_removed_is_not_found_and_the_rest_is() {
    let (mut index, mut model) = filled(40_000);
    for key in (0..40_000).filter(|key| key % 3 != 0) {
        index.remove(key).unwrap();
        model.remove(&key);
    }
    for key in 50_000..50_100 {
        index.insert(key, hash(key % 500)).unwrap();
        model.insert(key, hash(key % 500));
    }
    compare(&index, &model, &near(hash(1), 5, 12));
    assert_eq!(index.remove(1), Err(Error::UnknownKey { key: 1 }));
    assert_eq!(index.get(1), None);
    assert_eq!(index.get(50_007), Some(hash(50_007 % 500)));
}

#[test]
fn refuses_a_key_twice_and_changes_nothing() {
    let mut index = Index::new();
    index.insert(1, hash(1)).unwrap();
    assert_eq!(index.insert(1, hash(2)), Err(Error::DuplicateKey { key: 1 }));
    assert_eq!(index.get(1), Some(hash(1)));
    assert_eq!(index.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Inserts, removals and searches in any order; tables from the first on.
    #[test]
    fn equals_a_linear_scan_after_any_changes(
        changes in prop::collection::vec((0u64..60, 0u64..40, any::<bool>()), 1..200),
        tables in any::<bool>(),
        query in 0u64..40,
    ) {
        let mut index = Index::new();
        if tables {
            index.tables = Some(Tables::new(&[]));
        }
        let mut model = BTreeMap::new();
        for (key, seed, insert) in changes {
            if insert {
                let hash = near(hash(seed % 4), seed, seed);
                prop_assert_eq!(index.insert(key, hash).is_ok(), !model.contains_key(&key));
                model.entry(key).or_insert(hash);
            } else {
                prop_assert_eq!(index.remove(key).is_ok(), model.remove(&key).is_some());
            }
        }
        compare(&index, &model, &near(hash(query % 4), query, query));
    }
}
