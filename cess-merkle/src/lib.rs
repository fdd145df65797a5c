#![doc = include_str!("../README.md")]
//!
//! # Design
//!
//! | type | commits to | shape |
//! |---|---|---|
//! | [`Tree`] | a list of byte strings | complete binary tree of `merkle-cbt`, inside a root that binds the leaf count |
//! | [`SumTree`] | a map from 32-byte names to counts | crit-bit tree on the names, every node binds both sums and numbers of entries |
//! | [`content`] | one byte string | the tree of BLAKE3 itself, cut at groups of 16 KiB |
//!
//! `Tree` and `SumTree` hash in BLAKE3's key derivation mode, one context for each role (leaf, node,
//! root), so no leaf can be shown as a node of either tree.
//!
//! # Invariants
//!
//! - A root depends on the content alone, and binds its length.
//! - A proof says nothing about positions: the verifier brings every index or position, and the
//!   proof either fits it or is refused.
//! - Each proof and each encoding has exactly one form; whatever else decodes is refused.
//! - Decoders allocate at most what they were handed; no input makes them panic.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod content;
mod domain;
mod error;
mod sum;
mod tree;

pub use error::Error;
pub use sum::{Entry, Iter, ManyOpening, Opening, Ranked, SumRoot, SumTree};
pub use tree::{Proof, Tree};
