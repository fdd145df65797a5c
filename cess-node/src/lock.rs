//! One lock for each name that is being worked on.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::lock::OwnedMutexGuard;

/// Locks by key. A key takes memory only while somebody holds or awaits its lock.
#[derive(Debug)]
pub(crate) struct Locks<K>(Mutex<BTreeMap<K, Arc<futures::lock::Mutex<()>>>>);

impl<K> Default for Locks<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord> Locks<K> {
    pub(crate) async fn lock(&self, key: K) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            locks.entry(key).or_default().clone()
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn holds_back_the_same_key_alone() {
        let locks = Locks::default();
        let first = locks.lock(1).now_or_never().expect("free");
        assert!(locks.lock(1).now_or_never().is_none());
        assert!(locks.lock(2).now_or_never().is_some());
        drop(first);
        assert!(locks.lock(1).now_or_never().is_some());
    }

    #[test]
    fn forgets_keys_that_nobody_holds() {
        let locks = Locks::default();
        for key in 0..100 {
            assert!(locks.lock(key).now_or_never().is_some());
        }
        assert_eq!(locks.0.lock().expect("not poisoned").len(), 1);
    }
}
