use super::*;

const SHARDS: [[u8; 2]; 5] = [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]];

fn codec() -> Codec {
    Codec::new(Geometry::WHITE_PAPER)
}

fn codeword() -> [[u8; 2]; 5] {
    let mut shards = SHARDS;
    let (data, parity) = shards.split_at_mut(3);
    codec().encode(data, parity).unwrap();
    shards
}

fn present(indexes: &[usize]) -> Vec<(usize, &'static [u8])> {
    indexes.iter().map(|&index| (index, &SHARDS[index % 5][..])).collect()
}

/// What [`Codec::reconstruct`] says of these indexes; after an error the buffers must be untouched.
fn reconstruct(from: &[usize], wanted: &[usize]) -> Result<(), Error> {
    let mut buffers = vec![[0xA5; 2]; wanted.len()];
    let mut missing: Vec<(usize, &mut [u8])> =
        wanted.iter().copied().zip(buffers.iter_mut().map(|buffer| &mut buffer[..])).collect();
    let result = codec().reconstruct(&present(from), &mut missing);
    if result.is_err() {
        assert!(
            buffers.iter().all(|buffer| *buffer == [0xA5; 2]),
            "written in spite of {result:?}"
        );
    }
    result
}

#[test]
fn codecs_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Codec>();
}

#[test]
fn encode_refuses_another_number_of_shards() {
    let codec = codec();
    let refused = |expected, got| Err(Error::ShardCount { expected, got });
    assert_eq!(codec.encode(&[[1u8]; 2], &mut [[0u8]; 2]), refused(3, 2));
    assert_eq!(codec.encode(&[[1u8]; 4], &mut [[0u8]; 2]), refused(3, 4));
    assert_eq!(codec.encode(&[[1u8]; 3], &mut [[0u8]; 1]), refused(2, 1));
    assert_eq!(codec.encode(&[[1u8]; 3], &mut [[0u8]; 3]), refused(2, 3));
    assert_eq!(codec.encode(&[[1u8]; 3], &mut [[0u8]; 2]), Ok(()));
}

#[test]
fn encode_refuses_unequal_and_empty_shards() {
    let codec = codec();
    let mut parity = [vec![0xA5; 2], vec![0xA5; 2]];
    let refused = codec.encode(&[&[1u8, 2][..], &[3, 4], &[5]], &mut parity);
    assert_eq!(refused, Err(Error::ShardLength { expected: 2, got: 1 }));
    let refused = codec.encode(&[[1u8; 3]; 3], &mut parity);
    assert_eq!(refused, Err(Error::ShardLength { expected: 3, got: 2 }));
    assert_eq!(parity, [[0xA5; 2]; 2]);
    assert_eq!(codec.encode(&[[0u8; 0]; 3], &mut [[0u8; 0]; 2]), Err(Error::EmptyShard));
}

#[test]
fn verify_takes_a_codeword() {
    assert_eq!(codec().verify(&codeword()), Ok(()));
}

#[test]
fn verify_names_the_first_parity_shard_that_differs() {
    let refused = |parity| Err(Error::ParityMismatch { parity });
    let mut shards = codeword();
    shards[4][1] ^= 1;
    assert_eq!(codec().verify(&shards), refused(1));
    shards[3][1] ^= 1;
    assert_eq!(codec().verify(&shards), refused(0));
}

#[test]
fn verify_names_the_first_one_though_another_differs_at_an_earlier_byte() {
    let mut shards = vec![vec![3u8; 3 * VERIFY_CHUNK + 5]; 5];
    let (data, parity) = shards.split_at_mut(3);
    codec().encode(data, parity).unwrap();
    assert_eq!(codec().verify(&shards), Ok(()));
    shards[4][7] ^= 1;
    assert_eq!(codec().verify(&shards), Err(Error::ParityMismatch { parity: 1 }));
    shards[3][3 * VERIFY_CHUNK + 4] ^= 1;
    assert_eq!(codec().verify(&shards), Err(Error::ParityMismatch { parity: 0 }));
}

/// Any three shards rebuild the other two consistently, so only a shard beyond them can tell.
#[test]
fn verify_refuses_a_rebuilt_codeword_with_one_wrong_shard_beside_it() {
    for wrong in 0..5 {
        let mut shards = codeword();
        shards[wrong][0] ^= 0x40;
        let others = (0..5).filter(|&index| index != wrong);
        for lost in others {
            let mut rebuilt = shards;
            let present: Vec<(usize, &[u8])> = (0..5)
                .filter(|&index| index != lost)
                .map(|index| (index, &shards[index][..]))
                .collect();
            codec().reconstruct(&present, &mut [(lost, &mut rebuilt[lost])]).unwrap();
            assert!(
                matches!(codec().verify(&rebuilt), Err(Error::ParityMismatch { .. })),
                "shard {wrong} wrong, {lost} rebuilt"
            );
        }
    }
}

#[test]
fn verify_refuses_wrong_shapes() {
    let codec = codec();
    assert_eq!(codec.verify(&SHARDS[1..]), Err(Error::ShardCount { expected: 5, got: 4 }));
    let unequal: [&[u8]; 5] = [&[1], &[2], &[3], &[4], &[5, 6]];
    assert_eq!(codec.verify(&unequal), Err(Error::ShardLength { expected: 1, got: 2 }));
    assert_eq!(codec.verify(&[[0u8; 0]; 5]), Err(Error::EmptyShard));
}

#[test]
fn reconstruct_takes_enough_distinct_shards() {
    assert_eq!(reconstruct(&[0, 3, 4], &[1, 2]), Ok(()));
    assert_eq!(reconstruct(&[4, 3, 2, 1, 0], &[]), Ok(()));
    assert_eq!(reconstruct(&[1, 2, 4], &[3]), Ok(()));
}

#[test]
fn reconstruct_refuses_too_few_shards() {
    let refused = |have| Err(Error::NotEnoughShards { have, need: 3 });
    assert_eq!(reconstruct(&[0, 4], &[1]), refused(2));
    assert_eq!(reconstruct(&[], &[1]), refused(0));
    assert_eq!(reconstruct(&[0, 4], &[]), refused(2));
}

#[test]
fn reconstruct_refuses_indexes_outside_the_geometry() {
    let refused = |index| Err(Error::IndexOutOfRange { index, total: 5 });
    assert_eq!(reconstruct(&[0, 1, 5], &[2]), refused(5));
    assert_eq!(reconstruct(&[0, 1, 2], &[usize::MAX]), refused(usize::MAX));
}

#[test]
fn reconstruct_refuses_a_shard_named_twice() {
    let refused = |index| Err(Error::RepeatedIndex { index });
    assert_eq!(reconstruct(&[0, 1, 1], &[2]), refused(1));
    assert_eq!(reconstruct(&[0, 1, 2], &[3, 3]), refused(3));
    assert_eq!(reconstruct(&[0, 1, 2], &[2]), refused(2));
}

#[test]
fn reconstruct_refuses_unequal_and_empty_shards() {
    let codec = codec();
    let mut buffer = [0xA5; 2];
    let short: [(usize, &[u8]); 3] = [(0, &[1, 2]), (1, &[3]), (2, &[5, 6])];
    let refused = codec.reconstruct(&short, &mut [(3, &mut buffer)]);
    assert_eq!(refused, Err(Error::ShardLength { expected: 2, got: 1 }));
    let refused = codec.reconstruct(&present(&[0, 1, 2]), &mut [(3, &mut buffer[..1])]);
    assert_eq!(refused, Err(Error::ShardLength { expected: 2, got: 1 }));
    let empty: [(usize, &[u8]); 3] = [(0, &[]), (1, &[]), (2, &[])];
    let refused = codec.reconstruct(&empty, &mut [(3, &mut [])]);
    assert_eq!(refused, Err(Error::EmptyShard));
    assert_eq!(buffer, [0xA5; 2]);
}

#[test]
fn reconstruct_prefers_data_and_ignores_what_it_does_not_need() {
    let shards = codeword();
    let present: [(usize, &[u8]); 4] =
        [(4, &[0xEE, 0xEE]), (2, &shards[2]), (0, &shards[0]), (1, &shards[1])];
    let mut buffer = [0; 2];
    codec().reconstruct(&present, &mut [(3, &mut buffer)]).unwrap();
    assert_eq!(buffer, shards[3]);
}

#[test]
fn decode_gives_all_data_in_order() {
    let shards = codeword();
    let present: [(usize, &[u8]); 3] = [(4, &shards[4]), (2, &shards[2]), (3, &shards[3])];
    let mut data = [[0; 2]; 3];
    codec().decode(&present, &mut data).unwrap();
    assert_eq!(data, shards[..3]);
}

#[test]
fn decode_refuses_wrong_shapes_and_writes_nothing() {
    let codec = codec();
    let mut data = [vec![0xA5; 2], vec![0xA5; 2], vec![0xA5; 2]];
    let refused = codec.decode(&present(&[0, 1, 3]), &mut data[1..]);
    assert_eq!(refused, Err(Error::ShardCount { expected: 3, got: 2 }));
    let refused = codec.decode(&present(&[0, 3]), &mut data);
    assert_eq!(refused, Err(Error::NotEnoughShards { have: 2, need: 3 }));
    let refused = codec.decode(&present(&[0, 0, 3]), &mut data);
    assert_eq!(refused, Err(Error::RepeatedIndex { index: 0 }));
    let refused = codec.decode(&present(&[0, 1, 7]), &mut data);
    assert_eq!(refused, Err(Error::IndexOutOfRange { index: 7, total: 5 }));
    assert_eq!(data, [[0xA5; 2]; 3]);

    for short in 0..3 {
        let mut data = [vec![0xA5; 2], vec![0xA5; 2], vec![0xA5; 2]];
        data[short].pop();
        let refused = codec.decode(&present(&[0, 1, 3]), &mut data);
        assert_eq!(refused, Err(Error::ShardLength { expected: 2, got: 1 }));
        assert!(data.iter().flatten().all(|&byte| byte == 0xA5));
    }
}

#[test]
fn update_of_a_range_gives_the_parity_of_the_new_data() {
    for geometry in [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::rs8(20, 10).unwrap()] {
        let codec = Codec::new(geometry);
        let mut data: Vec<Vec<u8>> = (0..geometry.data())
            .map(|i| (0..300).map(|j| (i * 7 + j).to_le_bytes()[0]).collect())
            .collect();
        let mut parity = vec![vec![0; 300]; geometry.parity()];
        codec.encode(&data, &mut parity).unwrap();
        for (index, range) in [(0usize, 0..300usize), (geometry.data() - 1, 5..6), (1, 100..201)] {
            let new: Vec<u8> = range.clone().map(|at| (at * at).to_le_bytes()[0]).collect();
            let mut ranges: Vec<&mut [u8]> =
                parity.iter_mut().map(|shard| &mut shard[range.clone()]).collect();
            codec.update(index, &data[index][range.clone()], &new, &mut ranges).unwrap();
            data[index][range].copy_from_slice(&new);
            assert_eq!(codec.verify(&[data.clone(), parity.clone()].concat()), Ok(()));
        }
        codec.update(0, &[0; 300], &[1; 300], &mut parity).unwrap();
        let refused = codec.verify(&[data, parity].concat());
        assert!(refused.is_err(), "what isn't the old content makes it wrong");
    }
}

#[test]
fn update_refuses_wrong_shapes_and_writes_nothing() {
    let codec = codec();
    let mut parity = [vec![0xA5; 2], vec![0xA5; 2]];
    let refused = codec.update(3, &[1; 2], &[2; 2], &mut parity);
    assert_eq!(refused, Err(Error::IndexOutOfRange { index: 3, total: 3 }));
    let refused = codec.update(0, &[1; 2], &[2; 2], &mut parity[1..]);
    assert_eq!(refused, Err(Error::ShardCount { expected: 2, got: 1 }));
    let refused = codec.update(0, &[1; 2], &[2; 3], &mut parity);
    assert_eq!(refused, Err(Error::ShardLength { expected: 2, got: 3 }));
    let refused = codec.update(0, &[1; 3], &[2; 3], &mut parity);
    assert_eq!(refused, Err(Error::ShardLength { expected: 3, got: 2 }));
    assert_eq!(codec.update(0, &[], &[], &mut [[0u8; 0]; 2]), Err(Error::EmptyShard));
    assert_eq!(parity, [[0xA5; 2]; 2]);
}

#[test]
fn every_engine_encodes_and_rebuilds_the_same() {
    let data: Vec<Vec<u8>> = (0..10).map(|i| vec![i * 25 + 3; 1000]).collect();
    let mut expected = vec![vec![0; 1000]; 4];
    let portable = Codec::with_engine(Geometry::CLASSIC, Engine::Portable).unwrap();
    assert_eq!(portable.engine(), Engine::Portable);
    portable.encode(&data, &mut expected).unwrap();
    for engine in Engine::ALL {
        match Codec::with_engine(Geometry::CLASSIC, engine) {
            Ok(codec) => {
                assert_eq!(codec.engine(), engine);
                let mut parity = vec![vec![0xA5; 1000]; 4];
                codec.encode(&data, &mut parity).unwrap();
                assert!(parity == expected, "{engine}");
                let all: Vec<&[u8]> = data.iter().chain(&parity).map(Vec::as_slice).collect();
                let present: Vec<(usize, &[u8])> = all.into_iter().enumerate().skip(4).collect();
                let mut decoded = vec![vec![0; 1000]; 10];
                codec.decode(&present, &mut decoded).unwrap();
                assert!(decoded == data, "{engine}");
            }
            Err(error) => assert_eq!(error, Error::EngineUnavailable { engine }),
        }
    }
    assert_eq!(Codec::new(Geometry::CLASSIC).engine(), Engine::best());
}

/// Threads that rebuild every loss at once, far more than the cache keeps, all get what was lost.
#[test]
#[cfg(feature = "std")]
fn plans_are_kept_within_bounds_and_shared_between_threads() {
    let codec = Codec::with_engine(Geometry::CLASSIC, Engine::Portable).unwrap();
    let mut shards: Vec<Vec<u8>> = (0..14).map(|i| vec![i * 3 + 1; 64]).collect();
    let (data, parity) = shards.split_at_mut(10);
    codec.encode(data, parity).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (codec, shards) = (codec.clone(), &shards);
            scope.spawn(move || {
                for round in 0..400 {
                    let (a, b) = ((round * 5 + thread) % 14, (round * 3 + round / 14 + 1) % 14);
                    if a == b {
                        continue;
                    }
                    let there: Vec<(usize, &[u8])> = (0..14)
                        .filter(|i| *i != a && *i != b)
                        .map(|i| (i, &shards[i][..]))
                        .collect();
                    let (mut x, mut y) = ([0; 64], [0; 64]);
                    codec.reconstruct(&there, &mut [(a, &mut x), (b, &mut y)]).unwrap();
                    assert!(x[..] == shards[a] && y[..] == shards[b]);
                }
            });
        }
    });
    let code = match &*codec.code {
        Scheme::Matrix(code) => code,
        #[cfg(feature = "leopard16")]
        Scheme::Leopard16 => panic!("a code of a matrix"),
    };
    let (plans, bytes) = code.kept();
    // All 91 pairs came up.
    assert!((1..=64).contains(&plans) && bytes <= 1 << 20, "{plans} plans, {bytes} bytes");
}

/// A plan over the bound isn't kept, and doesn't drive out those that are.
#[test]
#[cfg(feature = "std")]
fn a_plan_that_is_too_large_leaves_the_others() {
    let codec = Codec::with_engine(Geometry::rs8(128, 128).unwrap(), Engine::Portable).unwrap();
    let shard = [7u8; 64];
    let rebuild = |lost: usize| {
        let present: Vec<(usize, &[u8])> = (lost..256).map(|i| (i, &shard[..])).collect();
        let mut buffers = vec![[0; 64]; lost];
        let mut missing: Vec<(usize, &mut [u8])> =
            buffers.iter_mut().map(|buffer| &mut buffer[..]).enumerate().collect();
        codec.reconstruct(&present, &mut missing).unwrap();
    };
    let code = match &*codec.code {
        Scheme::Matrix(code) => code,
        #[cfg(feature = "leopard16")]
        Scheme::Leopard16 => panic!("a code of a matrix"),
    };
    rebuild(1);
    let kept = code.kept();
    assert_eq!(kept.0, 1);
    rebuild(128);
    assert_eq!(code.kept(), kept);
}
