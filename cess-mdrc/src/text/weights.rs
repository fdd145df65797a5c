//! How much a feature tells, from a table that is made from public-domain text.
//!
//! A feature of rarity r is in a share of 100^(-r/15) of all stretches of [`STRETCH`] bytes: 0 in
//! each, [`RARE`] in less than a hundredth of them.

/// Sorted entries of four bytes, little-endian: the highest 28 bits of the feature's hash, and its
/// rarity in the lowest four. `cargo xtask mdrc-bench table` makes it.
static TABLE: &[u8] = include_bytes!("weights.bin");

/// The rarity of what isn't in the table.
pub(super) const RARE: u8 = 15;

/// Bytes of folded words that a share is about.
const STRETCH: u64 = 2000;

/// How often a feature of each rarity comes in a stretch on average, in units of 2^-16:
/// -ln(1 - 100^(-r/15)) if it falls as rain does, at most of a share of 0.98; 0.005 for the rare.
const RATES: [u64; 16] = [
    256378, 87193, 51057, 33271, 22710, 15901, 11309, 8124, 5877, 4271, 3115, 2277, 1667, 1222,
    897, 328,
];

/// 0 for what is in every text to [`RARE`].
pub(super) fn rarity(feature: u64) -> u8 {
    let entries = TABLE.as_chunks::<4>().0;
    let key = (feature >> 36) as u32 & !15;
    let at = entries.partition_point(|entry| u32::from_le_bytes(*entry) < key);
    let found = entries.get(at).map(|entry| u32::from_le_bytes(*entry));
    found.filter(|entry| entry & !15 == key).map_or(RARE, |entry| (entry & 15) as u8)
}

/// How much more often a feature is in a text of `bytes` than in others as long: log2(1 + count)
/// less twice log2(1 + expected), in units of 2^-8, nothing below zero.
///
/// So what every long text has doesn't make long texts alike.
pub(super) fn excess(count: u32, rarity: u8, bytes: u64) -> u32 {
    let expected = RATES[usize::from(rarity & 15)].saturating_mul(bytes) / STRETCH;
    let (here, elsewhere) = (log2((1 + u64::from(count)) << 16), log2((1 << 16) + expected));
    here.saturating_sub(2 * elsewhere)
}

/// The logarithm of a number in units of 2^-16, at least 1, in units of 2^-8: drawn straight
/// between powers of two.
fn log2(value: u64) -> u32 {
    let whole = value.ilog2().max(16);
    // The eight bits after the highest one.
    let fraction = if whole >= 8 { value >> (whole - 8) } else { value << (8 - whole) };
    ((whole - 16) << 8) | (fraction & 255) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_key_twice() {
        let keys: Vec<u32> =
            TABLE.as_chunks::<4>().0.iter().map(|entry| u32::from_le_bytes(*entry) >> 4).collect();
        assert!(keys.len() > 10_000 && TABLE.len().is_multiple_of(4));
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn rates_are_those_of_the_formula() {
        for (rarity, rate) in RATES.iter().enumerate().take(15) {
            let share = 100f64.powf(-(rarity as f64) / 15.0).min(0.98);
            let expected = -(1.0 - share).ln() * 65_536.0;
            assert!((*rate as f64 - expected).abs() <= 0.5, "rarity {rarity}");
        }
    }

    #[test]
    fn the_logarithm_is_exact_at_powers_of_two_and_near_between() {
        for exponent in 0..40 {
            assert_eq!(log2(1 << (16 + exponent)), exponent << 8);
        }
        for value in [3, 11, 100, 12_345u32] {
            let got = f64::from(log2(u64::from(value) << 16)) / 256.0;
            assert!((got - f64::from(value).log2()).abs() < 0.09, "{value}: {got}");
        }
    }

    #[test]
    fn what_is_expected_tells_nothing_and_what_is_rare_tells_the_more_the_oftener() {
        assert_eq!(excess(5, 0, 10_000), 0);
        assert_eq!(excess(1, RARE, 0), 256);
        assert!(excess(3, RARE, 10_000) > excess(1, RARE, 10_000));
        assert!(excess(3, RARE, 10_000_000) < excess(3, RARE, 10_000));
        assert!(excess(u32::MAX, RARE, u64::MAX) < 1 << 13);
    }
}
