//! Conformance suites for the seams, and doubles for tests and examples. All of it is seeded: it
//! reads no clock and draws no randomness of its own.

mod chain_suite;
mod faulty;
mod flaky;
mod memory;
mod node_suite;
mod tagger_suite;
mod world;

pub use chain_suite::conformance_chain;
pub use faulty::{Fault, FaultyNode};
pub use flaky::FlakyChain;
pub use memory::MemoryNode;
pub use node_suite::conformance_node;
pub use tagger_suite::conformance_tagger;
pub use world::World;

/// 32 bytes of a seed, a purpose and a number.
fn draw(seed: u64, purpose: &str, number: u64) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).update(&number.to_le_bytes()).update(purpose.as_bytes());
    *hasher.finalize().as_bytes()
}

/// A number below `below` of the same.
fn draw_below(seed: u64, purpose: &str, number: u64, below: u32) -> u32 {
    let drawn = draw(seed, purpose, number);
    u32::from_le_bytes([drawn[0], drawn[1], drawn[2], drawn[3]]) % below.max(1)
}
