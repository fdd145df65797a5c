//! `cargo bench -p cess-merkle`: the three commitments at a small, a usual and a large size.
#![allow(missing_docs)]

use std::hint::black_box;

use cess_merkle::{Error, SumTree, Tree, content};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn names(count: u64) -> Vec<[u8; 32]> {
    (0..count).map(|i| content::root(&i.to_le_bytes())).collect()
}

/// Spreads over all positions, the same in each run.
fn positions(total: u64) -> impl Iterator<Item = u64> {
    (0u64..).map(move |i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % total)
}

fn tree(c: &mut Criterion) {
    for n in [100, 10_000, 1_000_000] {
        let leaves = names(n);
        let tree = Tree::new(&leaves).expect("few enough leaves");
        let root = tree.root();
        let mut group = c.benchmark_group("merkle");
        group.sample_size(10).throughput(Throughput::Elements(n));
        group.bench_function(format!("tree_build/n={n}"), |b| b.iter(|| Tree::new(&leaves)));
        group.throughput(Throughput::Elements(1));
        let proof = tree.prove(17).expect("index in range");
        group.bench_function(format!("tree_prove/n={n}"), |b| b.iter(|| tree.prove(black_box(17))));
        group.bench_function(format!("tree_verify/n={n}"), |b| {
            b.iter(|| proof.verify(&root, 17, leaves[17]).expect("valid proof"));
        });
    }
}

fn sum(c: &mut Criterion) {
    for n in [100, 10_000, 1_000_000] {
        let names = names(n);
        let entries = || names.iter().map(|name| (*name, 1024));
        let tree = SumTree::from_entries(entries()).expect("distinct names");
        let (root, total) = (tree.root(), tree.total());
        let mut group = c.benchmark_group("merkle");
        group.sample_size(10).throughput(Throughput::Elements(n));
        group.bench_function(format!("sum_build/n={n}"), |b| {
            b.iter(|| SumTree::from_entries(entries()));
        });
        group.throughput(Throughput::Elements(1));
        let mut edited = tree.clone();
        let mut turns = names.iter().cycle();
        group.bench_function(format!("sum_remove_insert/n={n}"), |b| {
            b.iter(|| {
                let name = turns.next().expect("endless");
                edited.remove(name).expect("name is there");
                edited.insert(*name, 1024).expect("name is gone");
            });
        });
        let mut at = positions(total);
        group.bench_function(format!("sum_position/n={n}"), |b| {
            b.iter_batched(|| at.next(), |p| tree.position(p.unwrap_or(0)), BatchSize::SmallInput);
        });
        group.bench_function(format!("sum_open/n={n}"), |b| {
            b.iter_batched(|| at.next(), |p| tree.open(p.unwrap_or(0)), BatchSize::SmallInput);
        });
        let opening = tree.open(1000).expect("position in range");
        group.bench_function(format!("sum_verify/n={n}"), |b| {
            b.iter(|| opening.verify(&root, black_box(1000)).expect("valid opening"));
        });
    }
}

fn content(c: &mut Criterion) {
    for len in [4096, 1 << 20, 64 << 20] {
        let data: Vec<u8> = (0..=250).cycle().take(len).collect();
        let outboard = content::Outboard::new(&data);
        let (root, end) = (outboard.root(), outboard.len());
        let slice = content::encode_slice_of(&data, &outboard, 0..end).expect("whole string");
        let mut group = c.benchmark_group("merkle");
        group.sample_size(10).throughput(Throughput::Bytes(end));
        group.bench_function(format!("blake3_hash/len={len}"), |b| b.iter(|| content::root(&data)));
        group.bench_function(format!("outboard_build/len={len}"), |b| {
            b.iter(|| content::Outboard::new(&data));
        });
        group.bench_function(format!("slice_encode/len={len}"), |b| {
            b.iter(|| {
                let read = |start: u64, buffer: &mut [u8]| {
                    let start = usize::try_from(start).expect("in memory");
                    buffer.copy_from_slice(&data[start..start + buffer.len()]);
                    Ok::<_, Error>(())
                };
                content::encode_slice_to(&outboard, 0..end, read, |part| {
                    black_box(part);
                    Ok(())
                })
            });
        });
        group.bench_function(format!("slice_decode/len={len}"), |b| {
            b.iter(|| {
                let mut decoder = content::SliceDecoder::new(&root, end, 0..end)?;
                decoder.push(&slice, |_, part| {
                    black_box(part);
                })?;
                decoder.finish()
            });
        });
    }
}

criterion_group!(benches, tree, sum, content);
criterion_main!(benches);
