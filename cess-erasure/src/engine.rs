//! What multiplies coefficients into bytes. Engines differ in speed alone.

use core::fmt;

use crate::Error;
use crate::interpolation::Coefficients;
use crate::parallel;

#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(test)]
mod tests;
mod vector;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86;

use vector::{Blocks, Nibbles};

/// The instructions that a codec computes with. All give the same bytes.
///
/// With the feature `std`, x86 processors are asked for theirs once, at run time. Without it, and on
/// other processors, what the compiler was told of the target decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Engine {
    /// Tables in safe Rust, on every machine.
    Portable,
    /// Shuffles of 16 bytes; x86 since 2006.
    Ssse3,
    /// Shuffles of 32 bytes; x86 since 2013.
    Avx2,
    /// Affine transforms of 32 bytes (`GF2P8AFFINEQB`).
    GfniAvx2,
    /// Affine transforms of 64 bytes.
    GfniAvx512,
    /// Table lookups of 16 bytes; every 64-bit ARM.
    Neon,
    /// Swizzles of 16 bytes; WebAssembly built with `+simd128`.
    Simd128,
}

impl Engine {
    /// Every engine, slowest first, whether this machine has it or not.
    pub const ALL: [Self; 7] = [
        Self::Portable,
        Self::Ssse3,
        Self::Avx2,
        Self::GfniAvx2,
        Self::GfniAvx512,
        Self::Neon,
        Self::Simd128,
    ];

    /// The fastest engine of this machine.
    #[must_use]
    pub fn best() -> Self {
        let best = Self::ALL.into_iter().rev().find(|engine| engine.is_available());
        best.unwrap_or(Self::Portable)
    }

    /// Whether this machine, as far as this build can tell, has the engine.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Ssse3 | Self::Avx2 | Self::GfniAvx2 | Self::GfniAvx512 => x86::has(self),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => neon::available(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128 => true,
            #[allow(unreachable_patterns, reason = "which engines are left depends on the target")]
            _ => false,
        }
    }

    pub(crate) fn check(self) -> Result<Self, Error> {
        if self.is_available() { Ok(self) } else { Err(Error::EngineUnavailable { engine: self }) }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Ssse3 => "ssse3",
            Self::Avx2 => "avx2",
            Self::GfniAvx2 => "gfni+avx2",
            Self::GfniAvx512 => "gfni+avx512",
            Self::Neon => "neon",
            Self::Simd128 => "simd128",
        })
    }
}

/// Whether outputs are replaced, or the sums are added to what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Replace,
    Add,
}

/// Coefficients, prepared for use with many shards.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    inputs: usize,
    outputs: usize,
    prepared: Prepared,
}

#[derive(Debug, Clone)]
enum Prepared {
    Portable(portable::Kernel),
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Ssse3(Blocks<Nibbles>),
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Avx2(Blocks<Nibbles>),
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    GfniAvx2(Blocks<u64>),
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    GfniAvx512(Blocks<u64>),
    #[cfg(target_arch = "aarch64")]
    Neon(Blocks<Nibbles>),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128(Blocks<Nibbles>),
}

impl Kernel {
    /// `engine` must be available.
    pub(crate) fn new(engine: Engine, coefficients: &Coefficients) -> Self {
        let prepared = match engine.check() {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Ok(Engine::Ssse3) => Prepared::Ssse3(Blocks::new(coefficients, 4)),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Ok(Engine::Avx2) => Prepared::Avx2(Blocks::new(coefficients, 4)),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Ok(Engine::GfniAvx2) => Prepared::GfniAvx2(Blocks::new(coefficients, vector::ROWS)),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Ok(Engine::GfniAvx512) => Prepared::GfniAvx512(Blocks::new(coefficients, vector::ROWS)),
            #[cfg(target_arch = "aarch64")]
            Ok(Engine::Neon) => Prepared::Neon(Blocks::new(coefficients, vector::ROWS)),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Ok(Engine::Simd128) => Prepared::Simd128(Blocks::new(coefficients, 4)),
            _ => Prepared::Portable(portable::Kernel::new(coefficients)),
        };
        let outputs = coefficients.rows().len();
        Self { inputs: coefficients.inputs(), outputs, prepared }
    }

    /// The bytes that the prepared coefficients take.
    #[cfg(feature = "std")]
    pub(crate) fn size(&self) -> usize {
        match &self.prepared {
            Prepared::Portable(kernel) => kernel.size(),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Prepared::GfniAvx2(blocks) | Prepared::GfniAvx512(blocks) => blocks.size(),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Prepared::Ssse3(blocks) | Prepared::Avx2(blocks) => blocks.size(),
            #[cfg(target_arch = "aarch64")]
            Prepared::Neon(blocks) => blocks.size(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Prepared::Simd128(blocks) => blocks.size(),
        }
    }

    /// Sums of products of `inputs[..][offset..]` into the outputs, as many bytes as each output
    /// has. All inputs must reach so far, and outputs be equally long.
    pub(crate) fn multiply(
        &self,
        inputs: &[&[u8]],
        offset: usize,
        outputs: &mut [&mut [u8]],
        mode: Mode,
    ) {
        let Some(len) = outputs.first().map(|output| output.len()) else { return };
        assert_eq!((inputs.len(), outputs.len()), (self.inputs, self.outputs), "shape of kernel");
        assert!(outputs.iter().all(|output| output.len() == len), "outputs of equal length");
        let end = offset.checked_add(len);
        assert!(end.is_some_and(|end| inputs.iter().all(|i| i.len() >= end)), "inputs so long");
        parallel::columns(inputs.len(), offset, outputs, &|offset, outputs| {
            self.run(inputs, offset, outputs, mode);
        });
    }

    fn run(&self, inputs: &[&[u8]], offset: usize, outputs: &mut [&mut [u8]], mode: Mode) {
        match &self.prepared {
            Prepared::Portable(kernel) => kernel.multiply(inputs, offset, outputs, mode),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Prepared::Ssse3(blocks) => x86::ssse3(blocks, inputs, offset, outputs, mode),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Prepared::Avx2(blocks) => x86::avx2(blocks, inputs, offset, outputs, mode),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Prepared::GfniAvx2(blocks) => x86::gfni_avx2(blocks, inputs, offset, outputs, mode),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Prepared::GfniAvx512(blocks) => x86::gfni_avx512(blocks, inputs, offset, outputs, mode),
            #[cfg(target_arch = "aarch64")]
            Prepared::Neon(blocks) => neon::neon(blocks, inputs, offset, outputs, mode),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Prepared::Simd128(blocks) => wasm::simd128(blocks, inputs, offset, outputs, mode),
        }
    }
}
