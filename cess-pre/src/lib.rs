#![doc = include_str!("../README.md")]
//!
//! # Design
//!
//! - [`dem`]: the file's bytes. A [`Dem`](dem::Dem) is a data key bound to a file's header; a file
//!   is a row of parts (one per segment), each under a key and a salt of its own; a part is a row
//!   of records, each an AEAD message. Three levels: a whole part in place
//!   ([`seal_part`](dem::Dem::seal_part)), any range of it ([`PartReader`](dem::PartReader)),
//!   streams over `std::io` (feature `std`).
//! - [`WrappedKey`]: a data key under a symmetric key of the owner.
//!
//! # Invariants
//!
//! - No keystream is used twice: a part's key depends on a salt that sealing consumes, a record's
//!   nonce on its index and on whether it ends part or file.
//! - Nothing that isn't authentic in its place is given out.
//! - A reader's [`Dem`](dem::Dem) exists only after the key commitment was checked.
//! - Lengths of plaintext and ciphertext determine each other.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod dem;
mod domain;
mod error;
mod key;
mod wrap;

pub use error::Error;
pub use key::{DataKey, OwnerKey};
pub use wrap::WrappedKey;
