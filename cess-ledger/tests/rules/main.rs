//! The rules over whole blocks, with real keys, tags and proofs: each accepted call beside its
//! refused twin. After every block of every test the invariants hold, and a refused call has left
//! no trace.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod attacks;
mod audits;
mod deals;
mod miners;
mod parse;
mod property;
mod repairs;
mod spans;
mod tokens;
mod windows;
mod world;
