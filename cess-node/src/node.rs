//! The node: what it takes, gives, reports and takes over.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use cess_client::{Chain, ChainExt, NodeError, StorageNode, TaggedSegment, Upload};
use cess_ledger::{
    AccountId, AccountKey, Action, Deal, DealId, DealStatus, FragmentInfo, FragmentStatus, OrderId,
    repair_challenge,
};
use cess_merkle::content::{self, Outboard};
use cess_podr2::{
    Challenge, Fragment, FragmentName, KeyId, ProvingKey, PublicKey, TagCheck, Tags, check_fragment,
};
use object_store::ObjectStore;

use crate::{KeyCache, store::Store};

/// The most bytes of a fragment that one read gives.
const MAX_READ_LEN: u64 = 16 << 20;

/// A storage node: a miner's account, a chain, an object store.
#[derive(Debug)]
pub struct Node<C> {
    pub(crate) chain: C,
    pub(crate) account: AccountKey,
    pub(crate) store: Store,
    keys: KeyCache,
    /// Bytes taken for deals that are still open. Nobody pays for them yet, so they are bounded.
    open: Mutex<BTreeMap<DealId, u64>>,
}

impl<C: Chain> Node<C> {
    /// The node of the miner `account`, which is registered on `chain`. For data that outlives a
    /// crash of the machine, give it a store that syncs, as
    /// `LocalFileSystem::new_with_prefix(dir)?.with_fsync(true)`.
    pub fn new(chain: C, account: AccountKey, store: Arc<dyn ObjectStore>, keys: KeyCache) -> Self {
        Self { chain, account, store: Store(store), keys, open: Mutex::default() }
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
        self.store.list().await
    }

    /// Deletes what no open or live deal covers: fragments of expired deals, of ended files, and
    /// those that went to another node. Returns how many.
    ///
    /// # Errors
    /// [`NodeError::Store`] and [`NodeError::Chain`].
    pub async fn collect_garbage(&self) -> Result<usize, NodeError> {
        let mut deleted = 0;
        for name in self.store.list().await?.into_keys() {
            if self.covered(&name).await? {
                continue;
            }
            let deal = match self.store.tags(&name).await {
                Ok((deal, _)) => self.chain.deal(deal).await?,
                Err(NodeError::NotFound | NodeError::Damaged) => None,
                Err(error) => return Err(error),
            };
            let pending = deal.is_some_and(|d| {
                matches!(d.status, DealStatus::Opened | DealStatus::Closed { .. })
            });
            if !pending {
                self.store.delete(&name).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    pub(crate) fn id(&self) -> AccountId {
        self.account.account()
    }

    /// Whether the chain holds this miner responsible for a fragment: as its home, in a claimed
    /// repair, or in an open audit.
    async fn covered(&self, name: &FragmentName) -> Result<bool, NodeError> {
        if let Some(record) = self.chain.fragment(name.to_bytes()).await? {
            if record.miner == self.id() && record.status != FragmentStatus::Lost {
                return Ok(true);
            }
            let order = match record.order {
                Some(order) => self.chain.order(order).await?,
                None => None,
            };
            let claim = order.and_then(|order| order.claim);
            if claim.is_some_and(|claim| claim.by == self.id()) {
                return Ok(true);
            }
        }
        let targets = self.chain.audit_targets(self.id()).await?;
        let asked = |info: &FragmentInfo| info.fragment.name() == *name;
        Ok(targets.iter().any(|t| t.fragments.iter().any(asked)))
    }

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

    async fn public_key(&self, id: &KeyId) -> Result<PublicKey, NodeError> {
        let record = self.chain.tag_key(id.to_bytes()).await?.ok_or(NodeError::WrongKey)?;
        PublicKey::from_bytes(&record.key).map_err(|_| NodeError::WrongKey)
    }

    /// What every incoming fragment must be: tagged under a key that is known here, as long as its
    /// name says, with the content that its name says.
    async fn admit(&self, upload: &Upload) -> Result<(Fragment, Tags, Outboard), NodeError> {
        let (fragment, tags) = upload.siblings.find(&upload.name).ok_or(NodeError::WrongTags)?;
        if tags.len() != fragment.blocks() {
            return Err(NodeError::WrongTags);
        }
        if upload.bytes.len() as u64 != fragment.len() {
            return Err(NodeError::WrongContent);
        }
        self.proving_key(&fragment.key_id()).await?;
        let outboard = Outboard::new(&upload.bytes);
        if outboard.root() != fragment.root() {
            return Err(NodeError::WrongContent);
        }
        Ok((*fragment, tags.clone(), outboard))
    }

    /// Takes `len` bytes of room for an open deal: at most one fragment of each of its segments.
    fn reserve(&self, id: DealId, deal: &Deal, len: u64) -> Result<(), NodeError> {
        let stored = deal.profile.stored_len(deal.visibility, deal.max_len);
        let per_segment = deal.profile.fragments_per_segment() as u64;
        let max = stored.map_err(|_| NodeError::NotCovered)? / per_segment.max(1);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = open.entry(id).or_default();
        if len > max.saturating_sub(*taken) {
            return Err(NodeError::NotCovered);
        }
        *taken += len;
        Ok(())
    }

    fn release(&self, id: DealId, len: u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = open.get_mut(&id) {
            *taken = taken.saturating_sub(len);
        }
    }

    /// Checks data and tags of all `mine` at once, with one multi-scalar multiplication however
    /// many they are; on failure again one by one, and drops those that are bad.
    async fn check_all(&self, mine: &[FragmentInfo]) -> Result<(), NodeError> {
        let mut by_key = BTreeMap::<KeyId, Vec<Fragment>>::new();
        for info in mine {
            by_key.entry(info.fragment.key_id()).or_default().push(info.fragment);
        }
        for (key, fragments) in by_key {
            let public = self.public_key(&key).await?;
            let proving = self.proving_key(&key).await?;
            if self.check_tags(&public, &proving, &fragments).await.is_ok() {
                continue;
            }
            let mut bad = Err(NodeError::WrongTags);
            for fragment in &fragments {
                let one = std::slice::from_ref(fragment);
                if let Err(error) = self.check_tags(&public, &proving, one).await {
                    self.store.delete(&fragment.name()).await?;
                    bad = Err(error);
                }
            }
            return bad;
        }
        Ok(())
    }

    async fn check_tags(
        &self,
        public: &PublicKey,
        proving: &ProvingKey,
        fragments: &[Fragment],
    ) -> Result<(), NodeError> {
        let mut tags = Vec::with_capacity(fragments.len());
        for fragment in fragments {
            let (_, siblings) = self.store.tags(&fragment.name()).await?;
            let (_, found) = siblings.find(&fragment.name()).ok_or(NodeError::WrongTags)?;
            tags.push(found.clone());
        }
        let items: Vec<(Fragment, &Tags)> = fragments.iter().copied().zip(&tags).collect();
        let wrong = |_| NodeError::WrongTags;
        let mut check = TagCheck::new(public, proving, &items).map_err(wrong)?;
        for fragment in fragments {
            let data = self.store.data(&fragment.name()).await?;
            check.update(&data).map_err(wrong)?;
            check.end_fragment().map_err(wrong)?;
        }
        check.finish().map_err(wrong)
    }
}

impl<C: Chain> StorageNode for Node<C> {
    fn miner(&self) -> AccountId {
        self.id()
    }

    async fn put_key(&self, id: KeyId, proving_key: Bytes) -> Result<(), NodeError> {
        let record = self.chain.tag_key(id.to_bytes()).await?.ok_or(NodeError::WrongKey)?;
        if content::root(&proving_key) != record.proving_key_hash {
            return Err(NodeError::WrongKey);
        }
        if self.keys.get(&id).is_none() {
            let public = self.public_key(&id).await?;
            let wrong = |_| NodeError::WrongKey;
            let key = ProvingKey::from_bytes(&proving_key, &public).map_err(wrong)?;
            key.check(&public).map_err(wrong)?;
            self.keys.insert(key);
        }
        self.store.put_key(&id, proving_key).await
    }

    async fn key(&self, id: &KeyId) -> Result<Bytes, NodeError> {
        self.store.key(id).await
    }

    async fn put(&self, id: DealId, upload: Upload) -> Result<(), NodeError> {
        let deal = self.chain.deal(id).await?.ok_or(NodeError::NotCovered)?;
        let candidate = deal.candidates.iter().any(|c| c.miner == self.id());
        if deal.status != DealStatus::Opened || !candidate {
            return Err(NodeError::NotCovered);
        }
        let (fragment, _, outboard) = self.admit(&upload).await?;
        if self.store.has(&upload.name).await? {
            return Ok(());
        }
        self.reserve(id, &deal, fragment.len())?;
        let Upload { name, bytes, siblings } = upload;
        let stored = self.store.put(&name, id, &siblings, outboard.to_bytes(), bytes).await;
        if stored.is_err() {
            self.release(id, fragment.len());
        }
        stored
    }

    async fn report(&self, id: DealId) -> Result<(), NodeError> {
        let deal = self.chain.deal(id).await?.ok_or(NodeError::NotCovered)?;
        let file = match deal.status {
            DealStatus::Closed { file, .. } => file,
            DealStatus::Active { .. } => return Ok(()),
            DealStatus::Opened | DealStatus::Expired => return Err(NodeError::NotCovered),
        };
        let records = self.chain.fragments(file).await?;
        let awaited = records
            .into_iter()
            .filter(|r| r.miner == self.id() && r.status == FragmentStatus::Awaiting);
        let mine: Vec<FragmentInfo> = awaited.map(|r| r.info).collect();
        if mine.is_empty() {
            return Ok(());
        }
        self.check_all(&mine).await?;
        let fragments = mine.iter().map(|info| info.index).collect();
        self.chain.act(&self.account, Action::Report { deal: id, fragments }).await?;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        Ok(())
    }

    async fn read(&self, name: &FragmentName, range: Range<u64>) -> Result<Bytes, NodeError> {
        if range.end.saturating_sub(range.start) > MAX_READ_LEN {
            return Err(NodeError::BadRequest("range is too long"));
        }
        let outboard = self.store.outboard(name).await?;
        let outboard = Outboard::from_bytes(&outboard).map_err(|_| NodeError::Damaged)?;
        let reads = content::slice_reads(outboard.len(), &range)
            .map_err(|_| NodeError::BadRequest("range is out of bounds"))?;
        let wanted = [reads.body.clone(), reads.tail.clone()];
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
        Ok(self.store.tags(name).await?.1)
    }

    async fn prove(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> Result<Bytes, NodeError> {
        self.prove_over(challenge, fragments).await
    }

    async fn adopt(&self, id: OrderId, upload: Upload) -> Result<(), NodeError> {
        let order = self.chain.order(id).await?.ok_or(NodeError::NotCovered)?;
        if order.info.fragment.name() != upload.name {
            return Err(NodeError::NotCovered);
        }
        let (fragment, tags, outboard) = self.admit(&upload).await?;
        let key = fragment.key_id();
        let (public, proving) = (self.public_key(&key).await?, self.proving_key(&key).await?);
        check_fragment(&public, &proving, &fragment, &tags, &upload.bytes)
            .map_err(|_| NodeError::WrongTags)?;

        // Claimed first: a node that may not have it stores nothing.
        match &order.claim {
            Some(claim) if claim.by == self.id() => {}
            Some(_) => return Err(NodeError::NotCovered),
            None => {
                self.chain.act(&self.account, Action::ClaimRepair { order: id }).await?;
            }
        }
        let Upload { name, bytes, siblings } = upload;
        self.store.put(&name, DealId(u64::MAX), &siblings, outboard.to_bytes(), bytes).await?;
        let head = self.chain.head().await?;
        let challenge = loop {
            let height = self.chain.head().await?.height;
            let order = self.chain.order(id).await?.ok_or(NodeError::NotCovered)?;
            match repair_challenge(&head.chain_id, id, &order) {
                Ok((challenge, _)) => break challenge,
                Err(cess_ledger::Error::NoBeaconYet) => self.chain.wait(height).await?,
                Err(_) => return Err(NodeError::NotCovered),
            }
        };
        let proof = self.prove_over(&challenge, &[fragment]).await?.to_vec();
        self.chain.act(&self.account, Action::CompleteRepair { order: id, proof }).await?;
        Ok(())
    }

    async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        if self.covered(name).await? {
            return Err(NodeError::BadRequest("fragment is live"));
        }
        self.store.delete(name).await
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
