//! Pairs that belong together and pairs that don't, and what a method's scores make of them.

use std::fmt;

use crate::corpus::{Document, Set};
use crate::edits::{EDITS, Edited};
use cess_mdrc::Format;

/// Originals, and changed copies of them.
pub(crate) struct Trial {
    pub(crate) originals: Vec<Edited>,
    pub(crate) copies: Vec<Copy>,
}

pub(crate) struct Copy {
    pub(crate) original: usize,
    /// The document that foreign words came from: neither kin nor stranger.
    donor: Option<usize>,
    /// Which edit.
    pub(crate) edit: usize,
    pub(crate) file: Edited,
}

pub(crate) fn plain(text: &str) -> Edited {
    Edited { bytes: text.as_bytes().to_vec(), format: Format::Plain, text: text.to_owned() }
}

impl Trial {
    /// Every edit of every document of a set.
    pub(crate) fn edits(documents: &[Document], set: Set) -> Self {
        let texts: Vec<&str> =
            documents.iter().filter(|d| d.set == set).map(|d| d.text.as_str()).collect();
        let mut copies = Vec::new();
        for (original, text) in texts.iter().enumerate() {
            for (edit, kind) in EDITS.iter().enumerate() {
                let other = (original * 7 + 13 + edit) % texts.len();
                let donor = if other == original { (other + 1) % texts.len() } else { other };
                let file = kind.apply(text, texts[donor], original as u64);
                copies.push(Copy { original, donor: Some(donor), edit, file });
            }
        }
        Self { originals: texts.into_iter().map(plain).collect(), copies }
    }

    /// Pairs that belong together as they are.
    pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Self {
        let copy = |(original, (_, text)): (usize, &(&str, &str))| Copy {
            original,
            donor: None,
            edit: 0,
            file: plain(text),
        };
        Self {
            originals: pairs.iter().map(|(text, _)| plain(text)).collect(),
            copies: pairs.iter().enumerate().map(copy).collect(),
        }
    }

    /// Scores all pairs; a smaller score is closer.
    pub(crate) fn score<P>(
        &self,
        print: impl Fn(&Edited) -> P,
        score: impl Fn(&P, &P) -> f64,
    ) -> Scores {
        let originals: Vec<P> = self.originals.iter().map(&print).collect();
        let copies: Vec<P> = self.copies.iter().map(|copy| print(&copy.file)).collect();
        let mut scores = Scores::default();
        for (copy, printed) in self.copies.iter().zip(&copies) {
            for (at, original) in originals.iter().enumerate() {
                if at == copy.original {
                    scores.kin.push((copy.edit, score(printed, original)));
                } else if copy.donor != Some(at) {
                    scores.strangers.push(score(printed, original));
                }
            }
        }
        scores.strangers.sort_by(f64::total_cmp);
        scores
    }
}

#[derive(Default, Clone)]
pub(crate) struct Scores {
    pub(crate) kin: Vec<(usize, f64)>,
    /// Rising.
    pub(crate) strangers: Vec<f64>,
}

impl Scores {
    /// The score under which no more than this share of strangers are.
    pub(crate) fn threshold(&self, rate: f64) -> f64 {
        let allowed = (self.strangers.len() as f64 * rate) as usize;
        self.strangers.get(allowed).copied().unwrap_or(f64::INFINITY)
    }

    pub(crate) fn false_positives(&self, threshold: f64) -> usize {
        self.strangers.partition_point(|score| *score < threshold)
    }

    /// Recall in per cent at each rate of false positives that there are pairs enough for.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let rates = (0..=60).map(|step| 10f64.powf(f64::from(step) / 10.0 - 6.0));
        rates
            .filter(|rate| rate * self.strangers.len() as f64 >= 1.0)
            .map(|rate| (rate, self.found(self.threshold(rate), None).percent()))
            .collect()
    }

    /// Found and all, of one edit or of all.
    pub(crate) fn found(&self, threshold: f64, edit: Option<usize>) -> Recall {
        let of = self.kin.iter().filter(|(kind, _)| edit.is_none_or(|edit| edit == *kind));
        let (found, all) = of.fold((0, 0), |(found, all), (_, score)| {
            (found + usize::from(*score < threshold), all + 1)
        });
        Recall { found, all }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Recall {
    pub(crate) found: usize,
    pub(crate) all: usize,
}

impl Recall {
    pub(crate) fn percent(self) -> f64 {
        100.0 * self.found as f64 / self.all.max(1) as f64
    }

    /// Wilson's interval at 95 %, in per cent.
    pub(crate) fn interval(self) -> (f64, f64) {
        let (n, p, z) = (self.all.max(1) as f64, self.percent() / 100.0, 1.96f64);
        let middle = p + z * z / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 100.0 / (1.0 + z * z / n);
        ((middle - half).max(0.0) * scale, ((middle + half) * scale).min(100.0))
    }
}

/// As in the tables: per cent, and its interval.
impl fmt::Display for Recall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval();
        f.pad(&format!("{:.1} [{low:.1}, {high:.1}]", self.percent()))
    }
}

/// The highest rate at which so few of so many would still be seen in one of 40 runs: the upper
/// end of the exact Poisson interval at 95 %.
pub(crate) fn highest_rate(seen: usize, all: usize) -> f64 {
    let unlikely = |mean: f64| {
        let (mut term, mut sum) = ((-mean).exp(), 0.0);
        for k in 0..=seen {
            sum += term;
            term *= mean / (k + 1) as f64;
        }
        sum < 0.025
    };
    let (mut low, mut high) = (0.0, 10.0 + 3.0 * seen as f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if unlikely(middle) { high = middle } else { low = middle }
    }
    high / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_through_what_it_may() {
        let strangers = (0..1000).map(f64::from).collect();
        let scores = Scores { kin: vec![(0, 5.0), (0, 500.0), (1, 2.0)], strangers };
        let threshold = scores.threshold(0.01);
        assert_eq!(scores.false_positives(threshold), 10);
        assert_eq!(scores.found(threshold, None).found, 2);
        assert_eq!(scores.found(threshold, Some(1)).all, 1);
    }

    #[test]
    fn an_interval_holds_its_share() {
        let (low, high) = Recall { found: 90, all: 100 }.interval();
        assert!((low - 82.56).abs() < 0.05 && (high - 94.48).abs() < 0.05, "{low} {high}");
        assert!(Recall { found: 100, all: 100 }.interval().1 <= 100.0);
    }

    #[test]
    fn poisson_intervals_are_those_of_the_tables() {
        for (seen, upper) in [(0, 3.689), (1, 5.572), (5, 11.668), (10, 18.390)] {
            assert!((highest_rate(seen, 1) - upper).abs() < 1e-3, "{seen}");
        }
    }
}
