use super::*;
use crate::sequence::VIEWS;
use crate::simhash::expand;

/// Hashes that have nothing to do with each other, by a number.
fn hash(seed: u64, number: u64) -> Simhash {
    let words = [0, 1, 2, 3].map(|word| expand(seed << 32 | number, word));
    let mut bytes = [0; 32];
    bytes.as_chunks_mut().0.iter_mut().zip(words).for_each(|(out, word)| *out = word.to_le_bytes());
    Simhash::from_bytes(bytes)
}

/// Frames of a scene that changes all the time: at each time another hash, the same for the same
/// seed and time.
fn frame(seed: u64, time_ms: u32, content_ms: u32) -> FrameHash {
    let views =
        std::array::from_fn(|view| hash(seed * 16 + view as u64, u64::from(content_ms / 128)));
    FrameHash { time_ms, views }
}

/// From a time of the scene on, so long, at a speed in thousandths.
fn clip(seed: u64, from_ms: u32, len_ms: u32, speed: u32) -> Sequence {
    let times = (0..=len_ms).step_by(64);
    let frames = times.map(|time| frame(seed, time, from_ms + time * speed / 1000)).collect();
    Sequence { step_ms: 64, frames, sound: None }
}

/// The first so many bits of a hash turned over.
fn noisy(hash: Simhash, bits: usize) -> Simhash {
    let mut bytes = hash.to_bytes();
    (0..bits).for_each(|bit| bytes[bit / 8] ^= 1 << (bit % 8));
    Simhash::from_bytes(bytes)
}

fn changed(mut sequence: Sequence, change: impl Fn(usize, Simhash) -> Simhash) -> Sequence {
    for frame in &mut sequence.frames {
        frame.views = std::array::from_fn(|view| change(view, frame.views[view]));
    }
    sequence
}

fn of_words(words: Words) -> Simhash {
    let mut bytes = [0; 32];
    bytes.as_chunks_mut().0.iter_mut().zip(words).for_each(|(out, word)| *out = word.to_le_bytes());
    Simhash::from_bytes(bytes)
}

fn relation(a: &Sequence, b: &Sequence, level: Level) -> Option<Relation> {
    align(a, b).and_then(|found| found.relation(level))
}

#[test]
fn an_excerpt_is_found_where_it_is_whichever_comes_first() {
    let (all, part) = (clip(1, 0, 40_000, 1000), clip(1, 13_000, 4_000, 1000));
    let found = align(&part, &all).unwrap();
    assert!((found.offset_ms() - 13_000).abs() <= 128, "{found:?}");
    assert_eq!(found.speed_permille(), 1000);
    assert!(found.begin_ms()[0] <= 64 && found.end_ms()[0] >= 3_900);
    assert!((12_900..=13_128).contains(&found.begin_ms()[1]));
    assert_eq!(found.relation(Level::Registry), Some(Relation::Excerpt));
    let back = align(&all, &part).unwrap();
    assert_eq!(back.offset_ms(), -found.offset_ms());
    assert_eq!(back.begin_ms(), [found.begin_ms()[1], found.begin_ms()[0]]);
    assert_eq!(back.relation(Level::Registry), Some(Relation::Excerpt));
}

#[test]
fn of_sequences_with_other_steps_the_sparser_asks() {
    let dense = clip(1, 5_000, 3_000, 1000);
    let mut sparse = clip(1, 0, 60_000, 1000);
    sparse.frames.retain(|frame| frame.time_ms % 256 == 0);
    sparse.step_ms = 256;
    for (a, b, offset) in [(&dense, &sparse, 5_000), (&sparse, &dense, -5_000)] {
        let found = align(a, b).unwrap();
        assert!((found.offset_ms() - offset).abs() <= 128, "{found:?}");
        assert_eq!(found.relation(Level::Registry), Some(Relation::Excerpt));
    }
}

#[test]
fn another_speed_is_told() {
    let (plain, fast) = (clip(2, 0, 22_000, 1000), clip(2, 0, 20_000, 1100));
    let found = align(&fast, &plain).unwrap();
    assert_eq!(found.speed_permille(), 1100);
    assert!(found.offset_ms().abs() <= 128 && found.mean_bits() < 40, "{found:?}");
    assert_eq!(found.relation(Level::Likely), Some(Relation::Reformatted));
    assert_eq!(align(&plain, &fast).unwrap().speed_permille(), 909);
}

#[test]
fn mirror_images_and_turns_are_found_and_told() {
    let a = clip(3, 0, 8_000, 1000);
    for variant in 1..8 {
        let b = changed(a.clone(), |_, hash| of_words(variants(&hash)[variant]));
        for (one, two) in [(&a, &b), (&b, &a)] {
            let found = align(one, two).unwrap();
            assert_eq!(found.mean_bits(), 0, "variant {variant}");
            assert_eq!(found.relation(Level::Registry), Some(Relation::Turned));
        }
    }
    // Turned by degrees: the middle of the one is a turned view of the other.
    let strange = clip(4, 0, 8_000, 1000);
    for turned in TURNED {
        let mut b = strange.clone();
        b.frames.iter_mut().zip(&a.frames).for_each(|(b, a)| b.views[MIDDLE] = a.views[turned]);
        assert_eq!(relation(&a, &b, Level::Registry), Some(Relation::Turned));
        assert_eq!(relation(&b, &a, Level::Registry), Some(Relation::Turned));
    }
}

#[test]
fn a_crop_and_a_border_are_found_by_the_views_for_them() {
    let (a, strange) = (clip(5, 0, 8_000, 1000), clip(6, 0, 8_000, 1000));
    for (mine, theirs) in
        [(WHOLE, MIDDLE), (MIDDLE, WHOLE), (FRAMED, FRAMED), (FRAMED, WHOLE), (WHOLE, FRAMED)]
    {
        let mut b = strange.clone();
        b.frames.iter_mut().zip(&a.frames).for_each(|(b, a)| b.views[theirs] = a.views[mine]);
        assert_eq!(
            relation(&a, &b, Level::Registry),
            Some(Relation::Reformatted),
            "{mine} {theirs}"
        );
    }
    let mut b = strange;
    b.frames.iter_mut().zip(&a.frames).for_each(|(b, a)| b.views[TURNED[0]] = a.views[TURNED[0]]);
    assert_eq!(relation(&a, &b, Level::Likely), None, "no pair has both turned");
}

/// Clips of two scenes with the same large mark in the upper part have that in common and nothing in
/// the lower one; a clip and the same with a mark are alike in the lower part and a little in the upper.
#[test]
fn a_mark_hides_no_copy_and_makes_no_kin_of_strangers() {
    let (a, strange) = (clip(7, 0, 8_000, 1000), clip(8, 0, 8_000, 1000));
    for [marked, clear] in [HALVES, [HALVES[1], HALVES[0]]] {
        let with = |bits: usize| {
            let mut b = strange.clone();
            for (b, a) in b.frames.iter_mut().zip(&a.frames) {
                b.views[clear] = noisy(a.views[clear], 20);
                b.views[marked] = noisy(a.views[marked], bits);
            }
            b
        };
        assert_eq!(relation(&a, &with(104), Level::Registry), Some(Relation::Edited));
        assert_eq!(relation(&with(104), &a, Level::Registry), Some(Relation::Edited));
        assert_eq!(relation(&a, &with(105), Level::Likely), None);
        assert_eq!(relation(&with(128), &a, Level::Likely), None);
    }
}

#[test]
fn strangers_are_not_related() {
    for seed in 0..12 {
        let (a, b) = (clip(20 + seed, 0, 12_000, 1000), clip(40 + seed, 0, 9_000, 1000));
        assert_eq!(relation(&a, &b, Level::Likely), None, "seed {seed}");
    }
}

/// A black or still clip is like any other black one, which says nothing.
#[test]
fn still_frames_are_no_evidence() {
    let still =
        |bits| changed(clip(9, 0, 8_000, 1000), move |view, _| noisy(hash(9, view as u64), bits));
    assert_eq!(relation(&still(0), &still(0), Level::Likely), None);
    // Two pictures aren't enough, three are.
    let pictures = |count: usize| {
        let mut sequence = still(0);
        let len = sequence.frames.len();
        for (at, frame) in sequence.frames.iter_mut().enumerate() {
            frame.views =
                std::array::from_fn(|view| hash(9, (at * count / len * 16 + view) as u64));
        }
        sequence
    };
    assert_eq!(relation(&pictures(2), &pictures(2), Level::Likely), None);
    assert_eq!(relation(&pictures(3), &pictures(3), Level::Registry), Some(Relation::Reformatted));
}

#[test]
fn a_stretch_has_to_be_long_enough_and_bits_few_enough() {
    let long = clip(10, 0, 30_000, 1000);
    let short = |len| relation(&clip(10, 7_040, len, 1000), &long, Level::Likely);
    assert_eq!((short(1_856), short(1_920)), (None, Some(Relation::Excerpt)));
    let levels = |bits: usize, len_ms| {
        let a = clip(11, 0, len_ms, 1000);
        let b = changed(a.clone(), |_, hash| noisy(hash, bits));
        [Level::Likely, Level::Dispute, Level::Registry]
            .map(|level| relation(&a, &b, level).is_some())
    };
    // Sixteen different frames and more.
    assert_eq!(levels(55, 8_000), [true; 3]);
    assert_eq!(levels(56, 8_000), [true, true, false]);
    assert_eq!(levels(67, 8_000), [true, true, false]);
    assert_eq!(levels(68, 8_000), [true, false, false]);
    assert_eq!(levels(73, 8_000), [true, false, false]);
    assert_eq!(levels(74, 8_000), [false; 3]);
    let limits = |distinct, marked| {
        [Level::Likely, Level::Dispute, Level::Registry]
            .map(|level| most_bits(level, distinct, marked))
    };
    assert_eq!(limits(3, false), [60, 54, 42]);
    assert_eq!(limits(6, false), [68, 62, 50]);
    assert_eq!(limits(12, true), [67, 61, 49]);
}

#[test]
fn a_part_in_common_is_an_overlap() {
    let a = clip(12, 0, 20_000, 1000);
    let mut b = clip(13, 0, 20_000, 1000);
    b.frames[100..200].copy_from_slice(&a.frames[100..200]);
    let found = align(&a, &b).unwrap();
    assert_eq!(found.relation(Level::Registry), Some(Relation::Overlapping));
    assert_eq!(found.begin_ms(), [6_400; 2]);
    assert!(found.end_ms().iter().all(|end| (12_600..=12_736).contains(end)), "{found:?}");
}

/// Sketches that a stranger made up: whatever times and hashes they have, a comparison ends, and
/// says the same whichever comes first.
#[test]
fn made_up_sequences_are_borne() {
    let most = Sequence::MAX as u64;
    let spread = |step_ms: u32, same: bool| {
        let frame = |i: u64| FrameHash {
            time_ms: (i * u64::from(u32::MAX) / (most - 1)) as u32,
            views: [hash(14, if same { 0 } else { i }); VIEWS],
        };
        Sequence { step_ms, frames: (0..most).map(frame).collect(), sound: None }
    };
    let nothing = Sequence { step_ms: 64, frames: Vec::new(), sound: None };
    let one = Sequence { frames: vec![frame(14, u32::MAX, 0)], ..nothing.clone() };
    let all = [
        spread(64, true),
        spread(64 << 16, true),
        spread(64, false),
        spread(64 << 16, false),
        clip(14, 0, 5_000, 1000),
        nothing,
        one,
    ];
    for a in &all {
        for b in &all {
            let [there, back] = [(a, b), (b, a)].map(|(a, b)| align(a, b));
            let seen = |found: Option<Alignment>| {
                found.map(|found| {
                    (
                        found.bits,
                        found.distinct,
                        u64::from(found.begin_ms[0]) + u64::from(found.begin_ms[1]),
                    )
                })
            };
            assert_eq!(seen(there), seen(back));
            if let Some(found) = there {
                assert!(found.begin_ms[0] <= found.end_ms[0] && found.mean_bits() <= 256);
                assert!(found.relation(Level::Likely).is_none() || found.distinct >= 3);
            }
        }
    }
}
