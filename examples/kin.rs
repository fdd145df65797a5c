//! A folder of files in, groups of near-duplicates and their lineage out.
//!
//! `cargo run --release --example kin -- FOLDER` fingerprints every file, oldest first, as if each
//! were registered when it was last changed. Without FOLDER it makes one and checks what it finds.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;
use std::{fs, io};

use cess_mdrc::registry::Registry;
use cess_mdrc::{Error, Evidence, Fingerprint, data};

/// Larger files are fingerprinted as data, in constant memory.
const MAX_SNIFFED: u64 = 16 << 20;

fn main() -> ExitCode {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let done = match &folder {
        Some(folder) => show(folder).map(|_| ()),
        None => story(),
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
    let len = fs::metadata(path).map_err(|error| failed(&error))?.len();
    if len > MAX_SNIFFED {
        let file = fs::File::open(path).map_err(|error| failed(&error))?;
        return data::read(file).map_err(|error| failed(&error));
    }
    let bytes = fs::read(path).map_err(|error| failed(&error))?;
    Fingerprint::of(&bytes).map_err(|error| failed(&error))
}

/// Prints the groups, and returns them: each by the files' places in time.
fn show(folder: &Path) -> Result<Vec<Vec<PathBuf>>, String> {
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
            let parent = lineage.parents(*member).max_by_key(|edge| edge.strength());
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
        groups.push(family.into_iter().map(name).collect());
    }
    println!("{} files, {} groups", paths.len(), groups.len());
    Ok(groups)
}

const FERRY: &str = "The ferry left before the fog had lifted, with two lorries, a hearse, and nobody who \
    could have said where the pilot was. By the time the far shore showed, somebody had made tea, \
    the driver of the hearse had been asked twice whom he was bringing, and had twice said that it \
    was nobody from here.";
const BEES: &str = "Bees that come home to a hive that was moved by a few yards settle where the entrance \
    used to be, and stay there; moved by miles, they learn the new place within the hour. Keepers \
    say: three feet or three miles, nothing between.";

/// A folder of copies, and what must be found in it.
fn story() -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    let folder = tempfile::tempdir().map_err(failed)?;
    let page = format!("<!doctype html><html><body><p>{}</p></body></html>", FERRY.to_uppercase());
    let files = [
        ("ferry.txt", FERRY.to_owned()),
        ("bees.txt", BEES.to_owned()),
        ("page.html", page),
        (
            "shorter.txt",
            FERRY.replace("By the time the far shore showed, somebody had made tea, ", ""),
        ),
        ("both.txt", format!("{BEES}\n\nNotes, to be sorted out later.\n")),
    ];
    for (age, (name, text)) in files.iter().enumerate() {
        let path = folder.path().join(name);
        fs::write(&path, text).map_err(failed)?;
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + age as u64);
        fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(time))
            .map_err(failed)?;
    }
    let groups = show(folder.path())?;
    let expected = [vec!["ferry.txt", "page.html", "shorter.txt"], vec!["bees.txt", "both.txt"]];
    let expected = expected.map(|group| group.into_iter().map(PathBuf::from).collect::<Vec<_>>());
    if groups == expected { Ok(()) } else { Err(format!("expected {expected:?}")) }
}
