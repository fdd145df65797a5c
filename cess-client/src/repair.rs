//! repair: lost fragments are rebuilt from their siblings and handed to new nodes.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use cess_ledger::{AccountId, Candidate, FileId, MinerStatus, Order, OrderId, Query, Slot, rank};
use cess_podr2::{KeyId, Tags};

use crate::{
    Chain, ChainError, ChainExt, Client, Directory, Error, NodeError, Observer, Progress,
    StorageNode, TaggedSegment, Tagger, Upload, domain, get::Reading,
};

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Orders that are completed, with the new node of each.
    pub completed: Vec<(OrderId, AccountId)>,
    /// Orders that could not be, and why.
    pub open: Vec<(OrderId, Error)>,
}

impl<C: Chain, D: Directory> Client<C, D> {
    /// Works off the open repair orders of a file.
    ///
    /// Anyone can: a lost fragment is rebuilt from any k intact ones of its replica, or under a
    /// locally repairable code from its group alone, without a key, byte for byte, so its old tags
    /// hold. Only a replica of which fewer than k are left
    /// takes the tagger, who makes it again from another replica.
    ///
    /// # Errors
    /// [`Error`] when the chain can't be read; an order that can't be completed is in the result.
    pub async fn repair(
        &self,
        id: FileId,
        tagger: Option<&dyn Tagger>,
        observer: Observer<'_>,
    ) -> Result<Repaired, Error> {
        let manifest = self.file(id).await?.manifest;
        let mut reading = self.reading(id, manifest, tagger, observer).await?;
        let mut repaired = Repaired::default();
        for (order, details) in self.chain.orders(id).await? {
            if details.claim.is_some() {
                continue;
            }
            match self.repair_one(&reading, order, &details).await {
                Ok(miner) => {
                    let slot = Slot::at(&reading.manifest.profile, details.info.index);
                    let bytes = details.info.fragment_len();
                    observer(&Progress::Repaired { slot, miner, bytes });
                    repaired.completed.push((order, miner));
                    reading.records = self.records(id, &reading.manifest).await?;
                }
                Err(error) => repaired.open.push((order, error)),
            }
        }
        Ok(repaired)
    }

    async fn repair_one(
        &self,
        reading: &Reading<'_>,
        id: OrderId,
        order: &Order,
    ) -> Result<AccountId, Error> {
        let slot = Slot::at(&reading.manifest.profile, order.info.index);
        if reading.manifest.fragment(slot)? != order.info.fragment {
            return Err(ChainError::Protocol { asked: "orders" }.into());
        }
        let (bytes, tags) = self.rebuild(reading, slot).await?;
        let mut last = None;
        let mut tried = 0;
        for miner in self.homes(reading, id, slot, order).await? {
            for siblings in &tags {
                tried += 1;
                let name = order.info.fragment.name();
                let upload = Upload { name, bytes: bytes.clone(), siblings: siblings.clone() };
                match self.adopt(reading, miner, id, upload).await {
                    Ok(()) => return Ok(miner),
                    // Tags come from a sibling that may lie; the next one's may be right.
                    Err(NodeError::WrongTags) => {}
                    Err(error) => {
                        last = Some(Error::Node { miner, source: error });
                        break;
                    }
                }
            }
        }
        Err(last.unwrap_or(Error::NotEnoughNodes { needed: 1, available: tried, last: None }))
    }

    async fn adopt(
        &self,
        reading: &Reading<'_>,
        miner: AccountId,
        order: OrderId,
        upload: Upload,
    ) -> Result<(), NodeError> {
        let node = self.node(&miner)?;
        match node.adopt(order, upload.clone()).await {
            Err(NodeError::KeyMissing) => {}
            other => return other,
        }
        let key = KeyId::from_bytes(reading.manifest.tag_key);
        let proving_key = match reading.tagger {
            Some(tagger) if tagger.public().key_id() == key => {
                Bytes::from(tagger.proving_key().to_bytes())
            }
            _ => self.proving_key(reading, &key).await?,
        };
        node.put_key(key, proving_key).await?;
        node.adopt(order, upload).await
    }

    /// The proving key from any node of the file; the new node checks it against the ledger.
    async fn proving_key(&self, reading: &Reading<'_>, key: &KeyId) -> Result<Bytes, NodeError> {
        let miners: BTreeSet<AccountId> = reading.records.iter().map(|r| r.miner).collect();
        for miner in miners {
            let Ok(node) = self.node(&miner) else { continue };
            if let Ok(proving_key) = node.key(key).await {
                return Ok(proving_key);
            }
        }
        Err(NodeError::KeyMissing)
    }

    /// The bytes of a fragment, and every version of its tags that its siblings' nodes give.
    async fn rebuild(
        &self,
        reading: &Reading<'_>,
        slot: Slot,
    ) -> Result<(Bytes, Vec<Arc<TaggedSegment>>), Error> {
        let fragment = reading.manifest.fragment(slot)?;
        let geometry = reading.manifest.profile.geometry();
        let mut bad = Vec::new();
        let place = (slot.segment, slot.replica);
        let wanted = [usize::from(slot.shard)];
        let found = self.shards(reading, place, &wanted, Some(slot.shard), &mut bad).await?;
        let lost = found.lost(reading, place);
        let shards = found.shards;
        if let Some(lost) = lost {
            let tagger = reading.tagger.ok_or(lost)?;
            return self.remake(reading, slot, tagger).await;
        }
        let present: Vec<(usize, &[u8])> = shards.iter().map(|(i, s)| (*i, &s[..])).collect();
        let len = shards.first().map_or(0, |(_, shard)| shard.len());
        let mut bytes = vec![0; len];
        let missing = &mut [(usize::from(slot.shard), bytes.as_mut_slice())];
        reading.coder.codec.reconstruct(&present, missing)?;
        if cess_merkle::content::root(&bytes) != fragment.root() {
            return Err(Error::Inconsistent { segment: slot.segment });
        }
        let mut tags = Vec::new();
        for shard in (0..geometry.total()).filter_map(|i| u8::try_from(i).ok()) {
            if shard == slot.shard {
                continue;
            }
            let sibling = Slot { shard, ..slot };
            if let Some(found) = self.sibling_tags(reading, sibling, &fragment).await
                && !tags.iter().any(|known: &Arc<TaggedSegment>| **known == found)
            {
                tags.push(Arc::new(found));
            }
        }
        Ok((Bytes::from(bytes), tags))
    }

    async fn sibling_tags(
        &self,
        reading: &Reading<'_>,
        sibling: Slot,
        wanted: &cess_podr2::Fragment,
    ) -> Option<TaggedSegment> {
        let index = usize::try_from(sibling.index(&reading.manifest.profile)).ok()?;
        let record = reading.records.get(index)?;
        let node = self.node(&record.miner).ok()?;
        let tags = node.tags(&record.info.fragment.name()).await.ok()?;
        let (fragment, found): &(_, Tags) = tags.find(&wanted.name())?;
        (fragment == wanted && found.len() == wanted.blocks()).then_some(tags)
    }

    /// Makes a wholly lost replica again: same bytes, same masks, same tags.
    async fn remake(
        &self,
        reading: &Reading<'_>,
        slot: Slot,
        tagger: &dyn Tagger,
    ) -> Result<(Bytes, Vec<Arc<TaggedSegment>>), Error> {
        let stored = self.segment(reading, slot.segment, &mut Vec::new()).await?;
        let part = reading.coder.part(slot.segment, slot.replica, stored.len())?;
        let (shards, tagged) = tagger.replicate(&part, stored).await?;
        let bytes = shards.into_iter().nth(usize::from(slot.shard));
        let bytes = bytes.ok_or(Error::Inconsistent { segment: slot.segment })?;
        let fragment = reading.manifest.fragment(slot)?;
        if tagged.find(&fragment.name()).is_none() {
            return Err(Error::WrongKey);
        }
        Ok((bytes, vec![Arc::new(tagged)]))
    }

    /// The miners that may take the fragment, best first.
    async fn homes(
        &self,
        reading: &Reading<'_>,
        id: OrderId,
        slot: Slot,
        order: &Order,
    ) -> Result<Vec<AccountId>, Error> {
        let per_segment = reading.manifest.profile.fragments_per_segment();
        let first = usize::try_from(slot.segment).unwrap_or(usize::MAX).saturating_mul(per_segment);
        let mates: Vec<AccountId> =
            reading.records.iter().skip(first).take(per_segment).map(|r| r.miner).collect();
        let head = self.chain.head().await?;
        let mut hasher = blake3::Hasher::new_derive_key(domain::REPAIR);
        hasher.update(&head.randomness).update(&id.0.to_le_bytes());
        let seed = *hasher.finalize().as_bytes();
        let mut candidates = Vec::new();
        let mut after = None;
        loop {
            let page = self.chain.miners(after, Query::MAX_PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            candidates.extend(page.into_iter().filter_map(|(miner, record)| {
                let fits = record.status == MinerStatus::Active
                    && record.free() >= order.info.fragment_len()
                    && miner != order.from
                    && !mates.contains(&miner);
                fits.then(|| Candidate { miner, free: record.free() })
            }));
        }
        Ok(rank(&seed, slot, &candidates))
    }
}
