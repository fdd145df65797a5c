//! A storage node of maps: the second implementation of the seam, and the tests' double.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use cess_ledger::{
    AccountId, AccountKey, Action, DealId, DealStatus, FragmentInfo, FragmentStatus, OrderId,
    repair_challenge,
};
use cess_merkle::content::{self, Outboard};
use cess_podr2::{
    BlockSource, Challenge, Drawn, Entry, Fragment, FragmentName, KeyId, ProvingKey, PublicKey,
    Tags, check_fragment, prove,
};

use crate::{Chain, ChainExt, NodeError, StorageNode, TaggedSegment, Upload};

/// A node that keeps everything in maps. It can be made to lose and to damage what it has.
#[derive(Debug)]
pub struct MemoryNode<C> {
    chain: C,
    account: AccountKey,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: BTreeMap<KeyId, (Bytes, Arc<(PublicKey, ProvingKey)>)>,
    fragments: BTreeMap<FragmentName, (Bytes, Arc<TaggedSegment>)>,
    received: u64,
}

impl<C: Chain> MemoryNode<C> {
    /// The node of a registered miner.
    pub fn new(chain: C, account: AccountKey) -> Self {
        Self { chain, account, kept: Mutex::default() }
    }

    /// Names of what it has.
    pub fn names(&self) -> Vec<FragmentName> {
        self.kept().fragments.keys().copied().collect()
    }

    /// The bytes of a fragment.
    pub fn bytes(&self, name: &FragmentName) -> Option<Bytes> {
        self.kept().fragments.get(name).map(|(bytes, _)| bytes.clone())
    }

    /// How many fragments it has taken, repeated ones too.
    pub fn received(&self) -> u64 {
        self.kept().received
    }

    /// Loses a fragment.
    pub fn lose(&self, name: &FragmentName) {
        self.kept().fragments.remove(name);
    }

    /// Loses everything.
    pub fn lose_all(&self) {
        self.kept().fragments.clear();
    }

    /// Damages a byte in the middle of a fragment.
    pub fn damage(&self, name: &FragmentName) {
        if let Some((bytes, _)) = self.kept().fragments.get_mut(name) {
            let mut damaged = bytes.to_vec();
            let middle = damaged.len() / 2;
            if let Some(byte) = damaged.get_mut(middle) {
                *byte ^= 1;
            }
            *bytes = Bytes::from(damaged);
        }
    }

    /// Answers every open target of this miner's audit. Returns how many.
    ///
    /// # Errors
    /// [`NodeError::Chain`] when the chain is out of reach or refuses an answer.
    pub async fn answer_audits(&self) -> Result<usize, NodeError> {
        let targets = self.chain.audit_targets(self.id()).await?;
        let count = targets.len();
        for target in targets {
            let fragments: Vec<Fragment> = target.fragments.iter().map(|i| i.fragment).collect();
            let proof = self.answer(&target.challenge, &fragments).ok().map(|p| p.to_vec());
            let (round, target) = (target.round, target.target);
            self.chain.act(&self.account, Action::Answer { round, target, proof }).await?;
        }
        Ok(count)
    }

    fn id(&self) -> AccountId {
        self.account.account()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_of(&self, id: &KeyId) -> Result<Arc<(PublicKey, ProvingKey)>, NodeError> {
        let kept = self.kept();
        kept.keys.get(id).map(|(_, parsed)| parsed.clone()).ok_or(NodeError::KeyMissing)
    }

    /// Everything is checked at the door, the tags too.
    fn check(&self, upload: &Upload) -> Result<Fragment, NodeError> {
        let (fragment, tags) = upload.siblings.find(&upload.name).ok_or(NodeError::WrongTags)?;
        if content::root(&upload.bytes) != fragment.root()
            || upload.bytes.len() as u64 != fragment.len()
        {
            return Err(NodeError::WrongContent);
        }
        let keys = self.keys_of(&fragment.key_id())?;
        check_fragment(&keys.0, &keys.1, fragment, tags, &upload.bytes)
            .map_err(|_| NodeError::WrongTags)?;
        Ok(*fragment)
    }

    fn keep(&self, upload: Upload) {
        let mut kept = self.kept();
        kept.received += 1;
        kept.fragments.insert(upload.name, (upload.bytes, upload.siblings));
    }

    async fn is_live(&self, name: &FragmentName) -> Result<bool, NodeError> {
        let Some(record) = self.chain.fragment(name.to_bytes()).await? else { return Ok(false) };
        if record.miner == self.id() && record.status != FragmentStatus::Lost {
            return Ok(true);
        }
        let Some(order) = record.order else { return Ok(false) };
        let claim = self.chain.order(order).await?.and_then(|order| order.claim);
        Ok(claim.is_some_and(|claim| claim.by == self.id()))
    }

    fn answer(&self, challenge: &Challenge, fragments: &[Fragment]) -> Result<Bytes, NodeError> {
        if challenge.audit().prover != self.id().0 {
            return Err(NodeError::BadRequest("challenge is for another prover"));
        }
        let refused = |_| NodeError::BadRequest("challenge does not fit its holding");
        let drawn =
            Drawn::listed(challenge, fragments.iter().map(Fragment::entry)).map_err(refused)?;
        let mut keys = BTreeMap::new();
        for fragment in fragments {
            keys.insert(fragment.key_id(), self.keys_of(&fragment.key_id())?);
        }
        let kept = self.kept();
        let mut shelf = Shelf(BTreeMap::new());
        for fragment in fragments {
            let name = fragment.name();
            let (bytes, siblings) = kept.fragments.get(&name).ok_or(NodeError::NotFound)?;
            let (_, tags) = siblings.find(&name).ok_or(NodeError::NotFound)?;
            shelf.0.insert(name, (bytes, tags, fragment.sectors().block_bytes()));
        }
        let lookup = |id: &KeyId| keys.get(id).map(|pair| &pair.1);
        let proof = prove(challenge, &drawn, lookup, &mut shelf);
        let proof = proof.map_err(|_| NodeError::BadRequest("challenge can't be answered"))?;
        Ok(Bytes::from(proof.to_bytes()))
    }
}

/// Blocks and tags in memory; a name that isn't there can't be asked for.
struct Shelf<'a>(BTreeMap<FragmentName, (&'a Bytes, &'a Tags, usize)>);

impl BlockSource for Shelf<'_> {
    type Error = Infallible;

    fn read_block(
        &mut self,
        entry: &Entry,
        index: u64,
        block: &mut [u8],
    ) -> Result<usize, Infallible> {
        let found = self
            .0
            .get(&entry.name())
            .and_then(|(bytes, _, size)| bytes.chunks(*size).nth(usize::try_from(index).ok()?));
        let found = found.unwrap_or_default();
        for (to, from) in block.iter_mut().zip(found) {
            *to = *from;
        }
        Ok(found.len())
    }

    fn tag(&mut self, entry: &Entry, index: u64) -> Result<[u8; Tags::TAG_LEN], Infallible> {
        let found = self.0.get(&entry.name()).and_then(|(_, tags, _)| tags.get(index));
        Ok(found.copied().unwrap_or([0; Tags::TAG_LEN]))
    }
}

impl<C: Chain> StorageNode for MemoryNode<C> {
    fn miner(&self) -> AccountId {
        self.id()
    }

    async fn put_key(&self, id: KeyId, proving_key: Bytes) -> Result<(), NodeError> {
        let record = self.chain.tag_key(id.to_bytes()).await?.ok_or(NodeError::WrongKey)?;
        let wrong = |_| NodeError::WrongKey;
        let public = PublicKey::from_bytes(&record.key).map_err(wrong)?;
        if content::root(&proving_key) != record.proving_key_hash {
            return Err(NodeError::WrongKey);
        }
        let parsed = ProvingKey::from_bytes(&proving_key, &public).map_err(wrong)?;
        parsed.check(&public).map_err(wrong)?;
        self.kept().keys.insert(id, (proving_key, Arc::new((public, parsed))));
        Ok(())
    }

    async fn key(&self, id: &KeyId) -> Result<Bytes, NodeError> {
        let kept = self.kept();
        kept.keys.get(id).map(|(bytes, _)| bytes.clone()).ok_or(NodeError::NotFound)
    }

    async fn put(&self, id: DealId, upload: Upload) -> Result<(), NodeError> {
        let deal = self.chain.deal(id).await?.ok_or(NodeError::NotCovered)?;
        let candidate = deal.candidates.iter().any(|c| c.miner == self.id());
        if deal.status != DealStatus::Opened || !candidate {
            return Err(NodeError::NotCovered);
        }
        self.check(&upload)?;
        self.keep(upload);
        Ok(())
    }

    async fn report(&self, id: DealId) -> Result<(), NodeError> {
        let deal = self.chain.deal(id).await?.ok_or(NodeError::NotCovered)?;
        let file = match deal.status {
            DealStatus::Active { .. } => return Ok(()),
            DealStatus::Closed { file, .. } => file,
            _ => return Err(NodeError::NotCovered),
        };
        let records = self.chain.fragments(file).await?.into_iter();
        let mine: Vec<FragmentInfo> = records
            .filter(|r| r.miner == self.id() && r.status == FragmentStatus::Awaiting)
            .map(|r| r.info)
            .collect();
        if mine.is_empty() {
            return Ok(());
        }
        for info in &mine {
            // The tags were checked at the door; what came since is what the disk did.
            let name = info.fragment.name();
            let kept = self.bytes(&name).ok_or(NodeError::NotFound)?;
            if content::root(&kept) != info.fragment.root() {
                return Err(NodeError::Damaged);
            }
        }
        let fragments = mine.iter().map(|info| info.index).collect();
        self.chain.act(&self.account, Action::Report { deal: id, fragments }).await?;
        Ok(())
    }

    async fn read(&self, name: &FragmentName, range: Range<u64>) -> Result<Bytes, NodeError> {
        let bytes = self.bytes(name).ok_or(NodeError::NotFound)?;
        let outboard = Outboard::new(&bytes);
        let slice = content::encode_slice_of(&bytes, &outboard, range);
        slice.map(Bytes::from).map_err(|_| NodeError::BadRequest("range is out of bounds"))
    }

    async fn tags(&self, name: &FragmentName) -> Result<TaggedSegment, NodeError> {
        let kept = self.kept();
        let found = kept.fragments.get(name).map(|(_, siblings)| TaggedSegment::clone(siblings));
        found.ok_or(NodeError::NotFound)
    }

    async fn prove(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> Result<Bytes, NodeError> {
        self.answer(challenge, fragments)
    }

    async fn adopt(&self, id: OrderId, upload: Upload) -> Result<(), NodeError> {
        let order = self.chain.order(id).await?.ok_or(NodeError::NotCovered)?;
        if order.info.fragment.name() != upload.name {
            return Err(NodeError::NotCovered);
        }
        let fragment = self.check(&upload)?;
        match order.claim {
            Some(claim) if claim.by == self.id() => {}
            Some(_) => return Err(NodeError::NotCovered),
            None => {
                self.chain.act(&self.account, Action::ClaimRepair { order: id }).await?;
            }
        }
        self.keep(upload);
        let challenge = loop {
            let head = self.chain.head().await?;
            let order = self.chain.order(id).await?.ok_or(NodeError::NotCovered)?;
            match repair_challenge(&head.chain_id, id, &order) {
                Ok((challenge, _)) => break challenge,
                Err(cess_ledger::Error::NoBeaconYet) => self.chain.wait(head.height).await?,
                Err(_) => return Err(NodeError::NotCovered),
            }
        };
        let proof = self.answer(&challenge, &[fragment])?.to_vec();
        self.chain.act(&self.account, Action::CompleteRepair { order: id, proof }).await?;
        Ok(())
    }

    async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        if self.is_live(name).await? {
            return Err(NodeError::BadRequest("fragment is live"));
        }
        self.lose(name);
        Ok(())
    }
}
