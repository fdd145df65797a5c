#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
//!
//! # Design
//!
//! | part | begin at |
//! |---|---|
//! | the rotation | [`step`], [`State`], [`Input`], [`Output`], [`Params`] |
//! | entry, exit, credit | [`Candidate`], [`Registration`], [`Credit`], [`Filter`] |
//! | the draw | [`select`], [`Policy`], [`vrf`] |
//! | votes and certificates | [`VoteSecret`], [`Vote`], [`Voters`], [`Tally`], [`Certificate`], [`verify_batch`] |
//! | hand-over, seen from outside | [`Boundary`], [`Follower`] |
//! | faults | [`Evidence`] |
//! | who gathers votes | [`Collectors`] |
//! | what a committee is worth | [`security`] |
//!
//! # Invariants
//!
//! - [`State::check_invariants`] after every step: tokens are conserved; who is on duty or in the pool
//!   is bound; committee and pool are those that a certified boundary names.
//! - A refused input changes nothing.
//! - The committee changes with a boundary that the pool certified, and with nothing else.
//! - The draw for a round is frozen two rounds before its seed is known.
//! - No clock, randomness, float, network or thread.

extern crate alloc;
#[cfg(all(test, not(feature = "std")))]
extern crate std;

mod bls;
mod boundary;
mod candidate;
mod certificate;
mod collectors;
mod credit;
mod domain;
mod draw;
mod encoding;
mod error;
mod evidence;
#[cfg(test)]
mod fixture;
mod input;
mod invariants;
mod params;
mod quorum;
pub mod security;
mod state;
mod step;
mod vote;
mod voters;
pub mod vrf;

pub use bls::{VoteKey, VoteSecret, VoteSignature};
pub use boundary::{Boundary, Follower};
pub use candidate::{
    Amount, Candidate, CandidateId, FrozenCandidate, Registration, Status, Unbonding,
};
pub use certificate::{Bitmap, Certificate, Tally, verify_batch};
pub use collectors::{Collectors, Route};
pub use credit::{Credit, CreditParams, Duty, FULL_CREDIT, Filter, Lapse, PERIODS};
pub use draw::{Entry, Policy, select};
pub use error::Error;
pub use evidence::{Evidence, check_votes};
pub use input::{Input, Output};
pub use invariants::Broken;
pub use params::{FaultParams, Params, StakeParams};
pub use quorum::{faults, forkable, quorum};
pub use state::{Books, FROZEN_AHEAD, Pending, State, Ticket, later_seed};
pub use step::step;
pub use vote::{Kind, Vote};
pub use voters::{MAX_VOTERS, Role, Voter, Voters};
