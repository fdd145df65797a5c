//! The rules, one idea a file. Every rule checks all it needs before it changes anything, so that
//! a refused call leaves no trace.

mod audit;
mod deal;
mod miner;
mod repair;
mod tagger;
mod tokens;

pub use audit::AuditTarget;
pub use repair::repair_challenge;
pub(crate) use tokens::{Payee, accrued};

#[cfg(test)]
mod tests;
