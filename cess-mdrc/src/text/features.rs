//! From text to counted features.

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::language::Stemmer;
use super::normal::{fold, is_dense, is_spelled, is_unspaced};
use super::recipe::Recipe;
use super::tally::Tally;
use super::weights;

/// What a feature is; its number stands in the lowest three bits of the feature's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// A word, stemmed.
    Word = 0,
    /// Letters of a word that has spaces around it.
    Letters = 1,
    /// Two neighbouring characters of a script without spaces.
    Pair = 2,
    /// Three of them.
    Triple = 3,
}

const CLASSES: [Class; 4] = [Class::Word, Class::Letters, Class::Pair, Class::Triple];
/// The seed of a passage's hash: no class, passages are in the sketch only.
const PASSAGE: u64 = 7;

impl Class {
    pub(super) fn of(feature: u64) -> Self {
        CLASSES[(feature & 3) as usize]
    }

    fn hash(self, bytes: &[u8]) -> u64 {
        xxh3_64_with_seed(bytes, self as u64) & !7 | self as u64
    }
}

/// Bytes of a run that are kept before its beginning is dropped.
const MAX_RUN: usize = 4096;

/// A longer run of letters is no word of a language, and taken in pieces of so many bytes: folding
/// can make eleven of one.
const MAX_WORD: usize = 1024;

/// The length of the next piece of a word.
fn piece(word: &str) -> usize {
    if word.len() <= MAX_WORD {
        return word.len();
    }
    (1..=MAX_WORD).rev().find(|at| word.is_char_boundary(*at)).unwrap_or(word.len())
}

/// What a text is made of.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// Rising by hash, with their counts.
    pub(super) terms: Vec<(u64, u32)>,
    /// Ranks of runs of neighbouring words, with repetitions.
    pub(super) passages: Vec<u32>,
    /// Bytes of the folded words.
    pub(super) bytes: u64,
}

/// Collects features in one pass over the words.
pub(super) struct Collector<'a> {
    recipe: &'a Recipe,
    stemmer: Stemmer,
    terms: Tally,
    passages: Vec<u32>,
    /// Hashes of the last terms, newest last; 0 where there is none.
    recent: [u64; 8],
    /// The neighbouring characters of a script without spaces.
    run: String,
    /// Where the last three of them begin.
    starts: [usize; 3],
    clusters: usize,
    folded: String,
    padded: String,
    bytes: u64,
}

impl<'a> Collector<'a> {
    pub(super) fn new(recipe: &'a Recipe, stemmer: Stemmer) -> Self {
        Self {
            recipe,
            stemmer,
            terms: Tally::default(),
            passages: Vec::new(),
            recent: [0; 8],
            run: String::new(),
            starts: [0; 3],
            clusters: 0,
            folded: String::new(),
            padded: String::new(),
            bytes: 0,
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        for mut word in text.unicode_words() {
            while !word.is_empty() {
                let (piece, rest) = word.split_at(piece(word));
                let mut folded = std::mem::take(&mut self.folded);
                fold(piece, &mut folded);
                self.word(&folded);
                self.folded = folded;
                word = rest;
            }
        }
    }

    pub(super) fn finish(self) -> Features {
        Features { terms: self.terms.finish(), passages: self.passages, bytes: self.bytes }
    }

    fn word(&mut self, word: &str) {
        let Some(first) = word.chars().next() else { return };
        self.bytes += word.len() as u64;
        if is_unspaced(first) {
            let mut rest = word;
            while let Some((end, _)) =
                rest.char_indices().skip(1).find(|(_, c)| !is_combining_mark(*c))
            {
                self.cluster(&rest[..end]);
                rest = &rest[end..];
            }
            self.cluster(rest);
            return;
        }
        self.run.clear();
        self.clusters = 0;
        let hash = self.stemmer.stem(word, |stem| Class::Word.hash(stem.as_bytes()));
        self.terms.push(hash);
        self.passage(hash, self.recipe.passage_words, 1);
        self.letters(word, if is_dense(first) { 2 } else { self.recipe.letters });
    }

    /// The n-grams of the word between two marks, so that beginnings and ends are told apart.
    fn letters(&mut self, word: &str, n: usize) {
        let mut padded = std::mem::take(&mut self.padded);
        padded.clear();
        padded.push(' ');
        padded.push_str(word);
        padded.push(' ');
        if padded.is_ascii() {
            for gram in padded.as_bytes().windows(n) {
                self.terms.push(Class::Letters.hash(gram));
            }
        } else {
            let starts: Vec<usize> =
                padded.char_indices().map(|(at, _)| at).chain([padded.len()]).collect();
            for ends in starts.windows(n + 1) {
                self.terms.push(Class::Letters.hash(&padded.as_bytes()[ends[0]..ends[n]]));
            }
        }
        self.padded = padded;
    }

    /// The next character of a script without spaces, with its marks.
    fn cluster(&mut self, cluster: &str) {
        if self.run.len() > MAX_RUN {
            self.run.drain(..self.starts[0]);
            let first = self.starts[0];
            self.starts.iter_mut().for_each(|start| *start -= first);
        }
        self.starts.rotate_left(1);
        self.starts[2] = self.run.len();
        self.run.push_str(cluster);
        self.clusters = (self.clusters + 1).min(3);
        if self.clusters >= 2 {
            let pair = Class::Pair.hash(&self.run.as_bytes()[self.starts[1]..]);
            self.terms.push(pair);
            let stride = if cluster.chars().next().is_some_and(is_spelled) { 2 } else { 1 };
            self.passage(pair, self.recipe.passage_pairs, stride);
        }
        if self.clusters == 3 {
            self.terms.push(Class::Triple.hash(&self.run.as_bytes()[self.starts[0]..]));
        }
    }

    /// Ends a passage at this term: every `stride`th term back from it, `length` of them.
    fn passage(&mut self, hash: u64, length: usize, stride: usize) {
        if weights::rarity(hash) < self.recipe.passage_floor {
            return;
        }
        self.recent.rotate_left(1);
        self.recent[7] = hash;
        let mut bytes = [0; 32];
        let terms = self.recent.iter().rev().step_by(stride).take(length);
        for (slot, hash) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(terms) {
            if *hash == 0 {
                return;
            }
            *slot = hash.to_le_bytes();
        }
        self.passages.push((xxh3_64_with_seed(&bytes, PASSAGE) >> 32) as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_without_end_is_taken_in_pieces_between_characters() {
        assert_eq!([piece("a"), piece(&"a".repeat(MAX_WORD))], [1, MAX_WORD]);
        assert_eq!(piece(&"a".repeat(MAX_WORD + 1)), MAX_WORD);
        assert_eq!(piece(&"€".repeat(MAX_WORD)), MAX_WORD - 1);
        let mut collector = Collector::new(&Recipe::V1, Stemmer::new(None));
        collector.text(&"\u{fdfa}".repeat(100_000));
        assert!(collector.folded.capacity() < 64 * MAX_WORD);
        assert!(collector.finish().terms.len() < 100);
    }
}
