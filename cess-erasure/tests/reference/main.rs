//! The same bytes as a plain reference and as `reed-solomon-erasure`, and every loss undone.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod locality;
mod naive;

use cess_erasure::{Codec, Error, Geometry};
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reed_solomon_erasure::galois_8::ReedSolomon;

/// Around the widths of words, vectors and chunks.
const LENGTHS: &[usize] =
    &[1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 1000, 4095, 4096, 4097, 8192, 8197];

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn random_shards(count: usize, len: usize, rng: &mut impl Rng) -> Vec<Vec<u8>> {
    let mut shards = vec![vec![0; len]; count];
    shards.iter_mut().for_each(|shard| rng.fill_bytes(shard));
    shards
}

/// All shards of a random codeword.
fn codeword(codec: &Codec, len: usize, rng: &mut impl Rng) -> Vec<Vec<u8>> {
    let geometry = codec.geometry();
    let mut shards = random_shards(geometry.total(), len, rng);
    let (data, parity) = shards.split_at_mut(geometry.data());
    codec.encode(data, parity).unwrap();
    shards
}

fn peer_codeword(geometry: Geometry, data: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let peer = ReedSolomon::new(geometry.data(), geometry.parity()).unwrap();
    let mut shards = data.to_vec();
    shards.resize(geometry.total(), vec![0; data[0].len()]);
    peer.encode(&mut shards).unwrap();
    shards
}

fn pick<'a>(shards: &'a [Vec<u8>], indexes: &[usize]) -> Vec<(usize, &'a [u8])> {
    indexes.iter().map(|&index| (index, shards[index].as_slice())).collect()
}

/// Rebuilds the shards of these indexes, into buffers that hold something else before.
fn rebuild(
    codec: &Codec,
    present: &[(usize, &[u8])],
    wanted: &[usize],
) -> Result<Vec<Vec<u8>>, Error> {
    let mut buffers = vec![vec![0xA5; present[0].1.len()]; wanted.len()];
    let mut missing: Vec<(usize, &mut [u8])> =
        wanted.iter().copied().zip(buffers.iter_mut().map(Vec::as_mut_slice)).collect();
    codec.reconstruct(present, &mut missing)?;
    Ok(buffers)
}

/// From the survivors of this bit set alone, every other shard comes back.
fn survives(codec: &Codec, shards: &[Vec<u8>], survivors: u32) {
    let (left, lost): (Vec<usize>, Vec<usize>) =
        (0..shards.len()).partition(|index| survivors >> index & 1 == 1);
    let rebuilt = rebuild(codec, &pick(shards, &left), &lost).unwrap();
    for (index, shard) in lost.iter().zip(&rebuilt) {
        assert_eq!(shard, &shards[*index], "shard {index} from {left:?}");
    }
    let mut data = vec![vec![0xA5; shards[0].len()]; codec.geometry().data()];
    codec.decode(&pick(shards, &left), &mut data).unwrap();
    assert_eq!(data, shards[..data.len()], "data from {left:?}");
}

fn every_survivor_set(geometry: Geometry) -> usize {
    let codec = Codec::new(geometry);
    let shards = codeword(&codec, 133, &mut rng(1));
    let sets =
        (0u32..1 << geometry.total()).filter(|set| set.count_ones() as usize == geometry.data());
    sets.inspect(|&set| survives(&codec, &shards, set)).count()
}

#[test]
fn all_10_survivor_sets_of_3_and_2_suffice() {
    assert_eq!(every_survivor_set(Geometry::WHITE_PAPER), 10);
}

#[test]
fn all_495_survivor_sets_of_4_and_8_suffice() {
    assert_eq!(every_survivor_set(Geometry::CESS), 495);
}

#[test]
fn all_1001_survivor_sets_of_10_and_4_suffice() {
    assert_eq!(every_survivor_set(Geometry::CLASSIC), 1001);
}

#[test]
fn no_3_survivors_of_4_and_8_suffice() {
    let codec = Codec::new(Geometry::CESS);
    let shards = codeword(&codec, 64, &mut rng(2));
    for set in (0u32..1 << 12).filter(|set| set.count_ones() == 3) {
        let left: Vec<usize> = (0..12).filter(|index| set >> index & 1 == 1).collect();
        let lost = (0..12).find(|index| set >> index & 1 == 0).unwrap();
        let refused = rebuild(&codec, &pick(&shards, &left), &[lost]);
        assert_eq!(refused, Err(Error::NotEnoughShards { have: 3, need: 4 }));
    }
}

#[test]
fn parity_of_the_presets_is_that_of_the_peer_at_every_length() {
    for geometry in [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::CLASSIC] {
        let codec = Codec::new(geometry);
        for &len in LENGTHS {
            let shards = codeword(&codec, len, &mut rng(len as u64));
            assert_eq!(shards, peer_codeword(geometry, &shards[..geometry.data()]), "{len}");
        }
    }
}

#[test]
fn parity_of_the_largest_geometries_is_that_of_the_peer() {
    for (data, parity) in [(1, 255), (255, 1), (128, 128), (200, 56), (13, 9), (97, 3), (26, 17)] {
        let geometry = Geometry::rs8(data, parity).unwrap();
        let shards = codeword(&Codec::new(geometry), 75, &mut rng(3));
        assert_eq!(shards, peer_codeword(geometry, &shards[..geometry.data()]), "{geometry}");
    }
}

/// `testOneEncode` of Backblaze's JavaReedSolomon, also in klauspost/reedsolomon.
#[test]
fn parity_of_the_published_example_is_as_published() {
    let data = [[0u8, 1], [4, 5], [2, 3], [6, 7], [8, 9]];
    let mut parity = [[0u8; 2]; 5];
    Codec::new(Geometry::rs8(5, 5).unwrap()).encode(&data, &mut parity).unwrap();
    assert_eq!(parity, [[12, 13], [10, 11], [14, 15], [90, 91], [94, 95]]);
}

#[test]
fn parity_is_that_of_the_reference() {
    for (data, parity) in [(1, 1), (1, 9), (2, 3), (3, 2), (4, 8), (10, 4), (17, 16), (30, 1)] {
        let codec = Codec::new(Geometry::rs8(data, parity).unwrap());
        let shards = codeword(&codec, 41, &mut rng(4));
        let data = shards[..usize::from(data)].to_vec();
        assert_eq!(shards[data.len()..], naive::encode(&data, usize::from(parity)));
    }
}

#[test]
fn lengths_and_places_in_memory_do_not_matter() {
    let codec = Codec::new(Geometry::CESS);
    let mut buffer = vec![0u8; 40_000];
    rng(5).fill_bytes(&mut buffer);
    for shift in 0..17 {
        let data: Vec<&[u8]> =
            (0..4).map(|i| &buffer[i * 5000 + shift * (i + 1)..][..4101]).collect();
        let copies: Vec<Vec<u8>> = data.iter().map(|shard| shard.to_vec()).collect();
        let mut parity = vec![0u8; 8 * 4200 + 16];
        let mut places: Vec<&mut [u8]> =
            parity[shift..].chunks_mut(4200).take(8).map(|place| &mut place[..4101]).collect();
        codec.encode(&data, &mut places).unwrap();
        let mut all = data.clone();
        all.extend(places.iter().map(|place| &**place));
        codec.verify(&all).unwrap();
        assert_eq!(all[4..], peer_codeword(Geometry::CESS, &copies)[4..]);
    }
}

fn geometries() -> impl Strategy<Value = Geometry> {
    (1u16..=40, 1u16..=24).prop_map(|(data, parity)| Geometry::rs8(data, parity).unwrap())
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![prop::sample::select(LENGTHS), 1usize..300]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_peer_writes_the_same_bytes(geometry in geometries(), len in lengths(), seed: u64) {
        let shards = codeword(&Codec::new(geometry), len, &mut rng(seed));
        prop_assert_eq!(&shards, &peer_codeword(geometry, &shards[..geometry.data()]));
    }

    #[test]
    fn every_loss_up_to_the_parity_is_undone(
        geometry in geometries(), len in lengths(), seed: u64, lost in 0usize..=24,
    ) {
        let codec = Codec::new(geometry);
        let rng = &mut rng(seed);
        let shards = codeword(&codec, len, rng);
        let mut order: Vec<usize> = (0..geometry.total()).collect();
        order.shuffle(rng);
        let (lost, left) = order.split_at(lost.min(geometry.parity()));
        let present = pick(&shards, left);
        let rebuilt = rebuild(&codec, &present, lost).unwrap();
        for (index, rebuilt) in lost.iter().zip(&rebuilt) {
            prop_assert_eq!(rebuilt, &shards[*index]);
        }
        let mut data = vec![vec![0; len]; geometry.data()];
        codec.decode(&present, &mut data).unwrap();
        prop_assert_eq!(&data, &shards[..geometry.data()]);
    }

    #[test]
    fn one_loss_more_is_refused(geometry in geometries(), seed: u64) {
        let codec = Codec::new(geometry);
        let rng = &mut rng(seed);
        let shards = codeword(&codec, 9, rng);
        let mut order: Vec<usize> = (0..geometry.total()).collect();
        order.shuffle(rng);
        let (lost, left) = order.split_at(geometry.parity() + 1);
        let mut buffer = [0xA5; 9];
        let refused = codec.reconstruct(&pick(&shards, left), &mut [(lost[0], &mut buffer)]);
        let (have, need) = (geometry.data() - 1, geometry.data());
        prop_assert_eq!(refused, Err(Error::NotEnoughShards { have, need }));
        prop_assert_eq!(buffer, [0xA5; 9]);
    }

    #[test]
    fn the_reference_rebuilds_the_same_bytes(
        data in 1u16..=9, parity in 1u16..=9, len in 1usize..40, seed: u64,
    ) {
        let codec = Codec::new(Geometry::rs8(data, parity).unwrap());
        let rng = &mut rng(seed);
        // Shards of no codeword: whatever is present, both interpolate it alike.
        let shards = random_shards(codec.geometry().total(), len, rng);
        let mut order: Vec<usize> = (0..shards.len()).collect();
        order.shuffle(rng);
        let (left, lost) = order.split_at(usize::from(data));
        let present = pick(&shards, left);
        let expected = naive::rebuild(&present, usize::from(data), shards.len());
        for (index, rebuilt) in lost.iter().zip(rebuild(&codec, &present, lost).unwrap()) {
            prop_assert_eq!(&rebuilt, &expected[*index]);
        }
    }

    #[test]
    fn verify_takes_codewords_and_refuses_any_changed_bit(
        geometry in geometries(), len in lengths(), seed: u64,
        at: prop::sample::Index, shard: prop::sample::Index, bit in 0u32..8,
    ) {
        let codec = Codec::new(geometry);
        let mut shards = codeword(&codec, len, &mut rng(seed));
        prop_assert_eq!(codec.verify(&shards), Ok(()));
        let shard = shard.index(shards.len());
        shards[shard][at.index(len)] ^= 1 << bit;
        let parity = shard.saturating_sub(geometry.data());
        prop_assert_eq!(codec.verify(&shards), Err(Error::ParityMismatch { parity }));
    }
}
