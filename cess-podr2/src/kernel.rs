//! The two loops over the data. Both read 31-byte little-endian sectors; a last sector that is
//! short counts as zero-padded, and nothing is read beyond the slice.
//!
//! Each loop has two kernels that give the same result: plain 64-bit integers, and AVX-512 IFMA.
//! Which one runs is found out once, at run time; tests force each.

#[cfg(target_arch = "x86_64")]
mod ifma;
mod portable;

use alloc::{vec, vec::Vec};

use zeroize::{DefaultIsZeroes, Zeroizing};

use crate::field::Fr;
use crate::parallel;
use crate::sectors::{SECTOR_BYTES, Sectors};

/// Sectors that are summed before a reduction mod r, and powers of alpha that are kept.
const CHUNK: usize = 2048;
/// Sectors that lie side by side in one vector.
const LANES: usize = 8;

/// Eight 64-bit integers, as one register holds them.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Lanes([u64; LANES]);

impl DefaultIsZeroes for Lanes {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Ifma,
}

impl Kernel {
    /// The fastest that this processor and system run.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if ifma::available() {
            return Self::Ifma;
        }
        Self::Portable
    }

    /// All that this processor and system run.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        if Self::best() != Self::Portable {
            all.push(Self::best());
        }
        all
    }
}

/// The secret powers of alpha: the first 2048 one by one, then every 2048th.
///
/// `M(alpha) = sum_k alpha^(2048 k) sum_{j < 2048} m_{2048 k + j} alpha^j`, so the table stays in
/// the cache whatever the number of sectors.
pub(crate) struct Powers {
    kernel: Kernel,
    /// As the kernel wants them, see [`portable::pack`] and [`ifma::pack`].
    table: Zeroizing<Vec<Lanes>>,
    /// `alpha^(2048 k)`
    giants: Zeroizing<Vec<Fr>>,
}

impl Powers {
    /// For measurements in one place of memory.
    #[cfg(feature = "measure")]
    pub(crate) fn take(&mut self, other: &Self) {
        self.table.copy_from_slice(&other.table);
        self.giants.copy_from_slice(&other.giants);
    }

    pub(crate) fn new(kernel: Kernel, alpha: &Fr, sectors: Sectors) -> Self {
        let small = sectors.count().min(CHUNK);
        let mut powers = Zeroizing::new(Vec::with_capacity(small));
        let mut power = Zeroizing::new(Fr::one());
        for _ in 0..small {
            powers.push(power.to_limbs());
            *power = power.mul(alpha);
        }
        let count = sectors.count() / small;
        let mut giants = Zeroizing::new(Vec::with_capacity(count));
        let mut giant = Zeroizing::new(Fr::one());
        for _ in 0..count {
            giants.push(*giant);
            *giant = giant.mul(&power);
        }
        let table = match kernel {
            Kernel::Portable => portable::pack(&powers),
            #[cfg(target_arch = "x86_64")]
            Kernel::Ifma => ifma::pack(&powers),
        };
        Self { kernel, table: Zeroizing::new(table), giants }
    }

    /// `M(alpha) = sum_j m_j alpha^j mod r` of a block, in time that depends on its length alone.
    pub(crate) fn evaluate(&self, block: &[u8]) -> Fr {
        let mut sum = Zeroizing::new(Fr::ZERO);
        for (chunk, giant) in block.chunks(CHUNK * SECTOR_BYTES).zip(self.giants.iter()) {
            let wide = match self.kernel {
                Kernel::Portable => portable::inner_product(chunk, &self.table),
                #[cfg(target_arch = "x86_64")]
                Kernel::Ifma => ifma::inner_product(chunk, &self.table),
            };
            let part = Zeroizing::new(Fr::from_nine(&Zeroizing::new(wide)));
            *sum = sum.add(&part.mul(giant));
        }
        *sum
    }
}

/// `sum_i w_i * m_{i,j}` for every sector index j, for public 128-bit weights.
pub(crate) struct Combination {
    kernel: Kernel,
    sectors: usize,
    sums: Vec<Lanes>,
    used: usize,
    /// Blocks that were added since the columns were last carried.
    pending: usize,
}

impl Combination {
    pub(crate) fn new(sectors: usize) -> Self {
        Self::with(Kernel::best(), sectors)
    }

    pub(crate) fn with(kernel: Kernel, sectors: usize) -> Self {
        let sums = vec![Lanes::default(); sectors.div_ceil(LANES) * COLUMNS];
        Self { kernel, sectors, sums, used: 0, pending: 0 }
    }

    /// Adds a block of at most as many sectors as there are sums.
    pub(crate) fn add(&mut self, block: &[u8], weight: u128) {
        self.add_all(&[(block, weight)]);
    }

    /// Adds blocks of at most as many sectors as there are sums.
    pub(crate) fn add_all(&mut self, blocks: &[(&[u8], u128)]) {
        let longest = blocks.iter().map(|(block, _)| block.len()).max().unwrap_or(0);
        self.used = self.used.max(longest.div_ceil(SECTOR_BYTES)).min(self.sectors);
        for blocks in blocks.chunks(MAX_PENDING) {
            let carry = self.pending + blocks.len() > MAX_PENDING;
            self.pending = if carry { 0 } else { self.pending } + blocks.len();
            let (kernel, bytes) = (self.kernel, self.sectors * SECTOR_BYTES);
            // Sums that fit the nearest cache take their part of all blocks.
            parallel::each(&mut self.sums, RANGE * COLUMNS, |range, sums| {
                if carry {
                    kernel.carry(sums);
                }
                let start = range * RANGE * GROUP_BYTES;
                for (block, weight) in blocks {
                    let end = block.len().min(bytes).min(start + RANGE * GROUP_BYTES);
                    if let Some(part) = block.get(start..end) {
                        kernel.combine(sums, part, *weight);
                    }
                }
            });
        }
    }

    /// The sums mod r, without the zeros past the longest block.
    pub(crate) fn finish(self) -> Vec<Fr> {
        let groups: Vec<&[Lanes]> = self.sums.chunks_exact(COLUMNS).collect();
        let mut out = vec![[Fr::ZERO; LANES]; groups.len()];
        parallel::fill(&groups, &mut out, RANGE, |groups, out| {
            for (out, group) in out.iter_mut().zip(groups) {
                *out = self.kernel.sums(group).map(|wide| Fr::from_eight(&wide));
            }
        });
        out.into_flattened().into_iter().take(self.used).collect()
    }
}

impl Kernel {
    fn combine(self, sums: &mut [Lanes], block: &[u8], weight: u128) {
        match self {
            Self::Portable => portable::combine(sums, block, weight),
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => ifma::combine(sums, block, weight),
        }
    }

    fn carry(self, sums: &mut [Lanes]) {
        match self {
            Self::Portable => {}
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => ifma::carry(sums),
        }
    }

    fn sums(self, group: &[Lanes]) -> [[u64; 8]; LANES] {
        match self {
            Self::Portable => core::array::from_fn(|at| group[at].0),
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => ifma::sums(group),
        }
    }
}

/// Groups of sums that are worked on together, 64 KiB of them.
const RANGE: usize = 128;

/// Blocks after which columns of 52 bits are carried: each adds at most 3 low and 3 high halves to
/// a column, which a carry leaves below 2^53, and 600 * 6 * 2^52 + 2^53 < 2^64.
const MAX_PENDING: usize = 600;

/// Integers that a sum takes, of 64 bits each or of 52 and room for carries.
const COLUMNS: usize = 8;

/// The sum of columns of `bits` bits each, which may hold more, in words of 64 bits.
#[cfg(target_arch = "x86_64")]
#[allow(clippy::cast_possible_truncation, reason = "words are cut off a wider integer")]
fn from_columns<const N: usize>(columns: impl Iterator<Item = u128>, bits: usize) -> [u64; N] {
    let mut out = [0u64; N];
    let mut carry = 0u128;
    for (at, column) in columns.enumerate() {
        carry += column;
        let (word, shift) = (at * bits / 64, at * bits % 64);
        let digit = (carry as u64) & ((1 << bits) - 1);
        carry >>= bits;
        out[word] |= digit << shift;
        if shift + bits > 64 && word + 1 < N {
            out[word + 1] |= digit >> (64 - shift);
        }
    }
    out
}

/// The tail of a block behind its last whole group, zero-padded to one group.
fn padded(tail: &[u8]) -> [u8; PADDED] {
    let mut out = [0; PADDED];
    out[..tail.len()].copy_from_slice(tail);
    out
}

/// A group of sectors, and the bytes that a load of 32 reads past its last.
const PADDED: usize = GROUP_BYTES + 8;
const GROUP_BYTES: usize = LANES * SECTOR_BYTES;

#[cfg(test)]
mod tests;
