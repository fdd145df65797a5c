use alloc::vec::Vec;
use core::fmt;

use blake3::Hasher;
use blake3::hazmat::HasherExt;

use super::{Cv, GROUP, GROUP_LEN, PAIR_LEN, Pair, halves, join, pair_cv, pairs, split};
use crate::Error;

const HEADER_LEN: usize = 40;

/// The inner nodes of the BLAKE3 tree of a string, down to groups of 16 KiB.
///
/// Its nodes belong to its root: [`Outboard::from_bytes`] checks them all.
#[derive(Clone, PartialEq, Eq)]
pub struct Outboard {
    root: Cv,
    len: u64,
    /// In order: entry `i` is the node that splits between the groups `i` and `i + 1`.
    pairs: Vec<Pair>,
}

impl Outboard {
    /// Hashes `data`, in one thread.
    #[must_use]
    pub fn new(data: &[u8]) -> Self {
        let mut builder = OutboardBuilder::new();
        builder.pairs.reserve_exact(data.len().div_ceil(GROUP_LEN).saturating_sub(1));
        builder.update(data);
        builder.finish()
    }

    /// The plain BLAKE3 hash of the string.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        self.root
    }

    /// The length of the string, in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the string is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// `root ‖ len u64 LE ‖ nodes in order, 64 bytes each`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.pairs.len() * PAIR_LEN);
        bytes.extend_from_slice(&self.root);
        bytes.extend_from_slice(&self.len.to_le_bytes());
        bytes.extend_from_slice(self.pairs.as_flattened());
        bytes
    }

    /// Decodes an outboard and checks that every node belongs to the root, at one hash a node. Of
    /// lengths with the same number of groups only the data tells the right one: no slice can be
    /// made under another.
    ///
    /// # Errors
    /// [`Error::Length`] unless there is one node between each two groups, and
    /// [`Error::ContentMismatch`] for a node that its parent doesn't commit to.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let got = bytes.len() as u64;
        let Some((header, body)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Error::Length { expected: HEADER_LEN as u64, got });
        };
        let (mut root, mut len) = ([0; 32], [0; 8]);
        root.copy_from_slice(&header[..32]);
        len.copy_from_slice(&header[32..]);
        let len = u64::from_le_bytes(len);
        // At most 2^50 nodes of 2^6 bytes: no overflow.
        let expected = HEADER_LEN as u64 + pairs(len) * PAIR_LEN as u64;
        if got != expected {
            return Err(Error::Length { expected, got });
        }
        let mut pairs = Vec::with_capacity(body.len() / PAIR_LEN);
        for chunk in body.chunks_exact(PAIR_LEN) {
            let mut pair = [0; PAIR_LEN];
            pair.copy_from_slice(chunk);
            pairs.push(pair);
        }
        let outboard = Self { root, len, pairs };
        outboard.check()?;
        Ok(outboard)
    }

    /// The children of the node that splits at byte `mid`, unless that is inside a group.
    pub(super) fn pair(&self, mid: u64) -> Option<&Pair> {
        if mid % GROUP != 0 {
            return None;
        }
        let index = (mid / GROUP).checked_sub(1)?;
        self.pairs.get(usize::try_from(index).ok()?)
    }

    fn check(&self) -> Result<(), Error> {
        let mut todo = Vec::from([(0, self.len, self.root)]);
        while let Some((start, len, cv)) = todo.pop() {
            if len <= GROUP {
                continue;
            }
            let mid = start + split(len);
            let is_root = len == self.len;
            let pair = self.pair(mid).filter(|pair| pair_cv(pair, is_root) == cv);
            let Some(pair) = pair else {
                return Err(Error::ContentMismatch { start, end: start + len });
            };
            let (left, right) = halves(pair);
            todo.push((mid, start + len - mid, right));
            todo.push((start, mid - start, left));
        }
        Ok(())
    }
}

impl fmt::Debug for Outboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outboard")
            .field("root", &self.root)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// Makes an [`Outboard`] from a string that comes in pieces of any size.
///
/// Apart from the outboard itself it holds one BLAKE3 state and a hash for each level.
#[derive(Clone)]
pub struct OutboardBuilder {
    /// The group at work. A full one waits for the byte after it: only then it isn't the root.
    group: Hasher,
    group_len: usize,
    len: u64,
    /// Complete subtrees, left to right, with the index of their first group.
    subtrees: Vec<(usize, Cv)>,
    pairs: Vec<Pair>,
}

impl OutboardBuilder {
    /// Starts with the empty string.
    #[must_use]
    pub fn new() -> Self {
        Self { group: Hasher::new(), group_len: 0, len: 0, subtrees: Vec::new(), pairs: Vec::new() }
    }

    /// Appends `data` to the string.
    pub fn update(&mut self, mut data: &[u8]) -> &mut Self {
        while !data.is_empty() {
            if self.group_len == GROUP_LEN {
                self.close_group();
            }
            let (head, rest) = data.split_at(data.len().min(GROUP_LEN - self.group_len));
            self.group.update(head);
            self.group_len += head.len();
            self.len += head.len() as u64;
            data = rest;
        }
        self
    }

    /// The outboard of everything appended.
    #[must_use]
    pub fn finish(mut self) -> Outboard {
        if self.subtrees.is_empty() {
            let root = *self.group.finalize().as_bytes();
            return Outboard { root, len: self.len, pairs: self.pairs };
        }
        let mut mid = self.pairs.len();
        let mut right = self.group.finalize_non_root();
        while let Some((start, left)) = self.subtrees.pop() {
            let pair = join(&left, &right);
            self.pairs[mid - 1] = pair;
            right = pair_cv(&pair, self.subtrees.is_empty());
            mid = start;
        }
        Outboard { root: right, len: self.len, pairs: self.pairs }
    }

    /// Called when a byte follows the full group, so no subtree merged here is the root.
    fn close_group(&mut self) {
        let mut start = self.pairs.len();
        let mut cv = self.group.finalize_non_root();
        let closed = start + 1;
        self.pairs.push([0; PAIR_LEN]);
        for _ in 0..closed.trailing_zeros() {
            let Some((left_start, left)) = self.subtrees.pop() else { break };
            let pair = join(&left, &cv);
            self.pairs[start - 1] = pair;
            cv = pair_cv(&pair, false);
            start = left_start;
        }
        self.subtrees.push((start, cv));
        // Not `reset`, which keeps the old offset.
        self.group = Hasher::new();
        self.group.set_input_offset(self.len);
        self.group_len = 0;
    }
}

impl Default for OutboardBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for OutboardBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboardBuilder").field("len", &self.len).finish_non_exhaustive()
    }
}
