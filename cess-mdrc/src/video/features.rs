//! What is taken of the frames that are kept.

#![expect(clippy::cast_possible_truncation, reason = "values are clamped")]

use std::ops::Range;

use super::select::Selection;
use crate::image::reduce::{Area, Grid};
use crate::image::view::View;
use crate::image::{frequencies, id};
use crate::sequence::{FrameHash, Sequence};
use crate::simhash::Accumulator;
use crate::{Certificate, Simhash};

/// In the order of the encoding: a turned part is about as large as the middle one.
const VIEWS: [View; crate::sequence::VIEWS] = [
    View { bordered: false, turn: 0, centre: [0, 0], share: [1000, 1000] },
    View { bordered: false, turn: 0, centre: [0, 0], share: [900, 900] },
    View { bordered: false, turn: 30, centre: [0, 0], share: [980, 980] },
    View { bordered: false, turn: -30, centre: [0, 0], share: [980, 980] },
    View { bordered: true, turn: 0, centre: [0, 0], share: [1000, 1000] },
    View { bordered: false, turn: 0, centre: [0, -300], share: [1000, 700] },
    View { bordered: false, turn: 0, centre: [0, 300], share: [1000, 700] },
];

/// Frames with less to them than this (quality of a picture) are left out: black, white, fades.
const BLANK: u8 = 10;
/// Frames before and after one, and the time, that its border is looked for in, too.
const AROUND: usize = 3;
const AROUND_MS: u32 = 750;
/// How far cells of a border may be from its colour, in 1/256 of a level.
const NOISE: u16 = 4 << 8;
/// Frames that must differ for a clip to say more than a picture does.
const DISTINCT: usize = 3;
/// Frames at the shortest step for full quality: three seconds.
const ENOUGH: usize = 48;

/// The frames' hashes, the ID, and the quality.
pub(super) fn of(selection: &Selection) -> (Sequence, Simhash, u8) {
    let quality = |grid: &Grid, area| id::quality(&frequencies::of(grid, area, VIEWS[0]));
    let visible: Vec<_> =
        selection.frames.iter().filter(|(_, grid)| quality(grid, Area::WHOLE) >= BLANK).collect();
    let borders: Vec<Area> =
        visible.iter().map(|(_, grid)| grid.without_border_of(NOISE)).collect();
    let mut sum = Accumulator::new();
    let (mut frames, mut qualities) = (Vec::new(), 0);
    for (at, (time_ms, grid)) in visible.iter().enumerate() {
        let area = area(&borders[around(&visible, at)]);
        let all = frequencies::of(grid, area, VIEWS[0]);
        for (feature, value) in id::features(&all, grid.aspect(area)) {
            sum.add_signed(feature, value);
        }
        qualities += usize::from(id::quality(&all));
        let views = VIEWS.map(|view| frequencies::signs(&frequencies::of(grid, area, view)));
        frames.push(FrameHash { time_ms: *time_ms, views });
    }
    let sequence = Sequence { step_ms: selection.step_ms, frames, sound: None };
    let mean = qualities / visible.len().max(1);
    let enough = mean * visible.len().min(ENOUGH) / ENOUGH;
    let least = usize::from(Certificate::MIN_QUALITY) - 1;
    let quality = if sequence.distinct() < DISTINCT { enough.min(least) } else { enough };
    (sequence, sum.finish(), quality.min(100) as u8)
}

/// The frames that a frame's border is looked for in.
fn around<T>(frames: &[&(u32, T)], at: usize) -> Range<usize> {
    let time = frames[at].0;
    let begin = frames.partition_point(|frame| frame.0 < time.saturating_sub(AROUND_MS));
    let end = frames.partition_point(|frame| frame.0 <= time.saturating_add(AROUND_MS));
    begin.min(at.saturating_sub(AROUND))..end.max(at + AROUND + 1).min(frames.len())
}

/// The border that most of some neighbouring frames have, on each side: a dark moment says nothing of
/// it, and what is put together of others' clips has borders that change.
fn area(areas: &[Area]) -> Area {
    let usual = |side: fn(&Area) -> usize, whole: usize| {
        let mut depths: Vec<usize> = areas.iter().map(|area| whole.abs_diff(side(area))).collect();
        depths.sort_unstable();
        depths.get((depths.len() - 1) / 2).copied().unwrap_or(0)
    };
    let Area { right, bottom, .. } = Area::WHOLE;
    Area {
        left: usual(|area| area.left, 0),
        top: usual(|area| area.top, 0),
        right: right - usual(|area| area.right, right),
        bottom: bottom - usual(|area| area.bottom, bottom),
    }
}
