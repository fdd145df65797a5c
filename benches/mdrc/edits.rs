//! What people do to texts that are not theirs: the sixteen edits.

use cess_mdrc::Format;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// An edit, by its name in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    CasePunctuation,
    Drop10,
    Replace10,
    Replace20,
    Replace30,
    Swap10,
    Insert10,
    Typos2,
    Typos5,
    MiddleHalf,
    SentenceShuffle,
    Cut10,
    Cut30,
    Append25,
    HtmlPage,
    Utf16Rewrap,
}

pub(crate) const EDITS: [Edit; 16] = [
    Edit::CasePunctuation,
    Edit::Drop10,
    Edit::Replace10,
    Edit::Replace20,
    Edit::Replace30,
    Edit::Swap10,
    Edit::Insert10,
    Edit::Typos2,
    Edit::Typos5,
    Edit::MiddleHalf,
    Edit::SentenceShuffle,
    Edit::Cut10,
    Edit::Cut30,
    Edit::Append25,
    Edit::HtmlPage,
    Edit::Utf16Rewrap,
];

/// The file that came of an edit, and its text for what reads only plain text.
pub(crate) struct Edited {
    pub(crate) bytes: Vec<u8>,
    pub(crate) format: Format,
    pub(crate) text: String,
}

impl Edit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CasePunctuation => "case, punctuation",
            Self::Drop10 => "drop 10 % of words",
            Self::Replace10 => "replace 10 %",
            Self::Replace20 => "replace 20 %",
            Self::Replace30 => "replace 30 %",
            Self::Swap10 => "swap 10 %",
            Self::Insert10 => "insert 10 %",
            Self::Typos2 => "typos 2 % of letters",
            Self::Typos5 => "typos 5 % of letters",
            Self::MiddleHalf => "middle half",
            Self::SentenceShuffle => "sentence shuffle",
            Self::Cut10 => "cut 10 %",
            Self::Cut30 => "cut 30 %",
            Self::Append25 => "append 25 %",
            Self::HtmlPage => "HTML page",
            Self::Utf16Rewrap => "UTF-16, rewrapped",
        }
    }

    /// Edits `text`; foreign words come from `other`, which is in the same language.
    pub(crate) fn apply(self, text: &str, other: &str, seed: u64) -> Edited {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ (self as u64) << 32);
        let rng = &mut rng;
        let text = match self {
            Self::CasePunctuation => case_and_punctuation(text, rng),
            Self::Drop10 => {
                each_word(
                    text,
                    |word, _| if chance(rng, 0.1) { String::new() } else { word.to_owned() },
                )
            }
            Self::Replace10 => replace(text, other, 0.1, rng),
            Self::Replace20 => replace(text, other, 0.2, rng),
            Self::Replace30 => replace(text, other, 0.3, rng),
            Self::Swap10 => swap(text, 0.1, rng),
            Self::Insert10 => {
                let pool = pieces(other);
                each_word(text, |word, glue| {
                    if chance(rng, 0.1) {
                        let foreign = pool.choose(rng).map_or("", |piece| piece.word);
                        format!("{word}{}{foreign}", if glue.is_empty() { "" } else { " " })
                    } else {
                        word.to_owned()
                    }
                })
            }
            Self::Typos2 => typos(text, 0.02, rng),
            Self::Typos5 => typos(text, 0.05, rng),
            Self::MiddleHalf => {
                let words = pieces(text);
                join(&words[words.len() / 4..words.len() * 3 / 4])
            }
            Self::SentenceShuffle => {
                let ends = |c: char| matches!(c, '.' | '?' | '!' | '\n' | '。' | '？' | '！' | '؟');
                let mut sentences: Vec<&str> = text.split_inclusive(ends).collect();
                sentences.shuffle(rng);
                sentences.iter().map(|s| s.trim().to_owned() + " ").collect()
            }
            Self::Cut10 => cut(text, 10, rng),
            Self::Cut30 => cut(text, 30, rng),
            Self::Append25 => {
                let (own, more) = (pieces(text), pieces(other));
                let count = (own.len() / 4).min(more.len());
                format!("{text}\n{}", join(&more[..count]))
            }
            Self::HtmlPage | Self::Utf16Rewrap => text.to_owned(),
        };
        match self {
            Self::HtmlPage => {
                Edited { bytes: page(&text).into_bytes(), format: Format::Html, text }
            }
            Self::Utf16Rewrap => {
                let wrapped = rewrap(&text);
                let marked = format!("\u{feff}{wrapped}");
                let bytes = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
                Edited { bytes, format: Format::Plain, text: wrapped }
            }
            _ => Edited { bytes: text.clone().into_bytes(), format: Format::Plain, text },
        }
    }
}

fn chance(rng: &mut impl Rng, probability: f64) -> bool {
    rng.random_bool(probability)
}

/// A word and the space after it; one or two characters where a script has no spaces.
#[derive(Clone, Copy)]
struct Piece<'a> {
    word: &'a str,
    glue: &'a str,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let dense = |c: char| matches!(c, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if dense(first) {
            let most = if matches!(first, '\u{e00}'..='\u{eff}') { 4 } else { 2 };
            rest.char_indices()
                .enumerate()
                .find(|(i, (_, c))| *i == most || !dense(*c))
                .map_or(rest.len(), |(_, (at, _))| at)
        } else {
            rest.find(|c: char| c.is_whitespace() || dense(c)).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(end);
        let next = after.trim_start();
        let glue = if next.len() == after.len() {
            ""
        } else if after.starts_with('\n') {
            "\n"
        } else {
            " "
        };
        pieces.push(Piece { word, glue });
        rest = next;
    }
    pieces
}

fn join(pieces: &[Piece<'_>]) -> String {
    pieces.iter().flat_map(|piece| [piece.word, piece.glue]).collect()
}

fn each_word(text: &str, mut change: impl FnMut(&str, &str) -> String) -> String {
    pieces(text).iter().map(|piece| change(piece.word, piece.glue) + piece.glue).collect()
}

fn replace(text: &str, other: &str, share: f64, rng: &mut ChaCha8Rng) -> String {
    let pool = pieces(other);
    each_word(text, |word, _| {
        let foreign = if chance(rng, share) { pool.choose(rng) } else { None };
        foreign.map_or(word, |piece| piece.word).to_owned()
    })
}

fn swap(text: &str, share: f64, rng: &mut ChaCha8Rng) -> String {
    let mut words = pieces(text);
    for at in 1..words.len() {
        if chance(rng, share) {
            let (left, right) = (words[at - 1].word, words[at].word);
            (words[at - 1].word, words[at].word) = (right, left);
        }
    }
    join(&words)
}

fn case_and_punctuation(text: &str, rng: &mut ChaCha8Rng) -> String {
    let upper = chance(rng, 0.5);
    let kept = text.chars().filter(|c| {
        !c.is_ascii_punctuation()
            && !matches!(c, '、' | '。' | '，' | '；' | '：' | '،' | '؛' | '“' | '”' | '‘' | '’')
    });
    if upper {
        kept.flat_map(char::to_uppercase).collect()
    } else {
        kept.flat_map(char::to_lowercase).collect()
    }
}

/// Each letter is doubled, dropped, swapped with its neighbour or becomes another letter of the
/// text.
fn typos(text: &str, share: f64, rng: &mut ChaCha8Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let pool: Vec<char> = letters.iter().copied().filter(|c| c.is_alphabetic()).collect();
    let mut out = String::with_capacity(text.len());
    for at in 0..letters.len() {
        let c = letters[at];
        if !c.is_alphabetic() || !chance(rng, share) {
            out.push(c);
            continue;
        }
        match rng.random_range(0..4) {
            0 => out.extend([c, c]),
            1 => {}
            2 if letters.get(at + 1).is_some_and(|next| next.is_alphabetic()) => {
                letters.swap(at, at + 1);
                out.push(letters[at]);
            }
            _ => out.extend(pool.choose(rng)),
        }
    }
    out
}

/// Takes a stretch out at a place of chance.
fn cut(text: &str, percent: usize, rng: &mut ChaCha8Rng) -> String {
    let words = pieces(text);
    let gone = words.len() * percent / 100;
    let start = rng.random_range(0..=words.len() - gone);
    join(&words[..start]) + &join(&words[start + gone..])
}

fn page(text: &str) -> String {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>News</title>\n<style>p{margin:1em}</style>\
         <script>window.track = function (a) { return a < 3; };</script></head>\n<body><nav><a href=\"/\">Home</a> \
         <a href=\"/about\">About us</a></nav><article>\n",
    );
    for line in text.lines() {
        let line = line.replace('&', "&amp;").replace('<', "&lt;");
        page.push_str(&format!("<p class=\"body\">{line}</p>\n"));
    }
    page + "</article><footer>Copyright. All rights reserved.</footer></body></html>\n"
}

fn rewrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        column += 1;
        match c {
            '"' => out.push('”'),
            '\'' => out.push('’'),
            ' ' | '\n' if column > 60 => {
                out.push_str("\r\n");
                column = 0;
            }
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
