//! What is printed of pairs of clips.

use std::fs;

use cess_mdrc::Verdict;

use super::clips::RETOUCHES;
use super::print::METHODS;
use super::{Family, Joined, LEVELS, Pairs, Seen};
use crate::trial::{Recall, highest_rate};
use crate::{chart, media};

/// At which rate of false positives recalls are stated.
const RATE: f64 = 1e-4;
/// vPDQ's place among the methods.
const VPDQ: usize = 2;

impl Pairs {
    /// The score of a method that no more than this share of strangers are under.
    fn threshold(&self, method: usize, rate: f64) -> f64 {
        let mut scores: Vec<f64> = self.strangers.iter().map(|seen| seen.scores[method]).collect();
        scores.sort_by(f64::total_cmp);
        let allowed = (scores.len() as f64 * rate) as usize;
        scores.get(allowed).copied().unwrap_or(f64::INFINITY)
    }

    fn found(&self, retouch: Option<usize>, is: impl Fn(&Seen) -> bool) -> Recall {
        let of = self.kin.iter().enumerate().filter(|(at, _)| retouch.is_none_or(|of| of == *at));
        let seen: Vec<&Seen> = of.flat_map(|(_, seen)| seen).collect();
        Recall { found: seen.iter().filter(|seen| is(seen)).count(), all: seen.len() }
    }
}

pub(super) fn recalls(pairs: &Pairs) -> Result<(), String> {
    let least: Vec<f64> = (0..METHODS.len()).map(|method| pairs.threshold(method, RATE)).collect();
    println!(
        "\nRecall in % with 95 % intervals at FPR {RATE}: {} strangers",
        pairs.strangers.len()
    );
    for (method, (name, _)) in METHODS.iter().enumerate() {
        let found = pairs.found(None, |seen| seen.scores[method] < least[method]);
        println!("{name:16} {found} below {}", least[method]);
    }
    println!("\nRecall in % of each transform at FPR {RATE}");
    let names: String = METHODS.iter().map(|(name, _)| format!("{name:>22}")).collect();
    println!("{:20}{names}", "");
    let mut bars: Vec<(&str, Vec<f64>)> =
        METHODS.iter().map(|(name, _)| (*name, Vec::new())).collect();
    for (at, (retouch, ..)) in RETOUCHES.iter().enumerate() {
        let mut line = format!("{retouch:20}");
        for (method, (_, values)) in bars.iter_mut().enumerate() {
            let recall = pairs.found(Some(at), |seen| seen.scores[method] < least[method]);
            line += &format!("{recall:>22}");
            values.push(recall.percent());
        }
        println!("{line}");
    }
    // 80 % of the frames and more: a score of 20 at most.
    let matches = |seen: &Seen| seen.scores[VPDQ] < 20.01;
    let wrong = pairs.strangers.iter().filter(|seen| matches(seen)).count();
    println!(
        "\nvPDQ's rule as it is given (31 bits, 80 %): {}, {wrong} strangers",
        pairs.found(None, matches)
    );
    for (at, (retouch, ..)) in RETOUCHES.iter().enumerate() {
        println!("{retouch:20}{}", pairs.found(Some(at), matches));
    }
    let groups: Vec<String> = RETOUCHES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let path = media::target().join("video-transforms.svg");
    let drawn = chart::bars("Recall of each transform at FPR 1e-4, %", &groups, &bars);
    fs::write(&path, drawn).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("chart {}", path.display());
    Ok(())
}

/// What the verdicts of the library do, at thresholds that were set before.
pub(super) fn levels(families: &[Family], pairs: &Pairs) {
    println!(
        "\nVerdicts as shipped: recall in %, and strangers that match; pairs with the same logo apart"
    );
    let (marked, strangers): (Vec<&Seen>, Vec<&Seen>) =
        pairs.strangers.iter().partition(|seen| seen.marked);
    for (at, level) in LEVELS.iter().enumerate() {
        let wrong = |all: &[&Seen]| all.iter().filter(|seen| seen.related[at]).count();
        println!(
            "{level:?}: {}, {} of {} strangers, at most {:.1e}; {} of {} with the same logo",
            pairs.found(None, |seen| seen.related[at]),
            wrong(&strangers),
            strangers.len(),
            highest_rate(wrong(&strangers), strangers.len()),
            wrong(&marked),
            marked.len()
        );
        for (retouch, (name, ..)) in RETOUCHES.iter().enumerate() {
            println!("  {name:20}{}", pairs.found(Some(retouch), |seen| seen.related[at]));
        }
    }
    let scenes = |all: &[&Seen]| {
        let original = |name: &String| name.split(' ').next().unwrap_or_default().to_owned();
        let mut names: Vec<[String; 2]> =
            all.iter().map(|seen| [0, 1].map(|at| original(&seen.names[at]))).collect();
        names.sort();
        names.dedup();
        names.len()
    };
    println!("strangers are of {} pairs of originals", scenes(&strangers));
    let abstained = families.iter().flat_map(|family| {
        let prints = family.prints.iter().enumerate();
        prints
            .filter(|(_, print)| print.ours.certificate().abstains())
            .map(|(at, _)| family.name(at))
    });
    println!("abstain: {:?}", abstained.collect::<Vec<_>>());
}

/// How near strangers come, by the limit that holds for them: what limits are set by.
pub(super) fn nearest(pairs: &Pairs) {
    println!("\nFewest bits of strangers by limit; of those with the same logo; most of kin");
    for name in ["few", "some", "many", "few, marked", "some, marked", "many, marked"] {
        let bits = |seen: &Seen| seen.limit.filter(|limit| limit.0 == name).map(|limit| limit.1);
        let mut near: [Vec<u32>; 2] = [false, true].map(|marked| {
            let those = pairs.strangers.iter().filter(|seen| seen.marked == marked);
            those.filter_map(bits).collect()
        });
        let mut far: Vec<u32> = pairs.kin.iter().flatten().filter_map(bits).collect();
        far.sort_unstable_by_key(|bits| std::cmp::Reverse(*bits));
        far.truncate(8);
        near.iter_mut().for_each(|near| {
            near.sort_unstable();
            near.truncate(8);
        });
        println!("{name:16}{:?} {:?} {far:?}", near[0], near[1]);
    }
}

/// What the most lenient level gets wrong, by name.
pub(super) fn failures(pairs: &Pairs) {
    println!("\nMissed at Likely, and strangers that match, with bits and place");
    for seen in pairs.kin.iter().flatten().filter(|seen| !seen.related[0]) {
        println!("missed {}: {}", seen.names[1], seen.said);
    }
    for seen in pairs.strangers.iter().filter(|seen| seen.related[0]) {
        println!("stranger {}: {}", seen.names.join(" / "), seen.said);
    }
}

/// Other takes of one scene, or other parts of one film: no copies, and the hardest to tell.
pub(super) fn same_scene(families: &[Family]) {
    println!("\nOther takes and parts: what the levels say of pairs of originals, and the bits");
    for (at, a) in families.iter().enumerate() {
        let others = families[at + 1..].iter();
        for b in others.filter(|b| b.original.scene == a.original.scene) {
            let found = a.prints[0].ours.compare(&b.prints[0].ours).expect("one method");
            let said = LEVELS.map(|level| match found.verdict(level) {
                Verdict::Related(relation) => format!("{relation:?}"),
                _ => "-".to_owned(),
            });
            let bits = found.alignment().map_or(256, cess_mdrc::Alignment::mean_bits);
            println!("{} {}: {} {bits}", a.original.name, b.original.name, said.join(" "));
        }
    }
}

/// Three seconds, made smaller and coded anew, inside a minute.
pub(super) fn excerpts(joined: &[Joined]) {
    println!(
        "\n3 s inside 60 s: found in the right one, with the offset within half a second; others"
    );
    for level in LEVELS {
        let (mut found, mut placed) = (Recall { found: 0, all: 0 }, Recall { found: 0, all: 0 });
        let (mut wrong, mut others) = (0, 0);
        for (at, host) in joined.iter().enumerate() {
            for (excerpt, start, scene) in &host.excerpts {
                let seen = excerpt.ours.compare(&host.print.ours).expect("one method");
                let related = matches!(seen.verdict(level), Verdict::Related(_));
                let off = seen
                    .alignment()
                    .map_or(i64::MAX, |seen| (seen.offset_ms() - i64::from(*start)).abs());
                found.all += 1;
                placed.all += 1;
                if !related || off > 500 {
                    println!(
                        "missed {scene} at {start} ms: {:?}, {off} ms off",
                        seen.verdict(level)
                    );
                }
                found.found += usize::from(related);
                placed.found += usize::from(related && off <= 500);
            }
            for (_, stranger) in joined.iter().enumerate().filter(|(other, _)| *other != at) {
                for (excerpt, _, scene) in &stranger.excerpts {
                    if !host.scenes.contains(scene) {
                        let seen = excerpt.ours.compare(&host.print.ours).expect("one method");
                        others += 1;
                        wrong += usize::from(matches!(seen.verdict(level), Verdict::Related(_)));
                    }
                }
            }
        }
        println!("{level:?}: {found}, {placed}, {wrong} of {others}");
    }
}
