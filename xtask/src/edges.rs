//! Which library crate may depend on which.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{Member, Workspace};

/// The crates that a library crate may need to build. ARCHITECTURE.md shows the same to readers.
const ALLOWED: &[(&str, &[&str])] = &[
    ("cess-client", &["cess-erasure", "cess-ledger", "cess-merkle", "cess-podr2", "cess-pre"]),
    ("cess-consensus", &[]),
    ("cess-erasure", &[]),
    ("cess-ledger", &["cess-erasure", "cess-merkle", "cess-podr2"]),
    ("cess-mdrc", &[]),
    ("cess-merkle", &[]),
    ("cess-node", &["cess-client", "cess-ledger", "cess-merkle", "cess-podr2"]),
    ("cess-podr2", &["cess-merkle"]),
    ("cess-pre", &[]),
];

type Edges = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let allowed = allowed();
    let libraries: Vec<&Member> = workspace.libraries().collect();
    let mut findings = against_crates(&allowed, &libraries);
    match workspace.documents.get("ARCHITECTURE.md") {
        None => findings.push("ARCHITECTURE.md is missing".to_owned()),
        Some(text) => findings.extend(against_document(&allowed, text)),
    }
    findings
}

fn allowed() -> Edges {
    let row = |(from, to): &(&str, &[&str])| {
        ((*from).to_owned(), to.iter().map(|name| (*name).to_owned()).collect())
    };
    ALLOWED.iter().map(row).collect()
}

fn against_crates(allowed: &Edges, libraries: &[&Member]) -> Vec<String> {
    let mut findings = Vec::new();
    for library in libraries {
        let name = &library.name;
        let Some(row) = allowed.get(name) else {
            findings.push(format!("{name} has no row in the table of allowed edges"));
            continue;
        };
        for sibling in library.siblings.difference(row) {
            findings.push(format!("{name} -> {sibling} is not an allowed edge"));
        }
    }
    for name in allowed.keys() {
        if libraries.iter().all(|library| library.name != *name) {
            findings.push(format!("the table of allowed edges names {name}, which is no crate"));
        }
    }
    findings
}

fn against_document(allowed: &Edges, text: &str) -> Vec<String> {
    let documented = match parse(text) {
        Ok(edges) => edges,
        Err(reason) => return vec![format!("ARCHITECTURE.md: {reason}")],
    };
    let names: BTreeSet<&String> = allowed.keys().chain(documented.keys()).collect();
    let show = |edges: &Edges, name: &String| {
        edges.get(name).map_or("no line".to_owned(), |to| {
            format!("`{name} -> {}`", to.iter().cloned().collect::<Vec<_>>().join(", "))
        })
    };
    names
        .into_iter()
        .filter(|name| allowed.get(*name) != documented.get(*name))
        .map(|name| {
            let (said, checked) = (show(&documented, name), show(allowed, name));
            format!("ARCHITECTURE.md has {said} for {name}, xtask has {checked}")
        })
        .collect()
}

/// Reads the one block fenced as `edges`: lines `from -> to, to`, a crate's targets on one line
/// or on several.
fn parse(text: &str) -> Result<Edges, String> {
    let mut lines = text.lines().skip_while(|line| line.trim_end() != "```edges").skip(1);
    let mut edges = Edges::new();
    loop {
        let line = lines.next().ok_or("no closed block that starts with ```edges")?;
        if line.trim_end() == "```" {
            return Ok(edges);
        }
        if line.trim().is_empty() {
            continue;
        }
        let (from, to) = line.split_once("->").ok_or(format!("`{line}` has no arrow"))?;
        let targets = to.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned);
        edges.entry(from.trim().to_owned()).or_default().extend(targets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &[&str])]) -> Edges {
        let names = |to: &[&str]| to.iter().map(|name| (*name).to_owned()).collect();
        rows.iter().map(|(from, to)| ((*from).to_owned(), names(to))).collect()
    }

    fn two() -> Edges {
        table(&[("cess-a", &[]), ("cess-b", &["cess-a"])])
    }

    #[test]
    fn accepts_an_allowed_edge() {
        let a = Member::library("cess-a");
        let b = Member::library("cess-b").with_siblings(&["cess-a"]);
        assert_eq!(against_crates(&two(), &[&a, &b]), [""; 0]);
    }

    #[test]
    fn refuses_an_edge_that_is_not_in_the_table() {
        let a = Member::library("cess-a").with_siblings(&["cess-b"]);
        let b = Member::library("cess-b");
        let findings = against_crates(&two(), &[&a, &b]);
        assert_eq!(findings, ["cess-a -> cess-b is not an allowed edge"]);
    }

    #[test]
    fn refuses_a_crate_without_a_row() {
        let (a, b, c) =
            (Member::library("cess-a"), Member::library("cess-b"), Member::library("cess-c"));
        let findings = against_crates(&two(), &[&a, &b, &c]);
        assert_eq!(findings, ["cess-c has no row in the table of allowed edges"]);
    }

    #[test]
    fn refuses_a_row_without_a_crate() {
        let a = Member::library("cess-a");
        let findings = against_crates(&two(), &[&a]);
        assert_eq!(findings, ["the table of allowed edges names cess-b, which is no crate"]);
    }

    #[test]
    fn accepts_a_document_that_says_the_same() {
        let text = "# Map\n\n```edges\ncess-a ->\ncess-b -> cess-a\n```\n\nmore\n";
        assert_eq!(against_document(&two(), text), [""; 0]);
    }

    #[test]
    fn accepts_targets_on_one_line_or_several() {
        let expected = Ok(table(&[("cess-c", &["cess-a", "cess-b"])]));
        assert_eq!(parse("```edges\ncess-c -> cess-a, cess-b\n```\n"), expected);
        assert_eq!(parse("```edges\ncess-c -> cess-a\n\ncess-c -> cess-b\n```\n"), expected);
    }

    #[test]
    fn refuses_a_document_that_drifted() {
        let more = "```edges\ncess-a -> cess-b\ncess-b -> cess-a\n```\n";
        let findings = against_document(&two(), more);
        assert_eq!(
            findings,
            ["ARCHITECTURE.md has `cess-a -> cess-b` for cess-a, xtask has `cess-a -> `"]
        );
        let less = "```edges\ncess-a ->\n```\n";
        let findings = against_document(&two(), less);
        assert_eq!(
            findings,
            ["ARCHITECTURE.md has no line for cess-b, xtask has `cess-b -> cess-a`"]
        );
    }

    #[test]
    fn refuses_a_document_without_the_block() {
        for text in ["# Map\n", "```edges\ncess-a ->\n", "```\ncess-a ->\n```\n"] {
            let findings = against_document(&two(), text);
            assert_eq!(
                findings,
                ["ARCHITECTURE.md: no closed block that starts with ```edges"],
                "{text}"
            );
        }
        assert!(parse("```edges\ncess-a cess-b\n```\n").is_err());
    }
}
