//! A folder of files in, groups of near-duplicates and their lineage out.
//!
//! `cargo run --release --example kin -- FOLDER [PAGE.html]` fingerprints every file, oldest first,
//! as if each were registered when it was last changed, and writes a page with thumbnails of what it
//! found. Without FOLDER it makes one and checks what it finds.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "made-up pictures and tunes"
)]

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;
use std::{fs, io};

use cess_examples::page::{Group, Member, Preview, Stretch, address, page};
use cess_mdrc::registry::Registry;
use cess_mdrc::{Error, Evidence, Fingerprint, Format, data, sniff};
use image::{RgbImage, imageops};

/// Larger files are fingerprinted as data, in constant memory.
const MAX_READ: u64 = 16 << 20;
/// The same of sound and video.
const MAX_MEDIA: u64 = 512 << 20;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let done = match (arguments.next(), arguments.next()) {
        (Some(folder), file) => show(&folder, file.as_deref()).map(|_| ()),
        (None, _) => story(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("kin: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The files of a folder and what is below it, those changed first at the front.
fn files(folder: &Path) -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Links are left alone: they could lead in circles.
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn fingerprint(path: &Path) -> Result<Fingerprint, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let start = start(path).map_err(|error| failed(&error))?;
    let len = fs::metadata(path).map_err(|error| failed(&error))?.len();
    let media = matches!(sniff(&start), Format::Audio | Format::Video);
    if len > if media { MAX_MEDIA } else { MAX_READ } {
        let file = fs::File::open(path).map_err(|error| failed(&error))?;
        return data::read(file).map_err(|error| failed(&error));
    }
    let bytes = fs::read(path).map_err(|error| failed(&error))?;
    Fingerprint::of(&bytes).map_err(|error| failed(&error))
}

/// The first bytes of a file, by which its kind is told.
fn start(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    fs::File::open(path)?.take(64 << 10).read_to_end(&mut start)?;
    Ok(start)
}

/// Prints the groups, writes them to a page if one is asked for, and returns them: each by the files'
/// places in time.
fn show(folder: &Path, html: Option<&Path>) -> Result<Vec<Vec<PathBuf>>, String> {
    let failed = |error: Error| format!("{error}; {}", error.hint());
    let registry = Registry::in_memory().map_err(failed)?;
    let mut paths = Vec::new();
    for (time, path) in files(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let seconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
        match fingerprint(&path) {
            Ok(fingerprint) => {
                registry.register(&fingerprint, [0; 32], seconds).map_err(failed)?;
                paths.push(path);
            }
            Err(reason) => eprintln!("kin: left out {reason}"),
        }
    }
    let lineage = registry.lineage();
    let mut groups = Vec::new();
    let mut shown = Vec::new();
    let mut seen = BTreeSet::new();
    let name = |number: u64| {
        let path = usize::try_from(number).ok().and_then(|at| paths.get(at));
        path.map_or_else(PathBuf::new, |path| path.strip_prefix(folder).unwrap_or(path).to_owned())
    };
    for number in (0..).take(paths.len()) {
        let family = lineage.family(number);
        if family.len() < 2 || !seen.insert(family[0]) {
            continue;
        }
        println!("{} files, the first is {}", family.len(), name(family[0]).display());
        for member in &family {
            let parent = lineage
                .parents(*member)
                .max_by_key(|edge| (edge.strength(), std::cmp::Reverse(edge.earlier)));
            let Some(edge) = parent else { continue };
            let evidence = registry.evidence(*member).map_err(failed)?.to_bytes();
            let finding = Evidence::verify(&evidence).map_err(failed)?;
            println!(
                "    {} <- {} ({:?}, {} bits, {} ‰ of parts; evidence of {} steps, {} bytes)",
                name(edge.earlier).display(),
                name(*member).display(),
                edge.relation,
                edge.distance,
                edge.parts_permille,
                finding.registrations().len(),
                evidence.len()
            );
        }
        if let Some(html) = html {
            let html = html.parent().filter(|folder| !folder.as_os_str().is_empty());
            let html = html.unwrap_or(Path::new("."));
            shown.push(group(&registry, &paths, &family, &name, html).map_err(failed)?);
        }
        groups.push(family.into_iter().map(name).collect());
    }
    println!("{} files, {} groups", paths.len(), groups.len());
    if let Some(file) = html {
        let title = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
        fs::write(file, page(&title, paths.len(), &shown))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        println!("page {}", file.display());
    }
    Ok(groups)
}

/// A family as the page shows it.
fn group(
    registry: &Registry,
    paths: &[PathBuf],
    family: &[u64],
    name: &dyn Fn(u64) -> PathBuf,
    html: &Path,
) -> Result<Group, Error> {
    let lineage = registry.lineage();
    let mut members = Vec::new();
    let mut ids = Vec::new();
    for member in family {
        let edge = lineage
            .parents(*member)
            .max_by_key(|edge| (edge.strength(), std::cmp::Reverse(edge.earlier)));
        let path = usize::try_from(*member).ok().and_then(|at| paths.get(at));
        let preview = path.map_or(Preview::Nothing, |path| {
            let small = fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_READ);
            let bytes = if small { fs::read(path) } else { start(path) };
            Preview::of(&bytes.unwrap_or_default(), address(path, html))
        });
        let stretch = match edge {
            Some(edge) => {
                let there = registry.get(edge.earlier)?.1;
                there.compare(&registry.get(*member)?.1)?.alignment().map(Stretch::from)
            }
            None => None,
        };
        members.push(Member {
            name: name(*member).to_string_lossy().into_owned(),
            parent: edge.and_then(|edge| family.binary_search(&edge.earlier).ok()),
            relation: edge.map_or(String::new(), |edge| format!("{:?}", edge.relation)),
            distance: edge.map_or(0, |edge| edge.distance),
            parts_permille: edge.map_or(0, |edge| edge.parts_permille),
            stretch,
            preview,
        });
        ids.push(registry.get(*member)?.0.certificate.id());
    }
    Ok(Group { members, ids })
}

const FERRY: &str = "The ferry left before the fog had lifted, with two lorries, a hearse, and nobody who \
    could have said where the pilot was. By the time the far shore showed, somebody had made tea, \
    the driver of the hearse had been asked twice whom he was bringing, and had twice said that it \
    was nobody from here.";
const BEES: &str = "Bees that come home to a hive that was moved by a few yards settle where the entrance \
    used to be, and stay there; moved by miles, they learn the new place within the hour. Keepers \
    say: three feet or three miles, nothing between.";

/// A made-up landscape: bands of noise of several sizes, the same for the same seed.
fn landscape(seed: u32) -> RgbImage {
    let noise = |x: u32, y: u32, salt: u32| {
        let mut h = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b) ^ seed ^ salt << 24;
        h = (h ^ h >> 15).wrapping_mul(0x2c1b_3c6d);
        h = (h ^ h >> 12).wrapping_mul(0x297a_2d39);
        (h >> 15 & 255) as f32
    };
    let smooth = |x: u32, y: u32, cell: u32, salt: u32| {
        let (cx, cy) = (x / cell, y / cell);
        let (fx, fy) = ((x % cell) as f32 / cell as f32, (y % cell) as f32 / cell as f32);
        let top = noise(cx, cy, salt) * (1.0 - fx) + noise(cx + 1, cy, salt) * fx;
        let low = noise(cx, cy + 1, salt) * (1.0 - fx) + noise(cx + 1, cy + 1, salt) * fx;
        top * (1.0 - fy) + low * fy
    };
    RgbImage::from_fn(360, 240, |x, y| {
        let hills =
            smooth(x, y, 96, 1) * 0.5 + smooth(x, y, 40, 2) * 0.3 + smooth(x, y, 14, 3) * 0.2;
        let sky = if hills < 110.0 + y as f32 * 0.2 { 1.0 } else { 0.35 };
        let tint = smooth(x, y, 120, 4) / 255.0;
        image::Rgb([
            (hills * (0.6 + 0.4 * tint)) as u8,
            (hills * 0.9) as u8,
            (hills * sky + 60.0 * sky) as u8,
        ])
    })
}

/// Two pictures, and what somebody could make of the first one.
fn pictures(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error: image::ImageError| error.to_string();
    let harbour = landscape(7);
    let cropped = imageops::crop_imm(&harbour, 22, 12, 316, 216).to_image();
    let files = [
        ("harbour.png", harbour.clone()),
        ("small.jpg", imageops::thumbnail(&harbour, 180, 120)),
        ("mirrored.png", imageops::flip_horizontal(&harbour)),
        ("cropped.jpg", cropped),
        ("valley.png", landscape(8)),
        ("valley, <b onclick=alert(1)>.png", imageops::rotate270(&landscape(8))),
    ];
    for (name, picture) in &files {
        picture.save(folder.join(name)).map_err(failed)?;
    }
    Ok(files.into_iter().map(|(name, _)| name.to_owned()).collect())
}

/// A made-up tune of so many seconds: notes of several lengths and loudnesses with their harmonics, the
/// same for the same seed.
fn tune(seed: u32, seconds: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let mut samples = vec![0.0; (seconds * RATE) as usize];
    for voice in 0..3 {
        let mut at = 0;
        while at < samples.len() {
            let len = ((1 + next(5)) * RATE / 8) as usize;
            let pitch = 110.0 * f32::powi(2.0, voice) * f32::powf(2.0, next(12) as f32 / 12.0);
            let loud = (20 + next(80)) as f32 / 500.0;
            for (place, sample) in samples[at..].iter_mut().take(len).enumerate() {
                let time = place as f32 / RATE as f32;
                let harmonic = |number: f32| (std::f32::consts::TAU * pitch * number * time).sin();
                let tone: f32 = (1..=6).map(|n| harmonic(n as f32) / n as f32).sum();
                *sample += loud * tone * (-3.0 * time).exp();
            }
            at += len;
        }
    }
    samples
}

/// Samples a second.
const RATE: u32 = 16_000;

/// A WAV of one channel of 16 bits.
fn wav(samples: &[f32]) -> Vec<u8> {
    let len = 2 * samples.len() as u32;
    let mut bytes =
        [&b"RIFF"[..], &(36 + len).to_le_bytes(), b"WAVEfmt \x10\0\0\0\x01\0\x01\0"].concat();
    bytes.extend(RATE.to_le_bytes());
    bytes.extend((2 * RATE).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(len.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()));
    bytes
}

/// Recordings and videos, and what somebody could make of them.
fn media(folder: &Path) -> Result<Vec<String>, String> {
    let song = tune(3, 24);
    let quiet: Vec<f32> = song.iter().map(|sample| sample * 0.3).collect();
    let files = [
        ("song.wav", wav(&song)),
        ("quiet.wav", wav(&quiet)),
        ("excerpt.wav", wav(&song[8 * RATE as usize..20 * RATE as usize])),
        ("another.wav", wav(&tune(4, 24))),
        ("clip.mp4", include_bytes!("../cess-mdrc/tests/clips/h264.mp4").to_vec()),
        ("clip.webm", include_bytes!("../cess-mdrc/tests/clips/vp9.webm").to_vec()),
    ];
    for (name, bytes) in &files {
        fs::write(folder.join(name), bytes).map_err(|error| error.to_string())?;
    }
    Ok(files.into_iter().map(|(name, _)| name.to_owned()).collect())
}

/// A folder of copies, and what must be found in it.
fn story() -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    let folder = tempfile::tempdir().map_err(failed)?;
    let html = format!("<!doctype html><html><body><p>{}</p></body></html>", FERRY.to_uppercase());
    let texts = [
        ("ferry.txt", FERRY.to_owned()),
        ("bees.txt", BEES.to_owned()),
        ("page.html", html),
        (
            "shorter.txt",
            FERRY.replace("By the time the far shore showed, somebody had made tea, ", ""),
        ),
        ("both.txt", format!("{BEES}\n\nNotes, to be sorted out later.\n")),
    ];
    for (name, text) in &texts {
        fs::write(folder.path().join(name), text).map_err(failed)?;
    }
    let names = texts.iter().map(|(name, _)| (*name).to_owned());
    for (age, name) in
        names.chain(pictures(folder.path())?).chain(media(folder.path())?).enumerate()
    {
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + age as u64);
        fs::File::options()
            .append(true)
            .open(folder.path().join(name))
            .and_then(|file| file.set_modified(time))
            .map_err(failed)?;
    }
    let place = tempfile::tempdir().map_err(failed)?;
    let file = place.path().join("kin.html");
    let groups = show(folder.path(), Some(&file))?;
    let expected = [
        vec!["ferry.txt", "page.html", "shorter.txt"],
        vec!["bees.txt", "both.txt"],
        vec!["harbour.png", "small.jpg", "mirrored.png", "cropped.jpg"],
        vec!["valley.png", "valley, <b onclick=alert(1)>.png"],
        vec!["song.wav", "quiet.wav", "excerpt.wav"],
        vec!["clip.mp4", "clip.webm"],
    ];
    let expected = expected.map(|group| group.into_iter().map(PathBuf::from).collect::<Vec<_>>());
    if groups != expected {
        return Err(format!("expected {expected:?}"));
    }
    let page = fs::read_to_string(&file).map_err(failed)?;
    if page.contains("<b onclick") || page.matches("data:image/jpeg").count() != 6 {
        return Err("the page shows a name as markup, or lacks pictures".to_owned());
    }
    if page.matches("<audio ").count() != 3 || page.matches("<video ").count() != 2 {
        return Err("the page doesn't play what it found".to_owned());
    }
    Ok(())
}
