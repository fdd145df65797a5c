//! What a crate brings into the build of whoever adds it, against the limit and its README.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::cargo;
use crate::workspace::Workspace;

/// The most packages that a library crate may bring with its default features, itself not counted,
/// and the most seconds that its first build may take on 2 cores. Raising one is a decision, not a
/// repair.
const MAX: &[(&str, Costs)] = &[
    ("cess-client", Costs { dependencies: 80, seconds: 60 }),
    ("cess-consensus", Costs { dependencies: 60, seconds: 90 }),
    ("cess-erasure", Costs { dependencies: 8, seconds: 10 }),
    ("cess-ledger", Costs { dependencies: 56, seconds: 60 }),
    ("cess-mdrc", Costs { dependencies: 30, seconds: 40 }),
    ("cess-merkle", Costs { dependencies: 16, seconds: 30 }),
    ("cess-node", Costs { dependencies: 120, seconds: 120 }),
    ("cess-podr2", Costs { dependencies: 34, seconds: 60 }),
    ("cess-pre", Costs { dependencies: 34, seconds: 40 }),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Costs {
    dependencies: usize,
    seconds: u32,
}

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
                match told(name, readme) {
                    Ok(said) => findings.extend(differs(name, count, said)),
                    Err(reason) => findings.push(reason),
                }
            }
            Err(reason) => findings.push(format!("{name}: {reason}")),
        }
    }
    findings
}

fn limit(package: &str) -> Option<Costs> {
    MAX.iter().find(|(name, _)| *name == package).map(|(_, most)| *most)
}

/// Says so when a measured first build took longer than it may.
pub(crate) fn too_slow(name: &str, seconds: f64) -> Option<String> {
    let most = limit(name)?.seconds;
    (seconds > f64::from(most))
        .then(|| format!("{name} took {seconds:.0} s to build, over its limit of {most} s"))
}

/// Says so when a README tells half of the seconds that were measured, or less: machines differ, but
/// not as much.
pub(crate) fn stale(name: &str, seconds: f64, readme: &str) -> Option<String> {
    let said = told(name, readme).ok()?.seconds;
    (2.0 * f64::from(said) < seconds)
        .then(|| format!("{name}/README.md says {said} s cold build, {seconds:.0} s were measured"))
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

fn limited(name: &str, count: usize, limit: Option<Costs>) -> Option<String> {
    match limit {
        None => Some(format!("{name} has no row in the table of the highest costs")),
        Some(most) if count > most.dependencies => Some(format!(
            "{name} brings {count} dependencies, over its limit of {}",
            most.dependencies
        )),
        Some(_) => None,
    }
}

/// The README has one line `Costs: N dependencies, S s cold build on 2 cores`, maybe with more
/// after it.
fn told(name: &str, readme: &str) -> Result<Costs, String> {
    let said: Vec<&str> = readme.lines().filter_map(|l| l.strip_prefix("Costs: ")).collect();
    let [said] = said[..] else {
        return Err(format!(
            "{name}/README.md has {} lines `Costs: N dependencies, S s cold build on 2 cores`",
            said.len()
        ));
    };
    numbers(said).ok_or_else(|| format!("{name}/README.md: `Costs: {said}` can't be read"))
}

/// What a README says against what there is and what there may be.
fn differs(name: &str, count: usize, said: Costs) -> Option<String> {
    if said.dependencies != count {
        let said = said.dependencies;
        return Some(format!("{name}/README.md says {said} dependencies, cargo tree has {count}"));
    }
    if said.seconds == 0 {
        return Some(format!("{name}/README.md says that a cold build takes no time"));
    }
    too_slow(name, f64::from(said.seconds)).map(|finding| format!("README.md: {finding}"))
}

fn numbers(said: &str) -> Option<Costs> {
    let (dependencies, rest) = said.split_once(" dependencies, ")?;
    let (seconds, rest) = rest.split_once(" s cold build on 2 cores")?;
    rest.starts_with(['.', ',', ' ', ';']).then_some(())?;
    Some(Costs { dependencies: dependencies.parse().ok()?, seconds: seconds.parse().ok()? })
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
        let most = Some(Costs { dependencies: 8, seconds: 5 });
        assert_eq!(limited("cess-x", 8, most), None);
        let over = limited("cess-x", 9, most);
        assert_eq!(over.as_deref(), Some("cess-x brings 9 dependencies, over its limit of 8"));
        assert!(limited("cess-x", 0, None).is_some_and(|finding| finding.contains("no row")));
    }

    #[test]
    fn a_first_build_may_take_as_long_as_its_row_says() {
        let (name, most) = MAX[0];
        assert_eq!(too_slow(name, f64::from(most.seconds)), None);
        assert!(too_slow(name, f64::from(most.seconds) + 1.0).is_some());
        let said = Costs { dependencies: 7, seconds: most.seconds + 1 };
        assert!(differs(name, 7, said).is_some_and(|finding| finding.contains("over its limit")));
    }

    #[test]
    fn a_readme_that_tells_half_of_the_seconds_is_stale() {
        let readme = "Costs: 7 dependencies, 5 s cold build on 2 cores.\n";
        assert_eq!(stale("cess-x", 10.0, readme), None);
        assert!(stale("cess-x", 10.5, readme).is_some_and(|finding| finding.contains("5 s")));
    }

    #[test]
    fn a_readme_tells_the_number_that_there_is() {
        let said = told("cess-x", "# x\n\nCosts: 7 dependencies, 5 s cold build on 2 cores.\n");
        assert_eq!(said, Ok(Costs { dependencies: 7, seconds: 5 }));
        assert_eq!(differs("cess-x", 7, said.clone().unwrap()), None);
        let wrong = differs("cess-x", 8, said.unwrap());
        let expected = "cess-x/README.md says 7 dependencies, cargo tree has 8";
        assert_eq!(wrong.as_deref(), Some(expected));
        let none = Costs { dependencies: 7, seconds: 0 };
        assert!(differs("cess-x", 7, none).is_some_and(|finding| finding.contains("no time")));
    }

    #[test]
    fn refuses_a_readme_without_the_line_with_two_or_with_another() {
        for readme in [
            "# x\n",
            "Costs: 7 dependencies, 5 s cold build on 2 cores.\nCosts: 7 dependencies, 5 s cold build on 2 cores.\n",
            "Costs: few dependencies, 5 s cold build on 2 cores.\n",
            "Costs: 7 dependencies\n",
        ] {
            assert!(told("cess-x", readme).is_err(), "{readme}");
        }
    }

    #[test]
    fn counts_what_this_workspace_has() {
        assert!(dependencies("cess-erasure").is_ok_and(|count| count > 0));
        assert!(dependencies("cess-no-such-crate").is_err());
    }
}
