use alloc::vec;
use alloc::vec::Vec;

use merkle_cbt::MerkleProof;
use proptest::prelude::*;

use super::*;

/// The root by its definition: leaf i of n is node n - 1 + i, and node i joins 2i + 1 and 2i + 2.
fn plain_root(leaves: &[Vec<u8>]) -> [u8; 32] {
    fn node(leaves: &[Vec<u8>], i: usize) -> [u8; 32] {
        match (i + 1).checked_sub(leaves.len()) {
            Some(leaf) => blake3::derive_key("cess-merkle v1 tree leaf", &leaves[leaf]),
            None => {
                let pair = [node(leaves, 2 * i + 1), node(leaves, 2 * i + 2)].concat();
                blake3::derive_key("cess-merkle v1 tree node", &pair)
            }
        }
    }
    let top = if leaves.is_empty() { [0; 32] } else { node(leaves, 0) };
    let bound = [&(leaves.len() as u64).to_le_bytes()[..], &top].concat();
    blake3::derive_key("cess-merkle v1 tree root", &bound)
}

fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| vec![i as u8; i % 5]).collect()
}

fn tree(count: usize) -> Tree {
    Tree::new(&leaves(count)).unwrap()
}

fn pick(all: &[Vec<u8>], indices: &[u32]) -> Vec<(u32, Vec<u8>)> {
    indices.iter().map(|&i| (i, all[i as usize].clone())).collect()
}

#[test]
fn root_is_the_definition() {
    for count in 0..70 {
        assert_eq!(tree(count).root(), plain_root(&leaves(count)), "{count} leaves");
    }
}

#[test]
fn an_odd_leaf_is_not_doubled() {
    let three = Tree::new(&["a", "b", "c"]).unwrap();
    let four = Tree::new(&["a", "b", "c", "c"]).unwrap();
    assert_ne!(three.root(), four.root());
}

#[test]
fn an_inner_node_is_no_leaf() {
    let all = leaves(4);
    let top: Vec<u8> = [leaf_node(&all[0]).0, leaf_node(&all[1]).0].concat();
    let other: Vec<u8> = [leaf_node(&all[2]).0, leaf_node(&all[3]).0].concat();
    assert_ne!(Tree::new(&[top, other]).unwrap().root(), tree(4).root());
}

#[test]
fn every_single_leaf_is_proven_at_its_index_only() {
    for count in 1..20 {
        let (tree, all) = (tree(count), leaves(count));
        for (i, leaf) in (0..).zip(&all) {
            let proof = tree.prove(i).unwrap();
            proof.verify(&tree.root(), i, leaf).unwrap();
            assert_eq!(proof.leaf_count() as usize, count);
            for other in (0..tree.len()).filter(|&other| all[other as usize] != *leaf) {
                proof.verify(&tree.root(), other, leaf).unwrap_err();
            }
            assert_eq!(proof.verify(&tree.root(), i, b"evil"), Err(Error::RootMismatch));
        }
    }
}

#[test]
fn a_proof_of_all_leaves_is_empty() {
    let proof = tree(9).prove_range(0..9).unwrap();
    assert_eq!(proof.to_bytes().len(), 8);
    proof.verify_range(&tree(9).root(), 0, &leaves(9)).unwrap();
}

/// What the wrapper is there for: `merkle-cbt` takes node 5, finds no lemma left for it, drops it,
/// and returns the root that came as a second "leaf" at node 0.
#[test]
fn refuses_the_leaf_that_is_dropped_when_lemmas_run_out() {
    let all = leaves(4);
    let tree = tree(4);
    let (evil, top) = (leaf_node(b"evil"), tree.nodes.root());
    // Leaves are matched to indices in the order of their values.
    let indices = if evil < top { vec![5, 0] } else { vec![0, 5] };
    let raw = MerkleProof::<Node, Join>::new(indices, vec![]);
    assert!(raw.verify(&top, &[evil, top]), "merkle-cbt refuses it now: simplify the wrapper");

    let short = Proof::new(4, &[]);
    let expected = Error::LemmaCount { expected: 2, got: 0 };
    assert_eq!(short.verify(&tree.root(), 2, b"evil"), Err(expected));
    // No index names node 0, and a tree of one leaf has another root.
    let one = Proof::new(1, &[]);
    assert_eq!(one.verify(&tree.root(), 0, top.0), Err(Error::RootMismatch));
    tree.prove(2).unwrap().verify(&tree.root(), 2, &all[2]).unwrap();
}

#[test]
fn every_bit_of_the_root_counts() {
    let proof = tree(6).prove(3).unwrap();
    for bit in 0..256 {
        let mut root = tree(6).root();
        root[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(proof.verify(&root, 3, &leaves(6)[3]), Err(Error::RootMismatch));
    }
}

#[test]
fn leaves_cannot_trade_places() {
    let (tree, all) = (tree(6), leaves(6));
    let proof = tree.prove_many(&[1, 4]).unwrap();
    proof.verify_many(&tree.root(), &[(1, &all[1]), (4, &all[4])]).unwrap();
    let traded = proof.verify_many(&tree.root(), &[(1, &all[4]), (4, &all[1])]);
    assert_eq!(traded, Err(Error::RootMismatch));
}

#[test]
fn equal_leaves_are_proven_together() {
    let tree = Tree::new(&["x"; 7]).unwrap();
    let proof = tree.prove_many(&[0, 3, 6]).unwrap();
    proof.verify_many(&tree.root(), &[(0, "x"), (3, "x"), (6, "x")]).unwrap();
}

#[test]
fn refuses_another_leaf_count() {
    for count in 1..12 {
        let (tree, all) = (tree(count), leaves(count));
        let mut proof = tree.prove(0).unwrap();
        proof.count += 1;
        proof.verify(&tree.root(), 0, &all[0]).unwrap_err();
        proof.count -= 2;
        proof.verify(&tree.root(), 0, &all[0]).unwrap_err();
    }
}

#[test]
fn refuses_queries_that_no_tree_answers() {
    let tree = tree(5);
    let out = |index| Error::IndexOutOfRange { index, count: 5 };
    assert_eq!(tree.prove(5), Err(out(5)));
    assert_eq!(tree.prove(u32::MAX), Err(out(u64::from(u32::MAX))));
    assert_eq!(tree.prove_range(3..6), Err(out(5)));
    assert_eq!(tree.prove_range(0..u32::MAX), Err(out(u64::from(u32::MAX) - 1)));
    assert_eq!(tree.prove_many(&[]), Err(Error::EmptyQuery));
    assert_eq!(tree.prove_range(2..2), Err(Error::EmptyQuery));
    for (previous, index) in [(1, 1), (3, 2)] {
        let expected = Err(Error::IndicesUnordered { previous, index });
        assert_eq!(tree.prove_many(&[previous, index]), expected);
    }
    let proof = tree.prove(1).unwrap();
    let root = tree.root();
    let doubled = proof.verify_many(&root, &[(1, [1]), (1, [1])]);
    assert_eq!(doubled, Err(Error::IndicesUnordered { previous: 1, index: 1 }));
    assert_eq!(proof.verify_range::<&[u8]>(&root, 1, &[]), Err(Error::EmptyQuery));
    let past = proof.verify_range(&root, u32::MAX, &["a", "b"]);
    assert_eq!(past, Err(out(u64::from(u32::MAX) + 1)));
    let empty = Tree::new::<&[u8]>(&[]).unwrap();
    assert_eq!(empty.prove(0), Err(Error::IndexOutOfRange { index: 0, count: 0 }));
    assert_eq!((empty.len(), empty.is_empty()), (0, true));
}

#[test]
fn decoder_refuses_what_no_proof_is() {
    let header = |count: u32, lemmas: u32| [count.to_le_bytes(), lemmas.to_le_bytes()].concat();
    assert_eq!(Proof::from_bytes(&[0; 7]), Err(Error::Length { expected: 8, got: 7 }));
    assert_eq!(Proof::from_bytes(&header(0, 0)), Err(Error::NoLeaves));
    let too_many = Error::TooManyLeaves { max: (1 << 31) - 1, got: 1 << 31 };
    assert_eq!(Proof::from_bytes(&header(1 << 31, 0)), Err(too_many));
    let lemmas = Error::LemmaCount { expected: 3, got: 4 };
    assert_eq!(Proof::from_bytes(&header(4, 4)), Err(lemmas));
    let huge = Error::Length { expected: 8 + 32 * ((1 << 31) - 2), got: 8 };
    assert_eq!(Proof::from_bytes(&header((1 << 31) - 1, (1 << 31) - 2)), Err(huge));
    Proof::from_bytes(&header(1, 0)).unwrap();
}

#[test]
fn every_bit_of_a_proof_counts() {
    let (tree, all) = (tree(11), leaves(11));
    for indices in [&[4][..], &[0, 1, 7], &[8, 9, 10]] {
        let bytes = tree.prove_many(indices).unwrap().to_bytes();
        let picked = pick(&all, indices);
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let verified =
                Proof::from_bytes(&bytes).and_then(|p| p.verify_many(&tree.root(), &picked));
            assert!(verified.is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(Proof::from_bytes(&bytes[..len]).is_err(), "cut to {len}");
        }
        assert!(Proof::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }
}

proptest! {
    #[test]
    fn any_set_of_leaves_is_proven(
        all in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..90),
        seed in any::<[u64; 2]>(),
        evil in any::<prop::sample::Index>(),
    ) {
        let tree = Tree::new(&all).unwrap();
        let mask = u128::from(seed[0]) << 64 | u128::from(seed[1]) | 1;
        let indices: Vec<u32> = (0..tree.len()).filter(|i| mask >> i & 1 == 1).collect();
        let proof = tree.prove_many(&indices).unwrap();
        prop_assert_eq!(&Proof::from_bytes(&proof.to_bytes()).unwrap(), &proof);
        let mut picked = pick(&all, &indices);
        proof.verify_many(&tree.root(), &picked).unwrap();
        let i = evil.index(picked.len());
        picked[i].1.push(0);
        prop_assert_eq!(proof.verify_many(&tree.root(), &picked), Err(Error::RootMismatch));
    }

    #[test]
    fn any_range_of_leaves_is_proven(count in 1u32..200, a in any::<u32>(), b in any::<u32>()) {
        let (tree, all) = (tree(count as usize), leaves(count as usize));
        let first = a % count;
        let end = first + 1 + b % (count - first);
        let proof = tree.prove_range(first..end).unwrap();
        let range = &all[first as usize..end as usize];
        proof.verify_range(&tree.root(), first, range).unwrap();
        prop_assert!(proof.to_bytes().len() <= 8 + 32 * 2 * 8);
        prop_assert!(proof.verify_range(&tree.root(), first, &range[1..]).is_err());
        prop_assert!(proof.verify_range(&tree.root(), first + 1, range).is_err());
    }

    #[test]
    fn decoding_is_canonical(bytes in prop::collection::vec(any::<u8>(), 0..120), n in 0u8..4) {
        let mut bytes = bytes;
        for (at, value) in [(1, 0), (2, 0), (3, 0), (4, n), (5, 0), (6, 0), (7, 0)] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        bytes.truncate(8 + 32 * usize::from(n));
        if let Ok(proof) = Proof::from_bytes(&bytes) {
            prop_assert_eq!(proof.to_bytes(), bytes);
        }
    }
}
