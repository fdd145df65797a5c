//! As much of Rust's syntax as the checks need.

/// The contents of the string, byte string and raw string literals of `source`, as written;
/// nothing from comments.
pub(crate) fn string_literals(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut literals = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => i = find(&chars, i, &['\n']),
            ('/', '*') => i = after_block_comment(&chars, i),
            ('\'', '\\') => i = find(&chars, i + 3, &['\'']) + 1,
            ('\'', _) if at(i + 2) == '\'' => i += 3,
            ('r', '"' | '#') if i == 0 || !is_word(at(i - 1)) || starts_bytes(&chars, i - 1) => {
                let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
                let start = i + 2 + hashes;
                if at(start - 1) != '"' {
                    i += 1;
                    continue;
                }
                let mut close = vec!['"'];
                close.resize(1 + hashes, '#');
                let end = find(&chars, start, &close);
                literals.push(chars[start.min(end)..end].iter().collect());
                i = end + close.len();
            }
            ('"', _) => {
                let start = i + 1;
                i = start;
                while i < chars.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                let end = i.min(chars.len());
                literals.push(chars[start..end].iter().collect());
                i += 1;
            }
            _ => i += 1,
        }
    }
    literals
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the prefix of a byte or C string, and no longer word, ends at `index`.
fn starts_bytes(chars: &[char], index: usize) -> bool {
    matches!(chars[index], 'b' | 'c') && (index == 0 || !is_word(chars[index - 1]))
}

fn find(chars: &[char], from: usize, what: &[char]) -> usize {
    let from = from.min(chars.len());
    chars[from..].windows(what.len()).position(|w| w == what).map_or(chars.len(), |at| from + at)
}

fn after_block_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut i) = (0_usize, from);
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

/// `source`, formatted by rustfmt, without its top-level `#[cfg(test)]` items.
pub(crate) fn without_tests(source: &str) -> String {
    let mut kept = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        for line in lines.by_ref() {
            if line == "}" || line.ends_with(';') && !line.starts_with(' ') {
                break;
            }
        }
    }
    kept
}

/// Whether `path`, relative to its crate, holds tests and nothing else.
pub(crate) fn is_tests(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_kind_of_literal() {
        let source =
            r##"const A: &str = "a\"b"; const B: &[u8] = b"c"; f(r"d", r#"e"e"#, br"f", "");"##;
        assert_eq!(string_literals(source), ["a\\\"b", "c", "d", "e\"e", "f", ""]);
    }

    #[test]
    fn skips_comments_chars_and_lifetimes() {
        let source =
            "// \"no\"\n/* \"no\" /* \"no\" */ \"no\" */ fn f<'a>(x: &'a str) -> char { '\"' }
            let (q, r#type, bar) = ('\\'', '\\u{22}', \"yes\");";
        assert_eq!(string_literals(source), ["yes"]);
    }

    #[test]
    fn survives_what_is_not_closed() {
        for source in ["\"open", "\"open\\", "r#\"open\"", "/* open", "'\\", "r#", "r", "'"] {
            assert!(string_literals(source).len() <= 1, "{source}");
        }
    }

    #[test]
    fn drops_test_items_and_keeps_what_follows() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n\
                      #[cfg(test)]\nmod tests;\nfn d() {}\n";
        assert_eq!(without_tests(source), "fn a() {}\nfn c() {}\nfn d() {}\n");
    }

    #[test]
    fn knows_files_of_tests() {
        assert!(["tests/a.rs", "src/a/tests.rs", "src/tests/b.rs"].iter().all(|p| is_tests(p)));
        assert!(!["src/a.rs", "src/testkit.rs"].iter().any(|p| is_tests(p)));
    }
}
