//! Exact search among similarity hashes: everything within a radius, or the k nearest.

mod kernel;
mod tables;

use std::collections::BTreeMap;

use crate::{Error, Simhash};
use tables::Tables;

/// A hash that a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Neighbour {
    /// Bits in which the two differ.
    pub distance: u32,
    /// What the hash was inserted under.
    pub key: u64,
}

/// Similarity hashes under keys, searched exactly: what a linear scan would find, and nothing else.
///
/// Small radii go by multi-index hashing (Norouzi, Punjani, Fleet, *Fast search in Hamming space
/// with multi-index hashing*, CVPR 2012), large ones by a scan with the processor's population
/// count; which is cheaper is computed from the radius and the number of hashes. Searching takes
/// `&self`: put it behind a read-write lock and any number of threads search at once. In memory a
/// hash costs about 150 bytes.
///
/// ```
/// use cess_mdrc::{Simhash, index::Index};
///
/// let mut index = Index::new();
/// index.insert(7, Simhash::from_bytes([0xab; 32]))?;
/// index.insert(8, Simhash::from_bytes([0x54; 32]))?;
/// let mut near = [0xab; 32];
/// near[3] ^= 0b11;
/// let found = index.within(&Simhash::from_bytes(near), 31);
/// assert_eq!((found.len(), found[0].key, found[0].distance), (1, 7, 2));
/// index.remove(7)?;
/// assert!(index.within(&Simhash::from_bytes(near), 31).is_empty());
/// # Ok::<(), cess_mdrc::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Index {
    /// By row, without gaps.
    hashes: Vec<[u64; 4]>,
    keys: Vec<u64>,
    rows: BTreeMap<u64, u32>,
    /// Once there are [`TABLES_FROM`] hashes.
    tables: Option<Tables>,
}

/// From so many hashes on tables are kept; a scan of fewer is as fast.
const TABLES_FROM: usize = 1 << 15;

impl Index {
    /// Most hashes that an index holds.
    pub const MAX: usize = u32::MAX as usize;

    /// Without hashes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many hashes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a hash. Many keys may have one hash.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`] for a key that is there, [`Error::IndexFull`] past [`MAX`](Self::MAX).
    pub fn insert(&mut self, key: u64, hash: Simhash) -> Result<(), Error> {
        let row =
            u32::try_from(self.len()).map_err(|_| Error::IndexFull { max: Self::MAX as u64 })?;
        if self.rows.contains_key(&key) {
            return Err(Error::DuplicateKey { key });
        }
        self.rows.insert(key, row);
        self.keys.push(key);
        let words = hash.words();
        self.hashes.push(words);
        if let Some(tables) = &mut self.tables {
            tables.insert(&words, row);
        } else if self.len() >= TABLES_FROM {
            self.tables = Some(Tables::new(&self.hashes));
        }
        Ok(())
    }

    /// Removes a key and its hash.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] for a key that isn't there.
    pub fn remove(&mut self, key: u64) -> Result<(), Error> {
        let row = self.rows.remove(&key).ok_or(Error::UnknownKey { key })?;
        let at = row as usize;
        let removed = self.hashes.swap_remove(at);
        self.keys.swap_remove(at);
        if let Some(tables) = &mut self.tables {
            tables.remove(&removed, row);
        }
        // The last row, if it was another, has moved into the gap.
        if let Some(moved) = self.hashes.get(at) {
            self.rows.insert(self.keys[at], row);
            if let Some(tables) = &mut self.tables {
                tables.renumber(moved, row, self.hashes.len());
            }
        }
        Ok(())
    }

    /// The hash of a key.
    #[must_use]
    pub fn get(&self, key: u64) -> Option<Simhash> {
        let row = *self.rows.get(&key)?;
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.hashes[row as usize])
        {
            *chunk = word.to_le_bytes();
        }
        Some(Simhash::from_bytes(bytes))
    }

    /// All hashes at most `radius` bits away, the nearest first, then by key.
    #[must_use]
    pub fn within(&self, hash: &Simhash, radius: u32) -> Vec<Neighbour> {
        let words = hash.words();
        let mut found = Vec::new();
        let mut report = |row: usize, distance| {
            found.push(Neighbour { distance, key: self.keys[row] });
        };
        match &self.tables {
            Some(tables) if Tables::pays(radius, self.len()) => {
                tables.candidates(&words, radius, |row| {
                    let distance = kernel::distance(&self.hashes[row as usize], &words);
                    if distance <= radius {
                        report(row as usize, distance);
                    }
                });
            }
            _ => kernel::scan(&self.hashes, &words, radius, &mut report),
        }
        // One hash may be found by several of its parts.
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The `count` nearest hashes, the nearest first, then by key; all when there are fewer.
    #[must_use]
    pub fn nearest(&self, hash: &Simhash, count: usize) -> Vec<Neighbour> {
        if count == 0 {
            return Vec::new();
        }
        let radius = self.radius_of(hash, count);
        let mut found = self.within(hash, radius);
        found.truncate(count);
        found
    }

    /// A radius that holds `count` hashes, if there are so many.
    fn radius_of(&self, hash: &Simhash, count: usize) -> u32 {
        if self.tables.is_some() {
            for radius in [15, 31, 47] {
                if Tables::pays(radius, self.len()) && self.within(hash, radius).len() >= count {
                    return radius;
                }
            }
        }
        let mut counts = [0usize; 257];
        kernel::scan(&self.hashes, &hash.words(), 256, &mut |_, distance| {
            counts[distance as usize] += 1;
        });
        let mut sum = 0;
        let enough = counts.iter().position(|here| {
            sum += here;
            sum >= count
        });
        enough.and_then(|radius| u32::try_from(radius).ok()).unwrap_or(256)
    }
}

#[cfg(test)]
mod tests;
