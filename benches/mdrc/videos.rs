//! The tables of `mdrc-bench video`.

mod clips;
mod print;

use std::fs;
use std::path::PathBuf;

use cess_mdrc::{Level, Verdict};

use crate::pictures::in_parallel;
use crate::trial::{Recall, highest_rate};
use crate::{chart, media};
use clips::{Original, RETOUCHES};
use print::{METHODS, Print, related};

/// At which rate of false positives recalls are stated.
const RATE: f64 = 1e-4;

/// One clip and what became of it: the original first.
struct Family {
    original: Original,
    prints: Vec<Print>,
}

/// Clips after each other, and three seconds out of each.
struct Joined {
    print: Print,
    scenes: Vec<String>,
    /// With where they begin.
    excerpts: Vec<(Print, u32, String)>,
}

pub(crate) fn video(folder: Option<&str>) -> Result<(), String> {
    let originals = match folder {
        Some(folder) => given(folder)?,
        None => clips::originals()?,
    };
    let tuned = folder.is_none() && std::env::var_os("MDRC_TUNING").is_some();
    let halves = halves(originals, folder.is_some());
    let half = &halves[usize::from(!tuned)];
    println!(
        "{} clips, {} transforms of each; of the {} half",
        half.len(),
        RETOUCHES.len(),
        if tuned { "tuning" } else { "test" }
    );
    let families = in_parallel(half, |_, clip| family(clip))?;
    tables(&families)?;
    levels(&families);
    failures(&families);
    same_scene(&families);
    let groups: Vec<Vec<&Original>> = half.chunks(5).map(|chunk| chunk.iter().collect()).collect();
    let prefix = if tuned { "tuning" } else { "test" };
    let joined = in_parallel(&(0..groups.len()).collect::<Vec<_>>(), |_, at| {
        join(&format!("joined-{prefix}-{at}"), &groups[*at])
    })?;
    excerpts(&joined);
    Ok(())
}

/// All that a folder has.
fn given(folder: &str) -> Result<Vec<Original>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let named = files.into_iter().map(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        clips::brought(&name, &file)
    });
    named.collect()
}

/// The tuning half and the test half: every second scene, by name.
fn halves(originals: Vec<Original>, all: bool) -> [Vec<Original>; 2] {
    let mut scenes: Vec<String> = originals.iter().map(|clip| clip.scene.clone()).collect();
    scenes.sort();
    scenes.dedup();
    let mut halves = [Vec::new(), Vec::new()];
    for clip in originals {
        let at = scenes.binary_search(&clip.scene).unwrap_or(0);
        halves[if all { 1 } else { at % 2 }].push(clip);
    }
    halves
}

fn family(original: &Original) -> Result<Family, String> {
    let mut prints = vec![Print::of(&original.file)?];
    for retouch in 0..RETOUCHES.len() {
        prints.push(Print::of(&clips::retouched(original, retouch)?)?);
    }
    Ok(Family { original: original.clone(), prints })
}

fn join(name: &str, parts: &[&Original]) -> Result<Joined, String> {
    let (file, places) = clips::joined(name, parts)?;
    let mut excerpts = Vec::new();
    for (at, (part, (begin, len))) in parts.iter().zip(places).enumerate() {
        // Not at a multiple of any step.
        let start = begin + (len.saturating_sub(3_000)) * 37 / 100 + 11;
        let cut = clips::excerpt(&format!("{name}-{at}"), &file, start)?;
        excerpts.push((Print::of(&cut)?, start, part.scene.clone()));
    }
    let scenes = parts.iter().map(|part| part.scene.clone()).collect();
    Ok(Joined { print: Print::of(&file)?, scenes, excerpts })
}

/// Scores of kin, by transform, and of clips of different scenes, transformed or not.
struct Tally {
    kin: Vec<Vec<f64>>,
    strangers: Vec<f64>,
}

fn tally(families: &[Family], score: fn(&Print, &Print) -> f64) -> Tally {
    let parts = in_parallel(&(0..families.len()).collect::<Vec<_>>(), |_, at| {
        let family = &families[*at];
        let kin: Vec<f64> =
            family.prints[1..].iter().map(|copy| score(&family.prints[0], copy)).collect();
        let others = families[at + 1..].iter();
        let others = others.filter(|other| other.original.scene != family.original.scene);
        let pairs = others.flat_map(|other| {
            let all = family.prints.iter();
            all.flat_map(move |a| other.prints.iter().map(move |b| score(a, b)))
        });
        Ok((kin, pairs.collect::<Vec<f64>>()))
    });
    let mut tally = Tally { kin: vec![Vec::new(); RETOUCHES.len()], strangers: Vec::new() };
    for (kin, strangers) in parts.unwrap_or_default() {
        tally.kin.iter_mut().zip(kin).for_each(|(all, one)| all.push(one));
        tally.strangers.extend(strangers);
    }
    tally.strangers.sort_by(f64::total_cmp);
    tally
}

impl Tally {
    /// The score that no more than this share of strangers are under.
    fn threshold(&self, rate: f64) -> f64 {
        let allowed = (self.strangers.len() as f64 * rate) as usize;
        self.strangers.get(allowed).copied().unwrap_or(f64::INFINITY)
    }

    fn found(&self, below: f64, retouch: Option<usize>) -> Recall {
        let of = self.kin.iter().enumerate().filter(|(at, _)| retouch.is_none_or(|of| of == *at));
        let scores: Vec<f64> = of.flat_map(|(_, scores)| scores.iter().copied()).collect();
        Recall { found: scores.iter().filter(|score| **score < below).count(), all: scores.len() }
    }
}

fn tables(families: &[Family]) -> Result<(), String> {
    let tallies: Vec<Tally> = METHODS.iter().map(|(_, score)| tally(families, *score)).collect();
    println!(
        "\nRecall in % with 95 % intervals at FPR {RATE}: {} strangers",
        tallies[0].strangers.len()
    );
    for ((name, _), tally) in METHODS.iter().zip(&tallies) {
        let below = tally.threshold(RATE);
        println!("{name:16} {} below {below}", tally.found(below, None));
    }
    println!("\nRecall in % of each transform at FPR {RATE}");
    let names: String = METHODS.iter().map(|(name, _)| format!("{name:>22}")).collect();
    println!("{:20}{names}", "");
    let mut bars: Vec<(&str, Vec<f64>)> =
        METHODS.iter().map(|(name, _)| (*name, Vec::new())).collect();
    for (at, (retouch, ..)) in RETOUCHES.iter().enumerate() {
        let mut line = format!("{retouch:20}");
        for (tally, (_, values)) in tallies.iter().zip(&mut bars) {
            let recall = tally.found(tally.threshold(RATE), Some(at));
            line += &format!("{recall:>22}");
            values.push(recall.percent());
        }
        println!("{line}");
    }
    let vpdq = &tallies[2];
    // 80 % of the frames and more: a score of 20 at most.
    let rule = vpdq.found(20.01, None);
    let wrong = vpdq.strangers.iter().filter(|score| **score < 20.01).count();
    println!("\nvPDQ's rule as it is given (31 bits, 80 %): {rule}, {wrong} strangers");
    for (at, (retouch, ..)) in RETOUCHES.iter().enumerate() {
        println!("{retouch:20}{}", vpdq.found(20.01, Some(at)));
    }
    let groups: Vec<String> = RETOUCHES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let path = media::target().join("video-transforms.svg");
    let drawn = chart::bars("Recall of each transform at FPR 1e-4, %", &groups, &bars);
    fs::write(&path, drawn).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("chart {}", path.display());
    Ok(())
}

/// What the verdicts of the library do, at thresholds that were set before.
fn levels(families: &[Family]) {
    println!("\nVerdicts as shipped: recall in %, and strangers that match");
    for level in [Level::Likely, Level::Dispute, Level::Registry] {
        let mut by_retouch = vec![Recall { found: 0, all: 0 }; RETOUCHES.len()];
        for family in families {
            for (copy, recall) in family.prints[1..].iter().zip(&mut by_retouch) {
                recall.all += 1;
                recall.found += usize::from(related(&family.prints[0], copy, level));
            }
        }
        let score = match level {
            Level::Likely => |a: &Print, b: &Print| f64::from(related(a, b, Level::Likely)),
            Level::Dispute => |a: &Print, b: &Print| f64::from(related(a, b, Level::Dispute)),
            Level::Registry => |a: &Print, b: &Print| f64::from(related(a, b, Level::Registry)),
        };
        let strangers = tally(families, score).strangers;
        let wrong = strangers.iter().filter(|score| **score > 0.0).count();
        let (found, all) = by_retouch.iter().fold((0, 0), |(f, a), r| (f + r.found, a + r.all));
        println!(
            "{level:?}: {}, {wrong} of {} strangers, at most {:.1e}",
            Recall { found, all },
            strangers.len(),
            highest_rate(wrong, strangers.len())
        );
        for ((name, ..), recall) in RETOUCHES.iter().zip(by_retouch) {
            println!("  {name:20}{recall}");
        }
    }
    let abstained = families
        .iter()
        .flat_map(|family| family.prints.iter().map(move |print| (&family.original.name, print)))
        .filter(|(_, print)| print.ours.certificate().abstains());
    let abstained: Vec<&str> = abstained.map(|(name, _)| name.as_str()).collect();
    println!("{} clips abstain: {abstained:?}", abstained.len());
}

/// What the most lenient level gets wrong, by name.
fn failures(families: &[Family]) {
    println!("\nMissed at Likely, and strangers that match, with bits and place");
    let name = |family: &Family, at: usize| match at {
        0 => family.original.name.clone(),
        at => format!("{} {}", family.original.name, RETOUCHES[at - 1].0),
    };
    let said = |a: &Print, b: &Print| {
        let found = a.ours.compare(&b.ours).expect("one method");
        found.alignment().map_or("nothing alike".to_owned(), |found| {
            let ([a0, b0], [a1, b1]) = (found.begin_ms(), found.end_ms());
            let (bits, speed) = (found.mean_bits(), found.speed_permille());
            format!("{bits} bits, {a0}-{a1} ms at {b0}-{b1} ms, speed {speed}")
        })
    };
    for (at, family) in families.iter().enumerate() {
        for (copy, print) in family.prints.iter().enumerate().skip(1) {
            if !related(&family.prints[0], print, Level::Likely) {
                println!("missed {}: {}", name(family, copy), said(&family.prints[0], print));
            }
        }
        for other in families[at + 1..].iter() {
            if other.original.scene == family.original.scene {
                continue;
            }
            for (i, a) in family.prints.iter().enumerate() {
                for (j, b) in other.prints.iter().enumerate() {
                    if related(a, b, Level::Likely) {
                        let names = [name(family, i), name(other, j)].join(" / ");
                        println!("stranger {names}: {}", said(a, b));
                    }
                }
            }
        }
    }
}

/// Other takes of one scene, or other parts of one film: no copies, and the hardest to tell.
fn same_scene(families: &[Family]) {
    println!("\nOther takes and parts: what the levels say of pairs of originals, and the score");
    for (at, a) in families.iter().enumerate() {
        for b in &families[at + 1..] {
            if a.original.scene == b.original.scene {
                let (a_print, b_print) = (&a.prints[0], &b.prints[0]);
                let said = [Level::Likely, Level::Dispute, Level::Registry].map(|level| {
                    a_print.ours.compare(&b_print.ours).map(|found| found.verdict(level))
                });
                let said: Vec<String> = said
                    .into_iter()
                    .map(|verdict| match verdict {
                        Ok(Verdict::Related(relation)) => format!("{relation:?}"),
                        _ => "-".to_owned(),
                    })
                    .collect();
                let score = (METHODS[1].1)(a_print, b_print);
                println!("{} {}: {} {score}", a.original.name, b.original.name, said.join(" "));
            }
        }
    }
}

/// Three seconds, made smaller and coded anew, inside a minute.
fn excerpts(joined: &[Joined]) {
    println!(
        "\n3 s inside 60 s: found in the right one, with the offset within half a second; others"
    );
    for level in [Level::Likely, Level::Dispute, Level::Registry] {
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
                if !related && level == Level::Likely {
                    println!("missed {scene} at {start} ms: {:?}", seen.verdict(level));
                }
                found.found += usize::from(related);
                placed.found += usize::from(related && off <= 500);
            }
            for (other, stranger) in joined.iter().enumerate().filter(|(other, _)| *other != at) {
                for (excerpt, _, scene) in &stranger.excerpts {
                    if !host.scenes.contains(scene) && other != at {
                        others += 1;
                        wrong += usize::from(related(excerpt, &host.print, level));
                    }
                }
            }
        }
        println!("{level:?}: {found}, {placed}, {wrong} of {others}");
    }
}
