//! The engine of 64-bit ARM.
#![allow(unsafe_code)]

use core::arch::aarch64::*;

use super::Mode;
use super::vector::{self, Blocks, Job, Nibbles, Vector};

/// Part of what the target is, but on targets without floating point.
pub(super) fn available() -> bool {
    cfg!(target_feature = "neon")
}

/// 16 bytes, multiplied by two table lookups.
#[derive(Clone, Copy)]
pub(super) struct Quad(uint8x16_t);

// SAFETY of all blocks of the implementation: the caller of a method of `Vector` vouches for the
// instructions and for the memory; loads and stores are for any alignment.

impl Vector for Quad {
    const LEN: usize = 16;
    type Coefficient = Nibbles;
    type Factor = [uint8x16_t; 2];
    type Scalar = [uint8x16_t; 2];

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        Self(unsafe { vdupq_n_u8(0) })
    }

    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        // SAFETY: see above.
        Self(unsafe { vld1q_u8(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: see above.
        unsafe { vst1q_u8(to, self.0) }
    }

    /// There is no instruction for it that the compiler offers.
    #[inline(always)]
    unsafe fn stream(self, to: *mut u8) {
        // SAFETY: see above.
        unsafe { vst1q_u8(to, self.0) }
    }

    #[inline(always)]
    unsafe fn fence() {}

    #[inline(always)]
    unsafe fn factor(self) -> Self::Factor {
        // SAFETY: see above.
        unsafe { [vandq_u8(self.0, vdupq_n_u8(15)), vshrq_n_u8::<4>(self.0)] }
    }

    #[inline(always)]
    unsafe fn scalar(nibbles: &Nibbles) -> Self::Scalar {
        let table = nibbles.as_ptr();
        // SAFETY: see above; the two tables are 16 bytes each.
        unsafe { [vld1q_u8(table), vld1q_u8(table.add(16))] }
    }

    #[inline(always)]
    unsafe fn product([low, high]: Self::Factor, [lows, highs]: Self::Scalar) -> Self {
        // SAFETY: see above.
        Self(unsafe { veorq_u8(vqtbl1q_u8(lows, low), vqtbl1q_u8(highs, high)) })
    }

    #[inline(always)]
    unsafe fn add_one(self, x: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { veorq_u8(self.0, x.0) })
    }

    /// There is no instruction for it that the compiler offers.
    #[inline(always)]
    unsafe fn prefetch(_: *const u8) {}
}

pub(super) fn neon(
    blocks: &Blocks<Nibbles>,
    inputs: &[&[u8]],
    offset: usize,
    outputs: &mut [&mut [u8]],
    mode: Mode,
) {
    #[target_feature(enable = "neon")]
    unsafe fn run(job: Job<'_, '_, '_, Nibbles>) {
        // SAFETY: this function's own feature is that of the vector.
        unsafe {
            match (job.outputs.len(), job.plain) {
                (1, true) => vector::columns::<Quad, 1, 4, true>(job),
                (2, true) => vector::columns::<Quad, 2, 4, true>(job),
                (1, _) => vector::columns::<Quad, 1, 4, false>(job),
                (2, _) => vector::columns::<Quad, 2, 4, false>(job),
                (3, _) => vector::columns::<Quad, 3, 2, false>(job),
                (4, _) => vector::columns::<Quad, 4, 2, false>(job),
                (5, _) => vector::columns::<Quad, 5, 2, false>(job),
                (6, _) => vector::columns::<Quad, 6, 2, false>(job),
                (7, _) => vector::columns::<Quad, 7, 2, false>(job),
                (8, _) => vector::columns::<Quad, 8, 2, false>(job),
                (rows, _) => unreachable!("{rows} outputs in a block"),
            }
        }
    }
    debug_assert!(available());
    vector::multiply::<Quad>(blocks, inputs, offset, outputs, mode, |job| {
        // SAFETY: kernels are only made for engines that are available.
        unsafe { run(job) }
    });
}
