//! What multiplies coefficients into bytes. Engines differ in speed alone.

mod portable;

pub(crate) use portable::Kernel;
