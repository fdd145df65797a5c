//! Encoding of one segment's shards, beside the other crates that do it.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DATA: usize = 4;
const PARITY: usize = 8;
const SHARD_BYTES: usize = 64 * 1024;

fn encode(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::from_seed([7; 32]);
    let data: Vec<Vec<u8>> = (0..DATA)
        .map(|_| {
            let mut shard = vec![0; SHARD_BYTES];
            rng.fill_bytes(&mut shard);
            shard
        })
        .collect();
    let mut parity = vec![vec![0; SHARD_BYTES]; PARITY];

    let mut group = criterion.benchmark_group("erasure.encode");
    group.throughput(Throughput::Bytes((DATA * SHARD_BYTES) as u64));
    let case = |name: &str| format!("{name}/code={DATA}+{PARITY}/shard_bytes={SHARD_BYTES}");

    let rival = reed_solomon_erasure::galois_8::ReedSolomon::new(DATA, PARITY).expect("a geometry");
    group.bench_function(case("reed-solomon-erasure"), |bencher| {
        bencher.iter(|| {
            rival.encode_sep(black_box(&data), black_box(&mut parity)).expect("equal lengths");
        });
    });

    let mut rival =
        reed_solomon_simd::ReedSolomonEncoder::new(DATA, PARITY, SHARD_BYTES).expect("a geometry");
    group.bench_function(case("reed-solomon-simd"), |bencher| {
        bencher.iter(|| {
            for shard in black_box(&data) {
                rival.add_original_shard(shard).expect("a shard of the given length");
            }
            let encoded = rival.encode().expect("every shard");
            for (out, shard) in parity.iter_mut().zip(encoded.recovery_iter()) {
                out.copy_from_slice(shard);
            }
            black_box(&parity);
        });
    });
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
