use alloc::vec;
use alloc::vec::Vec;

use super::*;
#[cfg(feature = "std")]
use crate::Lrc;

fn bytes(len: usize) -> Vec<u8> {
    (1..=251).cycle().take(len).collect()
}

/// What an encoder gives out when it is handed parts of this length.
fn shards(
    codec: &Codec,
    unit_len: usize,
    bytes: &[u8],
    part: usize,
) -> (StreamLayout, Vec<Vec<u8>>) {
    let mut shards = vec![Vec::new(); codec.geometry().total()];
    let mut emit = |units: &[&[u8]]| -> Result<(), Error> {
        shards.iter_mut().zip(units).for_each(|(shard, unit)| shard.extend_from_slice(unit));
        Ok(())
    };
    let mut encoder = Encoder::new(codec, unit_len).unwrap();
    for part in bytes.chunks(part) {
        encoder.push(part, &mut emit).unwrap();
    }
    let layout = encoder.finish(&mut emit).unwrap();
    (layout, shards)
}

#[test]
fn every_length_comes_back_however_it_was_cut() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    for len in [0, 1, 63, 64, 191, 192, 193, 383, 384, 385, 577, 1000, 4001] {
        let original = bytes(len);
        let (layout, expected) = shards(&codec, 64, &original, 1);
        assert_eq!(layout, StreamLayout::new(Geometry::WHITE_PAPER, 64, len as u64).unwrap());
        for part in [7, 192, 5000] {
            assert_eq!(shards(&codec, 64, &original, part).1, expected);
        }
        assert!(expected.iter().all(|s| s.len() as u64 == layout.shard_len().unwrap()));
        let mut decoder = Decoder::new(&codec, layout).unwrap();
        let mut decoded = Vec::new();
        for index in 0..layout.stripes() {
            let start = usize::try_from(index).unwrap() * 64;
            let end = start + layout.stripe(index).unwrap().shard_len();
            let units: Vec<(usize, &[u8])> =
                [4, 1, 3].into_iter().map(|i| (i, &expected[i][start..end])).collect();
            decoded.extend_from_slice(decoder.stripe(index, &units).unwrap());
        }
        assert_eq!(decoded, original);
    }
}

#[test]
fn a_stripe_is_a_segment() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let original = bytes(1000);
    let (layout, shards) = shards(&codec, 128, &original, 1000);
    assert_eq!((layout.stripes(), layout.stripe_len()), (3, 384));
    let last = layout.stripe(2).unwrap();
    assert_eq!((last.len(), last.shard_len()), (232, 128));
    let mut segment = original[768..].to_vec();
    crate::segment::pad(&last, &mut segment).unwrap();
    let parity = crate::segment::encode_segment(&codec, &last, &segment).unwrap();
    assert_eq!(shards[4][256..], parity[1]);
}

#[test]
fn refuses_units_and_stripes_that_are_not() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    for got in [0, 63, 65, MAX_SHARD_LEN + 64] {
        let refused = StreamLayout::new(Geometry::WHITE_PAPER, got, 1);
        assert_eq!(refused, Err(Error::UnitLength { got }));
        assert_eq!(Encoder::new(&codec, got).map(drop), Err(Error::UnitLength { got }));
    }
    let layout = StreamLayout::new(Geometry::WHITE_PAPER, 64, 100).unwrap();
    let refused = layout.stripe(1);
    assert_eq!(refused, Err(Error::StripeOutOfRange { index: 1, stripes: 1 }));
    let mut decoder = Decoder::new(&codec, layout).unwrap();
    let (unit, long) = ([0; 64], [0; 128]);
    let refused = decoder.stripe(0, &[(0, &unit), (1, &unit), (2, &long)]).map(drop);
    assert_eq!(refused, Err(Error::ShardLength { expected: 64, got: 128 }));
    let refused = decoder.stripe(0, &[(0, &unit), (1, &unit)]).map(drop);
    assert_eq!(refused, Err(Error::NotEnoughShards { have: 2, need: 3 }));
    let refused = decoder.stripe(0, &[(0, &unit), (1, &[1; 64]), (2, &unit)]).map(drop);
    assert_eq!(refused, Err(Error::NonZeroPadding { offset: 100 }));
    for at in [36, 37, 63] {
        let mut padded = unit;
        padded[at] = 1;
        let refused = decoder.stripe(0, &[(0, &unit), (1, &padded), (2, &unit)]).map(drop);
        assert_eq!(refused, Err(Error::NonZeroPadding { offset: 64 + at }));
    }
    let refused = decoder.stripe(0, &[(0, &long), (1, &long), (2, &long)]).map(drop);
    assert_eq!(refused, Err(Error::ShardLength { expected: 64, got: 128 }));
    let other = Codec::new(Geometry::CESS);
    let refused = Decoder::new(&other, layout).map(drop);
    let (codec, layout) = (Geometry::CESS, Geometry::WHITE_PAPER);
    assert_eq!(refused, Err(Error::GeometryMismatch { codec, layout }));
    assert!(StreamLayout::new(Geometry::WHITE_PAPER, 64, u64::MAX).unwrap().shard_len().is_ok());
}

#[cfg(feature = "std")]
mod over_io {
    use std::io::{self, Read, Write};

    use super::*;

    /// Hands out a few bytes at a time, then fails or ends.
    struct Reader<'a> {
        bytes: &'a [u8],
        fails: bool,
        read: usize,
    }

    impl Read for Reader<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.bytes.is_empty() && self.fails {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let len = buffer.len().min(self.bytes.len()).min(97);
            buffer[..len].copy_from_slice(&self.bytes[..len]);
            self.bytes = &self.bytes[len..];
            self.read += len;
            Ok(len)
        }
    }

    fn reader(bytes: &[u8]) -> Option<Reader<'_>> {
        Some(Reader { bytes, fails: false, read: 0 })
    }

    #[test]
    fn shards_that_break_off_are_replaced_and_nothing_is_read_needlessly() {
        for geometry in [Geometry::CESS, Lrc::SMALL.into()] {
            let codec = Codec::new(geometry);
            let original = bytes(50_000);
            let mut shards = vec![Vec::new(); geometry.total()];
            let source = reader(&original).unwrap();
            let len = encode(&codec, 1024, source, &mut shards).unwrap();
            assert_eq!(len, 50_000);
            let layout = StreamLayout::new(geometry, 1024, len).unwrap();

            let mut readers: Vec<_> = shards.iter().map(|shard| reader(shard)).collect();
            let mut decoded = Vec::new();
            decode(&codec, &layout, &mut readers, &mut decoded).unwrap();
            assert_eq!(decoded, original);
            let parity = readers[geometry.data()..].iter().flatten();
            assert!(parity.map(|r| r.read).sum::<usize>() == 0, "no parity is read");

            let mut readers: Vec<_> = shards.iter().map(|shard| reader(shard)).collect();
            readers[0] = reader(&shards[0][..3000]);
            readers[1].as_mut().unwrap().bytes = &shards[1][..2500];
            readers[1].as_mut().unwrap().fails = true;
            readers[geometry.data()] = None;
            let mut decoded = Vec::new();
            decode(&codec, &layout, &mut readers, &mut decoded).unwrap();
            assert_eq!(decoded, original);
        }
    }

    #[test]
    fn too_few_are_named_and_what_came_before_is_right() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let original = bytes(10_000);
        let mut shards = vec![Vec::new(); 5];
        encode(&codec, 64, &original[..], &mut shards).unwrap();
        let layout = StreamLayout::new(Geometry::WHITE_PAPER, 64, 10_000).unwrap();
        let mut readers: Vec<_> = shards.iter().map(|s| Some(&s[..1000])).collect();
        let mut decoded = Vec::new();
        let refused = decode(&codec, &layout, &mut readers, &mut decoded);
        assert!(matches!(refused, Err(Error::NotEnoughShards { need: 3, .. })), "{refused:?}");
        assert!(decoded.len() == 15 * 192 && original.starts_with(&decoded));
    }

    /// Says once, in the middle, that it has ended, or that it was interrupted.
    struct Pausing<'a> {
        bytes: &'a [u8],
        until: usize,
        says: io::Result<usize>,
    }

    impl Read for Pausing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.until == 0 {
                self.until = usize::MAX;
                return core::mem::replace(&mut self.says, Ok(0));
            }
            let len = buffer.len().min(self.bytes.len()).min(self.until);
            buffer[..len].copy_from_slice(&self.bytes[..len]);
            self.bytes = &self.bytes[len..];
            self.until -= len;
            Ok(len)
        }
    }

    /// What comes after the end of a shard is no part of it: nobody knows how far it is.
    #[test]
    fn a_shard_that_ends_while_it_is_skipped_is_lost() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let original = bytes(5000);
        let mut shards = vec![Vec::new(); 5];
        encode(&codec, 64, &original[..], &mut shards).unwrap();
        let layout = StreamLayout::new(Geometry::WHITE_PAPER, 64, 5000).unwrap();
        let mut readers: Vec<Option<Pausing<'_>>> = shards
            .iter()
            .map(|bytes| Some(Pausing { bytes, until: usize::MAX, says: Ok(0) }))
            .collect();
        readers[0].as_mut().unwrap().bytes = &shards[0][..700];
        readers[3].as_mut().unwrap().until = 70;
        let mut decoded = Vec::new();
        decode(&codec, &layout, &mut readers, &mut decoded).unwrap();
        assert!(decoded == original);
        assert!(readers[3].is_none() && readers[4].is_some());
    }

    #[test]
    fn an_interrupted_source_is_read_on() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let original = bytes(5000);
        let (mut expected, mut shards) = (vec![Vec::new(); 5], vec![Vec::new(); 5]);
        encode(&codec, 64, &original[..], &mut expected).unwrap();
        let says = Err(io::ErrorKind::Interrupted.into());
        let source = Pausing { bytes: &original, until: 777, says };
        assert_eq!(encode(&codec, 64, source, &mut shards), Ok(5000));
        assert!(shards == expected);
    }

    /// Takes everything, and can't keep it.
    struct Unflushed;

    impl Write for Unflushed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn what_could_not_be_flushed_is_an_error() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let original = bytes(100);
        let refused = Error::Sink(io::ErrorKind::StorageFull);
        let sinks = &mut [Unflushed, Unflushed, Unflushed, Unflushed, Unflushed];
        assert_eq!(encode(&codec, 64, &original[..], sinks), Err(refused.clone()));
        let mut shards = vec![Vec::new(); 5];
        encode(&codec, 64, &original[..], &mut shards).unwrap();
        let layout = StreamLayout::new(Geometry::WHITE_PAPER, 64, 100).unwrap();
        let mut readers: Vec<_> = shards.iter().map(|shard| Some(&shard[..])).collect();
        assert_eq!(decode(&codec, &layout, &mut readers, Unflushed), Err(refused));
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn errors_of_source_and_sink_are_told_apart() {
        let codec = Codec::new(Geometry::WHITE_PAPER);
        let original = bytes(1000);
        let mut broken = reader(&original).unwrap();
        broken.fails = true;
        let refused = encode(&codec, 64, broken, &mut vec![Vec::new(); 5]);
        assert_eq!(refused, Err(Error::Source(io::ErrorKind::ConnectionReset)));
        let refused = encode(&codec, 64, &original[..], &mut [Full, Full, Full, Full, Full]);
        assert_eq!(refused, Err(Error::Sink(io::ErrorKind::StorageFull)));
        let refused = encode(&codec, 64, &original[..], &mut vec![Vec::new(); 4]);
        assert_eq!(refused, Err(Error::ShardCount { expected: 5, got: 4 }));
        let layout = StreamLayout::new(Geometry::WHITE_PAPER, 64, 100).unwrap();
        let mut readers = [Some(&original[..64]); 5];
        let refused = decode(&codec, &layout, &mut readers[1..], io::sink());
        assert_eq!(refused, Err(Error::ShardCount { expected: 5, got: 4 }));
    }
}
