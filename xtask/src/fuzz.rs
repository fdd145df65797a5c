//! `cargo xtask fuzz [CRATE...] [--seconds N]`: runs every fuzz target of these crates, or of all,
//! for N seconds each (60 without it), and sums up what each did. With `--check` they are only
//! compiled, without sanitizers: that needs nothing installed but a C++ compiler.
//!
//! To run them wants `cargo install cargo-fuzz --locked`. The sanitizers ask for `RUSTC_BOOTSTRAP=1`, which this
//! sets.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::cargo;
use crate::workspace::Workspace;

const SECONDS: u32 = 60;

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    crates: Vec<String>,
    /// None to compile only.
    seconds: Option<u32>,
}

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let plan = match plan(arguments) {
        Ok(plan) => plan,
        Err(reason) => return crate::refuse(&reason),
    };
    let result = Workspace::load().and_then(|workspace| {
        let targets = targets(&workspace, &plan.crates)?;
        match plan.seconds {
            None => Ok(compile(&targets, &workspace.target.join("fuzz-check"))),
            Some(_) if !installed() => {
                Err("cargo-fuzz is missing: cargo install cargo-fuzz --locked".to_owned())
            }
            Some(seconds) => Ok(run_all(&targets, seconds)),
        }
    });
    match result {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

type Target = (PathBuf, String, String);

/// How many crates' targets don't compile. They share one folder, so that what they have in common
/// is built once.
fn compile(targets: &[Target], folder: &Path) -> usize {
    let folders: BTreeSet<&PathBuf> = targets.iter().map(|(of, _, _)| of).collect();
    let compiles = |of: &&&PathBuf| {
        let mut command = cargo();
        command.args(["check", "--quiet"]).arg("--target-dir").arg(folder);
        command.arg("--manifest-path").arg(of.join("fuzz/Cargo.toml"));
        command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    folders.len() - folders.iter().filter(compiles).count()
}

/// How many targets failed.
fn run_all(targets: &[Target], seconds: u32) -> usize {
    let mut findings = 0;
    for (folder, name, target) in targets {
        match fuzz(folder, target, seconds) {
            Ok(runs) => println!("FUZZ {name}.{target} {seconds} s {runs} runs 0 findings"),
            Err(reason) => {
                findings += 1;
                println!("FUZZ {name}.{target} {seconds} s FAILED: {reason}");
            }
        }
    }
    findings
}

fn installed() -> bool {
    let mut command = cargo();
    command.args(["fuzz", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn plan(arguments: &[String]) -> Result<Plan, String> {
    let mut plan = Plan { crates: Vec::new(), seconds: Some(SECONDS) };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let seconds = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
            plan.seconds = Some(seconds.ok_or("--seconds takes a number above 0")?);
        } else if word == "--check" {
            plan.seconds = None;
        } else {
            plan.crates.push(word.clone());
        }
    }
    Ok(plan)
}

/// Folder of the crate, its name, and the name of each target, in order.
fn targets(workspace: &Workspace, wanted: &[String]) -> Result<Vec<Target>, String> {
    let mut found = Vec::new();
    for library in workspace.libraries() {
        if !wanted.is_empty() && !wanted.contains(&library.name) {
            continue;
        }
        let Some(manifest) = library.files.get("fuzz/Cargo.toml") else { continue };
        let folder = workspace.root.join(&library.name);
        found
            .extend(named(manifest).into_iter().map(|t| (folder.clone(), library.name.clone(), t)));
    }
    for name in wanted {
        if found.iter().all(|(_, of, _)| of != name) {
            return Err(format!("{name} has no fuzz targets"));
        }
    }
    Ok(found)
}

/// The binaries of a manifest of targets.
fn named(manifest: &str) -> Vec<String> {
    let bins = manifest.lines().skip_while(|line| line.trim() != "[[bin]]");
    bins.filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .collect()
}

/// How many runs there were.
fn fuzz(folder: &Path, target: &str, seconds: u32) -> Result<u64, String> {
    let mut child = Command::new("cargo")
        .args(["fuzz", "run", target, "--", &format!("-max_total_time={seconds}")])
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo fuzz did not start: {error}"))?;
    let (mut runs, mut last) = (None, String::new());
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            runs = done(&line).or(runs);
            if ["error", "SUMMARY"].iter().any(|word| line.starts_with(word))
                || line.contains("panicked at")
            {
                last = line;
            }
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    match runs {
        Some(runs) if status.success() => Ok(runs),
        _ if last.is_empty() => Err(status.to_string()),
        _ => Err(last),
    }
}

/// `Done N runs in S second(s)`.
fn done(line: &str) -> Option<u64> {
    line.strip_prefix("Done ")?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(words: &[&str]) -> Result<Plan, String> {
        plan(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn takes_crates_and_seconds_in_any_order() {
        let expected = Plan { crates: vec!["cess-x".to_owned()], seconds: Some(600) };
        assert_eq!(plan_of(&["--seconds", "600", "cess-x"]), Ok(expected));
        assert_eq!(plan_of(&[]), Ok(Plan { crates: vec![], seconds: Some(SECONDS) }));
        assert_eq!(plan_of(&["--check"]), Ok(Plan { crates: vec![], seconds: None }));
        assert!(plan_of(&["--seconds"]).is_err() && plan_of(&["--seconds", "0"]).is_err());
    }

    #[test]
    fn the_targets_of_this_workspace_are_found() {
        let workspace = Workspace::load().expect("the lock file is complete");
        let all = targets(&workspace, &[]).expect("some");
        assert!(all.iter().any(|(_, name, t)| name == "cess-ledger" && t == "manifest"));
        let none = targets(&workspace, &["cess-none".to_owned()]);
        assert_eq!(none.err(), Some("cess-none has no fuzz targets".to_owned()));
    }

    #[test]
    fn every_target_of_this_workspace_has_its_file_and_every_file_its_target() {
        let workspace = Workspace::load().expect("the lock file is complete");
        for library in workspace.libraries() {
            let Some(manifest) = library.files.get("fuzz/Cargo.toml") else { continue };
            let named = named(manifest);
            for (path, text) in &library.files {
                let file = path.strip_prefix("fuzz/fuzz_targets/");
                let Some(file) = file.and_then(|file| file.strip_suffix(".rs")) else { continue };
                let target = text.contains("fuzz_target!");
                assert_eq!(named.iter().any(|n| n == file), target, "{}/{path}", library.name);
            }
            for name in named {
                let path = format!("fuzz/fuzz_targets/{name}.rs");
                assert!(library.files.contains_key(&path), "{}/{path}", library.name);
            }
        }
    }

    #[test]
    fn the_runs_are_read_from_the_last_line() {
        assert_eq!(done("Done 1834 runs in 61 second(s)"), Some(1834));
        assert_eq!(done("#1834 DONE cov: 12"), None);
    }
}
