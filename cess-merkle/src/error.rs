use thiserror::Error;

/// What this crate refuses, with what it expected and what it got.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// An encoding isn't as long as its header says. Lengths are in bytes.
    #[error("encoding of {got} bytes where {expected} were expected")]
    Length {
        /// The length the header asks for, or the shortest header.
        expected: u64,
        /// The length that came.
        got: u64,
    },
    /// A tree would hold more leaves than its indices can name.
    #[error("{got} leaves, at most {max} fit")]
    TooManyLeaves {
        /// The largest number of leaves.
        max: u64,
        /// The number asked for.
        got: u64,
    },
    /// A proof or an opening of a tree without leaves.
    #[error("a tree without leaves has no proofs")]
    NoLeaves,
    /// A proof for no leaf at all.
    #[error("no leaf was asked for")]
    EmptyQuery,
    /// A leaf index outside the tree.
    #[error("leaf index {index} in a tree of {count} leaves")]
    IndexOutOfRange {
        /// The index asked for.
        index: u64,
        /// The number of leaves.
        count: u64,
    },
    /// Leaf indices must rise strictly.
    #[error("leaf index {index} follows {previous}, indices must rise")]
    IndicesUnordered {
        /// The index before.
        previous: u32,
        /// The index that should have been larger.
        index: u32,
    },
    /// A proof has more or fewer hashes than its leaves need.
    #[error("proof of {got} hashes where exactly {expected} fit")]
    LemmaCount {
        /// The number that the tree's shape asks for.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// A proof doesn't lead to the root.
    #[error("proof does not lead to the root")]
    RootMismatch,
    /// A count of zero.
    #[error("a count of zero")]
    ZeroCount,
    /// A name that is in the tree already.
    #[error("name is in the tree already")]
    DuplicateName,
    /// A name that isn't in the tree, or isn't the one that was opened.
    #[error("name is not in the tree, or not the one opened")]
    UnknownName,
    /// The sum of all counts would pass `u64::MAX`.
    #[error("total {total} plus {added} passes 64 bits")]
    TotalOverflow {
        /// The sum so far.
        total: u64,
        /// The count that doesn't fit.
        added: u64,
    },
    /// A position at or past the total.
    #[error("position {position} of a total of {total}")]
    PositionOutOfRange {
        /// The position asked for.
        position: u64,
        /// The sum of all counts.
        total: u64,
    },
    /// An opening is valid for another entry than the one that holds the position.
    #[error("position {position} opened by the entry of positions {start}..{end}")]
    WrongEntry {
        /// The position asked for.
        position: u64,
        /// The first position of the entry that was opened.
        start: u64,
        /// One past its last position.
        end: u64,
    },
    /// The sums of an opening don't add up to the total.
    #[error("sums add up to {got}, the root says {expected}")]
    TotalMismatch {
        /// The total beside the root.
        expected: u64,
        /// The sum along the opening.
        got: u64,
    },
    /// An opening whose path is longer than its tree allows.
    #[error("path of {got} steps, at most {max} fit")]
    Depth {
        /// The longest path.
        max: u64,
        /// The steps that came.
        got: u64,
    },
    /// The bits at which an opening branches must rise strictly.
    #[error("branch at bit {bit} follows {previous}, bits must rise")]
    BitsUnordered {
        /// The bit before.
        previous: u8,
        /// The bit that should have been larger.
        bit: u8,
    },
    /// A rank outside the tree.
    #[error("rank {rank} in a tree of {len} entries")]
    RankOutOfRange {
        /// The rank asked for.
        rank: u64,
        /// The number of entries.
        len: u64,
    },
    /// Ranks must rise strictly.
    #[error("rank {rank} follows {previous}, ranks must rise")]
    RanksUnordered {
        /// The rank before.
        previous: u64,
        /// The rank that should have been larger.
        rank: u64,
    },
    /// An opening has more or fewer nodes than its ranks ask for.
    #[error("opening has other nodes than its ranks ask for")]
    OpeningShape,
    /// A node with as many entries on the left as in all, or more.
    #[error("{left} entries to the left in a node of {len}")]
    ForkOutOfRange {
        /// Entries on the left.
        left: u32,
        /// Entries of the node.
        len: u32,
    },
    /// A byte range outside the string.
    #[error("range {start}..{end} of {len} bytes")]
    RangeOutOfBounds {
        /// First byte asked for.
        start: u64,
        /// One past the last byte asked for.
        end: u64,
        /// The length of the string, in bytes.
        len: u64,
    },
    /// Bytes of a string, or hashes over them, that don't belong to the root; or a wrong length.
    #[error("bytes {start}..{end} do not belong to the root")]
    ContentMismatch {
        /// First byte that the refused node covers.
        start: u64,
        /// One past the last byte that it covers.
        end: u64,
    },
    /// A slice ended early.
    #[error("slice ended {missing} bytes early or more")]
    Truncated {
        /// The bytes that its next part still needs.
        missing: u64,
    },
    /// Bytes after the end of a slice.
    #[error("{extra} bytes after the end of the slice")]
    TrailingBytes {
        /// How many, of those seen.
        extra: u64,
    },
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Length { .. } => {
                "fetch the encoding again; it was cut, extended, or is another format"
            }
            Self::TooManyLeaves { .. } => "split the list and commit to the roots of its parts",
            Self::NoLeaves => "add a leaf first; an empty tree has only its root",
            Self::EmptyQuery => "ask for at least one leaf",
            Self::IndexOutOfRange { .. } => "ask for an index below the number of leaves",
            Self::IndicesUnordered { .. } => "sort the indices and remove duplicates",
            Self::LemmaCount { .. } => "ask for a proof of exactly the leaves to be verified",
            Self::RootMismatch => "the leaf, its place or the proof is wrong: ask another node",
            Self::ZeroCount => "remove the name instead of giving it no positions",
            Self::DuplicateName => "use replace to change the count of a name",
            Self::UnknownName => "use insert for a new name, and check which name was asked for",
            Self::TotalOverflow { .. } => "split the entries over several trees",
            Self::PositionOutOfRange { .. } => "draw positions below the total",
            Self::WrongEntry { .. } => "ask for the opening of this very position",
            Self::TotalMismatch { .. } => "take root and total from the same state",
            Self::Depth { .. } | Self::BitsUnordered { .. } => {
                "the opening was not made by this crate: ask another node"
            }
            Self::RankOutOfRange { .. } => "ask for a rank below the number of entries",
            Self::RanksUnordered { .. } => "sort the ranks and remove duplicates",
            Self::OpeningShape => "ask for an opening of exactly these ranks",
            Self::ForkOutOfRange { .. } => {
                "the opening was not made by this crate: ask another node"
            }
            Self::RangeOutOfBounds { .. } => "ask for bytes below the length, start before end",
            Self::ContentMismatch { .. } => {
                "the data is damaged or the length wrong: ask another node, and repair this copy"
            }
            Self::Truncated { .. } => "the connection ended early: ask for the rest of the range",
            Self::TrailingBytes { .. } => {
                "the sender does not keep to the format: ask another node"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn messages_are_one_line_with_both_numbers() {
        let error = Error::Length { expected: 8, got: 7 };
        assert_eq!(error.to_string(), "encoding of 7 bytes where 8 were expected");
        let error = Error::RangeOutOfBounds { start: 6, end: 5, len: 100 };
        assert_eq!(error.to_string(), "range 6..5 of 100 bytes");
    }

    #[test]
    fn hints_name_the_remedy() {
        assert!(Error::DuplicateName.hint().contains("replace"));
        assert!(Error::IndicesUnordered { previous: 1, index: 1 }.hint().contains("sort"));
    }
}
