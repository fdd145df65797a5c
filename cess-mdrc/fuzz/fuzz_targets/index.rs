//! The registry's file: bytes of the fuzzer's choice in its tables, or in the file itself, are
//! refused or read, and never make it panic. And the index: any changes, compared with a scan.
#![no_main]

use std::collections::BTreeMap;

use cess_mdrc::index::{Index, Neighbour};
use cess_mdrc::registry::Registry;
use cess_mdrc::{Evidence, Level, Simhash, data};
use libfuzzer_sys::fuzz_target;
use redb::{Database, TableDefinition};

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const REGISTRATIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("registrations");
const SKETCHES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("sketches");
const EDGES: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("edges");

fn content(seed: u8) -> Vec<u8> {
    (0..3000u64)
        .flat_map(|i| (i * i + u64::from(seed)).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())
        .collect()
}

/// Whatever is in the file, using it ends in results or errors.
fn exercise(path: &std::path::Path) {
    let Ok(registry) = Registry::open(path) else { return };
    let _ = registry.find(&data::fingerprint(&content(1)), Level::Likely);
    let lineage = registry.lineage();
    for number in 0..4 {
        let _ = registry.get(number);
        if let Ok(evidence) = registry.evidence(number) {
            assert!(Evidence::verify(&evidence.to_bytes()).is_ok());
        }
        assert!(lineage.first(number) <= number);
    }
    let _ = registry.register(&data::fingerprint(&content(2)), [1; 32], 5);
    let _ = registry.remove(1);
}

fn tables(path: &std::path::Path, bytes: &[u8]) {
    let good = data::fingerprint(&content(1));
    {
        let registry = Registry::open(path).unwrap();
        registry.register(&good, [3; 32], 1).unwrap();
        registry.register(&data::fingerprint(&content(1)[8..]), [4; 32], 2).unwrap();
    }
    {
        let database = Database::create(path).unwrap();
        let mut transaction = database.begin_write().unwrap();
        transaction.set_durability(redb::Durability::Immediate).unwrap();
        {
            let mut meta = transaction.open_table(META).unwrap();
            let mut registrations = transaction.open_table(REGISTRATIONS).unwrap();
            let mut sketches = transaction.open_table(SKETCHES).unwrap();
            let mut edges = transaction.open_table(EDGES).unwrap();
            let registration = registrations.remove(1).unwrap().unwrap().value().to_vec();
            let edge = edges.remove((1, 0)).unwrap().map(|edge| edge.value().to_vec());
            let mut values = [registration, good.sketch().to_bytes(), edge.unwrap_or_default()];
            for edit in bytes.chunks_exact(4) {
                let value = &mut values[usize::from(edit[0] % 3)];
                let len = value.len().max(1);
                let at = usize::from(u16::from_le_bytes([edit[1], edit[2]])) % len;
                match value.get_mut(at) {
                    Some(byte) if edit[0] < 200 => *byte ^= edit[3],
                    _ => value.truncate(at),
                }
            }
            let number = u64::from(bytes[0] % 3);
            registrations.insert(number, &values[0][..]).unwrap();
            sketches.insert(number, &values[1][..]).unwrap();
            edges.insert((number, u64::from(bytes[0] / 3 % 3)), &values[2][..]).unwrap();
            if bytes[0] == 0xff {
                meta.insert("version", 2).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
    exercise(path);
}

fn file(path: &std::path::Path, bytes: &[u8]) {
    {
        let registry = Registry::open(path).unwrap();
        registry.register(&data::fingerprint(&content(1)), [3; 32], 1).unwrap();
    }
    let mut whole = std::fs::read(path).unwrap();
    for edit in bytes.chunks_exact(4) {
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize % whole.len();
        whole[at] ^= edit[3];
    }
    std::fs::write(path, &whole).unwrap();
    exercise(path);
}

fn changes(bytes: &[u8]) {
    let mut index = Index::new();
    let mut model: BTreeMap<u64, Simhash> = BTreeMap::new();
    let hash = |seed: u8, flip: u8| {
        let mut bytes = [seed; 32];
        bytes[usize::from(flip % 32)] ^= flip;
        Simhash::from_bytes(bytes)
    };
    for change in bytes.chunks_exact(3) {
        let key = u64::from(change[0] % 64);
        if change[0] < 160 {
            let hash = hash(change[1] % 8, change[2]);
            assert_eq!(index.insert(key, hash).is_ok(), !model.contains_key(&key));
            model.entry(key).or_insert(hash);
        } else {
            assert_eq!(index.remove(key).is_ok(), model.remove(&key).is_some());
        }
        let (query, radius) = (hash(change[1] % 8, change[0]), u32::from(change[2]));
        let mut expected: Vec<Neighbour> = model
            .iter()
            .map(|(key, hash)| Neighbour { distance: hash.distance(&query), key: *key })
            .collect();
        expected.sort();
        assert_eq!(index.nearest(&query, 5), expected[..expected.len().min(5)]);
        expected.retain(|found| found.distance <= radius);
        assert_eq!(index.within(&query, radius), expected);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((mode, rest)) = bytes.split_first() else { return };
    if rest.is_empty() || mode % 8 > 1 {
        return changes(rest);
    }
    let name = format!("cess-mdrc-fuzz-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&path);
    if mode % 8 == 0 {
        tables(&path, rest)
    } else {
        file(&path, rest)
    }
    let _ = std::fs::remove_file(&path);
});
