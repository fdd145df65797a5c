//! The scheme from outside: what holds, what is refused, and both once more by a second
//! implementation of the equations.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod collusion;
mod decoders;
mod holds;
mod reference;
mod refuses;
mod twice;
mod vectors;
mod world;
