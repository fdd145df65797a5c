mod iter;
mod many;
mod node;
mod opening;
mod root;
#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

pub use iter::Iter;
pub use many::{ManyOpening, Ranked};
pub use opening::Opening;
pub use root::{Entry, SumRoot};

use crate::Error;
use node::{
    Inner, Leaf, Link, Name, Summary, Target, bit_of, first_difference, leaf_summary, node_hash,
    put,
};

const MAX_ENTRIES: usize = 1 << 30;

/// A Merkle-sum tree over a map from names to counts, in the order of the names.
///
/// The positions `0..total` are dealt to the names in order, `count` to each; an [`Opening`] proves
/// which name holds a position. Shape and root depend on the content alone. Edits, look-ups and
/// openings take one step for each bit that the name needs to differ from its neighbours:
/// O(log n) for names that are hashes. Who grinds names doubles the work for each further level, and
/// never gets past 256.
#[derive(Clone, Default)]
pub struct SumTree {
    leaves: Vec<Leaf>,
    inners: Vec<Inner>,
    free_leaves: Vec<Link>,
    free_inners: Vec<Link>,
    top: Option<Link>,
}

impl SumTree {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Builds a tree from its entries, in any order: the same tree as by single inserts, faster.
    ///
    /// # Errors
    /// [`Error::ZeroCount`], [`Error::DuplicateName`], [`Error::TotalOverflow`] and
    /// [`Error::TooManyLeaves`].
    pub fn from_entries(entries: impl IntoIterator<Item = ([u8; 32], u64)>) -> Result<Self, Error> {
        let mut leaves: Vec<_> =
            entries.into_iter().map(|(name, count)| Leaf { name, count }).collect();
        leaves.sort_unstable_by_key(|leaf| leaf.name);
        if leaves.windows(2).any(|pair| pair[0].name == pair[1].name) {
            return Err(Error::DuplicateName);
        }
        let mut total = 0;
        for leaf in &leaves {
            total = checked_total(total, leaf.count)?;
        }
        check_len(leaves.len())?;
        let inners = Vec::with_capacity(leaves.len().saturating_sub(1));
        let mut tree = Self { leaves, inners, ..Self::default() };
        if !tree.leaves.is_empty() {
            tree.top = Some(tree.build(0, tree.leaves.len()));
        }
        Ok(tree)
    }

    /// The number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.top.map_or(0, |top| self.link_len(top))
    }

    /// Whether there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.top.is_none()
    }

    /// The sum of all counts.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.top.map_or(0, |top| self.sum(top))
    }

    /// The commitment to all names and counts; the empty tree has one too.
    #[must_use]
    pub fn root(&self) -> SumRoot {
        let empty = Summary { hash: [0; 32], sum: 0, len: 0 };
        SumRoot::bind(&self.top.map_or(empty, |top| self.summary(top)))
    }

    /// The count of a name.
    #[must_use]
    pub fn get(&self, name: &[u8; 32]) -> Option<u64> {
        self.entry(name).map(|entry| entry.count)
    }

    /// The entry of a name, with the positions that it holds.
    #[must_use]
    pub fn entry(&self, name: &[u8; 32]) -> Option<Entry> {
        let mut before = Before::default();
        let leaf = self.descend(|inner| {
            let right = bit_of(name, inner.bit);
            before.pass(self, inner.left, right)
        })?;
        (leaf.name == *name).then_some(before.entry(leaf))
    }

    /// The entry that holds position `position`, if that is below the total.
    #[must_use]
    pub fn position(&self, position: u64) -> Option<Entry> {
        if position >= self.total() {
            return None;
        }
        let mut before = Before::default();
        let leaf = self.descend(|inner| {
            let right = position - before.start >= self.sum(inner.left);
            before.pass(self, inner.left, right)
        })?;
        Some(before.entry(leaf))
    }

    /// The entry with `rank` smaller names.
    #[must_use]
    pub fn nth(&self, rank: usize) -> Option<Entry> {
        if rank >= self.len() {
            return None;
        }
        let mut before = Before::default();
        let leaf = self.descend(|inner| {
            let right = rank - before.rank >= self.link_len(inner.left);
            before.pass(self, inner.left, right)
        })?;
        Some(before.entry(leaf))
    }

    /// How many names are smaller than this one, if it is in the tree.
    #[must_use]
    pub fn rank(&self, name: &[u8; 32]) -> Option<usize> {
        self.entry(name).map(|entry| entry.rank)
    }

    /// All entries, in the order of their names.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        self.iter_from(0)
    }

    /// The entries from rank `rank` on, in the order of their names.
    #[must_use]
    pub fn iter_from(&self, rank: usize) -> Iter<'_> {
        let mut iter = Iter { tree: self, todo: Vec::new(), start: 0, left: 0 };
        let Some(top) = self.top.filter(|_| rank < self.len()) else { return iter };
        iter.left = self.len() - rank;
        let (mut at, mut before) = (top, 0);
        while let Target::Inner(i) = at.target() {
            let inner = &self.inners[i];
            let len = self.link_len(inner.left);
            if rank - before >= len {
                before += len;
                iter.start += self.sum(inner.left);
                at = inner.right;
            } else {
                iter.todo.push(inner.right);
                at = inner.left;
            }
        }
        iter.todo.push(at);
        iter
    }

    /// Adds a name.
    ///
    /// # Errors
    /// [`Error::DuplicateName`] if it is there, [`Error::ZeroCount`], [`Error::TotalOverflow`] and
    /// [`Error::TooManyLeaves`]; the tree is unchanged then.
    pub fn insert(&mut self, name: [u8; 32], count: u64) -> Result<(), Error> {
        checked_total(self.total(), count)?;
        check_len(self.len() + 1)?;
        let Some(top) = self.top else {
            self.top = Some(self.add_leaf(Leaf { name, count }));
            return Ok(());
        };
        let nearest = self.descend(|inner| bit_of(&name, inner.bit));
        let bit = nearest.and_then(|leaf| first_difference(&leaf.name, &name));
        let bit = bit.ok_or(Error::DuplicateName)?;
        let (mut at, mut path) = (top, Vec::new());
        while let Target::Inner(i) = at.target() {
            let inner = &self.inners[i];
            if inner.bit > bit {
                break;
            }
            path.push(i);
            at = inner.child(bit_of(&name, inner.bit));
        }
        let leaf = self.add_leaf(Leaf { name, count });
        let (left, right) = if bit_of(&name, bit) { (at, leaf) } else { (leaf, at) };
        let inner = self.add_inner(bit, left, right);
        self.relink(&path, at, inner);
        self.reseal(&path);
        Ok(())
    }

    /// Changes the count of a name; returns the one before.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::ZeroCount`] and [`Error::TotalOverflow`]; the tree is
    /// unchanged then.
    pub fn replace(&mut self, name: &[u8; 32], count: u64) -> Result<u64, Error> {
        let (leaf, path) = self.path(name)?;
        let before = self.leaves[leaf].count;
        checked_total(self.total() - before, count)?;
        self.leaves[leaf].count = count;
        self.reseal(&path);
        Ok(before)
    }

    /// Removes a name; returns its count.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if it isn't there.
    pub fn remove(&mut self, name: &[u8; 32]) -> Result<u64, Error> {
        let (leaf, mut path) = self.path(name)?;
        let count = self.leaves[leaf].count;
        match path.pop() {
            None => *self = Self::default(),
            Some(parent) => {
                let inner = self.inners[parent];
                let sibling = inner.child(!bit_of(name, inner.bit));
                self.relink(&path, Link::inner(parent), sibling);
                self.free_inners.push(Link::inner(parent));
                self.free_leaves.push(Link::leaf(leaf));
                self.reseal(&path);
            }
        }
        Ok(count)
    }

    /// The proof of which entry holds a position.
    ///
    /// # Errors
    /// [`Error::PositionOutOfRange`] for a position at or past the total.
    pub fn open(&self, position: u64) -> Result<Opening, Error> {
        let total = self.total();
        let entry = self.position(position);
        self.open_name(&entry.ok_or(Error::PositionOutOfRange { position, total })?.name)
    }

    /// The proof that a name is in the tree, and of its count and positions.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if it isn't there.
    pub fn open_name(&self, name: &[u8; 32]) -> Result<Opening, Error> {
        let (leaf, path) = self.path(name)?;
        let steps = path.iter().map(|&i| {
            let inner = &self.inners[i];
            (inner.bit, self.summary(inner.child(!bit_of(name, inner.bit))))
        });
        Ok(Opening::new(&self.leaves[leaf], steps))
    }

    fn descend(&self, mut right: impl FnMut(&Inner) -> bool) -> Option<&Leaf> {
        let mut at = self.top?;
        loop {
            match at.target() {
                Target::Leaf(leaf) => return Some(&self.leaves[leaf]),
                Target::Inner(i) => at = self.inners[i].child(right(&self.inners[i])),
            }
        }
    }

    /// The leaf of a name, and the inner nodes above it, top first.
    fn path(&self, name: &Name) -> Result<(usize, Vec<usize>), Error> {
        let (mut at, mut path) = (self.top.ok_or(Error::UnknownName)?, Vec::new());
        loop {
            match at.target() {
                Target::Leaf(leaf) if self.leaves[leaf].name == *name => return Ok((leaf, path)),
                Target::Leaf(_) => return Err(Error::UnknownName),
                Target::Inner(i) => {
                    path.push(i);
                    at = self.inners[i].child(bit_of(name, self.inners[i].bit));
                }
            }
        }
    }

    fn build(&mut self, from: usize, to: usize) -> Link {
        let (first, last) = (self.leaves[from].name, self.leaves[to - 1].name);
        let Some(bit) = first_difference(&first, &last) else { return Link::leaf(from) };
        let mid = from + self.leaves[from..to].partition_point(|leaf| !bit_of(&leaf.name, bit));
        let left = self.build(from, mid);
        let right = self.build(mid, to);
        self.add_inner(bit, left, right)
    }

    fn add_leaf(&mut self, leaf: Leaf) -> Link {
        let link = self.free_leaves.pop().unwrap_or(Link::leaf(self.leaves.len()));
        put(&mut self.leaves, link, leaf);
        link
    }

    fn add_inner(&mut self, bit: u8, left: Link, right: Link) -> Link {
        let inner = Inner { hash: [0; 32], sum: 0, left, right, len: 0, bit };
        let link = self.free_inners.pop().unwrap_or(Link::inner(self.inners.len()));
        put(&mut self.inners, link, inner);
        self.seal(link.index());
        link
    }

    /// Makes the last node of `path`, or the tree, point to `to` where it pointed to `from`.
    fn relink(&mut self, path: &[usize], from: Link, to: Link) {
        match path.last() {
            None => self.top = Some(to),
            Some(&parent) => {
                let inner = &mut self.inners[parent];
                if inner.left == from {
                    inner.left = to;
                } else {
                    inner.right = to;
                }
            }
        }
    }

    fn reseal(&mut self, path: &[usize]) {
        for &i in path.iter().rev() {
            self.seal(i);
        }
    }

    /// Recomputes a node from its children. Their sums and numbers can't overflow: both were
    /// checked.
    fn seal(&mut self, i: usize) {
        let inner = &self.inners[i];
        let (left, right) = (self.summary(inner.left), self.summary(inner.right));
        let inner = &mut self.inners[i];
        inner.hash = node_hash(inner.bit, &left, &right);
        inner.sum = left.sum + right.sum;
        inner.len = left.len + right.len;
    }

    fn summary(&self, link: Link) -> Summary {
        match link.target() {
            Target::Leaf(i) => leaf_summary(&self.leaves[i]),
            Target::Inner(i) => {
                let Inner { hash, sum, len, .. } = self.inners[i];
                Summary { hash, sum, len }
            }
        }
    }

    fn sum(&self, link: Link) -> u64 {
        match link.target() {
            Target::Leaf(i) => self.leaves[i].count,
            Target::Inner(i) => self.inners[i].sum,
        }
    }

    fn link_len(&self, link: Link) -> usize {
        match link.target() {
            Target::Leaf(_) => 1,
            Target::Inner(i) => self.inners[i].len as usize,
        }
    }
}

/// What lies to the left of a path.
#[derive(Default)]
struct Before {
    start: u64,
    rank: usize,
}

impl Before {
    /// Goes past `left` if the path goes `right`.
    fn pass(&mut self, tree: &SumTree, left: Link, right: bool) -> bool {
        if right {
            self.start += tree.sum(left);
            self.rank += tree.link_len(left);
        }
        right
    }

    fn entry(&self, leaf: &Leaf) -> Entry {
        Entry { name: leaf.name, count: leaf.count, start: self.start, rank: self.rank }
    }
}

impl PartialEq for SumTree {
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl Eq for SumTree {}

impl fmt::Debug for SumTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SumTree")
            .field("root", &self.root())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

fn checked_total(total: u64, added: u64) -> Result<u64, Error> {
    if added == 0 {
        return Err(Error::ZeroCount);
    }
    total.checked_add(added).ok_or(Error::TotalOverflow { total, added })
}

fn check_len(len: usize) -> Result<(), Error> {
    if len > MAX_ENTRIES {
        return Err(Error::TooManyLeaves { max: MAX_ENTRIES as u64, got: len as u64 });
    }
    Ok(())
}
