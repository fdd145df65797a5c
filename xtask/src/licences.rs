//! Every package of the graph is under a licence that the project accepts.

use std::collections::BTreeSet;

use crate::workspace::{Package, Workspace};

const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Packages under a licence that is not on the list, each behind a feature of its own that is never
/// on by default: who switches it on has read which licence it is.
const OPTIONAL: &[(&str, &str)] = &[("umbral-pre", "GPL-3.0-only")];

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    workspace
        .packages
        .iter()
        .filter_map(|package| finding(package, &workspace.by_default))
        .collect()
}

fn finding(package: &Package, by_default: &BTreeSet<String>) -> Option<String> {
    let Package { name, version, licence } = package;
    if OPTIONAL.iter().any(|(n, l)| n == name && licence.as_deref() == Some(*l)) {
        let everybody = by_default.contains(name);
        return everybody
            .then(|| format!("{name} {version} is in a default build, and may only be optional"));
    }
    let Some(licence) = licence else {
        return Some(format!("{name} {version} declares no licence"));
    };
    match Expression::new(licence).evaluate() {
        Ok(true) => None,
        Ok(false) => Some(format!("{name} {version}: `{licence}` is not on the allow list")),
        Err(reason) => Some(format!("{name} {version}: `{licence}` can't be read: {reason}")),
    }
}

/// An SPDX licence expression, read by recursive descent: OR binds loosest, then AND, then WITH.
/// A slash is the old spelling of OR.
struct Expression {
    /// In reverse, so that the next one is at the end.
    tokens: Vec<String>,
}

/// Deeper nesting than any real expression has is refused, not followed.
const MAX_DEPTH: usize = 16;

impl Expression {
    fn new(text: &str) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        Self { tokens: spaced.split_whitespace().rev().map(str::to_owned).collect() }
    }

    /// Whether somebody who accepts only the allow list may use the package.
    fn evaluate(mut self) -> Result<bool, &'static str> {
        let allowed = self.any_of(0)?;
        if self.tokens.is_empty() { Ok(allowed) } else { Err("words after its end") }
    }

    fn any_of(&mut self, depth: usize) -> Result<bool, &'static str> {
        if depth > MAX_DEPTH {
            return Err("nested too deeply");
        }
        let mut allowed = self.all_of(depth)?;
        while self.take("OR") {
            allowed |= self.all_of(depth)?;
        }
        Ok(allowed)
    }

    fn all_of(&mut self, depth: usize) -> Result<bool, &'static str> {
        let mut allowed = self.one(depth)?;
        while self.take("AND") {
            allowed &= self.one(depth)?;
        }
        Ok(allowed)
    }

    fn one(&mut self, depth: usize) -> Result<bool, &'static str> {
        if self.take("(") {
            let allowed = self.any_of(depth + 1)?;
            return if self.take(")") { Ok(allowed) } else { Err("a parenthesis is open") };
        }
        let mut licence = self.name()?;
        if self.take("WITH") {
            licence = format!("{licence} WITH {}", self.name()?);
        }
        Ok(ALLOWED.contains(&licence.as_str()))
    }

    fn name(&mut self) -> Result<String, &'static str> {
        match self.tokens.pop() {
            Some(token) if !matches!(token.as_str(), "OR" | "AND" | "WITH" | "(" | ")") => {
                Ok(token)
            }
            _ => Err("a name is missing"),
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.tokens.last().is_some_and(|token| token == word);
        if found {
            self.tokens.pop();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(text: &str) -> Result<bool, &'static str> {
        Expression::new(text).evaluate()
    }

    fn alone(package: &Package) -> Option<String> {
        finding(package, &BTreeSet::new())
    }

    fn package(licence: Option<&str>) -> Package {
        Package {
            name: "p".to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.map(str::to_owned),
        }
    }

    #[test]
    fn accepts_what_is_on_the_list() {
        for text in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
            "GPL-3.0-only OR (Zlib AND ISC)",
        ] {
            assert_eq!(evaluate(text), Ok(true), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not() {
        for text in [
            "GPL-3.0-only",
            "mit",
            "MIT AND GPL-2.0-only",
            "MIT AND (GPL-2.0-only OR LGPL-3.0-only)",
            "(MIT OR Apache-2.0) AND OpenSSL",
            "MIT WITH LLVM-exception",
            "Apache-2.0 WITH Classpath-exception-2.0",
        ] {
            assert_eq!(evaluate(text), Ok(false), "{text}");
        }
    }

    #[test]
    fn binds_and_tighter_than_or() {
        assert_eq!(evaluate("MIT OR MIT AND GPL-3.0-only"), Ok(true));
        assert_eq!(evaluate("GPL-3.0-only AND MIT OR MIT"), Ok(true));
        assert_eq!(evaluate("(MIT OR MIT) AND GPL-3.0-only"), Ok(false));
    }

    #[test]
    fn refuses_what_is_no_expression() {
        for text in ["", "MIT OR", "AND MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH"] {
            assert!(evaluate(text).is_err(), "{text}");
        }
        assert_eq!(evaluate(&"(".repeat(100_000)), Err("nested too deeply"));
    }

    #[test]
    fn names_the_package_at_fault() {
        assert_eq!(alone(&package(Some("MIT"))), None);
        assert_eq!(alone(&package(None)), Some("p 1.0.0 declares no licence".to_owned()));
        let refused = "p 1.0.0: `GPL-3.0` is not on the allow list".to_owned();
        assert_eq!(alone(&package(Some("GPL-3.0"))), Some(refused));
    }

    #[test]
    fn an_optional_package_is_in_no_default_build_and_keeps_its_licence() {
        let umbral = |licence: &str| Package {
            name: "umbral-pre".to_owned(),
            version: "1.0.0".to_owned(),
            licence: Some(licence.to_owned()),
        };
        assert_eq!(alone(&umbral("GPL-3.0-only")), None);
        let everybody = BTreeSet::from(["umbral-pre".to_owned()]);
        let refused = finding(&umbral("GPL-3.0-only"), &everybody);
        assert!(refused.is_some_and(|finding| finding.contains("may only be optional")));
        assert!(alone(&umbral("AGPL-3.0-only")).is_some());
    }
}
