//! Which frames are kept: one at each step of media time, and one after each change of scene.

use std::rc::Rc;

use crate::image::reduce::{CELLS, Grid};
use crate::sequence::{CUTS, STEP_MS, STEPS};

/// Cells along each side of what two frames are compared by.
const SIDE: usize = 16;
/// How much two neighbouring frames must differ in the mean to be of two scenes, in 1/256 of a
/// level, and how many times more than those before them did.
const CUT: u32 = 8 << 8;
const CUT_OVER_CALM: u32 = 3;

/// Cells of a [`Small`].
const COUNT: u32 = 256;

type Small = [u16; COUNT as usize];

/// Takes frames in their order and keeps a bounded number.
pub(super) struct Selector {
    step_ms: u32,
    next_ms: u32,
    steps: Vec<(u32, Rc<Grid>)>,
    /// With how much changed.
    cuts: Vec<(u32, u32, Rc<Grid>)>,
    last: Option<(Rc<Grid>, Small)>,
    last_ms: u32,
    /// Mean change of the frames before.
    calm: u32,
}

/// What was kept, by time, each time once.
pub(super) struct Selection {
    pub(super) step_ms: u32,
    pub(super) frames: Vec<(u32, Rc<Grid>)>,
}

impl Selector {
    pub(super) fn new() -> Self {
        let (steps, cuts) = (Vec::new(), Vec::new());
        Self { step_ms: STEP_MS, next_ms: 0, steps, cuts, last: None, last_ms: 0, calm: 0 }
    }

    pub(super) fn take(&mut self, time_ms: u32, grid: Grid) {
        let (small, grid) = (small(&grid), Rc::new(grid));
        if let Some((last, before)) = self.last.take() {
            let change = change(&before, &small);
            if change >= CUT && change >= CUT_OVER_CALM * self.calm {
                self.cuts.push((time_ms, change, Rc::clone(&grid)));
                if self.cuts.len() >= 2 * CUTS {
                    self.strongest();
                }
            }
            self.calm = (7 * self.calm + change) / 8;
            self.step_to(time_ms, &last);
        }
        self.last = Some((grid, small));
        self.last_ms = time_ms;
    }

    /// Keeps what is shown at each step before a time.
    fn step_to(&mut self, time_ms: u32, shown: &Rc<Grid>) {
        while self.next_ms < time_ms {
            self.steps.push((self.next_ms, Rc::clone(shown)));
            if self.steps.len() > STEPS {
                self.step_ms *= 2;
                let step_ms = self.step_ms;
                self.steps.retain(|(time, _)| time % step_ms == 0);
            }
            self.next_ms = (self.next_ms / self.step_ms + 1) * self.step_ms;
        }
    }

    fn strongest(&mut self) {
        self.cuts.sort_by_key(|(time, change, _)| (std::cmp::Reverse(*change), *time));
        self.cuts.truncate(CUTS);
    }

    pub(super) fn finish(mut self) -> Selection {
        if let Some((last, _)) = self.last.take() {
            self.step_to(self.last_ms.saturating_add(1), &last);
        }
        self.strongest();
        let cuts = self.cuts.into_iter().map(|(time, _, grid)| (time, grid));
        let mut frames: Vec<_> = self.steps.into_iter().chain(cuts).collect();
        frames.sort_by_key(|(time, _)| *time);
        frames.dedup_by_key(|(time, _)| *time);
        Selection { step_ms: self.step_ms, frames }
    }
}

fn small(grid: &Grid) -> Small {
    const CELL: usize = CELLS / SIDE;
    let mut means = [0u32; COUNT as usize];
    for y in 0..CELLS {
        for (x, cell) in grid.row(y).iter().enumerate() {
            means[y / CELL * SIDE + x / CELL] += u32::from(*cell);
        }
    }
    means.map(|sum| u16::try_from(sum as usize / (CELL * CELL)).unwrap_or(u16::MAX))
}

fn change(a: &Small, b: &Small) -> u32 {
    let sum: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    sum / COUNT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Picture;

    fn grid(level: u8) -> Grid {
        Grid::of(&Picture::from_samples(8, 8, 1, vec![level; 64]).unwrap())
    }

    fn times(selection: &Selection) -> Vec<u32> {
        selection.frames.iter().map(|(time, _)| *time).collect()
    }

    #[test]
    fn keeps_what_is_shown_at_each_step_and_after_a_cut() {
        let mut selector = Selector::new();
        for frame in 0..10u32 {
            selector.take(frame * 40, grid(if frame < 4 { 50 } else { 90 }));
        }
        let kept = selector.finish();
        assert_eq!(times(&kept), [0, 64, 128, 160, 192, 256, 320]);
        let levels: Vec<u16> = kept.frames.iter().map(|(_, grid)| grid.row(0)[0] >> 8).collect();
        assert_eq!(levels, [50, 50, 50, 90, 90, 90, 90]);
    }

    #[test]
    fn the_steps_of_a_long_clip_are_longer_and_their_number_bounded() {
        for seconds in [256, 260, 300, 600, 4 * 3600] {
            let mut selector = Selector::new();
            (0..seconds).for_each(|second| selector.take(second * 1000, grid(7)));
            let kept = selector.finish();
            assert!(kept.frames.len() <= STEPS && kept.frames.len() * 3 >= STEPS);
            assert!(times(&kept).iter().all(|time| time % kept.step_ms == 0));
            assert_eq!(kept.step_ms.count_ones(), STEP_MS.count_ones(), "doubled steps");
        }
    }

    #[test]
    fn of_many_cuts_the_strongest_are_kept() {
        let mut selector = Selector::new();
        for scene in 0..300u32 {
            let level = (scene % 2) * if scene % 10 == 0 { 200 } else { 100 };
            (0..40).for_each(|frame| {
                selector.take(scene * 4000 + frame * 100 + 7, grid(level.to_le_bytes()[0]));
            });
        }
        let kept = selector.finish();
        let cuts = times(&kept).iter().filter(|time| *time % kept.step_ms != 0).count();
        assert_eq!(cuts, CUTS);
    }
}
