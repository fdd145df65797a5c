use alloc::vec;
use alloc::vec::Vec;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::{Geometry, Lrc};

fn codeword(codec: &Codec, len: usize, rng: &mut impl Rng) -> Vec<Vec<u8>> {
    let mut shards = vec![vec![0; len]; codec.geometry().total()];
    shards.iter_mut().for_each(|shard| rng.fill_bytes(shard));
    let (data, parity) = shards.split_at_mut(codec.geometry().data());
    codec.encode(data, parity).unwrap();
    shards
}

fn correct(codec: &Codec, shards: &mut [Vec<u8>], present: &[usize]) -> Result<Vec<usize>, Error> {
    let mut present: Vec<(usize, &mut [u8])> = shards
        .iter_mut()
        .map(Vec::as_mut_slice)
        .enumerate()
        .filter(|(index, _)| present.contains(index))
        .collect();
    codec.correct(&mut present)
}

#[test]
fn every_set_of_wrong_shards_up_to_half_the_parity_is_found_and_corrected() {
    for geometry in [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::rs8(3, 5).unwrap()] {
        let codec = Codec::new(geometry);
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let total = geometry.total();
        let all: Vec<usize> = (0..total).collect();
        let right = codeword(&codec, 9, rng);
        for set in 0u32..1 << total {
            let wrong: Vec<usize> = (0..total).filter(|i| set >> i & 1 == 1).collect();
            if wrong.len() > geometry.parity() / 2 {
                continue;
            }
            let mut shards = right.clone();
            for (nth, &index) in wrong.iter().enumerate() {
                // Some wrong at one place only, and not all at the same.
                match nth % 2 {
                    0 => shards[index][nth] ^= 1 + rng.next_u32().to_le_bytes()[0] / 2,
                    _ => shards[index].iter_mut().for_each(|byte| *byte ^= 0x5A),
                }
            }
            assert_eq!(correct(&codec, &mut shards, &all), Ok(wrong));
            assert!(shards == right);
        }
    }
}

#[test]
fn lost_and_wrong_shards_together_are_within_the_bound() {
    let rng = &mut ChaCha8Rng::seed_from_u64(2);
    for (data, parity) in [(10, 4), (4, 8), (40, 20), (100, 30), (1, 4)] {
        let codec = Codec::new(Geometry::rs8(data, parity).unwrap());
        let right = codeword(&codec, 3 * CHUNK + 5, rng);
        for lost in 0..=usize::from(parity) {
            let mut order: Vec<usize> = (0..right.len()).collect();
            order.shuffle(rng);
            let present = order.split_off(lost);
            let most = (usize::from(parity) - lost) / 2;
            let mut shards = right.clone();
            let mut wrong = present[..most].to_vec();
            for &index in &wrong {
                let at = rng.next_u32() as usize % shards[index].len();
                shards[index][at] ^= 0x10;
            }
            wrong.sort_unstable();
            assert_eq!(correct(&codec, &mut shards, &present), Ok(wrong));
            assert!(shards == right);
        }
    }
}

#[test]
fn one_random_wrong_shard_more_is_refused_and_nothing_written() {
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    for (data, parity) in [(3, 2), (4, 8), (10, 4), (5, 3), (5, 1)] {
        let codec = Codec::new(Geometry::rs8(data, parity).unwrap());
        let right = codeword(&codec, 64, rng);
        let all: Vec<usize> = (0..right.len()).collect();
        for _ in 0..200 {
            let mut order = all.clone();
            order.shuffle(rng);
            let mut shards = right.clone();
            let most = usize::from(parity) / 2;
            for &index in &order[..=most] {
                rng.fill_bytes(&mut shards[index]);
            }
            let before = shards.clone();
            let refused = correct(&codec, &mut shards, &all);
            assert_eq!(refused, Err(Error::TooManyWrong { most }));
            assert!(shards == before);
        }
    }
}

/// The stated chance, where it is large enough to be seen: 3+2 and one byte, two of five wrong.
/// C(3, 1) / 256 is 1.17 %.
#[test]
fn the_chance_of_a_miss_is_what_is_stated() {
    let rng = &mut ChaCha8Rng::seed_from_u64(4);
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let right = codeword(&codec, 1, rng);
    let tries = 20_000u32;
    let mut missed = 0;
    for _ in 0..tries {
        let mut order: Vec<usize> = (0..5).collect();
        order.shuffle(rng);
        let mut shards = right.clone();
        for &index in &order[..2] {
            shards[index][0] ^= 1 + (rng.next_u32() % 255).to_le_bytes()[0];
        }
        missed += u32::from(correct(&codec, &mut shards, &[0, 1, 2, 3, 4]).is_ok());
    }
    let expected = tries * 3 / 256;
    assert!((expected * 4 / 5..=expected * 6 / 5).contains(&missed), "{missed} of {tries}");
}

/// What no decoder can tell: shards of another codeword, more than half of those beyond the data.
#[test]
fn crafted_shards_beyond_the_bound_pass_for_right_ones() {
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let (right, other) = (codeword(&codec, 50, rng), codeword(&codec, 50, rng));
    let mut shards = right.clone();
    for index in [0, 1, 2, 3] {
        shards[index] = other[index].clone();
    }
    assert_eq!(correct(&codec, &mut shards, &[0, 1, 2, 3, 4]), Ok(vec![4]));
    assert!(shards == other);
}

#[test]
fn with_no_shard_too_many_nothing_is_found() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let mut shards = codeword(&codec, 50, &mut ChaCha8Rng::seed_from_u64(6));
    shards[0][0] ^= 1;
    assert_eq!(correct(&codec, &mut shards, &[0, 1, 2]), Ok(Vec::new()));
    let refused = correct(&codec, &mut shards, &[0, 1, 2, 3]);
    assert_eq!(refused, Err(Error::TooManyWrong { most: 0 }));
}

#[test]
fn refuses_wrong_shapes_and_other_codes() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let mut shards = [[0u8; 4]; 5];
    let mut present = |indexes: &[usize]| {
        let buffers = shards.iter_mut().map(|shard| &mut shard[..]);
        let mut present: Vec<(usize, &mut [u8])> = indexes.iter().copied().zip(buffers).collect();
        codec.correct(&mut present)
    };
    assert_eq!(present(&[0, 1, 2, 3]), Ok(Vec::new()));
    assert_eq!(present(&[0, 1]), Err(Error::NotEnoughShards { have: 2, need: 3 }));
    assert_eq!(present(&[0, 1, 1]), Err(Error::RepeatedIndex { index: 1 }));
    assert_eq!(present(&[0, 1, 5]), Err(Error::IndexOutOfRange { index: 5, total: 5 }));
    let (mut a, mut b, mut c) = ([0; 4], [0; 4], [0; 5]);
    let refused = codec.correct(&mut [(0, &mut a), (1, &mut b), (2, &mut c)]);
    assert_eq!(refused, Err(Error::ShardLength { expected: 4, got: 5 }));
    let refused = codec.correct(&mut [(0, &mut []), (1, &mut []), (2, &mut [])]);
    assert_eq!(refused, Err(Error::EmptyShard));
    let lrc = Codec::new(Lrc::SMALL.into());
    assert_eq!(lrc.correct(&mut []), Err(Error::CorrectionUnsupported { code: Code::Lrc8 }));
}
