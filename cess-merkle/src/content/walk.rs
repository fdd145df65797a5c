use alloc::vec::Vec;
use core::ops::Range;

use super::{
    CHUNK, Cv, GROUP, PAIR_LEN, Pair, check_range, halves, pair_cv, pairs, split, subtree_cv,
};
use crate::Error;

/// A subtree whose hash is known to belong to the root.
#[derive(Debug, Clone)]
struct Node {
    start: u64,
    len: u64,
    cv: Cv,
}

/// The next part of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The hashes of both children of the node over `start..end`, which splits at `mid`.
    Pair { start: u64, mid: u64, end: u64 },
    /// The bytes `start..end` of the string, at most a group.
    Bytes { start: u64, end: u64 },
    /// Nothing: the slice is complete.
    End,
}

/// The one traversal that sender and receiver share.
///
/// First down the right edge to the last chunk: its counter and its size are hashed into it, so it
/// fixes the length of the string before any data is believed. Then whatever the range touches, in
/// pre-order, without the nodes already seen. A string of one group is sent whole instead.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    len: u64,
    range: Range<u64>,
    edge: Option<Node>,
    /// Subtrees still to come, the leftmost on top.
    todo: Vec<Node>,
}

impl Walk {
    pub(super) fn new(root: Cv, len: u64, range: Range<u64>) -> Result<Self, Error> {
        check_range(&range, len)?;
        let top = Node { start: 0, len, cv: root };
        let (edge, todo) =
            if len > GROUP { (Some(top), Vec::new()) } else { (None, Vec::from([top])) };
        Ok(Self { len, range, edge, todo })
    }

    pub(super) fn next(&self) -> Part {
        let (node, leaf) = match (&self.edge, self.todo.last()) {
            (Some(edge), _) => (edge, CHUNK),
            (None, Some(node)) => (node, GROUP),
            (None, None) => return Part::End,
        };
        let (start, end) = (node.start, node.start + node.len);
        if node.len <= leaf {
            Part::Bytes { start, end }
        } else {
            Part::Pair { start, mid: start + split(node.len), end }
        }
    }

    /// Takes the children of the node that [`Walk::next`] named.
    pub(super) fn accept_pair(&mut self, pair: &Pair) -> Result<(), Error> {
        let on_edge = self.edge.is_some();
        let Some(node) = self.edge.take().or_else(|| self.todo.pop()) else {
            return Ok(());
        };
        let is_root = node.start == 0 && node.len == self.len;
        if pair_cv(pair, is_root) != node.cv {
            return Err(mismatch(&node));
        }
        let (left_cv, right_cv) = halves(pair);
        let left_len = split(node.len);
        let right = Node { start: node.start + left_len, len: node.len - left_len, cv: right_cv };
        let left = Node { start: node.start, len: left_len, cv: left_cv };
        if on_edge {
            // Below a group the children are only passed through on the way to the last chunk.
            if node.len > GROUP {
                self.queue(left);
                if right.len <= GROUP {
                    self.queue(right.clone());
                }
            }
            self.edge = Some(right);
        } else {
            self.queue(right);
            self.queue(left);
        }
        Ok(())
    }

    /// Takes the bytes that [`Walk::next`] named; returns which of them the range covers.
    pub(super) fn accept_bytes(&mut self, bytes: &[u8]) -> Result<Range<usize>, Error> {
        let edge = self.edge.take();
        let on_edge = edge.is_some();
        let Some(node) = edge.or_else(|| self.todo.pop()) else {
            return Ok(0..0);
        };
        let is_root = node.start == 0 && node.len == self.len;
        if subtree_cv(node.start, bytes, is_root) != node.cv {
            return Err(mismatch(&node));
        }
        if on_edge {
            self.todo.reverse();
            return Ok(0..0);
        }
        let clip = |at: u64| {
            usize::try_from(at.clamp(node.start, node.start + node.len) - node.start)
                .unwrap_or(bytes.len())
        };
        Ok(clip(self.range.start)..clip(self.range.end))
    }

    fn queue(&mut self, node: Node) {
        if touches(&self.range, node.start, node.len) {
            self.todo.push(node);
        }
    }
}

fn touches(range: &Range<u64>, start: u64, len: u64) -> bool {
    !range.is_empty() && start < range.end && range.start < start + len
}

fn mismatch(node: &Node) -> Error {
    Error::ContentMismatch { start: node.start, end: node.start + node.len }
}

pub(super) fn encoded_len(len: u64, range: &Range<u64>) -> Result<u64, Error> {
    check_range(range, len)?;
    if len <= GROUP {
        return Ok(len);
    }
    let (mut start, mut left, mut total) = (0, len, 0u64);
    while left > CHUNK {
        total = total.saturating_add(PAIR_LEN as u64);
        let half = split(left);
        if left > GROUP {
            total = total.saturating_add(body_len(range, start, half));
            if left - half <= GROUP {
                total = total.saturating_add(body_len(range, start + half, left - half));
            }
        }
        start += half;
        left -= half;
    }
    Ok(total.saturating_add(left))
}

/// O(log len): a subtree wholly inside the range is counted, not visited.
fn body_len(range: &Range<u64>, start: u64, len: u64) -> u64 {
    if !touches(range, start, len) {
        return 0;
    }
    let covered = range.start <= start && start + len <= range.end;
    if len <= GROUP || covered {
        return len.saturating_add(pairs(len).saturating_mul(PAIR_LEN as u64));
    }
    let half = split(len);
    (PAIR_LEN as u64).saturating_add(body_len(range, start, half)).saturating_add(body_len(
        range,
        start + half,
        len - half,
    ))
}
