use super::*;

const MANIFEST: &str = "\
[package]
name = \"cess-x\"

[lib]
bench = false

[dependencies]
a.workspace = true
b = { workspace = true, features = [\"std\"] }

[target.'cfg(unix)'.dev-dependencies]
c = { workspace = true }

[lints]
workspace = true
";

fn good() -> Member {
    let member = Member::library("cess-x")
        .with_file("Cargo.toml", MANIFEST)
        .with_file("README.md", "# cess-x\n\nCounts\nthings.\n\nStatus: ALPHA.\n")
        .with_file("src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n")
        .with_file("LICENSE-APACHE", "apache")
        .with_file("LICENSE-MIT", "mit");
    Member { description: "Counts things.".to_owned(), ..member }
}

fn check_one(member: Member) -> Vec<String> {
    let documents = [("LICENSE-APACHE", "apache"), ("LICENSE-MIT", "mit")];
    check(&Workspace {
        members: vec![member],
        documents: documents.map(|(path, text)| (path.to_owned(), text.to_owned())).into(),
        ..Workspace::default()
    })
}

fn with_manifest(from: &str, to: &str) -> Vec<String> {
    assert!(MANIFEST.contains(from));
    check_one(good().with_file("Cargo.toml", &MANIFEST.replace(from, to)))
}

#[test]
fn accepts_a_crate_that_keeps_the_rules() {
    assert_eq!(check_one(good()), [""; 0]);
}

#[test]
fn refuses_mod_rs() {
    for path in ["src/engine/mod.rs", "tests/common/mod.rs"] {
        let findings = check_one(good().with_file(path, ""));
        assert_eq!(findings, [format!("cess-x/{path}: name the file after the module")]);
    }
    assert_eq!(check_one(good().with_file("src/cmod.rs", "")), [""; 0]);
}

#[test]
fn refuses_paths_of_one_machine() {
    for folder in LOCAL {
        for line in
            [format!("a(\"/{folder}\")"), format!("see /{folder}/x.md"), format!("/{folder}")]
        {
            let findings = check_one(good().with_file("src/a.rs", &format!("\n{line}\n")));
            assert_eq!(findings, [format!("cess-x/src/a.rs:2 names a path under /{folder}")]);
        }
    }
}

#[test]
fn accepts_paths_that_only_look_so() {
    for line in ["/workshop/a", "merkle/root", "https://x.org/home", "./tmp/x", "a / root", "//tmp"]
    {
        assert_eq!(local_path(line), None, "{line}");
    }
}

#[test]
fn refuses_a_module_that_is_too_long() {
    let lines = |count| "const A: u8 = 0;\n".repeat(count);
    assert_eq!(check_one(good().with_file("src/a.rs", &lines(MAX_LINES))), [""; 0]);
    let findings = check_one(good().with_file("src/a.rs", &lines(MAX_LINES + 1)));
    assert_eq!(findings, ["cess-x/src/a.rs has 501 lines without tests, over 500"]);
    assert_eq!(check_one(good().with_file("src/a/tests.rs", &lines(MAX_LINES + 1))), [""; 0]);
    let tested = format!("{}#[cfg(test)]\nmod tests {{\n    // x\n}}\n", lines(MAX_LINES));
    assert_eq!(check_one(good().with_file("src/a.rs", &tested)), [""; 0]);
}

#[test]
fn refuses_a_version_outside_the_root_manifest() {
    for (from, to, dependency, kind) in [
        ("a.workspace = true", "a = \"1\"", "a", "dependencies"),
        ("{ workspace = true, features", "{ version = \"1\", features", "b", "dependencies"),
        ("c = { workspace = true }", "c = { path = \"../c\" }", "c", "dev-dependencies"),
    ] {
        let expected =
            format!("cess-x/Cargo.toml: {dependency} in [{kind}] is not `workspace = true`");
        assert_eq!(with_manifest(from, to), [expected]);
    }
}

#[test]
fn refuses_a_manifest_without_the_shared_lints() {
    let expected = ["cess-x/Cargo.toml: `[lints] workspace = true` is missing"];
    assert_eq!(with_manifest("[lints]\nworkspace = true\n", ""), expected);
    assert_eq!(with_manifest("[lints]\nworkspace = true\n", "[lints.rust]\n"), expected);
}

#[test]
fn refuses_a_library_that_runs_as_a_bench() {
    let expected = ["cess-x/Cargo.toml: `[lib] bench = false` is missing"];
    assert_eq!(with_manifest("bench = false", ""), expected);
    assert_eq!(with_manifest("bench = false", "bench = true"), expected);
}

#[test]
fn refuses_a_manifest_that_is_no_toml() {
    let findings = check_one(good().with_file("Cargo.toml", "[lib"));
    assert_eq!(findings, ["cess-x/Cargo.toml can't be read"]);
}

#[test]
fn refuses_a_readme_that_drifted_from_the_description() {
    let expected = ["cess-x: README.md's second paragraph is not the description"];
    for text in ["# cess-x\n\nCounts.\n", "# cess-x\n", "# x\n\nMore.\n\nCounts things.\n"] {
        assert_eq!(check_one(good().with_file("README.md", text)), expected, "{text}");
    }
    let mut missing = good();
    missing.files.remove("README.md");
    assert_eq!(check_one(missing), ["cess-x/README.md is missing"]);
}

#[test]
fn refuses_a_library_whose_docs_are_not_the_readme() {
    let findings = check_one(good().with_file("src/lib.rs", "//! Counts things.\n"));
    assert_eq!(findings, ["cess-x/src/lib.rs does not include README.md"]);
}

#[test]
fn refuses_a_package_without_the_licence_texts() {
    let expected = ["cess-x/LICENSE-MIT is not the root's LICENSE-MIT"];
    assert_eq!(check_one(good().with_file("LICENSE-MIT", "other")), expected);
    let mut missing = good();
    missing.files.remove("LICENSE-MIT");
    assert_eq!(check_one(missing), expected);
}

#[test]
fn refuses_a_story_without_its_row() {
    let examples = |rows: &str| {
        let member = Member { name: "cess-examples".to_owned(), ..Member::default() };
        check_one(
            member
                .with_file("Cargo.toml", "[lints]\nworkspace = true\n")
                .with_file("README.md", &format!("# x\n\n{STORIES}\n|---|\n{rows}\n\nMore.\n"))
                .with_file("support/lib.rs", "")
                .with_file("a.rs", "")
                .with_file("b.rs", ""),
        )
    };
    let a = "| [a](a.rs) | `cargo run --example a` | this | 2 | that |";
    let b = "| [b](b.rs) | `cargo run --example b` | this | 2 | that |";
    assert_eq!(examples(&format!("{a}\n{b}")), [""; 0]);
    for (from, to) in [
        (b, ""),
        ("| 2 |", "| |"),
        ("| 2 |", "|"),
        ("example b", "example c"),
        ("(b.rs)", "(c.rs)"),
    ] {
        let expected = ["cess-examples/README.md has no whole row for b.rs"];
        assert_eq!(examples(&format!("{a}\n{}", b.replace(from, to))), expected, "{from}");
    }
}

#[test]
fn asks_less_of_a_member_that_is_never_published() {
    let member = Member { name: "tool".to_owned(), ..Member::default() }
        .with_file("Cargo.toml", "[lints]\nworkspace = true\n");
    assert_eq!(check_one(member), [""; 0]);
}
