//! AVX-512 IFMA: eight sectors side by side, integers in limbs of 52 bits.
//!
//! Products of limbs fall into columns; the low and the high halves of a column's products are
//! added in 64 bits, so that thousands fit before anything is carried.
#![allow(unsafe_code)]

use alloc::{vec, vec::Vec};
use core::arch::x86_64::{
    __m256i, __m512i, _mm256_loadu_si256, _mm512_add_epi64, _mm512_and_si512,
    _mm512_castsi256_si512, _mm512_inserti64x4, _mm512_load_si512, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_shrdi_epi64,
    _mm512_shuffle_i64x2, _mm512_slli_epi64, _mm512_srli_epi64, _mm512_store_si512,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use zeroize::Zeroize;

use super::{COLUMNS, GROUP_BYTES, LANES, Lanes, SECTOR_BYTES, from_columns, padded};

cpufeatures::new!(cpuid, "avx512f", "avx512ifma", "avx512vbmi2");

pub(super) fn available() -> bool {
    cpuid::get()
}

const LIMB_BITS: usize = 52;
const MASK: u64 = (1 << LIMB_BITS) - 1;
/// Limbs of a sector, and of an integer below r.
const LIMBS: usize = 5;
/// The sector of a group that each lane holds: what the transposition of [`load`] makes cheap.
const ORDER: [usize; LANES] = [0, 1, 4, 5, 2, 3, 6, 7];

/// A group of eight powers takes five registers, limb by limb.
pub(super) fn pack(powers: &[[u64; 4]]) -> Vec<Lanes> {
    let mut out = vec![Lanes::default(); powers.len().div_ceil(LANES) * LIMBS];
    for (group, powers) in out.chunks_exact_mut(LIMBS).zip(powers.chunks(LANES)) {
        for (lane, sector) in ORDER.into_iter().enumerate() {
            let [a, b, c, d] = powers.get(sector).copied().unwrap_or_default();
            let limbs = [a, a >> 52 | b << 12, b >> 40 | c << 24, c >> 28 | d << 36, d >> 16];
            for (limbs, limb) in group.iter_mut().zip(limbs) {
                limbs.0[lane] = limb & MASK;
            }
        }
    }
    out
}

/// The limbs of the eight sectors at the start of `group`; each but the highest may carry bits
/// above its 52, which the multiplication leaves out.
///
/// # Safety
/// The processor has the instructions, and `GROUP_BYTES + 1` bytes can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
unsafe fn load(group: *const u8) -> [__m512i; LIMBS] {
    // SAFETY: sector k lies at 31 k; the last load ends at 7 * 31 + 32 = GROUP_BYTES + 1.
    let sector =
        |k: usize| unsafe { _mm256_loadu_si256(group.add(k * SECTOR_BYTES).cast::<__m256i>()) };
    let pair = |k: usize| {
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(sector(k)), sector(k + LANES / 2))
    };
    let rows = [pair(0), pair(1), pair(2), pair(3)];
    let low = [_mm512_unpacklo_epi64(rows[0], rows[1]), _mm512_unpacklo_epi64(rows[2], rows[3])];
    let high = [_mm512_unpackhi_epi64(rows[0], rows[1]), _mm512_unpackhi_epi64(rows[2], rows[3])];
    let w0 = _mm512_shuffle_i64x2::<0b10_00_10_00>(low[0], low[1]);
    let w1 = _mm512_shuffle_i64x2::<0b10_00_10_00>(high[0], high[1]);
    let w2 = _mm512_shuffle_i64x2::<0b11_01_11_01>(low[0], low[1]);
    let w3 = _mm512_shuffle_i64x2::<0b11_01_11_01>(high[0], high[1]);
    [
        w0,
        _mm512_shrdi_epi64::<52>(w0, w1),
        _mm512_shrdi_epi64::<40>(w1, w2),
        _mm512_shrdi_epi64::<28>(w2, w3),
        // The highest byte of the fourth word is the next sector's.
        _mm512_srli_epi64::<24>(_mm512_slli_epi64::<8>(w3)),
    ]
}

/// Calls `visit` with the index and the limbs of each group, the last one zero-padded.
///
/// # Safety
/// The processor has the instructions.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
unsafe fn for_each_group(block: &[u8], mut visit: impl FnMut(usize, [__m512i; LIMBS])) {
    // Whole groups behind which there is one more byte.
    let whole = block.len().saturating_sub(1) / GROUP_BYTES;
    for index in 0..whole {
        // SAFETY: index * GROUP_BYTES + GROUP_BYTES + 1 <= block.len().
        visit(index, unsafe { load(block.as_ptr().add(index * GROUP_BYTES)) });
    }
    let tail = &block[whole * GROUP_BYTES..];
    if !tail.is_empty() {
        let tail = padded(tail);
        // SAFETY: the padded tail has GROUP_BYTES + 8 bytes.
        visit(whole, unsafe { load(tail.as_ptr()) });
    }
}

/// `sum_j m_j * powers[j]`, not reduced, for at most 2048 sectors.
pub(super) fn inner_product(block: &[u8], powers: &[Lanes]) -> [u64; 9] {
    assert!(block.len() <= powers.len() / LIMBS * GROUP_BYTES && powers.len() <= 256 * LIMBS);
    // SAFETY: a table of this kernel exists where its instructions do.
    unsafe { inner_product_ifma(block, powers) }
}

/// A column takes at most 5 low and 5 high halves of each group, and there are 256 groups:
/// 2560 * 2^52 < 2^64.
///
/// # Safety
/// The processor has the instructions, and `powers` holds a power for each sector.
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
unsafe fn inner_product_ifma(block: &[u8], powers: &[Lanes]) -> [u64; 9] {
    let mut low = [_mm512_setzero_si512(); 2 * LIMBS - 1];
    let mut high = low;
    let add = |index: usize, m: [__m512i; LIMBS]| {
        for j in 0..LIMBS {
            // SAFETY: the block has no more groups than the table; Lanes are aligned.
            let power = unsafe { _mm512_load_si512(powers.as_ptr().add(index * LIMBS + j).cast()) };
            for i in 0..LIMBS {
                low[i + j] = _mm512_madd52lo_epu64(low[i + j], m[i], power);
                high[i + j] = _mm512_madd52hi_epu64(high[i + j], m[i], power);
            }
        }
    };
    // SAFETY: as for this function.
    unsafe { for_each_group(block, add) };
    let mut columns = [Lanes::default(); 2 * LIMBS];
    for (at, column) in columns.iter_mut().enumerate() {
        let zero = _mm512_setzero_si512();
        let low = low.get(at).copied().unwrap_or(zero);
        let high = at.checked_sub(1).map_or(zero, |below| high[below]);
        // SAFETY: Lanes are 64 aligned bytes.
        unsafe { _mm512_store_si512(column.0.as_mut_ptr().cast(), _mm512_add_epi64(low, high)) };
    }
    let sum = |column: &Lanes| column.0.iter().map(|lane| u128::from(*lane)).sum();
    let out = from_columns(columns.iter().map(sum), LIMB_BITS);
    columns.zeroize();
    out
}

/// Limbs of a weight.
const WEIGHT_LIMBS: usize = 3;

/// A group holds its eight sums side by side, column by column: 416 bits, where a product has 376.
/// That leaves room for more blocks than there are positions.
#[allow(clippy::cast_possible_truncation, reason = "a 128-bit weight is cut into three limbs")]
pub(super) fn combine(sums: &mut [Lanes], block: &[u8], weight: u128) {
    assert!(block.len() <= sums.len() / COLUMNS * GROUP_BYTES);
    let limbs = [0, 1, 2].map(|at| (weight >> (at * LIMB_BITS)) as u64 & MASK);
    // SAFETY: sums of this kernel exist where its instructions do; each group has its sums.
    unsafe { combine_ifma(sums, block, limbs) }
}

/// # Safety
/// The processor has the instructions, and `sums` has eight columns for each group.
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
unsafe fn combine_ifma(sums: &mut [Lanes], block: &[u8], weight: [u64; WEIGHT_LIMBS]) {
    let weight = weight.map(|limb| _mm512_set1_epi64(limb.cast_signed()));
    let add = |index: usize, m: [__m512i; LIMBS]| {
        let group = &mut sums[index * COLUMNS..(index + 1) * COLUMNS];
        let mut columns = [_mm512_setzero_si512(); COLUMNS];
        for (column, sum) in columns.iter_mut().zip(group.iter()) {
            // SAFETY: Lanes are 64 aligned bytes.
            *column = unsafe { _mm512_load_si512(sum.0.as_ptr().cast()) };
        }
        for i in 0..LIMBS {
            for j in 0..WEIGHT_LIMBS {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], m[i], weight[j]);
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], m[i], weight[j]);
            }
        }
        for (column, sum) in columns.into_iter().zip(group) {
            // SAFETY: as above.
            unsafe { _mm512_store_si512(sum.0.as_mut_ptr().cast(), column) };
        }
    };
    // SAFETY: as for this function.
    unsafe { for_each_group(block, add) };
}

/// Brings each column but the highest to 52 bits and the carry of the one below.
pub(super) fn carry(sums: &mut [Lanes]) {
    // SAFETY: sums of this kernel exist where its instructions do.
    unsafe { carry_ifma(sums) }
}

/// # Safety
/// The processor has the instructions.
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
unsafe fn carry_ifma(sums: &mut [Lanes]) {
    let mask = _mm512_set1_epi64(MASK.cast_signed());
    for group in sums.chunks_exact_mut(COLUMNS) {
        let mut carry = _mm512_setzero_si512();
        let (highest, others) = group.split_last_mut().expect("eight columns");
        for column in others {
            // SAFETY: Lanes are 64 aligned bytes.
            unsafe {
                let value = _mm512_load_si512(column.0.as_ptr().cast());
                let sum = _mm512_add_epi64(_mm512_and_si512(value, mask), carry);
                carry = _mm512_srli_epi64::<52>(value);
                _mm512_store_si512(column.0.as_mut_ptr().cast(), sum);
            }
        }
        // SAFETY: as above.
        unsafe {
            let value = _mm512_load_si512(highest.0.as_ptr().cast());
            _mm512_store_si512(highest.0.as_mut_ptr().cast(), _mm512_add_epi64(value, carry));
        }
    }
}

/// Of each sector the sum, in words.
pub(super) fn sums(group: &[Lanes]) -> [[u64; 8]; LANES] {
    let mut out = [[0; 8]; LANES];
    for (lane, sector) in ORDER.into_iter().enumerate() {
        let column = |column: &Lanes| u128::from(column.0[lane]);
        out[sector] = from_columns(group.iter().map(column), LIMB_BITS);
    }
    out
}
