//! What an observer is told.

use cess_ledger::{AccountId, DealId, FileId, Slot};

use crate::NodeError;

/// One step of a running operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A deal is open and seeded.
    DealOpened {
        /// The deal.
        deal: DealId,
    },
    /// A node has a fragment.
    FragmentStored {
        /// The node.
        miner: AccountId,
        /// Its bytes.
        bytes: u64,
    },
    /// A node did not take a fragment; another one will.
    NodeExcluded {
        /// The node.
        miner: AccountId,
        /// Why.
        error: NodeError,
    },
    /// Every fragment of a segment is stored.
    SegmentStored {
        /// The segment.
        segment: u32,
        /// Bytes of the source in it.
        bytes: u64,
    },
    /// The manifest is on the chain.
    DealClosed {
        /// The file.
        file: FileId,
    },
    /// A node checked the tags of its fragments and reported them, or didn't.
    Reported {
        /// The node.
        miner: AccountId,
        /// Why not.
        error: Option<NodeError>,
    },
    /// A fragment is missing or bad; another one is used.
    FragmentBad {
        /// Its place.
        slot: Slot,
        /// Who should have it.
        miner: AccountId,
        /// What is wrong.
        error: NodeError,
    },
    /// A segment was written to the sink.
    SegmentRead {
        /// The segment.
        segment: u32,
        /// Bytes written.
        bytes: u64,
    },
    /// A lost fragment has a new home.
    Repaired {
        /// Its place.
        slot: Slot,
        /// Its new home.
        miner: AccountId,
        /// Its bytes.
        bytes: u64,
    },
}

/// Told of every step; `&|_| {}` for none.
pub type Observer<'a> = &'a (dyn Fn(&Progress) + Send + Sync);
