//! What a crate brings into the build of whoever adds it, against the limit and its README.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::cargo;
use crate::workspace::Workspace;

/// The most packages that a library crate may bring with its default features, itself not counted.
/// Raising one is a decision, not a repair.
const MAX_DEPENDENCIES: &[(&str, usize)] = &[
    ("cess-client", 80),
    ("cess-erasure", 8),
    ("cess-ledger", 56),
    ("cess-merkle", 16),
    ("cess-node", 120),
    ("cess-podr2", 34),
    ("cess-pre", 32),
];

/// Counted for one platform, so that the number is the same on each.
const TARGET: &str = "x86_64-unknown-linux-gnu";

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for library in workspace.libraries() {
        let name = &library.name;
        match dependencies(name) {
            Ok(count) => {
                findings.extend(limited(name, count, limit(name)));
                let readme = library.files.get("README.md").map_or("", String::as_str);
                findings.extend(told(name, count, readme));
            }
            Err(reason) => findings.push(format!("{name}: {reason}")),
        }
    }
    findings
}

fn limit(package: &str) -> Option<usize> {
    MAX_DEPENDENCIES.iter().find(|(name, _)| *name == package).map(|(_, most)| *most)
}

/// How many packages `cargo add` of this one brings.
pub(crate) fn dependencies(package: &str) -> Result<usize, String> {
    let output = cargo()
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--target", TARGET, "--package", package])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo tree did not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().replace('\n', " "));
    }
    Ok(count(&String::from_utf8_lossy(&output.stdout)))
}

/// Name and version of each line, once, less the first line: the package itself.
fn count(tree: &str) -> usize {
    let key = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let packages: BTreeSet<String> =
        tree.lines().filter(|line| !line.trim().is_empty()).map(key).collect();
    packages.len().saturating_sub(1)
}

fn limited(name: &str, count: usize, limit: Option<usize>) -> Option<String> {
    match limit {
        None => Some(format!("{name} has no row in the table of the most dependencies")),
        Some(most) if count > most => {
            Some(format!("{name} brings {count} dependencies, over its limit of {most}"))
        }
        Some(_) => None,
    }
}

/// The README has one line `Costs: N dependencies, S s cold build on 2 cores`, maybe with more
/// after it.
fn told(name: &str, count: usize, readme: &str) -> Option<String> {
    let said: Vec<&str> = readme.lines().filter_map(|l| l.strip_prefix("Costs: ")).collect();
    let [said] = said[..] else {
        return Some(format!(
            "{name}/README.md has {} lines `Costs: {count} dependencies, S s cold build on 2 cores`",
            said.len()
        ));
    };
    let Some((dependencies, seconds)) = numbers(said) else {
        return Some(format!("{name}/README.md: `Costs: {said}` can't be read"));
    };
    if seconds == 0 {
        return Some(format!("{name}/README.md says that a cold build takes no time"));
    }
    (dependencies != count).then(|| {
        format!("{name}/README.md says {dependencies} dependencies, cargo tree has {count}")
    })
}

fn numbers(said: &str) -> Option<(usize, u32)> {
    let (dependencies, rest) = said.split_once(" dependencies, ")?;
    let (seconds, rest) = rest.split_once(" s cold build on 2 cores")?;
    rest.starts_with(['.', ',', ' ', ';']).then_some(())?;
    Some((dependencies.parse().ok()?, seconds.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_once_and_itself_not() {
        let tree =
            "cess-x v0.1.0 (/x)\na v1.0.0\nb v2.0.0 (proc-macro)\n\na v1.0.0 (*)\na v1.1.0\n";
        assert_eq!(count(tree), 3);
        assert_eq!(count("cess-x v0.1.0 (/x)\n"), 0);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn the_limit_is_reached_and_not_passed() {
        assert_eq!(limited("cess-x", 8, Some(8)), None);
        let over = limited("cess-x", 9, Some(8));
        assert_eq!(over.as_deref(), Some("cess-x brings 9 dependencies, over its limit of 8"));
        assert!(limited("cess-x", 0, None).is_some_and(|finding| finding.contains("no row")));
    }

    #[test]
    fn a_readme_tells_the_number_that_there_is() {
        let readme = "# x\n\nCosts: 7 dependencies, 5 s cold build on 2 cores.\n";
        assert_eq!(told("cess-x", 7, readme), None);
        let wrong = told("cess-x", 8, readme);
        let expected = "cess-x/README.md says 7 dependencies, cargo tree has 8";
        assert_eq!(wrong.as_deref(), Some(expected));
    }

    #[test]
    fn refuses_a_readme_without_the_line_with_two_or_with_another() {
        for readme in [
            "# x\n",
            "Costs: 7 dependencies, 5 s cold build on 2 cores.\nCosts: 7 dependencies, 5 s cold build on 2 cores.\n",
            "Costs: few dependencies, 5 s cold build on 2 cores.\n",
            "Costs: 7 dependencies\n",
            "Costs: 7 dependencies, 0 s cold build on 2 cores.\n",
        ] {
            assert!(told("cess-x", 7, readme).is_some(), "{readme}");
        }
    }

    #[test]
    fn counts_what_this_workspace_has() {
        assert!(dependencies("cess-erasure").is_ok_and(|count| count > 0));
        assert!(dependencies("cess-no-such-crate").is_err());
    }
}
