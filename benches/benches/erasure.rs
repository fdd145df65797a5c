//! Encoding of one codeword's shards, beside the other crates that do it, in one run.
//!
//! Only `reed-solomon-erasure` computes the same parity bytes; `reed-solomon-simd` is another code,
//! over GF(2^16), and keeps its parity in buffers of its own, which are not copied out here.

use std::hint::black_box;

use cess_erasure::{Codec, Geometry};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const GEOMETRY: Geometry = Geometry::CESS;
const SHARD_BYTES: usize = 64 * 1024;

fn encode(criterion: &mut Criterion) {
    let (data_shards, parity_shards) = (GEOMETRY.data(), GEOMETRY.parity());
    let mut rng = ChaCha8Rng::from_seed([7; 32]);
    let mut data = vec![vec![0; SHARD_BYTES]; data_shards];
    data.iter_mut().for_each(|shard| rng.fill_bytes(shard));
    let mut parity = vec![vec![0; SHARD_BYTES]; parity_shards];

    let codec = Codec::new(GEOMETRY);
    let rival = reed_solomon_erasure::galois_8::ReedSolomon::new(data_shards, parity_shards)
        .expect("a geometry within its limits");
    let mut expected = parity.clone();
    codec.encode(&data, &mut parity).expect("equal lengths");
    rival.encode_sep(&data, &mut expected).expect("equal lengths");
    assert!(parity == expected, "what is compared must be the same bytes");

    let mut group = criterion.benchmark_group("erasure.encode");
    group.throughput(Throughput::Bytes((data_shards * SHARD_BYTES) as u64));
    let case =
        |name: &str| format!("{name}/code={data_shards}+{parity_shards}/shard_bytes={SHARD_BYTES}");

    group.bench_function(case("cess-erasure"), |bencher| {
        bencher.iter(|| {
            codec.encode(black_box(&data), black_box(&mut parity)).expect("equal lengths");
        });
    });
    group.bench_function(case("reed-solomon-erasure"), |bencher| {
        bencher.iter(|| {
            rival.encode_sep(black_box(&data), black_box(&mut parity)).expect("equal lengths");
        });
    });

    let mut rival =
        reed_solomon_simd::ReedSolomonEncoder::new(data_shards, parity_shards, SHARD_BYTES)
            .expect("a geometry within its limits");
    group.bench_function(case("reed-solomon-simd"), |bencher| {
        bencher.iter(|| {
            for shard in black_box(&data) {
                rival.add_original_shard(shard).expect("a shard of the given length");
            }
            black_box(&rival.encode().expect("every shard was added"));
        });
    });
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
