use alloc::vec::Vec;
use core::fmt;

use crate::domain;

pub(super) type Name = [u8; 32];

#[derive(Clone, Copy)]
pub(super) struct Leaf {
    pub(super) name: Name,
    pub(super) count: u64,
}

/// The names on the left have a 0 at `bit`, those on the right a 1; all bits before are equal.
#[derive(Clone, Copy)]
pub(super) struct Inner {
    pub(super) hash: [u8; 32],
    pub(super) sum: u64,
    pub(super) left: Link,
    pub(super) right: Link,
    pub(super) len: u32,
    pub(super) bit: u8,
}

/// An index into `inners`, or, with the highest bit set, into `leaves`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(u32);

pub(super) enum Target {
    Leaf(usize),
    Inner(usize),
}

#[derive(Clone, Copy)]
pub(super) struct Summary {
    pub(super) hash: [u8; 32],
    pub(super) sum: u64,
    pub(super) len: u32,
}

impl Inner {
    pub(super) fn child(&self, right: bool) -> Link {
        if right { self.right } else { self.left }
    }
}

impl Link {
    const LEAF: u32 = 1 << 31;

    /// Indices are below `MAX_ENTRIES`, which leaves the highest bit free.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn inner(i: usize) -> Self {
        Self(i as u32)
    }

    pub(super) fn leaf(i: usize) -> Self {
        Self(Self::inner(i).0 | Self::LEAF)
    }

    pub(super) fn index(self) -> usize {
        (self.0 & !Self::LEAF) as usize
    }

    pub(super) fn target(self) -> Target {
        let i = self.index();
        if self.0 & Self::LEAF == 0 { Target::Inner(i) } else { Target::Leaf(i) }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

pub(super) fn put<T>(slots: &mut Vec<T>, link: Link, value: T) {
    match slots.get_mut(link.index()) {
        Some(slot) => *slot = value,
        None => slots.push(value),
    }
}

pub(super) fn leaf_summary(leaf: &Leaf) -> Summary {
    let hash = domain::SUM_LEAF.hash(&[&leaf.name, &leaf.count.to_le_bytes()]);
    Summary { hash, sum: leaf.count, len: 1 }
}

pub(super) fn node_hash(bit: u8, left: &Summary, right: &Summary) -> [u8; 32] {
    domain::SUM_NODE.hash(&[
        &[bit],
        &left.len.to_le_bytes(),
        &left.sum.to_le_bytes(),
        &left.hash,
        &right.len.to_le_bytes(),
        &right.sum.to_le_bytes(),
        &right.hash,
    ])
}

/// Bit 0 is the highest bit of the first byte, so the order of bits is the order of names.
pub(super) fn bit_of(name: &Name, bit: u8) -> bool {
    name[usize::from(bit / 8)] >> (7 - bit % 8) & 1 == 1
}

pub(super) fn first_difference(a: &Name, b: &Name) -> Option<u8> {
    let differences = (0..32u8).zip(a.iter().zip(b).map(|(a, b)| a ^ b));
    let (i, byte) = differences.into_iter().find(|&(_, byte)| byte != 0)?;
    Some(i * 8 + u8::try_from(byte.leading_zeros()).ok()?)
}
