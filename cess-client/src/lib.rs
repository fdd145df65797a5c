#![doc = include_str!("../README.md")]
//!
//! # Design
//! [`Client`] is thin: it composes the crates that do the work over three seams. A [`Chain`] runs
//! [`cess_ledger`]'s rules, wherever; a [`StorageNode`] keeps fragments, whatever with; a
//! [`SessionStore`] keeps what a crashed upload needs to go on. Library code starts no runtime,
//! reads no clock and draws no randomness of its own.
//!
//! # Invariants
//! - One segment of a file is in memory at a time.
//! - Nothing from a node or the chain is believed that a hash or a proof can check.
//! - Equal source, keys and randomness give equal fragments, tags and file ids, whatever the number
//!   of threads.
//! - A call that may have got through is looked up, never repeated as a new one.

mod audit;
mod chain;
mod client;
mod coding;
mod domain;
mod error;
mod get;
mod keys;
#[cfg(feature = "local")]
mod local;
mod node;
mod progress;
mod put;
#[cfg(feature = "remote")]
mod remote;
mod repair;
mod session;
mod source;
mod tagger;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use audit::Audited;
pub use chain::{ATTEMPTS, At, Chain, ChainError, ChainExt, ChainFault, Receipt};
pub use client::Client;
pub use error::Error;
pub use get::{BadFragment, Fetched};
pub use keys::{Keys, Owner};
#[cfg(feature = "local")]
pub use local::{LocalChain, Tick};
pub use node::{Directory, NodeError, StorageNode, StoreFault, TaggedSegment, Upload};
pub use progress::{Observer, Progress};
pub use put::{PutRequest, Stored};
#[cfg(feature = "remote")]
pub use remote::{RemoteChain, WireFault, serve_chain};
pub use repair::Repaired;
pub use session::{FileSession, MemorySession, SessionStore};
#[cfg(feature = "remote")]
pub use tagger::{Ask, RemoteTagger, serve_tagger};
pub use tagger::{LocalTagger, Part, Tagger, TaggerError};
