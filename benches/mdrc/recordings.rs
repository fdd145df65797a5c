//! The tables of `mdrc-bench audio`.

mod ablation;
mod groups;
mod make;
mod print;
mod tables;

use std::path::PathBuf;

use crate::media;
use crate::pictures::in_parallel;
use make::Clip;
use print::Print;

/// At which rate of false positives recalls are stated.
pub(crate) const RATE: f64 = 1e-4;

/// Groups of values that are in the ID; the others come after them.
const SHIPPED: usize = 4;

/// One clip and what became of it: the original first.
pub(crate) struct Family {
    pub(crate) clip: Clip,
    pub(crate) prints: Vec<Print>,
}

pub(crate) fn audio(folder: Option<&str>) -> Result<(), String> {
    let clips = clips(folder)?;
    // By track, so that no theme is in both.
    let test: Vec<Clip> =
        clips.into_iter().filter(|clip| folder.is_some() || clip.track % 2 == 1).collect();
    println!(
        "{} clips of 30 s, {} copies of each; of the test half",
        test.len(),
        make::CHANGES.len()
    );
    let families = families(&test)?;
    tables::all(&families)?;
    ablation::groups(&families, &tuning_centres(folder)?);
    Ok(())
}

/// The means and deviations that the ID is centred by: `mdrc-bench centre FILE`.
pub(crate) fn centre() -> Result<Vec<u8>, String> {
    let values = in_parallel(&tuning()?, |_, clip| Ok(Print::values(&clip.file("original")?)))?;
    let joined: Vec<Vec<f64>> = values
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

/// The thresholds were set by this: the tables of the other half.
pub(crate) fn tune() -> Result<(), String> {
    let families = families(&tuning()?)?;
    tables::all(&families)?;
    ablation::groups(&families, &tuning_centres(None)?);
    Ok(())
}

fn tuning() -> Result<Vec<Clip>, String> {
    Ok(clips(None)?.into_iter().filter(|clip| clip.track.is_multiple_of(2)).collect())
}

fn tuning_centres(folder: Option<&str>) -> Result<Vec<print::Values>, String> {
    let clips = if folder.is_some() { clips(folder)? } else { tuning()? };
    in_parallel(&clips, |_, clip| Ok(Print::values(&clip.file("original")?)))
}

fn clips(folder: Option<&str>) -> Result<Vec<Clip>, String> {
    match folder {
        Some(folder) => make::of_folder(&PathBuf::from(folder)),
        None => make::of_packages(),
    }
}

fn families(clips: &[Clip]) -> Result<Vec<Family>, String> {
    in_parallel(clips, |at, clip| {
        clip.make()?;
        let original = Print::of(&clip.file("original")?)?;
        let copies = make::CHANGES.iter().map(|(name, _)| {
            let bytes = make::noisy(clip, name, at as u64).unwrap_or_else(|| clip.file(name))?;
            Print::of(&bytes)
        });
        let prints = std::iter::once(Ok(original)).chain(copies).collect::<Result<_, String>>()?;
        Ok(Family { clip: clip.clone(), prints })
    })
}

pub(crate) fn write(name: &str, chart: &str) -> Result<(), String> {
    let path = media::target().join(name);
    std::fs::write(&path, chart).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("chart {}", path.display());
    Ok(())
}
