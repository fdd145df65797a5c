#![doc = include_str!("../README.md")]
//!
//! # Design
//!
//! | level | what | for whom |
//! |---|---|---|
//! | [`segment`] | a byte string to shards and back, with canonical padding | who has a file |
//! | [`Codec`] | shards to parity and back, in the caller's buffers | who has shards |
//! | [`Geometry`] | which code, and how many shards of each kind | who writes a manifest |
//!
//! Shard `i` of an [`Code::Rs8`] codeword holds the values at point `i` of polynomials over GF(2^8),
//! one polynomial of degree below `data` for each byte position. Encoding, rebuilding and checking
//! are therefore one operation: interpolate at some points, evaluate at others. The coefficients
//! are computed from the points in closed form; an engine multiplies them into the bytes.
//!
//! # Invariants
//!
//! - The bytes depend on the geometry and the data, never on the machine, the engine or the order
//!   in which shards are handed over.
//! - Everything is checked before the first byte is written: after an error of [`Codec`] the
//!   caller's buffers are as they were.
//! - No call of [`Codec`] allocates memory that grows with the length of a shard.
//! - Every [`Geometry`] and every [`segment::SegmentLayout`] is valid, and has one encoding.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod cache;
mod codec;
mod correct;
mod digests;
mod engine;
mod error;
mod field;
mod geometry;
mod interpolation;
#[cfg(feature = "leopard16")]
mod leopard;
mod lrc;
mod matrix;
mod parallel;
pub mod segment;
mod span;
pub mod stream;

pub use codec::Codec;
pub use digests::{CheckedShard, Digests, Shard};
pub use engine::Engine;
pub use error::Error;
pub use geometry::{Code, Geometry};
pub use lrc::Lrc;
