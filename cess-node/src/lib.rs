#![doc = include_str!("../README.md")]
//!
//! # Design
//! A [`Node`] is a miner's account, a chain and an object store. It implements
//! [`cess_client::StorageNode`] for whoever uploads, reads and repairs, and
//! [`Node::answer_audits`] for the chain. It keeps no state of its own beside the store: what it
//! owes follows from the chain, what it has from the store.
//!
//! # Invariants
//! - A fragment is in the store only under the name that its bytes hash to.
//! - A fragment is reported only after its tags were checked.
//! - Nothing that a live deal covers is deleted.
//! - It proves under its own identity alone.

mod adopt;
mod garbage;
mod intake;
mod keys;
mod lock;
mod node;
mod prove;
mod quota;
mod report;
mod store;

pub use keys::KeyCache;
pub use node::Node;
