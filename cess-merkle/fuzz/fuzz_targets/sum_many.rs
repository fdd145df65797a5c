//! Bytes as a joint opening of a `SumTree`: raw, or as edits of a good one. Whatever verifies is what
//! the tree makes, for the claims that are true of the tree.
#![no_main]

use cess_merkle::{ManyOpening, Ranked, SumTree};
use libfuzzer_sys::fuzz_target;

fn check(bytes: &[u8], tree: &SumTree, claims: &[Ranked], len: usize) {
    let Ok(opening) = ManyOpening::from_bytes(bytes) else { return };
    assert_eq!(opening.to_bytes(), bytes, "two encodings of one opening");
    assert_eq!(opening.encoded_len(), bytes.len());
    if opening.verify(&tree.root(), len, claims).is_ok() {
        assert_eq!(len, tree.len());
        let ranks: Vec<usize> = claims.iter().map(|claim| claim.rank).collect();
        assert_eq!(Ok(&opening), tree.open_ranks(&ranks).as_ref(), "a second opening of the same");
        for claim in claims {
            let entry = tree.nth(claim.rank).expect("in range");
            assert_eq!((entry.name, entry.count), (claim.name, claim.count));
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let &[entries, a, b, c, spoil, len, ref edits @ ..] = data else { return };
    let mut tree = SumTree::new();
    for number in 0..=entries % 24 {
        let name = blake3::hash(&[number]).into();
        tree.insert(name, u64::from(number) + 1).expect("a new name");
    }
    let mut ranks: Vec<usize> = [a, b, c].map(|at| usize::from(at) % tree.len()).to_vec();
    ranks.sort_unstable();
    ranks.dedup();
    let opening = tree.open_ranks(&ranks).expect("in range");
    let mut claims: Vec<Ranked> = ranks
        .iter()
        .map(|rank| {
            let entry = tree.nth(*rank).expect("in range");
            Ranked { rank: *rank, name: entry.name, count: entry.count }
        })
        .collect();
    let len = if len < 200 { tree.len() } else { usize::from(len) - 200 };
    if len == tree.len() {
        assert_eq!(opening.verify(&tree.root(), len, &claims), Ok(()));
    }
    match spoil {
        0..64 => claims[0].name[usize::from(spoil % 32)] ^= 1,
        64..96 => claims[0].count ^= 1,
        96..128 => claims[0].rank = usize::from(spoil - 96),
        128..144 => claims.reverse(),
        144..160 => claims.push(claims[0]),
        160..170 => drop(claims.pop()),
        _ => {}
    }
    check(edits, &tree, &claims, len);
    let mut bytes = opening.to_bytes();
    check(&bytes, &tree, &claims, len);
    for edit in edits.chunks_exact(3) {
        match usize::from(u16::from_le_bytes([edit[0], edit[1]])) {
            at if at < bytes.len() => bytes[at] ^= edit[2],
            at if at % 2 == 0 => bytes.push(edit[2]),
            _ => drop(bytes.pop()),
        }
    }
    check(&bytes, &tree, &claims, len);
});
