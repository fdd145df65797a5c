use super::node::Summary;
use crate::domain;

/// The commitment to a [`SumTree`](crate::SumTree): a hash that binds all names and counts, how many there are, and
/// their total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SumRoot {
    /// The root hash; the total is hashed into it.
    pub hash: [u8; 32],
    /// The sum of all counts.
    pub total: u64,
}

impl SumRoot {
    /// The length of the encoding, in bytes.
    pub const LEN: usize = 40;

    /// `hash ‖ total u64 LE`.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..32].copy_from_slice(&self.hash);
        bytes[32..].copy_from_slice(&self.total.to_le_bytes());
        bytes
    }

    /// Decodes a root. Whether it is the root of any tree shows when something is opened under it.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (mut hash, mut total) = ([0; 32], [0; 8]);
        hash.copy_from_slice(&bytes[..32]);
        total.copy_from_slice(&bytes[32..]);
        Self { hash, total: u64::from_le_bytes(total) }
    }

    pub(super) fn bind(top: &Summary) -> Self {
        let hash = domain::SUM_ROOT.hash(&[
            &u64::from(top.len).to_le_bytes(),
            &top.sum.to_le_bytes(),
            &top.hash,
        ]);
        Self { hash, total: top.sum }
    }
}

/// A name, its count, its rank, and the positions that it holds: `start..start + count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: [u8; 32],
    /// How many positions it holds, at least 1.
    pub count: u64,
    /// Its first position: the sum of all counts of smaller names.
    pub start: u64,
    /// How many names are smaller.
    pub rank: usize,
}
