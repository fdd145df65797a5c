//! What content is, from its bytes alone.

use infer::MatcherType;

use crate::Kind;
use crate::encoding::{Encoding, encoding};

/// How content is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Bytes without a more exact format.
    Data,
    /// Text without markup.
    Plain,
    /// HTML, XHTML or other XML.
    Html,
    /// Markdown.
    Markdown,
    /// A still picture.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
}

impl Format {
    /// The kind that the format belongs to.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Data => Kind::Data,
            Self::Plain | Self::Html | Self::Markdown => Kind::Text,
            Self::Image => Kind::Image,
            Self::Audio => Kind::Audio,
            Self::Video => Kind::Video,
        }
    }
}

/// Bytes that are looked at.
const SNIFFED: usize = 64 << 10;

/// Guesses the format from the first 64 KiB.
///
/// Valid text without control characters is text, whatever else it could be: "BMW" begins like a
/// picture. Everything else goes by its magic numbers.
///
/// ```
/// use cess_mdrc::{Format, sniff};
///
/// assert_eq!(sniff(b"Just words."), Format::Plain);
/// assert_eq!(sniff(b"<!doctype html><p>Words"), Format::Html);
/// assert_eq!(sniff(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Format::Image);
/// assert_eq!(sniff(b"\x7fELF\x02\x01\x01\0"), Format::Data);
/// ```
#[must_use]
pub fn sniff(bytes: &[u8]) -> Format {
    let whole = bytes.len() <= SNIFFED;
    let bytes = &bytes[..bytes.len().min(SNIFFED)];
    if let Some(text) = readable(bytes, whole) {
        return text_format(&text);
    }
    match infer::get(bytes).map(|found| found.matcher_type()) {
        Some(MatcherType::Image) => Format::Image,
        Some(MatcherType::Audio) => Format::Audio,
        Some(MatcherType::Video) => Format::Video,
        _ => Format::Data,
    }
}

/// The text that the bytes are, if they are: UTF-8 or UTF-16 with hardly a control character.
fn readable(bytes: &[u8], whole: bool) -> Option<String> {
    let text = match encoding(bytes) {
        Encoding::Utf16 { mark, unit } => {
            let units = bytes[mark..].as_chunks::<2>().0.iter().map(|pair| unit(*pair));
            let read = char::decode_utf16(units);
            read.map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        Encoding::Utf8 { mark } => match std::str::from_utf8(&bytes[mark..]) {
            Ok(text) => text.to_owned(),
            // A character that the window cuts is no fault.
            Err(error) if !whole && error.error_len().is_none() => {
                String::from_utf8_lossy(&bytes[mark..][..error.valid_up_to()]).into_owned()
            }
            Err(_) => return None,
        },
    };
    let control = |c: &char| matches!(c, '\0'..='\x08' | '\x0e'..='\x1f' | '\x7f' | '\u{fffd}');
    let controls = text.chars().filter(control).count();
    (controls * 200 <= text.len() && !text.contains('\0')).then_some(text)
}

fn text_format(text: &str) -> Format {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if looks_like_html(text) {
        Format::Html
    } else if looks_like_markdown(text) {
        Format::Markdown
    } else {
        Format::Plain
    }
}

fn looks_like_html(text: &str) -> bool {
    let starts = |prefix: &str| {
        text.as_bytes()
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    if ["<!doctype html", "<html", "<head", "<body", "<?xml"].iter().any(|prefix| starts(prefix)) {
        return true;
    }
    // Closing tags of the elements that pages are made of.
    let closings = text.match_indices("</").filter(|(at, _)| {
        let name = &text.as_bytes()[at + 2..];
        ["a", "b", "div", "em", "h1", "h2", "h3", "i", "li", "p", "span", "strong", "td", "ul"]
            .iter()
            .any(|known| {
                let (start, rest) = name.split_at(known.len().min(name.len()));
                let ends = matches!(rest.first(), None | Some(b'>'));
                ends && start.eq_ignore_ascii_case(known.as_bytes())
            })
    });
    starts("<") && closings.take(2).count() == 2
}

/// Two different signs of Markdown, or one of the surer ones twice.
fn looks_like_markdown(text: &str) -> bool {
    let (mut headings, mut fences, mut links, mut items, mut emphasis) = (0, 0, 0, 0, 0);
    for line in text.lines() {
        let start = line.trim_start();
        let hashes = start.len() - start.trim_start_matches('#').len();
        headings += usize::from((1..=6).contains(&hashes) && start[hashes..].starts_with(' '));
        fences += usize::from(start.starts_with("```") || start.starts_with("~~~"));
        links += usize::from(line.contains("](") && line.contains('['));
        items += usize::from(start.starts_with("- ") || start.starts_with("* "));
        emphasis += usize::from(line.matches("**").count() >= 2);
    }
    let signs = [headings, fences / 2, links, items / 2, emphasis];
    signs.iter().filter(|count| **count > 0).count() >= 2 || headings >= 2 || links >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_data() {
        let words = "Words enough that nobody takes them for anything else.";
        assert_eq!(sniff(words.as_bytes()), Format::Plain);
        assert_eq!(sniff("漢字とかな".as_bytes()), Format::Plain);
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let plain: Vec<u8> = words.encode_utf16().flat_map(order).collect();
            assert_eq!(sniff(&plain), Format::Plain);
            let marked: Vec<u8> = "\u{feff}漢字".encode_utf16().flat_map(order).collect();
            assert_eq!(sniff(&marked), Format::Plain);
        }
        assert_eq!(sniff(b"BMW and GIF are names, ID3 too"), Format::Plain);
        assert_eq!(sniff(b""), Format::Plain);
        assert_eq!(sniff(b"text and \0 a zero"), Format::Data);
        assert_eq!(sniff(b"latin 1: caf\xe9"), Format::Data);
        assert_eq!(sniff(b"\x01\x02\x03\x04"), Format::Data);
        assert_eq!(sniff(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"), Format::Data);
    }

    #[test]
    fn a_character_across_the_window_is_no_fault() {
        let long = "é".repeat(SNIFFED);
        assert_eq!(sniff(long.as_bytes()), Format::Plain);
        assert_eq!(sniff(format!("a{long}").as_bytes()), Format::Plain);
        assert_eq!(sniff(&long.as_bytes()[..SNIFFED - 1]), Format::Data, "cut by its owner");
    }

    #[test]
    fn markup_is_told_from_plain_text() {
        for html in [
            "<!DOCTYPE HTML>\n<title>x",
            "  <html lang=en>",
            "<?xml version='1.0'?><a/>",
            "<p>one</p><p>two</p>",
            "<div><b>one</b> two</div>",
        ] {
            assert_eq!(sniff(html.as_bytes()), Format::Html, "{html}");
        }
        for markdown in ["# One\n\ntext\n\n## Two\n", "- a\n- b\n\n[x](y)\n", "**b** and\n\n# h\n"]
        {
            assert_eq!(sniff(markdown.as_bytes()), Format::Markdown, "{markdown}");
        }
        for plain in
            ["a < b, c </ d > e", "<3 is a heart", "# a comment\nset x\n", "- one\n- two\n"]
        {
            assert_eq!(sniff(plain.as_bytes()), Format::Plain, "{plain}");
        }
    }

    #[test]
    fn media_go_by_their_magic_numbers() {
        assert_eq!(sniff(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Format::Image);
        assert_eq!(sniff(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0"), Format::Audio);
        assert_eq!(sniff(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), Format::Video);
    }
}
