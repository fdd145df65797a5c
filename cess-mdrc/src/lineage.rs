//! Who registered what first, and what was made of it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::sample::take;
use crate::{Certificate, Comparison, Error, Level, Relation, Verdict, domain};

/// A certificate that somebody registered: what the ledger says of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registration {
    /// The place in the order of registrations; the smaller one was first.
    pub number: u64,
    /// When, in the ledger's time.
    pub time: u64,
    /// Who, by the ledger's account or key.
    pub owner: [u8; 32],
    /// What.
    pub certificate: Certificate,
}

impl Registration {
    /// Bytes of an encoding.
    pub const LEN: usize = 48 + Certificate::LEN;

    /// The hash by which a ledger can vouch for the registration.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        domain::hash(domain::REGISTRATION, &[&self.to_bytes()])
    }

    /// The encoding; docs/formats/mdrc.md has the layout.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.number.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.time.to_le_bytes());
        bytes[16..48].copy_from_slice(&self.owner);
        bytes[48..].copy_from_slice(&self.certificate.to_bytes());
        bytes
    }

    /// # Errors
    /// [`Error`] for whatever `to_bytes` doesn't write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != Self::LEN {
            return Err(Error::Length { expected: Self::LEN as u64, got: bytes.len() as u64 });
        }
        let mut rest = bytes;
        let number = u64::from_le_bytes(take(&mut rest)?);
        let time = u64::from_le_bytes(take(&mut rest)?);
        let owner = take(&mut rest)?;
        Ok(Self { number, time, owner, certificate: Certificate::from_bytes(rest)? })
    }
}

/// That one registration is of content like that of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edge {
    /// The later registration.
    pub later: u64,
    /// The earlier registration.
    pub earlier: u64,
    /// How the two seem to be related.
    pub relation: Relation,
    /// Bits in which the IDs differ.
    pub distance: u16,
    /// What is shared of terms or chunks, in thousandths.
    pub parts_permille: u16,
    /// What is shared of passages, in thousandths; 0 where there are none.
    pub passages_permille: u16,
}

impl Edge {
    /// Bytes of an encoding.
    pub const LEN: usize = 23;

    /// The edge that a comparison shows at a level, from the larger number to the smaller.
    #[must_use]
    pub fn new(one: u64, other: u64, comparison: &Comparison, level: Level) -> Option<Self> {
        let Verdict::Related(relation) = comparison.verdict(level) else { return None };
        let narrow = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
        (one != other).then(|| Self {
            later: one.max(other),
            earlier: one.min(other),
            relation,
            distance: narrow(comparison.distance()),
            parts_permille: narrow(comparison.parts_permille()),
            passages_permille: narrow(comparison.passages_permille().unwrap_or(0)),
        })
    }

    /// How much the two have in common, for choosing among several edges.
    #[must_use]
    pub fn strength(&self) -> u32 {
        let (parts, passages) = (self.parts_permille, self.passages_permille);
        u32::from(parts) + u32::from(passages) + u32::from(256 - self.distance.min(256))
    }

    /// The encoding; docs/formats/mdrc.md has the layout.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.later.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.earlier.to_le_bytes());
        bytes[16] = self.relation.to_byte();
        bytes[17..19].copy_from_slice(&self.distance.to_le_bytes());
        bytes[19..21].copy_from_slice(&self.parts_permille.to_le_bytes());
        bytes[21..].copy_from_slice(&self.passages_permille.to_le_bytes());
        bytes
    }

    /// # Errors
    /// [`Error`] for whatever `to_bytes` doesn't write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != Self::LEN {
            return Err(Error::Length { expected: Self::LEN as u64, got: bytes.len() as u64 });
        }
        let mut rest = bytes;
        let later = u64::from_le_bytes(take(&mut rest)?);
        let earlier = u64::from_le_bytes(take(&mut rest)?);
        let [relation] = take(&mut rest)?;
        let mut number = || take(&mut rest).map(u16::from_le_bytes);
        let edge = Self {
            later,
            earlier,
            relation: Relation::from_byte(relation)?,
            distance: number()?,
            parts_permille: number()?,
            passages_permille: number()?,
        };
        let shares = edge.parts_permille.max(edge.passages_permille);
        if earlier >= later || edge.distance > 256 || shares > 1000 {
            return Err(Error::EdgeBounds { later, earlier });
        }
        Ok(edge)
    }
}

/// The graph of works and what they derive from: edges lead from later registrations to earlier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// By the later registration, then the earlier one.
    up: BTreeMap<u64, BTreeMap<u64, Edge>>,
    /// By the earlier registration.
    down: BTreeMap<u64, BTreeSet<u64>>,
}

impl Lineage {
    /// Without edges.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an edge, in the place of another between the same two.
    ///
    /// # Errors
    /// [`Error::EdgeBounds`] for an edge that doesn't lead from a later number to an earlier one.
    pub fn insert(&mut self, edge: Edge) -> Result<(), Error> {
        if edge.earlier >= edge.later {
            return Err(Error::EdgeBounds { later: edge.later, earlier: edge.earlier });
        }
        self.up.entry(edge.later).or_default().insert(edge.earlier, edge);
        self.down.entry(edge.earlier).or_default().insert(edge.later);
        Ok(())
    }

    /// Removes a registration with its edges.
    pub fn remove(&mut self, number: u64) {
        for earlier in self.up.remove(&number).unwrap_or_default().into_keys() {
            if let Entry::Occupied(mut later) = self.down.entry(earlier) {
                later.get_mut().remove(&number);
                if later.get().is_empty() {
                    later.remove();
                }
            }
        }
        for later in self.down.remove(&number).unwrap_or_default() {
            if let Entry::Occupied(mut edges) = self.up.entry(later) {
                edges.get_mut().remove(&number);
                if edges.get().is_empty() {
                    edges.remove();
                }
            }
        }
    }

    /// The edges of a registration to earlier ones.
    pub fn parents(&self, number: u64) -> impl Iterator<Item = &Edge> {
        self.up.get(&number).into_iter().flat_map(BTreeMap::values)
    }

    /// The later registrations that have an edge to this one.
    pub fn children(&self, number: u64) -> impl Iterator<Item = u64> {
        self.down.get(&number).into_iter().flatten().copied()
    }

    /// The first registrant: the earliest registration that edges lead to; the number itself where
    /// there are none.
    #[must_use]
    pub fn first(&self, number: u64) -> u64 {
        self.reach(number, true).into_iter().next().unwrap_or(number)
    }

    /// All registrations that are connected with this one, itself included, rising.
    #[must_use]
    pub fn family(&self, number: u64) -> Vec<u64> {
        self.reach(number, false).into_iter().collect()
    }

    fn reach(&self, number: u64, upward: bool) -> BTreeSet<u64> {
        let mut seen = BTreeSet::from([number]);
        let mut open = vec![number];
        while let Some(at) = open.pop() {
            let up = self.parents(at).map(|edge| edge.earlier);
            let down = self.children(at).filter(|_| !upward);
            open.extend(up.chain(down).filter(|next| seen.insert(*next)).collect::<Vec<_>>());
        }
        seen
    }

    /// The way from a registration to the first registrant, that one first: the fewest steps, and
    /// among ways as short the strongest edges step by step.
    #[must_use]
    pub fn path(&self, number: u64) -> Vec<u64> {
        let first = self.first(number);
        let mut before: BTreeMap<u64, u64> = BTreeMap::new();
        let mut ring = vec![number];
        while !ring.is_empty() && !before.contains_key(&first) && number != first {
            let mut next = Vec::new();
            for at in ring {
                let mut edges: Vec<&Edge> = self.parents(at).collect();
                edges.sort_by_key(|edge| (std::cmp::Reverse(edge.strength()), edge.earlier));
                for edge in edges {
                    if edge.earlier != number && !before.contains_key(&edge.earlier) {
                        before.insert(edge.earlier, at);
                        next.push(edge.earlier);
                    }
                }
            }
            ring = next;
        }
        let mut path = vec![first];
        let mut at = first;
        while let Some(later) = before.get(&at) {
            path.push(*later);
            at = *later;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(later: u64, earlier: u64, parts_permille: u16) -> Edge {
        Edge {
            later,
            earlier,
            relation: Relation::Edited,
            distance: 40,
            parts_permille,
            passages_permille: 300,
        }
    }

    fn lineage(edges: &[Edge]) -> Lineage {
        let mut lineage = Lineage::new();
        edges.iter().for_each(|edge| lineage.insert(*edge).unwrap());
        lineage
    }

    #[test]
    fn the_first_registrant_is_the_earliest_that_is_reached() {
        let lineage = lineage(&[
            edge(5, 3, 500),
            edge(3, 1, 500),
            edge(5, 2, 900),
            edge(9, 8, 500),
            edge(7, 3, 500),
        ]);
        assert_eq!([5, 3, 1, 9, 4].map(|n| lineage.first(n)), [1, 1, 1, 8, 4]);
        assert_eq!(lineage.path(5), [1, 3, 5]);
        assert_eq!(lineage.path(1), [1]);
        assert_eq!(lineage.family(2), [1, 2, 3, 5, 7]);
        assert_eq!(lineage.children(3).collect::<Vec<_>>(), [5, 7]);
    }

    #[test]
    fn among_ways_as_short_the_stronger_is_taken() {
        let ways = [edge(9, 4, 300), edge(9, 5, 800), edge(4, 1, 999), edge(5, 1, 300)];
        assert_eq!(lineage(&ways).path(9), [1, 5, 9]);
        assert_eq!(lineage(&[edge(9, 1, 100), edge(9, 5, 900), edge(5, 1, 900)]).path(9), [1, 9]);
    }

    #[test]
    fn what_is_removed_leaves_no_edges() {
        let mut lineage = lineage(&[edge(5, 3, 500), edge(3, 1, 500)]);
        lineage.remove(3);
        assert_eq!((lineage.first(5), lineage.family(1)), (5, vec![1]));
        lineage.remove(77);
    }

    #[test]
    fn edges_lead_back_in_time_and_encode_in_one_way() {
        let bounds = |later, earlier| Err(Error::EdgeBounds { later, earlier });
        assert_eq!(Lineage::new().insert(edge(3, 3, 1)), bounds(3, 3));
        assert_eq!(Lineage::new().insert(edge(3, 4, 1)), bounds(3, 4));
        let bytes = edge(5, 3, 500).to_bytes();
        assert_eq!(Edge::from_bytes(&bytes), Ok(edge(5, 3, 500)));
        for (at, byte) in [(8, 9), (16, 99), (18, 2), (20, 9)] {
            let mut wrong = bytes;
            wrong[at] = byte;
            assert!(Edge::from_bytes(&wrong).is_err(), "byte {at}");
        }
        assert!(Edge::from_bytes(&bytes[1..]).is_err());
    }
}
