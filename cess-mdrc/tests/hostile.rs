//! Text that was written to cost a reader as much as it can: it has a fingerprint or a typed error,
//! in time and memory that follow its length.
#![cfg(feature = "text")]

use cess_mdrc::{Error, Fingerprint, Format, data, text};

const LEN: usize = 1 << 18;
const FORMATS: [Format; 3] = [Format::Plain, Format::Html, Format::Markdown];

/// Openings that nothing closes, nesting without end, references, tables, entities, marks.
const REPEATED: &[&str] = &[
    "[",
    "![",
    "[a](",
    "[a][",
    "[^1]: ",
    "(",
    ">",
    "> ",
    "- ",
    "1. ",
    "* ",
    "*a _b",
    "*_",
    "**a ",
    "~~a ",
    "`",
    "<",
    "<div>",
    "</div>",
    "<a b=",
    "<!--",
    "<![CDATA[",
    "<?",
    "<script>",
    "</script",
    "<http://a",
    "&",
    "&amp",
    "&#x",
    "&#9",
    "\\",
    "| a ",
    "|a|b|\n|-|-|\n",
    "---\n",
    "[a]: b\n",
    "a'",
    "a",
    "\u{301}",
    "\u{e31}",
    "\u{fdfa}",
    "\u{1f1e6}",
    "👨\u{200d}",
    "\u{3042}",
    "\u{1100}",
];

fn rising(mark: &str) -> String {
    (1usize..)
        .map(|i| mark.repeat(i % 2000) + " a\n")
        .flat_map(|line| line.into_bytes())
        .take(LEN)
        .map(char::from)
        .collect()
}

#[test]
fn repetition_and_nesting_end_in_a_fingerprint_that_abstains() {
    let table = ["|a", "|-", "|b"].map(|cell| cell.repeat(LEN / 8)).join("\n");
    let attributes: String = (0..LEN / 10).map(|i| format!("b{i}=c ")).collect();
    let mut texts: Vec<String> =
        REPEATED.iter().map(|mark| mark.repeat(LEN / mark.len())).collect();
    texts.extend([rising(">"), rising("`"), rising(" "), rising("#"), rising("*")]);
    texts.extend([table, format!("<a {attributes}>"), format!("[a]({}", "(".repeat(LEN))]);
    for text in &texts {
        for format in FORMATS {
            let fingerprint = text::fingerprint(text.as_bytes(), format).unwrap();
            let beginning: String = text.chars().take(12).collect();
            assert!(
                fingerprint.certificate().abstains() || text.starts_with("<a b0"),
                "{beginning:?} as {format:?}"
            );
        }
    }
    // A tree of the longest of these took two gigabytes when it was parsed at once.
    let long = "[".repeat(text::MAX_LEN);
    assert!(text::fingerprint(long.as_bytes(), Format::Markdown).is_ok());
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().split(' ').next()?.parse::<u64>().ok());
        assert!(peak.is_none_or(|kib| kib < 600 << 10), "{peak:?} KiB at the peak");
    }
}

#[test]
fn a_text_of_more_than_the_limit_is_refused() {
    let longest = "a ".repeat(text::MAX_LEN / 2);
    assert!(text::fingerprint(longest.as_bytes(), Format::Plain).is_ok());
    let longer = longest + " ";
    let too_long = Err(Error::TooLong { max: 16 << 20 });
    assert_eq!(Fingerprint::of(longer.as_bytes()).map(|_| ()), too_long);
    for format in FORMATS {
        assert_eq!(text::fingerprint(longer.as_bytes(), format).map(|_| ()), too_long);
    }
}

/// Gives bytes for as long as it is asked, as a decompressor of a bomb does.
struct Endless(u64);

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.0).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..most].fill(b'0');
        self.0 -= most as u64;
        Ok(most)
    }
}

#[test]
fn a_reader_of_much_more_than_memory_is_read_in_constant_memory() {
    let fingerprint = data::read(Endless(1 << 30)).unwrap();
    assert!(fingerprint.certificate().abstains());
    assert!(fingerprint.sketch().samples()[0].ranks().len() <= 2);
}
