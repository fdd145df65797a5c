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
        let number = |part: &[_]| u32::try_from(part.len()).unwrap().to_le_bytes();
        if let [(name, count)] = entries {
            let leaf = [&name[..], &count.to_le_bytes()].concat();
            return (blake3::derive_key("cess-merkle v1 sum leaf", &leaf), *count);
        }
        let at = (0..256)
            .find(|&i| entries.iter().any(|e| bit(&e.0, i) != bit(&entries[0].0, i)))
            .unwrap();
        let (left, right): (Vec<_>, Vec<_>) = entries.iter().partition(|e| !bit(&e.0, at));
        let ((l, l_sum), (r, r_sum)) = (node(&left), node(&right));
        let mut bytes = vec![at as u8];
        for (part, sum, hash) in [(&left, l_sum, l), (&right, r_sum, r)] {
            bytes.extend([&number(part)[..], &sum.to_le_bytes(), &hash].concat());
        }
        (blake3::derive_key("cess-merkle v2 sum node", &bytes), l_sum + r_sum)
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
        assert_eq!((entry.start, entry.rank), (position, rank));
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
    let forged = Opening { name: top.hash, count: top.sum, steps: vec![] };
    assert_eq!(forged.verify(&root, 0), Err(Error::RootMismatch));
}

#[test]
fn refuses_wrong_numbers_of_entries() {
    let tree = tree(30);
    let root = tree.root();
    let opening = tree.open(20).unwrap();
    for i in 0..opening.steps.len() {
        let mut more = opening.clone();
        more.steps[i].len += 1;
        assert_eq!(more.verify(&root, 20), Err(Error::RootMismatch));
        // Moved from one step to another: the tree has as many as before, the rank differs.
        for j in (0..opening.steps.len()).filter(|j| *j != i && opening.steps[*j].len > 1) {
            let mut moved = more.clone();
            moved.steps[j].len -= 1;
            assert_eq!(moved.verify(&root, 20), Err(Error::RootMismatch));
        }
    }
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
    assert_eq!(decode(|o| o.steps[1].len = 0), Err(Error::NoLeaves));
    let max = MAX_ENTRIES as u64;
    let others = u64::from(opening.steps[0].len) + 1;
    let too_many = |got| Err(Error::TooManyLeaves { max, got: got + others });
    assert_eq!(decode(|o| o.steps[1].len = u32::MAX), too_many(u64::from(u32::MAX)));
    assert_eq!(decode(|o| o.steps[1].len = MAX_ENTRIES as u32), too_many(max));
    let (bit, previous) = (opening.steps[0].bit, opening.steps[1].bit);
    assert_eq!(decode(|o| o.steps.swap(0, 1)), Err(Error::BitsUnordered { previous, bit }));
    let twice = Err(Error::BitsUnordered { previous: bit, bit });
    assert_eq!(decode(|o| o.steps[1].bit = o.steps[0].bit), twice);

    let mut deep = opening.to_bytes();
    deep[..2].copy_from_slice(&[1, 1]);
    assert_eq!(Opening::from_bytes(&deep), Err(Error::Depth { max: 256, got: 257 }));
    assert_eq!(Opening::from_bytes(&[0; 41]), Err(Error::Length { expected: 42, got: 41 }));
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
        header in any::<[u8; 40]>(),
        mut body in prop::collection::vec(any::<u8>(), 0..140),
    ) {
        // Numbers of entries that fit.
        for step in body.chunks_exact_mut(45) {
            step[2..5].fill(0);
        }
        let mut bytes = [&[depth, 0][..], &header, &body].concat();
        bytes.truncate(42 + 45 * usize::from(depth));
        if let Ok(opening) = Opening::from_bytes(&bytes) {
            prop_assert_eq!(opening.to_bytes(), bytes);
        }
    }
}

/// What is true of these ranks.
fn ranked(tree: &SumTree, ranks: &[usize]) -> Vec<Ranked> {
    let claim = |rank: &usize| {
        let entry = tree.nth(*rank).unwrap();
        Ranked { rank: *rank, name: entry.name, count: entry.count }
    };
    ranks.iter().map(claim).collect()
}

fn many(tree: &SumTree, ranks: &[usize]) -> ManyOpening {
    let opening = tree.open_ranks(ranks).unwrap();
    assert_eq!(ManyOpening::from_bytes(&opening.to_bytes()), Ok(opening.clone()));
    opening
}

#[test]
fn several_ranks_are_opened_at_once() {
    for len in [1, 2, 3, 30] {
        let tree = tree(len);
        let (root, len) = (tree.root(), tree.len());
        for ranks in [vec![0], vec![len - 1], (0..len).collect(), (0..len).step_by(4).collect()] {
            let (opening, claims) = (many(&tree, &ranks), ranked(&tree, &ranks));
            assert_eq!(opening.verify(&root, len, &claims), Ok(()));
        }
        // All entries need no hash beside them.
        assert!(many(&tree, &(0..len).collect::<Vec<_>>()).encoded_len() == 8 + 5 * (len - 1));
    }
    let tree = SumTree::from_entries(ladder().into_iter().map(|name| (name, 2))).unwrap();
    let ranks: Vec<usize> = (0..257).step_by(5).collect();
    let claims = ranked(&tree, &ranks);
    assert_eq!(many(&tree, &ranks).verify(&tree.root(), 257, &claims), Ok(()));
}

#[test]
fn refuses_claims_that_are_not_the_trees() {
    let tree = tree(30);
    let root = tree.root();
    let ranks = [3, 4, 17, 29];
    let (opening, claims) = (many(&tree, &ranks), ranked(&tree, &ranks));
    let verdict = |claims: &[Ranked]| opening.verify(&root, 30, claims);
    assert_eq!(verdict(&claims), Ok(()));
    for at in 0..4 {
        let mut named = claims.clone();
        named[at].name[31] ^= 1;
        assert_eq!(verdict(&named), Err(Error::RootMismatch));
        let mut counted = claims.clone();
        counted[at].count += 1;
        let got = root.total + 1;
        assert_eq!(verdict(&counted), Err(Error::TotalMismatch { expected: root.total, got }));
        counted[(at + 1) % 4].count -= 1;
        if counted[(at + 1) % 4].count > 0 {
            assert_eq!(verdict(&counted), Err(Error::RootMismatch));
        }
        counted[at].count = 0;
        assert_eq!(verdict(&counted), Err(Error::ZeroCount));
        let mut swapped = claims.clone();
        let next = (at + 1) % 4;
        (swapped[at].name, swapped[next].name) = (claims[next].name, claims[at].name);
        assert_eq!(verdict(&swapped), Err(Error::RootMismatch));
        // The true entry of another rank.
        let mut moved = claims.clone();
        moved[at].rank = ranks[at] - 1;
        assert!(verdict(&moved).is_err());
        let mut omitted = claims.clone();
        omitted.remove(at);
        assert!(verdict(&omitted).is_err());
    }
    let mut repeated = claims.clone();
    repeated.insert(1, claims[0]);
    assert_eq!(verdict(&repeated), Err(Error::RanksUnordered { previous: 3, rank: 3 }));
    let mut reordered = claims.clone();
    reordered.swap(0, 1);
    assert_eq!(verdict(&reordered), Err(Error::RanksUnordered { previous: 4, rank: 3 }));
    assert_eq!(verdict(&[]), Err(Error::EmptyQuery));
}

#[test]
fn refuses_another_root_or_number_of_entries() {
    let (tree, other) = (tree(30), tree(31));
    let ranks = [3, 4, 17, 28];
    let (opening, claims) = (many(&tree, &ranks), ranked(&tree, &ranks));
    assert!(opening.verify(&other.root(), 30, &claims).is_err());
    assert_eq!(opening.verify(&tree.root(), 30, &claims), Ok(()));
    for len in [29, 31, MAX_ENTRIES] {
        assert!(opening.verify(&tree.root(), len, &claims).is_err());
    }
    let out = Error::RankOutOfRange { rank: 28, len: 28 };
    assert_eq!(opening.verify(&tree.root(), 28, &claims), Err(out));
    let max = MAX_ENTRIES as u64;
    let too_many = Error::TooManyLeaves { max, got: u64::from(u32::MAX) };
    assert_eq!(opening.verify(&tree.root(), usize::MAX, &claims), Err(too_many));
    let total = SumRoot { total: tree.total() + 1, ..tree.root() };
    assert!(matches!(opening.verify(&total, 30, &claims), Err(Error::TotalMismatch { .. })));
}

#[test]
fn every_bit_of_a_joint_opening_counts() {
    let tree = tree(21);
    let root = tree.root();
    for ranks in [&[0][..], &[20], &[2, 3, 11]] {
        let (opening, claims) = (many(&tree, ranks), ranked(&tree, ranks));
        let bytes = opening.to_bytes();
        let verdict = |bytes: &[u8]| {
            ManyOpening::from_bytes(bytes).and_then(|opening| opening.verify(&root, 21, &claims))
        };
        assert_eq!(verdict(&bytes), Ok(()));
        for bit in 0..bytes.len() * 8 {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(verdict(&wrong).is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(verdict(&bytes[..len]).is_err(), "cut to {len}");
        }
        assert!(verdict(&[&bytes[..], &[0]].concat()).is_err());
        // One node more or less of either kind, its number put right.
        for change in [
            |o: &mut ManyOpening| o.sides.truncate(o.sides.len() - 1),
            |o: &mut ManyOpening| o.forks.truncate(o.forks.len() - 1),
            |o: &mut ManyOpening| o.sides.push(o.sides[0]),
            |o: &mut ManyOpening| o.forks.push(o.forks[0]),
        ] {
            let mut wrong = opening.clone();
            change(&mut wrong);
            assert_eq!(verdict(&wrong.to_bytes()), Err(Error::OpeningShape));
        }
    }
}

#[test]
fn refuses_forks_that_no_tree_has() {
    let tree = tree(30);
    let (opening, claims) = (many(&tree, &[0]), ranked(&tree, &[0]));
    let verdict = |change: fn(&mut ManyOpening)| {
        let mut opening = opening.clone();
        change(&mut opening);
        opening.verify(&tree.root(), 30, &claims)
    };
    let left = 30;
    let error = Error::ForkOutOfRange { left, len: left };
    assert_eq!(verdict(|o| o.forks[0].left = 30), Err(error));
    let bit = opening.forks[0].bit;
    let error = Error::BitsUnordered { previous: bit, bit };
    assert_eq!(verdict(|o| o.forks[1].bit = o.forks[0].bit), Err(error));
    let overflow = verdict(|o| o.sides.iter_mut().for_each(|side| side.sum = u64::MAX));
    assert!(matches!(overflow, Err(Error::TotalOverflow { .. })));
    let mut zero = opening.clone();
    zero.forks[0].left = 0;
    assert_eq!(ManyOpening::from_bytes(&zero.to_bytes()), Err(Error::ZeroCount));
    let mut zero = opening.clone();
    zero.sides[0].sum = 0;
    assert_eq!(ManyOpening::from_bytes(&zero.to_bytes()), Err(Error::ZeroCount));
    let expected = 8 + 45 * u64::from(u32::MAX);
    let huge = [0xff; 8];
    assert_eq!(ManyOpening::from_bytes(&huge), Err(Error::Length { expected, got: 8 }));
    assert_eq!(ManyOpening::from_bytes(&[0; 7]), Err(Error::Length { expected: 8, got: 7 }));
}

#[test]
fn refuses_to_open_what_is_not_there() {
    let tree = tree(5);
    let open = |ranks: &[usize]| tree.open_ranks(ranks);
    assert_eq!(open(&[]), Err(Error::EmptyQuery));
    assert_eq!(open(&[1, 1]), Err(Error::RanksUnordered { previous: 1, rank: 1 }));
    assert_eq!(open(&[1, 5]), Err(Error::RankOutOfRange { rank: 5, len: 5 }));
    let out = Error::RankOutOfRange { rank: 0, len: 0 };
    assert_eq!(SumTree::new().open_ranks(&[0]), Err(out));
}

proptest! {
    #[test]
    fn joint_openings_fit_every_set_of_ranks(len in 1u64..60, picks in prop::collection::vec(any::<bool>(), 60)) {
        let tree = tree(len);
        let ranks: Vec<usize> = (0..tree.len()).filter(|rank| picks[*rank]).collect();
        prop_assume!(!ranks.is_empty());
        let claims = ranked(&tree, &ranks);
        prop_assert_eq!(many(&tree, &ranks).verify(&tree.root(), tree.len(), &claims), Ok(()));
    }

    #[test]
    fn joint_decoding_is_canonical(forks in 0u8..4, sides in 0u8..3, body in prop::collection::vec(any::<u8>(), 95)) {
        let mut bytes = [&[forks, 0, 0, 0, sides, 0, 0, 0][..], &body].concat();
        bytes.truncate(8 + 5 * usize::from(forks) + 40 * usize::from(sides));
        if let Ok(opening) = ManyOpening::from_bytes(&bytes) {
            prop_assert_eq!(opening.to_bytes(), bytes);
        }
    }
}
