//! The rules of CONTRIBUTING.md that can be read off the files.

use toml_edit::{Document, Item, TableLike};

use crate::rust_source::{is_tests, without_tests};
use crate::workspace::{Files, Member, Workspace};

/// Lines of a module, its tests not counted.
const MAX_LINES: usize = 500;

/// Folders of one machine: the first segment of a path that means nothing on another.
const LOCAL: &[&str] = &["home", "root", "tmp", "work"];

/// The head of the table of stories.
const STORIES: &str = "| story | command | what it shows | seconds | output |";

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for member in &workspace.members {
        findings.extend(sources(member));
        findings.extend(manifest(member));
        findings.extend(stories(member));
        if member.published {
            findings.extend(readme(member));
            findings.extend(licence_texts(member, &workspace.documents));
        }
    }
    findings
}

fn sources(member: &Member) -> Vec<String> {
    let name = &member.name;
    let mut findings = Vec::new();
    for (path, text) in &member.files {
        if path == "mod.rs" || path.ends_with("/mod.rs") {
            findings.push(format!("{name}/{path}: name the file after the module"));
        }
        for (number, line) in text.lines().enumerate() {
            if let Some(folder) = local_path(line) {
                let number = number + 1;
                findings.push(format!("{name}/{path}:{number} names a path under /{folder}"));
            }
        }
        if path.ends_with(".rs") && !is_tests(path) {
            let lines = without_tests(text).lines().count();
            if lines > MAX_LINES {
                findings.push(format!(
                    "{name}/{path} has {lines} lines without tests, over {MAX_LINES}"
                ));
            }
        }
    }
    findings
}

/// Each story of the examples has its row: command, seconds and output, none of them empty.
fn stories(member: &Member) -> Vec<String> {
    if member.name != "cess-examples" {
        return Vec::new();
    }
    let text = member.files.get("README.md").map_or("", String::as_str);
    let rows = text.lines().skip_while(|line| !line.starts_with(STORIES)).skip(2);
    let rows: Vec<Vec<&str>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let columns = STORIES.trim_matches('|').split('|').count();
    let has_row = |story: &str| {
        rows.iter().any(|cells| {
            cells.first().is_some_and(|cell| *cell == format!("[{story}]({story}.rs)"))
                && cells.len() == columns
                && cells.iter().all(|cell| !cell.is_empty())
                && cells[1].contains(&format!("--example {story}"))
        })
    };
    let files = member.files.keys().filter(|path| !path.contains('/'));
    let stories = files.filter_map(|path| path.strip_suffix(".rs"));
    stories
        .filter(|story| !has_row(story))
        .map(|story| format!("{}/README.md has no whole row for {story}.rs", member.name))
        .collect()
}

/// The folder of [`LOCAL`] that an absolute path in `line` starts with.
fn local_path(line: &str) -> Option<&'static str> {
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    line.match_indices('/').find_map(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + 1..]);
        if before.ends_with(part_of_name) {
            return None;
        }
        LOCAL.iter().copied().find(|folder| {
            after.strip_prefix(folder).is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'))
            })
        })
    })
}

fn manifest(member: &Member) -> Vec<String> {
    let name = &member.name;
    let text = member.files.get("Cargo.toml").map_or("", String::as_str);
    let Ok(document) = Document::parse(text) else {
        return vec![format!("{name}/Cargo.toml can't be read")];
    };
    let root = document.as_table();
    let mut findings = Vec::new();
    if flag(root.get("lints"), "workspace") != Some(true) {
        findings.push(format!("{name}/Cargo.toml: `[lints] workspace = true` is missing"));
    }
    if member.published && flag(root.get("lib"), "bench") != Some(false) {
        findings.push(format!("{name}/Cargo.toml: `[lib] bench = false` is missing"));
    }
    let mut tables: Vec<&dyn TableLike> = vec![root];
    if let Some(targets) = root.get("target").and_then(Item::as_table_like) {
        tables.extend(targets.iter().filter_map(|(_, target)| target.as_table_like()));
    }
    for table in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = table.get(kind).and_then(Item::as_table_like) else {
                continue;
            };
            for (dependency, item) in dependencies.iter() {
                if flag(Some(item), "workspace") != Some(true) {
                    findings.push(format!(
                        "{name}/Cargo.toml: {dependency} in [{kind}] is not `workspace = true`"
                    ));
                }
            }
        }
    }
    findings
}

fn flag(item: Option<&Item>, key: &str) -> Option<bool> {
    item?.as_table_like()?.get(key)?.as_bool()
}

fn readme(member: &Member) -> Vec<String> {
    let Member { name, description, .. } = member;
    let mut findings = Vec::new();
    match member.files.get("README.md") {
        None => findings.push(format!("{name}/README.md is missing")),
        Some(text) if description.is_empty() || paragraph(text, 1) != *description => {
            findings.push(format!("{name}: README.md's second paragraph is not the description"))
        }
        Some(_) => {}
    }
    let library = member.files.get("src/lib.rs").map_or("", String::as_str);
    if !library.lines().any(|line| line == "#![doc = include_str!(\"../README.md\")]") {
        findings.push(format!("{name}/src/lib.rs does not include README.md"));
    }
    findings
}

fn paragraph(text: &str, index: usize) -> String {
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    paragraphs.nth(index).map_or(String::new(), |text| text.replace('\n', " "))
}

/// A package holds its own folder only, so each has a copy of both texts.
fn licence_texts(member: &Member, documents: &Files) -> Vec<String> {
    ["LICENSE-APACHE", "LICENSE-MIT"]
        .into_iter()
        .filter(|file| {
            documents.get(*file).is_none_or(|text| member.files.get(*file) != Some(text))
        })
        .map(|file| format!("{}/{file} is not the root's {file}", member.name))
        .collect()
}

#[cfg(test)]
mod tests;
