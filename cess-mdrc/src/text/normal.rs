//! Words of one spelling: case, width, accents and invisible characters make no difference.

use unicode_normalization::UnicodeNormalization;

/// Writes the letters and digits of `word` to `out`, folded; nothing remains of what has none.
///
/// NFKD, marks of the scripts where they are optional dropped, lower case, NFC again so that
/// Hangul and kana are whole.
pub(super) fn fold(word: &str, out: &mut String) {
    out.clear();
    if word.is_ascii() {
        let kept = word.bytes().filter(u8::is_ascii_alphanumeric);
        out.extend(kept.map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    let kept = word.nfkd().filter(|c| !is_optional(*c)).flat_map(char::to_lowercase);
    out.extend(kept.nfc().filter(|c| is_kept(*c)));
}

/// Marks that writers leave out at will: accents, Hebrew points, Arabic vowels and tatweel.
fn is_optional(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{8d3}'..='\u{8ff}')
}

/// Letters, digits and the marks that belong to them; not joiners, hyphens or apostrophes.
fn is_kept(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// Whether words of the character's script stand without spaces between them.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{1950}'..='\u{19df}' | '\u{1a20}'..='\u{1aaf}' | '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{a4cf}'
        | '\u{a980}'..='\u{a9df}' | '\u{aa60}'..='\u{aa7f}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether an unspaced script spells its words in letters, so that a passage needs more of them.
pub(super) fn is_spelled(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{1aaf}' | '\u{a980}'..='\u{aa7f}')
}

/// Whether a character is a syllable or more, so that two of them tell as much as four letters.
pub(super) fn is_dense(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{1200}'..='\u{139f}' | '\u{ac00}'..='\u{d7ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(word: &str) -> String {
        let mut out = String::from("old");
        fold(word, &mut out);
        out
    }

    #[test]
    fn spellings_of_a_word_fold_to_one() {
        for (one, other) in [
            ("Don't", "dont"),
            ("CAFÉ", "cafe"),
            ("cafe\u{301}", "café"),
            ("ｆｕｌｌ", "full"),
            ("soft\u{ad}hyphen\u{200b}", "softhyphen"),
            ("ﾊﾝｶｸ", "ハンカク"),
            ("ﷺ", "صلى الله عليه وسلم".replace(' ', "").as_str()),
            ("مُحَمَّد", "محمد"),
            ("أحمد", "احمد"),
            ("שָׁלוֹם", "שלום"),
            ("각", "각"),
            ("が", "か\u{3099}"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
            assert!(!folded(one).is_empty());
        }
    }

    #[test]
    fn what_distinguishes_words_stays() {
        for (one, other) in [("が", "か"), ("ที่", "ที"), ("cat", "cut"), ("कि", "की"), ("2", "3")]
        {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
        assert_eq!(folded("…'—"), "");
    }
}
