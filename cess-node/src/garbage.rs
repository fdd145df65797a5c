//! What a node may forget.

use std::collections::BTreeSet;

use cess_client::{Chain, ChainExt, NodeError};
use cess_ledger::FragmentStatus;
use cess_podr2::{FragmentName, KeyId};

use crate::Node;

impl<C: Chain> Node<C> {
    /// Deletes what no open or live deal covers: fragments of expired deals, of ended files, those
    /// that went to another node, and what a crash left of unfinished ones. Proving keys go when
    /// two runs in a row find nothing stored under them. Returns how many fragments it deleted.
    ///
    /// # Errors
    /// [`NodeError::Store`] and [`NodeError::Chain`].
    pub async fn collect_garbage(&self) -> Result<usize, NodeError> {
        let asked = self.asked().await?;
        let mut deleted = 0;
        let mut used = Some(BTreeSet::new());
        for name in self.store.list().await?.into_keys() {
            let _working = self.names.lock(name).await;
            if self.is_needed(&name, &asked).await? {
                match (self.store.header(&name).await, &mut used) {
                    (Ok(header), Some(used)) => drop(used.insert(header.key)),
                    _ => used = None,
                }
            } else {
                self.store.delete(&name).await?;
                deleted += 1;
            }
        }
        if let Some(used) = used {
            self.collect_keys(&used).await?;
        }
        Ok(deleted)
    }

    /// A key that nothing is stored under may be that of a fragment on its way, so it stays for
    /// one run.
    async fn collect_keys(&self, used: &BTreeSet<KeyId>) -> Result<(), NodeError> {
        let keys = self.store.list_keys().await?;
        let idle: BTreeSet<KeyId> = keys.into_iter().filter(|id| !used.contains(id)).collect();
        let before = self.idle_keys(|known| std::mem::replace(known, idle.clone()));
        for id in idle.intersection(&before) {
            self.store.delete_key(id).await?;
        }
        Ok(())
    }

    /// The fragments of this miner's open audit. Their snapshot is older than the records: what
    /// was handed over since is still asked for.
    pub(crate) async fn asked(&self) -> Result<BTreeSet<FragmentName>, NodeError> {
        let targets = self.chain.audit_targets(self.id()).await?;
        let fragments = targets.iter().flat_map(|target| &target.fragments);
        Ok(fragments.map(|info| info.fragment.name()).collect())
    }

    /// Whether a name must stay; its lock is held.
    pub(crate) async fn is_needed(
        &self,
        name: &FragmentName,
        asked: &BTreeSet<FragmentName>,
    ) -> Result<bool, NodeError> {
        if asked.contains(name) {
            return Ok(true);
        }
        // The deal is read before the record: if it has closed since it was open here, the record
        // is there.
        let open = match self.store.header(name).await {
            Ok(header) => match header.deal {
                Some(deal) => self.is_open(deal).await? && self.store.has(name).await?,
                None => false,
            },
            Err(NodeError::NotFound | NodeError::Damaged) => false,
            Err(error) => return Err(error),
        };
        Ok(open || self.is_covered(name).await?)
    }

    /// Whether the chain holds this miner responsible for a fragment: as its home, or in a claimed
    /// repair.
    async fn is_covered(&self, name: &FragmentName) -> Result<bool, NodeError> {
        let Some(record) = self.chain.fragment(name.to_bytes()).await? else { return Ok(false) };
        if record.miner == self.id() && record.status != FragmentStatus::Lost {
            return Ok(true);
        }
        let Some(order) = record.order else { return Ok(false) };
        Ok(match self.chain.order(order).await? {
            Some(order) => order.claim.is_some_and(|claim| claim.by == self.id()),
            // Completed between the two reads, maybe by this miner.
            None => true,
        })
    }
}
