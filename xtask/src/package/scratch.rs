//! A workspace outside this one, with a project for each crate that knows nothing but its archive.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use toml_edit::{Document, Item, Table};

use super::archive::Archive;
use super::quiet;
use crate::cargo;
use crate::features::backend;

/// With which features of the crate its README's example runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    None,
    Default,
    /// Where the example asks for a feature that isn't on by default.
    All,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no features",
            Self::Default => "default features",
            Self::All => "all features",
        })
    }
}

pub(crate) struct Scratch {
    folder: PathBuf,
    /// The crates whose examples ask for features.
    asking: BTreeSet<String>,
    /// The backend of each crate that doesn't build without one.
    backends: BTreeMap<String, &'static str>,
}

impl Scratch {
    pub(crate) fn create(
        place: &Path,
        archives: &[(Archive, PathBuf)],
        lock: &Path,
    ) -> Result<Self, String> {
        let folder = place.join("scratch");
        let mut root = "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n".to_owned();
        root.push_str("\n[patch.crates-io]\n");
        let (mut asking, mut backends) = (BTreeSet::new(), BTreeMap::new());
        for (archive, unpacked) in archives {
            let name = &archive.name;
            let example =
                example(&archive.readme).ok_or(format!("{name}'s README has no example"))?;
            if example.contains("cfg(feature") {
                asking.insert(name.clone());
            }
            let manifest = Document::parse(archive.manifest.as_str())
                .map_err(|error| format!("{name}: {error}"))?;
            let features = manifest.get("features").and_then(Item::as_table_like);
            let backend = backend(|feature| features.is_some_and(|all| all.contains_key(feature)));
            backends.extend(backend.map(|backend| (name.clone(), backend)));
            let project = project(name, manifest.as_table(), &example);
            write(&folder.join(name).join("Cargo.toml"), &project)?;
            write(&folder.join(name).join("src/main.rs"), &program(&example))?;
            // Paths in TOML's literal strings need no escapes.
            let _ = writeln!(root, "{name} = {{ path = '{}' }}", unpacked.display());
        }
        write(&folder.join("Cargo.toml"), &root)?;
        // The versions that the workspace was tested with.
        fs::copy(lock, folder.join("Cargo.lock"))
            .map_err(|error| format!("{}: {error}", lock.display()))?;
        Ok(Self { folder, asking, backends })
    }

    pub(crate) fn runs(&self, name: &str) -> Vec<Run> {
        let all = self.asking.contains(name).then_some(Run::All);
        [Run::None, Run::Default].into_iter().chain(all).collect()
    }

    pub(crate) fn run(&self, name: &str, run: Run, target: &Path) -> Result<(), String> {
        let mut command = cargo();
        command.current_dir(&self.folder).args(["run", "--quiet", "--package"]);
        command.arg(project_name(name)).arg("--target-dir").arg(target);
        match run {
            Run::None => command
                .arg("--no-default-features")
                .args(self.backends.get(name).into_iter().flat_map(|b| ["--features", b])),
            Run::Default => &mut command,
            Run::All => command.arg("--all-features"),
        };
        quiet(&mut command)
    }

    /// Seconds of the first build of a project that depends on this crate with its default
    /// features, as after `cargo add`; what is to be fetched was fetched.
    pub(crate) fn cold_build(&self, name: &str, target: &Path) -> Result<f64, String> {
        if target.exists() {
            fs::remove_dir_all(target).map_err(|error| format!("{}: {error}", target.display()))?;
        }
        let mut command = cargo();
        command.current_dir(&self.folder).args([
            "build",
            "--quiet",
            "--offline",
            "--package",
            name,
        ]);
        command.arg("--target-dir").arg(target);
        let started = Instant::now();
        quiet(&mut command)?;
        Ok(started.elapsed().as_secs_f64())
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

fn project_name(name: &str) -> String {
    format!("try-{name}")
}

/// The manifest of a project that depends on the crate, on what else the example names, and has
/// the crate's features as its own: the example may ask for them.
fn project(name: &str, manifest: &Table, example: &str) -> String {
    let mut text = format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n",
        project_name(name)
    );
    let _ = writeln!(text, "\n[dependencies]");
    let _ = writeln!(text, "{name} = {{ version = \"*\", default-features = false }}");
    let mut named = BTreeSet::new();
    // What the tests ask for comes first: it is what the example has as a doctest.
    for kind in ["dev-dependencies", "dependencies"] {
        let dependencies = manifest.get(kind).and_then(Item::as_table_like);
        for (dependency, item) in dependencies.into_iter().flat_map(|table| table.iter()) {
            let used = dependency != name && uses(example, dependency);
            if used && named.insert(dependency.to_owned()) {
                let _ = writeln!(text, "{dependency} = {}", inline(item, kind));
            }
        }
    }
    let _ = writeln!(text, "\n[features]");
    let features = manifest.get("features").and_then(Item::as_table_like);
    let names: BTreeSet<&str> =
        features.into_iter().flat_map(|table| table.iter()).map(|(feature, _)| feature).collect();
    for (feature, enables) in features.into_iter().flat_map(|table| table.iter()) {
        let own = enables.as_array().into_iter().flatten().filter_map(|value| value.as_str());
        let own = own.filter(|other| names.contains(other)).map(|other| format!("\"{other}\", "));
        let _ = writeln!(text, "{feature} = [{}\"{name}/{feature}\"]", own.collect::<String>());
    }
    text
}

/// A dependency as the packed manifest has it, in one line. One of the crate's own keeps its
/// version only: the crate chooses the features, and the example must do with them.
fn inline(item: &Item, kind: &str) -> String {
    let version = |item: &Item| item.as_str().unwrap_or("*").to_owned();
    let Some(table) = item.as_table_like() else {
        return format!("\"{}\"", version(item));
    };
    let mut text = format!("{{ version = \"{}\"", table.get("version").map_or("*".into(), version));
    if table.get("default-features").and_then(Item::as_bool) == Some(false) {
        text.push_str(", default-features = false");
    }
    if kind == "dev-dependencies" {
        let features = table.get("features").and_then(Item::as_array).into_iter().flatten();
        let features = features.filter_map(|value| value.as_str());
        let features: String = features.map(|feature| format!("\"{feature}\", ")).collect();
        let _ = write!(text, ", features = [{features}]");
    }
    text + " }"
}

/// Whether the text names the crate in a path.
fn uses(text: &str, dependency: &str) -> bool {
    let path = format!("{}::", dependency.replace('-', "_"));
    text.match_indices(&path).any(|(at, _)| {
        !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'))
    })
}

/// The first block of Rust, the lines that the documentation hides included.
fn example(readme: &str) -> Option<String> {
    let mut lines = readme.lines();
    loop {
        let fence = lines.find(|line| line.starts_with("```"))?.trim_end();
        let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim_end() != "```").collect();
        if matches!(fence, "```" | "```rust") {
            return Some(block.into_iter().map(shown).collect());
        }
    }
}

fn shown(line: &str) -> String {
    let code = match line.trim_start() {
        "#" => "",
        hidden => hidden.strip_prefix("# ").unwrap_or(line),
    };
    format!("{code}\n")
}

/// As rustdoc wraps it: `fn main` around what has none, and a value at its end that is a `Result`
/// is looked at.
fn program(example: &str) -> String {
    if example.contains("fn main()") {
        return example.to_owned();
    }
    if example.trim_end().ends_with("(())") {
        return format!(
            "fn main() {{\n    fn example() -> Result<(), impl core::fmt::Debug> {{\n{example}    }}\n    \
             example().unwrap()\n}}\n"
        );
    }
    format!("fn main() {{\n{example}}}\n")
}

#[cfg(test)]
mod tests;
