//! `cargo bench -p cess-erasure`: encoding, checking and rebuilding one codeword's shards.
#![allow(missing_docs)]

use std::hint::black_box;

use cess_erasure::{Codec, Geometry};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const GEOMETRIES: [Geometry; 3] = [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::CLASSIC];
const SHARD_BYTES: [usize; 3] = [1 << 10, 64 << 10, 1 << 20];

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

criterion_group!(benches, codec);
criterion_main!(benches);
