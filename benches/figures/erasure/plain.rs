//! Reed-Solomon over GF(2^8): encoding and rebuilding shards that fit the caches.

use std::hint::black_box;

use cess_erasure::{Codec, Engine, Geometry};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reed_solomon_erasure::galois_8::ReedSolomon;
use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

use super::isal::Isal;
use crate::figure::{Figure, Unit};
use crate::measure::interleave_all;

const SHARD_BYTES: [usize; 2] = [64 << 10, 1 << 20];

fn geometries() -> [Geometry; 4] {
    let twenty = Geometry::rs8(20, 10).expect("within limits");
    [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::CLASSIC, twenty]
}

/// The best engine of the machine, then AVX2 alone.
fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::best()];
    if Engine::Avx2.is_available() && Engine::best() != Engine::Avx2 {
        engines.push(Engine::Avx2);
    }
    engines
}

pub(super) fn run(emit: &mut dyn FnMut(Figure)) {
    if Isal::new(Geometry::CESS).is_none() {
        println!("SKIPPED rival=isa-l: libisal.so was not found (Debian: libisal-dev)");
    }
    for engine in engines() {
        for geometry in geometries() {
            for shard_bytes in SHARD_BYTES {
                Case::new(geometry, shard_bytes, engine).encode(emit);
            }
        }
    }
    for engine in engines() {
        for geometry in [Geometry::CESS, Geometry::CLASSIC] {
            for shard_bytes in SHARD_BYTES {
                let mut case = Case::new(geometry, shard_bytes, engine);
                for lost in [1, 2, 4] {
                    case.reconstruct(lost, emit);
                }
            }
        }
    }
}

pub(super) fn random_shards(count: usize, len: usize) -> Vec<Vec<u8>> {
    let mut rng = ChaCha8Rng::from_seed([7; 32]);
    let mut shards = vec![vec![0; len]; count];
    shards.iter_mut().for_each(|shard| rng.fill_bytes(shard));
    shards
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
    fn new(geometry: Geometry, shard_bytes: usize, engine: Engine) -> Self {
        let data = random_shards(geometry.data(), shard_bytes);
        let mut parity = vec![vec![0; shard_bytes]; geometry.parity()];
        let codec = Codec::with_engine(geometry, engine).expect("an engine that there is");
        codec.encode(&data, &mut parity).expect("equal lengths");
        let erasure = ReedSolomon::new(geometry.data(), geometry.parity()).expect("within limits");
        Self { geometry, shard_bytes, codec, erasure, data, parity }
    }

    fn encode(&mut self, emit: &mut dyn FnMut(Figure)) {
        let Self { geometry, shard_bytes, codec, erasure, data, parity } = self;
        let mut theirs = vec![vec![0; *shard_bytes]; geometry.parity()];
        let mut simd = ReedSolomonEncoder::new(geometry.data(), geometry.parity(), *shard_bytes)
            .expect("within limits");
        let isal = Isal::new(*geometry);
        let mut isal_parity = theirs.clone();
        let mut copy = data.clone();
        let mut ours = || {
            codec.encode(black_box(&*data), black_box(&mut *parity)).expect("equal lengths");
        };
        let mut erasure = || {
            erasure.encode_sep(black_box(&*data), black_box(&mut theirs)).expect("equal lengths");
        };
        let mut simd = || {
            for shard in black_box(&*data) {
                simd.add_original_shard(shard).expect("a shard of the given length");
            }
            black_box(&simd.encode().expect("every shard was added"));
        };
        let mut memcpy = || {
            for (to, from) in black_box(&mut copy).iter_mut().zip(black_box(&*data)) {
                to.copy_from_slice(from);
            }
        };
        let mut isal_run = || {
            if let Some(isal) = &isal {
                isal.encode(black_box(&*data), black_box(&mut isal_parity));
            }
        };
        let mut rivals = vec!["reed-solomon-erasure", "reed-solomon-simd", "memcpy"];
        let mut all: Vec<&mut dyn FnMut()> = vec![&mut ours, &mut erasure, &mut simd, &mut memcpy];
        if isal.is_some() {
            rivals.push("isa-l");
            all.push(&mut isal_run);
        }
        let seconds = interleave_all(&mut all);
        assert!(*parity == theirs, "what is compared must be the same bytes");
        assert!(
            isal.is_none() || *parity == isal_parity,
            "what is compared must be the same bytes"
        );
        self.emit("encode", &seconds, &rivals, emit);
    }

    /// The first data shards lost, rebuilt from the first others.
    fn reconstruct(&mut self, lost: usize, emit: &mut dyn FnMut(Figure)) {
        let Self { geometry, shard_bytes, codec, erasure, data, parity } = self;
        let all: Vec<&[u8]> = data.iter().chain(&*parity).map(Vec::as_slice).collect();
        let present: Vec<(usize, &[u8])> = all.iter().copied().enumerate().skip(lost).collect();

        let mut rebuilt = vec![vec![0; *shard_bytes]; lost];
        let mut theirs: Vec<Vec<u8>> = all.iter().map(|shard| shard.to_vec()).collect();
        theirs.iter_mut().take(lost).for_each(|shard| shard.fill(0));
        let mut simd = ReedSolomonDecoder::new(geometry.data(), geometry.parity(), *shard_bytes)
            .expect("within limits");
        // The other code has other parity.
        let simd_parity = reed_solomon_simd::encode(geometry.data(), geometry.parity(), &*data)
            .expect("within limits");
        let mut ours = || {
            let mut missing: Vec<(usize, &mut [u8])> =
                rebuilt.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
            codec.reconstruct(black_box(&present), &mut missing).expect("enough shards");
        };
        let mut erasure = || {
            let shards = theirs.iter_mut().enumerate();
            let mut shards: Vec<(&mut [u8], bool)> =
                shards.map(|(at, shard)| (shard.as_mut_slice(), at >= lost)).collect();
            erasure.reconstruct_data(black_box(&mut shards)).expect("enough shards");
        };
        let mut simd = || {
            for (at, shard) in data.iter().enumerate().skip(lost) {
                simd.add_original_shard(at, shard).expect("a shard of the given length");
            }
            for (at, shard) in simd_parity.iter().enumerate().take(lost) {
                simd.add_recovery_shard(at, shard).expect("a shard of the given length");
            }
            black_box(&simd.decode().expect("enough shards"));
        };
        // As many bytes read and written in all, with nothing computed.
        let copied = (geometry.data() + lost) * *shard_bytes / 2;
        let (from, mut to) = (vec![1u8; copied], vec![0u8; copied]);
        let mut copy = || black_box(&mut to[..]).copy_from_slice(black_box(&from));
        let seconds = interleave_all(&mut [&mut ours, &mut erasure, &mut simd, &mut copy]);
        assert!(rebuilt == data[..lost] && theirs[..lost] == data[..lost], "the lost shards");
        let op = format!("reconstruct/lost={lost}");
        let rivals = ["reed-solomon-erasure", "reed-solomon-simd", "copy-of-as-many-bytes"];
        self.emit(&op, &seconds, &rivals, emit);
        if self.codec.engine() == Engine::best() {
            let bound = [seconds[3], seconds[1]];
            self.emit(&format!("{op}_bound_by_copying"), &bound, &rivals[..1], emit);
        }
    }

    fn emit(
        &self,
        op: &str,
        seconds: &[f64],
        rivals: &[&'static str],
        emit: &mut dyn FnMut(Figure),
    ) {
        let Self { geometry, shard_bytes, codec, .. } = self;
        let bytes = geometry.data() * shard_bytes;
        let unit = Unit::MegabytesPerSecond;
        let code = format!("{}+{}", geometry.data(), geometry.parity());
        let name = format!("{op}/code={code}/shard_bytes={shard_bytes}/engine={}", codec.engine());
        let ours = unit.value(seconds[0], bytes);
        for (rival, seconds) in rivals.iter().zip(&seconds[1..]) {
            let theirs = unit.value(*seconds, bytes);
            emit(Figure::new(name.clone(), ours, unit).against(rival, theirs));
        }
    }
}
