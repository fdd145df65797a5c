//! What lies where in the object store.
//!
//! ```text
//! fragments/<name>.data       the fragment
//! fragments/<name>.outboard   its BLAKE3 tree, for verified slices
//! fragments/<name>.tags       deal u64 LE ‖ tags of the fragment and its siblings
//! keys/<key id>               a proving key
//! ```
//! The data is written last: a fragment exists when its data does.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use bytes::Bytes;
use cess_client::{NodeError, StoreFault, TaggedSegment};
use cess_ledger::DealId;
use cess_podr2::{FragmentName, KeyId};
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};

#[derive(Clone, Debug)]
pub(crate) struct Store(pub(crate) Arc<dyn ObjectStore>);

const DEAL_LEN: usize = 8;

fn fragment_path(name: &FragmentName, part: &str) -> Path {
    Path::from(format!("fragments/{name}.{part}"))
}

fn key_path(id: &KeyId) -> Path {
    Path::from(format!("keys/{id}"))
}

impl Store {
    pub(crate) async fn has(&self, name: &FragmentName) -> Result<bool, NodeError> {
        match self.0.head(&fragment_path(name, "data")).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(fault(&error)),
        }
    }

    pub(crate) async fn put(
        &self,
        name: &FragmentName,
        deal: DealId,
        siblings: &TaggedSegment,
        outboard: Vec<u8>,
        data: Bytes,
    ) -> Result<(), NodeError> {
        let mut tags = deal.0.to_le_bytes().to_vec();
        tags.extend(siblings.to_bytes());
        for (part, bytes) in
            [("tags", Bytes::from(tags)), ("outboard", Bytes::from(outboard)), ("data", data)]
        {
            let path = fragment_path(name, part);
            self.0.put(&path, bytes.into()).await.map_err(|e| fault(&e))?;
        }
        Ok(())
    }

    pub(crate) async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        for part in ["data", "outboard", "tags"] {
            match self.0.delete(&fragment_path(name, part)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(fault(&error)),
            }
        }
        Ok(())
    }

    pub(crate) async fn data(&self, name: &FragmentName) -> Result<Bytes, NodeError> {
        self.get(&fragment_path(name, "data")).await
    }

    pub(crate) async fn data_ranges(
        &self,
        name: &FragmentName,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, NodeError> {
        let path = fragment_path(name, "data");
        let found = self.0.get_ranges(&path, ranges).await.map_err(|e| fault(&e))?;
        let whole = |(bytes, range): (&Bytes, &Range<u64>)| {
            bytes.len() as u64 == range.end.saturating_sub(range.start)
        };
        if found.len() != ranges.len() || !found.iter().zip(ranges).all(whole) {
            return Err(NodeError::Damaged);
        }
        Ok(found)
    }

    pub(crate) async fn outboard(&self, name: &FragmentName) -> Result<Bytes, NodeError> {
        self.get(&fragment_path(name, "outboard")).await
    }

    pub(crate) async fn tags(
        &self,
        name: &FragmentName,
    ) -> Result<(DealId, TaggedSegment), NodeError> {
        let bytes = self.get(&fragment_path(name, "tags")).await?;
        let (deal, tags) = bytes.split_first_chunk::<DEAL_LEN>().ok_or(NodeError::Damaged)?;
        let tags = TaggedSegment::from_bytes(tags).map_err(|_| NodeError::Damaged)?;
        Ok((DealId(u64::from_le_bytes(*deal)), tags))
    }

    /// Names of all fragments, with the bytes of each.
    pub(crate) async fn list(&self) -> Result<BTreeMap<FragmentName, u64>, NodeError> {
        let prefix = Path::from("fragments");
        let mut names = BTreeMap::new();
        let mut objects = self.0.list(Some(&prefix));
        while let Some(object) = objects.try_next().await.map_err(|e| fault(&e))? {
            let name = object.location.filename().and_then(|n| n.strip_suffix(".data"));
            if let Some(name) = name.and_then(parse_name) {
                names.insert(name, object.size);
            }
        }
        Ok(names)
    }

    pub(crate) async fn put_key(&self, id: &KeyId, key: Bytes) -> Result<(), NodeError> {
        self.0.put(&key_path(id), key.into()).await.map(|_| ()).map_err(|e| fault(&e))
    }

    pub(crate) async fn key(&self, id: &KeyId) -> Result<Bytes, NodeError> {
        self.get(&key_path(id)).await
    }

    async fn get(&self, path: &Path) -> Result<Bytes, NodeError> {
        let found = self.0.get(path).await.map_err(|e| fault(&e))?;
        found.bytes().await.map_err(|e| fault(&e))
    }
}

fn parse_name(hex: &str) -> Option<FragmentName> {
    let digits = hex.as_bytes();
    let mut name = [0; FragmentName::LEN];
    if digits.len() != 2 * name.len() {
        return None;
    }
    for (byte, pair) in name.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(FragmentName::from_bytes(name))
}

fn fault(error: &object_store::Error) -> NodeError {
    use object_store::Error::{NotFound, PermissionDenied};
    match error {
        NotFound { .. } => NodeError::NotFound,
        PermissionDenied { .. } => NodeError::Store(StoreFault::Permission),
        other => {
            let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(other);
            while let Some(error) = cause {
                match error.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
                    Some(std::io::ErrorKind::StorageFull) => {
                        return NodeError::Store(StoreFault::NoSpace);
                    }
                    Some(std::io::ErrorKind::PermissionDenied) => {
                        return NodeError::Store(StoreFault::Permission);
                    }
                    _ => cause = error.source(),
                }
            }
            NodeError::Store(StoreFault::Other)
        }
    }
}
