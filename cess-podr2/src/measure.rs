//! The parts of the work, alone, for benches that set the whole beside them. Nothing is returned
//! that depends on a secret. Not covered by any promise of stability.

use core::hint::black_box;

use crate::SecretKey;
use crate::kernel::{Combination, Kernel};

fn kernel(fast: bool) -> Kernel {
    if fast { Kernel::best() } else { Kernel::Portable }
}

/// The inner products of the tagger over all blocks of `data`, by the fastest kernel or the
/// portable one.
pub fn field(key: &SecretKey, data: &[u8], fast: bool) {
    let powers = key.powers_by(kernel(fast));
    for block in data.chunks(key.public_ref().sectors().block_bytes()) {
        black_box(powers.evaluate(black_box(block)));
    }
}

/// The weighted sums of a prover or a tag check over all blocks of `data`, reduced at the end.
pub fn combine(key: &SecretKey, data: &[u8], fast: bool) {
    let sectors = key.public_ref().sectors();
    let mut sums = Combination::with(kernel(fast), sectors.count());
    for block in data.chunks(sectors.block_bytes()) {
        sums.add(black_box(block), black_box(u128::MAX / 3));
    }
    black_box(sums.finish());
}
