//! Storage nodes as a client sees them.

use std::{collections::BTreeMap, future::Future, ops::Range, sync::Arc};

use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use cess_ledger::{AccountId, DealId, OrderId};
use cess_podr2::{Challenge, Fragment, FragmentName, KeyId, Sectors, Tags};

/// A fragment with its tags, and the tags of its siblings.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Which one it is.
    pub name: FragmentName,
    /// Its bytes.
    pub bytes: Bytes,
    /// All fragments of its replica of the segment with their tags: every node of a segment keeps
    /// them all, so that a repair never needs the owner.
    pub siblings: Arc<TaggedSegment>,
}

/// The fragments of one replica of a segment with their tags, in order of shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaggedSegment(pub Vec<(Fragment, Tags)>);

#[derive(BorshSerialize, BorshDeserialize)]
struct TaggedRecord {
    key: [u8; 32],
    sectors: u32,
    root: [u8; 32],
    len: u64,
    replica: u32,
    tags: Vec<u8>,
}

impl TaggedSegment {
    /// Its one encoding, as it goes over a wire and into a store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let record = |(fragment, tags): &(Fragment, Tags)| TaggedRecord {
            key: fragment.key_id().to_bytes(),
            sectors: fragment.sectors().get(),
            root: fragment.root(),
            len: fragment.len(),
            replica: fragment.replica(),
            tags: tags.as_bytes().to_vec(),
        };
        borsh::to_vec(&self.0.iter().map(record).collect::<Vec<_>>()).unwrap_or_default()
    }

    /// Decodes; whether the tags verify is for [`cess_podr2::TagCheck`] to find out.
    ///
    /// # Errors
    /// [`NodeError::BadRequest`] for anything but the one encoding of fragments with as many tags
    /// as they have blocks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NodeError> {
        let malformed = NodeError::BadRequest("tags");
        let records = Vec::<TaggedRecord>::try_from_slice(bytes).map_err(|_| malformed.clone())?;
        let parse = |record: TaggedRecord| {
            let sectors = Sectors::new(record.sectors).ok()?;
            let key = KeyId::from_bytes(record.key);
            let (root, len) = (record.root, record.len);
            let fragment = Fragment::from_parts(key, sectors, root, len, record.replica).ok()?;
            let tags = Tags::from_bytes(&record.tags).ok()?;
            (tags.len() == fragment.blocks()).then_some((fragment, tags))
        };
        records.into_iter().map(parse).collect::<Option<_>>().map(Self).ok_or(malformed)
    }

    /// The fragment of that name and its tags.
    pub fn find(&self, name: &FragmentName) -> Option<&(Fragment, Tags)> {
        self.0.iter().find(|(fragment, _)| fragment.name() == *name)
    }
}

/// Why a node didn't do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The node doesn't have it.
    #[error("no such fragment")]
    NotFound,
    /// The node can't take `needed` bytes.
    #[error("{free} bytes free, {needed} are needed")]
    Full {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// What was sent isn't what its name says.
    #[error("fragment does not match its name")]
    WrongContent,
    /// The tags don't verify.
    #[error("tags do not verify")]
    WrongTags,
    /// The node needs the proving key first: [`StorageNode::put_key`].
    #[error("proving key is missing")]
    KeyMissing,
    /// The proving key isn't the registered one.
    #[error("proving key is not the registered one")]
    WrongKey,
    /// Nobody pays for it: no such deal, or not for this node.
    #[error("no open deal or order covers this")]
    NotCovered,
    /// A request that no honest client makes.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// What the node has is damaged.
    #[error("stored data is damaged")]
    Damaged,
    /// The node's store failed.
    #[error("store failed: {0}")]
    Store(StoreFault),
    /// The node could not reach the chain, or was refused there.
    #[error("chain: {0}")]
    Chain(#[from] crate::ChainError),
    /// The node doesn't answer.
    #[error("node is out of reach")]
    Unreachable,
}

/// How a node's store failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// No space left.
    #[error("no space left")]
    NoSpace,
    /// Not allowed.
    #[error("permission denied")]
    Permission,
    /// Anything else.
    #[error("input or output error")]
    Other,
}

/// A node that stores fragments.
///
/// # Contract
/// - [`put`](Self::put) returns only when the fragment is stored for good and matches its name;
///   repeating it is harmless.
/// - [`read`](Self::read) gives a verified slice ([`cess_merkle::content`]); what it gives is
///   checked by the caller against the root, never believed.
/// - [`report`](Self::report) checks the tags of all the deal's fragments it is assigned, then
///   reports them to the chain; repeating it is harmless.
/// - A node proves under its own identity alone: it refuses a challenge that names another prover.
///
/// [`testkit::conformance_node`](crate::testkit::conformance_node) checks all of it.
pub trait StorageNode: Send + Sync {
    /// The miner that this node is.
    fn miner(&self) -> AccountId;

    /// Hands the node the proving key of a registered tag key.
    fn put_key(
        &self,
        key: KeyId,
        proving_key: Bytes,
    ) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// The proving key of a tag key, for another node that repairs.
    fn key(&self, key: &KeyId) -> impl Future<Output = Result<Bytes, NodeError>> + Send;

    /// Stores a fragment for a deal.
    fn put(
        &self,
        deal: DealId,
        upload: Upload,
    ) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// Checks and reports what the closed deal assigns to this node.
    fn report(&self, deal: DealId) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// A verified slice of the byte range `range` of a fragment.
    fn read(
        &self,
        name: &FragmentName,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Bytes, NodeError>> + Send;

    /// The tags of a fragment's replica of its segment.
    fn tags(
        &self,
        name: &FragmentName,
    ) -> impl Future<Output = Result<TaggedSegment, NodeError>> + Send;

    /// Proves possession of what the challenge asks of `fragments`: all that its holding root
    /// commits to, or those alone that it draws; gives [`cess_podr2::Proof`] in bytes.
    fn prove(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> impl Future<Output = Result<Bytes, NodeError>> + Send;

    /// Takes over a lost fragment: claims the order, stores the fragment, proves it, is paid.
    fn adopt(
        &self,
        order: OrderId,
        upload: Upload,
    ) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// Forgets a fragment that no live deal covers.
    fn delete(&self, name: &FragmentName) -> impl Future<Output = Result<(), NodeError>> + Send;
}

impl<N: StorageNode> StorageNode for Arc<N> {
    fn miner(&self) -> AccountId {
        (**self).miner()
    }

    fn put_key(
        &self,
        key: KeyId,
        proving_key: Bytes,
    ) -> impl Future<Output = Result<(), NodeError>> + Send {
        (**self).put_key(key, proving_key)
    }

    fn key(&self, key: &KeyId) -> impl Future<Output = Result<Bytes, NodeError>> + Send {
        (**self).key(key)
    }

    fn put(
        &self,
        deal: DealId,
        upload: Upload,
    ) -> impl Future<Output = Result<(), NodeError>> + Send {
        (**self).put(deal, upload)
    }

    fn report(&self, deal: DealId) -> impl Future<Output = Result<(), NodeError>> + Send {
        (**self).report(deal)
    }

    fn read(
        &self,
        name: &FragmentName,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Bytes, NodeError>> + Send {
        (**self).read(name, range)
    }

    fn tags(
        &self,
        name: &FragmentName,
    ) -> impl Future<Output = Result<TaggedSegment, NodeError>> + Send {
        (**self).tags(name)
    }

    fn prove(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> impl Future<Output = Result<Bytes, NodeError>> + Send {
        (**self).prove(challenge, fragments)
    }

    fn adopt(
        &self,
        order: OrderId,
        upload: Upload,
    ) -> impl Future<Output = Result<(), NodeError>> + Send {
        (**self).adopt(order, upload)
    }

    fn delete(&self, name: &FragmentName) -> impl Future<Output = Result<(), NodeError>> + Send {
        (**self).delete(name)
    }
}

/// Finds the node of a miner: a map in the process, or whatever connects to an endpoint.
pub trait Directory: Send + Sync {
    /// How a node is reached.
    type Node: StorageNode + Clone;

    /// The node of `miner`, if it is known.
    fn node(&self, miner: &AccountId) -> Option<Self::Node>;
}

impl<N: StorageNode + Clone> Directory for BTreeMap<AccountId, N> {
    type Node = N;

    fn node(&self, miner: &AccountId) -> Option<N> {
        self.get(miner).cloned()
    }
}

impl<N: StorageNode + Clone, F: Fn(&AccountId) -> Option<N> + Send + Sync> Directory for F {
    type Node = N;

    fn node(&self, miner: &AccountId) -> Option<N> {
        self(miner)
    }
}

#[cfg(test)]
mod tests;
