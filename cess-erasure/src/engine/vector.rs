//! One loop for all vector engines: a position of every input is loaded once and multiplied into
//! the sums of several outputs, which stay in registers until they are stored once.
#![allow(unsafe_code)]

use alloc::vec::Vec;

use super::Mode;
use crate::field;
use crate::interpolation::Coefficients;

/// The most outputs that are summed in registers at a time.
pub(super) const ROWS: usize = 8;
/// The bytes of all inputs of a chunk, where a chunk is read again for further outputs: half of a
/// usual L1 cache.
const L1_BYTES: usize = 24 * 1024;
/// No vector is longer, nor is a usual cache line.
const MAX_LEN: usize = 64;
/// How far ahead inputs are asked for, where the processor doesn't do it by itself in time.
const PREFETCH: usize = 1024;
/// It does if all that is read and written fits a usual L2 cache;
const L2_BYTES: usize = 1 << 20;
/// and if it fits L3, for as few inputs, each read in pieces as long as this.
const FEW_INPUTS: usize = 12;
const LONG_BYTES: usize = 256;
/// The inputs of a ragged end that are gathered at a time.
const GATHERED: usize = 16;
/// Bytes read and written from which on caches can't hold what is written until somebody needs it.
const STREAM_BYTES: usize = 20 << 20;

/// The products of a coefficient with the 16 low halves of a byte, then with the 16 high halves.
pub(super) type Nibbles = [u8; 32];

/// A coefficient as an engine's multiplication wants it.
pub(super) trait Prepare: Copy {
    fn prepare(coefficient: u8) -> Self;
}

impl Prepare for Nibbles {
    fn prepare(coefficient: u8) -> Self {
        let mut nibbles = [0; 32];
        for (low, value) in (0u8..16).enumerate() {
            nibbles[low] = field::mul(coefficient, value);
            nibbles[16 + low] = field::mul(coefficient, value << 4);
        }
        nibbles
    }
}

/// The matrix over GF(2) of the multiplication, for `GF2P8AFFINEQB`: byte `7 - i` selects the bits
/// of the factor that add up to bit `i` of the product.
impl Prepare for u64 {
    fn prepare(coefficient: u8) -> Self {
        let mut matrix = 0;
        for from in 0..8 {
            let product = field::mul(coefficient, 1 << from);
            for to in 0..8 {
                matrix |= u64::from(product >> to & 1) << (8 * (7 - to) + from);
            }
        }
        matrix
    }
}

/// Prepared coefficients in the order of their use: the outputs in blocks of nearly equal size,
/// in each the inputs one after the other, for each input one coefficient an output.
#[derive(Debug, Clone)]
pub(super) struct Blocks<C> {
    inputs: usize,
    blocks: Vec<Block<C>>,
}

#[derive(Debug, Clone)]
struct Block<C> {
    rows: usize,
    /// Output 0 is the sum of all inputs, each times 1.
    plain: bool,
    coefficients: Vec<C>,
}

impl<C: Prepare> Blocks<C> {
    /// Blocks of at most `most` outputs.
    pub(super) fn new(coefficients: &Coefficients, most: usize) -> Self {
        let rows: Vec<&[u8]> = coefficients.rows().collect();
        let size = rows.len().div_ceil(rows.len().div_ceil(most).max(1)).max(1);
        let inputs = coefficients.inputs();
        let block = |rows: &[&[u8]]| {
            let columns = (0..inputs).flat_map(|input| rows.iter().map(move |row| row[input]));
            let plain = rows[0].iter().all(|coefficient| *coefficient == 1);
            Block { rows: rows.len(), plain, coefficients: columns.map(C::prepare).collect() }
        };
        Self { inputs, blocks: rows.chunks(size).map(block).collect() }
    }

    #[cfg(feature = "std")]
    pub(super) fn size(&self) -> usize {
        self.blocks.iter().map(|block| size_of_val(block.coefficients.as_slice())).sum()
    }
}

/// A vector of bytes, and what an engine does with it.
///
/// # Safety
/// All methods may be called only where the processor has the engine's instructions. `load` reads
/// and `store` writes [`LEN`](Self::LEN) bytes anywhere; `stream` writes them at a multiple of
/// `LEN`, and what it wrote is ordered before other writes only after `fence`. `load_across` reads
/// the `W + 1` times `LEN` bytes that begin at the last multiple of `LEN` not beyond its address.
pub(super) trait Vector: Copy {
    const LEN: usize;
    /// Whether inputs are taken two by two, which pays where three vectors are added at once.
    const PAIRED: bool = false;
    /// Whether [`load_across`](Self::load_across) is faster than loads that cross cache lines.
    const REALIGNS: bool = false;
    type Coefficient: Prepare;
    /// A vector, ready to be multiplied by many coefficients.
    type Factor: Copy;
    /// A coefficient, ready to multiply many vectors.
    type Scalar: Copy;

    unsafe fn zero() -> Self;
    unsafe fn load(from: *const u8) -> Self;
    /// `W` vectors that follow each other, from loads at multiples of `LEN` alone.
    #[inline(always)]
    unsafe fn load_across<const W: usize>(from: *const u8) -> [Self; W] {
        // SAFETY: these are among the bytes that the caller vouches for.
        unsafe { load_all(from) }
    }
    unsafe fn store(self, to: *mut u8);
    unsafe fn stream(self, to: *mut u8);
    unsafe fn fence();
    unsafe fn factor(self) -> Self::Factor;
    unsafe fn scalar(coefficient: &Self::Coefficient) -> Self::Scalar;
    unsafe fn product(factor: Self::Factor, scalar: Self::Scalar) -> Self;
    /// The sum of three.
    #[inline(always)]
    unsafe fn add(self, x: Self, y: Self) -> Self {
        // SAFETY: the caller has the instructions.
        unsafe { self.add_one(x.add_one(y)) }
    }
    unsafe fn add_one(self, x: Self) -> Self;
    /// Asks for the cache line at this address, which need not be one.
    unsafe fn prefetch(at: *const u8);
}

/// One block of outputs, and the columns of them that are computed.
pub(super) struct Job<'a, 'i, 'o, C> {
    pub(super) coefficients: &'a [C],
    /// Output 0 is the sum of all inputs.
    pub(super) plain: bool,
    pub(super) inputs: &'a [&'i [u8]],
    /// Where column 0 of the outputs lies in the inputs.
    pub(super) offset: usize,
    pub(super) outputs: &'a mut [&'o mut [u8]],
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) mode: Mode,
    pub(super) stream: bool,
    /// All that the whole multiplication reads and writes.
    pub(super) bytes: usize,
}

/// Computes all outputs by `run`, which is [`columns`] for one engine's vectors.
pub(super) fn multiply<V: Vector>(
    blocks: &Blocks<V::Coefficient>,
    inputs: &[&[u8]],
    offset: usize,
    outputs: &mut [&mut [u8]],
    mode: Mode,
    run: impl Fn(Job<'_, '_, '_, V::Coefficient>),
) {
    debug_assert_eq!(inputs.len(), blocks.inputs);
    let len = outputs.first().map_or(0, |output| output.len());
    let whole = if len < V::LEN { 0 } else { len };
    if whole > 0 {
        let aligned = |at: usize| {
            outputs.iter().all(|o| o.as_ptr().addr().wrapping_add(at).is_multiple_of(V::LEN))
        };
        let head =
            outputs.first().map_or(0, |output| output.as_ptr().align_offset(V::LEN) % V::LEN);
        let bytes = len.saturating_mul(inputs.len() + outputs.len());
        let stream = mode == Mode::Replace && bytes >= STREAM_BYTES && aligned(head);
        let step = match blocks.blocks.len() {
            1 => len,
            _ => (L1_BYTES / inputs.len().max(1)).next_multiple_of(V::LEN).max(4 * V::LEN),
        };
        // Vectors begin where outputs are aligned. What is before that, and the end, are vectors
        // that overlap others: to replace bytes twice by the same is no harm, to add twice is.
        let (mut start, last) = match mode {
            Mode::Replace => (head, len - V::LEN),
            Mode::Add => (0, len),
        };
        let mut each = |start: usize, end: usize, stream: bool| {
            let mut rest = &mut *outputs;
            for Block { rows, plain, coefficients } in &blocks.blocks {
                let (outputs, after) = rest.split_at_mut(*rows);
                let plain = *plain;
                rest = after;
                run(Job {
                    coefficients,
                    plain,
                    inputs,
                    offset,
                    outputs,
                    start,
                    end,
                    mode,
                    stream,
                    bytes,
                });
            }
        };
        if mode == Mode::Replace && head > 0 {
            each(0, V::LEN, false);
        }
        while start + V::LEN <= len {
            let end = len.min(start + step);
            let end = start + (end - start) / V::LEN * V::LEN;
            each(start, end, stream);
            start = end;
        }
        if mode == Mode::Replace && start < len {
            each(last, len, false);
        } else if start < len {
            ragged::<V>(blocks, inputs, offset, outputs, start, mode, &run);
        }
    } else {
        ragged::<V>(blocks, inputs, offset, outputs, 0, mode, &run);
    }
}

/// The columns from `start` on, fewer than a vector has, by way of buffers of whole vectors.
fn ragged<V: Vector>(
    blocks: &Blocks<V::Coefficient>,
    inputs: &[&[u8]],
    offset: usize,
    outputs: &mut [&mut [u8]],
    start: usize,
    mode: Mode,
    run: &impl Fn(Job<'_, '_, '_, V::Coefficient>),
) {
    let len = outputs.first().map_or(0, |output| output.len()) - start;
    let mut rest = outputs;
    for Block { rows, plain, coefficients } in &blocks.blocks {
        let (outputs, after) = core::mem::take(&mut rest).split_at_mut(*rows);
        rest = after;
        let mut sums = [[0u8; MAX_LEN]; ROWS];
        let columns = coefficients.chunks(GATHERED * rows).zip(inputs.chunks(GATHERED));
        for (coefficients, inputs) in columns {
            let mut gathered = [[0u8; MAX_LEN]; GATHERED];
            for (buffer, input) in gathered.iter_mut().zip(inputs) {
                let from = offset + start;
                buffer[..len].copy_from_slice(&input[from..from + len]);
            }
            let buffers = gathered.each_ref().map(|buffer| &buffer[..]);
            let mut sums = sums.each_mut().map(|sum| &mut sum[..]);
            run(Job {
                coefficients,
                plain: *plain,
                inputs: &buffers[..inputs.len()],
                offset: 0,
                outputs: &mut sums[..*rows],
                start: 0,
                end: V::LEN,
                mode: Mode::Add,
                stream: false,
                bytes: 0,
            });
        }
        for (output, sum) in outputs.iter_mut().zip(&sums) {
            let place = &mut output[start..];
            match mode {
                Mode::Replace => place.copy_from_slice(&sum[..len]),
                Mode::Add => place.iter_mut().zip(sum).for_each(|(byte, sum)| *byte ^= sum),
            }
        }
    }
}

/// The columns of a job, whole vectors, for `R` outputs, `W` vectors of each at a time; with `X`,
/// for a job that is `plain`.
///
/// # Safety
/// The processor must have the instructions of `V`. Panics, before anything is read or written,
/// unless there are `R` outputs, `R` coefficients an input, whole vectors between `start` and
/// `end`, and every shard reaches to `end`.
#[inline(always)]
pub(super) unsafe fn columns<V: Vector, const R: usize, const W: usize, const X: bool>(
    job: Job<'_, '_, '_, V::Coefficient>,
) {
    let Job { coefficients, inputs, offset, outputs, start, end, mode, stream, bytes, .. } = job;
    assert!(start <= end && (end - start).is_multiple_of(V::LEN), "whole vectors");
    assert_eq!(coefficients.len(), R * inputs.len(), "a coefficient for each pair");
    assert!(inputs.iter().all(|input| input.len() >= offset + end), "inputs to the end");
    assert!(outputs.len() == R && outputs.iter().all(|o| o.len() >= end), "outputs to the end");
    let mut to = [core::ptr::null_mut(); R];
    for (to, output) in to.iter_mut().zip(outputs.iter_mut()) {
        *to = output.as_mut_ptr();
    }
    let width = W * V::LEN;
    let hard = width < LONG_BYTES || inputs.len() > FEW_INPUTS;
    let ahead = bytes >= STREAM_BYTES || (bytes > L2_BYTES && hard);
    let tiles = Tiles::<V, R> { coefficients, inputs, offset, to, mode, stream };
    // SAFETY: the caller has the instructions, and all shards were checked to reach to `end`.
    unsafe {
        if ahead {
            tiles.walk::<W, X, true>(start, end)
        } else {
            tiles.walk::<W, X, false>(start, end)
        }
    }
    if stream {
        // SAFETY: the caller has the instructions.
        unsafe { V::fence() };
    }
}

/// What the tiles of a job have in common.
struct Tiles<'a, 'i, V: Vector, const R: usize> {
    coefficients: &'a [V::Coefficient],
    inputs: &'a [&'i [u8]],
    offset: usize,
    to: [*mut u8; R],
    mode: Mode,
    stream: bool,
}

impl<V: Vector, const R: usize> Tiles<'_, '_, V, R> {
    /// All tiles from `start` to `end`; with `P`, inputs are asked for ahead.
    ///
    /// # Safety
    /// The processor must have the instructions of `V`, there must be whole vectors between `start`
    /// and `end`, and inputs and outputs must reach to `end`. With `stream`, `to + start` must be
    /// a multiple of `LEN`.
    #[inline(always)]
    unsafe fn walk<const W: usize, const X: bool, const P: bool>(&self, start: usize, end: usize) {
        let width = W * V::LEN;
        let mut at = start;
        let crosses = |input: &&[u8]| {
            !input.as_ptr().addr().wrapping_add(self.offset + start).is_multiple_of(V::LEN)
        };
        if V::REALIGNS && self.inputs.iter().any(crosses) {
            if self.offset + at < V::LEN && at + width <= end {
                // SAFETY: as below.
                unsafe { self.tile::<W, X, P, false>(at) };
                at += width;
            }
            while at + width + V::LEN <= end {
                // SAFETY: as below, and there is a vector before these, by what is above, and one
                // behind them.
                unsafe { self.tile::<W, X, P, true>(at) };
                at += width;
            }
        }
        while at + width <= end {
            // SAFETY: the caller has the instructions and vouches for all up to `end`.
            unsafe { self.tile::<W, X, P, false>(at) };
            at += width;
        }
        while at < end {
            // SAFETY: as above; what is left are whole vectors.
            unsafe { self.tile::<1, X, P, false>(at) };
            at += V::LEN;
        }
    }

    /// `W` vectors of `R` outputs; with `X`, output 0 is the plain sum of all inputs; with `A`,
    /// inputs are loaded across cache lines.
    ///
    /// # Safety
    /// The processor must have the instructions of `V`. Each input must have `W * LEN` bytes from
    /// `offset + at` on, with `A` a vector more on both sides, and each pointer of `to` be good for
    /// writing as many from `at` on. With `stream`, `to + at` must be a multiple of `LEN`.
    #[inline(always)]
    unsafe fn tile<const W: usize, const X: bool, const P: bool, const A: bool>(&self, at: usize) {
        // SAFETY: every address is inside what the caller vouches for: `to` plus `at` plus less
        // than `W` vectors.
        unsafe {
            let Self { coefficients, inputs, to, mode, stream, .. } = self;
            let [first, inputs @ ..] = inputs else { return };
            let x = self.read::<W, P, A>(first, at);
            let factors = factors(&x);
            let (first, coefficients) = coefficients.split_at(R);
            let mut sums = [x; R];
            for (row, (sums, coefficient)) in sums.iter_mut().zip(first).enumerate() {
                if !(X && row == 0) {
                    let scalar = V::scalar(coefficient);
                    for (sum, factor) in sums.iter_mut().zip(&factors) {
                        *sum = V::product(*factor, scalar);
                    }
                }
            }
            if *mode == Mode::Add {
                for (sums, to) in sums.iter_mut().zip(to) {
                    for (w, sum) in sums.iter_mut().enumerate() {
                        *sum = sum.add_one(V::load(to.add(at + w * V::LEN)));
                    }
                }
            }

            let paired = if V::PAIRED { inputs.len() / 2 * 2 } else { 0 };
            let (pairs, singles) = inputs.split_at(paired);
            let (pair_coefficients, single_coefficients) = coefficients.split_at(R * paired);
            let pairs = pairs.chunks_exact(2).zip(pair_coefficients.chunks_exact(2 * R));
            for (inputs, coefficients) in pairs {
                let (x, y) =
                    (self.read::<W, P, A>(inputs[0], at), self.read::<W, P, A>(inputs[1], at));
                let (fx, fy) = (self::factors(&x), self::factors(&y));
                let (cx, cy) = coefficients.split_at(R);
                for (row, (sums, (cx, cy))) in sums.iter_mut().zip(cx.iter().zip(cy)).enumerate() {
                    if X && row == 0 {
                        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(&y)) {
                            *sum = sum.add(*x, *y);
                        }
                    } else {
                        let (sx, sy) = (V::scalar(cx), V::scalar(cy));
                        for (sum, (fx, fy)) in sums.iter_mut().zip(fx.iter().zip(&fy)) {
                            *sum = sum.add(V::product(*fx, sx), V::product(*fy, sy));
                        }
                    }
                }
            }
            for (input, cx) in singles.iter().zip(single_coefficients.chunks_exact(R)) {
                let x = self.read::<W, P, A>(input, at);
                let fx = self::factors(&x);
                for (row, (sums, cx)) in sums.iter_mut().zip(cx).enumerate() {
                    let sx = V::scalar(cx);
                    for (sum, (x, fx)) in sums.iter_mut().zip(x.iter().zip(&fx)) {
                        let product = if X && row == 0 { *x } else { V::product(*fx, sx) };
                        *sum = sum.add_one(product);
                    }
                }
            }
            for (sums, to) in sums.iter().zip(to) {
                for (w, sum) in sums.iter().enumerate() {
                    let to = to.add(at + w * V::LEN);
                    if *stream { sum.stream(to) } else { sum.store(to) }
                }
            }
        }
    }

    /// `W` vectors of an input; with `P`, what comes later is asked for.
    ///
    /// # Safety
    /// As [`tile`](Self::tile), for this input.
    #[inline(always)]
    unsafe fn read<const W: usize, const P: bool, const A: bool>(
        &self,
        input: &[u8],
        at: usize,
    ) -> [V; W] {
        // SAFETY: the caller vouches for `W` vectors, with `A` for one more on both sides, of
        // which `load_across` reads less than one on the lower. Prefetching has no effect, whatever
        // the address.
        unsafe {
            let begin = self.offset + at;
            let from = input.as_ptr().add(begin);
            let before = if A { from.addr() % V::LEN } else { 0 };
            let len = (W + usize::from(A)) * V::LEN;
            debug_assert!(begin >= before && begin - before + len <= input.len(), "inside");
            if P {
                for line in (0..W * V::LEN).step_by(MAX_LEN) {
                    V::prefetch(from.wrapping_add(PREFETCH + line));
                }
            }
            if A { V::load_across(from) } else { load_all(from) }
        }
    }
}

/// # Safety
/// The processor must have the instructions of `V`, and `W` vectors must be there to be read.
#[inline(always)]
unsafe fn load_all<V: Vector, const W: usize>(from: *const u8) -> [V; W] {
    // SAFETY: the caller vouches for the instructions and the vectors.
    unsafe {
        let mut vectors = [V::zero(); W];
        for (w, vector) in vectors.iter_mut().enumerate() {
            *vector = V::load(from.add(w * V::LEN));
        }
        vectors
    }
}

/// # Safety
/// The processor must have the instructions of `V`.
#[inline(always)]
unsafe fn factors<V: Vector, const W: usize>(vectors: &[V; W]) -> [V::Factor; W] {
    // SAFETY: the caller has the instructions.
    unsafe {
        let mut factors = [vectors[0].factor(); W];
        for (factor, vector) in factors.iter_mut().zip(vectors) {
            *factor = vector.factor();
        }
        factors
    }
}
