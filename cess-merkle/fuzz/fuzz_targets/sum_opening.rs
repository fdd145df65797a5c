//! Bytes as an opening of a `SumTree`: raw, or as edits of a good one. An opening that verifies is
//! the one that the tree makes.
#![no_main]

use cess_merkle::{Opening, SumTree};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8], tree: &SumTree, position: u64) {
    let Ok(opening) = Opening::from_bytes(bytes) else { return };
    assert_eq!(opening.to_bytes(), bytes, "two encodings of one opening");
    if let Ok(entry) = opening.verify(&tree.root(), position) {
        assert_eq!(Ok(&opening), tree.open(position).as_ref(), "a second opening of the same");
        assert!((entry.start..entry.start + entry.count).contains(&position));
        assert!(opening.verify_name(&tree.root(), &entry.name).is_ok());
    }
}

fuzz_target!(|data: &[u8]| {
    let &[entries, at, ref edits @ ..] = data else { return };
    let mut tree = SumTree::new();
    for number in 0..=entries % 24 {
        let name = blake3::hash(&[number]).into();
        tree.insert(name, u64::from(number) + 1).expect("a new name");
    }
    let position = u64::from(at);
    check(edits, &tree, position);
    let Ok(opening) = tree.open(position) else { return };
    let mut bytes = opening.to_bytes();
    check(&bytes, &tree, position);
    for edit in edits.chunks_exact(3) {
        match usize::from(u16::from_le_bytes([edit[0], edit[1]])) {
            at if at < bytes.len() => bytes[at] ^= edit[2],
            at if at % 2 == 0 => bytes.push(edit[2]),
            _ => drop(bytes.pop()),
        }
    }
    check(&bytes, &tree, position);
});
