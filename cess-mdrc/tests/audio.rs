//! Sound as a file and as samples: what is decoded, and what is refused by name.
#![cfg(feature = "audio")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "samples of 16 bits, and helpers of tests"
)]

use cess_mdrc::audio::{self, AudioFault, AudioFormat, Limits, Recording};
use cess_mdrc::{Error, Fingerprint, Kind, Level, Relation, Sketch, Verdict};

fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let len = u32::try_from(samples.len()).unwrap() * 2;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + len).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(channels) * 2).to_le_bytes());
    bytes.extend(channels.wrapping_mul(2).to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(len.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

fn decode(bytes: &[u8]) -> Result<Recording, Error> {
    Recording::decode(bytes, Limits::default())
}

#[test]
fn channels_are_mixed_and_rates_become_one() {
    let samples: Vec<i16> = (0..16_000).map(|at| (at % 100) * 50).collect();
    let same = decode(&wav(8_000, 1, &samples)).unwrap();
    assert_eq!(same.milliseconds(), 2_000);
    let stereo: Vec<i16> = samples.iter().flat_map(|sample| [sample * 2, 0]).collect();
    assert_eq!(decode(&wav(8_000, 2, &stereo)).unwrap(), same);
    let slower = decode(&wav(16_000, 1, &samples)).unwrap();
    assert_eq!((slower.milliseconds(), slower.samples().len()), (1_000, 8_000));
}

#[test]
fn headers_that_lie_are_refused() {
    let samples = [1000i16; 8_000];
    let refused = |fault| Err(Error::Audio { format: AudioFormat::Wav, fault });
    assert_eq!(decode(&wav(u32::MAX, 1, &samples)), refused(AudioFault::Rate));
    assert_eq!(decode(&wav(999, 1, &samples)), refused(AudioFault::Rate));
    let limits = Limits { max_seconds: 1 };
    assert!(Recording::decode(&wav(8_000, 1, &samples), limits).is_ok());
    let longer = Recording::decode(&wav(8_000, 1, &[0; 16_001]), limits);
    assert_eq!(longer, Err(Error::AudioTooLong { max_seconds: 1 }));
    let whole = wav(8_000, 1, &[500; 80_000]);
    assert_eq!(decode(&whole[..whole.len() / 2]), refused(AudioFault::Truncated));
    let many = decode(&wav(8_000, 255, &samples));
    assert!(matches!(many, Err(Error::Audio { .. })), "{many:?}");
    assert!(matches!(decode(b"words"), Err(Error::AudioFormat { .. })));
}

/// Notes of a melody that a seed makes, each of three harmonics, fading.
fn melody(seed: u64, seconds: usize) -> Vec<i16> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = |most: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % most
    };
    let mut samples = vec![0.0f64; seconds * 8_000];
    let mut at = 0;
    while at < samples.len() {
        let hz = 261.6 * 2f64.powf(draw(30) as f64 / 12.0);
        let len = 800 * (1 + draw(6)) as usize;
        for (i, sample) in samples[at..].iter_mut().take(len * 2).enumerate() {
            let fade = (1.0 - i as f64 / (len * 2) as f64).powi(2);
            let turn = std::f64::consts::TAU * hz * i as f64 / 8_000.0;
            let wave = turn.sin() + 0.5 * (2.0 * turn).sin() + 0.3 * (3.0 * turn).sin();
            *sample += 4_000.0 * fade * wave;
        }
        at += len;
    }
    samples.into_iter().map(|sample| sample as i16).collect()
}

fn print(samples: &[i16]) -> Fingerprint {
    audio::of_recording(&Recording::from_samples(samples.to_vec()), [samples.len() as u8; 32])
}

fn related(a: &Fingerprint, b: &Fingerprint) -> Verdict {
    a.compare(b).unwrap().verdict(Level::Registry)
}

#[test]
fn a_file_and_its_samples_have_one_fingerprint() {
    let samples = melody(1, 12);
    let file = wav(8_000, 1, &samples);
    let print = Fingerprint::of(&file).unwrap();
    assert_eq!(print.certificate().kind(), Kind::Audio);
    let instance = *blake3::hash(&file).as_bytes();
    assert_eq!(audio::of_recording(&decode(&file).unwrap(), instance), print);
    assert_eq!(Sketch::from_bytes(&print.sketch().to_bytes()).as_ref(), Ok(print.sketch()));
    assert!(!print.certificate().abstains());
}

#[test]
fn an_excerpt_is_found_with_its_place_and_strangers_are_not() {
    let whole = melody(2, 60);
    let excerpt = print(&whole[20 * 8_000..32 * 8_000]);
    let whole = print(&whole);
    for (a, b, sign) in [(&excerpt, &whole, 1), (&whole, &excerpt, -1)] {
        let found = a.compare(b).unwrap();
        assert_eq!(found.verdict(Level::Registry), Verdict::Related(Relation::Excerpt));
        let place = found.alignment().unwrap();
        assert!((place.offset_ms() - sign * 20_000).abs() <= 500, "{place:?}");
        assert_eq!((place.speed_permille(), place.pitch_cents()), (1000, 0));
        let [begin, end] = [place.begin_ms(), place.end_ms()];
        assert!((9_000..=12_500).contains(&(end[0] - begin[0])), "{place:?}");
    }
    for seed in 10..20 {
        assert_eq!(related(&whole, &print(&melody(seed, 30))), Verdict::Unrelated, "{seed}");
    }
}

/// Every sample at a speed, by the nearest: pitch and tempo change together.
fn faster(samples: &[i16], permille: usize) -> Vec<i16> {
    (0..samples.len() * 1000 / permille).map(|at| samples[at * permille / 1000]).collect()
}

#[test]
fn another_speed_is_told_with_tempo_and_pitch() {
    let original = melody(3, 30);
    let slow = print(&original);
    let fast = print(&faster(&original, 1059));
    let found = fast.compare(&slow).unwrap();
    assert_eq!(found.verdict(Level::Registry), Verdict::Related(Relation::Retimed));
    let place = found.alignment().unwrap();
    assert!(place.speed_permille().abs_diff(1059) <= 25 && place.pitch_cents() == 100, "{place:?}");
    let back = *slow.compare(&fast).unwrap().alignment().unwrap();
    assert!(back.speed_permille().abs_diff(944) <= 25 && back.pitch_cents() == -100, "{back:?}");
    let far = fast.certificate().id().distance(&slow.certificate().id());
    assert!(far < 90, "{far}");
}

#[test]
fn silence_noise_and_a_tone_abstain() {
    let mut state = 1u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 48) as u16 as i16 / 4
    };
    let noise: Vec<i16> = (0..240_000).map(|_| noise()).collect();
    let tone: Vec<i16> = (0..240_000)
        .map(|at| {
            ((f64::from(at) * 440.0 * std::f64::consts::TAU / 8_000.0).sin() * 9_000.0) as i16
        })
        .collect();
    let dither: Vec<i16> = noise.iter().map(|sample| sample / 6_000).collect();
    for (name, samples) in
        [("silence", vec![0; 240_000]), ("noise", noise), ("tone", tone), ("dither", dither)]
    {
        let print = print(&samples);
        assert!(print.certificate().abstains(), "{name}: {}", print.certificate().quality());
        assert_eq!(related(&print, &self::print(&melody(5, 30))), Verdict::Abstained, "{name}");
    }
    for len in [0, 1, 2_047, 2_048, 8_000, 16_000] {
        assert!(print(&melody(6, 4)[..len]).certificate().abstains(), "{len} samples are too few");
    }
}

/// Pauses, and what is left of a fade: both recordings have ten seconds of it, at the same place.
#[test]
fn two_recordings_that_are_silent_for_a_while_are_strangers() {
    let paused = |seed, soft: i16| {
        let mut samples = melody(seed, 20);
        // A bit that flickers now and then is as good as silence.
        samples.extend((0..80_000).map(|at| if at % 977 < 3 { soft } else { 0 }));
        samples.extend(melody(seed + 1, 5));
        print(&samples)
    };
    for soft in [0, 1] {
        let (a, b) = (paused(70, soft), paused(80, 0));
        assert!(!a.certificate().abstains());
        let found = a.compare(&b).unwrap();
        assert_eq!(found.verdict(Level::Likely), Verdict::Unrelated, "{found:?}");
        let copy = a.compare(&paused(70, 0)).unwrap();
        assert!(matches!(copy.verdict(Level::Registry), Verdict::Related(_)), "{copy:?}");
    }
}

#[test]
fn a_recording_past_the_bound_is_found_by_what_is_kept() {
    let part = melody(7, 120);
    let mut long: Vec<i16> = Vec::new();
    for seed in 0..40 {
        if seed == 23 { long.extend(&part) } else { long.extend(melody(100 + seed, 60)) }
    }
    let (long, part) = (print(&long), print(&part));
    assert!(long.sketch().to_bytes().len() <= Sketch::max_len(Kind::Audio));
    assert_eq!(Sketch::from_bytes(&long.sketch().to_bytes()).as_ref(), Ok(long.sketch()));
    let found = part.compare(&long).unwrap();
    assert!(matches!(found.verdict(Level::Registry), Verdict::Related(_)));
    let place = found.alignment().unwrap();
    assert!((place.offset_ms() - 23 * 60_000).abs() <= 1_000, "{place:?}");
}

#[test]
fn bytes_behind_each_magic_number_are_refused_by_name() {
    let magic: [(&[u8], AudioFormat); 8] = [
        (b"RIFF\x24\0\0\0WAVEfmt ", AudioFormat::Wav),
        (b"FORM\0\0\0\x20AIFFCOMM", AudioFormat::Aiff),
        (b"\xff\xfb\x90\x64", AudioFormat::Mp3),
        (b"fLaC\0\0\0\x22", AudioFormat::Flac),
        (b"OggS\0\x02\0\0", AudioFormat::Ogg),
        (b"\xff\xf1\x50\x80", AudioFormat::Aac),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", AudioFormat::Mp4),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", AudioFormat::Matroska),
    ];
    for (magic, expected) in magic {
        for len in [0, 1, 100, 10_000] {
            let mut filler = vec![0u8; len];
            blake3::Hasher::new_derive_key("cess-mdrc hostile sound")
                .finalize_xof()
                .fill(&mut filler);
            for filler in [filler, vec![0; len], vec![255; len]] {
                match decode(&[magic, &filler].concat()) {
                    Err(Error::Audio { format, .. }) => assert_eq!(format, expected),
                    Err(Error::AudioFormat { .. } | Error::AudioTooLong { .. }) | Ok(_) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
}

/// A FLAC of constant frames: ten hours of silence in some hundred kilobytes.
fn silent_flac(seconds: u64, told: u64) -> Vec<u8> {
    let (rate, block) = (8_000u64, 65_535u64);
    let mut bytes = b"fLaC\x80\0\0\x22".to_vec();
    bytes.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0]);
    // Rate in 20 bits, channels less 1 in 3, bits less 1 in 5, samples in 36.
    bytes.extend((rate << 44 | 15 << 36 | told).to_be_bytes());
    bytes.extend([0; 16]);
    for number in 0..(seconds * rate).div_ceil(block) {
        let number = u32::try_from(number).unwrap();
        let mut frame = vec![0xff, 0xf8, 0x74, 0x08];
        let mut coded = [0; 4];
        frame.extend(char::from_u32(number).unwrap_or('a').encode_utf8(&mut coded).as_bytes());
        frame.extend(u16::try_from(block - 1).unwrap().to_be_bytes());
        frame.push(crc(&frame, 8, 0x07) as u8);
        frame.extend([0, 0, 0]);
        let check = crc(&frame, 16, 0x8005);
        frame.extend(check.to_be_bytes());
        bytes.extend(frame);
    }
    bytes
}

fn crc(bytes: &[u8], width: u32, polynomial: u16) -> u16 {
    let (top, mask) = (1u32 << (width - 1), (1u64 << width) as u32 - 1);
    let all = bytes.iter().fold(0u32, |mut sum, byte| {
        sum ^= u32::from(*byte) << (width - 8);
        for _ in 0..8 {
            let carry = sum & top != 0;
            sum = sum << 1 & mask;
            if carry {
                sum ^= u32::from(polynomial);
            }
        }
        sum
    });
    all as u16
}

#[test]
fn hours_in_a_few_kilobytes_end_at_the_limit() {
    let bytes = silent_flac(36_000, 36_000 * 8_000);
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    let too_long = |max_seconds| Err(Error::AudioTooLong { max_seconds });
    assert_eq!(decode(&bytes), too_long(4 * 3600), "by its header");
    // The header tells nothing.
    let limits = Limits { max_seconds: 600 };
    assert_eq!(Recording::decode(&silent_flac(3_600, 0), limits), too_long(600));
    let short = Recording::decode(&silent_flac(60, 0), limits).unwrap();
    assert!(short.samples().iter().all(|sample| *sample == 0));
    assert!((60_000..70_000).contains(&short.milliseconds()));
    let cut = silent_flac(60, 600 * 8_000);
    let fault = AudioFault::Truncated;
    assert_eq!(decode(&cut), Err(Error::Audio { format: AudioFormat::Flac, fault }));
}

/// A file in a format by the machine's `ffmpeg`; nothing where there is none, or without the encoder.
fn encoded(folder: &std::path::Path, name: &str, encoder: &str) -> Option<Vec<u8>> {
    let made = folder.join(name);
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-v", "quiet", "-nostdin", "-y", "-i"]).arg(folder.join("source.wav"));
    let status = command.args(encoder.split(' ')).arg(&made).status();
    status.is_ok_and(|status| status.success()).then(|| std::fs::read(&made).unwrap())
}

#[test]
fn every_format_gives_the_sound_and_its_parts_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let samples = melody(8, 12);
    let source = wav(8_000, 1, &samples);
    std::fs::write(folder.path().join("source.wav"), &source).unwrap();
    let original = print(&samples);
    let mut made = 0;
    for (name, encoder, expected) in [
        ("a.aiff", "-ar 44100 -ac 2", AudioFormat::Aiff),
        ("a.mp3", "-ar 44100 -c:a libmp3lame -b:a 64k", AudioFormat::Mp3),
        ("a.flac", "-ar 22050 -c:a flac", AudioFormat::Flac),
        ("a.ogg", "-ar 44100 -c:a libvorbis -b:a 64k", AudioFormat::Ogg),
        ("a.opus", "-c:a libopus -b:a 32k", AudioFormat::Ogg),
        ("voice.opus", "-c:a libopus -b:a 12k -application voip", AudioFormat::Ogg),
        ("six.opus", "-ac 6 -c:a libopus -mapping_family 1 -b:a 128k", AudioFormat::Ogg),
        ("a.aac", "-ar 44100 -c:a aac -b:a 64k", AudioFormat::Aac),
        ("a.m4a", "-ar 44100 -c:a aac -b:a 64k", AudioFormat::Mp4),
        ("a.webm", "-c:a libopus -b:a 32k", AudioFormat::Matroska),
        ("vorbis.webm", "-ar 44100 -c:a libvorbis -b:a 64k", AudioFormat::Matroska),
        ("a.mka", "-ar 44100 -c:a aac -b:a 64k", AudioFormat::Matroska),
    ] {
        let Some(bytes) = encoded(folder.path(), name, encoder) else { continue };
        made += 1;
        let recording = decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(recording.milliseconds().abs_diff(12_000) < 200, "{name}: {recording:?}");
        let copy = audio::of_recording(&recording, [1; 32]);
        let found = copy.compare(&original).unwrap();
        let verdict = found.verdict(Level::Registry);
        assert!(matches!(verdict, Verdict::Related(_)), "{name}: {verdict:?}");
        assert!(found.alignment().unwrap().offset_ms().abs() <= 250, "{name}");
        let short = Recording::decode(&bytes, Limits { max_seconds: 2 });
        assert_eq!(short, Err(Error::AudioTooLong { max_seconds: 2 }), "{name}");
        for part in 1..8 {
            match decode(&bytes[..bytes.len() * part / 8]) {
                // A stream that doesn't tell its length may end anywhere.
                Ok(part) => assert!(part.milliseconds() <= recording.milliseconds(), "{name}"),
                Err(Error::Audio { format, .. }) => assert_eq!(format, expected, "{name}"),
                Err(error) => panic!("{name}: {error}"),
            }
            let mut broken = bytes.clone();
            let at = bytes.len() * part / 8;
            broken[at..(at + 40).min(bytes.len())].iter_mut().for_each(|byte| *byte ^= 0x5a);
            match decode(&broken) {
                Ok(_) | Err(Error::Audio { .. } | Error::AudioTooLong { .. }) => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
    if made == 0 {
        println!("SKIPPED formats: no ffmpeg on this machine");
    }
}
