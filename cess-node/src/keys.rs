//! Proving keys, decoded once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use cess_podr2::{KeyId, ProvingKey};

/// Decoded and checked proving keys. Decoding takes a subgroup check for each sector, so nodes of
/// one process share a cache.
#[derive(Clone, Debug, Default)]
pub struct KeyCache(Arc<Mutex<BTreeMap<KeyId, Arc<ProvingKey>>>>);

impl KeyCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn get(&self, id: &KeyId) -> Option<Arc<ProvingKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn insert(&self, key: ProvingKey) -> Arc<ProvingKey> {
        let key = Arc::new(key);
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.key_id(), key.clone());
        key
    }
}
