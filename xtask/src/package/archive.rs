//! What is in a packed crate, and what must and mustn't be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml_edit::{Document, Item, Table, TableLike};

/// Bytes of one file.
const MAX_FILE: u64 = 1 << 20;
/// Bytes of the test vectors together.
const MAX_VECTORS: u64 = 1 << 20;

/// Where the crates are had from until a registry has them.
const REPOSITORY: &str = "https://github.com/CESSProject/cess-sdk";

pub(crate) struct Archive {
    pub(crate) name: String,
    /// Relative path with `/`, to its length in bytes.
    pub(crate) files: BTreeMap<String, u64>,
    pub(crate) manifest: String,
    pub(crate) readme: String,
}

impl Archive {
    pub(crate) fn read(name: &str, folder: &Path) -> Result<Self, String> {
        let mut files = BTreeMap::new();
        let mut pending = vec![(folder.to_owned(), String::new())];
        while let Some((folder, prefix)) = pending.pop() {
            let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let metadata = entry.metadata().map_err(failed)?;
                if metadata.is_dir() {
                    pending.push((entry.path(), format!("{path}/")));
                } else {
                    files.insert(path, metadata.len());
                }
            }
        }
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
        let (manifest, readme) = (text("Cargo.toml"), text("README.md"));
        Ok(Self { name: name.to_owned(), files, manifest, readme })
    }

    pub(crate) fn len(&self) -> u64 {
        self.files.values().sum()
    }

    pub(crate) fn check(&self) -> Vec<String> {
        let mut findings = self.contents();
        findings.extend(self.links());
        let add = format!("`cargo add --git {REPOSITORY} {}`", self.name);
        if !self.readme.contains(&add) {
            findings.push(format!("README.md doesn't name {add}"));
        }
        match Document::parse(self.manifest.as_str()) {
            Ok(manifest) => findings.extend(metadata(manifest.as_table())),
            Err(_) => findings.push("its Cargo.toml can't be read".to_owned()),
        }
        findings.into_iter().map(|finding| format!("package {}: {finding}", self.name)).collect()
    }

    fn contents(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for file in ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"] {
            if !self.files.contains_key(file) {
                findings.push(format!("{file} is missing"));
            }
        }
        for (path, len) in self.files.iter().filter(|(_, len)| **len > MAX_FILE) {
            findings.push(format!("{path} has {len} bytes, over {MAX_FILE}"));
        }
        for (path, _) in self.files.iter().filter(|(path, _)| !expected(path)) {
            findings.push(format!("{path} has no use to whoever adds the crate"));
        }
        let vectors = self.files.iter().filter(|(path, _)| path.starts_with("tests/vectors/"));
        let vectors: u64 = vectors.map(|(_, len)| len).sum();
        if vectors > MAX_VECTORS {
            findings.push(format!("its vectors have {vectors} bytes, over {MAX_VECTORS}"));
        }
        findings
    }

    /// The README is shown on other sites: what isn't absolute leads nowhere there.
    fn links(&self) -> Vec<String> {
        let inline = self.readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let references = self.readme.lines().filter_map(|line| {
            line.strip_prefix('[').and_then(|line| line.split_once("]: ")).map(|(_, link)| link)
        });
        inline
            .chain(references)
            .map(str::trim)
            .filter(|link| !["https://", "http://", "#"].iter().any(|s| link.starts_with(s)))
            .map(|link| format!("README.md links to `{link}`, which isn't absolute"))
            .collect()
    }
}

/// Of the crate's own folders and the files that cargo and the licences want.
fn expected(path: &str) -> bool {
    const FOLDERS: &[&str] = &["benches/", "examples/", "src/", "tests/"];
    const FILES: &[&str] = &[
        ".cargo_vcs_info.json",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
    ];
    FILES.contains(&path) || FOLDERS.iter().any(|folder| path.starts_with(folder))
}

fn metadata(manifest: &Table) -> Vec<String> {
    let Some(package) = manifest.get("package").and_then(Item::as_table_like) else {
        return vec!["its Cargo.toml has no [package]".to_owned()];
    };
    let mut findings = Vec::new();
    for key in ["description", "license", "readme", "repository", "rust-version"] {
        if package.get(key).and_then(Item::as_str).is_none_or(str::is_empty) {
            findings.push(format!("`{key}` is missing"));
        }
    }
    for key in ["categories", "include", "keywords"] {
        let list = package.get(key).and_then(Item::as_array);
        if list.is_none_or(toml_edit::Array::is_empty) {
            findings.push(format!("`{key}` is missing or empty"));
        }
    }
    findings.extend(keywords(package));
    let docs = ["metadata", "docs", "rs"]
        .iter()
        .try_fold(package, |table, key| table.get(key).and_then(Item::as_table_like));
    let says = |docs: &dyn TableLike| {
        docs.get("all-features").and_then(Item::as_bool) == Some(true)
            || docs.get("features").and_then(Item::as_array).is_some()
    };
    if !docs.is_some_and(says) {
        findings.push("[package.metadata.docs.rs] names no features".to_owned());
    }
    findings
}

/// What the registry takes: <https://doc.rust-lang.org/cargo/reference/manifest.html#the-keywords-field>.
fn keywords(package: &dyn TableLike) -> Vec<String> {
    let keywords = package.get("keywords").and_then(Item::as_array).into_iter().flatten();
    let keywords: Vec<&str> = keywords.filter_map(|word| word.as_str()).collect();
    let mut findings = Vec::new();
    if keywords.len() > 5 {
        findings.push(format!("{} keywords, at most 5 are taken", keywords.len()));
    }
    for word in keywords {
        let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
        let starts = word.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !starts || word.len() > 20 || !word.chars().all(rest) {
            findings.push(format!("keyword `{word}` is not 1 to 20 letters, digits, _, - or +"));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
