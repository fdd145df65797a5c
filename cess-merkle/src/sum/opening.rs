use alloc::vec::Vec;

use super::node::{Leaf, Summary, bit_of, leaf_summary, node_hash};
use super::{Entry, MAX_ENTRIES, SumRoot, checked_total};
use crate::Error;

const HEADER_LEN: usize = 42;
const STEP_LEN: usize = 45;
const MAX_DEPTH: usize = 256;

/// The proof that one entry of a [`SumTree`](crate::SumTree) holds the positions that it holds.
///
/// Its directions aren't part of it: at each step the name itself says whether the path goes left
/// or right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub(super) name: [u8; 32],
    pub(super) count: u64,
    /// From the top down: the bit at which the names part, and the other side.
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) bit: u8,
    pub(super) len: u32,
    pub(super) sum: u64,
    pub(super) hash: [u8; 32],
}

impl Opening {
    /// The longest encoding, in bytes.
    pub const MAX_LEN: usize = HEADER_LEN + MAX_DEPTH * STEP_LEN;

    pub(super) fn new(leaf: &Leaf, steps: impl Iterator<Item = (u8, Summary)>) -> Self {
        let step = |(bit, Summary { hash, sum, len })| Step { bit, len, sum, hash };
        Self { name: leaf.name, count: leaf.count, steps: steps.map(step).collect() }
    }

    /// Checks that the opening leads to the root and that its entry holds `position`.
    ///
    /// # Errors
    /// [`Error::PositionOutOfRange`], [`Error::WrongEntry`], [`Error::TotalMismatch`] and
    /// [`Error::RootMismatch`].
    pub fn verify(&self, root: &SumRoot, position: u64) -> Result<Entry, Error> {
        if position >= root.total {
            return Err(Error::PositionOutOfRange { position, total: root.total });
        }
        let entry = self.verify_entry(root)?;
        // start + count is at most the total, which fits.
        let end = entry.start + entry.count;
        if !(entry.start..end).contains(&position) {
            return Err(Error::WrongEntry { position, start: entry.start, end });
        }
        Ok(entry)
    }

    /// Checks that the opening leads to the root and is that of `name`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if it opens another name, [`Error::TotalMismatch`] and
    /// [`Error::RootMismatch`].
    pub fn verify_name(&self, root: &SumRoot, name: &[u8; 32]) -> Result<Entry, Error> {
        let entry = self.verify_entry(root)?;
        if entry.name != *name {
            return Err(Error::UnknownName);
        }
        Ok(entry)
    }

    /// `steps u16 LE ‖ name ‖ count u64 LE ‖ steps from the top, each
    /// bit u8 ‖ entries u32 LE ‖ sum u64 LE ‖ hash`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.steps.len() * STEP_LEN);
        let steps = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&steps.to_le_bytes());
        bytes.extend_from_slice(&self.name);
        bytes.extend_from_slice(&self.count.to_le_bytes());
        for step in &self.steps {
            bytes.push(step.bit);
            bytes.extend_from_slice(&step.len.to_le_bytes());
            bytes.extend_from_slice(&step.sum.to_le_bytes());
            bytes.extend_from_slice(&step.hash);
        }
        bytes
    }

    /// Decodes an opening. What it says is believed by [`Opening::verify`] only.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NoLeaves`], [`Error::TooManyLeaves`], [`Error::Depth`],
    /// [`Error::BitsUnordered`], [`Error::ZeroCount`] and [`Error::TotalOverflow`] for what no tree
    /// can open.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let got = bytes.len() as u64;
        let Some((header, body)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Error::Length { expected: HEADER_LEN as u64, got });
        };
        let depth = usize::from(u16::from_le_bytes(array(&header[..2])));
        if depth > MAX_DEPTH {
            return Err(Error::Depth { max: MAX_DEPTH as u64, got: depth as u64 });
        }
        let expected = HEADER_LEN + depth * STEP_LEN;
        if bytes.len() != expected {
            return Err(Error::Length { expected: expected as u64, got });
        }
        let name = array(&header[2..34]);
        let count = u64::from_le_bytes(array(&header[34..]));
        let (mut total, mut entries) = (checked_total(0, count)?, 1);
        let mut steps = Vec::with_capacity(depth);
        for step in body.chunks_exact(STEP_LEN) {
            let bit = step[0];
            match steps.last() {
                Some(&Step { bit: previous, .. }) if bit <= previous => {
                    return Err(Error::BitsUnordered { previous, bit });
                }
                _ => {}
            }
            let len = u32::from_le_bytes(array(&step[1..5]));
            entries = checked_entries(entries, len)?;
            let sum = u64::from_le_bytes(array(&step[5..13]));
            total = checked_total(total, sum)?;
            steps.push(Step { bit, len, sum, hash: array(&step[13..]) });
        }
        Ok(Self { name, count, steps })
    }

    fn verify_entry(&self, root: &SumRoot) -> Result<Entry, Error> {
        let (mut start, mut rank) = (0, 0);
        let mut at = leaf_summary(&Leaf { name: self.name, count: self.count });
        for step in self.steps.iter().rev() {
            let side = Summary { hash: step.hash, sum: step.sum, len: step.len };
            let sum = checked_total(at.sum, step.sum)?;
            let len = checked_entries(at.len, step.len)?;
            let (left, right) = if bit_of(&self.name, step.bit) {
                start += step.sum;
                rank += step.len as usize;
                (side, at)
            } else {
                (at, side)
            };
            at = Summary { hash: node_hash(step.bit, &left, &right), sum, len };
        }
        if at.sum != root.total {
            return Err(Error::TotalMismatch { expected: root.total, got: at.sum });
        }
        if SumRoot::bind(&at) != *root {
            return Err(Error::RootMismatch);
        }
        Ok(Entry { name: self.name, count: self.count, start, rank })
    }
}

/// `entries` and `added` more, if there are some and they fit one tree.
pub(super) fn checked_entries(entries: u32, added: u32) -> Result<u32, Error> {
    if added == 0 {
        return Err(Error::NoLeaves);
    }
    let got = u64::from(entries) + u64::from(added);
    let fits = u32::try_from(got).ok().filter(|len| *len as usize <= MAX_ENTRIES);
    fits.ok_or(Error::TooManyLeaves { max: MAX_ENTRIES as u64, got })
}

/// Of a slice whose length is known.
pub(super) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

const _: () = assert!(usize::BITS >= 32 && MAX_ENTRIES < u32::MAX as usize / 2);
