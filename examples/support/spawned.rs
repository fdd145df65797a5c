//! A node on tasks of its own, as if it ran elsewhere.

use std::{future::Future, ops::Range, sync::Arc};

use bytes::Bytes;
use cess_client::{NodeError, StorageNode, TaggedSegment, Upload};
use cess_ledger::{AccountId, DealId, OrderId};
use cess_podr2::{Challenge, Fragment, FragmentName, KeyId};

/// Runs every request to a node on a task of its own, so that nodes work side by side.
#[derive(Debug)]
pub struct Spawned<N>(pub Arc<N>);

impl<N> Clone for Spawned<N> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

async fn run<T: Send + 'static>(
    request: impl Future<Output = Result<T, NodeError>> + Send + 'static,
) -> Result<T, NodeError> {
    tokio::spawn(request).await.unwrap_or(Err(NodeError::Unreachable))
}

impl<N: StorageNode + 'static> StorageNode for Spawned<N> {
    fn miner(&self) -> AccountId {
        self.0.miner()
    }

    async fn put_key(&self, key: KeyId, proving_key: Bytes) -> Result<(), NodeError> {
        let node = self.0.clone();
        run(async move { node.put_key(key, proving_key).await }).await
    }

    async fn key(&self, key: &KeyId) -> Result<Bytes, NodeError> {
        let (node, key) = (self.0.clone(), *key);
        run(async move { node.key(&key).await }).await
    }

    async fn put(&self, deal: DealId, upload: Upload) -> Result<(), NodeError> {
        let node = self.0.clone();
        run(async move { node.put(deal, upload).await }).await
    }

    async fn report(&self, deal: DealId) -> Result<(), NodeError> {
        let node = self.0.clone();
        run(async move { node.report(deal).await }).await
    }

    async fn read(&self, name: &FragmentName, range: Range<u64>) -> Result<Bytes, NodeError> {
        let (node, name) = (self.0.clone(), *name);
        run(async move { node.read(&name, range).await }).await
    }

    async fn tags(&self, name: &FragmentName) -> Result<TaggedSegment, NodeError> {
        let (node, name) = (self.0.clone(), *name);
        run(async move { node.tags(&name).await }).await
    }

    async fn prove(
        &self,
        challenge: &Challenge,
        fragments: &[Fragment],
    ) -> Result<Bytes, NodeError> {
        let (node, challenge, fragments) = (self.0.clone(), *challenge, fragments.to_vec());
        run(async move { node.prove(&challenge, &fragments).await }).await
    }

    async fn adopt(&self, order: OrderId, upload: Upload) -> Result<(), NodeError> {
        let node = self.0.clone();
        run(async move { node.adopt(order, upload).await }).await
    }

    async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        let (node, name) = (self.0.clone(), *name);
        run(async move { node.delete(&name).await }).await
    }
}
