//! Why the ledger refuses.

use crate::{AccountId, Amount, DealId, DealStatus, FileId, MinerStatus, OrderId, Visibility};

/// Why a call, a block or an encoding was refused. A refused call changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The signature isn't the signer's over this call. Sign with the account's own key.
    #[error("signature does not verify")]
    BadSignature,
    /// The call was signed for another chain.
    #[error("call is for another chain")]
    WrongChain,
    /// Calls of an account are taken in order, each nonce once.
    #[error("nonce {got}, expected {expected}")]
    WrongNonce {
        /// The account's next nonce.
        expected: u64,
        /// The call's nonce.
        got: u64,
    },
    /// The balance doesn't cover the call.
    #[error("needs {needed}, account has {available}")]
    InsufficientFunds {
        /// What the call takes.
        needed: Amount,
        /// What the account has.
        available: Amount,
    },
    /// A sum left its type's range.
    #[error("arithmetic overflow")]
    Overflow,
    /// A block must carry the next height.
    #[error("block height {got}, expected {expected}")]
    WrongHeight {
        /// The next height.
        expected: u64,
        /// The block's height.
        got: u64,
    },
    /// Block times never run backwards.
    #[error("block time {got} ms lies before {latest} ms")]
    TimeReversed {
        /// Time of the block before.
        latest: u64,
        /// The block's time.
        got: u64,
    },
    /// Bytes that are no call, or more than one.
    #[error("malformed call")]
    BadCall,
    /// Parameters of a genesis that can't work.
    #[error("bad parameter: {name}")]
    BadParameter {
        /// Which one.
        name: &'static str,
    },
    /// A profile outside the limits.
    #[error("bad profile: {replicas} replicas, segments of {segment_len} bytes")]
    BadProfile {
        /// Replicas asked for.
        replicas: u8,
        /// Segment length asked for, in bytes.
        segment_len: u32,
    },
    /// A manifest that contradicts itself or the deal.
    #[error("bad manifest: {field}")]
    BadManifest {
        /// The first field that does.
        field: &'static str,
    },
    /// A segment beyond the end of the file.
    #[error("no segment {index} of {count}")]
    NoSuchSegment {
        /// The segment asked for.
        index: u64,
        /// Segments of the file.
        count: u64,
    },
    /// A fragment that the file doesn't have.
    #[error("no fragment {index}")]
    NoSuchFragment {
        /// The fragment's index in its file.
        index: u32,
    },
    /// No deal with this number.
    #[error("no deal {0}")]
    NoSuchDeal(DealId),
    /// The call doesn't fit the deal's status.
    #[error("deal is {got:?}")]
    DealStatus {
        /// The status it is in.
        got: DealStatus,
    },
    /// Only the owner may do this.
    #[error("caller is not the owner {owner}")]
    NotOwner {
        /// Who may.
        owner: AccountId,
    },
    /// The deadline has passed.
    #[error("deadline {deadline} ms has passed, it is {now} ms")]
    TooLate {
        /// The deadline, milliseconds.
        deadline: u64,
        /// The block's time, milliseconds.
        now: u64,
    },
    /// The placement seed arrives with the next block.
    #[error("no beacon has been drawn for this yet")]
    NoBeaconYet,
    /// The bid lies below the asking price.
    #[error("bid {bid}, the price is {ask}")]
    BidTooLow {
        /// The bid, per GiB and day.
        bid: Amount,
        /// The asking price, per GiB and day.
        ask: Amount,
    },
    /// A term outside the limits.
    #[error("term of {got} ms, allowed are {min} to {max}")]
    BadTerm {
        /// Shortest term, milliseconds.
        min: u64,
        /// Longest term, milliseconds.
        max: u64,
        /// The term asked for, milliseconds.
        got: u64,
    },
    /// The file is larger than its deal allows.
    #[error("file of {got} bytes, the deal allows {max}")]
    TooLarge {
        /// The deal's bound, bytes.
        max: u64,
        /// The file's length, bytes.
        got: u64,
    },
    /// Too few nodes can take a segment.
    #[error("{available} nodes can take a segment, {needed} are needed")]
    NotEnoughNodes {
        /// Nodes a segment takes.
        needed: usize,
        /// Nodes with room.
        available: usize,
    },
    /// More nodes were left out of the placement than the rule allows.
    #[error("{got} nodes left out of the placement, at most {max} may be")]
    TooManyExclusions {
        /// The most that may be.
        max: usize,
        /// How many were.
        got: usize,
    },
    /// A fragment with this name is live already: one name, one content, one holder.
    #[error("fragment {index} is live already")]
    DuplicateFragment {
        /// The fragment's index in its file.
        index: u32,
    },
    /// No file with this id.
    #[error("no file {0}")]
    NoSuchFile(FileId),
    /// The access record's epoch must rise by one with each change.
    #[error("epoch {got}, expected {expected}")]
    WrongEpoch {
        /// The next epoch.
        expected: u64,
        /// The record's epoch.
        got: u64,
    },
    /// A private file has a capsule in its access record, a public one has none.
    #[error("the access record is not one of a file of visibility {expected:?}")]
    BadAccess {
        /// The file's visibility.
        expected: Visibility,
    },
    /// A byte string over its bound.
    #[error("{what} of {got} bytes, at most {max}")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Its bound.
        max: usize,
        /// Its length.
        got: usize,
    },
    /// The account has no miner.
    #[error("{0} is no miner")]
    NoSuchMiner(AccountId),
    /// The account has a miner already.
    #[error("miner exists already")]
    MinerExists,
    /// The call doesn't fit the miner's status.
    #[error("miner is {got:?}")]
    MinerStatus {
        /// The status it is in.
        got: MinerStatus,
    },
    /// A miner's fragments stand under as many tag keys as one miner may have. Use a key that it has
    /// already, a registered tagger's, or leave the miner out in a new deal.
    #[error("miner {miner} has fragments under {max} tag keys, and takes no other")]
    TooManyKeys {
        /// The miner.
        miner: AccountId,
        /// The largest number of keys.
        max: u32,
    },
    /// The miner has too little free space.
    #[error("miner has {free} bytes free, {needed} are needed")]
    NoSpace {
        /// Free bytes.
        free: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// The tag key is malformed.
    #[error("malformed tag key")]
    BadTagKey,
    /// No tag key with this id, or it is retired.
    #[error("no live tag key with this id")]
    NoSuchTagKey,
    /// The tag key is registered already.
    #[error("tag key exists already")]
    TagKeyExists,
    /// The tag key still has live fragments.
    #[error("tag key has {fragments} live fragments")]
    TagKeyInUse {
        /// How many.
        fragments: u64,
    },
    /// A tagger's stake is the full stake, an owner's key has none.
    #[error("stake {got}, expected 0 or {expected}")]
    BadStake {
        /// The stake of a tagger.
        expected: Amount,
        /// The stake offered.
        got: Amount,
    },
    /// The miner isn't responsible for this fragment.
    #[error("fragment {index} is not this miner's to report")]
    NotYours {
        /// The fragment's index in its file.
        index: u32,
    },
    /// No audit of this miner is open in that round.
    #[error("no open audit of round {round}")]
    NoSuchAudit {
        /// The round asked for.
        round: u64,
    },
    /// The audit has no such target, or it is answered.
    #[error("no open target {target}")]
    NoSuchTarget {
        /// The target asked for.
        target: u32,
    },
    /// No repair order with this number.
    #[error("no repair order {0}")]
    NoSuchOrder(OrderId),
    /// Somebody else has claimed the order, or nobody has.
    #[error("repair order is claimed by {by:?}")]
    OrderClaimed {
        /// Who holds the claim.
        by: Option<AccountId>,
    },
    /// The miner holds a fragment of that segment, or is the one that lost this one.
    #[error("miner may not take a second fragment of this segment")]
    SameSegment,
    /// The possession proof doesn't verify.
    #[error("possession proof does not verify")]
    BadProof,
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::WrongNonce { .. } => "read the account's nonce again and sign anew",
            Self::InsufficientFunds { .. } => "fund the account or ask for less",
            Self::NoBeaconYet => "wait for the next block",
            Self::BidTooLow { .. } => "read the price and bid at least that",
            Self::NotEnoughNodes { .. } => "choose a profile that needs fewer nodes, or add nodes",
            Self::TooLate { .. } => "open a new deal, or wait for the next audit or order",
            Self::DuplicateFragment { .. } => "upload with a fresh salt",
            Self::MinerStatus { got: MinerStatus::Frozen } => "top up the collateral",
            _ => "correct the call; nothing was changed",
        }
    }
}
