//! `cargo xtask sanitize`: the tests of the crates with unsafe kernels of their own, under
//! AddressSanitizer.
//!
//! The sanitizer is an unstable option of the compiler, so the stable one is told to take it. It
//! sees every engine that the machine has; valgrind 3.19 knows neither GFNI nor AVX-512 and shows
//! programs a processor without them.

use std::process::{Command, ExitCode, Stdio};

use crate::cargo;

/// Sanitized code runs on the machine that compiles it.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const PACKAGES: &[&str] = &["cess-erasure"];

pub(crate) fn run() -> ExitCode {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!("SKIPPED sanitize: only set up for {TARGET}");
        return ExitCode::SUCCESS;
    }
    for package in PACKAGES {
        match command(package).stdin(Stdio::null()).status() {
            Ok(status) if status.success() => println!("ok      {package}"),
            Ok(_) => return ExitCode::FAILURE,
            Err(error) => {
                eprintln!("xtask: cargo test did not start: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn command(package: &str) -> Command {
    let mut command = cargo();
    command.args(["test", "--locked", "--quiet", "--lib", "--tests", "--package", package]);
    // With a target named, build scripts and macros are compiled without the flags.
    command.args(["--target", TARGET]);
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_built_for_a_named_target_with_the_sanitizer() {
        let command = command("cess-erasure");
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert!(words.windows(2).any(|pair| pair == ["--target", TARGET]));
        let flags = command.get_envs().find(|(name, _)| *name == "RUSTFLAGS");
        assert_eq!(flags.and_then(|(_, flags)| flags).unwrap(), "-Zsanitizer=address");
    }
}
