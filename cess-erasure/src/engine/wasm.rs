//! The engine of WebAssembly with 128-bit vectors, which the build was told of.
#![allow(unsafe_code)]

use core::arch::wasm32::*;

use super::Mode;
use super::vector::{self, Blocks, Nibbles, Vector};

/// 16 bytes, multiplied by two swizzles.
#[derive(Clone, Copy)]
pub(super) struct Swizzled(v128);

// SAFETY of all blocks of the implementation: the caller of a method of `Vector` vouches for the
// memory; loads and stores are for any alignment. The instructions are part of the build's target.

impl Vector for Swizzled {
    const LEN: usize = 16;
    type Coefficient = Nibbles;
    type Factor = [v128; 2];
    type Scalar = [v128; 2];

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self(u8x16_splat(0))
    }

    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        // SAFETY: see above.
        Self(unsafe { v128_load(from.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: see above.
        unsafe { v128_store(to.cast(), self.0) }
    }

    /// There is no instruction for it.
    #[inline(always)]
    unsafe fn stream(self, to: *mut u8) {
        // SAFETY: see above.
        unsafe { v128_store(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn fence() {}

    #[inline(always)]
    unsafe fn factor(self) -> Self::Factor {
        [v128_and(self.0, u8x16_splat(15)), u8x16_shr(self.0, 4)]
    }

    #[inline(always)]
    unsafe fn scalar(nibbles: &Nibbles) -> Self::Scalar {
        let table = nibbles.as_ptr().cast::<v128>();
        // SAFETY: see above; the two tables are 16 bytes each.
        unsafe { [v128_load(table), v128_load(table.add(1))] }
    }

    #[inline(always)]
    unsafe fn product([low, high]: Self::Factor, [lows, highs]: Self::Scalar) -> Self {
        Self(v128_xor(u8x16_swizzle(lows, low), u8x16_swizzle(highs, high)))
    }

    #[inline(always)]
    unsafe fn add_one(self, x: Self) -> Self {
        Self(v128_xor(self.0, x.0))
    }

    /// There is no instruction for it.
    #[inline(always)]
    unsafe fn prefetch(_: *const u8) {}
}

pub(super) fn simd128(
    blocks: &Blocks<Nibbles>,
    inputs: &[&[u8]],
    offset: usize,
    outputs: &mut [&mut [u8]],
    mode: Mode,
) {
    vector::multiply::<Swizzled>(blocks, inputs, offset, outputs, mode, |job| {
        // SAFETY: the target has the instructions.
        unsafe {
            match (job.outputs.len(), job.plain) {
                (1, true) => vector::columns::<Swizzled, 1, 4, true>(job),
                (2, true) => vector::columns::<Swizzled, 2, 4, true>(job),
                (1, _) => vector::columns::<Swizzled, 1, 4, false>(job),
                (2, _) => vector::columns::<Swizzled, 2, 2, false>(job),
                (3, _) => vector::columns::<Swizzled, 3, 2, false>(job),
                (4, _) => vector::columns::<Swizzled, 4, 2, false>(job),
                (rows, _) => unreachable!("{rows} outputs in a block"),
            }
        }
    });
}
