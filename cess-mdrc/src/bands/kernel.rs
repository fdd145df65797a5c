//! Differing bits of an item and of all items that it may lie on, with the population count of the
//! processor that it runs on.
#![allow(unsafe_code)]

/// Adds to each count the bits in which `item` and the item beside it differ.
#[cfg(target_arch = "x86_64")]
pub(super) fn add_differing(counts: &mut [u16], others: &[u64], item: u64) {
    if std::arch::is_x86_feature_detected!("avx512vpopcntdq")
        && std::arch::is_x86_feature_detected!("avx512vl")
        && std::arch::is_x86_feature_detected!("avx512bw")
    {
        // SAFETY: the processor has the features that the function is compiled for.
        unsafe { with_avx512(counts, others, item) }
    } else if std::arch::is_x86_feature_detected!("popcnt") {
        // SAFETY: as above.
        unsafe { with_popcnt(counts, others, item) }
    } else {
        plain(counts, others, item);
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn add_differing(counts: &mut [u16], others: &[u64], item: u64) {
    plain(counts, others, item);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512vpopcntdq,avx512vl,avx512bw,popcnt")]
fn with_avx512(counts: &mut [u16], others: &[u64], item: u64) {
    plain(counts, others, item);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn with_popcnt(counts: &mut [u16], others: &[u64], item: u64) {
    plain(counts, others, item);
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "there are 64 bits")]
fn plain(counts: &mut [u16], others: &[u64], item: u64) {
    for (count, other) in counts.iter_mut().zip(others) {
        *count += (item ^ other).count_ones() as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simhash::expand;

    #[test]
    fn every_kernel_equals_the_plain_one() {
        let others: Vec<u64> = (0..100).map(|at| expand(at, 0)).collect();
        for len in [0, 1, 7, 63, 100] {
            let (mut expected, mut got) = (vec![9; len], vec![9; len]);
            plain(&mut expected, &others, 77);
            add_differing(&mut got, &others, 77);
            assert_eq!(got, expected);
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("popcnt") {
                got.fill(9);
                // SAFETY: the processor has the feature that the function is compiled for.
                unsafe { with_popcnt(&mut got, &others, 77) };
                assert_eq!(got, expected);
            }
        }
    }
}
