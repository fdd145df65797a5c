//! Which language it is, and its stems.

use waken_snowball::Algorithm;
use whatlang::Lang;

/// Text that the language is judged by, in bytes: three windows of a third each.
const JUDGED: usize = 6144;

/// The language that most of the text is in, when that is clear.
pub(super) fn detect(text: &str) -> Option<Lang> {
    if text.len() <= JUDGED {
        return reliable(text);
    }
    let third = JUDGED / 3;
    let mut sample = String::with_capacity(JUDGED + 16);
    for start in [0, (text.len() - third) / 2, text.len() - third] {
        // Characters that the window cuts are left out.
        let window = String::from_utf8_lossy(&text.as_bytes()[start..start + third]);
        sample.push_str(window.trim_matches(char::REPLACEMENT_CHARACTER));
        sample.push(' ');
    }
    reliable(&sample)
}

fn reliable(sample: &str) -> Option<Lang> {
    whatlang::detect(sample).filter(whatlang::Info::is_reliable).map(|info| info.lang())
}

/// The Snowball stemmer of a language.
fn algorithm(language: Lang) -> Option<Algorithm> {
    Some(match language {
        Lang::Ara => Algorithm::Arabic,
        Lang::Hye => Algorithm::Armenian,
        Lang::Cat => Algorithm::Catalan,
        Lang::Dan => Algorithm::Danish,
        Lang::Nld => Algorithm::Dutch,
        Lang::Eng => Algorithm::English,
        Lang::Epo => Algorithm::Esperanto,
        Lang::Est => Algorithm::Estonian,
        Lang::Fin => Algorithm::Finnish,
        Lang::Fra => Algorithm::French,
        Lang::Deu => Algorithm::German,
        Lang::Ell => Algorithm::Greek,
        Lang::Hin => Algorithm::Hindi,
        Lang::Hun => Algorithm::Hungarian,
        Lang::Ind => Algorithm::Indonesian,
        Lang::Ita => Algorithm::Italian,
        Lang::Lit => Algorithm::Lithuanian,
        Lang::Nep => Algorithm::Nepali,
        Lang::Nob => Algorithm::Norwegian,
        Lang::Por => Algorithm::Portuguese,
        Lang::Ron => Algorithm::Romanian,
        Lang::Rus => Algorithm::Russian,
        Lang::Srp => Algorithm::Serbian,
        Lang::Spa => Algorithm::Spanish,
        Lang::Swe => Algorithm::Swedish,
        Lang::Tam => Algorithm::Tamil,
        Lang::Tur => Algorithm::Turkish,
        Lang::Yid => Algorithm::Yiddish,
        _ => return None,
    })
}

/// Words of more bytes than this are no words, and stay as they are.
const MAX_WORD: usize = 64;
const CACHE: usize = 1 << 12;

/// Stems words and remembers what became of the frequent ones.
#[derive(Debug)]
pub(super) struct Stemmer {
    algorithm: Option<Algorithm>,
    /// By the lowest bits of the word's hash: that hash, and the stem's.
    cache: Vec<(u64, u64)>,
}

impl Stemmer {
    pub(super) fn new(language: Option<Lang>) -> Self {
        Self { algorithm: language.and_then(algorithm), cache: vec![(0, 0); CACHE] }
    }

    /// The hash of the word's stem.
    pub(super) fn stem(&mut self, word: &str, hash: impl Fn(&str) -> u64) -> u64 {
        let key = hash(word);
        let Some(algorithm) = self.algorithm.filter(|_| word.len() <= MAX_WORD) else {
            return key;
        };
        let slot = &mut self.cache[(key >> 8) as usize % CACHE];
        if slot.0 != key {
            *slot = (key, hash(&waken_snowball::stem(algorithm, word)));
        }
        slot.1
    }
}
