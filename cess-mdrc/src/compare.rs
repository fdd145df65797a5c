use crate::align::{self, Alignment};
use crate::bands;
use crate::sketch::Content;
use crate::views::{self, Likeness};
use crate::{Error, Fingerprint, Kind, Overlap, Sample};

/// How sure a match must be, as the rate at which unrelated pairs match by chance.
///
/// Measured on texts of different sources, where at most 2, 1 and 0 of 8.5 million pairs match
/// (`cargo xtask mdrc-bench text`), and drawn on to rates that so few can't show. Texts of one
/// series, with the same headings or licences, have those in common, and may match for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// About 1e-5: to show somebody what may be worth a look.
    Likely = 0,
    /// About 1e-6: between two parties who both look at it.
    Dispute = 1,
    /// About 1e-9, extrapolated: for a search among millions.
    Registry = 2,
}

/// What one content seems to be of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Relation {
    /// The same bytes, by certificates that agree in everything.
    Identical = 0,
    /// The same features: another encoding, format, case or layout.
    Reformatted = 1,
    /// Most passages or chunks in common.
    Edited = 2,
    /// The smaller one is for the most part within the larger one.
    Excerpt = 3,
    /// The same words in other passages: a paraphrase, another translation, shuffled words.
    Rewritten = 4,
    /// Parts in common.
    Overlapping = 5,
    /// The same picture mirrored, or turned by quarters or some degrees.
    Turned = 6,
    /// The same recording at another speed or pitch.
    Retimed = 7,
}

impl Level {
    /// The number in encodings.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self as u8
    }

    /// # Errors
    /// [`Error::UnknownLevel`] for a byte without a meaning.
    pub fn from_byte(byte: u8) -> Result<Self, Error> {
        [Self::Likely, Self::Dispute, Self::Registry]
            .into_iter()
            .find(|level| level.to_byte() == byte)
            .ok_or(Error::UnknownLevel { got: byte })
    }
}

impl Relation {
    /// The number in encodings.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self as u8
    }

    /// # Errors
    /// [`Error::UnknownRelation`] for a byte without a meaning.
    pub fn from_byte(byte: u8) -> Result<Self, Error> {
        use Relation as R;
        [
            R::Identical,
            R::Reformatted,
            R::Edited,
            R::Excerpt,
            R::Rewritten,
            R::Overlapping,
            R::Turned,
            R::Retimed,
        ]
        .into_iter()
        .find(|relation| relation.to_byte() == byte)
        .ok_or(Error::UnknownRelation { got: byte })
    }
}

/// What a comparison says at a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Related, and how it seems.
    Related(Relation),
    /// Nothing speaks for a relation.
    Unrelated,
    /// One of the two has too little to it for likeness to mean anything.
    Abstained,
}

/// What two fingerprints have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    kind: Kind,
    identical: bool,
    abstained: bool,
    distance: u32,
    /// Of the first sample: terms of a text, chunks of data.
    parts: Overlap,
    /// Of a text's passages.
    passages: Option<Overlap>,
    /// Elements behind the first samples.
    sizes: [u32; 2],
    /// Of the views of pictures.
    views: Option<Likeness>,
    /// Of the frames of videos.
    alignment: Option<Alignment>,
    /// Of the items of recordings, or of the sound of videos.
    bands: Option<bands::Likeness>,
}

/// The least that speaks for a relation, in thousandths of what the samples see.
///
/// Passages suffice. Terms are also shared by long texts, and by one series, and count only with
/// some passages, or in short texts with the ID. The ID alone finds candidates and decides nothing:
/// it lies near for texts of one author, or in a language that the table of weights hardly knows.
struct Thresholds {
    /// Chunks of data, or terms that short texts need beside a near ID.
    parts: u32,
    /// Terms that texts need beside some passages.
    terms: u32,
    /// Passages that suffice, and those that terms need beside them.
    passages: [u32; 2],
    /// Bits that the IDs of short texts may differ in.
    distance: u32,
}

impl Thresholds {
    /// Of texts, `Likely` is over what any strangers of the benchmark's tuning halves reach, and
    /// over what chapters and novels of one author and suras in four languages do (`mdrc-bench
    /// thresholds`: passages 58, terms beside passages 386, terms of short texts 175); the other
    /// levels ask for a third and two thirds more passages, and for 70 and 120 more of terms.
    const fn of(kind: Kind, level: Level) -> Self {
        let (parts, terms, passages, distance) = match (kind, level) {
            (Kind::Text, Level::Likely) => (330, 390, [60, 30], 70),
            (Kind::Text, Level::Dispute) => (400, 460, [80, 30], 64),
            (Kind::Text, Level::Registry) => (450, 510, [100, 40], 58),
            (_, Level::Likely) => (40, 40, [0, 0], 0),
            (_, Level::Dispute) => (60, 60, [0, 0], 0),
            (_, Level::Registry) => (100, 100, [0, 0], 0),
        };
        Self { parts, terms, passages, distance }
    }
}

/// Of fewer elements than these, a share says little; they count as so many.
const MIN_PARTS: u32 = 64;
const MIN_PASSAGES: u32 = 96;

fn permille(overlap: Overlap, least: u32) -> u32 {
    overlap.shared * 1000 / overlap.seen.max(least)
}

impl Fingerprint {
    /// Compares by certificate and sketch.
    ///
    /// ```
    /// use cess_mdrc::{Fingerprint, Level, Relation, Verdict};
    ///
    /// let original = "The stair creaked where it always had, and the boy who was not supposed to \
    ///     be awake stood still until the house had settled again around him.";
    /// let copy = original.replace("creaked", "groaned").to_uppercase();
    /// let (a, b) = (Fingerprint::of(original.as_bytes())?, Fingerprint::of(copy.as_bytes())?);
    /// let verdict = a.compare(&b)?.verdict(Level::Dispute);
    /// assert_eq!(verdict, Verdict::Related(Relation::Edited));
    /// # Ok::<(), cess_mdrc::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::KindMismatch`] or [`Error::MethodMismatch`] for fingerprints that have no distance.
    pub fn compare(&self, other: &Self) -> Result<Comparison, Error> {
        let (left, right) = (self.certificate(), other.certificate());
        if left.kind() != right.kind() {
            return Err(Error::KindMismatch { left: left.kind(), right: right.kind() });
        }
        if left.method() != right.method() {
            return Err(Error::MethodMismatch { left: left.method(), right: right.method() });
        }
        let nothing = Sample::default();
        let (ours, theirs) = (self.sketch().samples(), other.sketch().samples());
        let (a, b) = (ours.first().unwrap_or(&nothing), theirs.first().unwrap_or(&nothing));
        Ok(Comparison {
            kind: left.kind(),
            // Equal bytes have equal certificates. One that names another's bytes and a likeness of its
            // own is false, and is judged by that likeness.
            identical: left == right,
            abstained: left.abstains() || right.abstains(),
            distance: left.id().distance(&right.id()),
            parts: a.overlap(b),
            passages: ours.get(1).zip(theirs.get(1)).map(|(a, b)| a.overlap(b)),
            sizes: [a.total(), b.total()],
            views: match (self.sketch().content(), other.sketch().content()) {
                (Content::Views(a), Content::Views(b)) => Some(views::compare(a, b)),
                _ => None,
            },
            alignment: match (self.sketch().content(), other.sketch().content()) {
                (Content::Frames(a), Content::Frames(b)) => align::align(a, b),
                _ => None,
            },
            bands: match (self.sketch().content(), other.sketch().content()) {
                (Content::Bands(a), Content::Bands(b)) => bands::compare(a, b),
                (Content::Frames(a), Content::Frames(b)) => {
                    let sound = a.sound.as_ref().zip(b.sound.as_ref());
                    sound.and_then(|(a, b)| bands::compare(a, b))
                }
                _ => None,
            },
        })
    }
}

impl Comparison {
    /// Bits in which the IDs differ.
    #[must_use]
    pub fn distance(&self) -> u32 {
        self.distance
    }

    /// What is shared of a text's terms or of the chunks of data, in thousandths: an estimate of
    /// the (weighted) resemblance. Of pictures: by how much more than by chance the bits of their
    /// most alike views agree; of recordings, the bits of the items that lie on each other.
    #[must_use]
    pub fn parts_permille(&self) -> u32 {
        match (&self.views, self.alignment()) {
            (Some(views), _) => 1000 * 128u32.saturating_sub(views.nearest()) / 128,
            (_, Some(alignment)) => 1000 * 128u32.saturating_sub(alignment.mean_bits()) / 128,
            _ => permille(self.parts, MIN_PARTS),
        }
    }

    /// How far the agreement of two recordings is over chance, in sixteenths of a deviation.
    #[cfg(feature = "testkit")]
    #[must_use]
    pub fn bands_score(&self) -> Option<u32> {
        self.bands.map(|bands| bands.score)
    }

    /// What is shared of a text's passages, in thousandths.
    #[must_use]
    pub fn passages_permille(&self) -> Option<u32> {
        self.passages.map(|passages| permille(passages, MIN_PASSAGES))
    }

    /// Bits between the views of two pictures that are most alike, on the scale of the verdict.
    #[cfg(feature = "testkit")]
    #[must_use]
    pub fn views_score(&self) -> Option<u32> {
        self.views.map(|views| views.score())
    }

    /// Where two recordings, or the pictures of two videos, are most alike; none for other kinds, or
    /// where nothing is alike.
    #[must_use]
    pub fn alignment(&self) -> Option<&Alignment> {
        match self.kind {
            Kind::Video => self.alignment.as_ref(),
            _ => self.bands.as_ref().map(|bands| &bands.alignment),
        }
    }

    /// Where the sound of two videos is most alike; none where one has no sound in its sketch.
    #[must_use]
    pub fn sound_alignment(&self) -> Option<&Alignment> {
        let video = self.kind == Kind::Video;
        self.bands.as_ref().filter(|_| video).map(|bands| &bands.alignment)
    }

    /// The verdict at a level: enough passages in common, or many terms and some passages, or of
    /// short texts many terms and near IDs; for data, enough chunks; for pictures, views that are
    /// alike enough; for recordings, items that agree enough along each other; for videos, frames that
    /// do, or else their sound: the same sound with other pictures is [`Relation::Overlapping`].
    #[must_use]
    pub fn verdict(&self, level: Level) -> Verdict {
        if self.identical {
            return Verdict::Related(Relation::Identical);
        }
        if self.kind == Kind::Video {
            return self.of_video(level);
        }
        if self.abstained {
            return Verdict::Abstained;
        }
        if let Some(views) = &self.views {
            let related = views.relation(level);
            return related.map_or(Verdict::Unrelated, Verdict::Related);
        }
        if let Some(bands) = &self.bands {
            let related = bands.relation(level);
            return related.map_or(Verdict::Unrelated, Verdict::Related);
        }
        let least = Thresholds::of(self.kind, level);
        let parts = self.parts_permille();
        let related = self.passages_permille().map_or(parts >= least.parts, |passages| {
            let [enough, some] = least.passages;
            let short = self.parts.seen < Sample::MOST && self.distance <= least.distance;
            passages >= enough
                || short && parts >= least.parts
                || passages >= some && parts >= least.terms
        });
        if related { Verdict::Related(self.relation()) } else { Verdict::Unrelated }
    }

    /// A still or blank video says nothing by its pictures, and may by its sound: of that a sketch
    /// has only what says something.
    fn of_video(&self, level: Level) -> Verdict {
        let pictures = self.alignment.filter(|_| !self.abstained);
        let pictures = pictures.and_then(|alignment| alignment.relation(level));
        let sound = self.bands.and_then(|bands| bands.relation(level));
        match pictures.or(sound.map(|_| Relation::Overlapping)) {
            Some(relation) => Verdict::Related(relation),
            None if self.abstained => Verdict::Abstained,
            None => Verdict::Unrelated,
        }
    }

    fn relation(&self) -> Relation {
        let share = |overlap: Overlap| overlap.shared * 1000 / overlap.seen.max(1);
        let parts = share(self.parts);
        let passages = self.passages.map_or(parts, share);
        if parts >= 980 && passages >= 980 {
            return Relation::Reformatted;
        }
        // |A ∩ B| = J / (1 + J) (|A| + |B|), over the smaller of the two.
        let [small, large] =
            if self.sizes[0] < self.sizes[1] { self.sizes } else { [self.sizes[1], self.sizes[0]] };
        let both = u64::from(small) + u64::from(large);
        let common = both * u64::from(parts) / (1000 + u64::from(parts));
        let contained = common * 1000 / u64::from(small.max(1));
        if large / 3 > small / 2 && contained >= 600 {
            Relation::Excerpt
        } else if passages >= 250 {
            Relation::Edited
        } else if parts >= 300 {
            Relation::Rewritten
        } else {
            Relation::Overlapping
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(parts: [u32; 2], passages: Option<[u32; 2]>, distance: u32) -> Comparison {
        let overlap = |[shared, seen]: [u32; 2]| Overlap { seen, shared };
        Comparison {
            kind: if passages.is_some() { Kind::Text } else { Kind::Data },
            identical: false,
            abstained: false,
            distance,
            parts: overlap(parts),
            passages: passages.map(overlap),
            sizes: [5000, 5000],
            views: None,
            alignment: None,
            bands: None,
        }
    }

    fn levels(comparison: &Comparison) -> [bool; 3] {
        [Level::Likely, Level::Dispute, Level::Registry]
            .map(|level| matches!(comparison.verdict(level), Verdict::Related(_)))
    }

    #[test]
    fn of_long_texts_passages_decide_and_terms_need_some_of_them() {
        let text = |parts, passages, distance| {
            levels(&comparison([parts, 256], Some([passages, 256]), distance))
        };
        assert_eq!(text(0, 15, 128), [false; 3]);
        assert_eq!(text(0, 16, 128), [true, false, false]);
        assert_eq!(text(0, 21, 128), [true, true, false]);
        assert_eq!(text(0, 26, 128), [true; 3]);
        assert_eq!(text(256, 0, 0), [false; 3], "novels of one author share their terms");
        assert_eq!(text(100, 8, 128), [true, false, false]);
        assert_eq!(text(118, 8, 128), [true, true, false]);
        assert_eq!(text(131, 11, 128), [true; 3]);
        assert_eq!(text(131, 10, 128), [true, true, false]);
        assert_eq!(text(131, 7, 128), [false; 3]);
        assert_eq!(text(99, 8, 128), [false; 3]);
    }

    #[test]
    fn short_texts_may_rest_on_terms_and_a_near_id() {
        let text = |parts, distance| levels(&comparison([parts, 80], Some([0, 40]), distance));
        assert_eq!(text(40, 58), [true; 3]);
        assert_eq!(text(40, 59), [true, true, false]);
        assert_eq!(text(40, 65), [true, false, false]);
        assert_eq!(text(40, 71), [false; 3]);
        assert_eq!(text(26, 0), [false; 3]);
        let few = comparison([3, 4], Some([2, 2]), 0);
        assert_eq!(levels(&few), [false; 3], "of four elements a share says little");
    }

    #[test]
    fn of_data_the_chunks_decide() {
        let data = |parts, distance| levels(&comparison([parts, 256], None, distance));
        assert_eq!(data(10, 0), [false; 3]);
        assert_eq!(data(11, 128), [true, false, false]);
        assert_eq!(data(16, 128), [true, true, false]);
        assert_eq!(data(26, 128), [true; 3]);
    }

    #[test]
    fn relations_are_told_apart_at_their_bounds() {
        let relation = |parts, passages, sizes| {
            let mut found = comparison([parts, 256], Some([passages, 256]), 100);
            found.sizes = sizes;
            match found.verdict(Level::Likely) {
                Verdict::Related(relation) => relation,
                other => panic!("{other:?}"),
            }
        };
        let alike = [5000, 5000];
        assert_eq!(relation(251, 251, alike), Relation::Reformatted);
        assert_eq!(relation(256, 250, alike), Relation::Edited);
        assert_eq!(relation(250, 256, alike), Relation::Edited);
        assert_eq!(relation(100, 64, alike), Relation::Edited);
        assert_eq!(relation(77, 63, alike), Relation::Rewritten);
        assert_eq!(relation(76, 63, alike), Relation::Overlapping);
        assert_eq!(relation(128, 128, [2000, 2900]), Relation::Edited);
        assert_eq!(relation(128, 128, [2000, 3100]), Relation::Excerpt);
        assert_eq!(relation(26, 26, [1000, 4000]), Relation::Overlapping);
    }

    #[test]
    fn the_smaller_within_the_larger_is_an_excerpt() {
        let mut found = comparison([60, 256], Some([60, 256]), 100);
        found.sizes = [1000, 4000];
        assert_eq!(found.verdict(Level::Likely), Verdict::Related(Relation::Excerpt));
        found.abstained = true;
        assert_eq!(found.verdict(Level::Likely), Verdict::Abstained);
        found.identical = true;
        assert_eq!(found.verdict(Level::Likely), Verdict::Related(Relation::Identical));
    }
}
