//! What holds for every geometry, loss and length, of decoding, ranges, streams, correction and
//! local repair.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use cess_erasure::segment::{RangePlan, SegmentLayout, encode_segment, pad, split};
#[cfg(feature = "std")]
use cess_erasure::stream::{self, StreamLayout};
use cess_erasure::{Codec, Engine, Error, Geometry, Lrc};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

/// Around the widths of vectors and tiles.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        1usize..200,
        (1usize..20, 0usize..3).prop_map(|(tiles, beside)| tiles * 256 + beside - 1)
    ]
}

fn rs8() -> impl Strategy<Value = Geometry> {
    (1u16..=24, 1u16..=16).prop_map(|(data, parity)| Geometry::rs8(data, parity).unwrap())
}

fn lrc() -> impl Strategy<Value = Lrc> {
    (1u16..=4, 1u16..=6, 1u16..=4)
        .prop_map(|(groups, members, global)| Lrc::new(groups * members, groups, global).unwrap())
}

fn geometries() -> impl Strategy<Value = Geometry> {
    prop_oneof![rs8(), lrc().prop_map(Geometry::from)]
}

fn codecs(geometries: impl Strategy<Value = Geometry>) -> impl Strategy<Value = Codec> {
    let available: Vec<Engine> = Engine::ALL.into_iter().filter(|e| e.is_available()).collect();
    (geometries, prop::sample::select(available))
        .prop_map(|(geometry, engine)| Codec::with_engine(geometry, engine).unwrap())
}

/// A codec and the shards that are there, as few as none or as many as all.
fn losses(
    geometries: impl Strategy<Value = Geometry>,
) -> impl Strategy<Value = (Codec, Vec<usize>)> {
    codecs(geometries).prop_flat_map(|codec| {
        let all: Vec<usize> = (0..codec.geometry().total()).collect();
        let count = codec.geometry().data().saturating_sub(1)..=all.len();
        (Just(codec), subsequence(all, count))
    })
}

fn bytes(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 7 + usize::from(seed)).to_le_bytes()[0]).collect()
}

fn codeword(codec: &Codec, len: usize, seed: u8) -> Vec<Vec<u8>> {
    let geometry = codec.geometry();
    let mut shards: Vec<Vec<u8>> = (0..geometry.total())
        .map(|shard| bytes(len, seed.wrapping_mul(3).wrapping_add(shard.to_le_bytes()[0])))
        .collect();
    let (data, parity) = shards.split_at_mut(geometry.data());
    codec.encode(data, parity).unwrap();
    shards
}

/// Whether a loss can be undone by any code with these groups: one of each group by the group, and
/// as many as there are global parities by these. `rs8` is one without groups.
fn could_be_undone(geometry: Geometry, available: &[usize]) -> bool {
    let lost = (0..geometry.total()).filter(|shard| !available.contains(shard));
    let Some(lrc) = geometry.lrc() else { return lost.count() <= geometry.parity() };
    let mut in_group = vec![0usize; lrc.local_groups()];
    let mut beyond = 0;
    for shard in lost {
        match lrc.group_of(shard) {
            Some(group) => in_group[group] += 1,
            None => beyond += 1,
        }
    }
    beyond + in_group.iter().map(|lost| lost.saturating_sub(1)).sum::<usize>() <= lrc.global()
}

/// Whether the code promises to undo it.
fn is_promised(geometry: Geometry, available: &[usize]) -> bool {
    match geometry.lrc() {
        Some(lrc) if !lrc.is_maximally_recoverable() => {
            geometry.total() - available.len() <= lrc.global() + 1
        }
        _ => could_be_undone(geometry, available),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn data_comes_back_from_any_loss_within_the_promise_and_from_none_beyond_theory(
        (codec, available) in losses(geometries()), len in lengths(), seed: u8,
    ) {
        let geometry = codec.geometry();
        let shards = codeword(&codec, len, seed);
        let present: Vec<(usize, &[u8])> =
            available.iter().map(|&index| (index, &shards[index][..])).collect();
        let lost: Vec<usize> = (0..shards.len()).filter(|i| !available.contains(i)).collect();
        let mut rebuilt = vec![vec![0xA5; len]; lost.len()];
        let mut missing: Vec<(usize, &mut [u8])> =
            lost.iter().copied().zip(rebuilt.iter_mut().map(Vec::as_mut_slice)).collect();
        match codec.reconstruct(&present, &mut missing) {
            Ok(()) => {
                prop_assert!(could_be_undone(geometry, &available));
                prop_assert!(lost.iter().zip(&rebuilt).all(|(i, shard)| *shard == shards[*i]));
                let mut data = vec![vec![0xA5; len]; geometry.data()];
                codec.decode(&present, &mut data).unwrap();
                prop_assert!(data == shards[..geometry.data()]);
            }
            Err(_) => {
                prop_assert!(!is_promised(geometry, &available));
                prop_assert!(rebuilt.iter().flatten().all(|byte| *byte == 0xA5));
            }
        }
    }

    #[test]
    fn any_range_comes_back_from_parts_as_long_as_it_and_no_longer(
        (codec, available) in losses(geometries()), len in 1usize..5000, seed: u8,
        a: Index, b: Index,
    ) {
        let content = bytes(len, seed);
        let layout = SegmentLayout::new(codec.geometry(), len as u64).unwrap();
        let mut padded = content.clone();
        pad(&layout, &mut padded).unwrap();
        let parity = encode_segment(&codec, &layout, &padded).unwrap();
        let mut shards = split(&layout, &padded).unwrap();
        shards.extend(parity.iter().map(Vec::as_slice));

        let (a, b) = (a.index(len + 1), b.index(len + 1));
        let range = a.min(b)..a.max(b);
        let plan = match RangePlan::new(&codec, &layout, &available, range.clone()) {
            Ok(plan) => plan,
            Err(_) => {
                prop_assert!(!is_promised(codec.geometry(), &available));
                return Ok(());
            }
        };
        for read in plan.reads() {
            prop_assert!(available.contains(&read.shard) && read.range.len() <= range.len());
        }
        let mut parts: Vec<&[u8]> =
            plan.reads().iter().map(|read| &shards[read.shard][read.range.clone()]).collect();
        let mut out = vec![0xA5; range.len()];
        plan.decode(&codec, &parts, &mut out).unwrap();
        prop_assert!(out == content[range]);
        if parts.pop().is_some() {
            let refused = plan.decode(&codec, &parts, &mut out);
            let expected = parts.len() + 1;
            prop_assert_eq!(refused, Err(Error::ShardCount { expected, got: expected - 1 }));
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn streams_come_back_whole_or_as_a_right_beginning(
        (codec, available) in losses(geometries()), len in 0usize..6000, unit in 1usize..4,
        seed: u8, cut: Index, at: Index,
    ) {
        let content = bytes(len, seed);
        let mut shards = vec![Vec::new(); codec.geometry().total()];
        let written = stream::encode(&codec, unit * 64, &content[..], &mut shards).unwrap();
        prop_assert_eq!(written, len as u64);
        let layout = StreamLayout::new(codec.geometry(), unit * 64, written).unwrap();
        let mut readers: Vec<Option<&[u8]>> = shards
            .iter()
            .enumerate()
            .map(|(index, shard)| available.contains(&index).then_some(&shard[..]))
            .collect();
        let mut decoded = Vec::new();
        match stream::decode(&codec, &layout, &mut readers, &mut decoded) {
            Ok(()) => prop_assert!(decoded == content),
            Err(_) => prop_assert!(!is_promised(codec.geometry(), &available)),
        }
        // One that ends early is lost from there on.
        let short = cut.index(shards.len());
        let end = at.index(shards[short].len() + 1);
        let mut readers: Vec<Option<&[u8]>> = shards.iter().map(|shard| Some(&shard[..])).collect();
        readers[short] = Some(&shards[short][..end]);
        let mut decoded = Vec::new();
        stream::decode(&codec, &layout, &mut readers, &mut decoded).unwrap();
        prop_assert!(decoded == content);
    }

    #[test]
    fn as_many_wrong_shards_as_half_of_those_beyond_the_data_are_found(
        (codec, available) in losses(rs8()), len in lengths(), seed: u8,
        wrong in prop::collection::vec((any::<Index>(), any::<Index>(), 1u8..), 0..8),
    ) {
        let data = codec.geometry().data();
        let right = codeword(&codec, len, seed);
        let mut shards = right.clone();
        let most = available.len().saturating_sub(data) / 2;
        for (index, at, change) in wrong.iter().take(most) {
            shards[available[index.index(available.len())]][at.index(len)] ^= change;
        }
        let wrong: Vec<usize> = (0..shards.len()).filter(|i| shards[*i] != right[*i]).collect();
        let mut present: Vec<(usize, &mut [u8])> = shards
            .iter_mut()
            .map(Vec::as_mut_slice)
            .enumerate()
            .filter(|(index, _)| available.contains(index))
            .collect();
        let found = codec.correct(&mut present);
        if available.len() < data {
            let have = available.len();
            prop_assert_eq!(found, Err(Error::NotEnoughShards { have, need: data }));
        } else {
            prop_assert_eq!(found, Ok(wrong));
            prop_assert!(shards == right);
        }
    }

    #[test]
    fn a_lost_shard_of_a_group_comes_back_from_the_group_alone(
        lrc in lrc(), len in lengths(), seed: u8, lost: Index,
    ) {
        let codec = Codec::new(lrc.into());
        let shards = codeword(&codec, len, seed);
        let lost = lost.index(lrc.data() + lrc.local_groups());
        let group = lrc.group_of(lost).unwrap();
        let others: Vec<usize> = lrc
            .group_data(group)
            .chain([lrc.data() + group])
            .filter(|shard| *shard != lost)
            .collect();
        let there: Vec<usize> = (0..shards.len()).filter(|shard| *shard != lost).collect();
        prop_assert_eq!(codec.sources(&there, &[lost]), Ok(others.clone()));
        let present: Vec<(usize, &[u8])> =
            others.iter().map(|&index| (index, &shards[index][..])).collect();
        let mut rebuilt = vec![0xA5; len];
        codec.reconstruct(&present, &mut [(lost, &mut rebuilt)]).unwrap();
        prop_assert!(rebuilt == shards[lost]);
    }

    #[test]
    fn a_changed_range_of_a_data_shard_gives_the_parity_of_the_new_data(
        codec in codecs(geometries()), len in lengths(), seed: u8, index: Index, a: Index, b: Index,
    ) {
        let mut shards = codeword(&codec, len, seed);
        let index = index.index(codec.geometry().data());
        let (a, b) = (a.index(len), b.index(len));
        let range = a.min(b)..a.max(b) + 1;
        let new = bytes(range.len(), !seed);
        let (data, parity) = shards.split_at_mut(codec.geometry().data());
        let mut ranges: Vec<&mut [u8]> =
            parity.iter_mut().map(|shard| &mut shard[range.clone()]).collect();
        codec.update(index, &data[index][range.clone()], &new, &mut ranges).unwrap();
        data[index][range].copy_from_slice(&new);
        prop_assert_eq!(codec.verify(&shards), Ok(()));
    }
}
