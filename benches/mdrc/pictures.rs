//! The tables of `mdrc-bench image`.

mod ablation;
mod print;
mod retouch;
pub(crate) mod tally;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use cess_mdrc::{Level, Verdict};
use image::RgbImage;

use crate::{chart, media};
use print::{METHODS, Print};
use retouch::RETOUCHES;
use tally::Tally;

/// At which rate of false positives recalls are stated.
const RATE: f64 = 1e-6;

/// One picture and what became of it: the original first.
type Family = Vec<Print>;

pub(crate) fn image(folder: Option<&str>) -> Result<(), String> {
    let photos = photos(folder)?;
    // Every second one; nothing was chosen on the others.
    let half = |odd: usize| -> Vec<PathBuf> {
        photos.iter().enumerate().filter(|(at, _)| at % 2 == odd).map(|(_, p)| p.clone()).collect()
    };
    if folder.is_some() {
        return tables("all of the folder", &photos, true);
    }
    ablation(&half(0))?;
    tables("the tuning half", &half(0), false)?;
    tables("the test half", &half(1), true)
}

fn tables(name: &str, photos: &[PathBuf], charts: bool) -> Result<(), String> {
    println!("\n{name}: {} photos, {} retouches of each", photos.len(), RETOUCHES.len());
    let families = in_parallel(photos, |at, path| family(path, at as u64, Print::of))?;
    let tallies = tally(&families);
    main_table(&tallies);
    if charts {
        per_retouch(&tallies)?;
        fixed(&tallies);
    }
    levels(&families);
    Ok(())
}

fn ablation(photos: &[PathBuf]) -> Result<(), String> {
    println!("the tuning half: {} photos, {} retouches of each", photos.len(), RETOUCHES.len());
    ablation::table(in_parallel(photos, |at, path| family(path, at as u64, ablation::parts))?);
    Ok(())
}

/// By name, which says nothing of what is in them.
fn photos(folder: Option<&str>) -> Result<Vec<PathBuf>, String> {
    let given = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/media/photos");
    let folder = folder.map_or(given, PathBuf::from);
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut photos: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    photos.sort();
    Ok(photos)
}

fn open(path: &Path) -> Result<RgbImage, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = fs::read(path).map_err(|error| failed(&error))?;
    let picture = image::load_from_memory(&bytes).map_err(|error| failed(&error))?;
    Ok(picture.into_rgb8())
}

/// What a method makes of a photo and of each of its retouches.
fn family<T>(path: &Path, seed: u64, of: fn(&RgbImage) -> T) -> Result<Vec<T>, String> {
    let original = open(path)?;
    let retouched = RETOUCHES
        .iter()
        .enumerate()
        .map(|(at, (_, retouch))| of(&retouch.apply(&original, seed * 100 + at as u64)));
    Ok(std::iter::once(of(&original)).chain(retouched).collect())
}

/// On as many threads as there are cores; results in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(usize, &T) -> Result<R, String> + Sync,
) -> Result<Vec<R>, String> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(at, item)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        let joined = workers.into_iter().map(|worker| worker.join().expect("no worker panics"));
        joined.flatten().collect::<Vec<_>>()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Every retouched picture against its original, and all pictures of different originals, retouched
/// or not, against each other.
fn tally(families: &[Family]) -> Vec<Tally> {
    let none = || vec![Tally::new(RETOUCHES.len()); METHODS.len()];
    let tallies = in_parallel(families, |at, family| {
        let mut tallies = none();
        for (tally, (_, score)) in tallies.iter_mut().zip(METHODS) {
            for (retouch, copy) in family[1..].iter().enumerate() {
                tally.kin(retouch, score(&family[0], copy));
            }
            for other in families[at + 1..].iter().flatten() {
                family.iter().for_each(|print| tally.stranger(score(print, other)));
            }
        }
        Ok(tallies)
    });
    let mut sums = none();
    for tallies in tallies.unwrap_or_default() {
        sums.iter_mut().zip(&tallies).for_each(|(sum, tally)| sum.add(tally));
    }
    sums
}

fn main_table(tallies: &[Tally]) {
    println!(
        "\nRecall in % with 95 % intervals at FPR {RATE}: {} strangers",
        tallies[0].all_strangers()
    );
    for ((name, _), tally) in METHODS.iter().zip(tallies) {
        let threshold = tally.threshold(RATE);
        let recall = tally.found(threshold, None);
        let (low, high) = recall.interval();
        let at = threshold.map_or("-".to_owned(), |threshold| threshold.to_string());
        println!("{name:14} {:5.1} [{low:.1}, {high:.1}] at {at}", recall.percent());
    }
}

fn per_retouch(tallies: &[Tally]) -> Result<(), String> {
    println!("\nRecall in % of each retouch at FPR {RATE}");
    let names: String = METHODS.iter().map(|(name, _)| format!("{name:>14}")).collect();
    println!("{:26}{names}", "");
    let rows: Vec<(&str, Vec<f64>)> = METHODS
        .iter()
        .zip(tallies)
        .map(|((name, _), tally)| {
            let threshold = tally.threshold(RATE);
            let of = |at| tally.found(threshold, Some(at)).percent();
            (*name, (0..RETOUCHES.len()).map(of).collect())
        })
        .collect();
    for (at, (name, _)) in RETOUCHES.iter().enumerate() {
        let cells: String = rows.iter().map(|(_, values)| format!("{:14.1}", values[at])).collect();
        println!("{name:26}{cells}");
    }
    let names: Vec<String> = RETOUCHES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let curves: Vec<(&str, Vec<(f64, f64)>)> =
        METHODS.iter().zip(tallies).map(|((name, _), tally)| (*name, tally.curve())).collect();
    write(
        "image-retouches.svg",
        &chart::bars("Recall of each retouch at FPR 1e-6, %", &names, &rows),
    )?;
    write("image-roc.svg", &chart::roc("Retouched photos", &curves))
}

fn write(name: &str, chart: &str) -> Result<(), String> {
    let path = media::target().join(name);
    fs::create_dir_all(media::target())
        .and_then(|()| fs::write(&path, chart))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!("chart {}", path.display());
    Ok(())
}

/// PDQ at the distances that are recommended or were measured elsewhere.
fn fixed(tallies: &[Tally]) {
    println!("\nAt fixed distances: recall in %, and strangers that match");
    for ((name, _), tally) in
        METHODS.iter().zip(tallies).filter(|((name, _), _)| name.starts_with("PDQ"))
    {
        for most in [31, 87] {
            let recall = tally.found(Some(most), None).percent();
            println!("{name:14} <= {most}: {recall:5.1}  {}", tally.false_positives(most));
        }
    }
}

/// What the verdicts of the library do, at thresholds that were set before.
fn levels(families: &[Family]) {
    println!("\nVerdicts as shipped: recall in %, and strangers that match");
    for level in [Level::Likely, Level::Dispute, Level::Registry] {
        let related = |a: &Print, b: &Print| {
            let found = a.ours.compare(&b.ours).map(|found| found.verdict(level));
            matches!(found, Ok(Verdict::Related(_)))
        };
        let counts = in_parallel(families, |at, family| {
            let found = family[1..].iter().filter(|copy| related(&family[0], copy)).count();
            let others = families[at + 1..].iter().flatten();
            let wrong = others.map(|other| family.iter().filter(|a| related(a, other)).count());
            Ok((found, wrong.sum::<usize>()))
        });
        let (found, wrong) = counts
            .unwrap_or_default()
            .into_iter()
            .fold((0, 0), |(found, wrong), (f, w)| (found + f, wrong + w));
        let all = families.len() * RETOUCHES.len();
        println!("{level:?}: {:.2}, {wrong}", 100.0 * found as f64 / all as f64);
    }
    let abstained = families.iter().flatten().filter(|p| p.ours.certificate().abstains()).count();
    let least = families.iter().flatten().map(|p| p.ours.certificate().quality()).min();
    println!("{abstained} pictures abstain; the least quality is {}", least.unwrap_or(0));
}
