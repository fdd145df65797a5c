//! Kernels for the losses that came up lately.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::engine::Kernel;

/// How shards are computed from others.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The shards that the kernel's inputs are, rising; of an update, the parity shards that its
    /// outputs are.
    pub(crate) used: Vec<usize>,
    pub(crate) kernel: Kernel,
}

/// What a plan was made for: the shards there were, then those wanted, both rising.
pub(crate) type Key = (Vec<usize>, Vec<usize>);

/// The bytes of plans that a codec keeps.
#[cfg(feature = "std")]
const CACHE_BYTES: usize = 1 << 20;
/// The plans that a codec keeps.
#[cfg(feature = "std")]
const CACHE_PLANS: usize = 64;

/// The plans used last, up to a bound in number and in bytes. Without the feature `std`, none.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    #[cfg(feature = "std")]
    plans: std::sync::Mutex<Vec<(Key, Arc<Plan>)>>,
}

impl Cache {
    /// The plan of this key, which `make` makes if it isn't there.
    #[cfg(feature = "std")]
    pub(crate) fn get<E>(
        &self,
        key: Key,
        make: impl FnOnce(&Key) -> Result<Plan, E>,
    ) -> Result<Arc<Plan>, E> {
        // A plan is in the list as a whole or not at all, so a panic elsewhere broke nothing.
        let lock = || self.plans.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        {
            let mut plans = lock();
            if let Some(at) = plans.iter().position(|(known, _)| *known == key) {
                plans[..=at].rotate_right(1);
                return Ok(plans[0].1.clone());
            }
        }
        let plan = Arc::new(make(&key)?);
        if plan.kernel.size() <= CACHE_BYTES {
            let mut plans = lock();
            if plans.iter().all(|(known, _)| *known != key) {
                plans.insert(0, (key, plan.clone()));
            }
            let mut bytes = 0;
            let fits = |(_, plan): &&(Key, Arc<Plan>)| {
                bytes += plan.kernel.size();
                bytes <= CACHE_BYTES
            };
            let kept = plans.iter().take(CACHE_PLANS).take_while(fits).count();
            plans.truncate(kept);
        }
        Ok(plan)
    }

    #[cfg(not(feature = "std"))]
    pub(crate) fn get<E>(
        &self,
        key: Key,
        make: impl FnOnce(&Key) -> Result<Plan, E>,
    ) -> Result<Arc<Plan>, E> {
        make(&key).map(Arc::new)
    }

    #[cfg(all(test, feature = "std"))]
    pub(crate) fn usage(&self) -> (usize, usize) {
        let plans = self.plans.lock().expect("no test panics with it");
        (plans.len(), plans.iter().map(|(_, plan)| plan.kernel.size()).sum())
    }
}
