//! `cargo xtask figures`: builds the package `cess-benches` for release and runs its areas; with
//! `--umbral` among the areas also with the rival that is GPL-3.0-only.

use std::process::{Command, ExitCode, Stdio};

use crate::cargo;

/// Areas whose name ends so compare numbers of threads, and take a build of their own.
const THREADS: &str = "-threads";
/// Its speeds are followed by recalls, which another program measures.
const MDRC: &str = "mdrc";
/// Not an area: the rival that is GPL-3.0-only is built too.
const UMBRAL: &str = "--umbral";

pub(crate) fn run(areas: &[String]) -> ExitCode {
    for mut command in commands(areas) {
        match command.stdin(Stdio::null()).status() {
            Ok(status) if status.success() => {}
            Ok(_) => return ExitCode::FAILURE,
            Err(error) => {
                eprintln!("xtask: cargo run did not start: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Recalls of `cess-mdrc`, on documents that packages ship.
pub(crate) fn mdrc_bench(words: &[String]) -> ExitCode {
    match mdrc_command(words).stdin(Stdio::null()).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: cargo run did not start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn mdrc_command(words: &[String]) -> Command {
    let mut command = cargo();
    command.args(["run", "--locked", "--quiet", "--release", "--package", "cess-benches"]);
    command.args(["--bin", "mdrc-bench", "--"]).args(words);
    command
}

fn commands(areas: &[String]) -> Vec<Command> {
    let (umbral, areas): (Vec<_>, Vec<_>) = areas.iter().partition(|area| *area == UMBRAL);
    let rival: &[&str] = if umbral.is_empty() { &[] } else { &["--features", "umbral"] };
    let (threads, others): (Vec<_>, Vec<_>) =
        areas.into_iter().partition(|area| area.ends_with(THREADS));
    let mut commands = Vec::new();
    let recalls =
        threads.is_empty() && others.is_empty() || others.iter().any(|area| *area == MDRC);
    if !others.is_empty() || threads.is_empty() {
        commands.push(command(rival, &others));
    }
    if !threads.is_empty() {
        commands.push(command(&["--features", "rayon"], &threads));
    }
    if recalls {
        commands.push(mdrc_command(&["figures".to_owned()]));
    }
    commands
}

fn command(features: &[&str], areas: &[&String]) -> Command {
    let mut command = cargo();
    command.args(["run", "--locked", "--quiet", "--release", "--package", "cess-benches"]);
    command.args(features).args(["--bin", "figures", "--"]).args(areas);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_areas_are_handed_on_after_the_dashes() {
        let commands = commands(&["podr2".to_owned(), "client".to_owned()]);
        let [command] = &commands[..] else { panic!("one build") };
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert!(words.contains(&"--release".into()) && !words.contains(&"rayon".into()));
        assert_eq!(words[words.len() - 3..], ["--", "podr2", "client"]);
        assert!(!words.contains(&"umbral".into()));
    }

    #[test]
    fn the_rival_under_the_gpl_is_built_only_when_it_is_asked_for() {
        let commands = commands(&["pre".to_owned(), UMBRAL.to_owned()]);
        let [command] = &commands[..] else { panic!("one build") };
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words[words.len() - 6..],
            ["--features", "umbral", "--bin", "figures", "--", "pre"]
        );
    }

    #[test]
    fn recalls_follow_the_speeds_of_their_area() {
        for areas in [vec![], vec!["mdrc".to_owned()]] {
            let commands = commands(&areas);
            let last = commands.last().expect("at least one");
            let words: Vec<_> = last.get_args().map(|word| word.to_string_lossy()).collect();
            assert_eq!(words[words.len() - 4..], ["--bin", "mdrc-bench", "--", "figures"]);
            assert_eq!(commands.len(), 2);
        }
    }

    #[test]
    fn areas_of_threads_are_built_with_them() {
        let commands = commands(&["podr2-threads".to_owned(), "client".to_owned()]);
        let [plain, threads] = &commands[..] else { panic!("two builds") };
        let has = |command: &Command, word: &str| command.get_args().any(|found| found == word);
        assert!(has(plain, "client") && !has(plain, "rayon"));
        assert!(has(threads, "podr2-threads") && has(threads, "rayon") && !has(threads, "client"));
    }
}
