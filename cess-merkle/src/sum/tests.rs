use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// The root by its definition, from the sorted list: split at the first bit at which names differ.
fn plain_root(entries: &BTreeMap<Name, u64>) -> SumRoot {
    fn bit(name: &Name, i: usize) -> bool {
        name[i / 8] & (0x80 >> (i % 8)) != 0
    }
    fn node(entries: &[(Name, u64)]) -> ([u8; 32], u64) {
        if let [(name, count)] = entries {
            let leaf = [&name[..], &count.to_le_bytes()].concat();
            return (blake3::derive_key("cess-merkle v1 sum leaf", &leaf), *count);
        }
        let at = (0..256)
            .find(|&i| entries.iter().any(|e| bit(&e.0, i) != bit(&entries[0].0, i)))
            .unwrap();
        let (left, right): (Vec<_>, Vec<_>) = entries.iter().partition(|e| !bit(&e.0, at));
        let ((l, l_sum), (r, r_sum)) = (node(&left), node(&right));
        let bytes = [&[at as u8][..], &l_sum.to_le_bytes(), &l, &r_sum.to_le_bytes(), &r].concat();
        (blake3::derive_key("cess-merkle v1 sum node", &bytes), l_sum + r_sum)
    }
    let list: Vec<_> = entries.iter().map(|(name, count)| (*name, *count)).collect();
    let (top, total) = if list.is_empty() { ([0; 32], 0) } else { node(&list) };
    let bytes = [&(list.len() as u64).to_le_bytes()[..], &total.to_le_bytes(), &top].concat();
    SumRoot { hash: blake3::derive_key("cess-merkle v1 sum root", &bytes), total }
}

fn name(i: u64) -> Name {
    *blake3::hash(&i.to_le_bytes()).as_bytes()
}

fn tree(len: u64) -> SumTree {
    SumTree::from_entries((0..len).map(|i| (name(i), i % 7 + 1))).unwrap()
}

/// 257 names that part at every bit, one after the other.
fn ladder() -> Vec<Name> {
    let mut names = vec![[0; 32]];
    for bit in 0..256 {
        let mut name = [0; 32];
        name[bit / 8] = 0x80 >> (bit % 8);
        names.push(name);
    }
    names
}

fn reopened(opening: &Opening) -> Result<Opening, Error> {
    Opening::from_bytes(&opening.to_bytes())
}

#[test]
fn the_empty_tree_has_a_root_and_nothing_else() {
    let empty = SumTree::new();
    assert_eq!(empty.root(), plain_root(&BTreeMap::new()));
    assert_eq!((empty.len(), empty.total(), empty.position(0)), (0, 0, None));
    assert_eq!((empty.nth(0), empty.iter().next()), (None, None));
    assert_eq!(empty.open(0), Err(Error::PositionOutOfRange { position: 0, total: 0 }));
    assert_eq!(empty.open_name(&[0; 32]), Err(Error::UnknownName));
}

#[test]
fn positions_are_dealt_in_the_order_of_names() {
    let tree = tree(50);
    let mut position = 0;
    for (rank, entry) in tree.iter().enumerate() {
        assert_eq!(entry.start, position);
        assert_eq!(tree.nth(rank), Some(entry));
        assert_eq!(tree.rank(&entry.name), Some(rank));
        assert_eq!(tree.entry(&entry.name), Some(entry));
        assert!(tree.iter_from(rank).eq(tree.iter().skip(rank)));
        assert_eq!(tree.iter_from(rank).len(), 50 - rank);
        for _ in 0..entry.count {
            assert_eq!(tree.position(position), Some(entry));
            let opening = reopened(&tree.open(position).unwrap()).unwrap();
            assert_eq!(opening.verify(&tree.root(), position), Ok(entry));
            assert_eq!(opening.verify_name(&tree.root(), &entry.name), Ok(entry));
            position += 1;
        }
    }
    assert_eq!(position, tree.total());
    assert_eq!(tree.position(position), None);
    assert_eq!((tree.nth(50), tree.rank(&[0; 32]), tree.get(&[0; 32])), (None, None, None));
}

#[test]
fn an_emptied_tree_is_the_empty_tree() {
    let mut tree = tree(40);
    for i in 0..40 {
        assert_eq!(tree.remove(&name(i)), Ok(i % 7 + 1));
    }
    assert_eq!(tree, SumTree::new());
    tree.insert(name(3), 4).unwrap();
    assert_eq!(tree.total(), 4);
}

#[test]
fn freed_places_are_used_again() {
    let mut tree = tree(100);
    for i in 0..1000 {
        tree.remove(&name(i)).unwrap();
        tree.insert(name(i + 100), 1).unwrap();
    }
    assert_eq!((tree.leaves.len(), tree.inners.len()), (100, 99));
}

#[test]
fn grinding_names_makes_no_path_longer_than_256() {
    let names = ladder();
    let tree = SumTree::from_entries(names.iter().map(|name| (*name, 2))).unwrap();
    let root = tree.root();
    let opening = tree.open(0).unwrap();
    assert_eq!(opening.to_bytes().len(), Opening::MAX_LEN);
    for (rank, entry) in tree.iter().enumerate() {
        let opening = reopened(&tree.open(2 * rank as u64 + 1).unwrap()).unwrap();
        assert_eq!(opening.verify(&root, 2 * rank as u64), Ok(entry));
    }
    let mut by_inserts = SumTree::new();
    names.iter().rev().for_each(|name| by_inserts.insert(*name, 2).unwrap());
    assert_eq!(by_inserts.root(), root);
}

#[test]
fn refused_edits_change_nothing() {
    let mut tree = tree(9);
    let root = tree.root();
    assert_eq!(tree.insert(name(4), 1), Err(Error::DuplicateName));
    assert_eq!(tree.insert(name(9), 0), Err(Error::ZeroCount));
    assert_eq!(tree.replace(&name(9), 1), Err(Error::UnknownName));
    assert_eq!(tree.replace(&name(4), 0), Err(Error::ZeroCount));
    assert_eq!(tree.remove(&name(9)), Err(Error::UnknownName));
    let total = tree.total();
    let overflow = Error::TotalOverflow { total, added: u64::MAX };
    assert_eq!(tree.insert(name(9), u64::MAX), Err(overflow));
    let overflow = Error::TotalOverflow { total: total - 5, added: u64::MAX };
    assert_eq!(tree.replace(&name(4), u64::MAX), Err(overflow));
    assert_eq!(tree.root(), root);
    assert_eq!(tree.insert(name(9), u64::MAX - total), Ok(()));
    assert_eq!(tree.total(), u64::MAX);
}

#[test]
fn builder_refuses_what_insert_refuses() {
    let build = |entries: &[(Name, u64)]| SumTree::from_entries(entries.iter().copied());
    assert_eq!(build(&[(name(1), 1), (name(1), 2)]), Err(Error::DuplicateName));
    assert_eq!(build(&[(name(1), 0)]), Err(Error::ZeroCount));
    let overflow = build(&[([0; 32], 5), ([1; 32], u64::MAX)]);
    assert_eq!(overflow, Err(Error::TotalOverflow { total: 5, added: u64::MAX }));
    assert!(build(&[([0; 32], u64::MAX)]).is_ok());
}

#[test]
fn refuses_an_opening_of_another_entry() {
    let tree = tree(30);
    let root = tree.root();
    let entry = tree.nth(10).unwrap();
    let opening = tree.open(entry.start).unwrap();
    let end = entry.start + entry.count;
    for position in [0, entry.start - 1, end, root.total - 1] {
        let wrong = Error::WrongEntry { position, start: entry.start, end };
        assert_eq!(opening.verify(&root, position), Err(wrong));
    }
    let past = Error::PositionOutOfRange { position: root.total, total: root.total };
    assert_eq!(opening.verify(&root, root.total), Err(past));
    assert_eq!(opening.verify_name(&root, &name(99)), Err(Error::UnknownName));
}

#[test]
fn refuses_wrong_sums() {
    let tree = tree(30);
    let root = tree.root();
    let opening = tree.open(20).unwrap();
    for i in 0..opening.steps.len() {
        let mut shifted = opening.clone();
        shifted.steps[i].sum += 1;
        let got = root.total + 1;
        let mismatch = Error::TotalMismatch { expected: root.total, got };
        assert_eq!(shifted.verify(&root, 20), Err(mismatch));
        // The prover names the total that fits, or moves a position from one step to another.
        let fitting = SumRoot { total: got, ..root };
        assert_eq!(shifted.verify(&fitting, 20), Err(Error::RootMismatch));
        let mut moved = shifted;
        moved.count -= 1;
        assert_eq!(moved.verify_name(&root, &opening.name), Err(Error::RootMismatch));
    }
    let overflowing = Opening { count: u64::MAX, ..opening };
    assert!(matches!(overflowing.verify(&root, 20), Err(Error::TotalOverflow { .. })));
}

#[test]
fn an_inner_node_is_no_leaf() {
    let tree = tree(2);
    let root = tree.root();
    let top = tree.summary(tree.top.unwrap());
    for len in [1, 2] {
        let forged = Opening { len, name: top.hash, count: top.sum, steps: vec![] };
        assert_eq!(forged.verify(&root, 0), Err(Error::RootMismatch));
    }
}

#[test]
fn refuses_another_number_of_entries() {
    let tree = tree(30);
    let mut opening = tree.open(20).unwrap();
    opening.len += 1;
    assert_eq!(opening.verify(&tree.root(), 20), Err(Error::RootMismatch));
}

#[test]
fn decoder_refuses_what_no_tree_opens() {
    let opening = tree(30).open(20).unwrap();
    let decode = |change: fn(&mut Opening)| {
        let mut opening = opening.clone();
        change(&mut opening);
        reopened(&opening)
    };
    assert_eq!(decode(|_| ()), Ok(opening.clone()));
    assert_eq!(decode(|o| o.count = 0), Err(Error::ZeroCount));
    assert_eq!(decode(|o| o.steps[1].sum = 0), Err(Error::ZeroCount));
    assert!(matches!(decode(|o| o.steps[1].sum = u64::MAX), Err(Error::TotalOverflow { .. })));
    assert_eq!(decode(|o| o.len = 0), Err(Error::NoLeaves));
    let max = MAX_ENTRIES as u64;
    assert_eq!(
        decode(|o| o.len = u32::MAX),
        Err(Error::TooManyLeaves { max, got: u64::from(u32::MAX) })
    );
    assert_eq!(
        decode(|o| o.len = 3),
        Err(Error::Depth { max: 2, got: opening.steps.len() as u64 })
    );
    assert_eq!(decode(|o| o.steps.clear()), Err(Error::Depth { max: 29, got: 0 }));
    let (bit, previous) = (opening.steps[0].bit, opening.steps[1].bit);
    assert_eq!(decode(|o| o.steps.swap(0, 1)), Err(Error::BitsUnordered { previous, bit }));
    let twice = Err(Error::BitsUnordered { previous: bit, bit });
    assert_eq!(decode(|o| o.steps[1].bit = o.steps[0].bit), twice);

    let mut deep = opening.to_bytes();
    deep[..6].copy_from_slice(&[0, 0, 0, 1, 1, 1]);
    assert_eq!(Opening::from_bytes(&deep), Err(Error::Depth { max: 256, got: 257 }));
    assert_eq!(Opening::from_bytes(&[0; 45]), Err(Error::Length { expected: 46, got: 45 }));
}

#[test]
fn every_bit_of_an_opening_counts() {
    let tree = tree(13);
    for position in [0, 17, tree.total() - 1] {
        let bytes = tree.open(position).unwrap().to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let verified =
                Opening::from_bytes(&bytes).and_then(|o| o.verify(&tree.root(), position));
            assert!(verified.is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(Opening::from_bytes(&bytes[..len]).is_err(), "cut to {len}");
        }
        assert!(Opening::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[test]
fn a_root_has_one_encoding() {
    let root = tree(5).root();
    assert_eq!(SumRoot::from_bytes(&root.to_bytes()), root);
}

#[derive(Debug, Clone)]
enum Edit {
    Insert(Name, u64),
    Replace(Name, u64),
    Remove(Name),
}

/// Few names, many of them sharing long prefixes.
fn names() -> impl Strategy<Value = Name> {
    prop_oneof![
        (0u64..12).prop_map(name),
        (0usize..257).prop_map(|i| ladder()[i]),
        (0u8..6).prop_map(|i| [i; 32]),
    ]
}

fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (names(), 0u64..50).prop_map(|(name, count)| Edit::Insert(name, count)),
        1 => (names(), 0u64..50).prop_map(|(name, count)| Edit::Replace(name, count)),
        2 => names().prop_map(Edit::Remove),
    ]
}

proptest! {
    #[test]
    fn root_depends_on_content_alone(history in prop::collection::vec(edits(), 0..120)) {
        let (mut tree, mut model) = (SumTree::new(), BTreeMap::new());
        for edit in history {
            match edit {
                Edit::Insert(name, count) => {
                    let fits = count > 0 && !model.contains_key(&name);
                    prop_assert_eq!(tree.insert(name, count).is_ok(), fits);
                    if fits {
                        model.insert(name, count);
                    }
                }
                Edit::Replace(name, count) => {
                    let before = model.get(&name).copied().filter(|_| count > 0);
                    prop_assert_eq!(tree.replace(&name, count).ok(), before);
                    if before.is_some() {
                        model.insert(name, count);
                    }
                }
                Edit::Remove(name) => {
                    prop_assert_eq!(tree.remove(&name).ok(), model.remove(&name));
                }
            }
            prop_assert_eq!(tree.total(), model.values().sum::<u64>());
        }
        prop_assert_eq!(tree.root(), plain_root(&model));
        prop_assert_eq!(tree.len(), model.len());
        let entries = model.iter().map(|(name, count)| (*name, *count));
        prop_assert!(tree.iter().map(|e| (e.name, e.count)).eq(entries.clone()));
        prop_assert_eq!(SumTree::from_entries(entries.rev()).unwrap(), tree);
    }

    #[test]
    fn decoding_is_canonical(
        depth in 0u8..3,
        header in any::<[u8; 41]>(),
        body in prop::collection::vec(any::<u8>(), 0..130),
    ) {
        let mut bytes = [&[9, 0, 0, 0, depth, 0][..], &header[1..], &body].concat();
        bytes.truncate(46 + 41 * usize::from(depth));
        if let Ok(opening) = Opening::from_bytes(&bytes) {
            prop_assert_eq!(opening.to_bytes(), bytes);
        }
    }
}
