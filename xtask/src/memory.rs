//! `cargo xtask memory [--mib N]`: the peak of memory of the whole lifecycle on a file of N MiB
//! (2048 without it), in the `cess` profile, against the most that it may be.
//!
//! Wants Linux, which counts it, and room for five times the file in the folder for temporary
//! files.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, process, thread};

use crate::cargo;
use crate::workspace::Workspace;

/// Of the process, whatever the file's length.
const MAX_MIB: u64 = 600;

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let mib = match arguments {
        [] => Some(2048),
        [flag, mib] if flag == "--mib" => mib.parse().ok().filter(|mib| *mib > 0),
        _ => None,
    };
    let Some(mib) = mib else { return crate::refuse("memory takes nothing or --mib N") };
    let place = env::temp_dir().join(format!("cess-memory-{}", process::id()));
    let peak = fs::create_dir_all(&place)
        .map_err(|error| format!("{}: {error}", place.display()))
        .and_then(|()| measure(&place, mib));
    // What can't be removed is in a folder for temporary files.
    let _ = fs::remove_dir_all(&place);
    match peak {
        Ok(kib) => {
            println!("MEMORY lifecycle/file={mib}MiB {} MiB, at most {MAX_MIB} MiB", kib >> 10);
            if kib <= MAX_MIB << 10 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn measure(place: &Path, mib: u64) -> Result<u64, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut build = cargo();
    build.args(["build", "--locked", "--quiet", "--release", "--package", "cess-examples"]);
    let built = build.args(["--example", "lifecycle"]).status().map_err(failed)?;
    if !built.success() {
        return Err("the example doesn't build".to_owned());
    }
    let file = place.join("input");
    fill(&file, mib).map_err(failed)?;
    let program = Workspace::load()?.target.join("release/examples/lifecycle");
    let mut child = Command::new(program)
        .arg(&file)
        .env("TMPDIR", place)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let peak = watch(&mut child);
    if peak.is_err() {
        let _gone = child.kill().and_then(|()| child.wait());
    }
    peak
}

/// Bytes that no two blocks share; what they are doesn't matter.
fn fill(path: &Path, mib: u64) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut buffer = vec![0; 1 << 20];
    for _ in 0..mib {
        for word in buffer.chunks_exact_mut(8) {
            // xorshift64 (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&buffer)?;
    }
    file.flush()
}

/// The highest resident size of a process that ends well, in KiB. The kernel keeps the peak, so
/// only what is added in the last moment can be missed.
fn watch(child: &mut Child) -> Result<u64, String> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        if let Ok(text) = fs::read_to_string(&status) {
            peak = high_water(&text).or(peak);
        }
        match child.try_wait().map_err(|error| error.to_string())? {
            None => thread::sleep(Duration::from_millis(20)),
            Some(status) if status.success() => {
                return peak.ok_or("this system doesn't tell the peak of memory".to_owned());
            }
            Some(status) => return Err(format!("the example ended with {status}")),
        }
    }
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_status() {
        let status = "Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t  396232 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(high_water(status), Some(396_232));
        assert_eq!(high_water("Name:\tx\n"), None);
    }

    #[test]
    fn a_process_that_fails_has_no_peak() {
        let mut child = cargo().arg("no-such-command").stderr(Stdio::null()).spawn().unwrap();
        assert!(watch(&mut child).is_err_and(|reason| reason.contains("ended with")));
    }
}
