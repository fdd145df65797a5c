//! `cargo xtask package`: packs each library crate, and uses the archives as a stranger would.
//!
//! The archives are unpacked outside the workspace and checked; then one project for each crate
//! is built against all of them, and runs the README's example.

mod archive;
mod scratch;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs, process};

use archive::Archive;
use scratch::Scratch;

use crate::workspace::Workspace;
use crate::{cargo, costs};

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let time = match arguments {
        [] => false,
        [flag] if flag == "--time" => true,
        _ => return crate::refuse("package takes nothing or --time"),
    };
    let place = env::temp_dir().join(format!("cess-package-{}", process::id()));
    let result = fs::create_dir_all(&place)
        .map_err(|error| format!("{}: {error}", place.display()))
        .and_then(|()| package(&place, time));
    // What can't be removed is in a folder for temporary files.
    let _ = fs::remove_dir_all(&place);
    match result {
        Ok(findings) if findings.is_empty() => ExitCode::SUCCESS,
        Ok(findings) => {
            findings.iter().for_each(|finding| eprintln!("xtask: {finding}"));
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn package(place: &Path, time: bool) -> Result<Vec<String>, String> {
    let workspace = Workspace::load()?;
    let mut findings = costs::check(&workspace);
    let names: Vec<&str> = workspace.libraries().map(|library| library.name.as_str()).collect();
    let target = workspace.target.join("package-check");
    let packed = pack(&names, &target)?;

    let mut archives = Vec::new();
    for (name, file) in names.iter().zip(&packed) {
        let folder = unpack(file, place)?;
        let archive = Archive::read(name, &folder)?;
        findings.extend(archive.check());
        println!("packed {name}: {} files, {} bytes", archive.files.len(), archive.len());
        archives.push((archive, folder));
    }
    let scratch = Scratch::create(place, &archives, &workspace.root.join("Cargo.lock"))?;
    for (archive, _) in &archives {
        for run in scratch.runs(&archive.name) {
            match scratch.run(&archive.name, run, &target.join("scratch")) {
                Ok(()) => println!("ran    {} with {run}", archive.name),
                Err(reason) => findings.push(format!("{} with {run}: {reason}", archive.name)),
            }
        }
    }
    if time {
        for (archive, _) in &archives {
            let seconds = scratch.cold_build(&archive.name, &place.join("cold"))?;
            let dependencies = costs::dependencies(&archive.name)?;
            println!("cold   {}: {dependencies} dependencies, {seconds:.0} s", archive.name);
            findings.extend(costs::too_slow(&archive.name, seconds));
            findings.extend(costs::stale(&archive.name, seconds, &archive.readme));
        }
    }
    Ok(findings)
}

/// Packs them together, as each needs versions of others that no registry has yet. The archives
/// have no lock file: for the same reason cargo couldn't make one.
fn pack(names: &[&str], target: &Path) -> Result<Vec<PathBuf>, String> {
    let folder = target.join("package");
    // An archive of an earlier run must not stand in for one that isn't made.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut command = cargo();
    command.args(["package", "--no-verify", "--allow-dirty", "--exclude-lockfile", "--quiet"]);
    command.arg("--target-dir").arg(target);
    names.iter().for_each(|name| {
        command.args(["--package", name]);
    });
    quiet(&mut command)?;
    let found: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "crate"))
        .collect();
    names
        .iter()
        .map(|name| {
            let of = |path: &&PathBuf| {
                let file = path.file_name().map(|file| file.to_string_lossy().into_owned());
                file.and_then(|file| version_of(&file, name).map(drop)).is_some()
            };
            found.iter().find(of).cloned().ok_or(format!("cargo made no archive of {name}"))
        })
        .collect()
}

/// `1.2.3` of `name-1.2.3.crate`.
fn version_of<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let version = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".crate")?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

fn unpack(file: &Path, place: &Path) -> Result<PathBuf, String> {
    quiet(Command::new("tar").arg("-xzf").arg(file).arg("-C").arg(place))?;
    let stem = file.file_stem().ok_or("an archive without a name")?;
    Ok(place.join(stem))
}

/// Runs it; what it says is shown only when it fails.
fn quiet(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program} did not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    Err(said[..said.len().min(40)].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_of_the_crate_before_the_version() {
        assert_eq!(version_of("cess-pre-0.1.0.crate", "cess-pre"), Some("0.1.0"));
        assert_eq!(version_of("cess-pre-more-0.1.0.crate", "cess-pre"), None);
        assert_eq!(version_of("cess-pre-0.1.0.tar", "cess-pre"), None);
    }

    #[test]
    fn a_command_that_fails_says_why() {
        let reason = quiet(cargo().arg("no-such-command")).expect_err("there is none");
        assert!(reason.contains("no-such-command"), "{reason}");
        assert_eq!(quiet(cargo().arg("--version")), Ok(()));
    }
}
