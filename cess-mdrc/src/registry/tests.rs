use std::fs;

use super::*;
use crate::simhash::expand;
use crate::{Relation, StoreFault, data};

fn noise(seed: u64, len: u64) -> Vec<u8> {
    (0..len).flat_map(|i| expand(seed, i).to_le_bytes()).collect()
}

fn edited(seed: u64, times: usize) -> Vec<u8> {
    let mut bytes = noise(seed, 4000);
    for time in 0..times {
        bytes.splice(3000 * time..3000 * time + 40, *b"edited");
    }
    bytes
}

fn fill(registry: &Registry) {
    for (time, content) in
        [noise(1, 4000), noise(2, 4000), edited(1, 1), edited(1, 2), vec![7; 100], vec![7; 100]]
            .iter()
            .enumerate()
    {
        let owner = [u8::try_from(time).unwrap(); 32];
        let number = registry.register(&data::fingerprint(content), owner, time as u64).unwrap();
        assert_eq!(number, time as u64);
    }
}

fn numbers(kin: &[Kin]) -> Vec<u64> {
    let mut numbers: Vec<u64> = kin.iter().map(|kin| kin.number).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn finds_kin_and_the_first_registrant() {
    let registry = Registry::in_memory().unwrap();
    assert!(registry.is_empty());
    fill(&registry);
    assert_eq!(registry.len(), 6);
    let found = registry.find(&data::fingerprint(&edited(1, 3)), Level::Registry).unwrap();
    assert_eq!(numbers(&found), [0, 2, 3]);
    let lineage = registry.lineage();
    assert_eq!([0, 1, 2, 3].map(|n| lineage.first(n)), [0, 1, 0, 0]);
    let finding = Evidence::verify(&registry.evidence(3).unwrap().to_bytes()).unwrap();
    assert_eq!(finding.first().owner, [0; 32]);
    assert!(matches!(registry.evidence(1), Err(Error::EvidenceSteps { got: 1, .. })));
}

#[test]
fn of_two_at_one_time_the_smaller_number_is_first() {
    let registry = Registry::in_memory().unwrap();
    for owner in [8, 7] {
        registry.register(&data::fingerprint(&noise(1, 4000)), [owner; 32], 5).unwrap();
    }
    assert_eq!([0, 1].map(|number| registry.lineage().first(number)), [0, 0]);
    let finding = Evidence::verify(&registry.evidence(1).unwrap().to_bytes()).unwrap();
    assert_eq!(finding.first().owner, [8; 32]);
    assert_eq!(finding.edges()[0].relation, Relation::Identical);
}

#[test]
fn a_certificate_that_names_others_bytes_is_no_kin_of_theirs() {
    let registry = Registry::in_memory().unwrap();
    fill(&registry);
    let mut certificate = data::fingerprint(&noise(9, 4000)).certificate().clone();
    let sketch = data::fingerprint(&noise(9, 4000)).sketch().clone();
    certificate.instance = *data::fingerprint(&noise(1, 4000)).certificate().instance();
    let liar = Fingerprint::new(certificate, sketch).unwrap();
    let number = registry.register(&liar, [6; 32], 7).unwrap();
    assert_eq!(registry.lineage().first(number), number);
    let found = registry.find(&data::fingerprint(&noise(1, 4000)), Level::Likely).unwrap();
    assert_eq!(numbers(&found), [0, 2, 3]);
}

#[test]
fn what_is_removed_is_not_found_and_a_copy_of_many_keeps_edges_to_a_few() {
    let registry = Registry::in_memory().unwrap();
    fill(&registry);
    registry.remove(2).unwrap();
    let found = registry.find(&data::fingerprint(&edited(1, 3)), Level::Registry).unwrap();
    assert_eq!(numbers(&found), [0, 3]);
    let copy = data::fingerprint(&noise(30, 4000));
    let last = (0..18).map(|time| registry.register(&copy, [1; 32], time).unwrap()).last();
    assert_eq!(registry.lineage().parents(last.unwrap()).count(), Registry::MAX_EDGES);
}

#[test]
fn content_that_abstains_is_found_by_its_bytes_alone() {
    let registry = Registry::in_memory().unwrap();
    fill(&registry);
    let blank = data::fingerprint(&[7; 100]);
    assert_eq!(numbers(&registry.find(&blank, Level::Registry).unwrap()), [4, 5]);
    assert_eq!(registry.find(&data::fingerprint(&[7; 101]), Level::Likely), Ok(Vec::new()));
    let edges: Vec<Edge> = registry.lineage().parents(5).copied().collect();
    assert!(matches!(edges[..], [Edge { earlier: 4, relation: Relation::Identical, .. }]));
}

#[test]
fn what_was_written_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry");
    let before = {
        let registry = Registry::open(&path).unwrap();
        fill(&registry);
        registry.remove(2).unwrap();
        registry.remove(5).unwrap();
        assert_eq!(registry.remove(5), Err(Error::UnknownKey { key: 5 }));
        let locked = Err(Error::Store { fault: StoreFault::Locked });
        assert_eq!(Registry::open(&path).map(|_| ()), locked);
        registry.lineage()
    };
    let registry = Registry::open(&path).unwrap();
    assert_eq!(registry.len(), 4);
    assert_eq!(registry.lineage(), before);
    assert_eq!(registry.get(2).map(|_| ()), Err(Error::UnknownKey { key: 2 }));
    let found = registry.find(&data::fingerprint(&edited(1, 3)), Level::Registry).unwrap();
    assert_eq!(numbers(&found), [0, 3]);
    let number = registry.register(&data::fingerprint(&noise(9, 4000)), [0; 32], 9).unwrap();
    assert_eq!(number, 6, "numbers aren't given twice");
}

#[test]
fn threads_search_while_another_registers() {
    let registry = Registry::in_memory().unwrap();
    fill(&registry);
    let query = data::fingerprint(&edited(1, 3));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let found = registry.find(&query, Level::Registry).unwrap();
                    assert_eq!(numbers(&found)[..3], [0, 2, 3]);
                }
            });
        }
        scope.spawn(|| {
            for seed in 20..40 {
                let fingerprint = data::fingerprint(&noise(seed, 3000));
                registry.register(&fingerprint, [0; 32], seed).unwrap();
            }
        });
    });
    assert_eq!(registry.len(), 26);
}

#[test]
fn a_file_that_is_something_else_or_damaged_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry");
    fs::write(&path, noise(3, 1000)).unwrap();
    assert!(matches!(Registry::open(&path), Err(Error::Store { .. })));
}
