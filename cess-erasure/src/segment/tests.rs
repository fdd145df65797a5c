use super::*;

fn layout(len: u64) -> SegmentLayout {
    SegmentLayout::new(Geometry::WHITE_PAPER, len).unwrap()
}

fn bytes(len: usize) -> Vec<u8> {
    (1..=251).cycle().take(len).collect()
}

fn padded(layout: &SegmentLayout) -> Vec<u8> {
    let mut segment = bytes(layout.len());
    pad(layout, &mut segment).unwrap();
    segment
}

#[test]
fn shards_are_as_short_as_whole_blocks_allow() {
    for (len, shard_len) in [
        (0, 64),
        (1, 64),
        (192, 64),
        (193, 128),
        (384, 128),
        (385, 192),
        (24 << 20, 8 << 20),
        ((24 << 20) + 1, (8 << 20) + 64),
    ] {
        let layout = layout(len);
        assert_eq!(layout.shard_len(), shard_len, "{len}");
        assert_eq!(layout.padded_len(), 3 * shard_len);
        assert_eq!(layout.len() as u64, len);
        assert_eq!(layout.is_empty(), len == 0);
        assert_eq!(layout.geometry(), Geometry::WHITE_PAPER);
    }
}

#[test]
fn takes_shards_of_the_largest_length() {
    let layout = layout(3 << 30);
    assert_eq!(layout.shard_len(), MAX_SHARD_LEN);
}

#[test]
fn refuses_shards_over_the_largest_length() {
    let max = MAX_SHARD_LEN as u64;
    let refused = |len| SegmentLayout::new(Geometry::WHITE_PAPER, len);
    assert_eq!(refused((3 << 30) + 1), Err(Error::SegmentTooLong { max, got: max + 64 }));
    let got = u64::MAX / 3 / 64 * 64 + 64;
    assert_eq!(refused(u64::MAX), Err(Error::SegmentTooLong { max, got }));
    let single = SegmentLayout::new(Geometry::rs8(1, 1).unwrap(), u64::MAX);
    assert_eq!(single, Err(Error::SegmentTooLong { max, got: u64::MAX }));
}

#[test]
fn every_length_comes_back() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    for len in (0..400).chain([4095, 4096, 4097]) {
        let layout = layout(len);
        let padded = padded(&layout);
        assert_eq!(padded.len(), layout.padded_len());
        let data = split(&layout, &padded).unwrap();
        let parity = encode_segment(&codec, &layout, &padded).unwrap();
        let mut shards = data.clone();
        shards.extend(parity.iter().map(Vec::as_slice));
        assert!(shards.iter().all(|shard| shard.len() == layout.shard_len()));
        codec.verify(&shards).unwrap();
        let present = [(4, shards[4]), (1, shards[1]), (3, shards[3])];
        let mut decoded = decode_segment(&codec, &layout, &present).unwrap();
        assert_eq!(decoded, padded);
        unpad(&layout, &mut decoded).unwrap();
        assert_eq!(decoded, bytes(layout.len()));
    }
}

#[test]
fn a_mask_between_padding_and_coding_comes_off_again() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let layout = layout(100);
    let mask = |segment: &mut Vec<u8>| segment.iter_mut().for_each(|byte| *byte ^= 0x5A);
    let mut segment = padded(&layout);
    mask(&mut segment);
    let parity = encode_segment(&codec, &layout, &segment).unwrap();
    let data = split(&layout, &segment).unwrap();
    let present = [(0, data[0]), (3, &parity[0]), (4, &parity[1])];
    let mut decoded = decode_segment(&codec, &layout, &present).unwrap();
    let refused = unpad(&layout, &mut decoded);
    assert_eq!(refused, Err(Error::NonZeroPadding { offset: 100 }));
    mask(&mut decoded);
    unpad(&layout, &mut decoded).unwrap();
    assert_eq!(decoded, bytes(100));
}

#[test]
fn refuses_to_pad_another_length() {
    let layout = layout(100);
    for got in [0, 99, 101, 192] {
        let mut segment = bytes(got);
        let refused = pad(&layout, &mut segment);
        assert_eq!(refused, Err(Error::SegmentLength { expected: 100, got }));
        assert_eq!(segment, bytes(got));
    }
}

#[test]
fn refuses_to_unpad_or_split_another_length() {
    let layout = layout(100);
    let codec = Codec::new(Geometry::WHITE_PAPER);
    for got in [0, 100, 191, 193, 256] {
        let mut segment = vec![0; got];
        let refused = Error::SegmentLength { expected: 192, got };
        assert_eq!(split(&layout, &segment), Err(refused.clone()));
        assert_eq!(encode_segment(&codec, &layout, &segment), Err(refused.clone()));
        assert_eq!(unpad(&layout, &mut segment), Err(refused));
        assert_eq!(segment.len(), got);
    }
}

#[test]
fn refuses_every_changed_bit_of_the_padding_and_names_the_first() {
    let layout = layout(100);
    let good = padded(&layout);
    for offset in 100..192 {
        for bit in 0..8 {
            let mut segment = good.clone();
            segment[offset] ^= 1 << bit;
            segment[191] |= 1;
            let before = segment.clone();
            assert_eq!(unpad(&layout, &mut segment), Err(Error::NonZeroPadding { offset }));
            assert_eq!(segment, before);
        }
    }
}

#[test]
fn zeros_at_the_end_of_the_data_are_kept() {
    let layout = layout(100);
    let mut segment = vec![0; 100];
    pad(&layout, &mut segment).unwrap();
    unpad(&layout, &mut segment).unwrap();
    assert_eq!(segment, vec![0; 100]);
}

#[test]
fn refuses_a_codec_of_another_geometry() {
    let codec = Codec::new(Geometry::CESS);
    let layout = layout(100);
    let padded = padded(&layout);
    let refused = Error::GeometryMismatch { codec: Geometry::CESS, layout: Geometry::WHITE_PAPER };
    assert_eq!(encode_segment(&codec, &layout, &padded), Err(refused.clone()));
    assert_eq!(decode_segment(&codec, &layout, &[]), Err(refused));
}

#[test]
fn decode_refuses_shards_that_do_not_fit() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let layout = layout(100);
    let (shard, long) = ([0; 64], [0; 128]);
    let decode = |present: &[(usize, &[u8])]| decode_segment(&codec, &layout, present);
    assert_eq!(decode(&[(0, &shard), (1, &shard), (4, &shard)]), Ok(vec![0; 192]));
    let refused = decode(&[(0, &shard), (1, &shard), (4, &shard[1..])]);
    assert_eq!(refused, Err(Error::ShardLength { expected: 64, got: 63 }));
    let refused = decode(&[(0, &long), (1, &long), (4, &long)]);
    assert_eq!(refused, Err(Error::ShardLength { expected: 64, got: 128 }));
    let refused = decode(&[(0, &shard), (4, &shard)]);
    assert_eq!(refused, Err(Error::NotEnoughShards { have: 2, need: 3 }));
    let refused = decode(&[(0, &shard), (4, &shard), (4, &shard)]);
    assert_eq!(refused, Err(Error::RepeatedIndex { index: 4 }));
    let refused = decode(&[(0, &shard), (4, &shard), (5, &shard)]);
    assert_eq!(refused, Err(Error::IndexOutOfRange { index: 5, total: 5 }));
}

/// 255 GiB, which no machine that runs this has to spare.
#[test]
#[cfg(target_pointer_width = "64")]
fn decode_takes_no_memory_before_the_shards_are_enough() {
    let geometry = Geometry::rs8(255, 1).unwrap();
    let layout = SegmentLayout::new(geometry, 255 << 30).unwrap();
    let refused = decode_segment(&Codec::new(geometry), &layout, &[]);
    assert_eq!(refused, Err(Error::NotEnoughShards { have: 0, need: 255 }));
}

/// Every range of a short segment over every loss: the bytes, and no more read than the columns of
/// the range from as many shards as there are data shards.
#[test]
fn every_range_comes_back_through_every_loss_and_reads_its_columns_alone() {
    for geometry in [Geometry::WHITE_PAPER, crate::Lrc::new(4, 2, 1).unwrap().into()] {
        let (codec, data) = (Codec::new(geometry), geometry.data());
        let layout = SegmentLayout::new(geometry, (data * 64 - 9) as u64).unwrap();
        let padded = padded(&layout);
        let parity = encode_segment(&codec, &layout, &padded).unwrap();
        let mut shards = split(&layout, &padded).unwrap();
        shards.extend(parity.iter().map(Vec::as_slice));
        for lost in 0u32..1 << shards.len() {
            let there: Vec<usize> = (0..shards.len()).filter(|i| lost >> i & 1 == 0).collect();
            for start in (0..layout.len()).step_by(13) {
                for end in (start..=layout.len()).step_by(17) {
                    let plan = match RangePlan::new(&codec, &layout, &there, start..end) {
                        Ok(plan) => plan,
                        Err(error) => {
                            assert!(matches!(
                                error,
                                Error::NotEnoughShards { .. } | Error::Undetermined { .. }
                            ));
                            assert!(lost.count_ones() > 2 || data == 3 && lost.count_ones() > 2);
                            continue;
                        }
                    };
                    let parts: Vec<&[u8]> =
                        plan.reads().iter().map(|r| &shards[r.shard][r.range.clone()]).collect();
                    assert!(plan.reads().iter().all(|read| there.contains(&read.shard)));
                    let mut out = vec![0xA5; end - start];
                    plan.decode(&codec, &parts, &mut out).unwrap();
                    assert_eq!(out, padded[start..end], "{start}..{end} without {lost:b}");
                    let read: usize = parts.iter().map(|part| part.len()).sum();
                    assert!(read <= data * (end - start).min(64));
                    if lost == 0 {
                        assert_eq!(read, end - start);
                    }
                }
            }
        }
    }
}

#[test]
fn range_refuses_what_does_not_fit() {
    let codec = Codec::new(Geometry::WHITE_PAPER);
    let layout = layout(100);
    let all = [0, 1, 2, 3, 4];
    let plan = |range| RangePlan::new(&codec, &layout, &all, range);
    let refused = plan(50..101).map(drop);
    assert_eq!(refused, Err(Error::RangeOutOfSegment { start: 50, end: 101, len: 100 }));
    #[expect(clippy::reversed_empty_ranges, reason = "what a caller may hand over")]
    let refused = plan(51..50).map(drop);
    assert_eq!(refused, Err(Error::RangeOutOfSegment { start: 51, end: 50, len: 100 }));
    let refused = RangePlan::new(&codec, &layout, &[0, 7], 0..1).map(drop);
    assert_eq!(refused, Err(Error::IndexOutOfRange { index: 7, total: 5 }));
    let refused = RangePlan::new(&codec, &layout, &[1, 2], 0..1).map(drop);
    assert_eq!(refused, Err(Error::NotEnoughShards { have: 2, need: 3 }));
    assert!(plan(100..100).is_ok_and(|plan| plan.is_empty() && plan.reads().is_empty()));

    let plan = RangePlan::new(&codec, &layout, &[1, 2, 3], 10..20).unwrap();
    assert_eq!(plan.len(), 10);
    let (part, mut out) = ([0; 10], [0xA5; 10]);
    let refused = plan.decode(&codec, &[&part, &part], &mut out);
    assert_eq!(refused, Err(Error::ShardCount { expected: 3, got: 2 }));
    let refused = plan.decode(&codec, &[&part, &part, &part[1..]], &mut out);
    assert_eq!(refused, Err(Error::ShardLength { expected: 10, got: 9 }));
    let refused = plan.decode(&codec, &[&part, &part, &part], &mut out[1..]);
    assert_eq!(refused, Err(Error::SegmentLength { expected: 10, got: 9 }));
    assert_eq!(out, [0xA5; 10]);
    let other = Codec::new(Geometry::CESS);
    let refused = plan.decode(&other, &[&part, &part, &part], &mut out);
    assert!(matches!(refused, Err(Error::GeometryMismatch { .. })));
}
