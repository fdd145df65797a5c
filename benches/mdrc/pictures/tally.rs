//! Scores of pairs, counted.

use cess_mdrc::Level;

use super::print::{Judged, METHODS, SKETCH, WORST};
use crate::trial::Recall;

/// What a method's scores say.
#[derive(Clone)]
pub(crate) struct Tally {
    /// Strangers with each score.
    strangers: Vec<u64>,
    /// Kin with each score, by the retouch.
    kin: Vec<Vec<u64>>,
}

impl Tally {
    pub(crate) fn new(retouches: usize) -> Self {
        let none = vec![0; WORST as usize + 1];
        Self { strangers: none.clone(), kin: vec![none; retouches] }
    }

    pub(crate) fn stranger(&mut self, score: u32) {
        self.strangers[score.min(WORST) as usize] += 1;
    }

    pub(crate) fn kin(&mut self, retouch: usize, score: u32) {
        self.kin[retouch][score.min(WORST) as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let add = |to: &mut Vec<u64>, from: &Vec<u64>| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        };
        add(&mut self.strangers, &other.strangers);
        self.kin.iter_mut().zip(&other.kin).for_each(|(to, from)| add(to, from));
    }

    pub(crate) fn all_strangers(&self) -> u64 {
        self.strangers.iter().sum()
    }

    /// Strangers at a score or under it.
    pub(crate) fn false_positives(&self, most: u32) -> u64 {
        self.strangers[..=most.min(WORST) as usize].iter().sum()
    }

    /// The largest score at which no more than this share of strangers are; nothing when even
    /// score 0 has more.
    pub(crate) fn threshold(&self, rate: f64) -> Option<u32> {
        let allowed = (self.all_strangers() as f64 * rate) as u64;
        (0..WORST).take_while(|score| self.false_positives(*score) <= allowed).last()
    }

    /// Found at a score or under it, and all: of one retouch or of all.
    pub(crate) fn found(&self, most: Option<u32>, retouch: Option<usize>) -> Recall {
        let sum = |counts: &[u64]| counts.iter().sum::<u64>() as usize;
        let of = self.kin.iter().enumerate().filter(|(at, _)| retouch.is_none_or(|of| of == *at));
        of.fold(Recall { found: 0, all: 0 }, |recall, (_, counts)| Recall {
            found: recall.found + most.map_or(0, |most| sum(&counts[..=most as usize])),
            all: recall.all + sum(counts),
        })
    }

    /// Recall in per cent at each rate of false positives that there are pairs enough for.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let rates = (0..=60).map(|step| 10f64.powf(f64::from(step) / 10.0 - 6.0));
        rates
            .filter(|rate| rate * self.all_strangers() as f64 >= 1.0)
            .map(|rate| (rate, self.found(self.threshold(rate), None).percent()))
            .collect()
    }
}

/// A pair of strangers: the sketch's score, and photo and retouch of both (0 for none).
pub(crate) type Pair = (u32, [usize; 2], [usize; 2]);

/// All that is counted of a set of photos.
#[derive(Clone)]
pub(crate) struct Count {
    /// Of each method.
    pub(crate) tallies: Vec<Tally>,
    /// Kin and strangers that match at the three levels.
    pub(crate) levels: [[u64; 3]; 2],
    /// The nearest strangers, of each two photos the nearest pair.
    pub(crate) nearest: Vec<Pair>,
}

/// Pairs of strangers that are named.
const NAMED: usize = 12;

impl Count {
    pub(crate) fn new(retouches: usize) -> Self {
        let tallies = vec![Tally::new(retouches); METHODS.len()];
        Self { tallies, levels: [[0; 3]; 2], nearest: Vec::new() }
    }

    pub(crate) fn kin(&mut self, retouch: usize, judged: &Judged) {
        let scores = self.tallies.iter_mut().zip(judged.scores);
        scores.for_each(|(tally, score)| tally.kin(retouch, score));
        reach(&mut self.levels[0], judged.level);
    }

    pub(crate) fn stranger(&mut self, judged: &Judged, photos: [usize; 2], retouches: [usize; 2]) {
        let scores = self.tallies.iter_mut().zip(judged.scores);
        scores.for_each(|(tally, score)| tally.stranger(score));
        reach(&mut self.levels[1], judged.level);
        let score = judged.scores[SKETCH];
        if self.nearest.len() < NAMED || score < self.nearest[NAMED - 1].0 {
            self.name((score, photos, retouches));
        }
    }

    fn name(&mut self, pair: Pair) {
        match self.nearest.iter_mut().find(|named| named.1 == pair.1) {
            Some(named) => *named = pair.min(*named),
            None => self.nearest.push(pair),
        }
        self.nearest.sort_unstable();
        self.nearest.truncate(NAMED);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.tallies.iter_mut().zip(&other.tallies).for_each(|(sum, tally)| sum.add(tally));
        let levels = self.levels.as_flattened_mut().iter_mut();
        levels.zip(other.levels.as_flattened()).for_each(|(sum, count)| *sum += count);
        other.nearest.iter().for_each(|pair| self.name(*pair));
    }
}

fn reach(levels: &mut [u64; 3], level: Option<Level>) {
    if let Some(level) = level {
        levels[..=level as usize].iter_mut().for_each(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_through_what_it_may() {
        let mut tally = Tally::new(2);
        (0..200).for_each(|score| tally.stranger(score));
        tally.kin(0, 1);
        tally.kin(0, 90);
        tally.kin(1, 2);
        assert_eq!(tally.threshold(0.01), Some(1));
        assert_eq!(tally.false_positives(1), 2);
        assert_eq!(tally.threshold(0.001), None);
        assert_eq!(tally.found(Some(2), None).found, 2);
        assert_eq!(tally.found(Some(2), Some(0)).all, 2);
        assert_eq!(tally.found(None, None).found, 0);
    }
}
