//! Distances to many hashes, with the population count of the processor that it runs on.
#![allow(unsafe_code)]

/// Bits in which two hashes differ.
#[inline]
pub(super) fn distance(a: &[u64; 4], b: &[u64; 4]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// Hashes whose distances are computed before any is looked at.
const BLOCK: usize = 64;

/// Calls `report` with row and distance of each hash at most `radius` bits away.
pub(super) fn scan(
    hashes: &[[u64; 4]],
    query: &[u64; 4],
    radius: u32,
    report: &mut impl FnMut(usize, u32),
) {
    let mut first = 0;
    for block in hashes.chunks(BLOCK) {
        let mut distances = [u32::MAX; BLOCK];
        distances_of(block, query, &mut distances);
        let nearest = distances.iter().copied().min().unwrap_or(u32::MAX);
        if nearest <= radius {
            for (at, distance) in distances.iter().enumerate().take(block.len()) {
                if *distance <= radius {
                    report(first + at, *distance);
                }
            }
        }
        first += BLOCK;
    }
}

#[cfg(target_arch = "x86_64")]
fn distances_of(block: &[[u64; 4]], query: &[u64; 4], out: &mut [u32; BLOCK]) {
    if std::arch::is_x86_feature_detected!("avx512vpopcntdq")
        && std::arch::is_x86_feature_detected!("avx512vl")
    {
        // SAFETY: the processor has the features that the function is compiled for.
        unsafe { with_avx512(block, query, out) }
    } else if std::arch::is_x86_feature_detected!("popcnt") {
        // SAFETY: as above.
        unsafe { with_popcnt(block, query, out) }
    } else {
        plain(block, query, out);
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn distances_of(block: &[[u64; 4]], query: &[u64; 4], out: &mut [u32; BLOCK]) {
    plain(block, query, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512vpopcntdq,avx512vl,popcnt")]
fn with_avx512(block: &[[u64; 4]], query: &[u64; 4], out: &mut [u32; BLOCK]) {
    plain(block, query, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn with_popcnt(block: &[[u64; 4]], query: &[u64; 4], out: &mut [u32; BLOCK]) {
    plain(block, query, out);
}

#[inline(always)]
fn plain(block: &[[u64; 4]], query: &[u64; 4], out: &mut [u32; BLOCK]) {
    for (distance, hash) in out.iter_mut().zip(block) {
        *distance = self::distance(hash, query);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simhash::expand;

    #[test]
    fn every_kernel_equals_the_plain_one() {
        let hashes: Vec<[u64; 4]> =
            (0..BLOCK as u64).map(|i| [0, 1, 2, 3].map(|at| expand(i, at))).collect();
        let query = [5, 6, 7, 8].map(|at| expand(77, at));
        for len in [0, 1, 7, 63, BLOCK] {
            let (mut expected, mut got) = ([9; BLOCK], [9; BLOCK]);
            plain(&hashes[..len], &query, &mut expected);
            distances_of(&hashes[..len], &query, &mut got);
            assert_eq!(got, expected);
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("popcnt") {
                // SAFETY: the processor has the feature that the function is compiled for.
                unsafe { with_popcnt(&hashes[..len], &query, &mut got) };
                assert_eq!(got, expected);
            }
        }
    }

    #[test]
    fn a_scan_reports_each_row_within_the_radius_once() {
        let hashes: Vec<[u64; 4]> = (0..1000).map(|i| [(1 << (i % 60)) - 1, 0, 0, 0]).collect();
        let mut rows = Vec::new();
        scan(&hashes, &[0; 4], 12, &mut |row, distance| rows.push((row, distance)));
        let all = (0..1000).zip((0..60).cycle());
        let expected: Vec<(usize, u32)> = all.filter(|(_, ones)| *ones <= 12).collect();
        assert_eq!(rows, expected);
    }
}
