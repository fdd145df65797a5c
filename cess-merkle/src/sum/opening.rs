use alloc::vec::Vec;

use super::node::{Leaf, Summary, bit_of, leaf_summary, node_hash};
use super::{Entry, MAX_ENTRIES, SumRoot, check_len, checked_total};
use crate::Error;

const HEADER_LEN: usize = 46;
const STEP_LEN: usize = 41;
const MAX_DEPTH: usize = 256;

/// The proof that one entry of a [`SumTree`](crate::SumTree) holds the positions that it holds.
///
/// Its directions aren't part of it: at each step the name itself says whether the path goes left
/// or right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub(super) len: u32,
    pub(super) name: [u8; 32],
    pub(super) count: u64,
    /// From the top down: the bit at which the names part, and the other side.
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) bit: u8,
    pub(super) sum: u64,
    pub(super) hash: [u8; 32],
}

impl Opening {
    /// The longest encoding, in bytes.
    pub const MAX_LEN: usize = HEADER_LEN + MAX_DEPTH * STEP_LEN;

    pub(super) fn new(len: usize, leaf: &Leaf, steps: impl Iterator<Item = (u8, Summary)>) -> Self {
        let steps = steps.map(|(bit, side)| Step { bit, sum: side.sum, hash: side.hash }).collect();
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        Self { len, name: leaf.name, count: leaf.count, steps }
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

    /// `entries u32 LE ‖ steps u16 LE ‖ name ‖ count u64 LE ‖ steps from the top, each
    /// bit u8 ‖ sum u64 LE ‖ hash`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.steps.len() * STEP_LEN);
        bytes.extend_from_slice(&self.len.to_le_bytes());
        let steps = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&steps.to_le_bytes());
        bytes.extend_from_slice(&self.name);
        bytes.extend_from_slice(&self.count.to_le_bytes());
        for step in &self.steps {
            bytes.push(step.bit);
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
        let len = u32::from_le_bytes(array(&header[..4]));
        let depth = usize::from(u16::from_le_bytes(array(&header[4..6])));
        check_shape(len, depth)?;
        let expected = HEADER_LEN + depth * STEP_LEN;
        if bytes.len() != expected {
            return Err(Error::Length { expected: expected as u64, got });
        }
        let name = array(&header[6..38]);
        let count = u64::from_le_bytes(array(&header[38..]));
        let mut total = checked_total(0, count)?;
        let mut steps = Vec::with_capacity(depth);
        for step in body.chunks_exact(STEP_LEN) {
            let bit = step[0];
            match steps.last() {
                Some(&Step { bit: previous, .. }) if bit <= previous => {
                    return Err(Error::BitsUnordered { previous, bit });
                }
                _ => {}
            }
            let sum = u64::from_le_bytes(array(&step[1..9]));
            total = checked_total(total, sum)?;
            steps.push(Step { bit, sum, hash: array(&step[9..]) });
        }
        Ok(Self { len, name, count, steps })
    }

    fn verify_entry(&self, root: &SumRoot) -> Result<Entry, Error> {
        let mut start = 0;
        let mut at = leaf_summary(&Leaf { name: self.name, count: self.count });
        for step in self.steps.iter().rev() {
            let side = Summary { hash: step.hash, sum: step.sum };
            let sum = checked_total(at.sum, step.sum)?;
            let (left, right) = if bit_of(&self.name, step.bit) {
                start += step.sum;
                (side, at)
            } else {
                (at, side)
            };
            at = Summary { hash: node_hash(step.bit, &left, &right), sum };
        }
        if at.sum != root.total {
            return Err(Error::TotalMismatch { expected: root.total, got: at.sum });
        }
        if SumRoot::bind(self.len as usize, &at) != *root {
            return Err(Error::RootMismatch);
        }
        Ok(Entry { name: self.name, count: self.count, start })
    }
}

/// One entry needs no step, several need one at least and never more than the others can part.
fn check_shape(len: u32, depth: usize) -> Result<(), Error> {
    let len = len as usize;
    check_len(len)?;
    let others = len.checked_sub(1).ok_or(Error::NoLeaves)?;
    let max = others.min(MAX_DEPTH);
    if depth > max || (depth == 0 && others > 0) {
        return Err(Error::Depth { max: max as u64, got: depth as u64 });
    }
    Ok(())
}

/// Of a slice whose length is known.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

const _: () = assert!(usize::BITS >= 32 && MAX_ENTRIES < u32::MAX as usize / 2);
