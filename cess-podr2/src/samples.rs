use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::{self, Vec};
use core::fmt;

use crate::challenge::{Challenge, Share};
use crate::domain::Xof;
use crate::error::Error;
use crate::fragment::Entry;
use crate::id::KeyId;

/// The most samples of one challenge: 4 TiB of blocks of the default size.
pub const MAX_SAMPLES: u64 = 1 << 24;

/// One block that a challenge asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample<'h> {
    /// The fragment.
    pub entry: &'h Entry,
    /// The block's index in it.
    pub block: u64,
}

/// The samples of a challenge, by rising key, name and block.
#[derive(Clone)]
pub struct Samples<'h> {
    drawn: vec::IntoIter<&'h Entry>,
    /// Blocks drawn of each fragment.
    each: u64,
    positions: Xof,
    nus: Xof,
    open: Option<(&'h Entry, Blocks)>,
    /// Distinct keys of all fragments drawn, with what is drawn of each.
    keys: BTreeMap<KeyId, u64>,
    left: u64,
}

/// Which ranks a challenge draws, and the stream that goes on to the blocks.
pub(crate) struct Draw {
    pub(crate) share: Share,
    pub(crate) ranks: Vec<u64>,
    positions: Xof,
}

impl Draw {
    /// From the challenge alone.
    pub(crate) fn new(challenge: &Challenge) -> Result<Self, Error> {
        let share = challenge.policy().share(challenge.fragments());
        if share.blocks == u64::MAX {
            bounded(challenge.total_blocks())?;
        }
        bounded(share.fragments)?;
        let mut positions = challenge.positions();
        let ranks = if share.fragments == challenge.fragments() {
            (0..share.fragments).collect()
        } else {
            distinct(&mut positions, share.fragments, challenge.fragments())
        };
        Ok(Self { share, ranks, positions })
    }
}

#[derive(Clone)]
enum Blocks {
    All(core::ops::Range<u64>),
    Drawn(vec::IntoIter<u64>),
}

impl<'h> Samples<'h> {
    /// The samples of a draw whose fragments are known, in the order of their ranks.
    pub(crate) fn of(
        challenge: &Challenge,
        draw: Draw,
        fragments: Vec<&'h Entry>,
    ) -> Result<Self, Error> {
        let Draw { share: Share { blocks: each, .. }, positions, .. } = draw;
        let mut drawn = fragments;
        drawn.sort_unstable();
        let mut keys = BTreeMap::new();
        let mut left: u64 = 0;
        for entry in &drawn {
            let samples = entry.blocks().min(each);
            left = left.saturating_add(samples);
            *keys.entry(entry.key_id()).or_insert(0) += samples;
        }
        bounded(left)?;
        let nus = challenge.nus();
        Ok(Self { drawn: drawn.into_iter(), each, positions, nus, open: None, keys, left })
    }

    /// The number of samples still to come.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.left
    }

    /// Every key that is hit, by rising id, with the number of samples under it.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&KeyId, &u64)> {
        self.keys.iter()
    }

    /// The fragments drawn whose samples have not begun.
    #[cfg(feature = "native")]
    pub(crate) fn fragments(&self) -> impl Iterator<Item = &'h Entry> {
        self.drawn.as_slice().iter().copied()
    }

    /// The next sample and its coefficient.
    pub(crate) fn next_weighted(&mut self) -> Option<(Sample<'h>, u128)> {
        loop {
            if let Some((entry, blocks)) = &mut self.open {
                let block = match blocks {
                    Blocks::All(range) => range.next(),
                    Blocks::Drawn(set) => set.next(),
                };
                if let Some(block) = block {
                    self.left -= 1;
                    return Some((Sample { entry, block }, self.nus.weight()));
                }
            }
            let entry = self.drawn.next()?;
            let blocks = if self.each >= entry.blocks() {
                Blocks::All(0..entry.blocks())
            } else {
                let set = distinct(&mut self.positions, self.each, entry.blocks());
                Blocks::Drawn(set.into_iter())
            };
            self.open = Some((entry, blocks));
        }
    }
}

impl<'h> Iterator for Samples<'h> {
    type Item = Sample<'h>;

    fn next(&mut self) -> Option<Sample<'h>> {
        self.next_weighted().map(|(sample, _)| sample)
    }
}

impl fmt::Debug for Samples<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples").field("remaining", &self.left).finish_non_exhaustive()
    }
}

fn bounded(samples: u64) -> Result<(), Error> {
    if samples > MAX_SAMPLES {
        return Err(Error::TooManySamples { max: MAX_SAMPLES, got: samples });
    }
    Ok(())
}

/// `count` distinct values below `bound`, rising, each set equally likely (Floyd's algorithm).
fn distinct(xof: &mut Xof, count: u64, bound: u64) -> Vec<u64> {
    let mut set = BTreeSet::new();
    for top in bound - count..bound {
        let value = xof.below(top + 1);
        if !set.insert(value) {
            set.insert(top);
        }
    }
    set.into_iter().collect()
}
