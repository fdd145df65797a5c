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
