mod proof;
#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests;

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use merkle_cbt::merkle_tree::Merge;
use merkle_cbt::{CBMT, MerkleTree};

pub use proof::Proof;

use crate::{Error, domain};

/// `merkle-cbt` numbers all nodes in 32 bits, and a tree of n leaves has 2n - 1.
const MAX_LEAVES: usize = (1 << 31) - 1;

/// A Merkle tree over a list of byte strings, in their order.
///
/// The complete binary tree of `merkle-cbt`, with the leaf count hashed into the root: no list has
/// the root of another, whatever their lengths.
///
/// ```
/// use cess_merkle::{Error, Tree};
///
/// let tree = Tree::new(&["a", "b", "c", "d", "e"])?;
/// let proof = tree.prove_range(1..4)?;
/// proof.verify_range(&tree.root(), 1, &["b", "c", "d"])?;
/// assert_eq!(proof.verify_range(&tree.root(), 2, &["b", "c", "d"]), Err(Error::RootMismatch));
/// # Ok::<(), Error>(())
/// ```
pub struct Tree {
    nodes: MerkleTree<Node, Join>,
    count: u32,
}

/// The hash of a leaf or of an inner node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Node([u8; 32]);

struct Join;

impl Merge for Join {
    type Item = Node;

    fn merge(left: &Node, right: &Node) -> Node {
        Node(domain::TREE_NODE.hash(&[&left.0, &right.0]))
    }
}

impl Tree {
    /// Commits to `leaves`.
    ///
    /// # Errors
    /// [`Error::TooManyLeaves`] past 2^31 - 1 of them.
    pub fn new<L: AsRef<[u8]>>(leaves: &[L]) -> Result<Self, Error> {
        let too_many = Error::TooManyLeaves { max: MAX_LEAVES as u64, got: leaves.len() as u64 };
        if leaves.len() > MAX_LEAVES {
            return Err(too_many);
        }
        let count = u32::try_from(leaves.len()).map_err(|_| too_many)?;
        let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_node(leaf.as_ref())).collect();
        Ok(Self { nodes: CBMT::build_merkle_tree(&hashes), count })
    }

    /// The commitment to all leaves, their order and their number; that of no leaves too.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        bind_root(self.count, &self.nodes.root())
    }

    /// The number of leaves.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there are no leaves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The proof of one leaf.
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`].
    pub fn prove(&self, index: u32) -> Result<Proof, Error> {
        self.prove_many(&[index])
    }

    /// One proof of several leaves, smaller than a proof for each.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::IndicesUnordered`] unless the indices rise strictly, and
    /// [`Error::IndexOutOfRange`].
    pub fn prove_many(&self, indices: &[u32]) -> Result<Proof, Error> {
        proof::check_indices(self.count, indices)?;
        let proof = self.nodes.build_proof(indices).ok_or(Error::EmptyQuery)?;
        Ok(Proof::new(self.count, proof.lemmas()))
    }

    /// The proof of all leaves of a range, which takes O(log n) hashes however long it is.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`] for an empty range and [`Error::IndexOutOfRange`].
    pub fn prove_range(&self, range: Range<u32>) -> Result<Proof, Error> {
        // Checked before the indices are listed: they would take 4 bytes each.
        if range.end > self.count {
            let index = u64::from(range.end.saturating_sub(1));
            return Err(Error::IndexOutOfRange { index, count: self.count.into() });
        }
        self.prove_many(&range.collect::<Vec<_>>())
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("root", &self.root())
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

fn leaf_node(leaf: &[u8]) -> Node {
    Node(domain::TREE_LEAF.hash(&[leaf]))
}

fn bind_root(count: u32, top: &Node) -> [u8; 32] {
    domain::TREE_ROOT.hash(&[&u64::from(count).to_le_bytes(), &top.0])
}
