//! Whether what the documents link to is there, and the tests that the pages on security lean on.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::workspace::Workspace;

/// Where a document says the repository is: what follows is a path in it.
const SELF: [&str; 2] = [
    "https://github.com/CESSProject/cess-sdk/blob/main/",
    "https://github.com/CESSProject/cess-sdk/tree/main/",
];

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let mut documents: Vec<(String, &String)> = Vec::new();
    for (path, text) in &workspace.documents {
        documents.push((path.clone(), text));
    }
    for member in &workspace.members {
        let folder = member.folder.display();
        documents
            .extend(member.files.iter().map(|(path, text)| (format!("{folder}/{path}"), text)));
    }
    documents.retain(|(path, _)| path.ends_with(".md"));
    let exists = |path: &Path| workspace.root.join(path).exists();
    let mut found: Vec<String> =
        documents.iter().flat_map(|(path, text)| broken(path, text, exists)).collect();
    let sources = workspace.members.iter().flat_map(|member| &member.files);
    let sources = sources.filter(|(path, _)| path.ends_with(".rs"));
    let functions: BTreeSet<&str> = sources.flat_map(|(_, text)| functions(text)).collect();
    let security = documents.iter().filter(|(path, _)| path.starts_with("docs/security/"));
    found.extend(security.flat_map(|(path, text)| unproven(path, text, &functions)));
    found
}

/// The names of all functions of a source.
fn functions(source: &str) -> impl Iterator<Item = &str> {
    source.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next())
}

/// A line for each test that a page names, as code of four words or more, and that isn't there.
fn unproven(path: &str, text: &str, functions: &BTreeSet<&str>) -> Vec<String> {
    let is_test = |name: &&str| {
        let word = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
        name.chars().all(word) && name.matches('_').count() >= 3
    };
    let named = text.split('`').skip(1).step_by(2).filter(is_test);
    named
        .filter(|name| !functions.contains(name))
        .map(|name| format!("{path} leans on the test `{name}`, which isn't there"))
        .collect()
}

/// A line for each link of the document at `path` that leads to nothing in the repository.
fn broken(path: &str, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    links(text)
        .filter_map(|link| {
            let target = target(path, link)?;
            (!exists(&target)).then(|| format!("{path} links to `{link}`, which isn't there"))
        })
        .collect()
}

/// The targets of inline links and of references, outside blocks of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    let lines = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    });
    lines.flat_map(|line| {
        let reference = line.strip_prefix('[').and_then(|l| l.split_once("]: ")).map(|(_, to)| to);
        line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).chain(reference)
    })
}

/// The path in the repository that a link leads to, unless it leads elsewhere.
fn target(path: &str, link: &str) -> Option<PathBuf> {
    let link = link.trim().split(['#', ' ']).next().unwrap_or_default();
    if let Some(inside) = SELF.iter().find_map(|start| link.strip_prefix(start)) {
        return Some(inside.into());
    }
    if link.is_empty() || link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let mut target = Path::new(path).parent()?.to_path_buf();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(target.pop()),
            Component::Normal(name) => target.push(name),
            _ => {}
        }
    }
    Some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        broken("docs/a.md", text, |path| {
            [Path::new("docs/b.md"), Path::new("README.md")].contains(&path)
        })
    }

    #[test]
    fn accepts_what_is_there_and_what_is_elsewhere() {
        let text = "[b](b.md#part), [up](../README.md), [there](https://example.org/x)\n\
            [self](https://github.com/CESSProject/cess-sdk/blob/main/README.md) [p](#part)\n\
            [r]: b.md\n\n```rust\nlet x = [y](gone.md);\n```\n";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn refuses_what_is_not_there() {
        for link in [
            "[c](c.md)",
            "[b](../b.md)",
            "[s](https://github.com/CESSProject/cess-sdk/tree/main/gone)",
            "[r]: gone.md",
        ] {
            assert_eq!(found(link).len(), 1, "{link}");
        }
    }

    #[test]
    fn a_page_on_security_leans_on_tests_that_are_there() {
        let source = "#[test]\nfn refuses_a_key_twice() {}\nasync fn it_all_holds_up<T>() {}";
        let known: BTreeSet<&str> = functions(source).collect();
        let page = "`refuses_a_key_twice`, `it_all_holds_up`, `Type`, `a_field`, `a/b_c_d_e.rs`";
        assert_eq!(unproven("docs/security/a.md", page, &known), [""; 0]);
        let gone = "`refuses_a_key_thrice`";
        assert_eq!(unproven("docs/security/a.md", gone, &known).len(), 1);
    }
}
