//! Answering challenges from the store.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use bytes::Bytes;
use cess_client::{Chain, ChainError, ChainExt, NodeError};
use cess_ledger::{Action, Error};
use cess_podr2::{
    Challenge, Drawn, Fragment, FragmentName, KeyId, Policy, Proving, ProvingKey, Tags,
};

use crate::Node;

impl<C: Chain> Node<C> {
    /// Answers every open target of this miner's audit: with a proof, or with the admission that
    /// none can be made. An admission over several fragments narrows the audit to what is lost;
    /// one over a single fragment loses it. Returns how many were answered; call it again until
    /// that is none, since each step of a narrowing waits for the one before.
    ///
    /// Only what is gone or damaged is admitted. A store that fails otherwise says nothing of the
    /// fragments: that target stays open, and there is time until its deadline to ask again.
    ///
    /// # Errors
    /// [`NodeError::Chain`] when the chain is out of reach, or refuses an answer for another
    /// reason than that the target is no longer open; the store's error for a target that was left
    /// open, after the others are answered.
    pub async fn answer_audits(&self) -> Result<usize, NodeError> {
        let _working = self.audits.lock().await;
        let mut answered = 0;
        let mut failed = None;
        for target in self.chain.audit_targets(self.id()).await? {
            let fragments: Vec<Fragment> = target.fragments.iter().map(|i| i.fragment).collect();
            let proof = match self.prove_over(&target.challenge, &fragments).await {
                Ok(proof) => Some(proof.to_vec()),
                Err(NodeError::NotFound | NodeError::Damaged | NodeError::KeyMissing) => None,
                Err(NodeError::Chain(error)) => return Err(NodeError::Chain(error)),
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            let (round, target) = (target.round, target.target);
            match self.act(Action::Answer { round, target, proof }).await {
                Ok(()) => answered += 1,
                Err(NodeError::Chain(ChainError::Refused(
                    Error::NoSuchAudit { .. } | Error::NoSuchTarget { .. } | Error::TooLate { .. },
                ))) => {}
                Err(error) => return Err(error),
            }
        }
        failed.map_or(Ok(answered), Err)
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
        let drawn =
            Drawn::listed(challenge, fragments.iter().map(Fragment::entry)).map_err(refused)?;
        let samples = challenge.samples(&drawn).map_err(refused)?;
        let mut keys = BTreeMap::<KeyId, Arc<ProvingKey>>::new();
        for (id, _) in samples.keys() {
            keys.insert(*id, self.proving_key(id).await?);
        }
        let by_name: BTreeMap<FragmentName, Fragment> =
            fragments.iter().map(|f| (f.name(), *f)).collect();
        let lookup = |id: &KeyId| keys.get(id).map(|key| &**key);
        let mut proving = Proving::new(challenge, &drawn, lookup).map_err(refused)?;
        let mut current: Option<Open> = None;
        while let (Some(sample), Some(size)) = (proving.sample(), proving.block_bytes()) {
            let name = sample.entry.name();
            let fragment = by_name.get(&name).ok_or(NodeError::NotFound)?;
            let open = match current.take().filter(|open| open.fragment == *fragment) {
                Some(open) => current.insert(open),
                None => current.insert(self.open(*fragment, challenge.policy()).await?),
            };
            let start = sample.block.saturating_mul(size as u64);
            let range = start..fragment.len().min(start.saturating_add(size as u64));
            let block = match &open.data {
                Some(data) => slice(data, &range)?,
                None => {
                    let mut read = self.store.data_ranges(&name, &[range]).await?;
                    read.pop().ok_or(NodeError::Damaged)?
                }
            };
            let tag = open.tags.get(sample.block).ok_or(NodeError::Damaged)?;
            proving.absorb(&block, tag).map_err(|_| NodeError::Damaged)?;
        }
        let proof = proving.finish().map_err(|_| NodeError::Damaged)?;
        Ok(Bytes::from(proof.to_bytes()))
    }

    async fn open(&self, fragment: Fragment, policy: Policy) -> Result<Open, NodeError> {
        let name = fragment.name();
        if !self.store.has(&name).await? {
            return Err(NodeError::NotFound);
        }
        let siblings = match self.store.tags(&name).await {
            Err(NodeError::NotFound) => Err(NodeError::Damaged),
            other => other,
        };
        let found = siblings?.1.0.into_iter().find(|(found, _)| *found == fragment);
        let (_, tags) = found.ok_or(NodeError::Damaged)?;
        // Every block is asked for: one read instead of one a block.
        let data = match policy {
            Policy::Every => Some(self.store.data(&name).await?),
            _ => None,
        };
        Ok(Open { fragment, tags, data })
    }
}

/// The fragment that is being read.
struct Open {
    fragment: Fragment,
    tags: Tags,
    data: Option<Bytes>,
}

fn slice(data: &Bytes, range: &Range<u64>) -> Result<Bytes, NodeError> {
    let index = |at: u64| usize::try_from(at).map_err(|_| NodeError::Damaged);
    let (start, end) = (index(range.start)?, index(range.end)?);
    if start > end || end > data.len() {
        return Err(NodeError::Damaged);
    }
    Ok(data.slice(start..end))
}
