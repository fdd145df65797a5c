/// The numbers of the text method. [`Recipe::V1`] is the only one that certificates use; others
/// are for measuring what each part is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Letters of an n-gram.
    pub letters: usize,
    /// Weights of words, letters, pairs, triples.
    pub weights: [u32; 4],
    /// Stems of the language, or words as they are.
    pub stems: bool,
    /// Weights from the table, or all alike.
    pub table: bool,
    /// Words of a passage.
    pub passage_words: usize,
    /// Pairs of a passage.
    pub passage_pairs: usize,
    /// Terms of less rarity don't count for passages.
    pub passage_floor: u8,
    /// Classes that are sampled into the sketch, as bits.
    pub sampled: u8,
}

impl Recipe {
    /// What [`Method::Words`](crate::Method::Words) stands for.
    pub const V1: Self = Self {
        letters: 4,
        weights: [16, 8, 8, 8],
        stems: true,
        table: true,
        passage_words: 3,
        passage_pairs: 4,
        passage_floor: 1,
        sampled: 0b1111,
    };
}
