//! How two sequences of items compare: stretches of the one are laid along all of the other, at several
//! speeds and pitches; the best place is then followed to both ends.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "places of items, of which there are thousands"
)]

use super::{Bands, STRETCH};
use crate::align::Alignment;
use crate::{Level, Relation};

/// The best place of one recording along another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Likeness {
    /// How far agreement is over chance, in sixteenths of a deviation of independent bits.
    pub(crate) score: u32,
    /// Agreement of the bits, 1000 for all of them, 0 for half.
    pub(crate) permille: u32,
    pub(crate) alignment: Alignment,
}

/// An item is so long.
const ITEM_MS: i64 = 250;
/// Items that are laid along the other at a time: ten seconds.
const PROBE: usize = 40;
/// The most probes of a comparison.
const PROBES: usize = 16;
/// Fewer items side by side say nothing, unless the shorter recording has no more.
const LEAST: usize = 24;
/// 1 in speeds.
const UNIT: i64 = 8000;
/// Speeds of a probe: 10 % both ways.
const SPEEDS: [i64; 9] = [7200, 7400, 7600, 7800, 8000, 8200, 8400, 8600, 8800];
/// Finer speeds, when the place is known: 1.5 % both ways in steps of an eighth.
const FINER: i64 = 12;
const FINER_STEP: i64 = 10;
/// Half semitones both ways.
const PITCH: i32 = 5;

/// A place: item i of the one lies on item (at + (i - from) · speed) of the other, whose bits are `pitch`
/// higher.
#[derive(Debug, Clone, Copy)]
struct Place {
    from: i64,
    at: i64,
    speed: i64,
    pitch: i32,
}

impl Place {
    fn of(self, item: i64) -> i64 {
        self.at + scaled(item - self.from, self.speed)
    }
}

/// To the nearest item.
fn scaled(items: i64, speed: i64) -> i64 {
    (items * speed + UNIT / 2).div_euclid(UNIT)
}

fn mask(pitch: i32) -> u64 {
    u64::MAX >> pitch.unsigned_abs()
}

/// Bits of the one that have a counterpart, in its place, and of the other.
fn shifted(item: u64, pitch: i32) -> u64 {
    item >> pitch.max(0)
}

fn differing(item: u64, other: u64, pitch: i32) -> u32 {
    ((shifted(item, -pitch) ^ shifted(other, pitch)) & mask(pitch)).count_ones()
}

/// Agreement over chance of so many differing bits among all: in sixteenths of deviations, and in
/// thousandths.
fn over_chance(bits: u64, differing: u64) -> (u32, u32) {
    let excess = bits.saturating_sub(2 * differing);
    let deviation = (bits << 8).isqrt().max(1);
    ((256 * excess / deviation) as u32, (1000 * excess / bits.max(1)) as u32)
}

pub(crate) fn compare(a: &Bands, b: &Bands) -> Option<Likeness> {
    // Any order will do, as long as it is the same both ways round.
    let swapped = (a.total, &a.kept) > (b.total, &b.kept);
    let (short, long) = if swapped { (b, a) } else { (a, b) };
    let least = LEAST.min(short.kept.len());
    if least == 0 {
        return None;
    }
    let (place, score, permille) = probes(short)
        .filter_map(|(from, items)| best(from, items, long, least.min(items.len())))
        .max_by_key(|(_, score, _)| *score)?;
    let mut found = (place, score, permille);
    // The nearest first: short recordings don't tell fine speeds apart.
    for finer in (0..=FINER).flat_map(|finer| [finer, -finer]) {
        let finer = Place { speed: place.speed + finer * FINER_STEP, ..place };
        let (bits, apart, _) = along(finer, short, long);
        let (score, permille) = over_chance(bits, apart);
        if score > found.1 {
            found = (finer, score, permille);
        }
    }
    let (place, score, permille) = found;
    let (_, _, [first, end]) = along(place, short, long);
    let ms = |item: i64| (item.max(0) * ITEM_MS).min(u32::MAX.into()) as u32;
    let on_short = [ms(first), ms(end)];
    let on_long = [ms(place.of(first)), ms(place.of(end))];
    let speed = if swapped { 1000 * UNIT / place.speed } else { 1000 * place.speed / UNIT };
    let (one, other) = if swapped { (on_long, on_short) } else { (on_short, on_long) };
    let offset = place.of(0) * ITEM_MS;
    let offset = if swapped { -offset * UNIT / place.speed } else { offset };
    let [shorter, longer] = [short.total, long.total].map(u64::from);
    let covered = 1000 * (end - first).max(0) as u64 / shorter;
    let alignment = Alignment {
        begin_ms: [one[0], other[0]],
        end_ms: [one[1], other[1]],
        offset_ms: offset,
        speed_permille: speed as u32,
        bits: 128 * (1000 - permille) / 1000,
        distinct: (end - first).max(0) as u32,
        turned: false,
        pitch_cents: if swapped { 50 * place.pitch } else { -50 * place.pitch },
        covered: covered.min(1000) as u32,
        longer: (1000 * longer / shorter).min(1 << 20) as u32,
    };
    Some(Likeness { score, permille, alignment })
}

/// Parts of a recording that follow each other without a gap: where they begin, and their items.
fn runs(bands: &Bands) -> impl Iterator<Item = (i64, &[u64])> {
    let every = super::every(bands.total);
    let len = if every == 1 { bands.kept.len().max(1) } else { STRETCH as usize };
    let period = i64::from(every) * i64::from(STRETCH);
    bands.kept.chunks(len).zip(0..).map(move |(run, at)| (at * period, run))
}

/// Evenly over the recording.
fn probes(bands: &Bands) -> impl Iterator<Item = (i64, &[u64])> {
    let all: Vec<(i64, &[u64])> = runs(bands)
        .flat_map(|(from, run)| {
            let step = if run.len() < 2 * PROBE { PROBE / 2 } else { PROBE };
            let last = run.len().saturating_sub(PROBE);
            let starts = (0..last).step_by(step).chain([last]);
            starts.map(move |at| (from + at as i64, &run[at..(at + PROBE).min(run.len())]))
        })
        .collect();
    let count = all.len().min(PROBES);
    (0..count).map(move |at| all[at * all.len() / count])
}

/// The best place of a probe along all runs of the other.
fn best(from: i64, probe: &[u64], long: &Bands, least: usize) -> Option<(Place, u32, u32)> {
    let mut best: Option<(Place, u32, u32)> = None;
    let (mut others, mut apart) = (Vec::new(), Vec::new());
    for (start, run) in runs(long) {
        for pitch in -PITCH..=PITCH {
            others.clear();
            others.extend(run.iter().map(|item| shifted(*item, pitch)));
            for speed in SPEEDS {
                let places: Vec<usize> =
                    (0..probe.len()).map(|at| scaled(at as i64, speed) as usize).collect();
                let reach = places.last().copied().unwrap_or(0);
                // Place p puts the probe's first item on item p - reach of the run.
                apart.clear();
                apart.resize(run.len() + reach, 0u32);
                for (item, place) in probe.iter().zip(&places) {
                    let item = shifted(*item, -pitch);
                    let slots = &mut apart[reach - place..];
                    for (slot, other) in slots.iter_mut().zip(&others) {
                        *slot += ((item ^ other) & mask(pitch)).count_ones();
                    }
                }
                for (at, apart) in apart.iter().enumerate() {
                    // Items of the probe that lie on the run.
                    let first = places.partition_point(|place| at + place < reach);
                    let end = places.partition_point(|place| at + place < reach + run.len());
                    let count = end - first;
                    if count < least {
                        continue;
                    }
                    let bits = count as u64 * u64::from(mask(pitch).count_ones());
                    let (score, permille) = over_chance(bits, (*apart).into());
                    if best.is_none_or(|(_, most, _)| score > most) {
                        let at = start + at as i64 - reach as i64;
                        best = Some((Place { from, at, speed, pitch }, score, permille));
                    }
                }
            }
        }
    }
    best
}

/// Bits that lie on each other, those of them that differ, and from which to which item of the shorter
/// one the two go along.
fn along(place: Place, short: &Bands, long: &Bands) -> (u64, u64, [i64; 2]) {
    let every = i64::from(super::every(long.total));
    let stretch = i64::from(STRETCH);
    let kept = |at: i64| {
        if every == 1 || at < 0 {
            return usize::try_from(at).ok();
        }
        let (period, rest) = (at / (every * stretch), at % (every * stretch));
        (rest < stretch).then(|| (period * stretch + rest) as usize)
    };
    let (mut bits, mut apart) = (0, 0);
    for (from, run) in runs(short) {
        for (item, at) in run.iter().zip(from..) {
            if let Some(other) = kept(place.of(at)).and_then(|at| long.kept.get(at)) {
                bits += u64::from(mask(place.pitch).count_ones());
                apart += u64::from(differing(*item, *other, place.pitch));
            }
        }
    }
    // The ends of both, gaps and all.
    let back = |at: i64| place.from + (at - place.at) * UNIT / place.speed;
    let first = back(0).max(0);
    let end = back(long.total.into()).min(short.total.into());
    (bits, apart, [first, end])
}

impl Likeness {
    /// How the recordings seem to be related at a level, if they are.
    pub(crate) fn relation(&self, level: Level) -> Option<Relation> {
        let (score, permille) = match level {
            Level::Likely => (10, 200),
            Level::Dispute => (11, 220),
            Level::Registry => (14, 260),
        };
        if self.score < 16 * score || self.permille < permille {
            return None;
        }
        let Alignment { speed_permille, pitch_cents, covered, longer, .. } = self.alignment;
        Some(if covered < 800 {
            Relation::Overlapping
        } else if longer >= 1200 {
            Relation::Excerpt
        } else if pitch_cents != 0 || speed_permille.abs_diff(1000) > 7 {
            Relation::Retimed
        } else if self.permille >= 700 {
            Relation::Reformatted
        } else {
            Relation::Edited
        })
    }
}
