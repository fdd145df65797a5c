//! How two sequences of items compare: stretches of the one are laid along all of the other, at several
//! speeds and pitches; the best place is then followed to both ends.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "places of items, of which there are thousands"
)]

use super::{Bands, STRETCH, kernel};
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
/// Items of a probe that are laid without a stretch between them.
const PIECE: usize = 5;
/// Places before and after a run that a probe's first item may have, more than the longest probe.
const MARGIN: usize = 48;
/// Speeds of a probe: 10 % both ways, the likeliest first.
const SPEEDS: [i64; 9] = [8000, 7800, 8200, 7600, 8400, 7400, 8600, 7200, 8800];
/// Finer speeds, when the place is known: 1.5 % both ways in steps of an eighth.
const FINER: i64 = 12;
const FINER_STEP: i64 = 10;
/// Pitches of a probe in half semitones, the likeliest first.
const PITCHES: [i32; 11] = [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5];

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
    ((256 * excess / deviation(bits)) as u32, (1000 * excess / bits.max(1)) as u32)
}

/// Of so many bits by chance, in sixteenths.
fn deviation(bits: u64) -> u64 {
    (bits << 8).isqrt().max(1)
}

/// Items with so few bits are of silence, or of a tone that stays: where nothing changes, bits are 0.
/// That two recordings are silent, each for a while, is no likeness.
const SILENT: u32 = 8;

pub(crate) fn is_silent(item: u64) -> bool {
    item.count_ones() <= SILENT
}

/// With 0 for all that is silent.
fn without_noise(bands: &Bands) -> Bands {
    let heard = |item: &u64| if is_silent(*item) { 0 } else { *item };
    Bands { total: bands.total, kept: bands.kept.iter().map(heard).collect() }
}

pub(crate) fn compare(a: &Bands, b: &Bands) -> Option<Likeness> {
    let (a, b) = (&without_noise(a), &without_noise(b));
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
        marked: false,
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

/// A probe at a speed.
struct Laid {
    speed: i64,
    /// Where the first item of each piece lies, counted from that of the probe, and how many items it has. The
    /// middle of a piece is where the speed puts it; its items are so few that they go along unstretched.
    pieces: Vec<(usize, usize)>,
    /// Where the last item ends.
    end: usize,
}

impl Laid {
    fn new(len: usize, speed: i64) -> Self {
        let half = PIECE as i64 / 2;
        let first = |at: usize| (scaled(at as i64 + half, speed) - half).max(0) as usize;
        let pieces: Vec<(usize, usize)> =
            (0..len).step_by(PIECE).map(|at| (first(at), PIECE.min(len - at))).collect();
        let end = pieces.iter().map(|(at, len)| at + len).max().unwrap_or(0);
        Self { speed, pieces, end }
    }

    /// Items that lie on a run which begins at `MARGIN`, when the probe's first is at `at`.
    fn count(&self, at: usize, run: usize) -> usize {
        let on_run = |place: usize| place.clamp(MARGIN, MARGIN + run);
        self.pieces.iter().map(|(piece, len)| on_run(at + piece + len) - on_run(at + piece)).sum()
    }
}

/// The best place of a probe along all runs of the other.
fn best(from: i64, probe: &[u64], long: &Bands, least: usize) -> Option<(Place, u32, u32)> {
    let speeds = SPEEDS.map(|speed| Laid::new(probe.len(), speed));
    let mut best: Option<(Place, u32, u32)> = None;
    let (mut others, mut rows, mut apart) = (Vec::new(), Vec::new(), Vec::new());
    for (start, run) in runs(long) {
        // A row has the differing bits of a piece for each place of its first item, from `MARGIN` before the run.
        let width = run.len() + 2 * MARGIN;
        for pitch in PITCHES {
            let bits = u64::from(mask(pitch).count_ones());
            let half = bits.div_ceil(2) as u16;
            let deviations: [u64; PROBE + 1] =
                std::array::from_fn(|count| deviation(bits * count as u64));
            others.clear();
            others.extend(run.iter().map(|item| shifted(*item, pitch) & mask(pitch)));
            rows.clear();
            rows.resize(probe.len().div_ceil(PIECE) * width, 0u16);
            for (row, piece) in rows.chunks_exact_mut(width).zip(probe.chunks(PIECE)) {
                for (at, item) in piece.iter().enumerate() {
                    let item = shifted(*item, -pitch) & mask(pitch);
                    kernel::add_differing(&mut row[MARGIN - at..], &others, item, half);
                }
            }
            for laid in &speeds {
                apart.clear();
                apart.resize(MARGIN + run.len(), 0u16);
                for (row, (at, _)) in rows.chunks_exact(width).zip(&laid.pieces) {
                    apart.iter_mut().zip(&row[*at..]).for_each(|(sum, apart)| *sum += apart);
                }
                let mut look = |at: usize, count: usize| {
                    let (bits, apart) = (bits * count as u64, u64::from(apart[at]));
                    // Most places end here, without a division.
                    let excess = 256 * bits.saturating_sub(2 * apart);
                    let least =
                        best.map_or(0, |(_, most, _)| (u64::from(most) + 1) * deviations[count]);
                    if best.is_some() && excess < least {
                        return;
                    }
                    let (score, permille) = over_chance(bits, apart);
                    if best.is_none_or(|(_, most, _)| score > most) {
                        let at = start + at as i64 - MARGIN as i64;
                        let place = Place { from, at, speed: laid.speed, pitch };
                        best = Some((place, score, permille));
                    }
                };
                // Of places where all of the probe lies on the run, that with the fewest bits.
                let within = MARGIN..(MARGIN + run.len() + 1).saturating_sub(laid.end).max(MARGIN);
                if let Some(fewest) = apart[within.clone()].iter().min()
                    && let Some(at) = apart[within.clone()].iter().position(|apart| apart == fewest)
                {
                    look(MARGIN + at, probe.len());
                }
                // From there to both sides, as long as enough of it lies on the run.
                let enough = |at: &usize| laid.count(*at, run.len()) >= least;
                for at in (0..MARGIN).rev().take_while(enough) {
                    look(at, laid.count(at, run.len()));
                }
                for at in (within.end..apart.len()).skip_while(|at| !enough(at)).take_while(enough)
                {
                    look(at, laid.count(at, run.len()));
                }
            }
        }
    }
    best
}

/// Bits that lie on each other and aren't silent, those of them that differ, and from which to which item of the shorter
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
            let other = kept(place.of(at)).and_then(|at| long.kept.get(at));
            if let Some(other) = other.filter(|other| *item != 0 && **other != 0) {
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
        // `Likely` is over what any strangers of the benchmark's tuning half reach (19.4 deviations), and
        // whole tracks of them (18.9, but 109 thousandths); copies of clips reach 24 and 304 at the least. The
        // other levels lie further (`mdrc-bench audio-tuning`).
        let (score, permille) = match level {
            Level::Likely => (20, 200),
            Level::Dispute => (23, 220),
            Level::Registry => (27, 260),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simhash::expand;

    /// Every place of the probe, item by item.
    fn plain(from: i64, probe: &[u64], long: &Bands, least: usize) -> Option<(Place, u32, u32)> {
        let mut best: Option<(Place, u32, u32)> = None;
        for (start, run) in runs(long) {
            for pitch in PITCHES {
                for speed in SPEEDS {
                    let laid = Laid::new(probe.len(), speed);
                    let places: Vec<i64> = (0..probe.len())
                        .map(|item| (laid.pieces[item / PIECE].0 + item % PIECE) as i64)
                        .collect();
                    for first in -(MARGIN as i64)..run.len() as i64 {
                        let (mut bits, mut apart) = (0, 0);
                        for (item, place) in probe.iter().zip(&places) {
                            let other = usize::try_from(first + place);
                            let other = other.ok().and_then(|at| run.get(at));
                            if let Some(other) = other {
                                let all = mask(pitch).count_ones();
                                let silent = *item == 0 || *other == 0;
                                bits += u64::from(all);
                                apart += u64::from(if silent {
                                    all.div_ceil(2)
                                } else {
                                    differing(*item, *other, pitch)
                                });
                            }
                        }
                        let (score, permille) = over_chance(bits, apart);
                        let enough = bits >= least as u64 * u64::from(mask(pitch).count_ones());
                        if enough && best.is_none_or(|(_, most, _)| score > most) {
                            let place = Place { from, at: start + first, speed, pitch };
                            best = Some((place, score, permille));
                        }
                    }
                }
            }
        }
        best
    }

    fn items(seed: u64, count: u64) -> Vec<u64> {
        (0..count).map(|at| expand(seed, at)).collect()
    }

    #[test]
    fn silence_is_no_likeness() {
        let silent = |seed, before: u64, silence: usize, after: u64| {
            [items(seed, before), vec![0; silence], items(seed + 50, after)].concat()
        };
        let related = |a: &[u64], b: &[u64]| {
            let found = compare(&Bands::new(a), &Bands::new(b)).unwrap();
            [Level::Likely, Level::Dispute, Level::Registry].map(|l| found.relation(l).is_some())
        };
        let song = silent(1, 200, 100, 80);
        for stranger in [silent(2, 30, 100, 0), silent(3, 0, 240, 100), silent(4, 200, 100, 80)] {
            assert_eq!(related(&song, &stranger), [false; 3]);
            // As what is nearly silent is: a bit here and there.
            let hiss = |(at, item): (usize, &u64)| item | u64::from(*item == 0) << (at * 7 % 64);
            let stranger: Vec<u64> =
                stranger.iter().enumerate().map(|(a, i)| hiss((a, i))).collect();
            assert_eq!(related(&song, &stranger), [false; 3]);
        }
        // What lies around it is found all the same.
        assert_eq!(related(&song, &song[150..]), [true; 3]);
        assert_eq!(related(&song, &song[188..300]), [true; 3], "twelve items that aren't silent");
        let same = compare(&Bands::new(&song), &Bands::new(&song)).unwrap();
        assert_eq!((same.permille, same.alignment.offset_ms), (1000, 0));
    }

    #[test]
    fn a_place_is_as_good_as_the_best_of_all() {
        for (seed, len, probed) in [(1, 100, 40), (2, 60, 40), (3, 30, 33), (4, 8, 7), (5, 1, 1)] {
            let (mut other, mut probe) = (items(seed, len), items(100 + seed, probed));
            // A silent moment.
            other.iter_mut().skip(20).take(4).for_each(|item| *item = 0);
            probe.iter_mut().skip(12).take(3).for_each(|item| *item = 0);
            for probe in [probe.clone(), {
                // A tenth faster and two half semitones higher, from item 3 on.
                for (item, slot) in probe.iter_mut().enumerate() {
                    let at = 3 + scaled(item as i64, 8800) as usize;
                    *slot = other.get(at).map_or(*slot, |item| item << 2);
                }
                probe
            }] {
                let (long, least) = (Bands::new(&other), LEAST.min(probe.len()).min(other.len()));
                let (found, expected) =
                    (best(5, &probe, &long, least), plain(5, &probe, &long, least));
                let strip =
                    |found: Option<(Place, u32, u32)>| found.map(|(_, score, of)| (score, of));
                assert_eq!(strip(found), strip(expected), "{seed}");
                let (place, score, _) = found.unwrap();
                assert!(score > 0 && place.from == 5, "{seed}");
            }
        }
    }

    #[test]
    fn speed_and_pitch_of_a_copy_are_told() {
        let other = items(9, 400);
        let copy: Vec<u64> =
            (0..120).map(|at| other[100 + scaled(at, 8400) as usize] << 3).collect();
        let found = compare(&Bands::new(&copy), &Bands::new(&other)).unwrap();
        let place = found.alignment;
        assert!(found.permille > 850, "{found:?}");
        assert!(place.speed_permille.abs_diff(1050) <= 2, "{place:?}");
        assert_eq!((place.pitch_cents, place.offset_ms / 250), (150, 100));
        let back = compare(&Bands::new(&other), &Bands::new(&copy)).unwrap();
        assert_eq!((back.score, back.alignment.pitch_cents), (found.score, -150));
        assert!((back.alignment.offset_ms + 23_800).abs() < 500, "100 items, 1.05 times as fast");
        let finer: Vec<u64> = (0..200).map(|at| other[50 + scaled(at, 8480) as usize]).collect();
        let found = compare(&Bands::new(&finer), &Bands::new(&other)).unwrap();
        assert!(found.alignment.speed_permille.abs_diff(1060) <= 3, "{found:?}");
    }

    #[test]
    fn nothing_lies_on_nothing() {
        assert_eq!(compare(&Bands::new(&[]), &Bands::new(&items(1, 50))), None);
        assert_eq!(compare(&Bands::new(&items(1, 50)), &Bands::new(&[])), None);
    }

    #[test]
    fn verdicts_and_relations_change_at_their_bounds() {
        let same = compare(&Bands::new(&items(1, 100)), &Bands::new(&items(1, 100))).unwrap();
        let levels = [Level::Likely, Level::Dispute, Level::Registry];
        for (level, deviations, permille) in
            levels.iter().zip([(20, 200), (23, 220), (27, 260)]).map(|(l, (d, p))| (*l, d, p))
        {
            let at = |score, permille| Likeness { score, permille, ..same }.relation(level);
            assert_eq!(at(16 * deviations, permille), Some(Relation::Edited));
            assert_eq!(at(16 * deviations - 1, permille), None);
            assert_eq!(at(16 * deviations, permille - 1), None);
        }
        let relation = |permille, change: &dyn Fn(&mut Alignment)| {
            let mut likeness = Likeness { score: 500, permille, ..same };
            change(&mut likeness.alignment);
            likeness.relation(Level::Registry)
        };
        assert_eq!(relation(700, &|_| ()), Some(Relation::Reformatted));
        assert_eq!(relation(699, &|_| ()), Some(Relation::Edited));
        assert_eq!(relation(900, &|found| found.covered = 799), Some(Relation::Overlapping));
        assert_eq!(relation(900, &|found| found.longer = 1200), Some(Relation::Excerpt));
        assert_eq!(relation(900, &|found| found.longer = 1199), Some(Relation::Reformatted));
        assert_eq!(relation(900, &|found| found.speed_permille = 1008), Some(Relation::Retimed));
        assert_eq!(relation(900, &|found| found.speed_permille = 993), Some(Relation::Reformatted));
        assert_eq!(relation(900, &|found| found.pitch_cents = 50), Some(Relation::Retimed));
    }
}
