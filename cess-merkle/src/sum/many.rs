use alloc::vec::Vec;

use super::node::{Leaf, Link, Summary, Target, leaf_summary, node_hash};
use super::opening::{array, checked_entries};
use super::{MAX_ENTRIES, SumRoot, SumTree, checked_total};
use crate::Error;

const HEADER_LEN: usize = 8;
const FORK_LEN: usize = 5;
const SIDE_LEN: usize = 40;

/// What is claimed of one rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    /// How many names are smaller.
    pub rank: usize,
    /// The name.
    pub name: [u8; 32],
    /// Its count.
    pub count: u64,
}

/// The proof of what several ranks of a [`SumTree`] hold: the hashes beside the joined paths, each
/// once.
///
/// Ranks, names and counts aren't part of it: the verifier brings them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManyOpening {
    /// Nodes with an opened entry below, in pre-order.
    pub(super) forks: Vec<Fork>,
    /// Nodes without, in pre-order.
    pub(super) sides: Vec<Side>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fork {
    pub(super) bit: u8,
    /// Entries on the left.
    pub(super) left: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) sum: u64,
    pub(super) hash: [u8; 32],
}

impl SumTree {
    /// The proof of what these ranks hold, all in one.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::RanksUnordered`] unless they rise strictly, and
    /// [`Error::RankOutOfRange`].
    pub fn open_ranks(&self, ranks: &[usize]) -> Result<ManyOpening, Error> {
        check_ranks(ranks.iter().copied(), self.len())?;
        let mut opening = ManyOpening { forks: Vec::new(), sides: Vec::new() };
        if let Some(top) = self.top {
            self.open_below(top, 0, ranks, &mut opening);
        }
        Ok(opening)
    }

    /// Never deeper than the 256 bits of a name.
    fn open_below(&self, at: Link, first: usize, ranks: &[usize], opening: &mut ManyOpening) {
        if ranks.is_empty() {
            let Summary { hash, sum, .. } = self.summary(at);
            opening.sides.push(Side { sum, hash });
        } else if let Target::Inner(i) = at.target() {
            let inner = &self.inners[i];
            let left = self.link_len(inner.left);
            let fork = Fork { bit: inner.bit, left: u32::try_from(left).unwrap_or(u32::MAX) };
            opening.forks.push(fork);
            let middle = first + left;
            let (below, above) = ranks.split_at(ranks.partition_point(|rank| *rank < middle));
            self.open_below(inner.left, first, below, opening);
            self.open_below(inner.right, middle, above, opening);
        }
    }
}

impl ManyOpening {
    /// Checks that the tree under `root` has `len` entries, and at each rank what is claimed.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::RanksUnordered`], [`Error::RankOutOfRange`] and
    /// [`Error::TooManyLeaves`] for the claims; for the proof [`Error::OpeningShape`],
    /// [`Error::BitsUnordered`], [`Error::ForkOutOfRange`], [`Error::ZeroCount`],
    /// [`Error::TotalOverflow`], [`Error::TotalMismatch`] and [`Error::RootMismatch`].
    pub fn verify(&self, root: &SumRoot, len: usize, claims: &[Ranked]) -> Result<(), Error> {
        check_ranks(claims.iter().map(|claim| claim.rank), len)?;
        let entries = u32::try_from(len).unwrap_or(u32::MAX);
        checked_entries(0, entries)?;
        let mut walk = Walk { forks: self.forks.iter(), sides: self.sides.iter() };
        let top = walk.node(0, entries, claims, None)?;
        if walk.forks.next().is_some() || walk.sides.next().is_some() {
            return Err(Error::OpeningShape);
        }
        if top.sum != root.total {
            return Err(Error::TotalMismatch { expected: root.total, got: top.sum });
        }
        if SumRoot::bind(&top) != *root {
            return Err(Error::RootMismatch);
        }
        Ok(())
    }

    /// `forks u32 LE ‖ sides u32 LE ‖ forks, each bit u8 ‖ entries on the left u32 LE ‖ sides, each
    /// sum u64 LE ‖ hash`, both in pre-order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        for len in [self.forks.len(), self.sides.len()] {
            bytes.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        }
        for fork in &self.forks {
            bytes.push(fork.bit);
            bytes.extend_from_slice(&fork.left.to_le_bytes());
        }
        for side in &self.sides {
            bytes.extend_from_slice(&side.sum.to_le_bytes());
            bytes.extend_from_slice(&side.hash);
        }
        bytes
    }

    /// Bytes of the encoding.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN + FORK_LEN * self.forks.len() + SIDE_LEN * self.sides.len()
    }

    /// Decodes a proof. What it says is believed by [`verify`](Self::verify) only.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::ZeroCount`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let got = bytes.len() as u64;
        let Some((header, body)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Error::Length { expected: HEADER_LEN as u64, got });
        };
        let forks = u64::from(u32::from_le_bytes(array(&header[..4])));
        let sides = u64::from(u32::from_le_bytes(array(&header[4..])));
        // 32-bit counts of few bytes each: no overflow.
        let forks_len = forks * FORK_LEN as u64;
        let expected = HEADER_LEN as u64 + forks_len + sides * SIDE_LEN as u64;
        let middle = usize::try_from(forks_len).ok().filter(|_| expected == got);
        let (forks, sides) = body.split_at(middle.ok_or(Error::Length { expected, got })?);
        let forks = forks.chunks_exact(FORK_LEN).map(|fork| {
            let left = u32::from_le_bytes(array(&fork[1..]));
            if left == 0 { Err(Error::ZeroCount) } else { Ok(Fork { bit: fork[0], left }) }
        });
        let sides = sides.chunks_exact(SIDE_LEN).map(|side| {
            let sum = u64::from_le_bytes(array(&side[..8]));
            checked_total(0, sum)?;
            Ok(Side { sum, hash: array(&side[8..]) })
        });
        Ok(Self {
            forks: forks.collect::<Result<_, _>>()?,
            sides: sides.collect::<Result<_, _>>()?,
        })
    }
}

/// A proof on its way from the top: what each node is follows from the ranks and numbers above it,
/// so a proof has one form.
struct Walk<'a> {
    forks: core::slice::Iter<'a, Fork>,
    sides: core::slice::Iter<'a, Side>,
}

impl Walk<'_> {
    /// Bits rise from fork to fork, so it goes no deeper than 256.
    fn node(
        &mut self,
        first: usize,
        len: u32,
        claims: &[Ranked],
        above: Option<u8>,
    ) -> Result<Summary, Error> {
        let Some(claim) = claims.first() else {
            let side = self.sides.next().ok_or(Error::OpeningShape)?;
            return Ok(Summary { hash: side.hash, sum: side.sum, len });
        };
        if len == 1 {
            checked_total(0, claim.count)?;
            return Ok(leaf_summary(&Leaf { name: claim.name, count: claim.count }));
        }
        let Fork { bit, left } = *self.forks.next().ok_or(Error::OpeningShape)?;
        if let Some(previous) = above.filter(|previous| bit <= *previous) {
            return Err(Error::BitsUnordered { previous, bit });
        }
        if left >= len {
            return Err(Error::ForkOutOfRange { left, len });
        }
        let middle = first + left as usize;
        let (below, beyond) = claims.split_at(claims.partition_point(|claim| claim.rank < middle));
        let left = self.node(first, left, below, Some(bit))?;
        let right = self.node(middle, len - left.len, beyond, Some(bit))?;
        let sum = checked_total(left.sum, right.sum)?;
        Ok(Summary { hash: node_hash(bit, &left, &right), sum, len })
    }
}

fn check_ranks(ranks: impl Iterator<Item = usize>, len: usize) -> Result<(), Error> {
    let mut before = None;
    for rank in ranks {
        if let Some(previous) = before.filter(|previous| rank <= *previous) {
            return Err(Error::RanksUnordered { previous: previous as u64, rank: rank as u64 });
        }
        if rank >= len {
            return Err(Error::RankOutOfRange { rank: rank as u64, len: len as u64 });
        }
        before = Some(rank);
    }
    before.map(|_| ()).ok_or(Error::EmptyQuery)
}

const _: () = assert!(MAX_ENTRIES <= u32::MAX as usize);
