use alloc::collections::VecDeque;
use alloc::vec::Vec;

use merkle_cbt::MerkleProof;

use super::{Join, MAX_LEAVES, Node, bind_root, leaf_node};
use crate::Error;

const HEADER_LEN: usize = 8;
const HASH_LEN: usize = 32;

/// The hashes that lead from some leaves of a [`Tree`](crate::Tree) to its root.
///
/// It holds no indices: the verifier says which leaves it is about, and for these there is exactly
/// one proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub(super) count: u32,
    lemmas: Vec<Node>,
}

impl Proof {
    pub(super) fn new(count: u32, lemmas: &[Node]) -> Self {
        Self { count, lemmas: lemmas.to_vec() }
    }

    /// The number of leaves of the tree, as the proof claims it; true once it is verified.
    #[must_use]
    pub fn leaf_count(&self) -> u32 {
        self.count
    }

    /// Checks that `leaf` is the leaf at `index`.
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`], [`Error::LemmaCount`] and [`Error::RootMismatch`].
    pub fn verify(&self, root: &[u8; 32], index: u32, leaf: impl AsRef<[u8]>) -> Result<(), Error> {
        self.check(root, &[index], [leaf_node(leaf.as_ref())].into_iter())
    }

    /// Checks that each leaf is the one at its index.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::IndicesUnordered`] unless the indices rise strictly,
    /// [`Error::IndexOutOfRange`], [`Error::LemmaCount`] and [`Error::RootMismatch`].
    pub fn verify_many<L: AsRef<[u8]>>(
        &self,
        root: &[u8; 32],
        leaves: &[(u32, L)],
    ) -> Result<(), Error> {
        let indices: Vec<_> = leaves.iter().map(|(index, _)| *index).collect();
        self.check(root, &indices, leaves.iter().map(|(_, leaf)| leaf_node(leaf.as_ref())))
    }

    /// Checks that `leaves` are the leaves from index `first` on.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::IndexOutOfRange`], [`Error::LemmaCount`] and
    /// [`Error::RootMismatch`].
    pub fn verify_range<L: AsRef<[u8]>>(
        &self,
        root: &[u8; 32],
        first: u32,
        leaves: &[L],
    ) -> Result<(), Error> {
        let end = u64::from(first) + leaves.len() as u64;
        let out_of_range =
            Error::IndexOutOfRange { index: end.saturating_sub(1), count: self.count.into() };
        let end = u32::try_from(end).map_err(|_| out_of_range)?;
        let indices: Vec<_> = (first..end).collect();
        self.check(root, &indices, leaves.iter().map(|leaf| leaf_node(leaf.as_ref())))
    }

    /// `leaf count u32 LE ‖ hashes u32 LE ‖ hashes`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.lemmas.len() * HASH_LEN);
        bytes.extend_from_slice(&self.count.to_le_bytes());
        let lemmas = u32::try_from(self.lemmas.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&lemmas.to_le_bytes());
        for lemma in &self.lemmas {
            bytes.extend_from_slice(&lemma.0);
        }
        bytes
    }

    /// Decodes a proof. What it says is believed by the verifying functions only.
    ///
    /// # Errors
    /// [`Error::NoLeaves`], [`Error::TooManyLeaves`], [`Error::LemmaCount`] for more hashes than any
    /// proof of such a tree has, and [`Error::Length`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let got = bytes.len() as u64;
        let Some((&[a, b, c, d, e, f, g, h], body)) = bytes.split_first_chunk::<HEADER_LEN>()
        else {
            return Err(Error::Length { expected: HEADER_LEN as u64, got });
        };
        let count = u32::from_le_bytes([a, b, c, d]);
        let lemmas = u64::from(u32::from_le_bytes([e, f, g, h]));
        if u64::from(count) > MAX_LEAVES as u64 {
            return Err(Error::TooManyLeaves { max: MAX_LEAVES as u64, got: count.into() });
        }
        // Each hash stands for a leaf that wasn't asked for, or more.
        let most = u64::from(count.checked_sub(1).ok_or(Error::NoLeaves)?);
        if lemmas > most {
            return Err(Error::LemmaCount { expected: most, got: lemmas });
        }
        let expected = HEADER_LEN as u64 + lemmas * HASH_LEN as u64;
        if got != expected {
            return Err(Error::Length { expected, got });
        }
        let mut hashes = Vec::with_capacity(body.len() / HASH_LEN);
        for chunk in body.chunks_exact(HASH_LEN) {
            let mut hash = [0; HASH_LEN];
            hash.copy_from_slice(chunk);
            hashes.push(Node(hash));
        }
        Ok(Self { count, lemmas: hashes })
    }

    fn check(
        &self,
        root: &[u8; 32],
        indices: &[u32],
        leaves: impl Iterator<Item = Node>,
    ) -> Result<(), Error> {
        check_indices(self.count, indices)?;
        let (expected, got) = (lemma_count(self.count, indices), self.lemmas.len() as u64);
        if expected != got {
            return Err(Error::LemmaCount { expected, got });
        }
        // `merkle-cbt` sorts the leaves by value and then reads its indices in that order.
        let mut pairs: Vec<_> =
            leaves.zip(indices.iter().map(|index| self.count - 1 + index)).collect();
        pairs.sort_unstable();
        let (leaves, indices): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let top = MerkleProof::<Node, Join>::new(indices, self.lemmas.clone()).root(&leaves);
        match top {
            Some(top) if bind_root(self.count, &top) == *root => Ok(()),
            _ => Err(Error::RootMismatch),
        }
    }
}

pub(super) fn check_indices(count: u32, indices: &[u32]) -> Result<(), Error> {
    for pair in indices.windows(2) {
        if pair[0] >= pair[1] {
            return Err(Error::IndicesUnordered { previous: pair[0], index: pair[1] });
        }
    }
    match indices.last() {
        None => Err(Error::EmptyQuery),
        Some(&index) if index >= count => {
            Err(Error::IndexOutOfRange { index: index.into(), count: count.into() })
        }
        Some(_) => Ok(()),
    }
}

/// The hashes that a proof of these leaves has. With fewer `merkle-cbt` drops leaves on the way to
/// the root, so a proof is refused unless it has exactly these.
///
/// Nodes are numbered from the top, 0, in rows; the parent of i is (i - 1) / 2.
fn lemma_count(count: u32, indices: &[u32]) -> u64 {
    let mut queue: VecDeque<u32> = indices.iter().rev().map(|index| count - 1 + index).collect();
    let mut lemmas = 0;
    while let Some(node) = queue.pop_front() {
        if node == 0 {
            break;
        }
        let parent = (node - 1) / 2;
        // In falling order a right child comes before its sibling, the left one has none left.
        if node % 2 == 0 && queue.front() == Some(&(node - 1)) {
            queue.pop_front();
        } else {
            lemmas += 1;
        }
        queue.push_back(parent);
    }
    lemmas
}
