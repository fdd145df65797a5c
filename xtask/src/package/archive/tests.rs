use super::*;

const MANIFEST: &str = r#"
[package]
name = "cess-x"
description = "One sentence."
license = "MIT OR Apache-2.0"
readme = "README.md"
repository = "https://example.org"
rust-version = "1.85"
keywords = ["one"]
categories = ["algorithms"]
include = ["/src"]

[package.metadata.docs.rs]
all-features = true
"#;

fn readme(text: &str) -> String {
    format!("# cess-x\n\n`cargo add --git {REPOSITORY} cess-x`\n\n{text}\n")
}

fn good() -> Archive {
    let names = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
    Archive {
        name: "cess-x".to_owned(),
        files: names.into_iter().map(|name| (name.to_owned(), 100)).collect(),
        manifest: MANIFEST.to_owned(),
        readme: readme("See [there](https://example.org/a) and [below](#below)."),
    }
}

/// The findings of an archive that differs from the good one in one point.
fn findings(change: impl FnOnce(&mut Archive)) -> Vec<String> {
    let mut archive = good();
    change(&mut archive);
    archive.check()
}

#[test]
fn accepts_a_package_in_order() {
    assert_eq!(findings(|_| {}), [""; 0]);
}

#[test]
fn refuses_a_package_without_one_of_its_files() {
    for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"] {
        let found = findings(|archive| archive.files.retain(|path, _| path != file));
        assert_eq!(found, [format!("package cess-x: {file} is missing")]);
    }
}

#[test]
fn refuses_a_large_file_and_not_one_at_the_limit() {
    let with = |len| findings(|a| a.files.extend([("src/table.rs".to_owned(), len)]));
    assert_eq!(with(MAX_FILE), [""; 0]);
    assert_eq!(with(MAX_FILE + 1).len(), 1);
}

#[test]
fn refuses_vectors_that_are_too_many_together() {
    let with = |len| {
        findings(|archive| {
            archive.files.insert("tests/vectors/a.json".to_owned(), MAX_VECTORS / 2);
            archive.files.insert("tests/vectors/b.json".to_owned(), len);
        })
    };
    assert_eq!(with(MAX_VECTORS / 2), [""; 0]);
    assert_eq!(with(MAX_VECTORS / 2 + 1).len(), 1);
}

#[test]
fn refuses_what_nobody_needs() {
    for file in ["fuzz/Cargo.toml", "notes.md", ".gitignore"] {
        let found = findings(|archive| archive.files.extend([(file.to_owned(), 1)]));
        assert_eq!(found.len(), 1, "{file}");
    }
}

#[test]
fn refuses_a_link_that_is_not_absolute() {
    for link in ["[a](docs/a.md)", "[a](../README.md)", "[a]: docs/a.md"] {
        let found = findings(|archive| archive.readme = readme(link));
        assert_eq!(found.len(), 1, "{link}");
    }
}

#[test]
fn refuses_a_readme_that_does_not_say_how_to_add_the_crate() {
    let other = readme("").replace("cess-x`", "cess-y`");
    assert_eq!(findings(|archive| archive.readme = other).len(), 1);
}

#[test]
fn refuses_a_manifest_without_one_of_its_fields() {
    for line in MANIFEST.lines().filter(|line| line.contains(" = ")) {
        if line.starts_with("name") {
            continue;
        }
        let found = findings(|archive| archive.manifest = MANIFEST.replace(line, ""));
        assert_eq!(found.len(), 1, "{line}");
    }
    assert_eq!(findings(|archive| archive.manifest = "[package".to_owned()).len(), 1);
    assert_eq!(findings(|archive| archive.manifest = String::new()).len(), 1);
}

#[test]
fn accepts_a_list_of_features_for_the_documentation() {
    let list = MANIFEST.replace("all-features = true", "features = [\"std\"]");
    assert_eq!(findings(|archive| archive.manifest = list), [""; 0]);
    let none = MANIFEST.replace("all-features = true", "all-features = false");
    assert_eq!(findings(|archive| archive.manifest = none).len(), 1);
}

#[test]
fn refuses_keywords_that_the_registry_would() {
    let with = |list: &str| {
        findings(|archive| archive.manifest = MANIFEST.replace("[\"one\"]", list)).len()
    };
    assert_eq!(with("[\"a\", \"b-c\", \"d_e\", \"f+\", \"12345678901234567890\"]"), 0);
    for list in ["[\"123456789012345678901\"]", "[\"two words\"]", "[\"-a\"]", "[\"é\"]"] {
        assert_eq!(with(list), 1, "{list}");
    }
    assert_eq!(with("[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]"), 1);
}
