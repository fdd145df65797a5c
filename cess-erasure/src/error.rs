use thiserror::Error;

/// What this crate refuses, with what it expected and what it got.
///
/// Shard indexes count the data shards first, then the parity shards. Lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A geometry without data shards or without parity shards.
    #[error("{data} data and {parity} parity shards, at least one of each is needed")]
    NoShards {
        /// The data shards asked for.
        data: u16,
        /// The parity shards asked for.
        parity: u16,
    },
    /// More shards than the code has.
    #[error("{got} shards, the code has at most {max}")]
    TooManyShards {
        /// The largest number of shards.
        max: usize,
        /// The data and parity shards asked for.
        got: usize,
    },
    /// An encoded geometry of another length.
    #[error("encoding of {got} bytes where {expected} were expected")]
    EncodingLength {
        /// The length of the encoding.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// An encoded geometry names a code that this version doesn't know.
    #[error("no code has the number {got}")]
    UnknownCode {
        /// The number that came.
        got: u8,
    },
    /// More or fewer shards than the geometry says.
    #[error("{got} shards where {expected} were expected")]
    ShardCount {
        /// The number that the geometry says.
        expected: usize,
        /// The number that came.
        got: usize,
    },
    /// Fewer shards than anything can be rebuilt from.
    #[error("{have} shards, {need} are needed")]
    NotEnoughShards {
        /// The number that came.
        have: usize,
        /// The number of data shards.
        need: usize,
    },
    /// A shard index outside the geometry.
    #[error("shard index {index} of {total} shards")]
    IndexOutOfRange {
        /// The index that came.
        index: usize,
        /// The number of shards.
        total: usize,
    },
    /// A shard that is named twice, among the present, the missing, or in both.
    #[error("shard index {index} is named twice")]
    RepeatedIndex {
        /// The index that came twice.
        index: usize,
    },
    /// A shard of length zero.
    #[error("a shard of zero bytes")]
    EmptyShard,
    /// A shard that isn't as long as the others, or as the layout says.
    #[error("shard of {got} bytes where {expected} were expected")]
    ShardLength {
        /// The length of the first shard, or the layout's.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A parity shard that the data doesn't give. Which shard is wrong is not known by it: one
    /// wrong data shard changes every parity shard.
    #[error("parity shard {parity} does not fit the data")]
    ParityMismatch {
        /// The first parity shard that differs, counted among the parity shards from 0.
        parity: usize,
    },
    /// A segment too long for its geometry.
    #[error("shards of {got} bytes, at most {max} are allowed")]
    SegmentTooLong {
        /// The longest shard; less than [`MAX_SHARD_LEN`](crate::segment::MAX_SHARD_LEN) where
        /// the address space is small.
        max: u64,
        /// The shard length that the segment would need.
        got: u64,
    },
    /// A segment that isn't as long as its layout says.
    #[error("segment of {got} bytes where {expected} were expected")]
    SegmentLength {
        /// The layout's length, with padding or without, as the function's documentation says.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A byte of the padding isn't zero.
    #[error("padding byte at offset {offset} is not zero")]
    NonZeroPadding {
        /// The place of the first such byte in the padded segment.
        offset: usize,
    },
    /// Data shards that can't be shared out among groups of equal size.
    #[error("{data} data shards in {local_groups} groups of equal size")]
    UnevenGroups {
        /// The data shards asked for.
        data: u16,
        /// The groups asked for.
        local_groups: u16,
    },
    /// The shards present, though they may be enough in number, don't determine this one: a
    /// locally repairable code can't undo every loss of so many shards.
    #[error("the shards present do not determine shard {index}")]
    Undetermined {
        /// The first such shard.
        index: usize,
    },
    /// An engine that this machine doesn't have, or this build can't tell that it has.
    #[error("the engine {engine} is not available")]
    EngineUnavailable {
        /// The engine asked for.
        engine: crate::Engine,
    },
    /// A shard whose digest is not the one that it should have.
    #[error("shard {index} is not the one of its digest")]
    WrongShard {
        /// The index of the shard.
        index: usize,
    },
    /// A shard rebuilt from shards that are right by their digests is wrong by its own: whoever
    /// published the digests hashed shards that are no codeword.
    #[error("the digest of shard {index} does not fit those of the others")]
    InconsistentDigests {
        /// The first such shard.
        index: usize,
    },
    /// More wrong shards than can be told from right ones.
    #[error("more than {most} wrong shards")]
    TooManyWrong {
        /// How many could have been corrected.
        most: usize,
    },
    /// A code in which wrong shards can't be found without digests.
    #[error("no correction without digests in {code}")]
    CorrectionUnsupported {
        /// The code.
        code: crate::Code,
    },
    /// A shard of an odd number of bytes, of which GF(2^16) takes two at a time.
    #[cfg(feature = "leopard16")]
    #[error("shards of {got} bytes, an even number is needed")]
    OddShard {
        /// The length that came.
        got: usize,
    },
    /// The library behind the code refused what was checked before.
    #[cfg(feature = "leopard16")]
    #[error("the library behind the code refused it")]
    Refused,
    /// A range that the segment doesn't have.
    #[error("bytes {start}..{end} of a segment of {len} bytes")]
    RangeOutOfSegment {
        /// Where the range begins.
        start: usize,
        /// Where it ends.
        end: usize,
        /// The length of the segment without padding.
        len: usize,
    },
    /// A unit of a stream that isn't a whole number of blocks, or is too long.
    #[error("units of {got} bytes")]
    UnitLength {
        /// The length asked for.
        got: usize,
    },
    /// A stripe that the stream doesn't have.
    #[error("stripe {index} of {stripes} stripes")]
    StripeOutOfRange {
        /// The stripe asked for.
        index: u64,
        /// The number of stripes.
        stripes: u64,
    },
    /// What a stream is read from failed.
    #[cfg(feature = "std")]
    #[error("reading the source failed: {0}")]
    Source(std::io::ErrorKind),
    /// What a stream or its shards are written to failed.
    #[cfg(feature = "std")]
    #[error("writing to a sink failed: {0}")]
    Sink(std::io::ErrorKind),
    /// A codec of one geometry with a layout of another.
    #[error("codec of {codec}, layout of {layout}")]
    GeometryMismatch {
        /// The codec's geometry.
        codec: crate::Geometry,
        /// The layout's geometry.
        layout: crate::Geometry,
    },
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoShards { .. } => "ask for at least one data and one parity shard",
            Self::TooManyShards { .. } => "use fewer shards, or split the data over more segments",
            Self::EncodingLength { .. } => "hand over exactly the bytes of the geometry",
            Self::UnknownCode { .. } => "a newer version may know the code; the data is not lost",
            Self::ShardCount { .. } => "hand over one buffer for each shard of the geometry",
            Self::NotEnoughShards { .. } => "fetch more shards of this codeword",
            Self::IndexOutOfRange { .. } => "use shard indexes below the number of shards",
            Self::RepeatedIndex { .. } => {
                "name each shard once, and rebuild only what is not present"
            }
            Self::EmptyShard => "a shard has at least one byte",
            Self::ShardLength { .. } => {
                "a shard was cut or extended: fetch it again, or make the buffers equally long"
            }
            Self::ParityMismatch { .. } => {
                "check each shard against its hash to find the wrong one, and rebuild that one"
            }
            Self::SegmentTooLong { .. } => "split the data into shorter segments",
            Self::SegmentLength { .. } => "use the layout that the segment was made with",
            Self::NonZeroPadding { .. } => {
                "the segment was not padded by this crate, is still masked, or its length is wrong"
            }
            Self::UnevenGroups { .. } => "use a number of data shards that the groups divide",
            Self::Undetermined { .. } => {
                "fetch more shards of this codeword, of the groups hit first"
            }
            Self::EngineUnavailable { .. } => {
                "use `Codec::new`, which takes the best engine there is"
            }
            Self::WrongShard { .. } => "fetch the shard from somebody else, or do without it",
            Self::InconsistentDigests { .. } => "the codeword was made wrong; use another copy",
            Self::TooManyWrong { .. } => "fetch more shards, or check them against digests",
            Self::CorrectionUnsupported { .. } => "check the shards against digests",
            #[cfg(feature = "leopard16")]
            Self::OddShard { .. } => "pad the shards to an even number of bytes",
            #[cfg(feature = "leopard16")]
            Self::Refused => "report it: no input should lead here",
            Self::RangeOutOfSegment { .. } => "ask for bytes of the segment without its padding",
            Self::UnitLength { .. } => "use a positive multiple of 64 bytes, at most 1 GiB",
            Self::StripeOutOfRange { .. } => "use the layout that the stream was made with",
            #[cfg(feature = "std")]
            Self::Source(_) | Self::Sink(_) => "see what the system says of the file",
            Self::GeometryMismatch { .. } => "make codec and layout from the same geometry",
        }
    }
}
