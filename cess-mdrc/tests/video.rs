//! Videos: small clips in each container and codec, and what is refused.
#![cfg(feature = "video")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use cess_mdrc::video::{Limits, VideoCodec, VideoFault, VideoFormat, VpdqSize};
use cess_mdrc::video::{fingerprint, fingerprint_within, vpdq};
use cess_mdrc::{Error, Fingerprint, Kind, Level, Relation, Sketch, Verdict};

/// A moving pattern for two seconds, a zoom into the Mandelbrot set for two and a half; 128 by 96,
/// ten frames a second, B-frames in H.264.
const H264: &[u8] = include_bytes!("clips/h264.mp4");
const FRAGMENTS: &[u8] = include_bytes!("clips/h264-fragments.mp4");
const MATROSKA: &[u8] = include_bytes!("clips/h264.mkv");
const VP9: &[u8] = include_bytes!("clips/vp9.webm");
const ALL: [&[u8]; 4] = [H264, FRAGMENTS, MATROSKA, VP9];

/// Six seconds of a pattern with chords in AAC; the same chords in Opus with other pictures; the pattern with
/// them in AC-3, with silence, and without a track of sound; nothing but black, with the chords and
/// without; and a photo that stays.
const SOUND: &[u8] = include_bytes!("clips/sound.mp4");
const SOUND_OTHER: &[u8] = include_bytes!("clips/sound-other.webm");
const SOUND_AC3: &[u8] = include_bytes!("clips/sound-ac3.mkv");
const SILENT: &[u8] = include_bytes!("clips/silent.mp4");
const MUTE: &[u8] = include_bytes!("clips/mute.mp4");
const BLACK: &[u8] = include_bytes!("clips/black.mp4");
const BLACK_SOUND: &[u8] = include_bytes!("clips/black-sound.mp4");
const STILL: &[u8] = include_bytes!("clips/still.mp4");

fn fault(bytes: &[u8], limits: &Limits) -> VideoFault {
    match fingerprint_within(bytes, limits) {
        Err(Error::Video { fault, .. }) => fault,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was taken"),
    }
}

fn verdict(a: &[u8], b: &[u8], level: Level) -> Verdict {
    fingerprint(a).unwrap().compare(&fingerprint(b).unwrap()).unwrap().verdict(level)
}

#[test]
fn a_container_makes_no_difference_and_a_codec_hardly_any() {
    let first = fingerprint(H264).unwrap();
    assert!(first.sketch().to_bytes().len() < 20_000);
    assert_eq!(first.certificate().kind(), Kind::Video);
    for other in [FRAGMENTS, MATROSKA] {
        let other = fingerprint(other).unwrap();
        assert_eq!(other.certificate().id(), first.certificate().id());
        assert_eq!(other.sketch(), first.sketch());
    }
    let related = verdict(H264, VP9, Level::Registry);
    assert_eq!(related, Verdict::Related(Relation::Reformatted));
    assert_eq!(Fingerprint::of(VP9), fingerprint(VP9), "found by its bytes");
    let sketch = first.sketch();
    assert_eq!(Sketch::from_bytes(&sketch.to_bytes()).as_ref(), Ok(sketch));
}

#[test]
fn a_clip_lies_upon_itself() {
    let a = fingerprint(H264).unwrap();
    let found = a.compare(&fingerprint(VP9).unwrap()).unwrap();
    let place = found.alignment().unwrap();
    assert_eq!((place.offset_ms(), place.speed_permille()), (0, 1000));
    assert!(place.begin_ms()[0] <= 500 && place.end_ms()[0] >= 4000 && place.mean_bits() <= 16);
}

#[test]
fn every_frame_has_a_hash_of_vpdq() {
    let limits = Limits::default();
    for (clip, size) in [(H264, VpdqSize::Native), (VP9, VpdqSize::Small)] {
        let frames = vpdq(clip, size, &limits).unwrap();
        assert_eq!(frames.len(), 45);
        assert!(frames.is_sorted_by_key(|frame| (frame.number, frame.time_ms)));
        assert_eq!((frames[44].number, frames[44].time_ms), (44, 4400));
    }
}

#[test]
fn limits_hold_and_say_which() {
    let limits = Limits::default();
    for clip in ALL {
        let pixels = Limits { pixels: 128 * 96 - 1, ..limits };
        assert_eq!(fault(clip, &pixels), VideoFault::Pixels { max: 128 * 96 - 1 });
        assert_eq!(fault(clip, &Limits { seconds: 4, ..limits }), VideoFault::Seconds { max: 4 });
        let work = 128 * 96 * 44;
        assert_eq!(fault(clip, &Limits { work, ..limits }), VideoFault::Work { max: work });
        let enough = Limits { pixels: 128 * 96, seconds: 5, work: 128 * 96 * 45 };
        assert_eq!(fingerprint_within(clip, &enough), fingerprint(clip));
    }
}

#[test]
fn cut_files_are_told_from_damaged_ones_and_from_those_of_other_codecs() {
    let limits = Limits::default();
    assert_eq!(fault(&H264[..H264.len() / 2], &limits), VideoFault::Truncated);
    assert_eq!(fault(b"\0\0\0\x14ftypisom\0\0\0\0isom", &limits), VideoFault::Damaged);
    let renamed = |clip: &[u8], from: &[u8], to: &[u8]| {
        let at = clip.windows(from.len()).position(|part| part == from).unwrap();
        [&clip[..at], to, &clip[at + to.len()..]].concat()
    };
    let other = renamed(VP9, b"V_VP9", b"V_AV1");
    assert_eq!(fault(&other, &limits), VideoFault::Codec(VideoCodec::Av1));
    assert_eq!(fingerprint(&other).unwrap_err().to_string(), "WebM video: no decoder for AV1",);
    let sound = Fingerprint::of(&other).unwrap();
    assert_eq!(sound.certificate().kind(), Kind::Data, "what nobody decodes is data");
    let format = |bytes: &[u8]| match fingerprint(bytes) {
        Err(Error::Video { format, .. }) => format,
        _ => panic!("it was taken"),
    };
    assert_eq!(format(b"RIFF\0\0\0\0AVI LIST"), VideoFormat::Other);
    assert_eq!(format(b"\0\0\0\x14ftypqt  \0\0\0\0qt  "), VideoFormat::QuickTime);
}

/// A table that stands for four thousand million samples in a few bytes.
#[test]
fn tables_of_samples_are_counted_before_memory_is_taken() {
    let at = H264.windows(4).position(|part| part == b"stsz").unwrap();
    let mut lying = H264.to_vec();
    lying[at + 8..at + 12].copy_from_slice(&1u32.to_be_bytes());
    lying[at + 12..at + 16].copy_from_slice(&u32::MAX.to_be_bytes());
    let many = fault(&lying, &Limits::default());
    assert!(matches!(many, VideoFault::Frames { .. }), "{many}");
    let at = FRAGMENTS.windows(4).position(|part| part == b"trun").unwrap();
    let mut lying = FRAGMENTS.to_vec();
    lying[at + 8..at + 12].copy_from_slice(&(1u32 << 30).to_be_bytes());
    let many = fault(&lying, &Limits::default());
    assert!(matches!(many, VideoFault::Frames { .. }), "{many}");
}

/// Each byte that matters to the structure is changed; nothing panics or runs on.
#[test]
fn no_change_of_a_byte_makes_it_panic() {
    let tight = Limits { pixels: 1 << 20, seconds: 60, work: 1 << 26 };
    for clip in ALL {
        let mut changed = clip.to_vec();
        for at in (0..1600).step_by(61).chain((1600..clip.len()).step_by(2003)) {
            for bits in [0xff, 0x01] {
                changed[at] ^= bits;
                let taken = fingerprint_within(&changed, &tight);
                assert!(!matches!(taken, Err(Error::Read { .. })));
                changed[at] ^= bits;
            }
        }
        for len in (0..clip.len()).step_by(3989) {
            let _ = fingerprint_within(&clip[..len], &tight);
        }
    }
}

/// Whether a sketch has sound shows in its length: eight bytes an item, of which four are a second's.
fn items(clip: &[u8]) -> usize {
    let with = fingerprint(clip).unwrap().sketch().to_bytes().len();
    let frames = fingerprint(if clip == BLACK_SOUND { BLACK } else { MUTE }).unwrap();
    (with - frames.sketch().to_bytes().len()) / 8
}

#[test]
fn sound_is_part_of_the_fingerprint_where_it_is_decoded_and_says_something() {
    let mute = fingerprint(MUTE).unwrap();
    let with = fingerprint(SOUND).unwrap();
    assert_ne!(with.sketch(), mute.sketch());
    assert_eq!(with.certificate().id(), mute.certificate().id());
    assert!((20..=24).contains(&items(SOUND)), "{}", items(SOUND));
    for clip in [SOUND_AC3, SILENT] {
        assert_eq!(fingerprint(clip).unwrap().sketch(), mute.sketch());
    }
    let found = with.compare(&mute).unwrap();
    assert_eq!(found.sound_alignment(), None);
    assert_eq!(found.verdict(Level::Registry), Verdict::Related(Relation::Reformatted));
}

#[test]
fn the_same_sound_with_other_pictures_is_an_overlap() {
    let [a, b, mute] = [SOUND, SOUND_OTHER, MUTE].map(|clip| fingerprint(clip).unwrap());
    for (a, b) in [(&a, &b), (&b, &a)] {
        let found = a.compare(b).unwrap();
        assert_eq!(found.verdict(Level::Dispute), Verdict::Related(Relation::Overlapping));
        assert!(found.alignment().is_none_or(|place| place.mean_bits() > 73));
        let sound = found.sound_alignment().unwrap();
        assert!(sound.offset_ms().abs() <= 500 && sound.speed_permille() == 1000, "{sound:?}");
    }
    assert_eq!(b.compare(&mute).unwrap().verdict(Level::Likely), Verdict::Unrelated);
    let limits = Limits { seconds: 5, ..Limits::default() };
    assert_eq!(fault(SOUND, &limits), VideoFault::Seconds { max: 5 });
}

#[test]
fn black_and_still_videos_abstain_unless_their_sound_says_something() {
    for clip in [BLACK, STILL] {
        assert!(fingerprint(clip).unwrap().certificate().abstains());
        for other in [BLACK, STILL, BLACK_SOUND] {
            let said = verdict(clip, other, Level::Likely);
            let same = clip == other;
            let expected =
                if same { Verdict::Related(Relation::Identical) } else { Verdict::Abstained };
            assert_eq!(said, expected);
        }
    }
    let black = fingerprint(BLACK_SOUND).unwrap();
    assert!(black.certificate().abstains());
    assert_eq!(
        verdict(BLACK_SOUND, SOUND, Level::Dispute),
        Verdict::Related(Relation::Overlapping)
    );
    assert_eq!(verdict(BLACK_SOUND, MUTE, Level::Likely), Verdict::Abstained);
    assert_eq!(verdict(BLACK_SOUND, H264, Level::Likely), Verdict::Abstained);
}

/// Each container that ends in its middle, or goes on without end, is an error that says so.
#[test]
fn cut_off_and_endless_files_are_told() {
    let limits = Limits { pixels: 1 << 20, seconds: 60, work: 1 << 26 };
    for (clip, parts) in ALL.iter().zip([4usize; 4]) {
        for part in 1..parts {
            let cut = &clip[..clip.len() * part / parts];
            let fault = fault(cut, &limits);
            let told = matches!(fault, VideoFault::Truncated | VideoFault::Damaged);
            assert!(told, "{part} of {parts}: {fault}");
        }
    }
    // The last box has no end, or one behind that of all files.
    let mut endless = H264.to_vec();
    let at = endless.windows(4).position(|part| part == b"moov").unwrap();
    endless[at - 4..at].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(fault(&endless, &limits), VideoFault::Truncated);
    endless[at - 4..at].copy_from_slice(&0u32.to_be_bytes());
    assert_eq!(fault(&endless, &limits), VideoFault::Damaged);
    // A cluster that holds itself again and again.
    let cluster = [0x1f, 0x43, 0xb6, 0x75];
    let at = VP9.windows(4).position(|part| part == cluster).unwrap();
    let mut looped = VP9[..at].to_vec();
    while looped.len() < 1 << 20 {
        looped.extend(cluster);
        looped.extend([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }
    let fault = fault(&looped, &limits);
    assert!(
        matches!(fault, VideoFault::Truncated | VideoFault::Damaged | VideoFault::NoPictures),
        "{fault}"
    );
}
