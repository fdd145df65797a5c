use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::{self, Vec};
use core::fmt;

use crate::challenge::{Challenge, Policy};
use crate::domain::Xof;
use crate::error::Error;
use crate::fragment::Entry;
use crate::holding::Holding;
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

#[derive(Clone)]
enum Blocks {
    All(core::ops::Range<u64>),
    Drawn(vec::IntoIter<u64>),
}

impl<'h> Samples<'h> {
    pub(crate) fn draw(challenge: &Challenge, holding: &'h Holding) -> Result<Self, Error> {
        let mut positions = challenge.positions();
        let (fragments, each) = match challenge.policy() {
            Policy::Every => {
                bounded(holding.total_blocks())?;
                (holding.len() as u64, u64::MAX)
            }
            Policy::Window { windows, samples } => {
                let held = holding.len() as u64;
                let (windows, samples) = (u64::from(windows.get()), u64::from(samples.get()));
                let fragments = held.div_ceil(windows);
                // Two 32-bit factors.
                let each = (samples * windows).div_ceil(held);
                bounded(fragments)?;
                (fragments, each)
            }
        };
        let mut drawn: Vec<&Entry> = if fragments == holding.len() as u64 {
            holding.iter().collect()
        } else {
            let ranks = distinct(&mut positions, fragments, holding.len() as u64);
            ranks.into_iter().filter_map(|rank| holding.nth(rank)).collect()
        };
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
