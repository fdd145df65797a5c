//! What both kinds of proof are about: for each key that a challenge hits, the hashes that it asks
//! for, summed up.

use alloc::vec::Vec;

use crate::backend::{Backend, G1, HashSum};
use crate::challenge::Challenge;
use crate::error::Error;
use crate::holding::Fragments;
use crate::id::KeyId;
use crate::public::PublicKey;

/// What is asked under one key.
pub(crate) struct Asked<'k> {
    pub(crate) key: &'k PublicKey,
    /// `A = sum nu_i H_i`
    pub(crate) hashes: G1,
}

/// By rising key; for a proof that answers for so many keys.
pub(crate) fn asked<'k, B: Backend>(
    challenge: &Challenge,
    fragments: &(impl Fragments + ?Sized),
    lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
    answers: usize,
) -> Result<Vec<Asked<'k>>, Error> {
    let mut samples = challenge.samples(fragments)?;
    let keys: Vec<(KeyId, u64)> = samples.keys().map(|(id, count)| (*id, *count)).collect();
    if keys.len() != answers {
        return Err(Error::KeyCount { expected: keys.len(), got: answers });
    }
    let mut out = Vec::with_capacity(keys.len());
    for (id, count) in &keys {
        let key = lookup(id).ok_or(Error::UnknownKey { key: *id })?;
        if key.key_id() != *id {
            return Err(Error::KeyMismatch { expected: *id, got: key.key_id() });
        }
        let mut hashes = HashSum::<B>::new();
        // Samples come by rising key, the keys' shares of them one after the other.
        for _ in 0..*count {
            let Some((sample, nu)) = samples.next_weighted() else { break };
            sample.entry.check_sectors(key.sectors())?;
            hashes.add(sample.entry.name().as_bytes(), sample.block, nu);
        }
        out.push(Asked { key, hashes: hashes.finish() });
    }
    Ok(out)
}
