//! How two videos compare: the offset and speed at which their frames are most alike.
//!
//! Pairs of frames vote for where the one clip would begin in the other, at each of some speeds.
//! The places with most votes are looked at frame by frame, for each way in which the pictures may
//! have been changed: mirrored, turned by quarters or some degrees, cropped.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "times of 32 bits in 64, distances under 257"
)]

use crate::sequence::{FRAMED, FrameHash, HALVES, MIDDLE, NOISE_BITS, Sequence, TURNED, WHOLE};
use crate::simhash::Simhash;
use crate::views::{distance, variants};
use crate::{Level, Relation};

/// The longest stretch in which the frames of two clips are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alignment {
    pub(crate) begin_ms: [u32; 2],
    pub(crate) end_ms: [u32; 2],
    pub(crate) offset_ms: i64,
    pub(crate) speed_permille: u32,
    /// Bits in which the frames differ, in the mean, and how many of them differ from those before.
    pub(crate) bits: u32,
    pub(crate) distinct: u32,
    /// Whether a part of the frames was compared, or frames with their borders: strangers may have a
    /// mark or bars in common.
    pub(crate) marked: bool,
    pub(crate) turned: bool,
    /// How much higher the sound of the one is; of pictures 0.
    pub(crate) pitch_cents: i32,
    /// What part of the shorter clip, in thousandths, and how much longer the other one is.
    pub(crate) covered: u32,
    pub(crate) longer: u32,
}

impl Alignment {
    /// Where the stretch begins in the one clip and in the other, in milliseconds since their first
    /// frames.
    #[must_use]
    pub fn begin_ms(&self) -> [u32; 2] {
        self.begin_ms
    }

    /// Where it ends.
    #[must_use]
    pub fn end_ms(&self) -> [u32; 2] {
        self.end_ms
    }

    /// Where the first frame of the one clip would be in the other, in milliseconds: how far the
    /// other one starts before it.
    #[must_use]
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms
    }

    /// How much media time of the other clip passes for a second of the one, in thousandths: 1100
    /// when the one runs a tenth faster.
    #[must_use]
    pub fn speed_permille(&self) -> u32 {
        self.speed_permille
    }

    /// How much higher the sound of the one recording is than that of the other, in cents, to the
    /// nearest 50; 0 for videos.
    #[must_use]
    pub fn pitch_cents(&self) -> i32 {
        self.pitch_cents
    }

    /// [`mean_bits`](Self::mean_bits) as if of a long stretch, on which fewer frames have a smaller
    /// say; 256 for a stretch that is too short.
    #[cfg(feature = "testkit")]
    #[must_use]
    pub fn score_bits(&self) -> u32 {
        let most = |distinct, marked| most_bits(Level::Likely, distinct, marked);
        if self.long_enough() && self.distinct >= LEAST_DISTINCT {
            self.bits + most(u32::MAX, false) - most(self.distinct, self.marked)
        } else {
            256
        }
    }

    /// Which of the limits for [`mean_bits`](Self::mean_bits) holds, and that of [`Level::Likely`].
    #[cfg(feature = "testkit")]
    #[must_use]
    pub fn limit(&self) -> (&'static str, u32) {
        let name = match (self.distinct, self.marked) {
            (0..3, _) => "none",
            (3..6, false) => "few",
            (6..12, false) => "some",
            (_, false) => "many",
            (3..6, true) => "few, marked",
            (6..12, true) => "some, marked",
            (_, true) => "many, marked",
        };
        (name, most_bits(Level::Likely, self.distinct, self.marked))
    }

    /// Bits in which the 256-bit hashes of the frames differ, in the mean; of recordings, how many
    /// of 256 bits of their items do.
    #[must_use]
    pub fn mean_bits(&self) -> u32 {
        self.bits
    }
}

impl Alignment {
    /// Of the second clip along the first.
    fn exchanged(self) -> Self {
        let swapped = |[a, b]: [u32; 2]| [b, a];
        let speed = i64::from(self.speed_permille);
        Self {
            begin_ms: swapped(self.begin_ms),
            end_ms: swapped(self.end_ms),
            offset_ms: -self.offset_ms * 1000 / speed,
            speed_permille: (1_000_000 / speed) as u32,
            ..self
        }
    }
}

/// Media time of the second clip for that of the first, in thousandths.
const SPEEDS: [u32; 15] =
    [1000, 1100, 909, 1050, 952, 1250, 800, 1042, 960, 1020, 980, 1150, 870, 1200, 833];

/// Frames of the shorter clip that vote.
const VOTERS: usize = 48;
/// Bits under which a pair votes; one of strangers is at 128.
const VOTE_BITS: u32 = 92;
/// Places that are looked at.
const PLACES: usize = 6;
/// Ways that are looked at, at each place.
const WAYS: usize = 2;
/// Bits over which a frame ends a stretch rather than lengthen it.
const ALIKE_BITS: u32 = 96;
/// Bits over which the one part of the frames says that the other one, which is alike, has a mark in
/// common and nothing else.
const OTHER_HALF_BITS: u32 = 104;
/// Bins of a vote at most.
const BINS: i64 = 8192;

/// Which view of the first clip is compared with which of the second.
const PAIRS: [[usize; 2]; 12] = [
    [WHOLE, WHOLE],
    [WHOLE, MIDDLE],
    [MIDDLE, WHOLE],
    [MIDDLE, TURNED[0]],
    [MIDDLE, TURNED[1]],
    [TURNED[0], MIDDLE],
    [TURNED[1], MIDDLE],
    [FRAMED, FRAMED],
    [FRAMED, WHOLE],
    [WHOLE, FRAMED],
    [HALVES[0], HALVES[0]],
    [HALVES[1], HALVES[1]],
];
/// Those of them with quarter turns.
const TURNABLE: std::ops::Range<usize> = 0..3;
/// Those of them that are turned by degrees.
const BY_DEGREES: std::ops::Range<usize> = 3..7;
const FRAMED_BOTH: usize = 7;
const UPPER: usize = 10;
const LOWER: usize = 11;

/// A pair of views, and how the first one is mirrored and turned by quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    pair: u8,
    variant: u8,
}

impl Way {
    /// Mirrored and turned by quarters in all eight ways; with a turn by degrees only mirrored.
    fn all() -> impl Iterator<Item = Self> {
        (0..PAIRS.len() as u8).flat_map(|pair| {
            let variants = if TURNABLE.contains(&pair.into()) { 8 } else { 2 };
            (0..variants).map(move |variant| Self { pair, variant })
        })
    }

    /// Of the upper part the lower one, and of that the upper one.
    fn other_half(self) -> Option<Self> {
        let pair = match usize::from(self.pair) {
            UPPER => LOWER,
            LOWER => UPPER,
            _ => return None,
        };
        Some(Self { pair: pair as u8, ..self })
    }

    fn marked(self) -> bool {
        usize::from(self.pair) == FRAMED_BOTH || self.other_half().is_some()
    }

    fn turned(self) -> bool {
        self.variant != 0 || BY_DEGREES.contains(&self.pair.into())
    }
}

type Words = [u64; 4];

/// A frame with what all ways need of it.
struct Prepared {
    time_ms: i64,
    /// The view's eight variants.
    views: [[Words; 8]; crate::sequence::VIEWS],
}

fn prepare(frame: &FrameHash) -> Prepared {
    Prepared { time_ms: frame.time_ms.into(), views: frame.views.map(|view| variants(&view)) }
}

impl Prepared {
    fn apart(&self, other: &FrameHash, way: Way) -> u32 {
        let [mine, theirs] = PAIRS[usize::from(way.pair)];
        distance(&self.views[mine][usize::from(way.variant)], &other.views[theirs].words())
    }

    fn nearest(&self, other: &FrameHash) -> (u32, Way) {
        let words = other.views.map(|view: Simhash| view.words());
        let mut best = (u32::MAX, Way { pair: 0, variant: 0 });
        for way in Way::all() {
            let [mine, theirs] = PAIRS[usize::from(way.pair)];
            let apart = distance(&self.views[mine][usize::from(way.variant)], &words[theirs]);
            if apart < best.0 {
                best = (apart, way);
            }
        }
        best
    }
}

/// Where a clip may lie in another one.
#[derive(Debug, Clone, Copy)]
struct Place {
    speed: u32,
    offset_ms: i64,
}

/// Finds the best alignment; none where no pair of frames is alike. It makes no difference which is
/// which: the one with the longer steps is laid along the other.
pub(crate) fn align(a: &Sequence, b: &Sequence) -> Option<Alignment> {
    if (a.step_ms, &a.frames) < (b.step_ms, &b.frames) {
        along(b, a).map(Alignment::exchanged)
    } else {
        along(a, b)
    }
}

fn along(a: &Sequence, b: &Sequence) -> Option<Alignment> {
    let first: Vec<Prepared> = a.frames.iter().map(prepare).collect();
    let pairs = alike(&first, b);
    let width = i64::from(a.step_ms.max(b.step_ms));
    let mut best: Option<(u32, Alignment)> = None;
    for (place, ways) in places(&pairs, &first, b, width) {
        for way in ways {
            for shift in [0, -width / 4, width / 4] {
                let place = Place { offset_ms: place.offset_ms + shift, ..place };
                let found = stretch(&first, b, place, way);
                if let Some(found) = found
                    && best.is_none_or(|best| found.0 > best.0)
                {
                    best = Some(found);
                }
            }
        }
    }
    best.map(|(_, alignment)| alignment)
}

/// A pair of frames that are alike in some way: their places, bits, way.
type Pair = (usize, usize, u32, Way);

fn alike(first: &[Prepared], b: &Sequence) -> Vec<Pair> {
    // The shorter clip's frames vote, or enough of them.
    let (here, there) = (first.len(), b.frames.len());
    let strides = if here <= there {
        [here.div_ceil(VOTERS).max(1), 1]
    } else {
        [1, there.div_ceil(VOTERS).max(1)]
    };
    let mut pairs = Vec::new();
    for (i, frame) in first.iter().enumerate().step_by(strides[0]) {
        for (j, other) in b.frames.iter().enumerate().step_by(strides[1]) {
            let (apart, way) = frame.nearest(other);
            if apart <= VOTE_BITS {
                pairs.push((i, j, apart, way));
            }
        }
    }
    pairs
}

/// The places with most votes, each with the ways that most of its voters saw.
fn places(pairs: &[Pair], first: &[Prepared], b: &Sequence, step: i64) -> Vec<(Place, Vec<Way>)> {
    let last = |time: Option<i64>| time.unwrap_or(0);
    let here = last(first.last().map(|frame| frame.time_ms));
    let there = last(b.frames.last().map(|frame| i64::from(frame.time_ms)));
    // Offsets go from minus the first clip's length at the highest speed to the second one's.
    let lowest = -here * 5 / 4;
    let width = step.max((there - lowest) / BINS + 1);
    let bins = ((there - lowest) / width + 1) as usize;
    let bin = |speed: u32, (i, j, ..): &Pair| {
        let offset = i64::from(b.frames[*j].time_ms) - first[*i].time_ms * i64::from(speed) / 1000;
        ((offset - lowest) / width) as usize
    };
    let mut ranked: Vec<(u32, usize, u32)> = Vec::new();
    for speed in SPEEDS {
        let mut votes = vec![0u32; bins + 1];
        for pair in pairs {
            votes[bin(speed, pair)] += VOTE_BITS + 1 - pair.2;
        }
        // An offset between two bins has its votes in both.
        let both = votes.windows(2).map(|pair| pair[0] + pair[1]).enumerate();
        let mut tops: Vec<(u32, usize)> = both.map(|(at, count)| (count, at)).collect();
        let count = tops.len().min(PLACES);
        if count < tops.len() {
            tops.select_nth_unstable_by(count, |a, b| (b.0, a.1).cmp(&(a.0, b.1)));
        }
        tops.truncate(count);
        ranked
            .extend(tops.into_iter().filter(|top| top.0 > 0).map(|(count, at)| (count, at, speed)));
    }
    // Of equal ones the plainer speed, which comes first.
    ranked.sort_by_key(|(count, _, _)| std::cmp::Reverse(*count));
    ranked.truncate(PLACES);
    let place = |(_, at, speed): (u32, usize, u32)| {
        let mut ways: Vec<(u32, Way)> = Vec::new();
        for pair in pairs.iter().filter(|pair| (at..at + 2).contains(&bin(speed, pair))) {
            let weight = VOTE_BITS + 1 - pair.2;
            match ways.iter_mut().find(|(_, way)| *way == pair.3) {
                Some((sum, _)) => *sum += weight,
                None => ways.push((weight, pair.3)),
            }
        }
        ways.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
        let ways = ways.into_iter().take(WAYS).map(|(_, way)| way).collect();
        (Place { speed, offset_ms: lowest + (at as i64 + 1) * width }, ways)
    };
    ranked.into_iter().map(place).collect()
}

/// The stretch with the largest sum of what its frames are nearer than [`ALIKE_BITS`].
fn stretch(first: &[Prepared], b: &Sequence, place: Place, way: Way) -> Option<(u32, Alignment)> {
    let matched = matches(first, b, place, way);
    let (mut best, mut begin, mut sum) = ((0, 0..0), 0, 0i64);
    for (at, (_, _, apart)) in matched.iter().enumerate() {
        sum += i64::from(ALIKE_BITS) - i64::from(*apart);
        if sum <= 0 {
            (sum, begin) = (0, at + 1);
        } else if sum > best.0 {
            best = (sum, begin..at + 1);
        }
    }
    let run = &matched[best.1];
    let ((i0, j0, _), (i1, j1, _)) = (run.first()?, run.last()?);
    let begin_ms = [first[*i0].time_ms as u32, b.frames[*j0].time_ms];
    let end_ms = [first[*i1].time_ms as u32, b.frames[*j1].time_ms];
    let mean = |apart: &dyn Fn(usize, usize, u32) -> u32| {
        run.iter().map(|(i, j, bits)| apart(*i, *j, *bits)).sum::<u32>() / run.len() as u32
    };
    let bits = mean(&|_, _, bits| bits);
    // What has nothing but a mark in common is told from what was marked by what the mark leaves alone.
    let other = way.other_half().map(|way| mean(&|i, j, _| first[i].apart(&b.frames[j], way)));
    if other.is_some_and(|other| other > OTHER_HALF_BITS) {
        return None;
    }
    let lengths = [first.last()?.time_ms, i64::from(b.frames.last()?.time_ms)];
    let spans =
        [0, 1].map(|clip: usize| i64::from(end_ms[clip] - begin_ms[clip].min(end_ms[clip])));
    let shorter = usize::from(lengths[1] < lengths[0]);
    let mut offsets: Vec<i64> = run
        .iter()
        .map(|(i, j, _)| {
            let here = first[*i].time_ms * i64::from(place.speed) / 1000;
            i64::from(b.frames[*j].time_ms) - here
        })
        .collect();
    offsets.sort_unstable();
    let alignment = Alignment {
        begin_ms,
        end_ms,
        offset_ms: offsets[offsets.len() / 2],
        speed_permille: place.speed,
        bits,
        distinct: distinct(run.iter().map(|(i, _, _)| &first[*i].views[WHOLE][0])),
        marked: way.marked(),
        turned: way.turned(),
        pitch_cents: 0,
        covered: (spans[shorter] * 1000 / lengths[shorter].max(1)) as u32,
        longer: (lengths[1 - shorter] * 1000 / lengths[shorter].max(1)).min(1 << 20) as u32,
    };
    // Another speed has to be worth it: scenes that hardly move fit to many, and at a lower one more
    // frames of the first clip lie on the same ones of the second.
    let worth = match i64::from(place.speed) {
        1000 => best.0,
        speed => best.0 * 15 / 16 * speed.min(1000) / 1000,
    };
    // So has a part of the frames, where all of them are alike.
    let worth = if way.other_half().is_some() { worth * 3 / 4 } else { worth };
    Some((worth as u32, alignment))
}

fn distinct<'a>(frames: impl Iterator<Item = &'a Words>) -> u32 {
    let (mut count, mut last) = (0, None);
    for words in frames {
        if last.is_none_or(|last| distance(last, words) > NOISE_BITS) {
            count += 1;
            last = Some(words);
        }
    }
    count
}

/// Frames of the first clip, each with the nearer of its two neighbours in the second.
fn matches(first: &[Prepared], b: &Sequence, place: Place, way: Way) -> Vec<(usize, usize, u32)> {
    let tolerance = i64::from(b.step_ms);
    let near = |(i, frame): (usize, &Prepared)| {
        let time = frame.time_ms * i64::from(place.speed) / 1000 + place.offset_ms;
        let after = b.frames.partition_point(|other| i64::from(other.time_ms) < time);
        let neighbours = after.saturating_sub(1)..(after + 1).min(b.frames.len());
        neighbours
            .filter(|j| (i64::from(b.frames[*j].time_ms) - time).abs() <= tolerance)
            .map(|j| (i, j, frame.apart(&b.frames[j], way)))
            .min_by_key(|(_, _, apart)| *apart)
    };
    first.iter().enumerate().filter_map(near).collect()
}

/// The shortest stretch that speaks for a relation.
const LEAST_MS: u32 = 1_900;
/// Frames that must differ for a stretch to say more than a picture does.
const LEAST_DISTINCT: u32 = 3;

/// The most bits that the frames of a stretch may differ in, by how many distinct ones it has.
///
/// `mdrc-bench video` prints how near strangers come on the tuning half: `Likely` keeps some bits
/// under all of them, the other levels lie 6 and 18 further down.
fn most_bits(level: Level, distinct: u32, marked: bool) -> u32 {
    let most = match distinct {
        ..6 => 60,
        6..12 => 68,
        _ => 73,
    };
    let stricter = match level {
        Level::Likely => 0,
        Level::Dispute => 6,
        Level::Registry => 18,
    };
    most - stricter - if marked { MARKED_BITS } else { 0 }
}

/// How much nearer frames must be that may have a mark or bars in common.
const MARKED_BITS: u32 = 6;

impl Alignment {
    fn long_enough(&self) -> bool {
        let span = |clip: usize| self.end_ms[clip].saturating_sub(self.begin_ms[clip]);
        span(0).min(span(1)) >= LEAST_MS
    }

    /// How the clips seem to be related at a level, if they are.
    pub(crate) fn relation(&self, level: Level) -> Option<Relation> {
        let most = most_bits(level, self.distinct, self.marked);
        if !self.long_enough() || self.distinct < LEAST_DISTINCT || self.bits > most {
            return None;
        }
        Some(if self.covered < 600 {
            Relation::Overlapping
        } else if self.longer >= 1500 {
            Relation::Excerpt
        } else if self.turned {
            Relation::Turned
        } else if self.bits <= 16 {
            Relation::Reformatted
        } else {
            Relation::Edited
        })
    }
}

#[cfg(test)]
mod tests;
