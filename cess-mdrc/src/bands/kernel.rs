//! Differing bits of an item and of all items that it may lie on, with the population count of the
//! processor that it runs on. What is beside silence, which is 0, differs in `half` of the bits.
#![allow(unsafe_code)]

/// Adds to each count the bits in which `item` and the item beside it differ.
#[cfg(target_arch = "x86_64")]
pub(super) fn add_differing(counts: &mut [u16], others: &[u64], item: u64, half: u16) {
    if std::arch::is_x86_feature_detected!("avx512vpopcntdq")
        && std::arch::is_x86_feature_detected!("avx512vl")
        && std::arch::is_x86_feature_detected!("avx512bw")
    {
        // SAFETY: the processor has the features that the function is compiled for.
        unsafe { with_avx512(counts, others, item, half) }
    } else if std::arch::is_x86_feature_detected!("popcnt") {
        // SAFETY: as above.
        unsafe { with_popcnt(counts, others, item, half) }
    } else {
        plain(counts, others, item, half);
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn add_differing(counts: &mut [u16], others: &[u64], item: u64, half: u16) {
    plain(counts, others, item, half);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512vpopcntdq,avx512vl,avx512bw,popcnt")]
fn with_avx512(counts: &mut [u16], others: &[u64], item: u64, half: u16) {
    plain(counts, others, item, half);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn with_popcnt(counts: &mut [u16], others: &[u64], item: u64, half: u16) {
    plain(counts, others, item, half);
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "there are 64 bits")]
fn plain(counts: &mut [u16], others: &[u64], item: u64, half: u16) {
    for (count, other) in counts.iter_mut().zip(others) {
        let silent = item == 0 || *other == 0;
        *count += if silent { half } else { (item ^ other).count_ones() as u16 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simhash::expand;

    #[test]
    fn every_kernel_equals_the_plain_one() {
        let mut others: Vec<u64> = (0..100).map(|at| expand(at, 0)).collect();
        others[5] = 0;
        for (item, len) in [(77, 0), (77, 1), (77, 7), (77, 63), (77, 100), (0, 9)] {
            let (mut expected, mut got) = (vec![9; len], vec![9; len]);
            plain(&mut expected, &others, item, 32);
            add_differing(&mut got, &others, item, 32);
            assert_eq!(got, expected);
            assert!(len <= 5 || got[5] == 9 + 32);
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("popcnt") {
                got.fill(9);
                // SAFETY: the processor has the feature that the function is compiled for.
                unsafe { with_popcnt(&mut got, &others, item, 32) };
                assert_eq!(got, expected);
            }
        }
    }
}
