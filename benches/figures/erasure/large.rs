//! Shards that no cache holds, beside a plain copy that reads and writes as many bytes in all.

use std::hint::black_box;

use cess_erasure::{Codec, Geometry};

use super::plain::random_shards;
use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const SHARD_BYTES: usize = 8 << 20;

pub(super) fn run(emit: &mut dyn FnMut(Figure)) {
    for geometry in [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::CLASSIC] {
        let codec = Codec::new(geometry);
        let data = random_shards(geometry.data(), SHARD_BYTES);
        let mut parity = vec![vec![0; SHARD_BYTES]; geometry.parity()];
        let copied = geometry.total() * SHARD_BYTES / 2;
        let (from, mut to) = (vec![1u8; copied], vec![0u8; copied]);
        let [ours, copy] = interleave([
            &mut || codec.encode(black_box(&data), &mut parity).expect("equal lengths"),
            &mut || black_box(&mut to[..]).copy_from_slice(black_box(&from)),
        ]);
        let unit = Unit::Milliseconds;
        let code = format!("{}+{}", geometry.data(), geometry.parity());
        let engine = codec.engine();
        let name = format!("encode_uncached/code={code}/shard_bytes={SHARD_BYTES}/engine={engine}");
        let figure = Figure::new(name, unit.value(ours, 0), unit);
        emit(figure.against("copy-of-as-many-bytes", unit.value(copy, 0)));
    }
}
