//! `cargo xtask figures`: builds the package `cess-benches` for release and runs its areas.

use std::process::{Command, ExitCode, Stdio};

use crate::cargo;

pub(crate) fn run(areas: &[String]) -> ExitCode {
    match command(areas).stdin(Stdio::null()).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: cargo run did not start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn command(areas: &[String]) -> Command {
    let mut command = cargo();
    command.args(["run", "--locked", "--quiet", "--release"]);
    command.args(["--package", "cess-benches", "--bin", "figures", "--"]).args(areas);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_areas_are_handed_on_after_the_dashes() {
        let command = command(&["podr2".to_owned(), "client".to_owned()]);
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert!(words.contains(&"--release".into()));
        assert_eq!(words[words.len() - 3..], ["--", "podr2", "client"]);
    }
}
