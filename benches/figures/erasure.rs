//! Encoding and rebuilding one codeword's shards.
//!
//! Only `reed-solomon-erasure` computes the same parity bytes; `reed-solomon-simd` is another code,
//! over GF(2^16), and keeps what it makes in buffers of its own, which are not copied out here.

use std::hint::black_box;

use cess_erasure::{Codec, Geometry};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reed_solomon_erasure::galois_8::ReedSolomon;
use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const GEOMETRIES: [Geometry; 3] = [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::CLASSIC];
const SHARD_BYTES: [usize; 2] = [64 << 10, 1 << 20];

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    for geometry in GEOMETRIES {
        for shard_bytes in SHARD_BYTES {
            let mut case = Case::new(geometry, shard_bytes);
            let encoded = case.encode();
            case.emit("encode", encoded, emit);
            let rebuilt = case.reconstruct();
            case.emit("reconstruct", rebuilt, emit);
        }
    }
}

struct Case {
    geometry: Geometry,
    shard_bytes: usize,
    codec: Codec,
    erasure: ReedSolomon,
    data: Vec<Vec<u8>>,
    parity: Vec<Vec<u8>>,
}

impl Case {
    fn new(geometry: Geometry, shard_bytes: usize) -> Self {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let mut data = vec![vec![0; shard_bytes]; geometry.data()];
        data.iter_mut().for_each(|shard| rng.fill_bytes(shard));
        let mut parity = vec![vec![0; shard_bytes]; geometry.parity()];
        let codec = Codec::new(geometry);
        codec.encode(&data, &mut parity).expect("equal lengths");
        let erasure = ReedSolomon::new(geometry.data(), geometry.parity()).expect("within limits");
        Self { geometry, shard_bytes, codec, erasure, data, parity }
    }

    /// Seconds of ours, of `reed-solomon-erasure`, of `reed-solomon-simd`.
    fn encode(&mut self) -> [f64; 3] {
        let Self { geometry, shard_bytes, codec, erasure, data, parity } = self;
        let mut theirs = vec![vec![0; *shard_bytes]; geometry.parity()];
        let mut simd = ReedSolomonEncoder::new(geometry.data(), geometry.parity(), *shard_bytes)
            .expect("within limits");
        let seconds = interleave([
            &mut || {
                codec.encode(black_box(&*data), black_box(&mut *parity)).expect("equal lengths")
            },
            &mut || {
                erasure
                    .encode_sep(black_box(&*data), black_box(&mut theirs))
                    .expect("equal lengths");
            },
            &mut || {
                for shard in black_box(&*data) {
                    simd.add_original_shard(shard).expect("a shard of the given length");
                }
                black_box(&simd.encode().expect("every shard was added"));
            },
        ]);
        assert!(*parity == theirs, "what is compared must be the same bytes");
        seconds
    }

    /// As many data shards lost as the code can bear, rebuilt from the first others.
    fn reconstruct(&mut self) -> [f64; 3] {
        let Self { geometry, shard_bytes, codec, erasure, data, parity } = self;
        let lost = geometry.data().min(geometry.parity());
        let all: Vec<&[u8]> = data.iter().chain(&*parity).map(Vec::as_slice).collect();
        let present: Vec<(usize, &[u8])> =
            all.iter().copied().enumerate().skip(lost).take(geometry.data()).collect();

        let mut rebuilt = vec![vec![0; *shard_bytes]; lost];
        let mut theirs: Vec<Vec<u8>> = all.iter().map(|shard| shard.to_vec()).collect();
        theirs.iter_mut().take(lost).for_each(|shard| shard.fill(0));
        let mut simd = ReedSolomonDecoder::new(geometry.data(), geometry.parity(), *shard_bytes)
            .expect("within limits");
        // The other code has other parity.
        let simd_parity = reed_solomon_simd::encode(geometry.data(), geometry.parity(), &*data)
            .expect("within limits");

        let seconds = interleave([
            &mut || {
                let mut missing: Vec<(usize, &mut [u8])> =
                    rebuilt.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
                codec.reconstruct(black_box(&present), &mut missing).expect("enough shards");
            },
            &mut || {
                let shards = theirs.iter_mut().enumerate();
                let mut shards: Vec<(&mut [u8], bool)> =
                    shards.map(|(at, shard)| (shard.as_mut_slice(), at >= lost)).collect();
                erasure.reconstruct_data(black_box(&mut shards)).expect("enough shards");
            },
            &mut || {
                for (at, shard) in data.iter().enumerate().skip(lost) {
                    simd.add_original_shard(at, shard).expect("a shard of the given length");
                }
                for (at, shard) in simd_parity.iter().enumerate().take(lost) {
                    simd.add_recovery_shard(at, shard).expect("a shard of the given length");
                }
                black_box(&simd.decode().expect("enough shards"));
            },
        ]);
        assert!(rebuilt == data[..lost] && theirs[..lost] == data[..lost], "the lost shards");
        seconds
    }

    fn emit(&self, op: &str, seconds: [f64; 3], emit: &mut dyn FnMut(Figure)) {
        let Self { geometry, shard_bytes, .. } = self;
        let bytes = geometry.data() * shard_bytes;
        let unit = Unit::MegabytesPerSecond;
        let [ours, erasure, simd] = seconds.map(|seconds| unit.value(seconds, bytes));
        let code = format!("{}+{}", geometry.data(), geometry.parity());
        let name = format!("{op}/code={code}/shard_bytes={shard_bytes}");
        emit(Figure::new(name.clone(), ours, unit).against("reed-solomon-erasure", erasure));
        emit(Figure::new(name, ours, unit).against("reed-solomon-simd", simd));
    }
}
