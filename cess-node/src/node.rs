//! The node: what it takes and gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use cess_client::{Chain, ChainError, ChainExt, NodeError, StorageNode, TaggedSegment, Upload};
use cess_ledger::{
    AccountId, AccountKey, Action, Deal, DealId, DealStatus, FragmentStatus, OrderId,
};
use cess_merkle::content::{self, Outboard};
use cess_podr2::{Challenge, Fragment, FragmentName, KeyId, ProvingKey, PublicKey};
use object_store::ObjectStore;

use crate::{KeyCache, lock::Locks, quota::Quotas, store::Store};

/// The most bytes of a fragment that one read gives.
const MAX_READ_LEN: u64 = 16 << 20;
/// How often a call is signed anew when another process of the same account takes its nonce.
const NONCES: usize = 4;

/// A storage node: a miner's account, a chain, an object store.
///
/// One process may serve a miner's store at a time. The node may be called from many tasks at
/// once; a call that is dropped half-way leaves at most what [`Node::collect_garbage`] removes.
#[derive(Debug)]
pub struct Node<C> {
    pub(crate) chain: C,
    account: AccountKey,
    pub(crate) store: Store,
    keys: KeyCache,
    pub(crate) quotas: Quotas,
    /// Fragments that are being stored or deleted.
    pub(crate) names: Locks<FragmentName>,
    /// Deals that are being reported.
    pub(crate) deals: Locks<DealId>,
    /// Held while audits are answered.
    pub(crate) audits: futures::lock::Mutex<()>,
    /// Held from the signing of a call until it is final: an account's nonces rise one by one.
    calls: futures::lock::Mutex<()>,
    /// Keys without a fragment when garbage was collected last.
    idle_keys: Mutex<BTreeSet<KeyId>>,
}

impl<C: Chain> Node<C> {
    /// The node of the miner `account`, which is registered on `chain`. For data that outlives a
    /// crash of the machine, give it a store that syncs, as
    /// `LocalFileSystem::new_with_prefix(dir)?.with_fsync(true)`.
    pub fn new(chain: C, account: AccountKey, store: Arc<dyn ObjectStore>, keys: KeyCache) -> Self {
        Self {
            chain,
            account,
            store: Store(store),
            keys,
            quotas: Quotas::default(),
            names: Locks::default(),
            deals: Locks::default(),
            audits: futures::lock::Mutex::default(),
            calls: futures::lock::Mutex::default(),
            idle_keys: Mutex::default(),
        }
    }

    /// The miner's account.
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// Names and lengths (bytes) of all fragments in the store.
    ///
    /// # Errors
    /// [`NodeError::Store`].
    pub async fn fragments(&self) -> Result<BTreeMap<FragmentName, u64>, NodeError> {
        let names = self.store.list().await?.into_iter();
        Ok(names.filter_map(|(name, len)| Some((name, len?))).collect())
    }

    pub(crate) fn id(&self) -> AccountId {
        self.account.account()
    }

    pub(crate) fn idle_keys<T>(&self, look: impl FnOnce(&mut BTreeSet<KeyId>) -> T) -> T {
        look(&mut self.idle_keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Acts as the miner, one call after another.
    pub(crate) async fn act(&self, action: Action) -> Result<(), NodeError> {
        let _working = self.calls.lock().await;
        for _ in 1..NONCES {
            match self.chain.act(&self.account, action.clone()).await {
                Err(ChainError::NonceTaken { .. }) => {}
                other => return Ok(other.map(|_| ())?),
            }
        }
        self.chain.act(&self.account, action).await?;
        Ok(())
    }

    /// A proving key that this node's store has.
    pub(crate) async fn proving_key(&self, id: &KeyId) -> Result<Arc<ProvingKey>, NodeError> {
        if let Some(key) = self.keys.get(id) {
            return Ok(key);
        }
        let bytes = match self.store.key(id).await {
            Err(NodeError::NotFound) => return Err(NodeError::KeyMissing),
            other => other?,
        };
        let public = self.public_key(id).await?;
        let key = ProvingKey::from_bytes(&bytes, &public).map_err(|_| NodeError::Damaged)?;
        Ok(self.keys.insert(key))
    }

    pub(crate) async fn public_key(&self, id: &KeyId) -> Result<PublicKey, NodeError> {
        let record = self.chain.tag_key(id.to_bytes()).await?.ok_or(NodeError::WrongKey)?;
        parse_key(&record.key, id)
    }

    /// Whether the chain waits for this miner to report a fragment.
    async fn is_awaited(&self, name: &FragmentName) -> Result<bool, NodeError> {
        let record = self.chain.fragment(name.to_bytes()).await?;
        Ok(record.is_some_and(|r| r.miner == self.id() && r.status == FragmentStatus::Awaiting))
    }

    /// Whether a deal covers an upload to this node. The fragments of a closed deal come again
    /// when the node has lost them, or was given wrong tags.
    async fn covering(&self, id: DealId, upload: &Upload) -> Result<Deal, NodeError> {
        let deal = self.chain.deal(id).await?.ok_or(NodeError::NotCovered)?;
        let covered = match deal.status {
            DealStatus::Opened => deal.candidates.iter().any(|c| c.miner == self.id()),
            DealStatus::Closed { .. } => self.is_awaited(&upload.name).await?,
            DealStatus::Active { .. } | DealStatus::Expired => false,
        };
        if covered { Ok(deal) } else { Err(NodeError::NotCovered) }
    }
}

/// The key of a record that is asked for by its id is checked: the id is a hash of it.
fn parse_key(bytes: &[u8], id: &KeyId) -> Result<PublicKey, NodeError> {
    let key = PublicKey::from_bytes(bytes).map_err(|_| NodeError::WrongKey)?;
    if key.key_id() == *id { Ok(key) } else { Err(NodeError::WrongKey) }
}

impl<C: Chain> StorageNode for Node<C> {
    fn miner(&self) -> AccountId {
        self.id()
    }

    async fn put_key(&self, id: KeyId, proving_key: Bytes) -> Result<(), NodeError> {
        let record = self.chain.tag_key(id.to_bytes()).await?.ok_or(NodeError::WrongKey)?;
        let public = parse_key(&record.key, &id)?;
        if record.retired || proving_key.len() != ProvingKey::encoded_len(public.sectors()) {
            return Err(NodeError::WrongKey);
        }
        if content::root(&proving_key) != record.proving_key_hash {
            return Err(NodeError::WrongKey);
        }
        if self.keys.get(&id).is_none() {
            let key = ProvingKey::from_bytes(&proving_key, &public);
            self.keys.insert(key.map_err(|_| NodeError::WrongKey)?);
        }
        self.store.put_key(&id, proving_key).await?;
        self.idle_keys(|idle| idle.remove(&id));
        Ok(())
    }

    async fn key(&self, id: &KeyId) -> Result<Bytes, NodeError> {
        self.store.key(id).await
    }

    async fn put(&self, id: DealId, upload: Upload) -> Result<(), NodeError> {
        let deal = self.covering(id, &upload).await?;
        let _working = self.names.lock(upload.name).await;
        let admitted = self.admit(upload, deal.profile.geometry().total()).await?;
        let stored = self.stored(&admitted).await?;
        let counted = stored.as_ref().is_some_and(|(earlier, _)| *earlier == Some(id));
        let reservation = if counted || deal.status != DealStatus::Opened {
            None
        } else {
            Some(self.reserve(id, &deal, admitted.fragment.len()).await?)
        };
        self.store(admitted, Some(id), stored).await?;
        if let Some(reservation) = reservation {
            reservation.keep();
        }
        Ok(())
    }

    async fn report(&self, id: DealId) -> Result<(), NodeError> {
        self.report_deal(id).await
    }

    async fn read(&self, name: &FragmentName, range: Range<u64>) -> Result<Bytes, NodeError> {
        if range.end.saturating_sub(range.start) > MAX_READ_LEN {
            return Err(NodeError::BadRequest("range is too long"));
        }
        let outboard = self.outboard(name).await?;
        let reads = content::slice_reads(outboard.len(), &range)
            .map_err(|_| NodeError::BadRequest("range is out of bounds"))?;
        let wanted = [reads.body, reads.tail];
        let filled: Vec<Range<u64>> = wanted.into_iter().filter(|r| !r.is_empty()).collect();
        let found = self.store.data_ranges(name, &filled).await?;
        let read = |start: u64, buffer: &mut [u8]| {
            let at = |range: &Range<u64>| usize::try_from(start.checked_sub(range.start)?).ok();
            let piece = filled.iter().zip(&found).find_map(|(range, bytes)| {
                let from = at(range)?;
                bytes.get(from..from.checked_add(buffer.len())?)
            });
            buffer.copy_from_slice(piece.ok_or(NodeError::Damaged)?);
            Ok::<_, Fault>(())
        };
        let slice = content::encode_slice(&outboard, range, read).map_err(|fault| fault.0)?;
        Ok(Bytes::from(slice))
    }

    async fn tags(&self, name: &FragmentName) -> Result<TaggedSegment, NodeError> {
        let (_, siblings) = match self.store.tags(name).await {
            Err(NodeError::NotFound) if self.store.has(name).await? => {
                return Err(NodeError::Damaged);
            }
            other => other?,
        };
        // Those of another fragment lie here.
        if siblings.find(name).is_none() {
            return Err(NodeError::Damaged);
        }
        Ok(siblings)
    }

    async fn prove(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> Result<Bytes, NodeError> {
        self.prove_over(challenge, fragments).await
    }

    async fn adopt(&self, id: OrderId, upload: Upload) -> Result<(), NodeError> {
        self.adopt_order(id, upload).await
    }

    async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        let _working = self.names.lock(*name).await;
        if self.is_needed(name, &self.asked().await?).await? {
            return Err(NodeError::BadRequest("fragment is live"));
        }
        self.store.delete(name).await
    }
}

impl<C: Chain> Node<C> {
    async fn outboard(&self, name: &FragmentName) -> Result<Outboard, NodeError> {
        let bytes = match self.store.outboard(name).await {
            Err(NodeError::NotFound) if self.store.has(name).await? => {
                return Err(NodeError::Damaged);
            }
            other => other?,
        };
        Outboard::from_bytes(&bytes).map_err(|_| NodeError::Damaged)
    }
}

/// A reader's fault on its way through the slice encoder.
struct Fault(NodeError);

impl From<NodeError> for Fault {
    fn from(error: NodeError) -> Self {
        Self(error)
    }
}

impl From<cess_merkle::Error> for Fault {
    fn from(_: cess_merkle::Error) -> Self {
        Self(NodeError::Damaged)
    }
}
