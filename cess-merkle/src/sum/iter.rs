use alloc::vec::Vec;

use super::node::{Leaf, Link, Target};
use super::{Entry, SumTree};

impl<'a> IntoIterator for &'a SumTree {
    type Item = Entry;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The entries of a [`SumTree`] in the order of their names; see [`SumTree::iter`].
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    pub(super) tree: &'a SumTree,
    /// Subtrees still to come, the leftmost on top.
    pub(super) todo: Vec<Link>,
    /// The first position of the next entry.
    pub(super) start: u64,
    pub(super) left: usize,
}

impl Iterator for Iter<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let mut at = self.todo.pop()?;
        loop {
            match at.target() {
                Target::Inner(i) => {
                    self.todo.push(self.tree.inners[i].right);
                    at = self.tree.inners[i].left;
                }
                Target::Leaf(i) => {
                    let Leaf { name, count } = self.tree.leaves[i];
                    let start = self.start;
                    self.start += count;
                    let rank = self.tree.len() - self.left;
                    self.left -= 1;
                    return Some(Entry { name, count, start, rank });
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}
