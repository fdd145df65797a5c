//! `cargo bench -p cess-pre`: a part sealed, opened, and read in ranges.
#![allow(missing_docs)]

use cess_pre::DataKey;
use cess_pre::dem::{Dem, FreshSalt, Part};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

const PART: Part = Part::last(0);
const RANGE_BYTES: usize = 4096;

fn dem(c: &mut Criterion) {
    for bytes in [1 << 10, 1 << 20, 32 << 20] {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let dem = Dem::new(&DataKey::generate(&mut rng), b"header");
        let mut plain = vec![0; bytes];
        rng.fill_bytes(&mut plain);
        let fresh = FreshSalt::generate(&mut rng);
        let salt = fresh.salt();
        let mut sealed = plain.clone();
        dem.seal_part(PART, fresh, &mut sealed).expect("short enough");

        let mut group = c.benchmark_group("pre");
        group.sample_size(10).throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(format!("seal_part/bytes={bytes}"), |b| {
            let input = || {
                let mut data = Vec::with_capacity(sealed.len());
                data.extend_from_slice(&plain);
                (FreshSalt::generate(&mut rng), data)
            };
            b.iter_batched(
                input,
                |(salt, mut data)| {
                    dem.seal_part(PART, salt, &mut data).expect("short enough");
                    data
                },
                BatchSize::LargeInput,
            );
        });
        group.bench_function(format!("open_part/bytes={bytes}"), |b| {
            b.iter_batched(
                || sealed.clone(),
                |mut data| {
                    dem.open_part(PART, salt, &mut data).expect("authentic");
                    data
                },
                BatchSize::LargeInput,
            );
        });

        let reader = dem.reader(PART, salt, sealed.len() as u64).expect("a possible length");
        let middle = (bytes / 2) as u64;
        let range = middle..(middle + RANGE_BYTES as u64).min(bytes as u64);
        let needed = reader.sealed_range(&range).expect("a range of the part");
        let within = |at: u64| usize::try_from(at).expect("in memory");
        let needed = &sealed[within(needed.start)..within(needed.end)];
        group.throughput(Throughput::Bytes(range.end - range.start));
        group.bench_function(format!("open_range/bytes={bytes}/range={RANGE_BYTES}"), |b| {
            b.iter_batched(
                || needed.to_vec(),
                |mut data| {
                    reader.open_range(&range, &mut data).expect("authentic");
                    data
                },
                BatchSize::LargeInput,
            );
        });
    }
}

criterion_group!(benches, dem);
criterion_main!(benches);
