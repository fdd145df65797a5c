//! `cargo bench -p cess-mdrc`: seeded inputs, one thread.

use std::hint::black_box;

use cess_mdrc::{Fingerprint, Format, data, sniff, text};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new_derive_key("cess-mdrc bench").finalize_xof().fill(&mut bytes);
    bytes
}

/// Words of a made-up language, whose frequencies fall as those of real ones do.
fn words(len: usize) -> String {
    let mut text = String::with_capacity(len + 16);
    for pair in noise(len).as_chunks::<4>().0 {
        let draw = u32::from_le_bytes(*pair) % 65_536;
        let mut rank = 65_536 / (draw + 1) * 7 + draw % 7;
        loop {
            text.push(char::from(b"etaoinshrdlucmfw"[rank as usize % 16]));
            text.push(char::from(b"aeiouy"[rank as usize % 6]));
            rank /= 16;
            if rank == 0 {
                break;
            }
        }
        text.push(' ');
        if text.len() >= len {
            break;
        }
    }
    text
}

fn bench(c: &mut Criterion) {
    for len in [2 << 10, 64 << 10, 1 << 20] {
        let (prose, bytes) = (words(len), noise(len));
        let mut group = c.benchmark_group("mdrc");
        group.throughput(Throughput::Bytes(len as u64)).sample_size(10);
        group.bench_function(format!("text/len={len}"), |b| {
            b.iter(|| text::fingerprint(black_box(prose.as_bytes()), Format::Plain));
        });
        group.bench_function(format!("data/len={len}"), |b| {
            b.iter(|| data::fingerprint(black_box(&bytes)));
        });
        group.bench_function(format!("sniff/len={len}"), |b| b.iter(|| sniff(black_box(&bytes))));
        group.finish();
    }
    let (a, b) = (words(20_000), words(30_000));
    let fingerprints = [a, b].map(|text| Fingerprint::of(text.as_bytes()).expect("short text"));
    c.bench_function("mdrc::compare", |bencher| {
        bencher.iter(|| black_box(&fingerprints[0]).compare(black_box(&fingerprints[1])));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
