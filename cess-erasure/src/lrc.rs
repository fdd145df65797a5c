use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::interpolation::Coefficients;
use crate::{Code, Error, Geometry, field};

#[cfg(test)]
mod tests;

/// The order of the units of GF(2^4) in those of GF(2^8).
const SUBFIELD_STEP: usize = 17;
/// The most members of a group, and the most groups, that [`Lrc::is_maximally_recoverable`] allows.
const SPREAD: (usize, usize) = (15, 17);

/// A locally repairable code in the manner of Azure's: data in groups of equal size, one local
/// parity a group, their exclusive or, and global parities of all data (Huang et al., "Erasure Coding
/// in Windows Azure Storage", USENIX ATC 2012).
///
/// One lost shard of a group, its local parity included, is rebuilt from the others of its group
/// alone. Shards are numbered data first, then the local parities, then the global ones.
///
/// Any `global + 1` lost shards are rebuilt. Of the losses beyond that, a
/// [maximally recoverable](Self::is_maximally_recoverable) code rebuilds all that any code with
/// these groups could: those where, once one loss is taken off each group that has any, no more
/// than `global` losses are left, lost global parities counted.
///
/// ```
/// use cess_erasure::{Codec, Geometry, Lrc};
///
/// let codec = Codec::new(Geometry::from(Lrc::AZURE));
/// let data: Vec<Vec<u8>> = (0..12).map(|shard| vec![shard; 100]).collect();
/// let mut parity = vec![vec![0; 100]; 4];
/// codec.encode(&data, &mut parity)?;
///
/// // Shard 3 is lost: the five others of its group and their parity say what it was.
/// let there: Vec<usize> = (0..16).filter(|shard| *shard != 3).collect();
/// assert_eq!(codec.sources(&there, &[3])?, [0, 1, 2, 4, 5, 12]);
/// # Ok::<(), cess_erasure::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lrc {
    pub(crate) data: u8,
    pub(crate) local_groups: u8,
    pub(crate) global: u8,
}

impl Lrc {
    /// 12 + 2 + 2: what Azure's storage published; a repair reads 6 shards.
    pub const AZURE: Self = Self { data: 12, local_groups: 2, global: 2 };
    /// 6 + 2 + 2: ten shards; a repair reads 3.
    pub const SMALL: Self = Self { data: 6, local_groups: 2, global: 2 };
    /// 10 + 2 + 3: as [`Geometry::CLASSIC`], 10 + 4, with one of its parities split in two. Any four
    /// shards may be lost, and a repair reads 5 instead of 10.
    pub const CLASSIC: Self = Self { data: 10, local_groups: 2, global: 3 };
    /// 24 + 3 + 2: 1.21 bytes stored for each byte; a repair reads 8 shards.
    pub const WIDE: Self = Self { data: 24, local_groups: 3, global: 2 };

    /// A code of `data` shards in `local_groups` groups, with `global` global parities.
    ///
    /// # Errors
    /// [`Error::NoShards`] if one of the numbers is 0, [`Error::UnevenGroups`] if the groups can't
    /// be of equal size, [`Error::TooManyShards`] if there would be more than 256 shards.
    pub fn new(data: u16, local_groups: u16, global: u16) -> Result<Self, Error> {
        if data == 0 || local_groups == 0 || global == 0 {
            return Err(Error::NoShards { data, parity: local_groups.min(global) });
        }
        let got = usize::from(data) + usize::from(local_groups) + usize::from(global);
        let too_many = Error::TooManyShards { max: Code::Lrc8.max_shards(), got };
        if got > Code::Lrc8.max_shards() {
            return Err(too_many);
        }
        if !data.is_multiple_of(local_groups) {
            return Err(Error::UnevenGroups { data, local_groups });
        }
        let byte = |count: u16| u8::try_from(count).map_err(|_| too_many.clone());
        Ok(Self { data: byte(data)?, local_groups: byte(local_groups)?, global: byte(global)? })
    }

    /// The number of data shards.
    #[must_use]
    pub fn data(&self) -> usize {
        usize::from(self.data)
    }

    /// The number of groups, and of local parities.
    #[must_use]
    pub fn local_groups(&self) -> usize {
        usize::from(self.local_groups)
    }

    /// The number of global parities.
    #[must_use]
    pub fn global(&self) -> usize {
        usize::from(self.global)
    }

    /// The number of data shards of a group, which is also how many shards a local repair reads.
    #[must_use]
    pub fn group_len(&self) -> usize {
        self.data() / self.local_groups()
    }

    /// The group of a shard: `None` for a global parity, and for what is no shard.
    #[must_use]
    pub fn group_of(&self, shard: usize) -> Option<usize> {
        let (data, groups) = (self.data(), self.local_groups());
        match shard {
            _ if shard < data => Some(shard / self.group_len()),
            _ if shard < data + groups => Some(shard - data),
            _ => None,
        }
    }

    /// The data shards of a group.
    ///
    /// Empty if there is no such group.
    #[must_use]
    pub fn group_data(&self, group: usize) -> Range<usize> {
        let len = self.group_len();
        if group < self.local_groups() { group * len..(group + 1) * len } else { 0..0 }
    }

    /// Whether every loss is undone that any code with these groups could undo: known for up to two
    /// global parities over up to 17 groups of up to 15 shards.
    #[must_use]
    pub fn is_maximally_recoverable(&self) -> bool {
        let (members, groups) = SPREAD;
        self.global() <= 2 && self.group_len() <= members && self.local_groups() <= groups
    }

    /// The parity shards by the data: the local ones, then the global ones.
    ///
    /// A maximally recoverable code has the rows (a) and (a²) for the globals, where shard `p` of
    /// group `g` has the point a = 2^(g + 17 p): each group's points, with 0, are a line of GF(2^8)
    /// over GF(2^4), lines that meet in 0 alone. So a sum of two points of one group is never one of
    /// another, which is the condition of the paper's section 2.2.1 for any number of groups.
    ///
    /// Others have the rows (y₀ + x) / (y + x) of a Cauchy matrix whose row 0, all ones, is split
    /// into the local parities; every square of it has an inverse.
    pub(crate) fn parity_rows(&self) -> Coefficients {
        let (data, groups) = (self.data(), self.local_groups());
        let mut rows = Vec::with_capacity(data * (groups + self.global()));
        for group in 0..groups {
            rows.extend((0..data).map(|shard| u8::from(self.group_of(shard) == Some(group))));
        }
        for global in 1..=self.global {
            if self.is_maximally_recoverable() {
                rows.extend((0..data).map(|shard| {
                    let (group, place) = (shard / self.group_len(), shard % self.group_len());
                    field::exp((group + SUBFIELD_STEP * place) * usize::from(global))
                }));
            } else {
                // The sum is below 256: there are no more than 256 shards, one group or more.
                let (y0, y) = (self.data, self.data + global);
                let entry = |x| field::mul(y0 ^ x, field::inverse(y ^ x));
                rows.extend((0..self.data).map(entry));
            }
        }
        Coefficients::new(data, rows)
    }
}

impl From<Lrc> for Geometry {
    fn from(lrc: Lrc) -> Self {
        Self::of_lrc(lrc)
    }
}

impl fmt::Display for Lrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.data, self.local_groups, self.global)
    }
}

/// The rows of all shards by the data: an identity, then `parity`.
pub(crate) fn generator(parity: &Coefficients) -> Vec<Vec<u8>> {
    let data = parity.inputs();
    let mut rows = vec![vec![0; data]; data];
    for (shard, row) in rows.iter_mut().enumerate() {
        row[shard] = 1;
    }
    rows.extend(parity.rows().map(<[u8]>::to_vec));
    rows
}
