//! `cargo bench -p cess-pre`: each step of a delegation; a part sealed, opened, and read in ranges.
#![allow(missing_docs)]

use cess_pre::dem::{Dem, FreshSalt, Part};
use cess_pre::{Condition, DataKey, PublicKey, SecretKey, Terms, Threshold};
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

fn scheme(c: &mut Criterion) {
    let label = [0xF1; 32];
    let condition = Condition::file([0xC5; 32], label, 0);
    let key = |i: u8| SecretKey::from_seed(&[i; 32]);
    let (owner, delegatee) = (key(1), key(2));
    let rng = || ChaCha20Rng::from_seed([7; 32]);
    let data_key = DataKey::generate(&mut rng());
    let encapsulate = || owner.public().encapsulate(&data_key, &condition, &label, &mut rng());
    let capsule = encapsulate().expect("an AEAD that works");
    let mut group = c.benchmark_group("pre");
    group.sample_size(20);
    group.bench_function("encapsulate", |b| b.iter(encapsulate));
    group.bench_function("open_owner", |b| b.iter(|| owner.open(&capsule)));
    group.bench_function("check_capsule", |b| {
        b.iter(|| capsule.capsule().check(owner.public(), &condition, &label));
    });
    for (t, n) in [(2, 3), (3, 5), (100, 150)] {
        let proxies: Vec<SecretKey> = (3..3 + n).map(key).collect();
        let keys: Vec<PublicKey> = proxies.iter().map(|proxy| proxy.public().clone()).collect();
        let threshold = Threshold::new(t).expect("two or more");
        let terms = Terms { condition, threshold, not_after: 1 };
        let delegate = || owner.delegate(delegatee.public(), &terms, &keys, &mut rng());
        let delegation = delegate().expect("a threshold within the proxies");
        let grant = &delegation.grant;
        let received = delegatee.receive(grant).expect("a sound grant");
        let request = received.request(&delegatee, &capsule, &mut rng()).expect("covered");
        let accept = |i: usize| proxies[i].accept(grant, &delegation.shares[i], &mut rng());
        let shares: Vec<_> =
            (0..usize::from(t)).map(|i| accept(i).expect("a share of the grant").0).collect();
        let answer =
            |i: usize| proxies[i].answer(&shares[i], grant, &capsule, &request, 1, &mut rng());
        let answers: Vec<_> =
            (0..usize::from(t)).map(|i| answer(i).expect("a live grant")).collect();
        let of = format!("proxies={t}of{n}");
        group.bench_function(format!("delegate/{of}"), |b| b.iter(delegate));
        group.bench_function(format!("receive/{of}"), |b| b.iter(|| delegatee.receive(grant)));
        group.bench_function(format!("accept/{of}"), |b| b.iter(|| accept(0)));
        group.bench_function(format!("answer/{of}"), |b| b.iter(|| answer(0)));
        group.bench_function(format!("check_answer/{of}"), |b| {
            b.iter(|| answers[0].check(grant, &capsule, &request));
        });
        group.bench_function(format!("combine/{of}"), |b| {
            b.iter(|| received.combine(&capsule, &request, &answers));
        });
    }
}

criterion_group!(benches, scheme, dem);
criterion_main!(benches);
