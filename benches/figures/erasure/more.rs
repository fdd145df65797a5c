//! What else a codec does: changes, local repair, ranges, wrong shards, many shards.

use std::hint::black_box;

use cess_erasure::segment::{RangePlan, SegmentLayout, encode_segment, pad, split};
use cess_erasure::{Codec, Geometry};
use reed_solomon_simd::ReedSolomonEncoder;

use super::plain::random_shards;
use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const SHARD_BYTES: usize = 1 << 20;

pub(super) fn run(emit: &mut dyn FnMut(Figure)) {
    for geometry in [Geometry::CESS, Geometry::CLASSIC] {
        update(geometry, emit);
        correct(geometry, emit);
        range(geometry, emit);
    }
    repair(emit);
    many(emit);
    for total in [24, 48, 96, 192, 255] {
        beside(total, emit);
    }
}

fn code(geometry: Geometry) -> String {
    match geometry.lrc() {
        Some(lrc) => format!("{}+{}+{}", lrc.data(), lrc.local_groups(), lrc.global()),
        None => format!("{}+{}", geometry.data(), geometry.parity()),
    }
}

fn encoded(codec: &Codec, shard_bytes: usize) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let data = random_shards(codec.geometry().data(), shard_bytes);
    let mut parity = vec![vec![0; shard_bytes]; codec.geometry().parity()];
    codec.encode(&data, &mut parity).expect("equal lengths");
    (data, parity)
}

/// 64 KiB of a data shard change: beside encoding the same columns of all data anew.
fn update(geometry: Geometry, emit: &mut dyn FnMut(Figure)) {
    const CHANGED: usize = 64 << 10;
    let codec = Codec::new(geometry);
    let (data, mut parity) = encoded(&codec, CHANGED);
    let mut again = parity.clone();
    let new = vec![3; CHANGED];
    let [ours, anew] = interleave([
        &mut || codec.update(1, black_box(&data[1]), &new, &mut parity).expect("equal lengths"),
        &mut || codec.encode(black_box(&data), &mut again).expect("equal lengths"),
    ]);
    let unit = Unit::MegabytesPerSecond;
    let name = format!("update/code={}/bytes={CHANGED}", code(geometry));
    let [ours, anew] = [ours, anew].map(|seconds| unit.value(seconds, CHANGED));
    emit(Figure::new(name, ours, unit).against("encode-anew", anew));
}

/// Nothing is wrong, and one shard is: beside `verify`.
fn correct(geometry: Geometry, emit: &mut dyn FnMut(Figure)) {
    let codec = Codec::new(geometry);
    let (data, parity) = encoded(&codec, SHARD_BYTES);
    let right: Vec<Vec<u8>> = [data, parity].concat();
    for wrong in [0, 1] {
        let mut shards = right.clone();
        let mut ours = || {
            if wrong > 0 {
                shards[1].iter_mut().step_by(512).for_each(|byte| *byte ^= 1);
            }
            let mut present: Vec<(usize, &mut [u8])> =
                shards.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
            assert_eq!(codec.correct(&mut present).expect("few are wrong").len(), wrong);
        };
        let mut verify = || codec.verify(black_box(&right)).expect("right shards");
        let seconds = interleave([&mut ours, &mut verify]);
        let unit = Unit::MegabytesPerSecond;
        let bytes = geometry.data() * SHARD_BYTES;
        let [ours, verify] = seconds.map(|seconds| unit.value(seconds, bytes));
        let code = code(geometry);
        let name = format!("correct/wrong={wrong}/code={code}/shard_bytes={SHARD_BYTES}");
        emit(Figure::new(name, ours, unit).against("verify", verify));
    }
}

/// 64 KiB out of the middle of a lost shard: beside rebuilding the whole shard.
fn range(geometry: Geometry, emit: &mut dyn FnMut(Figure)) {
    const WANTED: usize = 64 << 10;
    let codec = Codec::new(geometry);
    let layout = SegmentLayout::new(geometry, (geometry.data() * SHARD_BYTES) as u64)
        .expect("within limits");
    let mut segment = random_shards(geometry.data(), SHARD_BYTES).concat();
    pad(&layout, &mut segment).expect("as long as said");
    let parity = encode_segment(&codec, &layout, &segment).expect("padded");
    let mut shards = split(&layout, &segment).expect("padded");
    shards.extend(parity.iter().map(Vec::as_slice));
    let available: Vec<usize> = (1..geometry.total()).collect();
    let wanted = SHARD_BYTES / 2..SHARD_BYTES / 2 + WANTED;
    let plan = || RangePlan::new(&codec, &layout, &available, wanted.clone()).expect("enough");
    let mut out = vec![0; WANTED];
    let mut whole = vec![0; SHARD_BYTES];
    let present: Vec<(usize, &[u8])> = shards.iter().copied().enumerate().skip(1).collect();
    let seconds = interleave([
        &mut || {
            let plan = plan();
            let part = |read: &cess_erasure::segment::Read| &shards[read.shard][read.range.clone()];
            let parts: Vec<&[u8]> = plan.reads().iter().map(part).collect();
            plan.decode(&codec, &parts, &mut out).expect("enough shards");
        },
        &mut || codec.reconstruct(&present, &mut [(0, &mut whole[..])]).expect("enough shards"),
    ]);
    assert!(out == segment[wanted.clone()] && whole == segment[..SHARD_BYTES], "what was lost");
    let unit = Unit::Milliseconds;
    let [ours, rebuilt] = seconds.map(|seconds| unit.value(seconds, 0));
    let name = format!("range/lost=1/code={}/bytes={WANTED}", code(geometry));
    emit(Figure::new(name.clone(), ours, unit).against("whole-shard", rebuilt));
    let read: usize = plan().reads().iter().map(|read| read.range.len()).sum();
    let whole = geometry.data() * SHARD_BYTES;
    let bytes = |count| Unit::Bytes.value(0.0, count);
    let name = format!("range_read/lost=1/code={}/bytes={WANTED}", code(geometry));
    emit(Figure::new(name, bytes(read), Unit::Bytes).against("whole-shard", bytes(whole)));
}

/// One lost data shard: bytes read and time, of a locally repairable code beside 10 + 4.
fn repair(emit: &mut dyn FnMut(Figure)) {
    let codecs = [Geometry::LRC_CLASSIC, Geometry::CLASSIC].map(Codec::new);
    let shards = codecs.each_ref().map(|codec| {
        let (data, parity) = encoded(codec, SHARD_BYTES);
        [data, parity].concat()
    });
    let mut rebuilt = [vec![0; SHARD_BYTES], vec![0; SHARD_BYTES]];
    let [ours, plain] = &mut rebuilt;
    let rebuild = |at: usize, out: &mut Vec<u8>| {
        let present: Vec<(usize, &[u8])> =
            shards[at].iter().map(Vec::as_slice).enumerate().skip(1).collect();
        codecs[at].reconstruct(black_box(&present), &mut [(0, &mut out[..])]).expect("enough");
    };
    let seconds = interleave([&mut || rebuild(0, ours), &mut || rebuild(1, plain)]);
    assert!(rebuilt[0] == shards[0][0] && rebuilt[1] == shards[1][0], "what was lost");
    let name = format!("code={}/shard_bytes={SHARD_BYTES}", code(Geometry::LRC_CLASSIC));
    let unit = Unit::MegabytesPerSecond;
    let [ours, plain] = seconds.map(|seconds| unit.value(seconds, SHARD_BYTES));
    emit(Figure::new(format!("repair/{name}"), ours, unit).against("rs-10+4", plain));
    let read = codecs.each_ref().map(|codec| {
        let available: Vec<usize> = (1..codec.geometry().total()).collect();
        let sources = codec.sources(&available, &[0]).expect("enough shards");
        Unit::Bytes.value(0.0, sources.len() * SHARD_BYTES)
    });
    let figure = Figure::new(format!("repair_read/{name}"), read[0], Unit::Bytes);
    emit(figure.against("rs-10+4", read[1]));
}

/// More shards than GF(2^8) has elements.
fn many(emit: &mut dyn FnMut(Figure)) {
    const SHARD_BYTES: usize = 16 << 10;
    let geometry = Geometry::leopard16(400, 200).expect("within limits");
    let codec = Codec::new(geometry);
    let (data, mut parity) = encoded(&codec, SHARD_BYTES);
    let mut simd = ReedSolomonEncoder::new(geometry.data(), geometry.parity(), SHARD_BYTES)
        .expect("within limits");
    let seconds = interleave([
        &mut || codec.encode(black_box(&data), &mut parity).expect("equal lengths"),
        &mut || {
            for shard in black_box(&data) {
                simd.add_original_shard(shard).expect("a shard of the given length");
            }
            black_box(&simd.encode().expect("every shard was added"));
        },
    ]);
    let unit = Unit::MegabytesPerSecond;
    let bytes = geometry.data() * SHARD_BYTES;
    let [ours, simd] = seconds.map(|seconds| unit.value(seconds, bytes));
    let name = format!("encode/code=leopard16:{}/shard_bytes={SHARD_BYTES}", code(geometry));
    emit(Figure::new(name, ours, unit).against("reed-solomon-simd", simd));
}

/// The code over GF(2^8) beside the other one, a third of the shards parity: what
/// `cargo run --release -p cess-benches --bin chart` draws.
fn beside(total: u16, emit: &mut dyn FnMut(Figure)) {
    const SHARD_BYTES: usize = 16 << 10;
    let (data, parity) = (total - total / 3, total / 3);
    let codecs = [Geometry::rs8(data, parity), Geometry::leopard16(data, parity)]
        .map(|geometry| Codec::new(geometry.expect("within limits")));
    let shards = random_shards(data.into(), SHARD_BYTES);
    let mut parities = [(); 2].map(|()| vec![vec![0; SHARD_BYTES]; parity.into()]);
    let [of_rs8, of_leopard] = &mut parities;
    let seconds = interleave([
        &mut || codecs[0].encode(black_box(&shards), of_rs8).expect("equal lengths"),
        &mut || codecs[1].encode(black_box(&shards), of_leopard).expect("equal lengths"),
    ]);
    let unit = Unit::MegabytesPerSecond;
    let [rs8, leopard] =
        seconds.map(|seconds| unit.value(seconds, usize::from(data) * SHARD_BYTES));
    let name = format!("encode/code=rs8:{data}+{parity}/shard_bytes={SHARD_BYTES}");
    emit(Figure::new(name, rs8, unit).against("leopard16", leopard));
}
