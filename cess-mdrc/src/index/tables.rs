/// Parts that a hash is cut into, each of 16 bits.
const PARTS: usize = 16;
const VALUES: usize = 1 << 16;

/// For each part and each of its values, the rows that have it there.
///
/// Two hashes at most r apart, r = 16 s + a, are at most s apart in one of the first a + 1 parts or
/// at most s - 1 in one of the others: otherwise they'd be (a + 1)(s + 1) + (15 - a) s = r + 1 apart
/// (Norouzi et al. 2012, section 2.2).
pub(super) struct Tables {
    buckets: Vec<Vec<u32>>,
    /// All 16-bit masks, those with fewer bits first.
    masks: Vec<u16>,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

/// Part `part` of a hash.
fn value(hash: &[u64; 4], part: usize) -> usize {
    usize::from((hash[part / 4] >> (part % 4 * 16) & 0xffff) as u16)
}

/// How many 16-bit masks have at most `bits` bits.
const fn masks_within(bits: u32) -> usize {
    let (mut sum, mut term, mut i) = (0, 1, 0);
    while i <= bits && i <= 16 {
        sum += term;
        term = term * (16 - i as usize) / (i as usize + 1);
        i += 1;
    }
    sum
}

/// For each part, how far it has to be searched; none for those that needn't be.
fn radii(radius: u32) -> impl Iterator<Item = (usize, u32)> {
    let (all, more) = (radius / 16, radius % 16);
    (0..PARTS).filter_map(move |part| {
        let far = if part <= more as usize { Some(all) } else { all.checked_sub(1) };
        far.map(|far| (part, far))
    })
}

/// What looking into a bucket and at a candidate cost, in hashes that are scanned meanwhile.
const PROBE: usize = 24;
const CANDIDATE: usize = 6;

impl Tables {
    pub(super) fn new(hashes: &[[u64; 4]]) -> Self {
        let mut sizes = vec![0u32; PARTS * VALUES];
        for hash in hashes {
            (0..PARTS).for_each(|part| sizes[part * VALUES + value(hash, part)] += 1);
        }
        let buckets = sizes.iter().map(|size| Vec::with_capacity(*size as usize)).collect();
        let mut masks: Vec<u16> = (0..=u16::MAX).collect();
        masks.sort_by_key(|mask| mask.count_ones());
        let mut tables = Self { buckets, masks };
        for (row, hash) in (0..).zip(hashes) {
            tables.insert(hash, row);
        }
        tables
    }

    pub(super) fn insert(&mut self, hash: &[u64; 4], row: u32) {
        for part in 0..PARTS {
            self.buckets[part * VALUES + value(hash, part)].push(row);
        }
    }

    pub(super) fn remove(&mut self, hash: &[u64; 4], row: u32) {
        for part in 0..PARTS {
            let bucket = &mut self.buckets[part * VALUES + value(hash, part)];
            if let Some(at) = bucket.iter().position(|held| *held == row) {
                bucket.swap_remove(at);
            }
        }
    }

    /// Row `old` is now row `row`.
    pub(super) fn renumber(&mut self, hash: &[u64; 4], row: u32, old: usize) {
        for part in 0..PARTS {
            let bucket = &mut self.buckets[part * VALUES + value(hash, part)];
            if let Some(held) = bucket.iter_mut().find(|held| **held as usize == old) {
                *held = row;
            }
        }
    }

    /// Whether the tables are cheaper than a scan.
    pub(super) fn pays(radius: u32, len: usize) -> bool {
        let probes: usize = radii(radius).map(|(_, far)| masks_within(far)).sum();
        let candidates = probes.saturating_mul(len) / VALUES;
        probes.saturating_mul(PROBE) + candidates.saturating_mul(CANDIDATE) < len
    }

    /// Calls `look` with each row that could be within the radius, some of them several times.
    pub(super) fn candidates(&self, hash: &[u64; 4], radius: u32, mut look: impl FnMut(u32)) {
        for (part, far) in radii(radius) {
            let own = value(hash, part);
            let buckets = &self.buckets[part * VALUES..(part + 1) * VALUES];
            for mask in &self.masks[..masks_within(far)] {
                buckets[own ^ usize::from(*mask)].iter().for_each(|row| look(*row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_counted_as_they_are() {
        for bits in 0..=17 {
            let expected = (0..=u16::MAX).filter(|mask| mask.count_ones() <= bits).count();
            assert_eq!(masks_within(bits), expected);
        }
    }

    #[test]
    fn the_parts_of_a_radius_leave_no_gap() {
        for radius in 0..=256 {
            // The farthest hash that no part finds: each part just past its radius.
            let found: Vec<(usize, u32)> = radii(radius).collect();
            let missed: u32 = (0..PARTS)
                .map(|part| found.iter().find(|(p, _)| *p == part).map_or(0, |(_, far)| far + 1))
                .sum();
            assert!(missed > radius, "{radius}");
        }
    }

    #[test]
    fn small_radii_pay_among_many() {
        assert!(Tables::pays(31, 1_000_000) && Tables::pays(31, 10_000_000));
        assert!(!Tables::pays(90, 10_000_000) && !Tables::pays(256, 1 << 30));
    }
}
