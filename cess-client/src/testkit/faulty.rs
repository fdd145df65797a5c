//! A node that misbehaves.

use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use cess_ledger::{AccountId, DealId, OrderId};
use cess_podr2::{Challenge, Fragment, FragmentName, KeyId, Tags};

use crate::{NodeError, StorageNode, StoreFault, TaggedSegment, Upload, testkit::draw_below};

/// What a [`FaultyNode`] does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Takes no fragments.
    Refuses,
    /// Its disk is full, which it finds out while it stores.
    DiskFull,
    /// Is out of reach.
    Gone,
    /// Gives slices and proofs with a wrong bit.
    WrongBytes,
    /// Gives tags that don't verify.
    WrongTags,
}

/// A node with a fault: a fixed one, or for each call one drawn from a seed.
#[derive(Debug)]
pub struct FaultyNode<N> {
    node: N,
    plan: Mutex<Plan>,
    served: AtomicU64,
}

#[derive(Debug)]
enum Plan {
    Always(Fault),
    Drawn { seed: u64, asked: u64 },
}

impl<N: StorageNode> FaultyNode<N> {
    /// A node with one fault, which [`set`](Self::set) changes.
    pub fn new(node: N, fault: Fault) -> Self {
        Self { node, plan: Mutex::new(Plan::Always(fault)), served: AtomicU64::new(0) }
    }

    /// A node that has no fault in half of its calls, and a drawn one in the others.
    pub fn seeded(node: N, seed: u64) -> Self {
        Self { node, plan: Mutex::new(Plan::Drawn { seed, asked: 0 }), served: AtomicU64::new(0) }
    }

    /// From now on this fault.
    pub fn set(&self, fault: Fault) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Plan::Always(fault);
    }

    /// The node inside.
    pub fn inner(&self) -> &N {
        &self.node
    }

    /// The bytes of fragments, with their proofs, that it has handed out so far.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }

    fn fault(&self) -> Fault {
        match &mut *self.plan.lock().unwrap_or_else(PoisonError::into_inner) {
            Plan::Always(fault) => *fault,
            Plan::Drawn { seed, asked } => {
                *asked += 1;
                match draw_below(*seed, "fault", *asked, 8) {
                    0 => Fault::Refuses,
                    1 => Fault::Gone,
                    2 => Fault::WrongBytes,
                    3 => Fault::WrongTags,
                    _ => Fault::None,
                }
            }
        }
    }

    fn reach(&self) -> Result<Fault, NodeError> {
        match self.fault() {
            Fault::Gone => Err(NodeError::Unreachable),
            fault => Ok(fault),
        }
    }

    fn take(&self, upload: &Upload) -> Result<(), NodeError> {
        match self.reach()? {
            Fault::Refuses => Err(NodeError::Full { needed: upload.bytes.len() as u64, free: 0 }),
            Fault::DiskFull => Err(NodeError::Store(StoreFault::NoSpace)),
            _ => Ok(()),
        }
    }
}

fn flip(bytes: &Bytes) -> Bytes {
    let mut wrong = bytes.to_vec();
    if let Some(last) = wrong.last_mut() {
        *last ^= 1;
    }
    Bytes::from(wrong)
}

/// The tags of the first blocks change places: points as good as any, of other blocks.
fn swap_tags(segment: TaggedSegment) -> TaggedSegment {
    let swapped = segment.0.into_iter().map(|(fragment, tags)| {
        let mut bytes = tags.as_bytes().to_vec();
        bytes.rotate_left(Tags::TAG_LEN);
        let swapped = Tags::from_bytes(&bytes).unwrap_or(tags);
        (fragment, swapped)
    });
    TaggedSegment(swapped.collect())
}

impl<N: StorageNode> StorageNode for FaultyNode<N> {
    fn miner(&self) -> AccountId {
        self.node.miner()
    }

    async fn put_key(&self, key: KeyId, proving_key: Bytes) -> Result<(), NodeError> {
        self.reach()?;
        self.node.put_key(key, proving_key).await
    }

    async fn key(&self, key: &KeyId) -> Result<Bytes, NodeError> {
        match self.reach()? {
            Fault::WrongBytes => Ok(flip(&self.node.key(key).await?)),
            _ => self.node.key(key).await,
        }
    }

    async fn put(&self, deal: DealId, upload: Upload) -> Result<(), NodeError> {
        self.take(&upload)?;
        self.node.put(deal, upload).await
    }

    async fn report(&self, deal: DealId) -> Result<(), NodeError> {
        self.reach()?;
        self.node.report(deal).await
    }

    async fn read(&self, name: &FragmentName, range: Range<u64>) -> Result<Bytes, NodeError> {
        let fault = self.reach()?;
        let slice = self.node.read(name, range).await?;
        self.served.fetch_add(slice.len() as u64, Ordering::SeqCst);
        Ok(if fault == Fault::WrongBytes { flip(&slice) } else { slice })
    }

    async fn tags(&self, name: &FragmentName) -> Result<TaggedSegment, NodeError> {
        match self.reach()? {
            Fault::WrongTags => Ok(swap_tags(self.node.tags(name).await?)),
            _ => self.node.tags(name).await,
        }
    }

    async fn prove(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> Result<Bytes, NodeError> {
        match self.reach()? {
            Fault::WrongBytes => Ok(flip(&self.node.prove(challenge, fragments).await?)),
            _ => self.node.prove(challenge, fragments).await,
        }
    }

    async fn adopt(&self, order: OrderId, upload: Upload) -> Result<(), NodeError> {
        self.take(&upload)?;
        self.node.adopt(order, upload).await
    }

    async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        self.reach()?;
        self.node.delete(name).await
    }
}
