//! What a reader sees of HTML and Markdown.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The text of an HTML page: tags, comments, scripts and styles left out, references resolved.
pub(super) fn html(source: &str) -> String {
    let mut text = String::with_capacity(source.len() / 2);
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut hidden: Option<Vec<u8>> = None;
    for token in Tokenizer::new_with_emitter(source, emitter) {
        // Reading from memory has no errors.
        let Ok(token) = token;
        match token {
            Token::String(part) if hidden.is_none() => {
                text.push_str(&String::from_utf8_lossy(&part));
            }
            Token::StartTag(tag) => {
                let name: &[u8] = &tag.name;
                if hidden.is_none() {
                    if is_hidden(name) && !tag.self_closing {
                        hidden = Some(name.to_vec());
                    }
                    separate(name, &mut text);
                }
            }
            Token::EndTag(tag) => {
                let name: &[u8] = &tag.name;
                if hidden.as_deref() == Some(name) {
                    hidden = None;
                }
                separate(name, &mut text);
            }
            _ => {}
        }
    }
    text
}

fn is_hidden(name: &[u8]) -> bool {
    matches!(name, b"script" | b"style" | b"template" | b"noscript" | b"svg" | b"math")
}

/// Elements within a line don't part words.
fn separate(name: &[u8], text: &mut String) {
    let inline: &[&[u8]] = &[
        b"a", b"abbr", b"b", b"bdi", b"bdo", b"big", b"cite", b"code", b"del", b"dfn", b"em",
        b"font", b"i", b"ins", b"kbd", b"mark", b"q", b"s", b"samp", b"small", b"span", b"strong",
        b"sub", b"sup", b"tt", b"u", b"var", b"wbr",
    ];
    if !inline.contains(&name) {
        text.push('\n');
    }
}

/// Bytes of Markdown that are parsed at once: a parser's tree takes up to 130 times its source.
const STRETCH: usize = 256 << 10;

/// The text of a Markdown document: addresses, marks and front matter left out, HTML as above.
pub(super) fn markdown(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while !rest.is_empty() {
        let (stretch, after) = rest.split_at(stretch(rest));
        read_markdown(stretch, &mut text);
        rest = after;
    }
    text
}

/// The length of the next stretch: to the last empty line, or line, or character that fits.
fn stretch(source: &str) -> usize {
    if source.len() <= STRETCH {
        return source.len();
    }
    let end = (0..=STRETCH).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(STRETCH);
    let fits = &source[..end];
    let line = || fits.rfind('\n').map(|at| at + 1);
    fits.rfind("\n\n").map(|at| at + 2).or_else(line).unwrap_or(end)
}

fn read_markdown(source: &str, text: &mut String) {
    let mut embedded = String::new();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut metadata = false;
    for event in Parser::new_ext(source, options) {
        if !embedded.is_empty() && !matches!(event, Event::Html(_) | Event::InlineHtml(_)) {
            text.push_str(&html(&embedded));
            embedded.clear();
        }
        match event {
            Event::Start(Tag::MetadataBlock(_)) => metadata = true,
            Event::End(TagEnd::MetadataBlock(_)) => metadata = false,
            Event::Text(part) | Event::Code(part) if !metadata => text.push_str(&part),
            Event::Html(part) => embedded.push_str(&part),
            Event::InlineHtml(part) => text.push_str(&html(&part)),
            Event::SoftBreak | Event::HardBreak | Event::Rule => text.push('\n'),
            Event::End(
                TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link,
            ) => {}
            Event::End(_) => text.push('\n'),
            _ => {}
        }
    }
    text.push_str(&html(&embedded));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn html_leaves_what_a_reader_sees() {
        let page = "<!DOCTYPE html><html><head><title>A title</title><style>p { x: y }</style>\
            <script>if (a < b) { document.write('<p>no</p>') }</script></head><body><!-- no -->\
            <p class=\"no\">caf&eacute; &amp; t<b>e</b>a</p><p>two<br>three</p>\
            <svg><text>no</text></svg><table><tr><td>four<td>five</table></body>";
        assert_eq!(
            words(&html(page)),
            ["A", "title", "café", "&", "tea", "two", "three", "four", "five"]
        );
    }

    #[test]
    fn html_that_is_broken_is_read_as_far_as_it_goes() {
        assert_eq!(words(&html("a <b c=\"d <p> e")), ["a"]);
        assert_eq!(words(&html("</script>a<script>b")), ["a"]);
        assert_eq!(
            words(&html("&#xd800; &#0; &unknown; <")),
            ["\u{fffd}", "\u{fffd}", "&unknown;", "<"]
        );
    }

    #[test]
    fn long_markdown_is_read_in_stretches_that_lose_nothing() {
        let paragraph = "One *two* [three](http://no.example) `four`\n\n";
        let long = paragraph.repeat(3 * STRETCH / paragraph.len());
        let expected = ["One", "two", "three", "four"].repeat(3 * STRETCH / paragraph.len());
        assert_eq!(words(&markdown(&long)), expected);
        let unbroken = "é".repeat(STRETCH);
        assert_eq!(stretch(&unbroken), STRETCH);
        assert_eq!(stretch(&format!("a{unbroken}")), STRETCH - 1);
        assert_eq!(stretch(&format!("a\nb\n{unbroken}")), 4);
        assert_eq!(stretch(&format!("a\n\nb\n{unbroken}")), 3);
        assert_eq!(markdown(&unbroken).replace('\n', ""), unbroken);
    }

    #[test]
    fn markdown_leaves_what_a_reader_sees() {
        let page = "---\ntitle: no\n---\n# One *two*\n\n- [thr**ee**](http://no.example/no \"no\")\n- \
            `four`\n\n| five | six |\n|---|---|\n| seven | eight |\n\n<p class=no>nine</p>\n\n\
            ```rust\nten\n```\n\n> a<br>b\n";
        assert_eq!(
            words(&markdown(page)),
            [
                "One", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "a",
                "b"
            ]
        );
    }
}
