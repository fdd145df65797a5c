//! Each library crate compiles without warnings with no feature, and with each feature alone. One that
//! has a choice of backends has one of them besides.

use std::process::Stdio;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};

use crate::cargo;
use crate::workspace::{Member, Workspace};

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for library in workspace.libraries() {
        for features in plan(library) {
            let with = if features.is_empty() { "no feature" } else { &features.join(",") };
            match diagnostics(&library.name, &features) {
                Ok(lines) => findings.extend(
                    lines.iter().map(|line| format!("{} with {with}: {line}", library.name)),
                ),
                Err(reason) => findings.push(format!("{} with {with}: {reason}", library.name)),
            }
        }
    }
    findings
}

/// A crate with both of these features is built with one of them, or not at all.
const BACKENDS: [&str; 2] = ["native", "portable"];

/// The backend of a crate that has a choice, where nothing asks for the other.
pub(crate) fn backend(has: impl Fn(&str) -> bool) -> Option<&'static str> {
    BACKENDS.iter().all(|name| has(name)).then_some(BACKENDS[0])
}

/// No feature, then each alone; not `default`, when it stands for no other set than these.
fn plan(member: &Member) -> Vec<Vec<&str>> {
    let backend = backend(|name| member.features.contains_key(name));
    let chosen = |name: &str| backend.is_some() && BACKENDS.contains(&name);
    let alone = member
        .features
        .iter()
        .filter(|(name, enables)| *name != "default" || enables.len() > 1)
        .map(|(name, _)| {
            let besides = backend.filter(|_| !chosen(name) && name != "default");
            besides.into_iter().chain([name.as_str()]).collect()
        });
    let none = backend.is_none().then(Vec::new);
    none.into_iter().chain(alone).collect()
}

/// What the compiler says, a line per warning or error.
fn diagnostics(package: &str, features: &[&str]) -> Result<Vec<String>, String> {
    let mut command = cargo();
    command.args(["check", "--locked", "--quiet", "--message-format=json", "--package", package]);
    command.args(["--no-default-features"]);
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo check did not start: {error}"))?;
    let mut lines = compiler_lines(&output.stdout)?;
    if !output.status.success() && lines.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        lines.push(said.lines().find(|l| !l.trim().is_empty()).unwrap_or("failed").to_owned());
    }
    Ok(lines)
}

fn compiler_lines(json: &[u8]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for message in Message::parse_stream(json) {
        let message = message.map_err(|error| format!("cargo check said {error}"))?;
        if let Message::CompilerMessage(found) = message {
            lines.extend(line(&found.message));
        }
    }
    lines.dedup();
    Ok(lines)
}

/// One line for a diagnostic with a place; the compiler's own summary has none.
fn line(diagnostic: &Diagnostic) -> Option<String> {
    let level = match diagnostic.level {
        DiagnosticLevel::Error | DiagnosticLevel::Ice => "error",
        DiagnosticLevel::Warning => "warning",
        _ => return None,
    };
    let place = diagnostic.spans.iter().find(|span| span.is_primary)?;
    let first = diagnostic.message.lines().next().unwrap_or_default();
    Some(format!("{level}: {first} ({}:{})", place.file_name, place.line_start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(features: &[(&str, &[&str])]) -> Member {
        let mut member = Member::library("cess-x");
        for (name, enables) in features {
            let enables = enables.iter().map(|feature| (*feature).to_owned()).collect();
            member.features.insert((*name).to_owned(), enables);
        }
        member
    }

    #[test]
    fn plans_no_feature_and_each_alone() {
        assert_eq!(plan(&member(&[])), [[""; 0]]);
        let two = member(&[("rayon", &["dep:rayon"]), ("std", &[])]);
        assert_eq!(plan(&two), [&[][..], &["rayon"], &["std"]]);
    }

    #[test]
    fn plans_the_default_set_only_when_it_is_another() {
        let alias = member(&[("default", &["std"]), ("std", &[])]);
        assert_eq!(plan(&alias), [&[][..], &["std"]]);
        let set = member(&[("default", &["a", "b"]), ("a", &[]), ("b", &[])]);
        assert_eq!(plan(&set), [&[][..], &["a"], &["b"], &["default"]]);
    }

    #[test]
    fn plans_a_backend_where_there_is_a_choice() {
        let choice = member(&[
            ("default", &["native", "std"]),
            ("native", &[]),
            ("portable", &[]),
            ("std", &[]),
        ]);
        let planned: [&[&str]; 4] = [&["default"], &["native"], &["portable"], &["native", "std"]];
        assert_eq!(plan(&choice), planned);
        assert_eq!(plan(&member(&[("native", &[])])), [&[][..], &["native"]]);
    }

    /// What `cargo check --message-format=json` prints, less the fields that nobody reads here.
    fn message(level: &str, spans: &str) -> String {
        format!(
            r#"{{"reason":"compiler-message","package_id":"x","target":{{"kind":["lib"],"crate_types":["lib"],"name":"x","src_path":"src/lib.rs","edition":"2024"}},"message":{{"message":"unused import: `a`","code":null,"level":"{level}","spans":[{spans}],"children":[],"rendered":null}}}}"#
        )
    }

    const SPAN: &str = r#"{"file_name":"src/a.rs","byte_start":0,"byte_end":1,"line_start":7,"line_end":7,"column_start":1,"column_end":2,"is_primary":true,"text":[],"label":null,"suggested_replacement":null,"suggestion_applicability":null,"expansion":null}"#;

    #[test]
    fn reports_a_warning_and_an_error_with_their_place() {
        for level in ["warning", "error"] {
            let lines = compiler_lines(message(level, SPAN).as_bytes());
            assert_eq!(lines, Ok(vec![format!("{level}: unused import: `a` (src/a.rs:7)")]));
        }
    }

    #[test]
    fn passes_over_notes_and_the_summary() {
        let output = format!(
            "{}\n{}\n{}\n",
            message("note", SPAN),
            message("warning", ""),
            r#"{"reason":"build-finished","success":true}"#
        );
        assert_eq!(compiler_lines(output.as_bytes()), Ok(Vec::new()));
    }

    #[test]
    fn reports_what_cargo_itself_refuses() {
        let found = diagnostics("cess-no-such-crate", &[]).unwrap();
        assert!(found.len() == 1 && found[0].starts_with("error"), "{found:?}");
    }
}
