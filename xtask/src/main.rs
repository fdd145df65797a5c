//! `cargo xtask ci`: the checks that neither the compiler nor clippy makes. `budget` sets the
//! tests' seconds beside their budget, `cross` runs engines of other processors, `figures`
//! measures, `fuzz` runs the fuzz targets, `memory` the story on a large file, `package` tries the
//! crates as a stranger would, `wasm` the verifier in Node.js.
//!
//! Each check is a function from parsed data to findings, one line each; nothing found is a pass.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod budget;
mod costs;
mod cross;
mod edges;
mod features;
mod figures;
mod fuzz;
mod house;
mod licences;
mod links;
mod memory;
mod package;
mod pins;
mod rust_source;
mod sanitize;
mod wasm;
mod workspace;

use std::process::{Command, ExitCode};
use std::time::Instant;

use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask ci [--list | STEP...]
       cargo xtask budget FILE
       cargo xtask figures [AREA...] [--umbral]
       cargo xtask mdrc-bench text | thresholds | data | image [FOLDER] | image-tuning | audio [FOLDER] | audio-tuning
       cargo xtask mdrc-bench video [FOLDER] | figures | table FILE | centre FILE
       cargo xtask fuzz [CRATE...] [--seconds N | --check]
       cargo xtask memory [--mib N]
       cargo xtask package [--time]
       cargo xtask sanitize
       cargo xtask wasm
       cargo xtask cross";

struct Step {
    name: &'static str,
    what: &'static str,
    check: fn(&Workspace) -> Vec<String>,
}

/// `lock` comes first and always runs: the other steps read what it resolved.
const LOCK: &str = "lock";
const LOCK_WHAT: &str = "Cargo.lock is complete and needs no change";

const STEPS: &[Step] = &[
    Step {
        name: "edges",
        what: "the library crates depend on each other only as ARCHITECTURE.md allows",
        check: edges::check,
    },
    Step {
        name: "pins",
        what: "each format has a pin, and its document the domain tags of the sources",
        check: pins::check,
    },
    Step {
        name: "licences",
        what: "each package in the graph is under a licence of the allow list",
        check: licences::check,
    },
    Step {
        name: "costs",
        what: "each library crate brings as few dependencies as it may, and as its README says",
        check: costs::check,
    },
    Step {
        name: "links",
        what: "what the documents link to in the repository is there",
        check: links::check,
    },
    Step {
        name: "budget",
        what: "docs/ci-budget.md gives each member its seconds, and no more in all than there are",
        check: budget::check,
    },
    Step {
        name: "house",
        what: "manifests, READMEs, lib.rs and modules keep the house rules",
        check: house::check,
    },
    Step {
        name: "features",
        what: "each library crate compiles without warnings with each feature alone",
        check: features::check,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "ci" => match selection(rest) {
            Ok(Selection::List) => list(),
            Ok(Selection::Steps(steps)) => run(&steps),
            Err(reason) => refuse(&reason),
        },
        Some((command, rest)) if command == "budget" => budget::run(rest),
        Some((command, areas)) if command == "figures" => figures::run(areas),
        Some((command, words)) if command == "mdrc-bench" => figures::mdrc_bench(words),
        Some((command, rest)) if command == "fuzz" => fuzz::run(rest),
        Some((command, rest)) if command == "memory" => memory::run(rest),
        Some((command, rest)) if command == "package" => package::run(rest),
        Some((command, [])) if command == "sanitize" => sanitize::run(),
        Some((command, [])) if command == "wasm" => wasm::run(),
        Some((command, [])) if command == "cross" => cross::run(),
        _ => refuse("no such command"),
    }
}

/// The cargo that runs this.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
}

enum Selection {
    List,
    Steps(Vec<&'static Step>),
}

fn selection(arguments: &[String]) -> Result<Selection, String> {
    if arguments.is_empty() {
        return Ok(Selection::Steps(STEPS.iter().collect()));
    }
    if arguments == ["--list"] {
        return Ok(Selection::List);
    }
    if let Some(unknown) =
        arguments.iter().find(|a| *a != LOCK && STEPS.iter().all(|step| step.name != **a))
    {
        return Err(format!("no step is called `{unknown}`; see `cargo xtask ci --list`"));
    }
    Ok(Selection::Steps(STEPS.iter().filter(|s| arguments.iter().any(|a| a == s.name)).collect()))
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("xtask: {reason}\n{USAGE}");
    ExitCode::from(2)
}

fn list() -> ExitCode {
    println!("{LOCK:<10} {LOCK_WHAT}");
    for step in STEPS {
        println!("{:<10} {}", step.name, step.what);
    }
    ExitCode::SUCCESS
}

fn run(steps: &[&Step]) -> ExitCode {
    let started = Instant::now();
    let workspace = match Workspace::load() {
        Ok(workspace) => {
            report(LOCK, started, &[]);
            workspace
        }
        Err(reason) => {
            report(LOCK, started, &[reason]);
            eprintln!("xtask: the other steps did not run, they need the resolved graph");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = Vec::new();
    for step in steps {
        let started = Instant::now();
        let findings = (step.check)(&workspace);
        report(step.name, started, &findings);
        if !findings.is_empty() {
            failed.push(step.name);
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("xtask: failed: {}", failed.join(", "));
    ExitCode::FAILURE
}

fn report(step: &str, started: Instant, findings: &[String]) {
    let verdict = if findings.is_empty() { "ok" } else { "FAILED" };
    println!("{verdict:<7} {step:<9} {:6.1} s", started.elapsed().as_secs_f32());
    for finding in findings {
        println!("        {finding}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn runs_every_step_when_none_is_named() {
        assert!(
            matches!(selection(&[]), Ok(Selection::Steps(steps)) if steps.len() == STEPS.len())
        );
    }

    #[test]
    fn runs_only_the_steps_named() {
        let chosen = selection(&arguments(&["house", "edges"]));
        let Ok(Selection::Steps(steps)) = chosen else { panic!("both names are steps") };
        assert_eq!(steps.iter().map(|s| s.name).collect::<Vec<_>>(), ["edges", "house"]);
    }

    #[test]
    fn refuses_a_step_that_does_not_exist() {
        let reason = selection(&arguments(&["edges", "egdes"])).err();
        assert!(reason.is_some_and(|reason| reason.contains("`egdes`")));
    }
}
