//! One codec, used by many threads at once; and the threads of `rayon`, which change nothing.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use cess_erasure::{Codec, Engine, Geometry, Lrc};

fn codeword(codec: &Codec, len: usize, seed: usize) -> Vec<Vec<u8>> {
    let mut shards: Vec<Vec<u8>> = (0..codec.geometry().total())
        .map(|shard| {
            (0..len).map(|at| (at * 29 + at / 3 + shard * 7 + seed).to_le_bytes()[0]).collect()
        })
        .collect();
    let (data, parity) = shards.split_at_mut(codec.geometry().data());
    codec.encode(data, parity).unwrap();
    shards
}

/// Eight threads encode, verify, rebuild, update and correct shards of their own, each loss another
/// one, so that plans come and go in the cache that they share.
#[test]
fn eight_threads_share_a_codec_and_get_what_one_gets() {
    for geometry in [Geometry::CLASSIC, Geometry::CESS, Lrc::CLASSIC.into()] {
        let codec = Codec::new(geometry);
        let alone = Codec::with_engine(geometry, Engine::Portable).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8usize {
                let (codec, alone) = (&codec, &alone);
                scope.spawn(move || {
                    for round in 0..60usize {
                        let len = 300 + thread * 64 + round;
                        let right = codeword(codec, len, thread * 1000 + round);
                        assert_eq!(alone.verify(&right), Ok(()));
                        let total = right.len();
                        let lost = [(round * 5 + thread) % total, (round * 3 + thread * 7) % total];
                        let present: Vec<(usize, &[u8])> = (0..total)
                            .filter(|index| !lost.contains(index))
                            .map(|index| (index, &right[index][..]))
                            .collect();
                        let (mut a, mut b) = (vec![0; len], vec![0; len]);
                        let mut missing: Vec<(usize, &mut [u8])> =
                            vec![(lost[0], &mut a), (lost[1], &mut b)];
                        missing.truncate(if lost[0] == lost[1] { 1 } else { 2 });
                        codec.reconstruct(&present, &mut missing).unwrap();
                        assert!(missing.iter().all(|(index, shard)| **shard == right[*index][..]));

                        let mut shards = right.clone();
                        let (data, parity) = shards.split_at_mut(geometry.data());
                        let changed = round % geometry.data();
                        let new = vec![thread.to_le_bytes()[0]; len];
                        codec.update(changed, &data[changed], &new, parity).unwrap();
                        data[changed] = new;
                        assert_eq!(codec.verify(&shards), Ok(()));
                        if geometry.lrc().is_none() {
                            let mut shards = right.clone();
                            shards[lost[0]][round] ^= 1;
                            let mut present: Vec<(usize, &mut [u8])> =
                                shards.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
                            assert_eq!(codec.correct(&mut present), Ok(vec![lost[0]]));
                            assert!(shards == right);
                        }
                    }
                });
            }
        });
    }
}

/// Shards long enough to be shared out, with ends that are no multiple of anything, on pools of one
/// thread to five.
#[test]
#[cfg(feature = "rayon")]
fn any_number_of_threads_gives_the_same_bytes() {
    for engine in [Engine::Portable, Engine::best()] {
        for geometry in [Geometry::WHITE_PAPER, Geometry::rs8(20, 10).unwrap(), Lrc::SMALL.into()] {
            let codec = Codec::with_engine(geometry, engine).unwrap();
            for len in [128 << 10, 300_001, 1_048_703] {
                let pool = |threads: usize| {
                    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
                };
                let results = |threads: usize| {
                    pool(threads).install(|| {
                        let mut shards = codeword(&codec, len, 1);
                        codec.verify(&shards).unwrap();
                        let (mut a, mut b) = (vec![0xA5; len], vec![0xA5; len]);
                        let present: Vec<(usize, &[u8])> =
                            shards.iter().map(Vec::as_slice).enumerate().skip(2).collect();
                        codec.reconstruct(&present, &mut [(0, &mut a), (1, &mut b)]).unwrap();
                        assert!(a == shards[0] && b == shards[1], "{geometry}, {threads} threads");
                        let new = vec![7; len];
                        let (data, parity) = shards.split_at_mut(geometry.data());
                        codec.update(1, &data[1], &new, parity).unwrap();
                        shards
                    })
                };
                let expected = results(1);
                for threads in [2, 3, 5] {
                    assert!(results(threads) == expected, "{geometry}, {threads} threads");
                }
            }
        }
    }
}
