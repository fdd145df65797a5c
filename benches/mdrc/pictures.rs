//! The tables of `mdrc-bench image`.

mod ablation;
mod hard;
mod print;
mod retouch;
mod sources;
pub(crate) mod tally;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use cess_mdrc::Level;
use image::{RgbImage, imageops};

use crate::trial::Recall;
use crate::{chart, media};
use print::{METHODS, Print, SKETCH, judge};
use retouch::RETOUCHES;
use tally::{Count, Tally};

/// At which rate of false positives recalls are stated.
const RATE: f64 = 1e-6;

/// One picture and what became of it: the original first.
type Family = Vec<Print>;

/// Photos of other sources are made no larger than this.
const LONG: u32 = 640;

pub(crate) fn image(folder: Option<&str>) -> Result<(), String> {
    if folder.is_some() {
        return tables("all of the folder", &photos(folder)?, true).map(drop);
    }
    let [tuning, test] = halves()?;
    ablation(&tuning)?;
    thresholds(&[
        tables("the tuning half", &tuning, false)?,
        tables("other sources, for tuning", &sources::tuning()?, false)?,
    ]);
    tables("the test half", &test, true)?;
    tables("other sources, for the test", &sources::test()?, false)?;
    hard::tables(&test)
}

/// What thresholds the photos for tuning give.
pub(crate) fn tune() -> Result<(), String> {
    let [tuning, _] = halves()?;
    thresholds(&[
        tables("the tuning half", &tuning, false)?,
        tables("other sources, for tuning", &sources::tuning()?, false)?,
    ]);
    Ok(())
}

/// Every second one is for tuning; nothing was chosen on the others.
fn halves() -> Result<[Vec<PathBuf>; 2], String> {
    let photos = photos(None)?;
    Ok([0, 1].map(|odd| photos.iter().skip(odd).step_by(2).cloned().collect()))
}

/// Where the strangers of the worse source are as many as 1e-6, and less: by one step for `Likely`, two
/// for `Dispute`, four for `Registry`. A step is what lies between 1e-5 and 1e-6 in the source where that
/// is more; further down strangers are too few, and are taken to go on as they do. So the levels lie at a
/// hundredth of the rates of the first two, for sources that are worse than these.
fn thresholds(counts: &[Count; 2]) {
    let at = |rate| {
        let bits = counts.each_ref().map(|count| count.tallies[SKETCH].threshold(rate));
        bits.map(Option::unwrap_or_default)
    };
    let [some, few] = [1e-5, 1e-6].map(at);
    let step = (some[0] - few[0]).max(some[1] - few[1]);
    let start = few[0].min(few[1]);
    let levels = [1, 2, 4].map(|steps| start.saturating_sub(steps * step));
    println!("\nBits of the sketch where strangers for tuning are 1e-5: {some:?}, 1e-6: {few:?}");
    println!("Likely, Dispute, Registry: {levels:?}");
}

fn tables(name: &str, photos: &[PathBuf], charts: bool) -> Result<Count, String> {
    println!("\n{name}: {} photos, {} retouches of each", photos.len(), RETOUCHES.len());
    let families = in_parallel(photos, |at, path| family(path, at as u64, Print::of))?;
    let count = count(&families);
    main_table(&count.tallies);
    if charts {
        per_retouch(&count.tallies)?;
        fixed(&count.tallies);
    }
    levels(&families, &count);
    nearest(photos, &count);
    Ok(count)
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
    let picture = image::load_from_memory(&bytes).map_err(|error| failed(&error))?.into_rgb8();
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if longer <= LONG {
        return Ok(picture);
    }
    let side = |side: u32| (side * LONG / longer).max(1);
    Ok(imageops::resize(&picture, side(width), side(height), imageops::FilterType::Triangle))
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
fn count(families: &[Family]) -> Count {
    let counts = in_parallel(families, |at, family| {
        let mut count = Count::new(RETOUCHES.len());
        for (retouch, copy) in family[1..].iter().enumerate() {
            count.kin(retouch, &judge(&family[0], copy));
        }
        for (other, others) in families.iter().enumerate().skip(at + 1) {
            for (left, a) in family.iter().enumerate() {
                for (right, b) in others.iter().enumerate() {
                    count.stranger(&judge(a, b), [at, other], [left, right]);
                }
            }
        }
        Ok(count)
    });
    let mut sum = Count::new(RETOUCHES.len());
    counts.unwrap_or_default().iter().for_each(|count| sum.add(count));
    sum
}

fn main_table(tallies: &[Tally]) {
    println!(
        "\nRecall in % with 95 % intervals at FPR {RATE}: {} strangers",
        tallies[0].all_strangers()
    );
    for (name, tally) in METHODS.iter().zip(tallies) {
        let threshold = tally.threshold(RATE);
        let recall = tally.found(threshold, None);
        let (low, high) = recall.interval();
        let at = threshold.map_or("-".to_owned(), |threshold| threshold.to_string());
        println!("{name:14} {:5.1} [{low:.1}, {high:.1}] at {at}", recall.percent());
    }
}

fn per_retouch(tallies: &[Tally]) -> Result<(), String> {
    println!("\nRecall in % of each retouch at FPR {RATE}");
    let names: String = METHODS.iter().map(|name| format!("{name:>14}")).collect();
    println!("{:26}{names}", "");
    let rows: Vec<(&str, Vec<f64>)> = METHODS
        .iter()
        .zip(tallies)
        .map(|(name, tally)| {
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
        METHODS.iter().zip(tallies).map(|(name, tally)| (*name, tally.curve())).collect();
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
    for (name, tally) in METHODS.iter().zip(tallies).filter(|(name, _)| name.starts_with("PDQ")) {
        for most in [31, 87] {
            let recall = tally.found(Some(most), None).percent();
            println!("{name:14} <= {most}: {recall:5.1}  {}", tally.false_positives(most));
        }
    }
}

/// What the verdicts of the library do, at thresholds that were set before.
fn levels(families: &[Family], count: &Count) {
    println!("\nVerdicts as shipped: recall in % with 95 % intervals, and strangers that match");
    let [kin, strangers] = count.levels;
    let levels = [Level::Likely, Level::Dispute, Level::Registry];
    for (level, (found, wrong)) in levels.into_iter().zip(kin.into_iter().zip(strangers)) {
        let recall = Recall { found: found as usize, all: families.len() * RETOUCHES.len() };
        let (low, high) = recall.interval();
        println!("{level:?}: {:.2} [{low:.2}, {high:.2}], {wrong}", recall.percent());
    }
    let abstained = families.iter().flatten().filter(|p| p.ours.certificate().abstains()).count();
    let least = families.iter().flatten().map(|p| p.ours.certificate().quality()).min();
    println!("{abstained} pictures abstain; the least quality is {}", least.unwrap_or(0));
}

fn nearest(photos: &[PathBuf], count: &Count) {
    println!("\nThe nearest strangers by bits of the sketch");
    let name = |photo: usize, retouch: usize| {
        let file = photos[photo].file_name().unwrap_or_default().to_string_lossy();
        let retouch = retouch.checked_sub(1).map_or("as it is", |at| RETOUCHES[at].0);
        format!("{file} ({retouch})")
    };
    for (score, photos, retouches) in &count.nearest {
        println!("{score:4}  {}, {}", name(photos[0], retouches[0]), name(photos[1], retouches[1]));
    }
}
