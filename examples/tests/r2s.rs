//! The tables of docs/security/consensus.md are what the example prints.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_documented_tables_are_those_that_the_example_prints() {
    // Cargo puts examples beside the folder of this test, and builds them with the package's tests.
    let here = std::env::current_exe().unwrap();
    let target = here.parent().and_then(Path::parent).unwrap();
    let program = target.join("examples").join(format!("r2s{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "build it first: cargo build -p cess-examples --example r2s");
    let output = Command::new(program).arg("--table").output().unwrap();
    assert!(output.status.success(), "{output:?}");

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security/consensus.md");
    let page = std::fs::read_to_string(page).unwrap();
    let begin = "<!-- tables: printed by the example, compared by a test -->\n";
    let (_, rest) = page.split_once(begin).unwrap();
    let (said, _) = rest.split_once("<!-- end of tables -->").unwrap();
    assert_eq!(said, format!("\n{}\n", String::from_utf8(output.stdout).unwrap()));
}
