//! Tables in safe Rust. One lookup multiplies a byte of input by the coefficients of up to eight
//! outputs: a table entry is a word with one product in each of its bytes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{BitXor, BitXorAssign, Range};

use super::Mode;
use crate::field;
use crate::interpolation::Coefficients;

/// The bytes of each shard that are worked on before the next tables are taken, so that outputs
/// stay in the L1 cache while they are added to.
const CHUNK: usize = 4096;
/// The bytes of tables in use at a time, for the same reason.
const TABLE_BYTES: usize = 24 * 1024;
/// The bytes of each shard that are copied together. Shards often lie whole pages apart, where
/// caches can't hold a line of each of them: every line is read once, and written once.
const TILE: usize = 64;
/// Positions whose words are kept in registers.
const STEP: usize = 8;

/// Coefficients, prepared for use with many shards.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    inputs: usize,
    /// Each but the last for [`u64::LANES`] outputs.
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
enum Group {
    One(Tables<u8>),
    Four(Tables<u32>),
    Eight(Tables<u64>),
}

/// A table for each input.
type Tables<W> = Box<[[W; 256]]>;

impl Kernel {
    pub(crate) fn new(coefficients: &Coefficients) -> Self {
        let rows: Vec<&[u8]> = coefficients.rows().collect();
        let groups = rows.chunks(u64::LANES).map(|rows| match rows.len() {
            1 => Group::One(tables(rows, coefficients.inputs())),
            2..=4 => Group::Four(tables(rows, coefficients.inputs())),
            _ => Group::Eight(tables(rows, coefficients.inputs())),
        });
        Self { inputs: coefficients.inputs(), groups: groups.collect() }
    }

    #[cfg(feature = "std")]
    pub(super) fn size(&self) -> usize {
        let size = |group: &Group| match group {
            Group::One(tables) => size_of_val(&**tables),
            Group::Four(tables) => size_of_val(&**tables),
            Group::Eight(tables) => size_of_val(&**tables),
        };
        self.groups.iter().map(size).sum()
    }

    /// Sums of products of `inputs[..][offset..]` into the outputs, as many bytes as each output has. All inputs must reach so far, and outputs be equally long.
    pub(super) fn multiply(
        &self,
        inputs: &[&[u8]],
        offset: usize,
        outputs: &mut [&mut [u8]],
        mode: Mode,
    ) {
        debug_assert_eq!(inputs.len(), self.inputs);
        debug_assert_eq!(outputs.len().div_ceil(u64::LANES), self.groups.len());
        let len = outputs.first().map_or(0, |output| output.len());
        for start in (0..len).step_by(CHUNK) {
            let chunk = start..len.min(start + CHUNK);
            for (group, outputs) in self.groups.iter().zip(outputs.chunks_mut(u64::LANES)) {
                match group {
                    Group::One(tables) => run(tables, inputs, offset, outputs, &chunk, mode),
                    Group::Four(tables) => run(tables, inputs, offset, outputs, &chunk, mode),
                    Group::Eight(tables) => run(tables, inputs, offset, outputs, &chunk, mode),
                }
            }
        }
    }
}

/// A word whose byte `i`, from the lowest, belongs to output `i` of a group.
trait Word: Copy + BitXor<Output = Self> + BitXorAssign {
    const LANES: usize;
    const ZERO: Self;

    /// Sets the bytes of a word.
    fn pack(lanes: impl Iterator<Item = u8>) -> Self;

    /// The byte of output `lane`.
    fn lane(self, lane: usize) -> u8;

    /// From one word for each position to the bytes at these positions of each output.
    fn transpose(words: [Self; STEP]) -> impl Iterator<Item = [u8; STEP]>;
}

impl Word for u8 {
    const LANES: usize = 1;
    const ZERO: Self = 0;

    fn pack(mut lanes: impl Iterator<Item = u8>) -> Self {
        lanes.next().unwrap_or(0)
    }

    fn lane(self, _: usize) -> u8 {
        self
    }

    fn transpose(words: [Self; STEP]) -> impl Iterator<Item = [u8; STEP]> {
        [words].into_iter()
    }
}

impl Word for u32 {
    const LANES: usize = 4;
    const ZERO: Self = 0;

    fn pack(mut lanes: impl Iterator<Item = u8>) -> Self {
        Self::from_le_bytes(core::array::from_fn(|_| lanes.next().unwrap_or(0)))
    }

    fn lane(self, lane: usize) -> u8 {
        self.to_le_bytes()[lane]
    }

    fn transpose(words: [Self; STEP]) -> impl Iterator<Item = [u8; STEP]> {
        let [a, b, c, d, e, f, g, h] = words.map(u64::from);
        let mut pairs = [a | e << 32, b | f << 32, c | g << 32, d | h << 32];
        for i in 0..2 {
            swap(&mut pairs, i, i + 2, 16, 0x0000_ffff_0000_ffff);
        }
        for i in [0, 2] {
            swap(&mut pairs, i, i + 1, 8, 0x00ff_00ff_00ff_00ff);
        }
        pairs.map(u64::to_le_bytes).into_iter()
    }
}

impl Word for u64 {
    const LANES: usize = 8;
    const ZERO: Self = 0;

    fn pack(mut lanes: impl Iterator<Item = u8>) -> Self {
        Self::from_le_bytes(core::array::from_fn(|_| lanes.next().unwrap_or(0)))
    }

    fn lane(self, lane: usize) -> u8 {
        self.to_le_bytes()[lane]
    }

    fn transpose(mut words: [Self; STEP]) -> impl Iterator<Item = [u8; STEP]> {
        for i in 0..4 {
            swap(&mut words, i, i + 4, 32, 0x0000_0000_ffff_ffff);
        }
        for i in [0, 1, 4, 5] {
            swap(&mut words, i, i + 2, 16, 0x0000_ffff_0000_ffff);
        }
        for i in [0, 2, 4, 6] {
            swap(&mut words, i, i + 1, 8, 0x00ff_00ff_00ff_00ff);
        }
        words.map(Self::to_le_bytes).into_iter()
    }
}

/// Swaps the bits of `mask`, shifted up, in word `a` with those of `mask` in word `b`.
fn swap(words: &mut [u64], a: usize, b: usize, shift: u32, mask: u64) {
    let differing = ((words[a] >> shift) ^ words[b]) & mask;
    words[a] ^= differing << shift;
    words[b] ^= differing;
}

/// For each input the products of each byte with the coefficients in its column.
fn tables<W: Word>(rows: &[&[u8]], inputs: usize) -> Tables<W> {
    let column = |input: usize| {
        let mut products = W::pack(rows.iter().map(|row| row[input]));
        let mut table = [W::ZERO; 256];
        for bit in 0..8 {
            // Multiplication is linear over exclusive or: the products of 2^bit + low are those of
            // 2^bit with those of low added.
            for low in 0..1 << bit {
                table[(1 << bit) + low] = table[low] ^ products;
            }
            products = W::pack((0..W::LANES).map(|lane| field::double(products.lane(lane))));
        }
        table
    };
    (0..inputs).map(column).collect()
}

fn run<W: Word>(
    tables: &[[W; 256]],
    inputs: &[&[u8]],
    offset: usize,
    outputs: &mut [&mut [u8]],
    chunk: &Range<usize>,
    mode: Mode,
) {
    let at_once = TABLE_BYTES / size_of::<[W; 256]>();
    let mut gathered = [[0; TILE]; TABLE_BYTES / size_of::<[u8; 256]>()];
    let mut sums = [[0; TILE]; u64::LANES];
    for (part, (tables, inputs)) in tables.chunks(at_once).zip(inputs.chunks(at_once)).enumerate() {
        for start in chunk.clone().step_by(TILE) {
            let len = TILE.min(chunk.end - start);
            for (tile, input) in gathered.iter_mut().zip(inputs) {
                let from = offset + start;
                copy(&mut tile[..len], &input[from..from + len]);
            }
            multiply_tile(tables, &gathered[..inputs.len()], &mut sums);
            for (output, sums) in outputs.iter_mut().zip(&sums) {
                let place = &mut output[start..start + len];
                if part == 0 && mode == Mode::Replace {
                    copy(place, &sums[..len]);
                } else {
                    place.iter_mut().zip(sums).for_each(|(byte, sum)| *byte ^= sum);
                }
            }
        }
    }
}

/// A copy that the compiler makes in place for a whole tile.
fn copy(to: &mut [u8], from: &[u8]) {
    match (to.first_chunk_mut::<TILE>(), from.first_chunk::<TILE>()) {
        (Some(to), Some(from)) => *to = *from,
        _ => to.copy_from_slice(from),
    }
}

/// Overwrites the first [`Word::LANES`] tiles of `outputs`.
fn multiply_tile<W: Word>(
    tables: &[[W; 256]],
    inputs: &[[u8; TILE]],
    outputs: &mut [[u8; TILE]; u64::LANES],
) {
    for at in (0..TILE).step_by(STEP) {
        let mut sums = [W::ZERO; STEP];
        for (table, input) in tables.iter().zip(inputs) {
            for (sum, &byte) in sums.iter_mut().zip(&input[at..at + STEP]) {
                *sum ^= table[usize::from(byte)];
            }
        }
        for (output, sums) in outputs.iter_mut().zip(W::transpose(sums)) {
            output[at..at + STEP].copy_from_slice(&sums);
        }
    }
}
