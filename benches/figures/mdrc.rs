//! Fingerprints of text, pictures, videos and data, and searches among them, beside ISCC and a plain scan.
//!
//! Recalls need documents that packages ship: `cargo xtask mdrc-bench text` has them.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use cess_mdrc::audio::{self, Limits as SoundLimits, Recording};
use cess_mdrc::image::{Picture, of_picture, pdq};
use cess_mdrc::index::Index;
use cess_mdrc::video::{self, Limits, VpdqSize};
use cess_mdrc::{Format, Simhash, data, iscc, text};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusty_chromaprint::{Configuration, Fingerprinter};

use crate::figure::{Figure, Unit};
use crate::measure::{interleave, interleave_runs};

const TEXT_LEN: usize = 200 << 10;
const DATA_LEN: usize = 4 << 20;
const HASHES: [usize; 2] = [1_000_000, 10_000_000];

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    let mut rng = ChaCha8Rng::from_seed([7; 32]);
    let prose = words(&mut rng);
    let [ours, theirs] = interleave([
        &mut || drop(black_box(text::fingerprint(prose.as_bytes(), Format::Plain))),
        &mut || drop(black_box(iscc::text_code(&prose, 256))),
    ]);
    speed("text", "iscc-text-code", prose.len(), [ours, theirs], emit);
    let mut bytes = vec![0; DATA_LEN];
    rng.fill_bytes(&mut bytes);
    let [ours, theirs] =
        interleave([&mut || drop(black_box(data::fingerprint(&bytes))), &mut || {
            drop(black_box(iscc::data_code(&bytes, 256)))
        }]);
    speed("data", "iscc-data-code", bytes.len(), [ours, theirs], emit);
    pictures(emit);
    videos(emit);
    sound(emit);
    for count in HASHES {
        search(count, &mut rng, emit);
    }
}

/// Decoded pictures of one and twelve megapixels, beside PDQ of the same.
fn pictures(emit: &mut dyn FnMut(Figure)) {
    for (width, height) in [(1200, 834), (4000, 3000)] {
        let samples = (0..width * height).flat_map(|i: u32| {
            let (x, y) = (i % width, i / width);
            [x * y / 997, x * 7 + y * 3, x * x / 4099 + y].map(|value| value.to_le_bytes()[0])
        });
        let picture = Picture::from_samples(width, height, 3, samples.collect());
        let picture = picture.expect("three samples a pixel");
        let [ours, theirs] =
            interleave([&mut || drop(black_box(of_picture(&picture, [0; 32]))), &mut || {
                let _ = black_box(pdq(&picture));
            }]);
        let unit = Unit::Milliseconds;
        let [ours, theirs] = [ours, theirs].map(|seconds| unit.value(seconds, 0));
        let name = format!("image/pixels={}", width * height);
        emit(Figure::new(name, ours, unit).against("own-pdq", theirs));
    }
}

/// A clip of 480 by 720 pixels and 30 frames a second, decoded and all: per cent of the time that it
/// lasts. vPDQ hashes every frame. Needs the clips beside the checkout.
fn videos(emit: &mut dyn FnMut(Figure)) {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/media/videos/tmk");
    let [clip, other] = ["pattern-sd-with-small-logo-bar", "chair-19-sd-bar"]
        .map(|name| std::fs::read(folder.join(format!("{name}.mp4"))));
    let (Ok(clip), Ok(other)) = (clip, other) else { return };
    let limits = Limits::default();
    let last = video::vpdq(&clip, VpdqSize::Native, &limits).ok();
    let lasts = last.and_then(|frames| frames.last().map(|frame| f64::from(frame.time_ms + 33)));
    let Some(lasts) = lasts else { return };
    let [ours, theirs] = interleave_runs(
        3,
        [&mut || drop(black_box(video::fingerprint(&clip))), &mut || {
            drop(black_box(video::vpdq(&clip, VpdqSize::Native, &limits)));
        }],
    );
    let [ours, theirs] = [ours, theirs].map(|seconds| 100_000.0 * seconds / lasts);
    let name = "video-of-real-time/size=480x720".to_owned();
    emit(Figure::new(name, ours, Unit::Percent).against("own-vpdq", theirs));
    let prints = [&clip, &other].map(|bytes| video::fingerprint(bytes));
    if let [Ok(a), Ok(b)] = &prints {
        let [apart, same] = interleave([&mut || drop(black_box(a.compare(b))), &mut || {
            drop(black_box(b.compare(b)));
        }]);
        let unit = Unit::Milliseconds;
        let frames = "video-compare/strangers/seconds=7,19".to_owned();
        emit(Figure::new(frames, unit.value(apart, 0), unit));
        let frames = "video-compare/same/seconds=19".to_owned();
        emit(Figure::new(frames, unit.value(same, 0), unit));
    }
}

/// Half a minute of chords, decoded and in files: a WAV made here, and by the `ffmpeg` of the machine, where there is one,
/// the others. The rival gets the decoded samples too, or decodes the same file by the same decoders.
fn sound(emit: &mut dyn FnMut(Figure)) {
    let samples: Vec<i16> = (0..30 * 8_000i32)
        .map(|at| {
            let chord = at / 3_000 % 7 + 3;
            let wave = |period: i32| (at % period - period / 2) * 6_000 / period;
            let sum = wave(8 + chord) + wave(13 + chord * 2) + wave(29 - chord);
            i16::try_from(sum).expect("three waves of 3,000 at most")
        })
        .collect();
    let recording = Recording::from_samples(samples.clone());
    let [ours, theirs] = interleave([
        &mut || drop(black_box(audio::of_recording(&recording, [0; 32]))),
        &mut || {
            let mut printer = Fingerprinter::new(&Configuration::preset_test2());
            printer.start(Recording::RATE, 1).expect("a rate that it knows");
            printer.consume(&samples);
            printer.finish();
            black_box(printer.fingerprint().len());
        },
    ]);
    let unit = Unit::RealTime;
    let [ours, theirs] = [ours, theirs].map(|seconds| unit.value(seconds, 30_000));
    emit(Figure::new("audio/decoded".to_owned(), ours, unit).against("rusty-chromaprint", theirs));
    for (name, bytes) in files(&samples) {
        let Ok(recording) = Recording::decode(&bytes, SoundLimits::default()) else { continue };
        let [ours, theirs] =
            interleave([&mut || drop(black_box(audio::fingerprint(&bytes))), &mut || {
                drop(black_box(audio::chromaprint(&bytes, SoundLimits::default())))
            }]);
        let [ours, theirs] =
            [ours, theirs].map(|seconds| unit.value(seconds, recording.samples().len() / 8));
        let name = format!("audio/file={name}");
        emit(Figure::new(name, ours, unit).against("rusty-chromaprint", theirs));
    }
    let prints = [0, 1].map(|at: u8| {
        let turned: Vec<i16> = samples.iter().skip(usize::from(at) * 40_000).copied().collect();
        audio::of_recording(&Recording::from_samples(turned), [at; 32])
    });
    let [seconds] = interleave([&mut || drop(black_box(prints[0].compare(&prints[1])))]);
    let unit = Unit::Milliseconds;
    emit(Figure::new("audio-compare/seconds=30".to_owned(), unit.value(seconds, 0), unit));
}

/// The chords at 44.1 kHz in two channels, by format.
fn files(samples: &[i16]) -> Vec<(&'static str, Vec<u8>)> {
    let stereo =
        (0..30 * 44_100).flat_map(|at| [samples[at * 80 / 441], samples[at * 80 / 441] / 2]);
    let body: Vec<u8> = stereo.flat_map(i16::to_le_bytes).collect();
    let len = u32::try_from(body.len()).expect("five megabytes");
    let mut wav =
        [&b"RIFF"[..], &(36 + len).to_le_bytes(), b"WAVEfmt \x10\0\0\0\x01\0\x02\0"].concat();
    wav.extend([44_100u32.to_le_bytes(), 176_400u32.to_le_bytes()].concat());
    wav.extend([&b"\x04\0\x10\0data"[..], &len.to_le_bytes(), &body].concat());
    let encoders = [
        ("mp3", "-c:a libmp3lame -b:a 128k"),
        ("m4a", "-c:a aac -b:a 128k"),
        ("ogg", "-c:a libvorbis -b:a 128k"),
        ("opus", "-c:a libopus -b:a 64k"),
        ("flac", "-c:a flac"),
    ];
    let others = encoders.map(|(name, encoder)| Some((name, encoded(&wav, name, encoder)?)));
    std::iter::once(("wav", wav.clone())).chain(others.into_iter().flatten()).collect()
}

/// By the `ffmpeg` of the machine; nothing where there is none.
fn encoded(wav: &[u8], name: &str, encoder: &str) -> Option<Vec<u8>> {
    let stem = std::env::temp_dir().join(format!("cess-figures-{}", std::process::id()));
    let (source, made) = (stem.with_extension("wav"), stem.with_extension(name));
    std::fs::write(&source, wav).ok()?;
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y", "-i"]).arg(&source);
    let done = command.args(encoder.split(' ')).arg(&made).stdin(Stdio::null()).status();
    let bytes = done.is_ok_and(|status| status.success()).then(|| std::fs::read(&made).ok());
    [source, made].iter().for_each(|path| drop(std::fs::remove_file(path)));
    bytes.flatten()
}

fn speed(
    op: &str,
    rival: &'static str,
    len: usize,
    seconds: [f64; 2],
    emit: &mut dyn FnMut(Figure),
) {
    let unit = Unit::MegabytesPerSecond;
    let [ours, theirs] = seconds.map(|seconds| unit.value(seconds, len));
    emit(Figure::new(format!("{op}/len={len}"), ours, unit).against(rival, theirs));
}

/// Queries within a radius among random hashes; the rival looks at each.
fn search(count: usize, rng: &mut ChaCha8Rng, emit: &mut dyn FnMut(Figure)) {
    let mut draw = || {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Simhash::from_bytes(bytes)
    };
    let hashes: Vec<Simhash> = (0..count).map(|_| draw()).collect();
    let mut index = Index::new();
    for (key, hash) in (0..).zip(&hashes) {
        index.insert(key, *hash).expect("keys count up");
    }
    let queries: Vec<Simhash> = (0..64).map(|_| draw()).collect();
    for radius in [31, 90] {
        let (mut mine, mut other) = (queries.iter().cycle(), queries.iter().cycle());
        let mut query = || index.within(mine.next().expect("cycles"), radius).len();
        let mut scan = || {
            let query = other.next().expect("cycles");
            hashes.iter().filter(|hash| hash.distance(query) <= radius).count()
        };
        let [ours, theirs] = interleave([
            &mut || {
                black_box(query());
            },
            &mut || {
                black_box(scan());
            },
        ]);
        let unit = Unit::Milliseconds;
        let [ours, theirs] = [ours, theirs].map(|seconds| unit.value(seconds, 0));
        let name = format!("search/hashes={count}/radius={radius}");
        emit(Figure::new(name, ours, unit).against("linear-count-ones", theirs));
    }
}

/// Words of a made-up language, the frequent ones about as frequent as in real ones.
fn words(rng: &mut ChaCha8Rng) -> String {
    let mut text = String::with_capacity(TEXT_LEN + 16);
    while text.len() < TEXT_LEN {
        let draw = rng.next_u32() % 65_536;
        let mut rank = 65_536 / (draw + 1) * 7 + draw % 7;
        loop {
            text.push(char::from(b"etaoinshrdlucmfw"[rank as usize % 16]));
            text.push(char::from(b"aeiouy"[rank as usize % 6]));
            rank /= 16;
            if rank == 0 {
                break;
            }
        }
        text.push(if rng.next_u32().is_multiple_of(12) { '\n' } else { ' ' });
    }
    text
}
