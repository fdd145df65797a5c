//! Codes of shards: what each costs beside the crates and the library that do the same, and beside
//! a copy.
//!
//! `reed-solomon-erasure` and ISA-L compute the same parity bytes. `reed-solomon-simd` is another
//! code, over GF(2^16), and keeps what it makes in buffers of its own, which are not copied out here.

mod isal;
mod large;
mod more;
mod plain;

use crate::figure::Figure;

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    plain::run(emit);
    large::run(emit);
    more::run(emit);
}
