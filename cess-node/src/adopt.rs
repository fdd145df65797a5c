//! Taking over what another node lost.

use cess_client::{Chain, ChainExt, NodeError, Upload};
use cess_ledger::{Action, Error, OrderId, repair_challenge};
use cess_podr2::Challenge;

use crate::Node;

/// The most shards of any erasure code over GF(2^8).
const MAX_SHARDS: usize = 256;

impl<C: Chain> Node<C> {
    pub(crate) async fn adopt_order(&self, id: OrderId, upload: Upload) -> Result<(), NodeError> {
        let name = upload.name;
        let _working = self.names.lock(name).await;
        let order = self.chain.order(id).await?.ok_or(NodeError::NotCovered)?;
        let claimed = order.claim.as_ref().map(|claim| claim.by);
        if order.info.fragment.name() != name || claimed.is_some_and(|by| by != self.id()) {
            return Err(NodeError::NotCovered);
        }
        let admitted = self.admit(upload, MAX_SHARDS).await?;
        let fragment = admitted.fragment;
        if fragment != order.info.fragment {
            return Err(NodeError::WrongTags);
        }
        self.check_one(&admitted).await?;
        // Stored before it is claimed: a claim that a full disk can't complete costs collateral.
        let stored = self.stored(&admitted).await?;
        self.store(admitted, None, stored).await?;
        if claimed.is_none()
            && let Err(refused) = self.act(Action::ClaimRepair { order: id }).await
        {
            if !self.is_needed(&name, &self.asked().await?).await? {
                self.store.delete(&name).await?;
            }
            return Err(refused);
        }
        let challenge = self.drawn(id).await?;
        let proof = self.prove_over(&challenge, &[fragment]).await?.to_vec();
        self.act(Action::CompleteRepair { order: id, proof }).await
    }

    /// The challenge of a claimed order, which the block after the claim draws.
    async fn drawn(&self, id: OrderId) -> Result<Challenge, NodeError> {
        loop {
            let head = self.chain.head().await?;
            let order = self.chain.order(id).await?.ok_or(NodeError::NotCovered)?;
            match repair_challenge(&head.chain_id, id, &order) {
                Ok((challenge, _)) => return Ok(challenge),
                Err(Error::NoBeaconYet) => self.chain.wait(head.height).await?,
                Err(_) => return Err(NodeError::NotCovered),
            }
        }
    }
}
