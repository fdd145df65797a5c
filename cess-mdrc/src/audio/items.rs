//! From rows to the items of the sketch, and to the sums that the ID is made of.

use std::collections::VecDeque;

use super::spectrum::{ONE, Row};

/// Rows between the two that are compared: half a second.
const APART: usize = 8;
/// Rows from an item to the next: a quarter of a second.
const STEP: u64 = 4;
/// Changes of a row: of the contrast between each band and the one a semitone over it.
pub(super) const CHANGES: usize = 64;
type Changes = [i32; CHANGES];
/// Larger changes are no surer.
const LARGEST: i32 = 3 * ONE;

/// Rows between two changes that are multiplied.
pub(super) const LAGS: [usize; 9] = [0, 2, 4, 6, 8, 12, 16, 24, 32];
/// Intervals between two changes that are multiplied: semitones up to an octave, and back.
pub(super) const INTERVALS: usize = 13;
/// Of each lag and interval, the later change higher and lower.
pub(super) const PRODUCTS: usize = LAGS.len() * INTERVALS * 2;
/// Parts of the spectrum whose changes are multiplied with each other's.
pub(super) const PARTS: usize = 8;
pub(super) const PART_LAGS: [usize; 3] = [0, 8, 16];

/// Sums over a recording.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// Changes of level, and their squares.
    pub(super) changes: u64,
    pub(super) squares: i64,
    /// By lag, interval, direction: products, and how many.
    pub(super) products: [(i64, i64); PRODUCTS],
    /// By lag, the later part, the earlier part.
    pub(super) parts: [[[i64; PARTS]; PARTS]; PART_LAGS.len()],
    /// By lag.
    pub(super) pairs: [i64; PART_LAGS.len()],
}

pub(super) struct Items {
    rows: VecDeque<Row>,
    changes: VecDeque<Changes>,
    made: u64,
    pub(super) items: Vec<u64>,
    pub(super) sums: Sums,
}

impl Items {
    pub(super) fn new() -> Self {
        let sums = Sums {
            changes: 0,
            squares: 0,
            products: [(0, 0); PRODUCTS],
            parts: [[[0; PARTS]; PARTS]; PART_LAGS.len()],
            pairs: [0; PART_LAGS.len()],
        };
        Self { rows: VecDeque::new(), changes: VecDeque::new(), made: 0, items: Vec::new(), sums }
    }

    pub(super) fn push(&mut self, row: Row) {
        if self.rows.len() == APART
            && let Some(before) = self.rows.pop_front()
        {
            let contrast = |row: &Row, at: usize| row[at] - row[at + 2];
            let changes: Changes =
                std::array::from_fn(|at| contrast(&row, at) - contrast(&before, at));
            if self.made.is_multiple_of(STEP) {
                let bit = |at: usize| u64::from(changes[at] > 0) << at;
                self.items.push((0..CHANGES).map(bit).sum());
            }
            self.made += 1;
            self.changes.push_front(changes.map(|change| change.clamp(-LARGEST, LARGEST)));
            self.changes.truncate(LAGS[LAGS.len() - 1] + 1);
            self.sums.change(&self.changes);
        }
        self.rows.push_back(row);
    }
}

impl Sums {
    /// The latest changes come first.
    fn change(&mut self, changes: &VecDeque<Changes>) {
        let Some(late) = changes.front() else { return };
        let dot = |a: &[i32], b: &[i32]| {
            // At most 64 · (3 · 256)², within 31 bits.
            i64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<i32>())
        };
        self.changes += CHANGES as u64;
        self.squares += dot(late, late);
        let mut products = self.products.iter_mut();
        for lag in LAGS {
            let Some(early) = changes.get(lag) else { break };
            for interval in 0..INTERVALS {
                let up = 2 * interval;
                let kept = CHANGES - up;
                for value in [dot(&late[up..], &early[..kept]), dot(&late[..kept], &early[up..])] {
                    if let Some((sum, count)) = products.next() {
                        *sum += value;
                        *count += kept as i64;
                    }
                }
            }
        }
        let part = |changes: &Changes| -> [i64; PARTS] {
            let mut parts = changes.as_chunks::<{ CHANGES / PARTS }>().0.iter();
            std::array::from_fn(|_| {
                parts.next().map_or(0, |part| i64::from(part.iter().sum::<i32>()))
            })
        };
        let later = part(late);
        for (at, lag) in PART_LAGS.into_iter().enumerate() {
            let Some(early) = changes.get(lag) else { break };
            let earlier = part(early);
            self.pairs[at] += 1;
            for (sums, later) in self.parts[at].iter_mut().zip(later) {
                for (sum, earlier) in sums.iter_mut().zip(earlier) {
                    *sum += later * earlier;
                }
            }
        }
    }
}
