use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::Codec;

/// The losses, a bit each, that any code with these groups could undo: one of each group that has
/// any is undone by the group, and the global parities do for as many as they are.
fn could_be_undone(lrc: Lrc, lost: u32) -> bool {
    let mut in_group = vec![0usize; lrc.local_groups()];
    let mut beyond = 0;
    for shard in (0..32).filter(|shard| lost >> shard & 1 == 1) {
        match lrc.group_of(shard) {
            Some(group) => in_group[group] += 1,
            None => beyond += 1,
        }
    }
    beyond += in_group.iter().map(|lost| lost.saturating_sub(1)).sum::<usize>();
    beyond <= lrc.global()
}

/// Decodes every loss of the code; how many were undone, and how many that could be were not.
fn every_loss(lrc: Lrc) -> (usize, usize) {
    let codec = Codec::new(lrc.into());
    let total = codec.geometry().total();
    let mut shards: Vec<Vec<u8>> = (0..total).map(|_| vec![0; 3]).collect();
    for (at, byte) in shards.iter_mut().take(lrc.data()).flatten().enumerate() {
        *byte = u8::try_from(at * 37 % 251).unwrap();
    }
    let (data, parity) = shards.split_at_mut(lrc.data());
    codec.encode(data, parity).unwrap();
    let (mut undone, mut exceptions) = (0, 0);
    for lost in 1..1u32 << total {
        if lost.count_ones() as usize > codec.geometry().parity() {
            continue;
        }
        let is_lost = |shard: &usize| lost >> shard & 1 == 1;
        let there: Vec<(usize, &[u8])> =
            (0..total).filter(|s| !is_lost(s)).map(|s| (s, &shards[s][..])).collect();
        let mut buffers = vec![[0xA5; 3]; lost.count_ones() as usize];
        let mut missing: Vec<(usize, &mut [u8])> =
            (0..total).filter(is_lost).zip(buffers.iter_mut().map(|b| &mut b[..])).collect();
        match codec.reconstruct(&there, &mut missing) {
            Ok(()) => {
                assert!(could_be_undone(lrc, lost), "{lost:b}");
                let right = missing.iter().all(|(index, buffer)| **buffer == shards[*index][..]);
                assert!(right, "{lost:b}");
                undone += 1;
            }
            Err(error) => {
                assert!(matches!(error, Error::Undetermined { index } if is_lost(&index)));
                assert!(buffers.iter().flatten().all(|byte| *byte == 0xA5), "{lost:b}");
                assert!(lost.count_ones() as usize > lrc.global() + 1, "{lost:b}");
                exceptions += usize::from(could_be_undone(lrc, lost));
            }
        }
    }
    (undone, exceptions)
}

fn count_that_could(lrc: Lrc) -> usize {
    let total = lrc.data() + lrc.local_groups() + lrc.global();
    (1..1u32 << total).filter(|&lost| could_be_undone(lrc, lost)).count()
}

#[test]
fn small_undoes_every_loss_that_could_be() {
    assert_eq!(every_loss(Lrc::SMALL), (count_that_could(Lrc::SMALL), 0));
}

/// All 2516 losses of up to four shards are tried.
#[test]
fn azure_undoes_every_loss_that_could_be() {
    let (undone, exceptions) = every_loss(Lrc::AZURE);
    assert_eq!((undone, exceptions), (count_that_could(Lrc::AZURE), 0));
    // 16 + 120 + 560 of up to three, all; of the 1820 of four, 1568 or 86 %, as the paper has it.
    assert_eq!(undone, 16 + 120 + 560 + 1568);
}

/// With other than two global parities the construction is another: any `global + 1` losses are
/// undone, and these many of those beyond that could be are not.
#[test]
fn three_global_parities_leave_the_exceptions_that_are_counted_here() {
    for (lrc, expected) in [(Lrc::new(8, 2, 3).unwrap(), 12), (Lrc::CLASSIC, 5)] {
        assert!(!lrc.is_maximally_recoverable());
        let (undone, exceptions) = every_loss(lrc);
        assert_eq!((undone + exceptions, exceptions), (count_that_could(lrc), expected));
    }
}

#[test]
fn points_of_a_group_and_zero_meet_other_groups_lines_in_zero_alone() {
    let lrc = Lrc::new(15 * 15, 15, 2).unwrap();
    assert!(lrc.is_maximally_recoverable());
    let rows = lrc.parity_rows();
    let points = rows.rows().nth(15).unwrap();
    let mut seen = [false; 256];
    for group in 0..15 {
        let mut line = [false; 256];
        let members: Vec<u8> = points[lrc.group_data(group)].iter().copied().chain([0]).collect();
        for a in &members {
            for b in &members {
                line[usize::from(a ^ b)] = true;
            }
        }
        assert_eq!(line.iter().filter(|there| **there).count(), 16, "sums stay on the line");
        for value in 1..256 {
            assert!(!(line[value] && seen[value]), "group {group} meets another in {value}");
            seen[value] |= line[value];
        }
    }
}

#[test]
fn the_second_global_row_is_the_square_of_the_first() {
    let rows = Lrc::WIDE.parity_rows();
    let rows: Vec<&[u8]> = rows.rows().collect();
    for (a, square) in rows[3].iter().zip(rows[4]) {
        assert_eq!(field::mul(*a, *a), *square);
    }
}

#[test]
fn a_single_loss_reads_its_group_alone() {
    for lrc in [Lrc::SMALL, Lrc::AZURE, Lrc::WIDE, Lrc::new(40, 5, 3).unwrap()] {
        let codec = Codec::new(lrc.into());
        let total = codec.geometry().total();
        for lost in 0..total {
            let there: Vec<usize> = (0..total).rev().filter(|shard| *shard != lost).collect();
            let sources = codec.sources(&there, &[lost]).unwrap();
            let expected: Vec<usize> = match lrc.group_of(lost) {
                Some(group) => lrc
                    .group_data(group)
                    .chain([lrc.data() + group])
                    .filter(|shard| *shard != lost)
                    .collect(),
                None => (0..lrc.data()).collect(),
            };
            assert_eq!(sources, expected, "{lrc} without {lost}");
        }
    }
}

#[test]
fn losses_in_two_groups_read_both_and_no_global_parity() {
    let codec = Codec::new(Lrc::AZURE.into());
    let there: Vec<usize> = (0..16).filter(|shard| ![1, 8].contains(shard)).collect();
    let sources = codec.sources(&there, &[1, 8]).unwrap();
    assert_eq!(sources, [0, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13]);
    assert_eq!(codec.sources(&there, &[8]).unwrap(), [6, 7, 9, 10, 11, 13]);
}

#[test]
fn a_group_alone_suffices_for_its_loss_and_names_what_it_does_not_for() {
    let codec = Codec::new(Lrc::AZURE.into());
    let group = [1, 2, 3, 4, 5, 12];
    assert_eq!(codec.sources(&group, &[0]), Ok(group.to_vec()));
    let refused = Err(Error::NotEnoughShards { have: 6, need: 12 });
    assert_eq!(codec.sources(&group, &[6]), refused);
    // Four lost of one group are one too many.
    let there: Vec<usize> = (4..16).collect();
    assert_eq!(codec.sources(&there, &[0, 1, 2, 3]), Err(Error::Undetermined { index: 0 }));
    assert!(codec.sources(&(3..16).collect::<Vec<usize>>(), &[0, 1, 2]).is_ok());
}

#[test]
fn nothing_missing_is_still_too_little_where_data_is_lost() {
    let codec = Codec::new(Lrc::AZURE.into());
    let shard = [1u8; 8];
    let present = |indexes: core::ops::Range<usize>| -> Vec<(usize, &[u8])> {
        indexes.map(|index| (index, &shard[..])).collect()
    };
    assert_eq!(codec.reconstruct(&present(0..12), &mut []), Ok(()));
    assert_eq!(codec.reconstruct(&present(3..16), &mut []), Ok(()));
    let refused = codec.reconstruct(&present(4..16), &mut []);
    assert_eq!(refused, Err(Error::Undetermined { index: 0 }));
    let refused = codec.reconstruct(&present(0..11), &mut []);
    assert_eq!(refused, Err(Error::NotEnoughShards { have: 11, need: 12 }));
}

#[test]
fn the_better_construction_reaches_as_far_as_there_are_lines_and_points() {
    let reaches =
        |data, groups, global| Lrc::new(data, groups, global).unwrap().is_maximally_recoverable();
    assert!(reaches(30, 2, 2) && !reaches(32, 2, 2));
    assert!(reaches(34, 17, 2) && !reaches(36, 18, 2));
    assert!(reaches(30, 2, 1) && !reaches(30, 2, 3));
    // A 16th member would have the first one's point, and an 18th group the first one's line.
    let point = |group: usize, place: usize| field::exp(group + SUBFIELD_STEP * place);
    assert_eq!(point(0, 15), point(0, 0));
    assert_eq!(point(17, 0), point(0, 1));
}

#[test]
fn refuses_groups_that_cannot_be() {
    assert_eq!(Lrc::new(12, 2, 2), Ok(Lrc::AZURE));
    assert_eq!(Lrc::new(12, 5, 2), Err(Error::UnevenGroups { data: 12, local_groups: 5 }));
    assert_eq!(Lrc::new(0, 2, 2), Err(Error::NoShards { data: 0, parity: 2 }));
    assert_eq!(Lrc::new(4, 0, 2), Err(Error::NoShards { data: 4, parity: 0 }));
    assert_eq!(Lrc::new(4, 2, 0), Err(Error::NoShards { data: 4, parity: 0 }));
    assert_eq!(Lrc::new(253, 1, 3), Err(Error::TooManyShards { max: 256, got: 257 }));
    assert!(Lrc::new(252, 1, 3).is_ok());
}

#[test]
fn encodes_as_a_geometry_and_comes_back() {
    let bytes = Geometry::from(Lrc::AZURE).to_bytes();
    assert_eq!(bytes, [3, 12, 0, 2, 2]);
    assert_eq!(Geometry::from_bytes(&bytes).map(|g| g.lrc()), Ok(Some(Lrc::AZURE)));
    assert_eq!(alloc::format!("{}", Geometry::from(Lrc::AZURE)), "lrc8 12+2+2");
    assert_eq!(Geometry::CESS.lrc(), None);
    let refused = Geometry::from_bytes(&[3, 12, 0, 5, 2]);
    assert_eq!(refused, Err(Error::UnevenGroups { data: 12, local_groups: 5 }));
}

#[test]
fn an_update_leaves_the_local_parity_of_other_groups() {
    let codec = Codec::new(Lrc::SMALL.into());
    let mut data = vec![vec![7u8; 70]; 6];
    let mut parity = vec![vec![0; 70]; 4];
    codec.encode(&data, &mut parity).unwrap();
    let before = parity.clone();
    codec.update(4, &data[4], &[9; 70], &mut parity).unwrap();
    data[4].fill(9);
    codec.verify(&[data, parity.clone()].concat()).unwrap();
    assert_eq!(parity[0], before[0]);
    assert!((1..4).all(|i| parity[i] != before[i]));
}
