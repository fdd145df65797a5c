#![doc = include_str!("../README.md")]
//!
//! # Design
//!
//! | step | type |
//! |---|---|
//! | keys | [`SecretKey`], [`PublicKey`], [`ProvingKey`] |
//! | tag what is stored | [`Tagger`] gives a [`Tagged`]: a [`Fragment`] and its [`Tags`] |
//! | check what arrives | [`TagCheck`], [`check_fragment`] |
//! | list what is held | [`Entry`], [`Holding`] |
//! | know what a challenge draws without the list | [`Opening`], [`Drawn`] |
//! | ask | [`Challenge`], [`Policy`], [`Samples`] |
//! | answer | [`Proving`], or [`prove`] over a [`BlockSource`], gives a [`Proof`] |
//! | answer and reveal nothing | [`Proving::finish_blinded`], [`prove_blinded`] give a [`BlindedProof`] |
//! | judge | [`verify`], [`verify_batch`], [`verify_batch_with_rng`], [`verify_blinded`] |
//! | chain the windows of a prover | [`post`] |
//! | make replicas distinct | [`replica`] |
//! | how many samples | [`detection`] |
//!
//! # Invariants
//!
//! - A tag exists only for data whose hash is in the name that it signs: the tagger takes bytes,
//!   never a name, a root or a block alone.
//! - Each block of tags or data is copied once into a buffer of the crate, and hash and field
//!   arithmetic read that buffer.
//! - Points are decoded with the subgroup check, and each value has one encoding.
//! - Every random factor is drawn from all that it weighs; no function takes one.
//! - What depends on a secret runs in constant time; variable time is for public data.
//! - All unsafe code is in the backend and in the kernels; what runs is chosen by the processor,
//!   and results are the same. Without the feature `native` there is none.
//! - Verification is written once, over a private trait that `blst` and arkworks implement.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

#[cfg(not(any(feature = "native", feature = "portable")))]
compile_error!("cess-podr2 needs a backend: enable the feature `native` or `portable`");

mod backend;
mod blinded;
mod challenge;
#[cfg(feature = "native")]
mod check;
pub mod detection;
mod domain;
mod error;
mod field;
mod fragment;
mod holding;
mod id;
#[cfg(feature = "native")]
mod kernel;
mod light;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod measure;
#[cfg(feature = "native")]
mod parallel;
#[cfg(feature = "portable")]
pub mod portable;
pub mod post;
mod proof;
#[cfg(feature = "native")]
mod prove;
#[cfg(feature = "native")]
mod proving_key;
mod public;
mod reader;
pub mod replica;
mod samples;
#[cfg(feature = "native")]
mod secret;
mod sectors;
mod statement;
#[cfg(feature = "native")]
mod tag_sum;
#[cfg(feature = "native")]
mod tagger;
mod verify;

pub use blinded::{BlindedProof, verify_blinded};
pub use challenge::{Audit, Challenge, Policy, Share};
#[cfg(feature = "native")]
pub use check::{TagCheck, check_fragment};
pub use error::{Error, What};
pub use fragment::{Entry, Fragment, Tagged, Tags};
pub use holding::{Fragments, Holding};
pub use id::{FragmentName, KeyId};
pub use light::{Drawn, Opening};
pub use proof::Proof;
#[cfg(feature = "native")]
pub use prove::{BlockSource, ProveError, Proving, prove, prove_blinded};
#[cfg(feature = "native")]
pub use proving_key::ProvingKey;
pub use public::PublicKey;
pub use samples::{MAX_SAMPLES, Sample, Samples};
#[cfg(feature = "native")]
pub use secret::SecretKey;
pub use sectors::Sectors;
#[cfg(feature = "native")]
pub use tagger::Tagger;
pub use verify::{verify, verify_batch, verify_batch_with_rng};
