use super::*;

#[test]
fn the_example_is_the_first_block_of_rust_with_its_hidden_lines() {
    let readme = "# x\n\n```sh\ncargo test\n```\n\n```rust\n# use a::B;\nlet x = 1;\n#\n# Ok::<(), E>(())\n```\n\n```\nmore\n```\n";
    let expected = "use a::B;\nlet x = 1;\n\nOk::<(), E>(())\n";
    assert_eq!(example(readme).as_deref(), Some(expected));
    assert_eq!(example("# x\n"), None);
}

#[test]
fn a_block_that_ends_before_the_example_is_no_example() {
    // The end of the shell's block must not pass for the start of one of Rust.
    let readme = "```sh\ncargo test\n```\ntext\n```rust\nlet x = 1;\n```\n";
    assert_eq!(example(readme).as_deref(), Some("let x = 1;\n"));
}

#[test]
fn attributes_are_not_hidden_lines() {
    let readme = "```rust\n#[derive(Debug)]\nstruct X;\n```\n";
    assert_eq!(example(readme).as_deref(), Some("#[derive(Debug)]\nstruct X;\n"));
}

#[test]
fn an_example_gets_the_main_that_it_lacks() {
    assert_eq!(program("fn main() {}\n"), "fn main() {}\n");
    assert_eq!(program("let x = 1;\n"), "fn main() {\nlet x = 1;\n}\n");
    let checked = program("f()?;\nOk::<(), Error>(())\n");
    assert!(checked.contains("example().unwrap()"), "{checked}");
}

#[test]
fn a_crate_is_used_where_a_path_begins_with_its_name() {
    assert!(uses("use rand_chacha::X;", "rand-chacha"));
    assert!(uses("(rand::rng())", "rand"));
    assert!(!uses("use rand_chacha::X; brand::y();", "rand"));
    assert!(!uses("use std::rand::X;", "rand"));
}

#[test]
fn a_project_has_what_the_example_names_and_the_features() {
    let manifest = r#"
[package]
name = "cess-x"
[features]
default = ["std"]
std = ["other/std"]
[dependencies.other]
version = "1"
features = ["large"]
default-features = false
[dev-dependencies]
proptest = "1"
[dev-dependencies.rand]
version = "0.10"
features = ["std"]
"#;
    let document = Document::parse(manifest).unwrap();
    let text = project("cess-x", document.as_table(), "use rand::Rng; use other::Y;");
    assert!(text.contains("cess-x = { version = \"*\", default-features = false }\n"), "{text}");
    assert!(text.contains("other = { version = \"1\", default-features = false }\n"), "{text}");
    assert!(text.contains("rand = { version = \"0.10\", features = [\"std\", ] }\n"), "{text}");
    assert!(!text.contains("proptest"), "{text}");
    assert!(text.contains("default = [\"std\", \"cess-x/default\"]\n"), "{text}");
    assert!(text.contains("std = [\"cess-x/std\"]\n"), "{text}");
    assert!(Document::parse(text.as_str()).is_ok(), "{text}");
}
