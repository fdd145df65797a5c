//! The tables of `mdrc-bench audio`.

mod ablation;
mod groups;
mod levels;
mod make;
mod print;
mod tables;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cess_mdrc::audio::{Limits, Recording};

use crate::media;
use crate::pictures::in_parallel;
use make::Clip;
use print::Print;

/// At which rate of false positives recalls are stated.
pub(crate) const RATE: f64 = 1e-4;

/// Groups of values that are in the ID; the others come after them.
const SHIPPED: usize = 2;

/// One clip and what became of it: the original first.
pub(crate) struct Family {
    pub(crate) clip: Clip,
    pub(crate) prints: Vec<Print>,
}

pub(crate) fn audio(folder: Option<&str>) -> Result<(), String> {
    let clips = clips(folder)?;
    let (test, tuning): (Vec<Clip>, Vec<Clip>) =
        clips.into_iter().partition(|clip| folder.is_some() || tests(clip.track));
    let families = families("the test half", &test)?;
    tables::all(&families)?;
    let tuning = if folder.is_some() { test } else { tuning };
    ablation::groups(&families, &originals(&tuning)?);
    Ok(())
}

/// What numbers of the method are chosen by: thresholds, and the tables of the other half.
pub(crate) fn tune() -> Result<(), String> {
    let tuning = tuning()?;
    let families = families("the tuning half", &tuning)?;
    levels::print(&families)?;
    tables::all(&families)?;
    ablation::groups(&families, &originals(&tuning)?);
    Ok(())
}

/// The means and deviations that the ID is centred by: `mdrc-bench centre FILE`.
pub(crate) fn centre() -> Result<Vec<u8>, String> {
    let joined: Vec<Vec<f64>> = originals(&tuning()?)?
        .iter()
        .map(|groups| groups.iter().take(SHIPPED).flat_map(|(_, values)| values.clone()).collect())
        .collect();
    let bytes = ablation::centres(&joined).into_iter().flat_map(|(mean, deviation)| {
        let mean = (mean.round() as i16).to_le_bytes();
        let deviation = (deviation.round().max(1.0) as u16).to_le_bytes();
        [mean[0], mean[1], deviation[0], deviation[1]]
    });
    Ok(bytes.collect())
}

/// By track, so that no theme is in both halves.
fn tests(track: usize) -> bool {
    track % 2 == 1
}

fn tuning() -> Result<Vec<Clip>, String> {
    Ok(clips(None)?.into_iter().filter(|clip| !tests(clip.track)).collect())
}

fn originals(clips: &[Clip]) -> Result<Vec<print::Values>, String> {
    in_parallel(clips, |_, clip| {
        clip.make()?;
        let recording = Recording::decode(&clip.file("original")?, Limits::default());
        recording.map(|recording| print::values(&recording)).map_err(|error| error.to_string())
    })
}

fn clips(folder: Option<&str>) -> Result<Vec<Clip>, String> {
    match folder {
        Some(folder) => make::of_folder(&PathBuf::from(folder)),
        None => make::of_packages(),
    }
}

fn families(name: &str, clips: &[Clip]) -> Result<Vec<Family>, String> {
    println!("{name}: {} clips of 30 s, {} copies of each", clips.len(), make::CHANGES.len());
    let (begun, done) = (Instant::now(), AtomicUsize::new(0));
    in_parallel(clips, |_, clip| {
        clip.make()?;
        let original = Print::of(&clip.file("original")?)?;
        let copies = make::CHANGES.iter().map(|(name, _)| {
            let bytes = make::noisy(clip, name).unwrap_or_else(|| clip.file(name))?;
            Print::of(&bytes)
        });
        let prints = std::iter::once(Ok(original)).chain(copies).collect::<Result<_, String>>()?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done % 10 == 0 || done == clips.len() {
            eprintln!("{done} clips after {} s", begun.elapsed().as_secs());
        }
        Ok(Family { clip: clip.clone(), prints })
    })
}

pub(crate) fn write(name: &str, chart: &str) -> Result<(), String> {
    let path = media::target().join(name);
    std::fs::write(&path, chart).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("chart {}", path.display());
    Ok(())
}
