#![doc = include_str!("../README.md")]
//!
//! # Design
//!
//! | step | where |
//! |---|---|
//! | what is it? | [`sniff`] |
//! | features and their weights | [`text`], [`data`] |
//! | weighted features to 256 bits | [`simhash`] (Charikar 2002; the white paper's section 5.4) |
//! | a sample of the features for a second look | [`Sketch`], of [`Sample`]s (Broder 1997) |
//! | what goes on the chain | [`Certificate`] |
//! | how alike are two? | [`Fingerprint::compare`], then [`Comparison::verdict`] |
//!
//! # Invariants
//!
//! - Equal bytes give equal fingerprints, on every machine: all arithmetic is on integers, and
//!   tables and segmentation are part of the [`Method`].
//! - Fingerprints of different kinds or methods have no distance.
//! - A certificate binds its sketch; a [`Fingerprint`] is a pair that was checked.
//! - No input makes a fingerprint or a decoder panic; memory is bounded by the input's length,
//!   and for [`data`] by a constant.

mod align;
#[cfg(feature = "audio")]
pub mod audio;
mod bands;
mod certificate;
mod compare;
#[cfg(any(feature = "audio", feature = "image", feature = "video"))]
mod cosine;
pub mod data;
#[cfg(feature = "sha256")]
mod digest;
mod domain;
mod encoding;
mod error;
mod evidence;
mod fingerprint;
#[cfg(any(feature = "image", feature = "video"))]
pub mod image;
pub mod index;
#[cfg(feature = "iscc")]
pub mod iscc;
mod kind;
mod lineage;
#[cfg(feature = "registry")]
pub mod registry;
mod sample;
mod sequence;
pub mod simhash;
mod sketch;
mod sniff;
#[cfg(feature = "text")]
pub mod text;
#[cfg(feature = "video")]
pub mod video;
mod views;

pub use align::Alignment;
pub use certificate::Certificate;
pub use compare::{Comparison, Level, Relation, Verdict};
#[cfg(feature = "sha256")]
pub use digest::Digests;
pub use error::{Error, StoreFault};
pub use evidence::{Evidence, Finding};
pub use fingerprint::Fingerprint;
pub use kind::{Kind, Method};
pub use lineage::{Edge, Lineage, Registration};
pub use sample::{Overlap, Sample};
pub use simhash::Simhash;
pub use sketch::Sketch;
pub use sniff::{Format, sniff};
