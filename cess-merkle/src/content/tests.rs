use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const G: usize = GROUP_LEN;

/// The input of BLAKE3's test vectors.
fn data(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

fn lengths() -> Vec<usize> {
    let near = |at: usize| [at - 1, at, at + 1];
    let mut lengths = vec![0, 1, 500];
    lengths.extend([1024, 2048, 3072, 8 * 1024, 15 * 1024].into_iter().flat_map(near));
    lengths.extend([1, 2, 3, 4, 5, 7, 8, 9, 16].into_iter().flat_map(|groups| near(groups * G)));
    lengths.extend([G + 1023, G + 1024, G + 1025, 3 * G + 5000, 6 * G - 1024]);
    lengths
}

fn slice(len: usize, range: Range<u64>) -> ([u8; 32], Vec<u8>) {
    let data = data(len);
    let outboard = Outboard::new(&data);
    (outboard.root(), encode_slice_of(&data, &outboard, range).unwrap())
}

/// <https://github.com/BLAKE3-team/BLAKE3/blob/master/test_vectors/test_vectors.json>
#[test]
fn root_is_that_of_the_official_vectors() {
    for (len, expected) in [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
        (31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"),
        (102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
    ] {
        let root = Outboard::new(&data(len)).root();
        assert_eq!(blake3::Hash::from_bytes(root).to_hex().as_str(), expected, "{len} bytes");
    }
}

#[test]
fn outboard_has_the_root_of_blake3_at_any_length() {
    for len in lengths() {
        let data = data(len);
        let outboard = Outboard::new(&data);
        assert_eq!(outboard.root(), *blake3::hash(&data).as_bytes(), "{len} bytes");
        assert_eq!((outboard.len(), outboard.is_empty()), (len as u64, len == 0));
        let bytes = outboard.to_bytes();
        assert!((bytes.len() - 40) * 1000 <= len * 4, "more than 0.4 % of {len} bytes");
        assert_eq!(Outboard::from_bytes(&bytes).unwrap(), outboard);
    }
}

#[test]
fn outboard_refuses_any_changed_bit() {
    let bytes = Outboard::new(&data(5 * G + 3)).to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Of lengths with as many groups only the data can tell the right one.
        let len = u64::from_le_bytes(bytes[32..40].try_into().unwrap());
        let same_shape = (32 * 8..40 * 8).contains(&bit) && pairs(len) == 5;
        assert_eq!(Outboard::from_bytes(&bytes).is_ok(), same_shape, "bit {bit}");
    }
}

#[test]
fn outboard_of_a_wrong_length_encodes_nothing() {
    let data = data(5 * G + 3);
    let mut bytes = Outboard::new(&data).to_bytes();
    bytes[32] ^= 1;
    let outboard = Outboard::from_bytes(&bytes).unwrap();
    assert_eq!(outboard.len(), 5 * G as u64 + 2);
    let encoded = encode_slice_of(&data[..5 * G + 2], &outboard, 0..10);
    let (start, end) = (5 * G as u64, 5 * G as u64 + 2);
    assert_eq!(encoded, Err(Error::ContentMismatch { start, end }));
}

#[test]
fn outboard_refuses_other_lengths_before_it_allocates() {
    let bytes = Outboard::new(&data(3 * G)).to_bytes();
    for len in 0..bytes.len() {
        assert!(matches!(Outboard::from_bytes(&bytes[..len]), Err(Error::Length { .. })), "{len}");
    }
    let long = [&bytes[..], &[0; 64]].concat();
    assert_eq!(Outboard::from_bytes(&long), Err(Error::Length { expected: 168, got: 232 }));
    let hostile = [0xff; 40];
    let expected = 40 + 64 * ((1 << 50) - 1);
    assert_eq!(Outboard::from_bytes(&hostile), Err(Error::Length { expected, got: 40 }));
}

#[test]
fn slices_of_every_shape_come_back() {
    for len in lengths() {
        let bytes = data(len);
        let outboard = Outboard::new(&bytes);
        let end = len as u64;
        let cuts = [0, 1, end / 3, end / 2, end.saturating_sub(1025), end.saturating_sub(1), end];
        for a in cuts.iter().copied().filter(|&a| a <= end) {
            for b in cuts.iter().copied().filter(|b| (a..=end).contains(b)) {
                let encoded = encode_slice_of(&bytes, &outboard, a..b).unwrap();
                assert_eq!(encoded.len() as u64, encoded_len(end, &(a..b)).unwrap());
                let decoded = decode_slice(&outboard.root(), end, a..b, &encoded).unwrap();
                assert_eq!(decoded, &bytes[a as usize..b as usize], "{a}..{b} of {len}");
            }
        }
    }
}

#[test]
fn a_wrong_length_is_refused_before_any_data() {
    for (len, range) in
        [(0, 0..0), (700, 3..4), (G, 0..1), (G + 1, 0..1), (9 * G, G..2 * G), (9 * G + 1500, 0..9)]
    {
        let range = range.start as u64..range.end as u64;
        let (root, encoded) = slice(len, range.clone());
        let len = len as u64;
        let near = [1, 2, 1023, 1024, 1025, G as u64 - 1, G as u64, G as u64 + 1, 4 * G as u64];
        let others = near.iter().flat_map(|d| [len.checked_sub(*d), Some(len + d)]).flatten();
        for other in others.chain([0, 1 << 32, u64::MAX]).filter(|&other| other != len) {
            let Ok(mut decoder) = SliceDecoder::new(&root, other, range.clone()) else {
                assert!(range.end > other);
                continue;
            };
            let pushed = decoder.push(&encoded, |_, _| panic!("data under a wrong length"));
            assert!(pushed.and(decoder.finish()).is_err(), "{other} for {len}");
        }
    }
}

/// The tree over 9 groups and that over 10 share all nodes above group 0 but for the right edge.
#[test]
fn a_wrong_length_is_refused_by_the_last_chunk() {
    let (root, encoded) = slice(9 * G + 1500, 0..1);
    let wrong = decode_slice(&root, 9 * G as u64 + 1501, 0..1, &encoded);
    let (start, end) = (9 * G as u64 + 1024, 9 * G as u64 + 1501);
    // The chunk is one byte longer than it was, so a byte of what follows is taken into it.
    assert_eq!(wrong, Err(Error::ContentMismatch { start, end }));
}

#[test]
fn every_bit_of_a_slice_counts() {
    for (len, range) in [
        (0, 0..0),
        (1, 0..1),
        (1500, 100..200),
        (G + 1, G..G + 1),
        (2 * G + 1100, 2 * G + 1..2 * G + 2),
        (3 * G + 7, G..G),
        (2 * G + 3, 2 * G - 1..2 * G + 2),
    ] {
        let range = range.start as u64..range.end as u64;
        let (root, mut encoded) = slice(len, range.clone());
        for bit in 0..encoded.len() * 8 {
            encoded[bit / 8] ^= 1 << (bit % 8);
            let decoded = decode_slice(&root, len as u64, range.clone(), &encoded);
            assert!(matches!(decoded, Err(Error::ContentMismatch { .. })), "bit {bit} of {len}");
            encoded[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn a_slice_is_refused_cut_or_extended() {
    for (len, range) in [(0, 0..0), (1500, 0..10), (2 * G + 1100, G as u64..2 * G as u64 + 3)] {
        let (root, mut encoded) = slice(len, range.clone());
        for cut in (0..encoded.len()).step_by(7).chain(encoded.len().checked_sub(1)) {
            let decoded = decode_slice(&root, len as u64, range.clone(), &encoded[..cut]);
            assert!(matches!(decoded, Err(Error::Truncated { .. })), "{cut} of {}", encoded.len());
        }
        decode_slice(&root, len as u64, range.clone(), &encoded).unwrap();
        encoded.push(0);
        let decoded = decode_slice(&root, len as u64, range, &encoded);
        assert_eq!(decoded, Err(Error::TrailingBytes { extra: 1 }));
    }
}

#[test]
fn bad_data_is_refused_within_a_group() {
    let len = 6 * G;
    let (root, good) = slice(len, 0..len as u64);
    for bad in (0..good.len()).step_by(1009) {
        let mut encoded = good.clone();
        encoded[bad] ^= 0x10;
        let mut decoder = SliceDecoder::new(&root, len as u64, 0..len as u64).unwrap();
        let mut came = 0;
        let refused = encoded.chunks(512).position(|piece| {
            decoder
                .push(piece, |start, bytes| {
                    assert_eq!(start, came);
                    assert_eq!(bytes, &data(len)[start as usize..][..bytes.len()]);
                    came += bytes.len() as u64;
                })
                .is_err()
        });
        let pushed = (refused.unwrap() + 1) * 512;
        assert!(pushed > bad && pushed <= bad + G + 512, "bad byte {bad}, refused at {pushed}");
        let again = decoder.push(&[], |_, _| panic!("data after a refusal")).unwrap_err();
        assert_eq!((decoder.is_complete(), decoder.finish()), (false, Err(again)));
    }
}

#[test]
fn a_slice_of_another_range_is_refused() {
    let len = 5 * G as u64;
    let (root, encoded) = slice(5 * G, G as u64..G as u64 + 10);
    decode_slice(&root, len, G as u64 + 3..G as u64 + 4, &encoded).unwrap();
    for other in [0..1, 3 * G as u64..len, 0..len, 0..0] {
        decode_slice(&root, len, other, &encoded).unwrap_err();
    }
}

#[test]
#[allow(clippy::reversed_empty_ranges)]
fn refuses_ranges_outside_the_string() {
    let outboard = Outboard::new(&data(100));
    for range in [0..101, 101..101, 6..5, u64::MAX..u64::MAX] {
        let (start, end) = (range.start, range.end);
        let expected = Error::RangeOutOfBounds { start, end, len: 100 };
        assert_eq!(slice_reads(100, &range), Err(expected.clone()));
        assert_eq!(encoded_len(100, &range), Err(expected.clone()));
        assert_eq!(encode_slice_of(&data(100), &outboard, range.clone()), Err(expected.clone()));
        assert_eq!(decode_slice(&outboard.root(), 100, range, &[]), Err(expected));
    }
}

#[test]
fn hostile_lengths_cost_nothing() {
    for range in [0..u64::MAX, u64::MAX - 1..u64::MAX, 1 << 40..1 << 41] {
        let mut decoder = SliceDecoder::new(&[7; 32], u64::MAX, range.clone()).unwrap();
        let zeros = decoder.push(&[0; 4096], |_, _| panic!("nothing is verified"));
        assert_eq!(zeros, Err(Error::ContentMismatch { start: 0, end: u64::MAX }));
        decode_slice(&[7; 32], u64::MAX, range.clone(), &[]).unwrap_err();
        assert!(encoded_len(u64::MAX, &range).unwrap() > 3000);
        assert!(slice_reads(u64::MAX, &range).unwrap().tail.start < u64::MAX);
    }
}

#[test]
fn encoder_reads_nothing_but_the_range_and_the_last_group() {
    let len = 20 * G as u64 + 77;
    let bytes = data(20 * G + 77);
    let outboard = Outboard::new(&bytes);
    for range in [0..0, 5..6, G as u64 * 3..G as u64 * 5, G as u64 - 1..G as u64 + 1, 7..len] {
        let reads = slice_reads(len, &range).unwrap();
        let mut seen = 0;
        encode_slice(&outboard, range, |start, buffer| {
            let end = start + buffer.len() as u64;
            let inside = |part: &Range<u64>| part.start <= start && end <= part.end;
            assert!(inside(&reads.body) || inside(&reads.tail), "{start}..{end}");
            seen += buffer.len() as u64;
            buffer.copy_from_slice(&bytes[start as usize..end as usize]);
            Ok::<_, Error>(())
        })
        .unwrap();
        let overlap = reads.body.end.saturating_sub(reads.tail.start);
        assert_eq!(seen, reads.body.end - reads.body.start + 77 - overlap, "each byte once");
    }
}

#[test]
fn encoder_notices_damaged_data() {
    let mut bytes = data(4 * G);
    let outboard = Outboard::new(&bytes);
    bytes[G + 5] ^= 1;
    let (start, end) = (G as u64, 2 * G as u64);
    let damaged = Err(Error::ContentMismatch { start, end });
    assert_eq!(encode_slice_of(&bytes, &outboard, start..start + 1), damaged);
    assert!(encode_slice_of(&bytes, &outboard, 0..start).is_ok());
    let short = encode_slice_of(&bytes[1..], &outboard, 0..1);
    assert_eq!(short, Err(Error::Length { expected: 4 * G as u64, got: 4 * G as u64 - 1 }));
}

#[test]
fn encoder_passes_on_errors_of_reader_and_sink() {
    #[derive(Debug, PartialEq)]
    enum Fault {
        Disk,
        Merkle(Error),
    }
    impl From<Error> for Fault {
        fn from(error: Error) -> Self {
            Self::Merkle(error)
        }
    }
    let outboard = Outboard::new(&data(2 * G));
    assert_eq!(encode_slice(&outboard, 0..1, |_, _| Err(Fault::Disk)), Err(Fault::Disk));
    let (start, end) = (2 * G as u64 - 2048, 2 * G as u64);
    let zeros = encode_slice(&outboard, 0..1, |_, _| Ok::<_, Fault>(()));
    let Err(Fault::Merkle(Error::ContentMismatch { start: at, end: to })) = zeros else {
        panic!("{zeros:?}")
    };
    assert!(at <= start && to == end);
    let sink = encode_slice_to(&outboard, 0..1, |_, _| Ok(()), |_| Err(Fault::Disk));
    assert_eq!(sink, Err(Fault::Disk));
}

proptest! {
    #[test]
    fn a_string_in_pieces_has_the_same_outboard(
        len in 0usize..6 * G,
        pieces in prop::collection::vec(0usize..40_000, 0..12),
    ) {
        let bytes = data(len);
        let (mut builder, mut rest) = (OutboardBuilder::new(), &bytes[..]);
        for piece in pieces {
            let (head, tail) = rest.split_at(piece.min(rest.len()));
            builder.update(head);
            rest = tail;
        }
        builder.update(rest);
        prop_assert_eq!(builder.finish(), Outboard::new(&bytes));
    }

    #[test]
    fn any_range_in_pieces_of_any_size_comes_back(
        len in 0usize..12 * G,
        at in any::<[prop::sample::Index; 2]>(),
        piece in 1usize..30_000,
    ) {
        let bytes = data(len);
        let outboard = Outboard::new(&bytes);
        let (a, b) = (at[0].index(len + 1), at[1].index(len + 1));
        let (a, b) = (a.min(b), a.max(b));
        let range = a as u64..b as u64;
        let encoded = encode_slice_of(&bytes, &outboard, range.clone()).unwrap();
        prop_assert_eq!(encoded.len() as u64, encoded_len(len as u64, &range).unwrap());
        let mut decoder = SliceDecoder::new(&outboard.root(), len as u64, range).unwrap();
        let mut came = Vec::new();
        for piece in encoded.chunks(piece) {
            prop_assert!(!decoder.is_complete());
            decoder.push(piece, |start, part| {
                assert_eq!(start, (a + came.len()) as u64);
                came.extend_from_slice(part);
            }).unwrap();
        }
        decoder.finish().unwrap();
        prop_assert_eq!(&came, &bytes[a..b]);
    }

    #[test]
    fn random_damage_is_refused(
        len in 1usize..4 * G,
        at in any::<[prop::sample::Index; 3]>(),
        change in 1u8..,
    ) {
        let (a, b) = (at[0].index(len + 1) as u64, at[1].index(len + 1) as u64);
        let range = a.min(b)..a.max(b);
        let (root, mut encoded) = slice(len, range.clone());
        let bad = at[2].index(encoded.len());
        encoded[bad] ^= change;
        prop_assert!(decode_slice(&root, len as u64, range, &encoded).is_err());
    }
}
