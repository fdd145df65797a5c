//! Proving keys, decoded once.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use cess_podr2::{KeyId, ProvingKey};

/// The most sectors of all cached keys together: 128 keys of the default size, 100 MB.
const MAX_SECTORS: u64 = 1 << 20;

/// Decoded and checked proving keys. Decoding takes a subgroup check for each sector, so nodes of
/// one process share a cache. It holds at most 100 MB; the oldest keys go first.
#[derive(Clone, Debug, Default)]
pub struct KeyCache(Arc<Mutex<Cached>>);

#[derive(Debug, Default)]
struct Cached {
    keys: BTreeMap<KeyId, Arc<ProvingKey>>,
    /// The same keys, oldest first.
    order: VecDeque<KeyId>,
    sectors: u64,
}

impl KeyCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn get(&self, id: &KeyId) -> Option<Arc<ProvingKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys.get(id).cloned()
    }

    pub(crate) fn insert(&self, key: ProvingKey) -> Arc<ProvingKey> {
        let (id, key) = (key.key_id(), Arc::new(key));
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.keys.insert(id, key.clone()).is_none() {
            cached.order.push_back(id);
            cached.sectors += u64::from(key.sectors().get());
        }
        while cached.sectors > MAX_SECTORS {
            let Some(oldest) = cached.order.pop_front() else { break };
            if let Some(old) = cached.keys.remove(&oldest) {
                cached.sectors -= u64::from(old.sectors().get());
            }
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use cess_podr2::{SecretKey, Sectors};

    use super::*;

    #[test]
    fn drops_the_oldest_key_when_it_is_full() {
        let cache = KeyCache::new();
        let sectors = Sectors::new(64).expect("a power of two");
        let key = |seed| SecretKey::from_seed(&[seed; 32], sectors).proving_key();
        let (first, second) = (key(1), key(2));
        let (old, new) = (first.key_id(), second.key_id());
        cache.insert(first.clone());
        cache.insert(first);
        assert_eq!(cache.0.lock().expect("not poisoned").sectors, 64);
        cache.0.lock().expect("not poisoned").sectors = MAX_SECTORS;
        cache.insert(second);
        assert!(cache.get(&old).is_none());
        assert!(cache.get(&new).is_some());
    }
}
