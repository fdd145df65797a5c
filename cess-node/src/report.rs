//! Reports: the tags of all that a closed deal assigns are checked together.

use cess_client::{Chain, ChainExt, NodeError};
use cess_ledger::{Action, DealId, DealStatus, FragmentInfo, FragmentStatus};
use cess_podr2::{Error, Fragment, ProvingKey, PublicKey, TagCheck, Tags};

use crate::Node;

/// Fragments that are checked with one multi-scalar multiplication; their tags are in memory.
const BATCH: usize = 256;

impl<C: Chain> Node<C> {
    pub(crate) async fn report_deal(&self, id: DealId) -> Result<(), NodeError> {
        let _working = self.deals.lock(id).await;
        let awaited = self.awaited(id).await?;
        if awaited.is_empty() {
            return Ok(());
        }
        for batch in awaited.chunks(BATCH) {
            self.check_batch(batch).await?;
        }
        let fragments = awaited.iter().map(|info| info.index).collect();
        self.act(Action::Report { deal: id, fragments }).await?;
        self.quotas.forget(id);
        Ok(())
    }

    /// What a closed deal still waits for from this miner.
    async fn awaited(&self, id: DealId) -> Result<Vec<FragmentInfo>, NodeError> {
        let deal = self.chain.deal(id).await?.ok_or(NodeError::NotCovered)?;
        let file = match deal.status {
            DealStatus::Closed { file, .. } => file,
            DealStatus::Active { .. } => return Ok(Vec::new()),
            DealStatus::Opened | DealStatus::Expired => return Err(NodeError::NotCovered),
        };
        let records = self.chain.fragments(file).await?.into_iter();
        let awaited =
            records.filter(|r| r.miner == self.id() && r.status == FragmentStatus::Awaiting);
        Ok(awaited.map(|record| record.info).collect())
    }

    /// Nothing bad is deleted here: the uploader may still send the right tags, and else the deal
    /// expires and its fragments are garbage.
    async fn check_batch(&self, batch: &[FragmentInfo]) -> Result<(), NodeError> {
        let Some(first) = batch.first() else { return Ok(()) };
        // All fragments of a file have its one tag key.
        let id = first.fragment.key_id();
        let (public, proving) = (self.public_key(&id).await?, self.proving_key(&id).await?);
        self.check_tags(&public, &proving, batch).await
    }

    async fn check_tags(
        &self,
        public: &PublicKey,
        proving: &ProvingKey,
        batch: &[FragmentInfo],
    ) -> Result<(), NodeError> {
        let mut tags = Vec::with_capacity(batch.len());
        for info in batch {
            let (_, siblings) = self.store.tags(&info.fragment.name()).await?;
            let found = siblings.0.into_iter().find(|(fragment, _)| *fragment == info.fragment);
            tags.push(found.ok_or(NodeError::Damaged)?.1);
        }
        let items: Vec<(Fragment, &Tags)> =
            batch.iter().map(|info| info.fragment).zip(&tags).collect();
        let mut check = TagCheck::new(public, proving, &items).map_err(refused)?;
        for info in batch {
            let data = self.store.data(&info.fragment.name()).await?;
            check.update(&data).map_err(refused)?;
            check.end_fragment().map_err(refused)?;
        }
        check.finish().map_err(refused)
    }
}

/// The content was checked when it came: if it is another one now, the disk did it.
fn refused(error: Error) -> NodeError {
    match error {
        Error::Root { .. } | Error::FragmentLength { .. } => NodeError::Damaged,
        _ => NodeError::WrongTags,
    }
}
