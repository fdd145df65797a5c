//! Recalls, false positives, and where excerpts were found.

use super::make::{CHANGES, EXCERPT_MS, IN_TABLES};
use super::print::{METHODS, Pair, QUARTER};
use super::{Family, RATE, write};
use crate::chart;
use crate::pictures::in_parallel;
use crate::pictures::tally::Tally;

/// Clips of different tracks, of one track (often of one theme), of one speaker.
const KINDS: [&str; 3] = ["different tracks", "one track", "one speaker"];

/// What the comparisons came to.
#[derive(Clone)]
struct Counts {
    /// By method: with the 24 of the tables alone, and with all; strangers are in the second.
    tallies: Vec<[Tally; 2]>,
    /// By level: those of the 24 that are found, and of all.
    found: [[usize; 2]; 3],
    /// By kind of pair and level: those that match; and all.
    wrong: [[usize; 3]; 3],
    pairs: [usize; 3],
    /// By change: places that are right, verdicts that say excerpt.
    places: Vec<[usize; 2]>,
}

impl Counts {
    fn new() -> Self {
        let tallies = || [Tally::new(IN_TABLES), Tally::new(CHANGES.len())];
        Self {
            tallies: METHODS.map(|_| tallies()).to_vec(),
            found: [[0; 2]; 3],
            wrong: [[0; 3]; 3],
            pairs: [0; 3],
            places: vec![[0; 2]; CHANGES.len()],
        }
    }

    fn kin(&mut self, change: usize, pair: &Pair) {
        let within = change < IN_TABLES;
        for ([few, all], score) in self.tallies.iter_mut().zip(pair.scores) {
            all.kin(change, score);
            if within {
                few.kin(change, score);
            }
        }
        for (found, related) in self.found.iter_mut().zip(pair.related) {
            found[0] += usize::from(related && within);
            found[1] += usize::from(related);
        }
        let near = pair.offset_ms.is_some_and(|offset| (offset - EXCERPT_MS).abs() <= 500);
        self.places[change][0] += usize::from(near);
        self.places[change][1] += usize::from(pair.excerpt);
    }

    fn stranger(&mut self, kind: usize, pair: &Pair) {
        self.pairs[kind] += 1;
        for (wrong, related) in self.wrong[kind].iter_mut().zip(pair.related) {
            *wrong += usize::from(related);
        }
        // One track is no stranger to itself; one speaker says other words.
        if kind != 1 {
            self.tallies.iter_mut().zip(pair.scores).for_each(|([_, all], s)| all.stranger(s));
        }
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.tallies.iter_mut().zip(&other.tallies) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| mine.add(theirs));
        }
        let sums = self.found.iter_mut().flatten().zip(other.found.iter().flatten());
        sums.for_each(|(sum, n)| *sum += n);
        let sums = self.wrong.iter_mut().flatten().zip(other.wrong.iter().flatten());
        sums.for_each(|(sum, n)| *sum += n);
        self.pairs.iter_mut().zip(other.pairs).for_each(|(sum, n)| *sum += n);
        let sums = self.places.iter_mut().flatten().zip(other.places.iter().flatten());
        sums.for_each(|(sum, n)| *sum += n);
    }
}

fn count(families: &[Family]) -> Result<Counts, String> {
    let parts = in_parallel(families, |at, family| {
        let mut counts = Counts::new();
        let [original, copies @ ..] = &family.prints[..] else { return Ok(counts) };
        for (change, copy) in copies.iter().enumerate() {
            // The copy first: where it begins in the original.
            counts.kin(change, &Pair::of(copy, original));
        }
        for (_, other) in families.iter().enumerate().filter(|(number, _)| *number != at) {
            let kind = if family.clip.track == other.clip.track {
                1
            } else if family.clip.speech && other.clip.speech {
                2
            } else {
                0
            };
            for print in &other.prints {
                counts.stranger(kind, &Pair::of(original, print));
            }
        }
        Ok(counts)
    })?;
    let mut sum = Counts::new();
    parts.iter().for_each(|counts| sum.add(counts));
    Ok(sum)
}

pub(crate) fn all(families: &[Family]) -> Result<(), String> {
    let counts = count(families)?;
    let strangers = counts.tallies[0][1].all_strangers();
    println!(
        "\nRecall in % with 95 % intervals at FPR {RATE} among {strangers} pairs: of the 24, and of all {}",
        CHANGES.len()
    );
    for (name, [few, all]) in METHODS.iter().zip(&counts.tallies) {
        let threshold = all.threshold(RATE);
        let at = threshold.map_or("-".to_owned(), |threshold| threshold.to_string());
        let [few, all] = [few, all].map(|tally| {
            let recall = tally.found(threshold, None);
            let (low, high) = recall.interval();
            format!("{:5.1} [{low:.1}, {high:.1}]", recall.percent())
        });
        println!("{name:14} {few}   {all}   at {at}");
    }
    each(&counts)?;
    let [few, all] = &counts.tallies[3];
    println!(
        "\nChromaprint at a bit error rate of 0.25: {:.1} % of the 24, {} strangers",
        few.found(Some(QUARTER), None).percent(),
        all.false_positives(QUARTER)
    );
    for most in [4, 10] {
        let [few, all] = &counts.tallies[4];
        let recall = few.found(Some(most), None).percent();
        println!(
            "ISCC-64 <= {most}: {recall:.1} % of the 24, {} strangers",
            all.false_positives(most)
        );
    }
    verdicts(&counts, families);
    for ((name, _), [near, excerpts]) in CHANGES.iter().zip(&counts.places) {
        if name.starts_with("excerpt") {
            let all = families.len();
            println!(
                "{name}: {near} of {all} within half a second of their place, {excerpts} called excerpts"
            );
        }
    }
    Ok(())
}

fn each(counts: &Counts) -> Result<(), String> {
    println!("\nRecall in % of each change at FPR {RATE}, with Wilson's 95 % intervals");
    let names: String = METHODS.iter().map(|name| format!("{name:>18}")).collect();
    println!("{:34}{names}", "");
    let mut rows: Vec<(&str, Vec<f64>)> = METHODS.map(|name| (name, Vec::new())).to_vec();
    for (at, (name, _)) in CHANGES.iter().enumerate() {
        let mut line = String::new();
        for ((_, row), [_, tally]) in rows.iter_mut().zip(&counts.tallies) {
            let recall = tally.found(tally.threshold(RATE), Some(at));
            let (low, high) = recall.interval();
            row.push(recall.percent());
            line += &format!("{:>18}", format!("{:.1} [{low:.0}, {high:.0}]", recall.percent()));
        }
        println!("{name:34}{line}");
    }
    let names: Vec<String> = CHANGES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let curves: Vec<(&str, Vec<(f64, f64)>)> =
        METHODS.iter().zip(&counts.tallies).map(|(name, [_, all])| (*name, all.curve())).collect();
    write(
        "audio-changes.svg",
        &chart::bars("Recall of each change at FPR 1e-4, %", &names, &rows),
    )?;
    write("audio-roc.svg", &chart::roc("Changed recordings", &curves))
}

/// What the verdicts of the library do, at thresholds that come from a trial on other and on these clips.
fn verdicts(counts: &Counts, families: &[Family]) {
    println!("\nVerdicts as shipped: recall in % of the 24 and of all, and pairs that match");
    for (at, level) in ["Likely", "Dispute", "Registry"].iter().enumerate() {
        let [few, all] = [(0, IN_TABLES), (1, CHANGES.len())].map(|(of, changes)| {
            100.0 * counts.found[at][of] as f64 / (changes * families.len()).max(1) as f64
        });
        let wrong: String = KINDS
            .iter()
            .enumerate()
            .map(|(kind, name)| {
                format!("; of {name} {} of {}", counts.wrong[kind][at], counts.pairs[kind])
            })
            .collect();
        println!("{level}: {few:.2}, {all:.2}{wrong}");
    }
    let prints = || families.iter().flat_map(|family| &family.prints);
    let abstained = prints().filter(|print| print.ours.certificate().abstains()).count();
    let least = prints().map(|print| print.ours.certificate().quality()).min().unwrap_or(0);
    println!(
        "{abstained} of {} recordings abstain; the least quality is {least}",
        prints().count()
    );
}
