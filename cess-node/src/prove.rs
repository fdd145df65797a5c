//! Answering challenges from the store.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use cess_client::{Chain, ChainExt, NodeError};
use cess_ledger::Action;
use cess_podr2::{
    Challenge, Fragment, FragmentName, Holding, KeyId, Policy, Proving, ProvingKey, Tags,
};

use crate::Node;

impl<C: Chain> Node<C> {
    /// Answers every open target of this miner's audit: with a proof, or with the admission that
    /// none can be made, which narrows the audit to what is lost. Returns how many.
    ///
    /// # Errors
    /// [`NodeError::Chain`] when the chain is out of reach or refuses an answer.
    pub async fn answer_audits(&self) -> Result<usize, NodeError> {
        let targets = self.chain.audit_targets(self.id()).await?;
        let count = targets.len();
        for target in targets {
            let fragments: Vec<Fragment> = target.fragments.iter().map(|i| i.fragment).collect();
            let proof = self.prove_over(&target.challenge, &fragments).await.ok();
            let proof = proof.map(|bytes| bytes.to_vec());
            let (round, target) = (target.round, target.target);
            self.chain.act(&self.account, Action::Answer { round, target, proof }).await?;
        }
        Ok(count)
    }

    pub(crate) async fn prove_over(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> Result<Bytes, NodeError> {
        if challenge.audit().prover != self.id().0 {
            return Err(NodeError::BadRequest("challenge is for another prover"));
        }
        let refused = |_| NodeError::BadRequest("challenge does not fit its holding");
        let holding =
            Holding::from_entries(fragments.iter().map(Fragment::entry)).map_err(refused)?;
        let mut keys = BTreeMap::<KeyId, Arc<ProvingKey>>::new();
        for fragment in fragments {
            if !keys.contains_key(&fragment.key_id()) {
                keys.insert(fragment.key_id(), self.proving_key(&fragment.key_id()).await?);
            }
        }
        let by_name: BTreeMap<FragmentName, Fragment> =
            fragments.iter().map(|f| (f.name(), *f)).collect();
        let lookup = |id: &KeyId| keys.get(id).map(|key| &**key);
        let mut proving = Proving::new(challenge, &holding, lookup).map_err(refused)?;
        let mut current: Option<Open> = None;
        while let Some(sample) = proving.sample() {
            let name = sample.entry.name();
            let fragment = by_name.get(&name).ok_or(NodeError::NotFound)?;
            let open = match current.take().filter(|open| open.name == name) {
                Some(open) => current.insert(open),
                None => current.insert(self.open(name, challenge.policy()).await?),
            };
            let size = fragment.sectors().block_bytes() as u64;
            let start = sample.block.saturating_mul(size);
            let range = start..fragment.len().min(start.saturating_add(size));
            let block = match &open.data {
                Some(data) => slice(data, &range)?,
                None => self.store.data_ranges(&open.name, &[range]).await?.swap_remove(0),
            };
            let tag = open.tags.get(sample.block).ok_or(NodeError::Damaged)?;
            proving.absorb(&block, tag).map_err(|_| NodeError::Damaged)?;
        }
        let proof = proving.finish().map_err(|_| NodeError::Damaged)?;
        Ok(Bytes::from(proof.to_bytes()))
    }

    async fn open(&self, name: FragmentName, policy: Policy) -> Result<Open, NodeError> {
        let (_, siblings) = self.store.tags(&name).await?;
        let (_, tags) = siblings.find(&name).ok_or(NodeError::Damaged)?;
        // Every block is asked for: one read instead of one a block.
        let data = match policy {
            Policy::Every => Some(self.store.data(&name).await?),
            _ => None,
        };
        Ok(Open { name, tags: tags.clone(), data })
    }
}

/// The fragment that is being read.
struct Open {
    name: FragmentName,
    tags: Tags,
    data: Option<Bytes>,
}

fn slice(data: &Bytes, range: &std::ops::Range<u64>) -> Result<Bytes, NodeError> {
    let index = |at: u64| usize::try_from(at).map_err(|_| NodeError::Damaged);
    let (start, end) = (index(range.start)?, index(range.end)?);
    if start > end || end > data.len() {
        return Err(NodeError::Damaged);
    }
    Ok(data.slice(start..end))
}
