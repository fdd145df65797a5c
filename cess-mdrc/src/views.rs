//! The sketch of a picture: views of it, each as a 256-bit hash, and how two sketches compare.
//!
//! A view is the picture, a part of it, or it turned by a few degrees; its hash has the signs of
//! the 256 lowest frequencies of a DCT. Turning a view by quarters or mirroring it permutes the
//! frequencies and changes signs by parity, so the eight variants follow from the hash alone.

#![expect(clippy::cast_possible_truncation, reason = "frequencies are under 20, bits under 256")]

use crate::simhash::Simhash;
use crate::{Level, Relation};

/// Views of a sketch.
pub(crate) const COUNT: usize = 27;

/// All of the picture, without border and with.
const FRAMES: std::ops::Range<usize> = 0..2;
/// All of it with what may be a border.
const BORDERED: usize = 1;
const TURNED: std::ops::Range<usize> = 15..23;
/// Middles that are compared with what is turned: what a turned picture has no corners in.
const INNER: std::ops::Range<usize> = 4..6;
/// What is in the middle of what [`INNER`] shows.
const MIDDLE: usize = 6;
/// Most of the picture less one side: what a mark in a corner leaves alone.
const SIDES: std::ops::Range<usize> = 23..27;

/// What a bit of a view's hash stands for: a frequency along the width and one along the height, in
/// half periods.
pub(crate) const FREQUENCIES: [(u8, u8); 256] = {
    let mut kept = [(0, 0); 256];
    let mut count = 0;
    let mut square = 1;
    while count < 256 {
        // By length, then near the diagonal first; a pair and its mirror image follow each other.
        let mut apart = 0u32;
        while apart < 20 {
            let mut low = 0u32;
            while low < 20 {
                let high = low + apart;
                if low * low + high * high == square {
                    if count < 256 {
                        kept[count] = (high as u8, low as u8);
                        count += 1;
                    }
                    if apart > 0 && count < 256 {
                        kept[count] = (low as u8, high as u8);
                        count += 1;
                    }
                }
                low += 1;
            }
            apart += 1;
        }
        square += 1;
    }
    kept
};

/// Where the bit of the mirror image along the diagonal is.
const TRANSPOSED: [u8; 256] = {
    let mut at = [0; 256];
    let mut bit = 0;
    while bit < 256 {
        let (u, v) = FREQUENCIES[bit];
        let mut other = 0;
        while FREQUENCIES[other].0 != v || FREQUENCIES[other].1 != u {
            // Past the end: the table isn't symmetric, and this doesn't compile.
            other += 1;
        }
        at[bit] = other as u8;
        bit += 1;
    }
    at
};

/// The bits of odd frequency along the width, or along the height.
const fn odd(along_height: bool) -> [u64; 4] {
    let mut words = [0; 4];
    let mut bit = 0;
    while bit < 256 {
        let (u, v) = FREQUENCIES[bit];
        let frequency = if along_height { v } else { u };
        words[bit / 64] |= ((frequency % 2) as u64) << (bit % 64);
        bit += 1;
    }
    words
}

const ODD_WIDTH: [u64; 4] = odd(false);
const ODD_HEIGHT: [u64; 4] = odd(true);

/// The hash of a view as it is, and as its mirror images and quarter turns: bit 0 of the place
/// stands for left and right exchanged, bit 1 for top and bottom, bit 2 for the diagonal after.
pub(crate) fn variants(hash: &Simhash) -> [[u64; 4]; 8] {
    let straight = hash.words();
    let mut diagonal = [0; 4];
    for (bit, from) in TRANSPOSED.iter().enumerate() {
        let from = usize::from(*from);
        diagonal[bit / 64] |= (straight[from / 64] >> (from % 64) & 1) << (bit % 64);
    }
    std::array::from_fn(|variant| {
        let words = if variant & 4 == 0 { straight } else { diagonal };
        // After the exchange of axes, what was mirrored along one is odd along the other.
        let [first, second] =
            if variant & 4 == 0 { [ODD_WIDTH, ODD_HEIGHT] } else { [ODD_HEIGHT, ODD_WIDTH] };
        std::array::from_fn(|at| {
            let first = if variant & 1 == 0 { 0 } else { first[at] };
            let second = if variant & 2 == 0 { 0 } else { second[at] };
            words[at] ^ first ^ second
        })
    })
}

pub(crate) fn distance(a: &[u64; 4], b: &[u64; 4]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// The nearest views of one sort that two pictures have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nearest {
    /// Bits between them; 256 for nothing alike.
    pub(crate) bits: u32,
    /// Bits between the third nearest of the four sides, or between the middles if they are further
    /// apart, laid as these views are.
    pub(crate) witness: u32,
}

/// How near the most alike views of two pictures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Likeness {
    /// All of the one and all of the other.
    pub(crate) frames: Nearest,
    /// All of one and a part of the other, or one of them turned.
    pub(crate) parts: Nearest,
    /// Bits between the three nearest of the four sides, as they lie.
    pub(crate) sides: [u32; 3],
    /// Whether the nearest frames or parts are mirrored, turned by quarters or by degrees.
    pub(crate) turned: bool,
}

/// Compares the views of two sketches; it makes no difference which is which.
pub(crate) fn compare(a: &[Simhash; COUNT], b: &[Simhash; COUNT]) -> Likeness {
    let nothing = Nearest { bits: 256, witness: 256 };
    let [first, second, third, _] = sides(a, b, 0);
    let sides = [first, second, third];
    let mut likeness = Likeness { frames: nothing, parts: nothing, sides, turned: false };
    let mut nearest = 256;
    for (a, b) in [(a, b), (b, a)] {
        let words = b.map(|hash| hash.words());
        for anchor in FRAMES.chain(INNER) {
            let others = if FRAMES.contains(&anchor) { 0..TURNED.end } else { TURNED };
            for (place, variant) in variants(&a[anchor]).iter().enumerate() {
                // Two borders are no likeness.
                for at in others.clone().filter(|at| [anchor, *at] != [BORDERED; 2]) {
                    let apart = distance(variant, &words[at]);
                    let least =
                        if at < FRAMES.end { &mut likeness.frames } else { &mut likeness.parts };
                    if apart <= least.bits {
                        let witness = if apart <= NEAR { witness(a, b, place) } else { 256 };
                        if (apart, witness) < (least.bits, least.witness) {
                            *least = Nearest { bits: apart, witness };
                        }
                    }
                    let turned = place != 0 || TURNED.contains(&at);
                    if apart < nearest || apart == nearest && !turned {
                        (nearest, likeness.turned) = (apart, turned);
                    }
                }
            }
        }
    }
    likeness
}

/// Views that are further apart say nothing, whatever the sides do.
const NEAR: u32 = 96;

/// Bits between the sides of the one in the place of [`variants`] and those of the other, nearest
/// first.
fn sides(a: &[Simhash; COUNT], b: &[Simhash; COUNT], place: usize) -> [u32; 4] {
    let mut apart: [u32; 4] = std::array::from_fn(|side| {
        // Left and right, top and bottom are neighbours, which a mirror exchanges.
        let mirrored = if side < 2 { place & 1 } else { place >> 1 & 1 };
        let lies = (side ^ mirrored) ^ (place >> 2 & 1) << 1;
        let variant = variants(&a[SIDES.start + side])[place];
        distance(&variant, &b[SIDES.start + lies].words())
    });
    apart.sort_unstable();
    apart
}

fn witness(a: &[Simhash; COUNT], b: &[Simhash; COUNT], place: usize) -> u32 {
    let [.., third, _] = sides(a, b, place);
    third.max(distance(&variants(&a[MIDDLE])[place], &b[MIDDLE].words()))
}

/// What a witness is further apart than this counts against frames, up to so much,
const FRAMES_DOUBT: [u32; 2] = [80, 60];
/// and half of it against parts, which lie elsewhere in one of the two.
const PARTS_DOUBT: [u32; 2] = [70, 60];
/// The third side bears witness for the first two.
const SIDES_DOUBT: [u32; 2] = [90, 60];
/// By how many bits parts must be nearer than frames to say as much, two sides, and one alone.
const HANDICAP: [u32; 3] = [4, 24, 54];

/// The most bits of [`Likeness::score`] that speak for a relation at a level.
const fn most(level: Level) -> u32 {
    match level {
        Level::Likely => 80,
        Level::Dispute => 73,
        Level::Registry => 59,
    }
}

impl Likeness {
    /// The bits between the views that are most alike.
    pub(crate) fn nearest(&self) -> u32 {
        self.frames.bits.min(self.parts.bits).min(self.sides[0])
    }

    /// Bits on one scale, whatever the likeness rests on: that of frames whose sides agree.
    ///
    /// A mark on a picture, or black corners, may be the most of what its lowest frequencies show.
    /// They lie on two sides or at the rim, so that a third side and the middle tell pictures that
    /// have only them in common.
    pub(crate) fn score(&self) -> u32 {
        let doubt = |witness: u32, [sure, most]: [u32; 2]| witness.saturating_sub(sure).min(most);
        let [of_parts, of_two, of_one] = HANDICAP;
        let [one, two, third] = self.sides;
        let frames = self.frames.bits + doubt(self.frames.witness, FRAMES_DOUBT);
        let parts = self.parts.bits + of_parts + doubt(self.parts.witness, PARTS_DOUBT) / 2;
        let sides = (one + of_one).min(two + of_two) + doubt(third, SIDES_DOUBT);
        frames.min(parts).min(sides)
    }

    /// How the pictures seem to be related at a level, if they are.
    pub(crate) fn relation(&self, level: Level) -> Option<Relation> {
        let [frames, parts, side] = [self.frames.bits, self.parts.bits, self.sides[0]];
        (self.score() <= most(level)).then(|| {
            if self.turned && frames.min(parts) <= side {
                Relation::Turned
            } else if parts < frames.min(side) {
                Relation::Excerpt
            } else if frames <= 16 {
                Relation::Reformatted
            } else {
                Relation::Edited
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simhash::expand;

    /// Views that have nothing to do with those of another seed.
    fn views(seed: u64) -> [Simhash; COUNT] {
        std::array::from_fn(|at| {
            let feature = seed * 1000 + at as u64;
            hash_of([0, 1, 2, 3].map(|word| expand(feature, word)))
        })
    }

    const FAR: Nearest = Nearest { bits: 100, witness: 120 };
    const NOTHING: Likeness =
        Likeness { frames: FAR, parts: FAR, sides: [100, 110, 120], turned: false };

    fn levels(likeness: Likeness) -> [bool; 3] {
        [Level::Likely, Level::Dispute, Level::Registry]
            .map(|level| likeness.relation(level).is_some())
    }

    #[test]
    fn two_borders_are_no_likeness() {
        let (a, mut b) = (views(1), views(2));
        b[BORDERED] = a[BORDERED];
        assert!(compare(&a, &b).frames.bits > 60);
        b[0] = a[BORDERED];
        assert_eq!(compare(&a, &b).frames.bits, 0, "a border may be of one of the two alone");
    }

    #[test]
    fn each_sort_of_views_has_its_bounds() {
        let frames = |bits, witness| NOTHING.with_frames(bits, witness);
        let parts = |bits, witness| Likeness { parts: Nearest { bits, witness }, ..NOTHING };
        let sides = |sides| Likeness { sides, ..NOTHING };
        for (likeness, score) in [
            (frames(59, 80), 59),
            (frames(50, 89), 59),
            (frames(0, 256), 60),
            (parts(55, 70), 59),
            (parts(50, 81), 59),
            (parts(29, 256), 63),
            (sides([35, 35, 90]), 59),
            (sides([30, 34, 91]), 59),
            (sides([5, 100, 90]), 59),
            (sides([0, 0, 256]), 84),
        ] {
            assert_eq!(likeness.score(), score, "{likeness:?}");
        }
        assert_eq!(levels(frames(59, 80)), [true; 3]);
        assert_eq!(levels(frames(60, 80)), [true, true, false]);
        assert_eq!(levels(frames(74, 80)), [true, false, false]);
        assert_eq!(levels(frames(80, 81)), [false; 3]);
        assert_eq!(levels(NOTHING), [false; 3]);
    }

    #[test]
    fn relations_follow_what_is_nearest() {
        let relation = |likeness: Likeness| likeness.relation(Level::Likely);
        let near = Nearest { bits: 20, witness: 30 };
        let whole = Likeness { frames: Nearest { bits: 16, ..near }, parts: near, ..NOTHING };
        assert_eq!(relation(whole), Some(Relation::Reformatted));
        assert_eq!(relation(whole.with_frames(17, 30)), Some(Relation::Edited));
        assert_eq!(relation(whole.with_frames(21, 30)), Some(Relation::Excerpt));
        let turned = Likeness { turned: true, ..whole };
        assert_eq!(relation(turned), Some(Relation::Turned));
        let marked = Likeness { sides: [2, 3, 40], ..turned.with_frames(50, 40) };
        assert_eq!(relation(marked), Some(Relation::Edited), "the sides lie as they are");
    }

    impl Likeness {
        fn with_frames(self, bits: u32, witness: u32) -> Self {
            Self { frames: Nearest { bits, witness }, ..self }
        }
    }

    fn hash_of(words: [u64; 4]) -> Simhash {
        let mut bytes = [0; Simhash::LEN];
        let chunks = bytes.as_chunks_mut::<8>().0.iter_mut();
        chunks.zip(words).for_each(|(chunk, word)| *chunk = word.to_le_bytes());
        Simhash::from_bytes(bytes)
    }

    #[test]
    fn of_views_as_near_those_count_that_have_a_witness() {
        let (a, mut b) = (views(1), views(2));
        b[BORDERED] = hash_of(variants(&a[0])[3]);
        b[0] = a[BORDERED];
        b[MIDDLE] = a[MIDDLE];
        b[SIDES].copy_from_slice(&a[SIDES]);
        let expected = Nearest { bits: 0, witness: 0 };
        assert_eq!([compare(&a, &b).frames, compare(&b, &a).frames], [expected; 2]);
    }

    #[test]
    fn witnesses_are_heard_as_far_as_views_can_count() {
        let a = views(3);
        for bits in [60, 96] {
            let changed = |hash: Simhash| {
                let mut words = hash.words();
                (0..bits).for_each(|bit| words[bit % 4] ^= 1 << (bit / 4));
                hash_of(words)
            };
            let expected = Nearest { bits: bits as u32, witness: bits as u32 };
            assert_eq!(compare(&a, &a.map(changed)).frames, expected);
        }
    }

    #[test]
    fn it_makes_no_difference_which_is_which() {
        for seed in 0..40 {
            let (a, mut b) = (views(seed), views(seed + 100));
            // Somewhere alike, some bits apart, and as a mirror image.
            let (from, to) = (seed as usize % 2, seed as usize * 5 % TURNED.end);
            let mut words = variants(&a[from])[seed as usize % 8];
            words[3] ^= seed;
            b[to] = hash_of(words);
            assert_eq!(compare(&a, &b), compare(&b, &a), "{seed}");
        }
    }
}
