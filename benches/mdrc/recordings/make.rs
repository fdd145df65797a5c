//! Clips of 30 seconds out of what packages ship, and what becomes of them: by the `ffmpeg` that is
//! installed, kept in the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cess_mdrc::audio::{Limits, Recording};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::media::{self, Package};
use crate::pictures::in_parallel;

/// What is made of a clip: a file's extension, a filter, the arguments of the encoder.
pub(crate) enum Change {
    File(&'static str, &'static str, &'static str),
    /// White noise, so many decibels under the clip.
    Noise(f64),
}

use Change::{File, Noise};

const LOSSLESS: &str = "-ac 1 -c:a flac";

/// The 24 of the tables, and what comes after them.
pub(crate) const CHANGES: &[(&str, Change)] = &[
    ("mp3 128", File("mp3", "", "-c:a libmp3lame -b:a 128k")),
    ("mp3 64", File("mp3", "", "-c:a libmp3lame -b:a 64k")),
    ("mp3 32", File("mp3", "", "-c:a libmp3lame -b:a 32k")),
    ("aac 32", File("m4a", "", "-c:a aac -b:a 32k")),
    ("ogg 64", File("ogg", "", "-c:a libvorbis -b:a 64k")),
    ("opus 24", File("opus", "", "-c:a libopus -b:a 24k")),
    ("mono 8 kHz", File("wav", "", "-ac 1 -ar 8000")),
    ("volume -12 dB", File("flac", "volume=-12dB", LOSSLESS)),
    ("loudness", File("flac", "loudnorm=I=-16", "-ar 44100 -ac 1 -c:a flac")),
    (
        "equaliser",
        File(
            "flac",
            "equalizer=f=120:t=o:w=1:g=8,equalizer=f=1000:t=o:w=2:g=-6,equalizer=f=6000:t=o:w=1:g=6",
            LOSSLESS,
        ),
    ),
    ("noise 20 dB", Noise(20.0)),
    ("noise 10 dB", Noise(10.0)),
    ("fade 5 s", File("flac", "afade=t=in:d=5,afade=t=out:st=25:d=5", LOSSLESS)),
    (
        "compressor",
        File("flac", "acompressor=threshold=0.05:ratio=6:attack=5:release=100:makeup=4", LOSSLESS),
    ),
    ("echo", File("flac", "aecho=0.8:0.7:120|350:0.4|0.25", LOSSLESS)),
    (
        "telephone",
        File(
            "wav",
            "highpass=f=300,highpass=f=300,lowpass=f=3400,lowpass=f=3400",
            "-ac 1 -ar 8000 -c:a pcm_mulaw",
        ),
    ),
    ("trim 1 s", File("flac", "atrim=1:29", LOSSLESS)),
    ("trim 5 s", File("flac", "atrim=5:25", LOSSLESS)),
    ("speed +1 %", File("flac", "asetrate=44541,aresample=44100", LOSSLESS)),
    ("speed +2 %", File("flac", "asetrate=44982,aresample=44100", LOSSLESS)),
    ("speed +5 %", File("flac", "asetrate=46305,aresample=44100", LOSSLESS)),
    ("tempo +5 %", File("flac", "atempo=1.05", LOSSLESS)),
    ("tempo +10 %", File("flac", "atempo=1.10", LOSSLESS)),
    ("pitch +1", File("flac", "rubberband=pitch=1.0594631", LOSSLESS)),
    ("excerpt 10 s", File("flac", "atrim=12.34:22.34", LOSSLESS)),
    ("speed -5 %", File("flac", "asetrate=41895,aresample=44100", LOSSLESS)),
    ("tempo -10 %", File("flac", "atempo=0.90", LOSSLESS)),
    ("pitch -1", File("flac", "rubberband=pitch=0.9438743", LOSSLESS)),
    (
        "excerpt 10 s, mp3 64, speed +2 %",
        File("mp3", "atrim=12.34:22.34,asetrate=44982,aresample=44100", "-c:a libmp3lame -b:a 64k"),
    ),
];

/// Changes of the means in the tables.
pub(crate) const IN_TABLES: usize = 24;
/// Where the excerpts begin.
pub(crate) const EXCERPT_MS: i64 = 12_340;

/// Thirty seconds of a track.
#[derive(Clone, Debug)]
pub(crate) struct Clip {
    pub(crate) name: String,
    /// Clips of one track may share a theme.
    pub(crate) track: usize,
    /// Clips of one speaker.
    pub(crate) speech: bool,
    source: Vec<String>,
}

/// The music of a game by one composer, and the announcements of one speaker.
pub(crate) fn of_packages() -> Result<Vec<Clip>, String> {
    let clips =
        in_parallel(&tracks()?, |_, (track, file)| cut(file, &format!("music{track:02}"), *track))?;
    let mut clips = clips.concat();
    let folder = Package::Debian("asterisk-core-sounds-en-wav").folder()?;
    let speech = folder.join("usr/share/asterisk/sounds/en_US_f_Allison");
    let lists = media::target().join("audio/lists");
    fs::create_dir_all(&lists).map_err(|error| error.to_string())?;
    let (mut list, mut bytes, mut count) = (String::new(), 0, 0);
    for file in files(&speech)? {
        let len = fs::metadata(&file).map_or(0, |found| found.len());
        if len <= 16_000 || file.extension().is_none_or(|extension| extension != "wav") {
            continue;
        }
        list += &format!("file '{}'\n", file.display());
        bytes += len - 44;
        if bytes >= 30 * 16_000 {
            let name = format!("speech{count:02}");
            let path = lists.join(format!("{name}.txt"));
            fs::write(&path, &list).map_err(|error| error.to_string())?;
            let path = path.display().to_string();
            let source = ["-f", "concat", "-safe", "0", "-i", &path].map(str::to_owned).to_vec();
            clips.push(Clip { name, track: 100 + count, speech: true, source });
            (list, bytes, count) = (String::new(), 0, count + 1);
        }
    }
    Ok(clips)
}

/// The whole tracks, by number.
pub(crate) fn tracks() -> Result<Vec<(usize, PathBuf)>, String> {
    let folder = Package::Debian("drascula-music").folder()?;
    let music = folder.join("usr/share/scummvm/drascula/audio");
    Ok((1..=31).map(|track| (track, music.join(format!("track{track}.ogg")))).collect())
}

/// All that can be decoded in a folder, each file a track.
pub(crate) fn of_folder(folder: &Path) -> Result<Vec<Clip>, String> {
    let mut clips = Vec::new();
    for (track, file) in files(folder)?.iter().enumerate() {
        let hash = blake3::hash(file.display().to_string().as_bytes()).to_hex();
        clips.extend(cut(file, &format!("own-{}", &hash[..12]), track)?);
    }
    Ok(clips)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files.into_iter().filter(|path| path.is_file()).collect())
}

/// Clips without overlap; none of a file that is shorter or can't be decoded.
fn cut(file: &Path, name: &str, track: usize) -> Result<Vec<Clip>, String> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let Ok(recording) = Recording::decode(&bytes, Limits::default()) else { return Ok(Vec::new()) };
    let clip = |at: u64| Clip {
        name: format!("{name}-{at}"),
        track,
        speech: false,
        source: ["-ss", &(30 * at).to_string(), "-i", &file.display().to_string()]
            .map(str::to_owned)
            .to_vec(),
    };
    Ok((0..recording.milliseconds() / 30_000).map(clip).collect())
}

impl Clip {
    fn folder(&self) -> PathBuf {
        media::target().join("audio").join(&self.name)
    }

    /// The bytes of the original or a copy.
    pub(crate) fn file(&self, name: &str) -> Result<Vec<u8>, String> {
        let extension = CHANGES.iter().find_map(|(change, how)| match how {
            File(extension, ..) if *change == name => Some(*extension),
            _ => None,
        });
        let path = self.folder().join(format!("{name}.{}", extension.unwrap_or("wav")));
        fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Makes all files of the clip, if they aren't there.
    pub(crate) fn make(&self) -> Result<(), String> {
        let folder = self.folder();
        if folder.is_dir() {
            return Ok(());
        }
        let fresh = folder.with_file_name(format!(".{}", self.name));
        let _ = fs::remove_dir_all(&fresh);
        fs::create_dir_all(&fresh).map_err(|error| error.to_string())?;
        let original = fresh.join("original.wav").display().to_string();
        let mut words = self.source.clone();
        words.extend(["-t", "30", "-ar", "44100", "-c:a", "pcm_s16le"].map(str::to_owned));
        words.push(original.clone());
        ffmpeg(&words)?;
        let mut words = vec!["-i".to_owned(), original];
        for (name, change) in CHANGES {
            let File(extension, filter, encoder) = change else { continue };
            words.extend(["-map", "0:a"].map(str::to_owned));
            if !filter.is_empty() {
                words.extend(["-af".to_owned(), (*filter).to_owned()]);
            }
            words.extend(encoder.split(' ').map(str::to_owned));
            words.push(fresh.join(format!("{name}.{extension}")).display().to_string());
        }
        ffmpeg(&words)?;
        fs::rename(&fresh, &folder).map_err(|error| format!("{}: {error}", folder.display()))
    }
}

fn ffmpeg(words: &[String]) -> Result<(), String> {
    let always = ["-v", "error", "-nostdin", "-y", "-bitexact", "-threads", "1"];
    let output = Command::new("ffmpeg")
        .args(always)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("ffmpeg did not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("ffmpeg: {}", said.trim())) }
}

/// A copy with noise, as a WAV file; nothing where the change is another.
pub(crate) fn noisy(clip: &Clip, name: &str) -> Option<Result<Vec<u8>, String>> {
    let decibels = CHANGES.iter().find_map(|(change, how)| match how {
        Noise(decibels) if *change == name => Some(*decibels),
        _ => None,
    })?;
    let seed = *blake3::hash(clip.name.as_bytes()).as_bytes();
    Some(clip.file("original").and_then(|bytes| add_noise(&bytes, decibels, seed)))
}

fn add_noise(bytes: &[u8], decibels: f64, seed: [u8; 32]) -> Result<Vec<u8>, String> {
    let recording =
        Recording::decode(bytes, Limits::default()).map_err(|error| error.to_string())?;
    let samples = recording.samples();
    let power = samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64;
    let deviation = (power / 10f64.powf(decibels / 10.0)).sqrt();
    let mut rng = ChaCha8Rng::from_seed(seed);
    let noisy = samples.iter().map(|sample| {
        // Twelve uniform numbers sum to a normal one.
        let normal: f64 = (0..12).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)).sum();
        (f64::from(*sample) + (normal - 6.0) * deviation).clamp(-32_768.0, 32_767.0) as i16
    });
    Ok(wav(Recording::RATE, &noisy.collect::<Vec<_>>()))
}

/// A file of 16-bit samples in one channel.
pub(crate) fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    let len = samples.len() as u32 * 2;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + len).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend([rate.to_le_bytes(), (2 * rate).to_le_bytes()].concat());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(len.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}
