//! What thresholds of the verdicts on recordings the tuning half alone gives: what strangers of it reach, clips
//! and whole tracks, and what copies do.

use cess_mdrc::audio;

use super::make::{self, IN_TABLES};
use super::print::Pair;
use super::{Family, tests};
use crate::pictures::in_parallel;

/// Deviations and thousandths of one pair.
type Reached = (f64, u32);

pub(crate) fn print(families: &[Family]) -> Result<(), String> {
    let parts = in_parallel(families, |at, family| {
        let (mut kin, mut strangers) = (Vec::new(), Vec::new());
        for (change, copy) in family.prints.iter().skip(1).enumerate() {
            let (score, permille) = reached(&Pair::of(copy, &family.prints[0]));
            kin.push((change < IN_TABLES, score, permille));
        }
        for (_, other) in families.iter().enumerate().filter(|(number, _)| *number != at) {
            if family.clip.track != other.clip.track {
                let pairs = other.prints.iter();
                strangers.extend(pairs.map(|print| reached(&Pair::of(&family.prints[0], print))));
            }
        }
        Ok((kin, strangers))
    })?;
    let strangers: Vec<Reached> =
        parts.iter().flat_map(|(_, strangers)| strangers.clone()).collect();
    println!("\nWhat strangers of the tuning half reach: deviations, thousandths");
    highest("30 s", strangers);
    highest("whole tracks", whole()?);
    let mut copies: Vec<_> = parts.into_iter().flat_map(|(kin, _)| kin).collect();
    copies.sort_by(|a, b| a.1.total_cmp(&b.1));
    let few: Vec<String> =
        copies.iter().take(8).map(|(_, score, of)| format!("{score:.1} {of}")).collect();
    println!("the lowest of {} copies: {}", copies.len(), few.join(", "));
    let mut low: Vec<u32> = copies.iter().map(|(.., permille)| *permille).collect();
    low.sort_unstable();
    println!("the fewest thousandths of copies: {:?}", &low[..low.len().min(8)]);
    Ok(())
}

fn reached(pair: &Pair) -> Reached {
    (f64::from(pair.sixteenths) / 16.0, pair.permille)
}

fn highest(name: &str, mut strangers: Vec<Reached>) {
    let all = strangers.len();
    strangers.sort_by(|a, b| b.0.total_cmp(&a.0));
    for share in [1e-2, 1e-3, 1e-4] {
        let passed = (share * all as f64) as usize;
        if let Some((score, _)) = strangers.get(passed).filter(|_| passed > 0) {
            println!("{name}: {passed} of {all} over {score:.1} deviations");
        }
    }
    let most: Vec<String> =
        strangers.iter().take(8).map(|(score, of)| format!("{score:.1} {of}")).collect();
    println!("{name}: the most of {all}: {}", most.join(", "));
}

/// Whole tracks, of which chance has more places to try, and which share an instrument for minutes.
fn whole() -> Result<Vec<Reached>, String> {
    let files: Vec<_> = make::tracks()?.into_iter().filter(|(track, _)| !tests(*track)).collect();
    let prints = in_parallel(&files, |_, (_, file)| {
        let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        audio::fingerprint(&bytes).map_err(|error| error.to_string())
    })?;
    let pairs =
        prints.iter().enumerate().flat_map(|(at, a)| prints[..at].iter().map(move |b| (a, b)));
    let reached = pairs.map(|(a, b)| {
        let found = a.compare(b).expect("one method");
        (f64::from(found.bands_score().unwrap_or(0)) / 16.0, found.parts_permille())
    });
    Ok(reached.collect())
}
