//! Bytes as a proof of a `Tree`: raw, or as edits of a good one. No edit proves a leaf that isn't
//! there.
#![no_main]

use cess_merkle::{Proof, Tree};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8], tree: &Tree, leaves: &[[u8; 1]], asked: &[u32]) {
    let Ok(proof) = Proof::from_bytes(bytes) else { return };
    assert_eq!(proof.to_bytes(), bytes, "two encodings of one proof");
    let told: Vec<(u32, [u8; 1])> =
        asked.iter().map(|&i| (i, leaves.get(i as usize).copied().unwrap_or([255]))).collect();
    let root = tree.root();
    if proof.verify_many(&root, &told).is_ok() {
        assert!(asked.iter().all(|&i| (i as usize) < leaves.len()), "a leaf that isn't there");
        assert_eq!(Ok(&proof), tree.prove_many(asked).as_ref(), "a second proof of the same");
    }
    for (index, leaf) in &told {
        let lie = [leaf[0].wrapping_add(1)];
        assert!(proof.verify(&root, *index, lie).is_err(), "another leaf");
    }
    let _ = proof.verify_range(&root, asked[0], leaves);
}

fuzz_target!(|data: &[u8]| {
    let &[count, first, second, ref edits @ ..] = data else { return };
    let leaves: Vec<[u8; 1]> = (0..=count % 40).map(|leaf| [leaf]).collect();
    let Ok(tree) = Tree::new(&leaves) else { return };
    let mut asked = vec![u32::from(first % 48), u32::from(second % 48)];
    asked.sort_unstable();
    asked.dedup();
    check(edits, &tree, &leaves, &asked);
    let Ok(proof) = tree.prove_many(&asked) else { return };
    let mut bytes = proof.to_bytes();
    check(&bytes, &tree, &leaves, &asked);
    for edit in edits.chunks_exact(3) {
        match usize::from(u16::from_le_bytes([edit[0], edit[1]])) {
            at if at < bytes.len() => bytes[at] ^= edit[2],
            at if at % 2 == 0 => bytes.push(edit[2]),
            _ => drop(bytes.pop()),
        }
    }
    check(&bytes, &tree, &leaves, &asked);
});
