//! `docs/ci-budget.md`: how many seconds of `.ci/run` each member may take, and whether it keeps to it.
//!
//! The table is checked by `cargo xtask ci`. `cargo xtask budget FILE` reads what `cargo test`
//! printed and sets each member's seconds beside its row; it reports and never fails, as machines
//! differ.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use crate::workspace::{Member, Workspace};

const DOCUMENT: &str = "docs/ci-budget.md";
/// The row for what belongs to no member: formatting, lints, docs, checks, packages.
const REST: &str = "everything else";
/// Seconds of the whole of `.ci/run`, with dependencies built and without.
const MAX: Seconds = Seconds { warm: 25 * 60, cold: 60 * 60 };

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seconds {
    warm: u32,
    cold: u32,
}

type Budget = BTreeMap<String, Seconds>;

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let Some(text) = workspace.documents.get(DOCUMENT) else {
        return vec![format!("{DOCUMENT} is missing")];
    };
    let names: Vec<&str> = workspace.members.iter().map(|member| member.name.as_str()).collect();
    match parse(text) {
        Ok(budget) => against(&budget, &names),
        Err(reason) => vec![format!("{DOCUMENT}: {reason}")],
    }
}

fn against(budget: &Budget, names: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for name in names.iter().chain(&[REST]) {
        if !budget.contains_key(*name) {
            findings.push(format!("{DOCUMENT} has no row for {name}"));
        }
    }
    for name in budget.keys() {
        if name != REST && !names.contains(&name.as_str()) {
            findings.push(format!("{DOCUMENT} has a row for {name}, which is no member"));
        }
    }
    let sum = |of: fn(&Seconds) -> u32| budget.values().map(of).sum::<u32>();
    for (what, sum, max) in
        [("warm", sum(|s| s.warm), MAX.warm), ("cold", sum(|s| s.cold), MAX.cold)]
    {
        if sum > max {
            findings.push(format!("{DOCUMENT}: {sum} s {what} in all, over {max} s"));
        }
    }
    findings
}

/// The rows `| name | warm | cold | … |` of its table.
fn parse(text: &str) -> Result<Budget, String> {
    let mut budget = Budget::new();
    let rows = text.lines().skip_while(|line| !line.starts_with("| member |")).skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, warm, cold, ..] = cells[..] else {
            return Err(format!("`{row}` has no three columns"));
        };
        let seconds = |cell: &str| cell.parse().map_err(|_| format!("`{cell}` is no seconds"));
        let row = Seconds { warm: seconds(warm)?, cold: seconds(cold)? };
        if budget.insert(name.trim_matches('`').to_owned(), row).is_some() {
            return Err(format!("{name} has two rows"));
        }
    }
    if budget.is_empty() { Err("no table that begins `| member |`".to_owned()) } else { Ok(budget) }
}

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let [file] = arguments else {
        return crate::refuse("budget takes the file with what `cargo test` printed");
    };
    let read = |workspace: Workspace| {
        let output = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let text = workspace.documents.get(DOCUMENT).ok_or(format!("{DOCUMENT} is missing"))?;
        Ok(report(&parse(text)?, &spent(&output, &workspace.members)))
    };
    match Workspace::load().and_then(read) {
        Ok(lines) => {
            lines.iter().for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Seconds that each member's tests ran: `Running … (…/deps/name-hash)` and `Doc-tests name` say
/// whose they are, `finished in S s` how long they took.
///
/// Integration tests are named after their files: they belong to the member that has the file, and
/// where several have one like it, to the one whose tests ran last. Cargo goes member by member.
fn spent(output: &str, members: &[Member]) -> BTreeMap<String, f64> {
    let mut spent = BTreeMap::new();
    let mut member = REST;
    for line in output.lines() {
        let line = line.trim_start();
        if let Some(name) = line.strip_prefix("Doc-tests ") {
            member = named(name.trim(), members).unwrap_or(REST);
        } else if let Some(binary) = line.strip_prefix("Running unittests ") {
            member = owner(binary, members).unwrap_or(REST);
        } else if let Some((path, _)) =
            line.strip_prefix("Running ").and_then(|l| l.split_once(" ("))
        {
            let same = members.iter().any(|m| m.name == member && m.files.contains_key(path));
            member = if same { member } else { having(path, members).unwrap_or(REST) };
        }
        let finished =
            line.rsplit_once("finished in ").and_then(|(_, rest)| rest.strip_suffix('s'));
        if let Some(seconds) = finished.and_then(|seconds| seconds.parse::<f64>().ok()) {
            *spent.entry(member.to_owned()).or_default() += seconds;
        }
    }
    spent
}

/// Whose unit tests `src/lib.rs (…/deps/name-hash)` are: the member of that name, or else the only
/// one that has such a file.
fn owner<'a>(binary: &str, members: &'a [Member]) -> Option<&'a str> {
    let (path, file) = binary.split_once(" (")?;
    let (name, _) = file.rsplit('/').next()?.rsplit_once('-')?;
    named(name, members).or_else(|| having(path, members))
}

/// The only member that has such a file.
fn having<'a>(path: &str, members: &'a [Member]) -> Option<&'a str> {
    let mut having = members.iter().filter(|member| member.files.contains_key(path));
    having.next().filter(|_| having.next().is_none()).map(|member| member.name.as_str())
}

fn named<'a>(name: &str, members: &'a [Member]) -> Option<&'a str> {
    let found = members.iter().find(|m| m.name.replace('-', "_") == name.replace('-', "_"));
    found.map(|member| member.name.as_str())
}

fn report(budget: &Budget, spent: &BTreeMap<String, f64>) -> Vec<String> {
    spent
        .iter()
        .filter_map(|(name, seconds)| {
            let allowed = budget.get(name)?.warm;
            let verdict = if *seconds > f64::from(allowed) { "OVER" } else { "within" };
            Some(format!("{verdict:<7} {name:<16} {seconds:6.1} s of tests, {allowed} s budgeted"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Budget\n\n| member | warm | cold | why |\n|---|---|---|---|\n\
                        | `cess-a` | 60 | 90 | x |\n| everything else | 100 | 200 | |\n\nmore\n";

    #[test]
    fn reads_the_table() {
        let budget = parse(TEXT).unwrap();
        assert_eq!(budget["cess-a"], Seconds { warm: 60, cold: 90 });
        assert_eq!(budget[REST], Seconds { warm: 100, cold: 200 });
        assert_eq!(against(&budget, &["cess-a"]), [""; 0]);
    }

    #[test]
    fn refuses_what_is_no_table() {
        for text in ["# Budget\n", "| member | warm | cold |\n|---|---|---|\n| a | few | 1 |\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let twice = TEXT.replace("| everything else", "| cess-a | 1 | 1 | |\n| everything else");
        assert_eq!(parse(&twice), Err("cess-a has two rows".to_owned()));
    }

    #[test]
    fn refuses_a_missing_row_a_row_of_nobody_and_too_large_a_sum() {
        let budget = parse(TEXT).unwrap();
        let findings = against(&budget, &["cess-b"]);
        assert_eq!(
            findings,
            [
                "docs/ci-budget.md has no row for cess-b",
                "docs/ci-budget.md has a row for cess-a, which is no member"
            ]
        );
        let large = parse(&TEXT.replace("| 60 |", "| 1401 |")).unwrap();
        assert_eq!(
            against(&large, &["cess-a"]),
            ["docs/ci-budget.md: 1501 s warm in all, over 1500 s"]
        );
    }

    #[test]
    fn the_seconds_of_a_members_tests_are_added_up() {
        let output = "     Running unittests src/lib.rs (target/debug/deps/cess_a-12ab)\n\
            test result: ok. 3 passed; 0 failed; finished in 1.50s\n\
            \x20    Running tests/suite/main.rs (target/debug/deps/suite-77)\n\
            test result: ok. 3 passed; 0 failed; finished in 2.25s\n\
            \x20    Running unittests src/main.rs (target/debug/deps/xtask-9)\n\
            test result: ok. 3 passed; 0 failed; finished in 0.25s\n\
            \x20    Running unittests story.rs (target/debug/examples/story-9)\n\
            test result: ok. 1 passed; 0 failed; finished in 1.00s\n\
            \x20    Running tests/disk.rs (target/debug/deps/disk-9)\n\
            test result: ok. 1 passed; 0 failed; finished in 2.00s\n\
            \x20  Doc-tests cess_a\n\
            test result: ok. 1 passed; 0 failed; finished in 0.50s\n";
        let suite = "tests/suite/main.rs";
        let a = Member::library("cess-a").with_file(suite, "");
        let tool = Member::library("xtask").with_file(suite, "").with_file("tests/disk.rs", "");
        let members = [a, tool, Member::library("stories").with_file("story.rs", "")];
        let spent: Vec<(String, f64)> = spent(output, &members).into_iter().collect();
        let expected = [("cess-a", 4.25), ("stories", 1.0), ("xtask", 2.25)];
        assert_eq!(spent, expected.map(|(name, seconds)| (name.to_owned(), seconds)));
    }

    #[test]
    fn who_takes_longer_than_budgeted_is_named() {
        let budget = parse(TEXT).unwrap();
        let line = |seconds| report(&budget, &BTreeMap::from([("cess-a".to_owned(), seconds)]));
        assert!(line(59.0)[0].starts_with("within"));
        assert!(line(61.0)[0].starts_with("OVER"));
    }
}
