use alloc::vec;
use alloc::vec::Vec;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::field;

fn available() -> impl Iterator<Item = Engine> {
    Engine::ALL.into_iter().filter(|engine| engine.is_available())
}

/// Sums of products, byte by byte.
fn reference(rows: &[Vec<u8>], inputs: &[&[u8]], offset: usize, outputs: &mut [Vec<u8>]) {
    for (row, output) in rows.iter().zip(outputs) {
        for (at, byte) in output.iter_mut().enumerate() {
            for (&coefficient, input) in row.iter().zip(inputs) {
                *byte ^= field::mul(coefficient, input[offset + at]);
            }
        }
    }
}

struct Case {
    rows: Vec<Vec<u8>>,
    buffers: Vec<Vec<u8>>,
    shifts: Vec<usize>,
}

impl Case {
    fn new(inputs: usize, outputs: usize, len: usize, rng: &mut impl Rng) -> Self {
        let mut random = |len: usize| {
            let mut bytes = vec![0; len];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let rows = (0..outputs).map(|_| random(inputs)).collect();
        let buffers = (0..inputs).map(|_| random(len + 64)).collect();
        let shifts = random(inputs).into_iter().map(|byte| usize::from(byte % 64)).collect();
        Self { rows, buffers, shifts }
    }

    fn kernel(&self, engine: Engine) -> Kernel {
        let rows = self.rows.concat();
        Kernel::new(engine, &Coefficients::new(self.buffers.len(), rows))
    }
}

/// Every engine against the reference: slices that begin at any address, lengths around every
/// vector and chunk, both modes, and no byte beside an output touched.
fn check(inputs: usize, outputs: usize, len: usize, offset: usize, shift: usize) {
    let rng = &mut ChaCha8Rng::seed_from_u64((inputs * 1000 + outputs) as u64 + len as u64);
    let case = Case::new(inputs, outputs, len + offset, rng);
    let slices: Vec<&[u8]> =
        case.buffers.iter().zip(&case.shifts).map(|(b, &s)| &b[s..s + offset + len]).collect();
    let mut before = vec![vec![0; len + 130]; outputs];
    before.iter_mut().for_each(|output| rng.fill_bytes(output));
    for mode in [Mode::Replace, Mode::Add] {
        let mut expected: Vec<Vec<u8>> = before
            .iter()
            .map(|output| match mode {
                Mode::Replace => vec![0; len],
                Mode::Add => output[shift..shift + len].to_vec(),
            })
            .collect();
        reference(&case.rows, &slices, offset, &mut expected);
        for engine in available() {
            let mut after = before.clone();
            let mut places: Vec<&mut [u8]> =
                after.iter_mut().map(|output| &mut output[shift..shift + len]).collect();
            case.kernel(engine).multiply(&slices, offset, &mut places, mode);
            for ((after, before), expected) in after.iter().zip(&before).zip(&expected) {
                let what = (engine, mode, inputs, outputs, len, offset, shift);
                assert!(after[shift..shift + len] == expected[..], "{what:?}");
                assert!(after[..shift] == before[..shift], "before the output: {what:?}");
                assert!(
                    after[shift + len..] == before[shift + len..],
                    "after the output: {what:?}"
                );
            }
        }
    }
}

#[test]
fn engines_equal_the_reference_on_every_short_length() {
    for len in 1..=200 {
        check(3, 2, len, len % 7, len % 66);
    }
}

#[test]
fn engines_equal_the_reference_for_every_number_of_outputs() {
    for outputs in 1..=26 {
        for len in [1, 40, 63, 64, 129, 1000] {
            check(5, outputs, len, 3, outputs);
        }
    }
}

#[test]
fn engines_equal_the_reference_for_many_inputs() {
    for inputs in [1, 2, 15, 16, 17, 31, 33, 64, 200] {
        for (len, outputs) in [(17, 1), (95, 4), (700, 12)] {
            check(inputs, outputs, len, 0, inputs % 64);
        }
    }
}

#[test]
fn engines_equal_the_reference_over_chunks() {
    for len in [4096, 12_289, 24 * 1024 + 1] {
        check(4, 8, len, 1, 16);
        check(10, 12, len, 0, 0);
    }
}

/// Inputs that are all of their allocation, at the addresses where one begins: what is read before or
/// behind them is found by AddressSanitizer, and by the engines' own assertions.
#[test]
fn engines_read_nothing_beside_their_inputs() {
    let rng = &mut ChaCha8Rng::seed_from_u64(8);
    for outputs in 1..=8 {
        for len in (64..1500).step_by(61) {
            let mut inputs = vec![vec![0; len]; 7];
            inputs.iter_mut().for_each(|input| rng.fill_bytes(input));
            inputs.iter_mut().for_each(Vec::shrink_to_fit);
            let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
            let mut row = vec![0; 7 * outputs];
            rng.fill_bytes(&mut row);
            let rows: Vec<Vec<u8>> = row.chunks(7).map(<[u8]>::to_vec).collect();
            let mut expected = vec![vec![0; len]; outputs];
            reference(&rows, &slices, 0, &mut expected);
            for engine in available() {
                let mut computed = vec![vec![0; len]; outputs];
                let mut places: Vec<&mut [u8]> =
                    computed.iter_mut().map(Vec::as_mut_slice).collect();
                let kernel = Kernel::new(engine, &Coefficients::new(7, row.clone()));
                kernel.multiply(&slices, 0, &mut places, Mode::Replace);
                assert!(computed == expected, "{engine}, {outputs} outputs, {len} bytes");
            }
        }
    }
}

/// Long enough for stores that go past the caches, aligned alike and not.
#[test]
fn engines_equal_portable_where_outputs_exceed_the_caches() {
    let len = (7 << 20) + 77;
    let data = {
        let mut bytes = vec![0; 2 * len];
        ChaCha8Rng::seed_from_u64(3).fill_bytes(&mut bytes);
        bytes
    };
    let (a, b) = data.split_at(len);
    let coefficients = Coefficients::new(2, vec![1, 1, 7, 9]);
    for spread in [0, 1] {
        let compute = |engine| {
            let mut memory = vec![0xA5; 2 * len + 200 + spread];
            let (x, y) = memory.split_at_mut(len + 64 - len % 64 + spread);
            let mut outputs = [&mut x[16..16 + len - 64], &mut y[16..16 + len - 64]];
            Kernel::new(engine, &coefficients).multiply(&[a, b], 64, &mut outputs, Mode::Replace);
            memory
        };
        let expected = compute(Engine::Portable);
        for engine in available() {
            assert!(compute(engine) == expected, "{engine}");
        }
    }
}

/// Columns that are shared out lie as far into the inputs as they did before.
#[test]
#[cfg(feature = "rayon")]
fn columns_that_threads_share_keep_their_offset() {
    let (len, offset) = ((1 << 20) + 77, 5);
    let mut input = vec![0; len + offset];
    ChaCha8Rng::seed_from_u64(9).fill_bytes(&mut input);
    let kernel = Kernel::new(Engine::best(), &Coefficients::new(1, vec![1]));
    let mut output = vec![0; len];
    rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(|| {
        kernel.multiply(&[&input], offset, &mut [&mut output], Mode::Replace);
    });
    assert!(output == input[offset..]);
}

#[test]
fn the_best_engine_is_the_last_that_is_available() {
    assert_eq!(available().last(), Some(Engine::best()));
    for engine in Engine::ALL {
        let checked = engine.check();
        match engine.is_available() {
            true => assert_eq!(checked, Ok(engine)),
            false => assert_eq!(checked, Err(Error::EngineUnavailable { engine })),
        }
    }
}

#[test]
#[cfg(all(target_arch = "x86_64", feature = "std"))]
fn names_are_those_of_the_processors_features() {
    assert_eq!(Engine::Avx2.is_available(), std::arch::is_x86_feature_detected!("avx2"));
    let names: Vec<_> = Engine::ALL.iter().map(alloc::string::ToString::to_string).collect();
    assert_eq!(names[..3], ["portable", "ssse3", "avx2"]);
    assert_eq!(names[3..], ["gfni+avx2", "gfni+avx512", "neon", "simd128"]);
}

#[test]
#[should_panic(expected = "inputs so long")]
fn a_kernel_reads_nothing_beyond_its_inputs() {
    let kernel = Kernel::new(Engine::best(), &Coefficients::new(1, vec![1]));
    kernel.multiply(&[&[0; 99]], 36, &mut [&mut [0; 64]], Mode::Replace);
}
