//! Whether what the documents link to is there.

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
    documents.iter().flat_map(|(path, text)| broken(path, text, exists)).collect()
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
}
