//! `cargo bench -p cess-consensus`: tickets, draws, certificates.
#![allow(missing_docs)]

use std::hint::black_box;

use cess_consensus::vrf::{Ecvrf, EcvrfSecret, Vrf, VrfSecret};
use cess_consensus::{
    CandidateId, Certificate, Entry, Kind, Policy, Role, Tally, Vote, VoteSecret, Voter, Voters,
    select, verify_batch,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn id(at: u64) -> CandidateId {
    CandidateId(blake3::derive_key("cess-consensus benches id", &at.to_le_bytes()))
}

fn vrf(c: &mut Criterion) {
    let secret = EcvrfSecret::from_bytes(&[7; 32]);
    let (key, input) = (secret.key(), [9; 100]);
    let proof = secret.prove(&input);
    let mut group = c.benchmark_group("consensus");
    group.bench_function("vrf_prove", |b| b.iter(|| secret.prove(black_box(&input))));
    group.bench_function("vrf_verify", |b| {
        b.iter(|| Ecvrf::verify(&key, black_box(&input), &proof).expect("a true proof"));
    });
}

fn draw(c: &mut Criterion) {
    let mut group = c.benchmark_group("consensus");
    for pool in [11, 1000, 100_000_u64] {
        let entries: Vec<Entry> = (0..pool)
            .map(|at| Entry {
                id: id(at),
                ticket: id(at + pool).0,
                stake: 1 + u128::from(at),
                credit: 700,
            })
            .collect();
        group.throughput(Throughput::Elements(pool));
        for policy in [Policy::Uniform, Policy::Weighted, Policy::Ranking] {
            group.bench_function(format!("select/policy={policy:?}/pool={pool}"), |b| {
                b.iter(|| select(policy, 11, black_box(&entries)));
            });
        }
    }
}

fn certificates(c: &mut Criterion) {
    let mut group = c.benchmark_group("consensus");
    group.sample_size(10);
    for members in [11, 100] {
        let mut keyed: Vec<(CandidateId, VoteSecret)> =
            (0..members).map(|at| (id(at), VoteSecret::from_seed(&id(at).0))).collect();
        keyed.sort_by_key(|(id, _)| *id);
        let voters = keyed.iter().map(|(id, s)| Voter { id: *id, key: s.key(), weight: 1 });
        let set = Voters::new(Role::Committee, 1, voters.collect()).expect("a set");
        let certify = |height: u64| -> Certificate {
            let vote = Vote {
                chain: [1; 32],
                kind: Kind::Commit,
                round: 1,
                height,
                view: 0,
                voters: set.digest(),
                value: [2; 32],
            };
            let mut tally = Tally::new(&set, vote).expect("of this set");
            for (index, (_, secret)) in keyed.iter().enumerate() {
                tally.add(index, &vote, secret.sign(&vote)).expect("once");
            }
            tally.certify(&mut Vec::new()).expect("everybody signed")
        };
        let one = certify(0);
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("certificate_verify/members={members}"), |b| {
            b.iter(|| black_box(&one).verify(&set).expect("a true certificate"));
        });
        for count in [10, 100] {
            let all: Vec<Certificate> = (0..count).map(&certify).collect();
            let batch: Vec<(&Certificate, &Voters)> = all.iter().map(|c| (c, &set)).collect();
            group.throughput(Throughput::Elements(count));
            let name = format!("certificate_batch/members={members}/count={count}");
            group.bench_function(name, |b| {
                b.iter(|| verify_batch(black_box(&batch)).expect("true certificates"));
            });
        }
    }
}

criterion_group!(benches, vrf, draw, certificates);
criterion_main!(benches);
