//! Counts hashes without a hash table: an attacker who picks hashes gains nothing.

/// How often each of many 64-bit hashes came.
#[derive(Debug, Default)]
pub(super) struct Tally {
    recent: Vec<u64>,
    /// Rising by hash.
    counts: Vec<(u64, u32)>,
}

/// Hashes that are collected before they are sorted; more when more distinct ones are there, so
/// that each is merged a constant number of times on average.
const BATCH: usize = 1 << 18;

impl Tally {
    pub(super) fn push(&mut self, hash: u64) {
        if self.recent.len() >= BATCH.max(self.counts.len()) {
            self.settle();
        }
        self.recent.push(hash);
    }

    fn settle(&mut self) {
        self.recent.sort_unstable();
        let old = std::mem::take(&mut self.counts);
        let mut old = old.into_iter().peekable();
        for run in self.recent.chunk_by(|a, b| a == b) {
            let (hash, mut count) = (run[0], u32::try_from(run.len()).unwrap_or(u32::MAX));
            while let Some(before) = old.next_if(|(other, _)| *other < hash) {
                self.counts.push(before);
            }
            if let Some((_, before)) = old.next_if(|(other, _)| *other == hash) {
                count = count.saturating_add(before);
            }
            self.counts.push((hash, count));
        }
        self.counts.extend(old);
        self.recent.clear();
    }

    /// Each hash once, rising, with its count.
    pub(super) fn finish(mut self) -> Vec<(u64, u32)> {
        self.settle();
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::simhash::expand;

    #[test]
    fn counts_as_a_map_does_over_several_batches() {
        let mut tally = Tally::default();
        let mut map = BTreeMap::new();
        for i in 0..3 * BATCH as u64 + 5 {
            let hash = expand(i, 0) % (1 + i % 40_000);
            tally.push(hash);
            *map.entry(hash).or_insert(0) += 1;
        }
        assert_eq!(tally.finish(), map.into_iter().collect::<Vec<_>>());
        assert_eq!(Tally::default().finish(), []);
    }
}
