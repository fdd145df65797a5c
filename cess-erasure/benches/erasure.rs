//! `cargo bench -p cess-erasure`: encoding, checking, rebuilding, changing and correcting one
//! codeword's shards, ranges of them and a shard of a group; by every engine that there is.
#![allow(missing_docs)]

use std::hint::black_box;

use cess_erasure::segment::{RangePlan, SegmentLayout};
use cess_erasure::{Codec, Engine, Geometry};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const GEOMETRIES: [Geometry; 3] = [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::CLASSIC];
const SHARD_BYTES: [usize; 3] = [1 << 10, 64 << 10, 1 << 20];

/// Of the part of a shard that changes, and of the range that is read.
const PART_BYTES: usize = 64 << 10;

fn codec(c: &mut Criterion) {
    for geometry in GEOMETRIES {
        for shard_bytes in SHARD_BYTES {
            case(c, geometry, shard_bytes);
        }
    }
}

fn case(c: &mut Criterion, geometry: Geometry, shard_bytes: usize) {
    let codec = Codec::new(geometry);
    let mut rng = ChaCha8Rng::from_seed([7; 32]);
    let mut data = vec![vec![0; shard_bytes]; geometry.data()];
    data.iter_mut().for_each(|shard| rng.fill_bytes(shard));
    let mut parity = vec![vec![0; shard_bytes]; geometry.parity()];
    codec.encode(&data, &mut parity).expect("equal lengths");
    let shards = [data.clone(), parity.clone()].concat();

    let mut group = c.benchmark_group("erasure");
    group.sample_size(20).throughput(Throughput::Bytes((geometry.data() * shard_bytes) as u64));
    let name = |op: &str| {
        format!("{op}/code={}+{}/shard_bytes={shard_bytes}", geometry.data(), geometry.parity())
    };
    group.bench_function(name("encode"), |b| {
        b.iter(|| codec.encode(black_box(&data), black_box(&mut parity)).expect("equal lengths"));
    });
    group.bench_function(name("verify"), |b| {
        b.iter(|| codec.verify(black_box(&shards)).expect("a codeword"));
    });
    // As many data shards as the code can lose.
    let lost = geometry.data().min(geometry.parity());
    let mut rebuilt = vec![vec![0; shard_bytes]; lost];
    let present: Vec<(usize, &[u8])> =
        shards.iter().map(Vec::as_slice).enumerate().skip(lost).take(geometry.data()).collect();
    group.bench_function(name("reconstruct"), |b| {
        b.iter(|| {
            let mut missing: Vec<(usize, &mut [u8])> =
                rebuilt.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
            codec.reconstruct(black_box(&present), &mut missing).expect("enough shards");
        });
    });
}

/// All shards of a codeword.
fn codeword(codec: &Codec, shard_bytes: usize) -> Vec<Vec<u8>> {
    let mut rng = ChaCha8Rng::from_seed([7; 32]);
    let mut shards = vec![vec![0; shard_bytes]; codec.geometry().total()];
    shards.iter_mut().for_each(|shard| rng.fill_bytes(shard));
    let (data, parity) = shards.split_at_mut(codec.geometry().data());
    codec.encode(data, parity).expect("equal lengths");
    shards
}

fn engines(c: &mut Criterion) {
    const SHARD_BYTES: usize = 64 << 10;
    let mut group = c.benchmark_group("erasure");
    let bytes = Geometry::CLASSIC.data() * SHARD_BYTES;
    group.sample_size(20).throughput(Throughput::Bytes(bytes as u64));
    for engine in Engine::ALL.into_iter().filter(|engine| engine.is_available()) {
        let codec = Codec::with_engine(Geometry::CLASSIC, engine).expect("it is available");
        let mut shards = codeword(&codec, SHARD_BYTES);
        let (data, parity) = shards.split_at_mut(Geometry::CLASSIC.data());
        let name = format!("encode/code=10+4/shard_bytes={SHARD_BYTES}/engine={engine}");
        group.bench_function(name, |b| {
            b.iter(|| codec.encode(black_box(&*data), &mut *parity).expect("equal lengths"));
        });
    }
}

fn parts(c: &mut Criterion) {
    const SHARD_BYTES: usize = 1 << 20;
    let mut group = c.benchmark_group("erasure");
    group.sample_size(20);
    for geometry in [Geometry::CESS, Geometry::CLASSIC] {
        let codec = Codec::new(geometry);
        let shards = codeword(&codec, SHARD_BYTES);
        let code = format!("code={}+{}", geometry.data(), geometry.parity());

        group.throughput(Throughput::Bytes(PART_BYTES as u64));
        let mut parity = vec![vec![0; PART_BYTES]; geometry.parity()];
        let (old, new) = (&shards[0][..PART_BYTES], &shards[1][..PART_BYTES]);
        group.bench_function(format!("update/{code}/bytes={PART_BYTES}"), |b| {
            b.iter(|| codec.update(0, black_box(old), new, &mut parity).expect("equal lengths"));
        });

        let bytes = (geometry.data() * SHARD_BYTES) as u64;
        let layout = SegmentLayout::new(geometry, bytes).expect("within limits");
        let available: Vec<usize> = (1..geometry.total()).collect();
        let mut out = vec![0; PART_BYTES];
        group.bench_function(format!("range/{code}/lost=1/bytes={PART_BYTES}"), |b| {
            b.iter(|| {
                let plan = RangePlan::new(&codec, &layout, black_box(&available), 0..PART_BYTES)
                    .expect("enough shards");
                let reads = plan.reads().iter();
                let parts: Vec<&[u8]> =
                    reads.map(|read| &shards[read.shard][read.range.clone()]).collect();
                plan.decode(&codec, &parts, &mut out).expect("the parts asked for");
            });
        });

        group.throughput(Throughput::Bytes(bytes));
        let mut right = shards.clone();
        group.bench_function(format!("correct/{code}/wrong=0/shard_bytes={SHARD_BYTES}"), |b| {
            b.iter(|| {
                let mut present: Vec<(usize, &mut [u8])> =
                    right.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
                codec.correct(black_box(&mut present)).expect("right shards")
            });
        });
    }
    for geometry in [Geometry::LRC_CLASSIC, Geometry::CLASSIC] {
        let codec = Codec::new(geometry);
        let shards = codeword(&codec, SHARD_BYTES);
        let present: Vec<(usize, &[u8])> =
            shards.iter().map(Vec::as_slice).enumerate().skip(1).collect();
        let mut rebuilt = vec![0; SHARD_BYTES];
        group.throughput(Throughput::Bytes(SHARD_BYTES as u64));
        let code = match geometry.lrc() {
            Some(lrc) => lrc.to_string(),
            None => format!("{}+{}", geometry.data(), geometry.parity()),
        };
        group.bench_function(format!("repair/code={code}/shard_bytes={SHARD_BYTES}"), |b| {
            b.iter(|| {
                let missing = &mut [(0, &mut rebuilt[..])];
                codec.reconstruct(black_box(&present), missing).expect("enough shards");
            });
        });
    }
}

criterion_group!(benches, codec, engines, parts);
criterion_main!(benches);
