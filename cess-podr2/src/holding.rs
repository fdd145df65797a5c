use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use cess_merkle::SumTree;

use crate::challenge::Challenge;
use crate::error::Error;
use crate::fragment::Entry;
use crate::light::{Drawn, Opening};
use crate::samples::{Draw, Samples};

/// Where the fragments that a challenge draws are found: a whole [`Holding`], or [`Drawn`], what is
/// known of one for that challenge alone.
pub trait Fragments: sealed::Sealed {
    /// The samples of a challenge; see [`Challenge::samples`].
    ///
    /// # Errors
    /// [`Error::WrongHolding`], [`Error::TooManySamples`].
    fn samples<'h>(&'h self, challenge: &Challenge) -> Result<Samples<'h>, Error>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// All fragments of one prover, or a part of them: a set of entries, committed to by a Merkle-sum
/// tree whose root depends on the set alone.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    tree: SumTree,
    entries: BTreeMap<[u8; 32], Entry>,
}

impl Holding {
    /// An empty holding.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The holding of these entries, in any order.
    ///
    /// # Errors
    /// [`Error::Duplicate`] for a repeated fragment, [`Error::TooManyBlocks`].
    pub fn from_entries(entries: impl IntoIterator<Item = Entry>) -> Result<Self, Error> {
        let mut total: u64 = 0;
        let mut labelled = Vec::new();
        for entry in entries {
            total = checked_total(total, entry.blocks())?;
            labelled.push((entry.label(), entry));
        }
        labelled.sort_unstable_by_key(|(label, _)| *label);
        if let Some(pair) = labelled.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::Duplicate { name: pair[0].1.name() });
        }
        let counts = labelled.iter().map(|(label, entry)| (*label, entry.blocks()));
        let tree =
            SumTree::from_entries(counts).map_err(|_| Error::TooManyBlocks { total, added: 0 })?;
        Ok(Self { tree, entries: labelled.into_iter().collect() })
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`Error::Duplicate`] if the fragment is held already, [`Error::TooManyBlocks`]; the holding
    /// is unchanged then.
    pub fn add(&mut self, entry: Entry) -> Result<(), Error> {
        let label = entry.label();
        if self.entries.contains_key(&label) {
            return Err(Error::Duplicate { name: entry.name() });
        }
        let (total, added) = (self.total_blocks(), entry.blocks());
        checked_total(total, added)?;
        self.tree.insert(label, added).map_err(|_| Error::TooManyBlocks { total, added })?;
        self.entries.insert(label, entry);
        Ok(())
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// [`Error::Missing`] if it isn't held; the holding is unchanged then.
    pub fn remove(&mut self, entry: &Entry) -> Result<(), Error> {
        let missing = || Error::Missing { name: entry.name() };
        if !self.contains(entry) {
            return Err(missing());
        }
        let label = entry.label();
        self.tree.remove(&label).map_err(|_| missing())?;
        self.entries.remove(&label);
        Ok(())
    }

    /// Whether the entry is held.
    #[must_use]
    pub fn contains(&self, entry: &Entry) -> bool {
        self.entries.get(&entry.label()) == Some(entry)
    }

    /// The number of fragments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no fragment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of blocks of all fragments together.
    #[must_use]
    pub fn total_blocks(&self) -> u64 {
        self.tree.total()
    }

    /// The commitment to all entries, their number and the total of their blocks.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        self.tree.root().hash
    }

    /// The entries in the order of the tree: by a hash of key and name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entry that holds a position, and the block's index in it, if the position is below
    /// [`total_blocks`](Self::total_blocks).
    #[must_use]
    pub fn locate(&self, position: u64) -> Option<(&Entry, u64)> {
        let leaf = self.tree.position(position)?;
        Some((self.entries.get(&leaf.name)?, position - leaf.start))
    }

    /// The entry of a rank in the order of [`iter`](Self::iter).
    #[must_use]
    pub fn nth(&self, rank: u64) -> Option<&Entry> {
        let leaf = self.tree.nth(usize::try_from(rank).ok()?)?;
        self.entries.get(&leaf.name)
    }

    /// What a challenge draws of this holding, to keep while the holding changes.
    ///
    /// # Errors
    /// [`Error::WrongHolding`], [`Error::TooManySamples`].
    pub fn draw(&self, challenge: &Challenge) -> Result<Drawn, Error> {
        let (_, entries) = self.drawn(challenge)?;
        Ok(Drawn::unchecked(challenge, entries.into_iter().copied().collect()))
    }

    /// What convinces somebody who has the challenge alone of the fragments that it draws.
    ///
    /// # Errors
    /// [`Error::WrongHolding`], [`Error::TooManySamples`].
    pub fn open(&self, challenge: &Challenge) -> Result<Opening, Error> {
        let (draw, entries) = self.drawn(challenge)?;
        let rank = |rank: &u64| usize::try_from(*rank).unwrap_or(usize::MAX);
        let ranks: Vec<usize> = draw.ranks.iter().map(rank).collect();
        let proof = self.tree.open_ranks(&ranks).map_err(Error::Opening)?;
        Ok(Opening::new(entries.into_iter().copied().collect(), proof))
    }

    fn drawn(&self, challenge: &Challenge) -> Result<(Draw, Vec<&Entry>), Error> {
        if self.root() != challenge.holding_root()
            || self.total_blocks() != challenge.total_blocks()
            || self.len() as u64 != challenge.fragments()
        {
            return Err(Error::WrongHolding);
        }
        let draw = Draw::new(challenge)?;
        let entries = if draw.ranks.len() == self.len() {
            self.iter().collect()
        } else {
            draw.ranks.iter().filter_map(|rank| self.nth(*rank)).collect()
        };
        Ok((draw, entries))
    }
}

impl<F: Fragments + ?Sized> sealed::Sealed for &F {}

impl<F: Fragments + ?Sized> Fragments for &F {
    fn samples<'h>(&'h self, challenge: &Challenge) -> Result<Samples<'h>, Error> {
        (**self).samples(challenge)
    }
}

impl sealed::Sealed for Holding {}

impl Fragments for Holding {
    fn samples<'h>(&'h self, challenge: &Challenge) -> Result<Samples<'h>, Error> {
        let (draw, entries) = self.drawn(challenge)?;
        Samples::of(challenge, draw, entries)
    }
}

impl PartialEq for Holding {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for Holding {}

fn checked_total(total: u64, added: u64) -> Result<u64, Error> {
    total.checked_add(added).ok_or(Error::TooManyBlocks { total, added })
}
