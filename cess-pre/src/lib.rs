#![doc = include_str!("../README.md")]
//!
//! # Design
//!
//! | step | who | type |
//! |---|---|---|
//! | keys | everybody | [`SecretKey`], [`PublicKey`] |
//! | encapsulate | anybody | [`PublicKey::encapsulate`] gives a [`CheckedCapsule`], under a [`Condition`] |
//! | delegate | owner | [`SecretKey::delegate`] gives a [`Delegation`]: a [`Grant`], [`SealedShare`]s |
//! | accept a share | proxy | [`SecretKey::accept`] gives a [`Share`] and a [`Receipt`] |
//! | check a grant | delegatee | [`SecretKey::receive`] gives a [`ReceivedGrant`] |
//! | ask | delegatee | [`ReceivedGrant::request`] gives a [`Request`] |
//! | answer | proxy | [`SecretKey::answer`] gives an [`Answer`] |
//! | open | delegatee | [`ReceivedGrant::combine`] gives [`Combined`]: key, liars, [`Evidence`] |
//! | open | owner | [`SecretKey::open`] |
//! | take away, pass on | owner | [`SecretKey::revoke`], [`SecretKey::transfer`] |
//!
//! What arrives is decoded ([`Capsule`], [`Grant`]), then checked against what it is said to be for
//! ([`CheckedCapsule`], [`CheckedGrant`]); later functions take only what is checked.
//!
//! [`dem`]: the file's bytes. A [`Dem`](dem::Dem) is a data key bound to a file's header; a file is
//! a row of parts (one per segment), each under a key and a salt of its own; a part is a row of
//! records, each an AEAD message. Three levels: a whole part in place
//! ([`seal_part`](dem::Dem::seal_part)), any range of it ([`PartReader`](dem::PartReader)), streams
//! over `std::io` (feature `std`).
//!
//! # Invariants
//!
//! - Points are decoded with the subgroup check, the identity is refused, each value has one encoding.
//! - Nothing signs with the decryption master a, and `a*Q_w` never leaves the function that needs it.
//! - Every nonce of a proof and every secret scalar is hedged: from a secret, all inputs and fresh
//!   bytes.
//! - Each hash has a context of its own, in one table; none is a standard ciphersuite's.
//! - No keystream is used twice: a part's key depends on a salt that sealing consumes, a record's
//!   nonce on its index and on whether it ends part or file; a capsule and a sealed share have a key
//!   of their own each.
//! - Nothing that isn't authentic in its place is given out.
//! - A reader's [`Dem`](dem::Dem) exists only after the key commitment was checked.
//! - Lengths of plaintext and ciphertext determine each other.
//! - All unsafe code is in the backend.
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod answer;
mod backend;
mod capsule;
mod combine;
mod condition;
mod delegate;
pub mod dem;
mod domain;
mod encoding;
mod error;
mod evidence;
mod grant;
mod identity;
mod key;
mod polynomial;
mod request;
mod rotate;
mod schnorr;
mod share;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(feature = "umbral")]
pub mod umbral;

pub use answer::Answer;
pub use capsule::{Capsule, CheckedCapsule};
pub use combine::{Combined, ReceivedGrant};
pub use condition::{Condition, ConditionKind};
pub use delegate::Delegation;
pub use error::{Error, What};
pub use evidence::Evidence;
pub use grant::{CheckedGrant, Grant, Terms, Threshold};
pub use identity::{PublicKey, SecretKey};
pub use key::DataKey;
pub use request::Request;
pub use rotate::{Replaced, Replacement, Revocation, Transfer};
pub use share::{Receipt, SealedShare, Share};
