use alloc::vec::Vec;

use thiserror::Error;

use crate::backend::PointError;
use crate::post::{Fault, Link, ProofHash};
use crate::{FragmentName, KeyId};

/// What this crate refuses, with what it expected and what it got.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A number of sectors that isn't a power of two in 64..=65536.
    #[error("{got} sectors a block, a power of two in 64..=65536 was expected")]
    Sectors {
        /// The number that came.
        got: u32,
    },
    /// An encoding or a list isn't as long as it must be. Lengths are in bytes.
    #[error("{what} of {got} bytes, {expected} were expected")]
    Length {
        /// What was read.
        what: What,
        /// The exact length, or the least one.
        expected: u64,
        /// The length that came.
        got: u64,
    },
    /// Bytes that aren't the canonical encoding of a point of the curve.
    #[error("{what} {index} is no canonical point of the curve")]
    Point {
        /// What was read.
        what: What,
        /// Its place in its list.
        index: u64,
    },
    /// A point of the curve outside the subgroup of prime order.
    #[error("{what} {index} is outside the subgroup")]
    Subgroup {
        /// What was read.
        what: What,
        /// Its place in its list.
        index: u64,
    },
    /// The identity where it would void the check.
    #[error("{what} {index} is the identity")]
    Identity {
        /// What was read.
        what: What,
        /// Its place in its list.
        index: u64,
    },
    /// A scalar that isn't below the group order.
    #[error("{what} {index} is not below the group order")]
    Scalar {
        /// What was read.
        what: What,
        /// Its place in its list.
        index: u64,
    },
    /// A format version that this crate doesn't know.
    #[error("version {got}, this crate knows {expected}")]
    Version {
        /// The version of this crate.
        expected: u32,
        /// The version that came.
        got: u32,
    },
    /// Bytes that aren't the encoding of any policy.
    #[error("no policy has kind {kind}, windows {windows}, samples {samples}")]
    Policy {
        /// The kind.
        kind: u8,
        /// The number of windows.
        windows: u32,
        /// The number of samples.
        samples: u32,
    },
    /// The points of a proving key aren't the powers that the public key commits to.
    #[error("proving key does not belong to key {key}")]
    ProvingKey {
        /// The public key's id.
        key: KeyId,
    },
    /// A fragment without a byte.
    #[error("a fragment has at least one byte")]
    EmptyFragment,
    /// A fragment of another key than the one at hand.
    #[error("fragment of key {got}, key {expected} is at hand")]
    WrongKey {
        /// The key at hand.
        expected: KeyId,
        /// The key of the fragment.
        got: KeyId,
    },
    /// A fragment whose blocks were counted by another number of sectors than its key's.
    #[error("fragment {name} is counted in blocks of {got} sectors, its key has {expected}")]
    WrongSectors {
        /// The fragment's name.
        name: FragmentName,
        /// Sectors in a block under the key.
        expected: u32,
        /// The number that the blocks were counted by.
        got: u32,
    },
    /// More or fewer tags than blocks.
    #[error("{got} tags for {expected} blocks of fragment {index}")]
    TagCount {
        /// The fragment's place in its list.
        index: usize,
        /// The number of blocks.
        expected: u64,
        /// The number of tags.
        got: u64,
    },
    /// More or less data than the fragment's length, in bytes.
    #[error("fragment {index} has {expected} bytes, {got} came")]
    FragmentLength {
        /// The fragment's place in its list.
        index: usize,
        /// The length that its name binds.
        expected: u64,
        /// The length that came, or that would have come.
        got: u64,
    },
    /// Data that doesn't hash to the fragment's root.
    #[error("data of fragment {index} does not hash to its root")]
    Root {
        /// The fragment's place in its list.
        index: usize,
    },
    /// Data before the first or after the last fragment of a check, or a missing fragment.
    #[error("{got} fragments were checked, {expected} were announced")]
    FragmentCount {
        /// The number announced.
        expected: usize,
        /// The number whose data ended.
        got: usize,
    },
    /// Tags that don't fit the data, in one fragment or more of a check.
    #[error("tags do not fit the data")]
    Tags,
    /// An entry that the holding has already.
    #[error("fragment {name} is in the holding already")]
    Duplicate {
        /// The fragment's name.
        name: FragmentName,
    },
    /// An entry that the holding doesn't have.
    #[error("fragment {name} is not in the holding")]
    Missing {
        /// The fragment's name.
        name: FragmentName,
    },
    /// More blocks than 64 bits count.
    #[error("{total} blocks and {added} more pass 64 bits")]
    TooManyBlocks {
        /// The blocks so far.
        total: u64,
        /// The blocks that don't fit.
        added: u64,
    },
    /// A challenge over nothing.
    #[error("a holding without fragments cannot be challenged")]
    EmptyHolding,
    /// A holding that isn't the one the challenge was made for.
    #[error("the challenge is for another holding")]
    WrongHolding,
    /// More or fewer fragments than a challenge draws.
    #[error("{got} fragments, the challenge draws {expected}")]
    DrawnCount {
        /// The number that the challenge draws.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// Fragments out of the holding's order.
    #[error("fragment {index} is out of the holding's order")]
    FragmentsUnordered {
        /// Its place in its list.
        index: usize,
    },
    /// A list of keys that is out of order, has a key that no fragment has, or lacks one.
    #[error("key {index} is out of order, unused or missing")]
    KeyList {
        /// Its place in the list.
        index: usize,
    },
    /// An opening doesn't lead to the root of the challenged holding.
    #[error("opening of the holding: {0}")]
    Opening(cess_merkle::Error),
    /// More samples than one proof may have.
    #[error("{got} samples, at most {max} fit one proof")]
    TooManySamples {
        /// The largest number.
        max: u64,
        /// The number asked for, or a lower bound of it.
        got: u64,
    },
    /// No key was supplied for an entry that is challenged.
    #[error("key {key} is not known")]
    UnknownKey {
        /// The key's id.
        key: KeyId,
    },
    /// A supplied key has another id than the one asked for.
    #[error("key {got} was supplied for key {expected}")]
    KeyMismatch {
        /// The key asked for.
        expected: KeyId,
        /// The key that came.
        got: KeyId,
    },
    /// A sampled block longer than a block of its key, in bytes.
    #[error("block of {got} bytes, at most {max} fit")]
    BlockLength {
        /// Bytes of a full block.
        max: usize,
        /// The length that came.
        got: usize,
    },
    /// A block came when no sample was open, or the proof was finished too early.
    #[error("{got} of {expected} samples were answered")]
    Samples {
        /// The number of samples.
        expected: u64,
        /// The number answered.
        got: u64,
    },
    /// A proof has answers for more or fewer keys than were challenged.
    #[error("proof over {got} keys, {expected} were challenged")]
    KeyCount {
        /// The keys challenged.
        expected: usize,
        /// The keys answered.
        got: usize,
    },
    /// The proof's equation doesn't hold.
    #[error("proof does not hold")]
    Proof,
    /// Proofs of a batch that don't hold.
    #[error("{} proofs of the batch do not hold", rejected.len())]
    Batch {
        /// Index in the batch and reason, by rising index.
        rejected: Vec<(usize, Error)>,
    },
    /// An answer at the deadline of its window or after it, in the chain's unit of time.
    #[error("answer at {at}, the window closed at {deadline}")]
    Late {
        /// The first moment that is too late.
        deadline: u64,
        /// When the answer came.
        at: u64,
    },
    /// A window that can't follow those before it in a span.
    #[error("window {index} {fault}")]
    Window {
        /// Its place in the span.
        index: usize,
        /// What is wrong with it.
        fault: Fault,
    },
    /// An outcome that is neither 0 nor 1.
    #[error("outcome {got} of window {index}, 0 or 1 was expected")]
    Outcome {
        /// The window's place in the span.
        index: usize,
        /// The byte that came.
        got: u8,
    },
    /// Windows that don't lead to the link that the chain has: left out, moved, changed or added.
    #[error("span leads to link {got}, the chain has {expected}")]
    Link {
        /// The link that the chain has.
        expected: Link,
        /// The link that the windows lead to.
        got: Link,
    },
    /// More or fewer answers than windows.
    #[error("answers for {got} windows, the span has {expected}")]
    AnswerCount {
        /// The number of windows.
        expected: usize,
        /// The number of answers.
        got: usize,
    },
    /// Another proof than the one whose hash the chain has.
    #[error("proof {got}, the chain has {expected}")]
    OtherProof {
        /// The hash that the chain has.
        expected: ProofHash,
        /// The hash of the proof at hand.
        got: ProofHash,
    },
    /// A probability or a share outside the open interval between 0 and 1.
    #[error("{got} parts per billion, more than 0 and less than 1000000000 were expected")]
    Share {
        /// The value that came.
        got: u32,
    },
    /// More blocks lost or drawn than there are.
    #[error("{got} of {blocks} blocks")]
    Draw {
        /// The blocks there are.
        blocks: u64,
        /// The number lost or drawn.
        got: u64,
    },
    /// A segment longer than one mask's keystream, 64 bytes short of 256 GiB.
    #[error("mask ends at byte {end}, its keystream has {max}")]
    MaskLength {
        /// Bytes of the keystream.
        max: u64,
        /// One past the last byte to be masked.
        end: u64,
    },
}

/// The kinds of values that are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum What {
    /// A secret key; x is scalar 0, alpha scalar 1.
    #[error("secret key")]
    SecretKey,
    /// A public key.
    #[error("public key")]
    PublicKey,
    /// A proving key.
    #[error("proving key")]
    ProvingKey,
    /// The tags of a fragment.
    #[error("tags")]
    Tags,
    /// One tag.
    #[error("tag")]
    Tag,
    /// A challenge.
    #[error("challenge")]
    Challenge,
    /// An opening of a holding.
    #[error("opening")]
    Opening,
    /// A proof; its points are numbered from sigma at 0, then one psi a key.
    #[error("proof")]
    Proof,
    /// A blinded proof; its scalars are numbered from c at 0, then one a key, its points two a key.
    #[error("blinded proof")]
    BlindedProof,
    /// A span of windows.
    #[error("span")]
    Span,
}

impl Error {
    pub(crate) fn point(what: What, index: usize, error: PointError) -> Self {
        let index = index as u64;
        match error {
            PointError::Encoding | PointError::Curve => Self::Point { what, index },
            PointError::Subgroup => Self::Subgroup { what, index },
        }
    }

    pub(crate) fn length(what: What, expected: usize, got: usize) -> Self {
        Self::Length { what, expected: expected as u64, got: got as u64 }
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Sectors { .. } => "use Sectors::DEFAULT",
            Self::Length { .. } => "fetch it again; it was cut, extended, or is something else",
            Self::Point { .. }
            | Self::Subgroup { .. }
            | Self::Identity { .. }
            | Self::Scalar { .. } => "refuse the sender: no honest encoder writes this",
            Self::Version { .. } => "use a release of this crate that knows the version",
            Self::Policy { .. } => "ask for at least one window and one sample",
            Self::ProvingKey { .. } => "fetch the proving key again by its registered hash",
            Self::EmptyFragment => "store at least one byte, or no fragment at all",
            Self::WrongKey { .. } | Self::KeyMismatch { .. } => "look the key up by the id given",
            Self::WrongSectors { .. } => {
                "take the number of sectors from the key, never from a claim"
            }
            Self::TagCount { .. } => "one tag a block: fetch the tags again",
            Self::FragmentLength { .. } | Self::Root { .. } => {
                "the data is damaged or another fragment's: fetch it again or repair it"
            }
            Self::FragmentCount { .. } => "send the data of every fragment, in the order announced",
            Self::Tags => "check the fragments one by one to find the bad ones, and refuse those",
            Self::Duplicate { .. } => "a name is held once; another replica has another number",
            Self::Missing { .. } => "check key, name and block count of the entry",
            Self::TooManyBlocks { .. } => "split the fragments over several holdings",
            Self::EmptyHolding => "skip provers that hold nothing",
            Self::WrongHolding => "use the list of the challenge's snapshot height",
            Self::DrawnCount { .. } => "ask for the opening of this very challenge",
            Self::FragmentsUnordered { .. } => "keep the fragments in the order they were drawn in",
            Self::KeyList { .. } => "refuse the sender: no honest encoder writes this",
            Self::Opening(_) => "ask for the opening of this very challenge, or for the list",
            Self::TooManySamples { .. } => "use more windows, or challenge parts of the holding",
            Self::UnknownKey { .. } => "supply every key of the holding",
            Self::BlockLength { .. } => "pass the sampled block alone",
            Self::Samples { .. } => "answer each sample once, in the order given",
            Self::KeyCount { .. } => "the proof is for another challenge or holding",
            Self::Proof => "challenge parts of the holding to find the bad fragments",
            Self::Batch { .. } => "the other proofs of the batch hold",
            Self::Late { .. } => "close the window as missed",
            Self::Window { .. } | Self::Link { .. } => {
                "ask for the windows as the chain closed them, in their order"
            }
            Self::Outcome { .. } => "refuse the sender: no honest encoder writes this",
            Self::AnswerCount { .. } => "give one answer a window, or None",
            Self::OtherProof { .. } => "ask for the proof that came in time",
            Self::Share { .. } => "give a share between 1 and 999999999 parts per billion",
            Self::Draw { .. } => "lose and draw at most as many blocks as there are",
            Self::MaskLength { .. } => "mask shorter segments",
        }
    }
}
