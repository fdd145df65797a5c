#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
//!
//! # Design
//! One function, [`apply`], takes a [`State`] and a [`Block`] and leaves the next state. It does no
//! input or output, reads no clock and draws no randomness: time and beacon come with the block.
//! Whoever drives it (a node in the process, a pallet, an application under a consensus engine)
//! gets the same state from the same blocks.
//!
//! # Invariants
//! [`State::check_invariants`] after every block: tokens are conserved, space is accounted exactly,
//! every live fragment has a responsible node or an open repair order. A refused call changes
//! nothing.

extern crate alloc;
#[cfg(all(test, not(feature = "std")))]
extern crate std;

mod access;
mod account;
mod apply;
mod call;
mod domain;
mod error;
mod event;
mod fragment;
mod holdings;
mod invariants;
mod manifest;
mod params;
mod placement;
mod profile;
mod query;
mod rules;
mod state;
mod windows;

pub use access::Access;
pub use account::{AccountId, AccountKey, PublicKey, Scheme, Signature};
pub use apply::{Block, Outcome, apply};
pub use call::{Action, Call, Exclusion, SignedCall, TAG_FORMAT, declare_tags};
pub use error::Error;
pub use event::{Event, Verdict};
pub use fragment::{FragmentInfo, FragmentRecord, FragmentStatus};
pub use invariants::Broken;
pub use manifest::{FileId, Manifest, Section, Segment, Slot};
pub use params::{
    AuditParams, CollateralParams, DAY_MS, DealParams, GIB, Params, RepairParams, Sampling,
};
pub use placement::{Placement, rank};
pub use profile::{Profile, RECORD_LEN, Visibility};
pub use query::{Answer, Head, Query};
pub use rules::{AuditTarget, repair_challenge};
pub use state::{
    Account, Amount, Audit, Candidate, Claim, Deal, DealId, DealStatus, File, Miner, MinerStatus,
    Order, OrderId, State, TagKey, Target, Term,
};

pub use windows::Windows;

use rules::Payee;

/// Bytes shown in hexadecimal.
struct Hex<'a>(&'a [u8]);

impl core::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
