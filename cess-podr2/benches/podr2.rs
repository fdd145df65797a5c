//! `cargo bench -p cess-podr2`: one fragment, tagged, checked, proven and judged.
#![allow(missing_docs)]

use std::convert::Infallible;
use std::hint::black_box;

use cess_podr2::{
    Audit, BlockSource, Challenge, Entry, Holding, KeyId, Policy, Proof, ProvingKey, SecretKey,
    Sectors, Tagged, Tags, check_fragment, prove, verify, verify_batch,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Sectors of a block, and bytes of the fragment.
const CASES: [(u32, usize); 4] =
    [(64, 64 << 10), (1024, 1 << 20), (8192, 1 << 20), (8192, 8 << 20)];
const BATCH: u8 = 20;

fn random(bytes: usize) -> Vec<u8> {
    let mut data = vec![0; bytes];
    ChaCha8Rng::from_seed([7; 32]).fill_bytes(&mut data);
    data
}

fn fragment(c: &mut Criterion) {
    for (sectors, bytes) in CASES {
        let data = random(bytes);
        let sectors = Sectors::new(sectors).expect("a power of two within the limits");
        let secret = SecretKey::from_seed(&[7; 32], sectors);
        let (public, proving) = (secret.public(), secret.proving_key());
        let tagged = secret.tag(0, &data).expect("not empty");
        let holding = Holding::from_entries([tagged.fragment.entry()]).expect("one entry");
        let challenges: Vec<Challenge> = (0..BATCH).map(|n| challenge(&holding, n)).collect();
        let answer = |challenge: &Challenge| answer(challenge, &holding, &proving, &data, &tagged);
        let proofs: Vec<Proof> = challenges.iter().map(&answer).collect();
        let key = |id: &KeyId| (*id == public.key_id()).then_some(&public);

        let mut group = c.benchmark_group("podr2");
        group.sample_size(10).throughput(Throughput::Bytes(bytes as u64));
        let name = |op: &str| format!("{op}/sectors={}/bytes={bytes}", sectors.get());
        group.bench_function(name("tag"), |b| b.iter(|| secret.tag(0, black_box(&data))));
        group.bench_function(name("check_tags"), |b| {
            b.iter(|| {
                check_fragment(&public, &proving, &tagged.fragment, &tagged.tags, black_box(&data))
                    .expect("true tags");
            });
        });
        group.bench_function(name("prove"), |b| b.iter(|| answer(black_box(&challenges[0]))));
        group.throughput(Throughput::Elements(1));
        group.bench_function(name("verify"), |b| {
            b.iter(|| {
                verify(black_box(&challenges[0]), &holding, key, &proofs[0]).expect("a true proof");
            });
        });
        let batch: Vec<(&Challenge, &Holding, &Proof)> =
            challenges.iter().zip(&proofs).map(|(c, p)| (c, &holding, p)).collect();
        group.throughput(Throughput::Elements(u64::from(BATCH)));
        group.bench_function(name(&format!("verify_batch/proofs={BATCH}")), |b| {
            b.iter(|| verify_batch(black_box(&batch), key).expect("true proofs"));
        });
    }
}

fn challenge(holding: &Holding, round: u8) -> Challenge {
    let audit = Audit { chain_id: [1; 32], round: u64::from(round), height: 1000, prover: [2; 32] };
    Challenge::new(audit, holding, Policy::Every, [round; 32]).expect("blocks to ask for")
}

fn answer(
    challenge: &Challenge,
    holding: &Holding,
    proving: &ProvingKey,
    data: &[u8],
    tagged: &Tagged,
) -> Proof {
    let lookup = |id: &KeyId| (*id == proving.key_id()).then_some(proving);
    prove(challenge, holding, lookup, &mut Memory { data, tagged }).expect("everything is there")
}

struct Memory<'a> {
    data: &'a [u8],
    tagged: &'a Tagged,
}

impl BlockSource for Memory<'_> {
    type Error = Infallible;

    fn read_block(&mut self, _: &Entry, index: u64, block: &mut [u8]) -> Result<usize, Infallible> {
        let index = usize::try_from(index).expect("in memory");
        let found = self.data.chunks(block.len()).nth(index).expect("a block that there is");
        block[..found.len()].copy_from_slice(found);
        Ok(found.len())
    }

    fn tag(&mut self, _: &Entry, index: u64) -> Result<[u8; Tags::TAG_LEN], Infallible> {
        Ok(*self.tagged.tags.get(index).expect("a block that there is"))
    }
}

fn proving_key(c: &mut Criterion) {
    for sectors in [64, 1024, 8192] {
        let sectors = Sectors::new(sectors).expect("a power of two within the limits");
        let secret = SecretKey::from_seed(&[7; 32], sectors);
        let public = secret.public();
        let encoded = secret.proving_key().to_bytes();
        let mut group = c.benchmark_group("podr2");
        group.sample_size(10).throughput(Throughput::Bytes(encoded.len() as u64));
        let name = |op: &str| format!("proving_key_{op}/sectors={}", sectors.get());
        group.bench_function(name("make"), |b| b.iter(|| secret.proving_key()));
        group.bench_function(name("check"), |b| {
            b.iter(|| {
                let key = ProvingKey::from_bytes(black_box(&encoded), &public);
                key.and_then(|key| key.check(&public)).expect("a true key");
            });
        });
    }
}

criterion_group!(benches, fragment, proving_key);
criterion_main!(benches);
