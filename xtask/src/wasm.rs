//! Builds the verifier of cess-podr2 for WebAssembly and runs the test vectors through it in Node.js.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::cargo;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";
const FOLDER: &str = "cess-podr2/wasm";

/// What is missing, if something is.
const HELP: &str = "no standard library for wasm32-unknown-unknown: `rustup target add \
    wasm32-unknown-unknown`, or name by WASM_RUSTC a compiler that has its sources in lib/rustlib/src \
    (Debian: rustc-web and rust-web-src; and by CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER a \
    linker, as rust-lld or wasm-ld)";

pub(crate) fn run() -> ExitCode {
    match attempt() {
        Ok(Verdict::Held) => ExitCode::SUCCESS,
        Ok(Verdict::Skipped(why)) => {
            println!("SKIPPED wasm: {why}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("xtask: wasm: {reason}");
            ExitCode::FAILURE
        }
    }
}

enum Verdict {
    Held,
    Skipped(&'static str),
}

fn attempt() -> Result<Verdict, String> {
    if Command::new("node").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Ok(Verdict::Skipped("Node.js is missing"));
    }
    let workspace = Workspace::load()?;
    let folder = workspace.root.join(FOLDER);
    let mut command = cargo();
    command.current_dir(&folder).args(["build", "--release", "--target", TARGET]);
    command.env("RUSTC", compiler());
    if !PathBuf::from(rustc(&["--print", "target-libdir", "--target", TARGET])?).exists() {
        let sources = Path::new(&rustc(&["--print", "sysroot"])?).join("lib/rustlib/src/rust");
        if !sources.join("library/Cargo.lock").exists() {
            return Ok(Verdict::Skipped(HELP));
        }
        // The library is compiled from its sources, which a stable compiler allows no other way.
        command.env("RUSTC_BOOTSTRAP", "1").args(["-Z", "build-std=std,panic_abort"]);
    }
    succeed(&mut command, "cargo")?;
    let built = std::env::var_os("CARGO_TARGET_DIR").map_or(folder.join("target"), PathBuf::from);
    let module = built.join(TARGET).join("release/cess_podr2_wasm.wasm");
    let mut node = Command::new("node");
    node.arg(folder.join("verify.mjs")).arg(module);
    node.arg(workspace.root.join("cess-podr2/tests/vectors"));
    succeed(&mut node, "node")?;
    Ok(Verdict::Held)
}

fn compiler() -> OsString {
    std::env::var_os("WASM_RUSTC").unwrap_or_else(|| "rustc".into())
}

/// What the compiler says of itself.
fn rustc(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(compiler())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("rustc did not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn succeed(command: &mut Command, name: &str) -> Result<(), String> {
    let status = command.stdin(Stdio::null()).status();
    let status = status.map_err(|error| format!("{name} did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}
