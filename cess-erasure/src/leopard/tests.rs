use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::Codec;
use crate::segment::{RangePlan, SegmentLayout, encode_segment, pad, split};

fn random(count: usize, len: usize, rng: &mut impl Rng) -> Vec<Vec<u8>> {
    let mut shards = vec![vec![0; len]; count];
    shards.iter_mut().for_each(|shard| rng.fill_bytes(shard));
    shards
}

/// Lengths around blocks, and longer than a part of the columns, also where a part is shorter than
/// what an update takes at a time.
const CASES: [(u16, u16, usize); 6] =
    [(3, 2, 2), (3, 2, 66), (300, 20, 64), (200, 100, 30_002), (1000, 400, 2800), (5, 3, 600_000)];

#[test]
fn parity_is_that_of_the_library_and_every_loss_up_to_it_is_undone() {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for (data, parity, len) in CASES {
        let geometry = Geometry::leopard16(data, parity).unwrap();
        let codec = Codec::new(geometry);
        let mut shards = random(geometry.data(), len, rng);
        let expected = reed_solomon_simd::encode(data.into(), parity.into(), &shards).unwrap();
        shards.resize(geometry.total(), vec![0; len]);
        let (originals, recovery) = shards.split_at_mut(geometry.data());
        codec.encode(originals, recovery).unwrap();
        assert!(recovery == expected, "{geometry} {len}");
        assert_eq!(codec.verify(&shards), Ok(()));

        let mut order: Vec<usize> = (0..geometry.total()).collect();
        order.shuffle(rng);
        let (lost, left) = order.split_at(geometry.parity());
        let present: Vec<(usize, &[u8])> = left.iter().map(|&i| (i, &shards[i][..])).collect();
        let mut buffers = vec![vec![0xA5; len]; lost.len()];
        let mut missing: Vec<(usize, &mut [u8])> =
            lost.iter().copied().zip(buffers.iter_mut().map(|b| &mut b[..])).collect();
        codec.reconstruct(&present, &mut missing).unwrap();
        assert!(lost.iter().zip(&buffers).all(|(i, buffer)| *buffer == shards[*i]));

        let (new, index) = (random(1, len, rng).remove(0), usize::from(data) - 1);
        let (originals, recovery) = shards.split_at_mut(geometry.data());
        codec.update(index, &originals[index], &new, recovery).unwrap();
        originals[index] = new;
        assert_eq!(codec.verify(&shards), Ok(()));
        shards[geometry.data() + 1][len - 1] ^= 1;
        assert_eq!(codec.verify(&shards), Err(Error::ParityMismatch { parity: 1 }));
    }
}

#[test]
fn refuses_odd_shards_too_few_and_too_many() {
    let codec = Codec::new(Geometry::leopard16(3, 2).unwrap());
    let mut parity = [vec![0xA5; 3], vec![0xA5; 3]];
    let refused = codec.encode(&[[1u8; 3]; 3], &mut parity);
    assert_eq!(refused, Err(Error::OddShard { got: 3 }));
    let refused = codec.update(0, &[1; 3], &[2; 3], &mut parity);
    assert_eq!(refused, Err(Error::OddShard { got: 3 }));
    assert_eq!(parity, [[0xA5; 3]; 2]);
    let mut long = [vec![0xA5; 5001], vec![0xA5; 5001]];
    let refused = codec.update(0, &[1; 5001], &[2; 5001], &mut long);
    assert_eq!(refused, Err(Error::OddShard { got: 5001 }));
    assert!(long.iter().flatten().all(|byte| *byte == 0xA5));
    let mut buffer = [0xA5; 4];
    let refused = codec.reconstruct(&[(1, &[1; 4]), (2, &[1; 4])], &mut [(0, &mut buffer)]);
    assert_eq!(refused, Err(Error::NotEnoughShards { have: 2, need: 3 }));
    assert_eq!(
        codec.correct(&mut []).map_err(|e| e.to_string()),
        Err("no correction without digests in leopard16".into())
    );
    assert!(Geometry::leopard16(32_768, 32_767).is_ok());
    let refused = Geometry::leopard16(40_000, 40_000);
    assert_eq!(refused, Err(Error::TooManyShards { max: 65_535, got: 80_000 }));
    let bytes = Geometry::leopard16(1000, 400).unwrap().to_bytes();
    assert_eq!(bytes, [2, 232, 3, 144, 1]);
    assert_eq!(Geometry::from_bytes(&bytes), Geometry::leopard16(1000, 400));
}

/// Blocks of 64 bytes hang together, so parts of them aren't rebuilt from the same parts of others.
#[test]
fn every_range_of_a_segment_comes_back_through_losses() {
    let geometry = Geometry::leopard16(3, 2).unwrap();
    let codec = Codec::new(geometry);
    let layout = SegmentLayout::new(geometry, 350).unwrap();
    let content: Vec<u8> = (0..=255).cycle().take(350).collect();
    let mut padded = content.clone();
    pad(&layout, &mut padded).unwrap();
    let parity = encode_segment(&codec, &layout, &padded).unwrap();
    let mut shards = split(&layout, &padded).unwrap();
    shards.extend(parity.iter().map(Vec::as_slice));
    for available in [&[0, 1, 2, 3, 4][..], &[0, 2, 3], &[2, 3, 4], &[4, 1, 3]] {
        for start in (0..=350).step_by(3) {
            for end in (start..=350).step_by(17) {
                let plan = RangePlan::new(&codec, &layout, available, start..end).unwrap();
                let parts: Vec<&[u8]> = plan
                    .reads()
                    .iter()
                    .map(|read| &shards[read.shard][read.range.clone()])
                    .collect();
                let mut out = vec![0xA5; plan.len()];
                plan.decode(&codec, &parts, &mut out).unwrap();
                assert!(out == content[start..end], "{start}..{end} of {available:?}");
            }
        }
    }
}
