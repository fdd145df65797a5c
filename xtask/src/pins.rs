//! A format has a document and a pin, and the document's table has the domain tags of the sources.

use std::collections::BTreeMap;

use crate::rust_source::{is_tests, string_literals, without_tests};
use crate::workspace::{Files, Member, Workspace};

const FOLDER: &str = "docs/formats/";
const PIN: &str = "tests/format_pins.rs";

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let libraries: Vec<&Member> = workspace.libraries().collect();
    let mut findings = Vec::new();
    for library in &libraries {
        findings.extend(check_crate(library, &workspace.documents));
    }
    findings.extend(strays(&libraries, &workspace.documents));
    findings
}

fn document(member: &Member) -> String {
    format!("{FOLDER}{}.md", member.name.trim_start_matches("cess-"))
}

fn check_crate(member: &Member, documents: &Files) -> Vec<String> {
    let name = &member.name;
    let path = document(member);
    let used = tags_in_sources(member);
    let Some(text) = documents.get(&path) else {
        let mut findings = Vec::new();
        if !used.is_empty() {
            let count = used.len();
            findings.push(format!("{name} uses {count} domain tags, and there is no {path}"));
        }
        if member.files.contains_key(PIN) {
            findings.push(format!("{name} has {PIN}, and there is no {path}"));
        }
        return findings;
    };

    let mut findings = Vec::new();
    if !member
        .files
        .get(PIN)
        .is_some_and(|pin| ["#[test]", "#[tokio::test"].iter().any(|t| pin.contains(t)))
    {
        findings.push(format!("{path} describes formats, and {name}/{PIN} has no test"));
    }
    let listed = tags_in_tables(text, name);
    for (tag, count) in &used {
        match listed.get(tag) {
            None => findings.push(format!("{name} uses `{tag}`, no table of {path} lists it")),
            Some(1) => {}
            Some(rows) => findings.push(format!("{path} lists `{tag}` in {rows} rows")),
        }
        if *count > 1 {
            findings.push(format!("{name} writes `{tag}` {count} times: make it one constant"));
        }
    }
    for tag in listed.keys().filter(|tag| !used.contains_key(*tag)) {
        findings.push(format!("{path} lists `{tag}`, and {name} doesn't use it"));
    }
    findings
}

fn strays(libraries: &[&Member], documents: &Files) -> Vec<String> {
    documents
        .keys()
        .filter(|path| path.starts_with(FOLDER) && !path.ends_with("/README.md"))
        .filter(|path| !libraries.iter().any(|library| is_of(library, path)))
        .map(|path| format!("{path} describes the formats of no crate"))
        .collect()
}

/// `x.md` has the tags of `cess-x`; `x-part.md` describes a part of it that has none.
fn is_of(member: &Member, path: &str) -> bool {
    let document = document(member);
    path == document || path.starts_with(&document.replace(".md", "-"))
}

/// A domain tag of `cess-x` starts `cess-x v`, or `CESS_X_V` where a standard wants that style.
fn is_tag(text: &str, name: &str) -> bool {
    let upper = name.to_uppercase().replace('-', "_");
    [format!("{name} v"), format!("{upper}_V")].iter().any(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Each tag, and how often it is written out.
fn tags_in_sources(member: &Member) -> BTreeMap<String, usize> {
    let mut tags = BTreeMap::new();
    let sources = member
        .files
        .iter()
        .filter(|(path, _)| path.starts_with("src/") && path.ends_with(".rs") && !is_tests(path));
    for (_, source) in sources {
        for literal in string_literals(&without_tests(source)) {
            if is_tag(&literal, &member.name) {
                *tags.entry(literal).or_default() += 1;
            }
        }
    }
    tags
}

/// Each tag that stands as code in a table, and in how many rows.
fn tags_in_tables(text: &str, name: &str) -> BTreeMap<String, usize> {
    let mut tags = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with('|')) {
        for code in row.split('`').skip(1).step_by(2) {
            if is_tag(code, name) {
                *tags.entry(code.to_owned()).or_default() += 1;
            }
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "/// Not \"cess-x v1 comment\".\nconst KEY: &str = \"cess-x v1 key\";\n\
        const DST: &[u8] = b\"CESS_X_V1_G1\";\nconst OTHER: &str = \"cess-x very\";\n\
        #[cfg(test)]\nmod tests {\n    const WRONG: &str = \"cess-x v9 wrong\";\n}\n";
    const TABLE: &str = "| tag | for |\n|---|---|\n| `cess-x v1 key` | keys |\n\
        | `CESS_X_V1_G1` | points |\n\nProse about `cess-x v1 old` is free.\n";

    fn member(source: &str) -> Member {
        Member::library("cess-x")
            .with_file("src/lib.rs", source)
            .with_file("src/key/tests.rs", "const T: &str = \"cess-x v8 wrong\";")
            .with_file(PIN, "#[test]\nfn pinned() {}\n")
    }

    fn documents(text: &str) -> Files {
        Files::from([("docs/formats/x.md".to_owned(), text.to_owned())])
    }

    #[test]
    fn accepts_a_table_that_lists_each_tag_once() {
        assert_eq!(check_crate(&member(SOURCE), &documents(TABLE)), [""; 0]);
    }

    #[test]
    fn accepts_a_crate_without_formats() {
        let member = Member::library("cess-x").with_file("src/lib.rs", "fn f() {}");
        assert_eq!(check_crate(&member, &Files::new()), [""; 0]);
    }

    #[test]
    fn refuses_a_tag_that_the_table_lacks() {
        let source = format!("{SOURCE}const N: &str = \"cess-x v1 new\";\n");
        assert_eq!(
            check_crate(&member(&source), &documents(TABLE)),
            ["cess-x uses `cess-x v1 new`, no table of docs/formats/x.md lists it"]
        );
        let prose = format!("{TABLE}\n`cess-x v1 new` outside a table\n");
        assert_eq!(check_crate(&member(&source), &documents(&prose)).len(), 1);
    }

    #[test]
    fn refuses_a_tag_that_differs_by_one_character() {
        let table = TABLE.replace("cess-x v1 key", "cess-x v1 keys");
        let findings = check_crate(&member(SOURCE), &documents(&table));
        assert_eq!(
            findings,
            [
                "cess-x uses `cess-x v1 key`, no table of docs/formats/x.md lists it",
                "docs/formats/x.md lists `cess-x v1 keys`, and cess-x doesn't use it"
            ]
        );
    }

    #[test]
    fn refuses_a_row_for_a_tag_that_is_gone() {
        let source = SOURCE.replace("CESS_X_V1_G1", "");
        assert_eq!(
            check_crate(&member(&source), &documents(TABLE)),
            ["docs/formats/x.md lists `CESS_X_V1_G1`, and cess-x doesn't use it"]
        );
    }

    #[test]
    fn refuses_one_tag_for_two_purposes() {
        let twice = format!("{TABLE}\n| `cess-x v1 key` | more |\n");
        assert_eq!(
            check_crate(&member(SOURCE), &documents(&twice)),
            ["docs/formats/x.md lists `cess-x v1 key` in 2 rows"]
        );
        let again = format!("{SOURCE}const AGAIN: &str = \"cess-x v1 key\";\n");
        assert_eq!(
            check_crate(&member(&again), &documents(TABLE)),
            ["cess-x writes `cess-x v1 key` 2 times: make it one constant"]
        );
    }

    #[test]
    fn refuses_a_document_without_a_pin() {
        let expected =
            ["docs/formats/x.md describes formats, and cess-x/tests/format_pins.rs has no test"];
        let empty = member(SOURCE).with_file(PIN, "");
        assert_eq!(check_crate(&empty, &documents(TABLE)), expected);
        let mut missing = member(SOURCE);
        missing.files.remove(PIN);
        assert_eq!(check_crate(&missing, &documents(TABLE)), expected);
    }

    #[test]
    fn refuses_tags_or_a_pin_without_a_document() {
        let findings = check_crate(&member(SOURCE), &Files::new());
        assert_eq!(
            findings,
            [
                "cess-x uses 2 domain tags, and there is no docs/formats/x.md",
                "cess-x has tests/format_pins.rs, and there is no docs/formats/x.md"
            ]
        );
    }

    #[test]
    fn refuses_a_document_of_no_crate() {
        let member = member(SOURCE);
        assert_eq!(strays(&[&member], &documents(TABLE)), [""; 0]);
        let findings = strays(&[], &documents(TABLE));
        assert_eq!(findings, ["docs/formats/x.md describes the formats of no crate"]);
    }
}
