//! `cargo xtask cross`: compares the engines of other processors with the portable one, by running
//! them: NEON under qemu-user, simd128 under Node.js. What is missing for it is said, and SKIPPED.
//!
//! Each target wants its standard library: by `rustup target add`, or made of the sources that
//! `rustup component add rust-src` brings. Where neither is there, on Debian, a compiler with its
//! sources is unpacked from Debian's packages under `target/cross`; nothing is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use crate::cargo;

const COMPARE: &str = include_str!("cross/compare.rs");
/// What Debian's compiler, its sources and its libraries are called.
const DEBIAN: [&str; 5] =
    ["rustc-web", "libstd-rust-web-dev", "libstd-rust-web-1.96", "rust-web-src", "libllvm22"];

struct Target {
    triple: &'static str,
    engine: &'static str,
    flags: &'static str,
    /// Programs that are asked for, the first of each list that there is.
    wants: &'static [&'static [&'static str]],
    run: fn(found: &[PathBuf], built: &Path) -> Command,
}

const TARGETS: [Target; 2] = [
    Target {
        triple: "aarch64-unknown-linux-gnu",
        engine: "neon",
        flags: "-Clinker=aarch64-linux-gnu-gcc",
        // Debian: qemu-user-static, gcc-aarch64-linux-gnu.
        wants: &[&["qemu-aarch64-static", "qemu-aarch64"], &["aarch64-linux-gnu-gcc"]],
        run: |found, built| {
            let mut command = Command::new(&found[0]);
            command.args(["-L", "/usr/aarch64-linux-gnu"]).arg(built.join("compare"));
            command
        },
    },
    Target {
        triple: "wasm32-unknown-unknown",
        engine: "simd128",
        flags: "-Ctarget-feature=+simd128",
        wants: &[&["node"]],
        run: |found, built| {
            let mut command = Command::new(&found[0]);
            command.args(["-e", NODE]).arg(built.join("compare.wasm"));
            command
        },
    },
];

const NODE: &str = "WebAssembly.instantiate(require('fs').readFileSync(process.argv[1]), {})\
    .then(m => console.log(`${m.instance.exports.compare()} comparisons equal`))\
    .catch(error => { console.error(error); process.exit(1) })";

pub(crate) fn run() -> ExitCode {
    let folder = root().join("target/cross");
    let mut failed = false;
    for target in &TARGETS {
        match one(target, &folder) {
            Ok(()) => println!("ok      {} on {}", target.engine, target.triple),
            Err(Stop::Missing(what)) => println!("SKIPPED {}: {what}", target.engine),
            Err(Stop::Failed(what)) => {
                println!("FAILED  {}: {what}", target.engine);
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The workspace.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

enum Stop {
    /// The machine lacks something.
    Missing(String),
    Failed(String),
}

fn one(target: &Target, folder: &Path) -> Result<(), Stop> {
    let missing = |names: &&[&str]| Stop::Missing(format!("wants `{}`", names[0]));
    let found: Vec<PathBuf> = target
        .wants
        .iter()
        .map(|names| names.iter().find_map(|name| in_path(name)).ok_or(missing(names)))
        .collect::<Result<_, _>>()?;
    let package = package(folder).map_err(|error| Stop::Failed(error.to_string()))?;
    let mut build = build(target, &package, folder)?;
    ran(&mut build, "the build failed")?;
    let built = fs::canonicalize(package.join("target").join(target.triple).join("release"))
        .map_err(|error| Stop::Failed(error.to_string()))?;
    ran(&mut (target.run)(&found, &built), "the comparison failed")
}

fn ran(command: &mut Command, otherwise: &str) -> Result<(), Stop> {
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Stop::Failed(otherwise.to_owned())),
        Err(error) => Err(Stop::Failed(format!("{otherwise}: {error}"))),
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A package of the comparison, a library for those who call it and a program for the others.
fn package(folder: &Path) -> std::io::Result<PathBuf> {
    let package = folder.join("compare");
    fs::create_dir_all(package.join("src"))?;
    let crate_path = fs::canonicalize(root().join("cess-erasure"))?;
    let manifest = format!(
        "[package]\nname = \"compare\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[dependencies]\n\
         cess-erasure = {{ path = {crate_path:?}, default-features = false }}\n"
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))?;
    fs::write(package.join("src/lib.rs"), COMPARE)?;
    fs::write(
        package.join("src/main.rs"),
        "fn main() { println!(\"{} comparisons equal\", compare::compare()); }\n",
    )?;
    Ok(package)
}

/// The build, by whatever standard library there is for the target.
fn build(target: &Target, package: &Path, folder: &Path) -> Result<Command, Stop> {
    let mut command = cargo();
    command.current_dir(package).env("CARGO_TARGET_DIR", "target");
    command.args(["build", "--quiet", "--release", "--target", target.triple]);
    let mut flags = target.flags.to_owned();
    let printed = |what: &[&str]| {
        let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
        let output = Command::new(rustc).args(["--print"]).args(what).output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    if printed(&["target-libdir", "--target", target.triple]).is_some_and(|folder| folder.exists())
    {
        command.env("RUSTFLAGS", flags);
        return Ok(command);
    }
    let sysroot = printed(&["sysroot"]).unwrap_or_default();
    if !sysroot.join("lib/rustlib/src/rust/library").exists() {
        let unpacked = debian(folder)?;
        command.env("RUSTC", unpacked.join("usr/bin/rustc"));
        command.env("LD_LIBRARY_PATH", unpacked.join("usr/lib/x86_64-linux-gnu"));
        // Debian's compiler has no linker of its own for this target; the other one does.
        let linker = sysroot.join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
        if target.triple.starts_with("wasm32") && linker.exists() {
            flags += &format!(" -Clinker={} -Clinker-flavor=wasm-ld", linker.display());
        }
    }
    command.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags);
    Ok(command)
}

/// Debian's compiler, unpacked.
fn debian(folder: &Path) -> Result<PathBuf, Stop> {
    let missing = |what: &str| {
        Stop::Missing(format!("{what}; try `rustup target add` or `rustup component add rust-src`"))
    };
    let folder = folder.join("debian");
    if !folder.join("usr/bin/rustc").exists() {
        let (Some(apt), Some(dpkg)) = (in_path("apt-get"), in_path("dpkg-deb")) else {
            return Err(missing("no standard library for the target, and this is no Debian"));
        };
        fs::create_dir_all(&folder).map_err(|error| Stop::Failed(error.to_string()))?;
        let mut download = Command::new(apt);
        download.current_dir(&folder).arg("download").args(DEBIAN).stdout(Stdio::null());
        ran(&mut download, "apt-get download").map_err(|_| missing("no packages from Debian"))?;
        let files = fs::read_dir(&folder).map_err(|error| Stop::Failed(error.to_string()))?;
        for file in files.flatten().map(|entry| entry.path()) {
            if file.extension().is_some_and(|extension| extension == "deb") {
                ran(Command::new(&dpkg).arg("-x").arg(&file).arg(&folder), "dpkg-deb -x")?;
                let _ = fs::remove_file(file);
            }
        }
    }
    fs::canonicalize(&folder).map_err(|error| Stop::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_depends_on_the_crate_here_without_features() {
        let folder = env::temp_dir().join(format!("cross-package-{}", std::process::id()));
        let package = package(&folder).unwrap();
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("cess-erasure\", default-features = false"), "{manifest}");
        assert!(fs::read_to_string(package.join("src/lib.rs")).unwrap().contains("extern \"C\""));
        fs::remove_dir_all(folder).unwrap();
    }
}
