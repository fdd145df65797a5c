//! What lies where in the object store; docs/formats/node.md has the layout.
//!
//! The data is written last: a fragment exists when its data does.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use bytes::Bytes;
use cess_client::{NodeError, StoreFault, TaggedSegment};
use cess_ledger::DealId;
use cess_podr2::{FragmentName, KeyId};
use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};

/// The most bytes of an object that are read at once: more than any profile's fragment.
const MAX_OBJECT_LEN: u64 = 512 << 20;
/// The deal of a fragment that came by a repair order.
const NO_DEAL: u64 = u64::MAX;
const DEAL_LEN: usize = 8;
/// Deal, number of siblings, key of the first one: all have the same.
const HEADER_LEN: usize = DEAL_LEN + 4 + KeyId::LEN;

#[derive(Clone, Debug)]
pub(crate) struct Store(pub(crate) Arc<dyn ObjectStore>);

/// The beginning of a tags object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The latest deal that the fragment came for.
    pub(crate) deal: Option<DealId>,
    pub(crate) key: KeyId,
}

fn fragment_path(name: &FragmentName, part: &str) -> Path {
    Path::from(format!("fragments/{name}.{part}"))
}

fn key_path(id: &KeyId) -> Path {
    Path::from(format!("keys/{id}"))
}

impl Store {
    pub(crate) async fn has(&self, name: &FragmentName) -> Result<bool, NodeError> {
        self.exists(&fragment_path(name, "data")).await
    }

    pub(crate) async fn put(
        &self,
        name: &FragmentName,
        deal: Option<DealId>,
        siblings: &TaggedSegment,
        outboard: Vec<u8>,
        data: Bytes,
    ) -> Result<(), NodeError> {
        let mut tags = deal.map_or(NO_DEAL, |deal| deal.0).to_le_bytes().to_vec();
        tags.extend(siblings.to_bytes());
        for (part, bytes) in
            [("tags", Bytes::from(tags)), ("outboard", Bytes::from(outboard)), ("data", data)]
        {
            let path = fragment_path(name, part);
            self.0.put(&path, bytes.into()).await.map_err(|e| fault(&e))?;
        }
        Ok(())
    }

    /// Deletes the data first: what is left after a crash is no fragment.
    pub(crate) async fn delete(&self, name: &FragmentName) -> Result<(), NodeError> {
        for part in ["data", "outboard", "tags"] {
            self.remove(&fragment_path(name, part)).await?;
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
        self.ranges(&fragment_path(name, "data"), ranges).await
    }

    pub(crate) async fn outboard(&self, name: &FragmentName) -> Result<Bytes, NodeError> {
        self.get(&fragment_path(name, "outboard")).await
    }

    pub(crate) async fn tags(
        &self,
        name: &FragmentName,
    ) -> Result<(Option<DealId>, TaggedSegment), NodeError> {
        let bytes = self.get(&fragment_path(name, "tags")).await?;
        let (deal, tags) = bytes.split_first_chunk::<DEAL_LEN>().ok_or(NodeError::Damaged)?;
        let tags = TaggedSegment::from_bytes(tags).map_err(|_| NodeError::Damaged)?;
        Ok((parse_deal(*deal), tags))
    }

    pub(crate) async fn header(&self, name: &FragmentName) -> Result<Header, NodeError> {
        let path = fragment_path(name, "tags");
        let mut found = self.ranges(&path, std::slice::from_ref(&(0..HEADER_LEN as u64))).await?;
        let bytes = found.pop().ok_or(NodeError::Damaged)?;
        let (deal, rest) = bytes.split_first_chunk::<DEAL_LEN>().ok_or(NodeError::Damaged)?;
        let (_, key) = rest.split_last_chunk::<{ KeyId::LEN }>().ok_or(NodeError::Damaged)?;
        Ok(Header { deal: parse_deal(*deal), key: KeyId::from_bytes(*key) })
    }

    /// Names of everything that any part of is stored, with the bytes of the data if that is.
    pub(crate) async fn list(&self) -> Result<BTreeMap<FragmentName, Option<u64>>, NodeError> {
        let prefix = Path::from("fragments");
        let mut names = BTreeMap::new();
        let mut objects = self.0.list(Some(&prefix));
        while let Some(object) = objects.try_next().await.map_err(|e| fault(&e))? {
            let Some((name, part)) = parse_object(&object) else { continue };
            let len: &mut Option<u64> = names.entry(name).or_default();
            if part == "data" {
                *len = Some(object.size);
            }
        }
        Ok(names)
    }

    pub(crate) async fn put_key(&self, id: &KeyId, key: Bytes) -> Result<(), NodeError> {
        self.0.put(&key_path(id), key.into()).await.map(|_| ()).map_err(|e| fault(&e))
    }

    pub(crate) async fn has_key(&self, id: &KeyId) -> Result<bool, NodeError> {
        self.exists(&key_path(id)).await
    }

    pub(crate) async fn key(&self, id: &KeyId) -> Result<Bytes, NodeError> {
        self.get(&key_path(id)).await
    }

    pub(crate) async fn delete_key(&self, id: &KeyId) -> Result<(), NodeError> {
        self.remove(&key_path(id)).await
    }

    pub(crate) async fn list_keys(&self) -> Result<Vec<KeyId>, NodeError> {
        let prefix = Path::from("keys");
        let mut objects = self.0.list(Some(&prefix));
        let mut keys = Vec::new();
        while let Some(object) = objects.try_next().await.map_err(|e| fault(&e))? {
            let id = object.location.filename().and_then(parse_hex).map(KeyId::from_bytes);
            keys.extend(id.filter(|id| key_path(id) == object.location));
        }
        Ok(keys)
    }

    async fn exists(&self, path: &Path) -> Result<bool, NodeError> {
        match self.0.head(path).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(fault(&error)),
        }
    }

    async fn remove(&self, path: &Path) -> Result<(), NodeError> {
        match self.0.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(fault(&error)),
        }
    }

    async fn get(&self, path: &Path) -> Result<Bytes, NodeError> {
        let found = self.0.get(path).await.map_err(|e| fault(&e))?;
        if found.meta.size > MAX_OBJECT_LEN {
            return Err(NodeError::Damaged);
        }
        found.bytes().await.map_err(|e| fault(&e))
    }

    /// All of each range; an object that ends before is damaged.
    async fn ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, NodeError> {
        let found = match self.0.get_ranges(path, ranges).await {
            Ok(found) => found,
            Err(error) => {
                let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
                let short = self.0.head(path).await.is_ok_and(|object| object.size < end);
                return Err(if short { NodeError::Damaged } else { fault(&error) });
            }
        };
        let whole = |(bytes, range): (&Bytes, &Range<u64>)| {
            bytes.len() as u64 == range.end.saturating_sub(range.start)
        };
        if found.len() != ranges.len() || !found.iter().zip(ranges).all(whole) {
            return Err(NodeError::Damaged);
        }
        Ok(found)
    }
}

fn parse_deal(bytes: [u8; DEAL_LEN]) -> Option<DealId> {
    let deal = u64::from_le_bytes(bytes);
    (deal != NO_DEAL).then_some(DealId(deal))
}

fn parse_object(object: &ObjectMeta) -> Option<(FragmentName, &str)> {
    let (hex, part) = object.location.filename()?.split_once('.')?;
    let name = FragmentName::from_bytes(parse_hex(hex)?);
    // Only what `fragment_path` writes is a fragment's.
    let ours = ["data", "outboard", "tags"].contains(&part)
        && fragment_path(&name, part) == object.location;
    ours.then_some((name, part))
}

fn parse_hex(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn fault(error: &object_store::Error) -> NodeError {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error {
        object_store::Error::NotFound { .. } => return NodeError::NotFound,
        object_store::Error::PermissionDenied { .. } => {
            return NodeError::Store(StoreFault::Permission);
        }
        _ => {}
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
            Some(StorageFull | QuotaExceeded) => return NodeError::Store(StoreFault::NoSpace),
            Some(PermissionDenied | ReadOnlyFilesystem) => {
                return NodeError::Store(StoreFault::Permission);
            }
            _ => cause = error.source(),
        }
    }
    NodeError::Store(StoreFault::Other)
}

#[cfg(test)]
mod tests;
