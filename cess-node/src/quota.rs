//! What is taken for deals that are still open. Nobody pays for it yet, so it is bounded.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use cess_client::{Chain, ChainExt, NodeError};
use cess_ledger::{Deal, DealId, DealStatus};

use crate::Node;

/// An upload that was cut off sends its unfinished segment again under a fresh salt: so many
/// fragments more than its share a node takes of it.
const RESENDS: u64 = 8;

/// Bytes stored for open deals.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    /// Whether the fragments of an earlier run are counted.
    counted: futures::lock::Mutex<bool>,
    taken: Mutex<BTreeMap<DealId, u64>>,
}

/// Bytes that are given back unless they are kept.
#[derive(Debug)]
pub(crate) struct Reservation<'a> {
    quotas: &'a Quotas,
    deal: DealId,
    len: u64,
}

impl Reservation<'_> {
    pub(crate) fn keep(mut self) {
        self.len = 0;
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.quotas.with(|taken| {
            if let Some(bytes) = taken.get_mut(&self.deal) {
                *bytes = bytes.saturating_sub(self.len);
            }
        });
    }
}

impl Quotas {
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<DealId, u64>) -> T) -> T {
        look(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes `len` bytes, if deal and miner have room for them.
    fn take(
        &self,
        deal: DealId,
        len: u64,
        max: u64,
        free: u64,
    ) -> Result<Reservation<'_>, NodeError> {
        self.with(|taken| {
            let all = taken.values().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes));
            let bytes = taken.entry(deal).or_default();
            if len > max.saturating_sub(*bytes) {
                return Err(NodeError::NotCovered);
            }
            let free = free.saturating_sub(all);
            if len > free {
                return Err(NodeError::Full { needed: len, free });
            }
            *bytes += len;
            Ok(Reservation { quotas: self, deal, len })
        })
    }

    pub(crate) fn forget(&self, deal: DealId) {
        self.with(|taken| taken.remove(&deal));
    }
}

impl<C: Chain> Node<C> {
    /// Takes `len` bytes of room for an open deal: no more than the deal's share of one node, and
    /// no more for all of them than the miner has free on the ledger.
    pub(crate) async fn reserve(
        &self,
        id: DealId,
        deal: &Deal,
        len: u64,
    ) -> Result<Reservation<'_>, NodeError> {
        self.count_earlier().await?;
        let max = share(deal)?;
        let free = self.chain.miner(self.id()).await?.map_or(0, |miner| miner.free());
        match self.quotas.take(id, len, max, free) {
            Err(NodeError::Full { .. }) => {}
            other => return other,
        }
        let deals: Vec<DealId> = self.quotas.with(|taken| taken.keys().copied().collect());
        for other in deals {
            if !self.is_open(other).await? {
                self.quotas.forget(other);
            }
        }
        self.quotas.take(id, len, max, free)
    }

    pub(crate) async fn is_open(&self, id: DealId) -> Result<bool, NodeError> {
        Ok(self.chain.deal(id).await?.is_some_and(|deal| deal.status == DealStatus::Opened))
    }

    /// Counts what is in the store, once: the memory of a node is its store.
    async fn count_earlier(&self) -> Result<(), NodeError> {
        let mut counted = self.quotas.counted.lock().await;
        if *counted {
            return Ok(());
        }
        let mut deals = BTreeMap::<DealId, u64>::new();
        for (name, len) in self.store.list().await? {
            let (Some(len), Ok(header)) = (len, self.store.header(&name).await) else { continue };
            if let Some(deal) = header.deal {
                let bytes = deals.entry(deal).or_default();
                *bytes = bytes.saturating_add(len);
            }
        }
        let mut open = BTreeMap::new();
        for (deal, bytes) in deals {
            if self.is_open(deal).await? {
                open.insert(deal, bytes);
            }
        }
        self.quotas.with(|taken| *taken = open);
        *counted = true;
        Ok(())
    }
}

/// The most bytes of a deal on one node: a fragment of each segment, and [`RESENDS`].
fn share(deal: &Deal) -> Result<u64, NodeError> {
    let profile = &deal.profile;
    let uncovered = |_| NodeError::NotCovered;
    let stored = profile.stored_len(deal.visibility, deal.max_len).map_err(uncovered)?;
    let nodes = u64::try_from(profile.fragments_per_segment()).unwrap_or(u64::MAX);
    let first = profile.layout(deal.visibility, deal.max_len, 0).map_err(uncovered)?;
    let resends = RESENDS.saturating_mul(first.shard_len() as u64);
    Ok((stored / nodes.max(1)).saturating_add(resends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deal_takes_its_share_and_no_more() {
        let quotas = Quotas::default();
        quotas.take(DealId(1), 60, 100, 1000).expect("room").keep();
        let refused = quotas.take(DealId(1), 41, 100, 1000).map(|_| ());
        assert_eq!(refused, Err(NodeError::NotCovered));
        assert!(quotas.take(DealId(1), 40, 100, 1000).is_ok());
    }

    #[test]
    fn all_deals_together_take_what_is_free_and_no_more() {
        let quotas = Quotas::default();
        quotas.take(DealId(1), 60, 100, 100).expect("room").keep();
        let refused = quotas.take(DealId(2), 41, 100, 100).map(|_| ());
        assert_eq!(refused, Err(NodeError::Full { needed: 41, free: 40 }));
        assert!(quotas.take(DealId(2), 40, 100, 100).is_ok());
    }

    #[test]
    fn what_is_not_kept_is_given_back() {
        let quotas = Quotas::default();
        drop(quotas.take(DealId(1), 100, 100, 100).expect("room"));
        quotas.take(DealId(1), 100, 100, 100).expect("room").keep();
        assert!(quotas.take(DealId(1), 1, 100, 100).is_err());
        quotas.forget(DealId(1));
        assert!(quotas.take(DealId(1), 1, 100, 100).is_ok());
    }
}
