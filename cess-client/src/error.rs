//! What a user of the client meets when something can't be done.

use std::{fmt, io};

use cess_ledger::{AccountId, FileId};

use crate::{ChainError, NodeError, TaggerError};

/// Why a file could not be put, got, audited or repaired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The chain refused, or is out of reach.
    #[error("chain: {0}")]
    Chain(#[from] ChainError),
    /// The source could not be read.
    #[error("source can't be read after {len} bytes: {kind}")]
    Source {
        /// Bytes that were read before.
        len: u64,
        /// How it failed.
        kind: io::ErrorKind,
    },
    /// The sink could not be written.
    #[error("sink can't be written: {0}")]
    Sink(io::ErrorKind),
    /// The session store could not be read or written.
    #[error("session store failed: {0}")]
    Session(io::ErrorKind),
    /// The stored session belongs to another request, or is damaged.
    #[error("stored session is not of this request")]
    SessionMismatch,
    /// The source isn't what an interrupted upload had already sent.
    #[error("source changed in segment {segment} since the upload began")]
    SourceChanged {
        /// The first segment that differs.
        segment: u32,
    },
    /// The source has more bytes than the deal allows.
    #[error("source has more than {max} bytes")]
    TooLarge {
        /// The deal's bound.
        max: u64,
    },
    /// Too few nodes take fragments.
    #[error("{available} nodes can take a segment, {needed} are needed{}", Last(last.as_ref()))]
    NotEnoughNodes {
        /// Nodes a segment takes.
        needed: usize,
        /// Nodes that are left.
        available: usize,
        /// Why the last node that was left out failed, if any was.
        last: Option<NodeError>,
    },
    /// More nodes failed in one upload than its placement may leave out.
    #[error("{failed} nodes failed, at most {max} may be left out{}", Last(Some(last)))]
    TooManyFailures {
        /// The most that may: a quarter of the candidates.
        max: usize,
        /// How many did.
        failed: usize,
        /// Why the last of them did.
        last: NodeError,
    },
    /// The deal's deadline passed before the upload was done. The hold was refunded.
    #[error("deal expired before the upload was done")]
    DealExpired,
    /// Some nodes did not report their fragments.
    #[error("{missing} fragments are not reported")]
    NotActive {
        /// How many.
        missing: u32,
    },
    /// The chain knows no such file.
    #[error("no file {0}")]
    NoSuchFile(FileId),
    /// The file is private: it takes the owner's keys.
    #[error("file is private, its keys are needed")]
    KeyNeeded,
    /// The keys are not this file's.
    #[error("keys do not open this file")]
    WrongKey,
    /// The file has no such bytes.
    #[error("file has {len} bytes, {start}..{end} were asked for")]
    Range {
        /// First byte asked for.
        start: u64,
        /// Byte after the last one asked for.
        end: u64,
        /// The file's length.
        len: u64,
    },
    /// Too few intact shards are left.
    #[error(
        "segment {segment} replica {replica}: {have} intact shards, {need} are needed, lost are {}",
        Shards(missing)
    )]
    NotEnoughShards {
        /// The segment.
        segment: u32,
        /// Its best replica, or the only one that may be used.
        replica: u8,
        /// Intact shards of that replica.
        have: usize,
        /// Shards that a replica needs.
        need: usize,
        /// The shards of that replica that are lost, damaged or out of reach, ascending.
        missing: Vec<u8>,
    },
    /// The shards are what the manifest names, but don't make a segment: its uploader lied.
    #[error("segment {segment} contradicts its manifest")]
    Inconsistent {
        /// The segment.
        segment: u32,
    },
    /// The tag key isn't on the ledger, or isn't this one.
    #[error("tag key is not registered")]
    TagKeyMissing,
    /// The tagger refused, failed or lied.
    #[error("{0}")]
    Tagger(TaggerError),
    /// A node failed.
    #[error("node {miner}: {source}")]
    Node {
        /// Which one.
        miner: AccountId,
        /// How.
        source: NodeError,
    },
    /// A file of this shape can't be coded.
    #[error("profile can't be coded: {0}")]
    Profile(#[from] cess_ledger::Error),
    /// The erasure code refused.
    #[error("erasure code: {0}")]
    Erasure(#[from] cess_erasure::Error),
    /// Tags or proofs refused.
    #[error("storage proof: {0}")]
    Podr2(#[from] cess_podr2::Error),
    /// Encryption refused.
    #[error("encryption: {0}")]
    Encryption(#[from] cess_pre::Error),
}

impl From<TaggerError> for Error {
    fn from(error: TaggerError) -> Self {
        match error {
            TaggerError::Erasure(inner) => Self::Erasure(inner),
            TaggerError::Podr2(inner) => Self::Podr2(inner),
            other => Self::Tagger(other),
        }
    }
}

/// The last failure of a node, after the rest of the line.
struct Last<'a>(Option<&'a NodeError>);

impl fmt::Display for Last<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |error| write!(f, "; the last that failed: {error}"))
    }
}

/// Numbers of shards, as many as a line can take.
struct Shards<'a>(&'a [u8]);

impl fmt::Display for Shards<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX: usize = 16;
        for (place, shard) in self.0.iter().take(MAX).enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{shard}")?;
        }
        match self.0.len().saturating_sub(MAX) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Chain(ChainError::Refused(refused)) | Self::Profile(refused) => refused.hint(),
            Self::Chain(ChainError::Store(fault)) => fault.hint(),
            Self::Chain(ChainError::NonceTaken { .. }) => "let one program at a time sign calls",
            Self::Chain(_) => "check the chain's address and try again; nothing is paid twice",
            Self::Source { .. } | Self::Sink(_) | Self::Session(_) => {
                "check path, permissions and free space, and run the same call again"
            }
            Self::SessionMismatch => "use one session store for each upload",
            Self::SourceChanged { .. } | Self::DealExpired => {
                "start a new upload with an empty session store"
            }
            Self::TooLarge { .. } => "start a new upload with a higher bound",
            Self::NotEnoughNodes { .. } => "choose a profile that needs fewer nodes, or add nodes",
            Self::TooManyFailures { .. } => "look at the nodes' errors, then run the upload again",
            Self::NotActive { .. } => "run the same upload again before the deadline",
            Self::NoSuchFile(_) => "check the id; a file whose term is over is gone",
            Self::KeyNeeded | Self::WrongKey => "pass the keys of the file's owner",
            Self::Range { .. } => "ask for bytes within the file's length",
            Self::NotEnoughShards { .. } => {
                "wait for nodes to come back; nothing wrong was written"
            }
            Self::Inconsistent { .. } => "this file can't be read; its uploader made it so",
            Self::TagKeyMissing => "register the tag key first: Tagger::registration",
            Self::Tagger(TaggerError::Unreachable { .. }) => {
                "bring the tagger back and run the same call again; nothing is paid twice"
            }
            Self::Tagger(TaggerError::Refused) => "ask whoever runs the tagger for its rules",
            Self::Tagger(TaggerError::Failed) => "try again, or ask whoever runs the tagger",
            Self::Tagger(TaggerError::Lies(_)) => {
                "take another tagger, this one's answers don't hold; a new upload is paid anew"
            }
            Self::Tagger(_) => "use the tagger under whose key the file is, of this version",
            Self::Node { .. } => "try again; another node may take it",
            Self::Podr2(inner) => inner.hint(),
            Self::Erasure(cess_erasure::Error::Undetermined { .. }) => {
                "too much of one group of the code is lost; bring nodes back"
            }
            Self::Erasure(_) | Self::Encryption(_) => "report it: no input should lead here",
        }
    }
}
