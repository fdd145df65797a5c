//! Engines of x86 and x86-64.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86")]
use core::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::*;

use super::vector::{self, Blocks, Job, Nibbles, Vector};
use super::{Engine, Mode};

macro_rules! detected {
    ($($feature:tt),+) => {{
        #[cfg(feature = "std")]
        let found = $(std::arch::is_x86_feature_detected!($feature))&&+;
        #[cfg(not(feature = "std"))]
        let found = $(cfg!(target_feature = $feature))&&+;
        found
    }};
}

/// Whether the processor has all instructions that the engine's functions are compiled with.
pub(super) fn has(engine: Engine) -> bool {
    match engine {
        Engine::Ssse3 => detected!("ssse3"),
        Engine::Avx2 => detected!("avx2"),
        Engine::GfniAvx2 => detected!("avx2", "gfni"),
        Engine::GfniAvx512 => detected!("avx2", "gfni", "avx512f", "avx512bw", "avx512vbmi"),
        _ => false,
    }
}

/// The truth table of the exclusive or of three bits.
const XOR3: i32 = 0b1001_0110;

/// The numbers 0 to 127: 64 from `n` on are the places of two vectors' bytes from byte `n` on.
#[repr(align(64))]
struct Places([u8; 128]);

static PLACES: Places = Places({
    let mut places = [0; 128];
    let mut i = 0u8;
    while i < 128 {
        places[i as usize] = i;
        i += 1;
    }
    places
});

/// 16 bytes, multiplied by two shuffles.
#[derive(Clone, Copy)]
pub(super) struct Xmm(__m128i);
/// 32 bytes, multiplied by two shuffles.
#[derive(Clone, Copy)]
pub(super) struct Ymm(__m256i);
/// 32 bytes, multiplied by an affine transform.
#[derive(Clone, Copy)]
pub(super) struct GfniYmm(__m256i);
/// 64 bytes, multiplied by an affine transform.
#[derive(Clone, Copy)]
pub(super) struct GfniZmm(__m512i);

// SAFETY of all blocks of the implementations: the caller of a method of `Vector` vouches for the
// instructions and for the memory; loads and stores are those for any alignment, but for `stream`,
// whose caller vouches for that too.

/// What all vectors do alike, by the names of their instructions.
macro_rules! memory {
    ($zero:ident, $load:ident, $store:ident, $stream:ident, $xor:ident) => {
        #[inline(always)]
        unsafe fn zero() -> Self {
            // SAFETY: see above.
            Self(unsafe { $zero() })
        }

        #[inline(always)]
        unsafe fn load(from: *const u8) -> Self {
            // SAFETY: see above.
            Self(unsafe { $load(from.cast()) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut u8) {
            // SAFETY: see above.
            unsafe { $store(to.cast(), self.0) }
        }

        #[inline(always)]
        unsafe fn stream(self, to: *mut u8) {
            // SAFETY: see above.
            unsafe { $stream(to.cast(), self.0) }
        }

        #[inline(always)]
        unsafe fn fence() {
            // SAFETY: see above.
            unsafe { _mm_sfence() }
        }

        #[inline(always)]
        unsafe fn add_one(self, x: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { $xor(self.0, x.0) })
        }

        #[inline(always)]
        unsafe fn prefetch(at: *const u8) {
            // SAFETY: see above.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
        }
    };
}

/// Products by two shuffles: of tables with the low halves of bytes, and with the high ones.
macro_rules! shuffles {
    ($raw:ty, $set:ident, $shift:ident, $and:ident, $widen:expr, $shuffle:ident, $xor:ident) => {
        type Coefficient = Nibbles;
        type Factor = [$raw; 2];
        type Scalar = [$raw; 2];

        #[inline(always)]
        unsafe fn factor(self) -> Self::Factor {
            // SAFETY: see above.
            unsafe {
                let mask = $set(15);
                [$and(self.0, mask), $and($shift::<4>(self.0), mask)]
            }
        }

        #[inline(always)]
        unsafe fn scalar(nibbles: &Nibbles) -> Self::Scalar {
            let table = nibbles.as_ptr().cast::<__m128i>();
            // SAFETY: see above; the two tables are 16 bytes each.
            unsafe { [$widen(_mm_loadu_si128(table)), $widen(_mm_loadu_si128(table.add(1)))] }
        }

        #[inline(always)]
        unsafe fn product([low, high]: Self::Factor, [lows, highs]: Self::Scalar) -> Self {
            // SAFETY: see above.
            Self(unsafe { $xor($shuffle(lows, low), $shuffle(highs, high)) })
        }
    };
}

/// Products by an affine transform.
macro_rules! transforms {
    ($raw:ty, $set:ident, $affine:ident) => {
        type Coefficient = u64;
        type Factor = $raw;
        type Scalar = $raw;

        #[inline(always)]
        unsafe fn factor(self) -> Self::Factor {
            self.0
        }

        #[inline(always)]
        unsafe fn scalar(matrix: &u64) -> Self::Scalar {
            // SAFETY: see above.
            unsafe { $set(matrix.cast_signed()) }
        }

        #[inline(always)]
        unsafe fn product(factor: Self::Factor, scalar: Self::Scalar) -> Self {
            // SAFETY: see above.
            Self(unsafe { $affine::<0>(factor, scalar) })
        }
    };
}

impl Vector for Xmm {
    const LEN: usize = 16;

    memory!(_mm_setzero_si128, _mm_loadu_si128, _mm_storeu_si128, _mm_stream_si128, _mm_xor_si128);
    shuffles!(
        __m128i,
        _mm_set1_epi8,
        _mm_srli_epi64,
        _mm_and_si128,
        core::convert::identity,
        _mm_shuffle_epi8,
        _mm_xor_si128
    );
}

impl Vector for Ymm {
    const LEN: usize = 32;

    memory!(
        _mm256_setzero_si256,
        _mm256_loadu_si256,
        _mm256_storeu_si256,
        _mm256_stream_si256,
        _mm256_xor_si256
    );
    shuffles!(
        __m256i,
        _mm256_set1_epi8,
        _mm256_srli_epi64,
        _mm256_and_si256,
        _mm256_broadcastsi128_si256,
        _mm256_shuffle_epi8,
        _mm256_xor_si256
    );
}

impl Vector for GfniYmm {
    const LEN: usize = 32;

    memory!(
        _mm256_setzero_si256,
        _mm256_loadu_si256,
        _mm256_storeu_si256,
        _mm256_stream_si256,
        _mm256_xor_si256
    );
    transforms!(__m256i, _mm256_set1_epi64x, _mm256_gf2p8affine_epi64_epi8);
}

impl Vector for GfniZmm {
    const LEN: usize = 64;
    const PAIRED: bool = true;
    const REALIGNS: bool = true;

    memory!(
        _mm512_setzero_si512,
        _mm512_loadu_si512,
        _mm512_storeu_si512,
        _mm512_stream_si512,
        _mm512_xor_si512
    );
    transforms!(__m512i, _mm512_set1_epi64, _mm512_gf2p8affine_epi64_epi8);

    #[inline(always)]
    unsafe fn add(self, x: Self, y: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_ternarylogic_epi64::<XOR3>(self.0, x.0, y.0) })
    }

    #[inline(always)]
    unsafe fn load_across<const W: usize>(from: *const u8) -> [Self; W] {
        let shift = from.addr() % Self::LEN;
        // SAFETY: see above; the places begin at multiples of the vectors' length, and 64 bytes
        // from below 64 on are in the table.
        unsafe {
            let from = from.sub(shift).cast::<__m512i>();
            let places = _mm512_loadu_si512(PLACES.0.as_ptr().add(shift).cast());
            let mut low = _mm512_load_si512(from);
            let mut vectors = [Self(low); W];
            for (w, vector) in vectors.iter_mut().enumerate() {
                let high = _mm512_load_si512(from.add(w + 1));
                vector.0 = _mm512_permutex2var_epi8(low, places, high);
                low = high;
            }
            vectors
        }
    }
}

/// A function that computes with one engine, which [`has`] must have found.
macro_rules! engine {
    ($name:ident, $vector:ident, $engine:ident, $features:literal, $($rows:literal x $width:literal),+) => {
        pub(super) fn $name(
            blocks: &Blocks<<$vector as Vector>::Coefficient>,
            inputs: &[&[u8]],
            offset: usize,
            outputs: &mut [&mut [u8]],
            mode: Mode,
        ) {
            #[target_feature(enable = $features)]
            unsafe fn run(job: Job<'_, '_, '_, <$vector as Vector>::Coefficient>) {
                // SAFETY: this function's own features are those of the vector.
                unsafe {
                    match (job.outputs.len(), job.plain) {
                        (1, true) => vector::columns::<$vector, 1, 8, true>(job),
                        (2, true) => vector::columns::<$vector, 2, 4, true>(job),
                        $(($rows, _) => vector::columns::<$vector, $rows, $width, false>(job),)+
                        (rows, _) => unreachable!("{rows} outputs in a block"),
                    }
                }
            }
            debug_assert!(has(Engine::$engine));
            vector::multiply::<$vector>(blocks, inputs, offset, outputs, mode, |job| {
                // SAFETY: kernels are only made for engines that `has` found on this machine.
                unsafe { run(job) }
            });
        }
    };
}

// Vectors at a time: as many as registers hold, beside the factors.
engine!(ssse3, Xmm, Ssse3, "ssse3", 1 x 4, 2 x 2, 3 x 2, 4 x 2);
engine!(avx2, Ymm, Avx2, "avx2", 1 x 8, 2 x 2, 3 x 2, 4 x 2);
engine!(
    gfni_avx2, GfniYmm, GfniAvx2, "avx2,gfni",
    1 x 8, 2 x 4, 3 x 2, 4 x 2, 5 x 2, 6 x 1, 7 x 1, 8 x 1
);
engine!(
    gfni_avx512, GfniZmm, GfniAvx512, "avx2,gfni,avx512f,avx512bw,avx512vbmi",
    1 x 8, 2 x 4, 3 x 4, 4 x 4, 5 x 4, 6 x 3, 7 x 3, 8 x 3
);
