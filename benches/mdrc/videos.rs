//! The tables of `mdrc-bench video`.

mod clips;
mod print;
mod tables;

use std::fs;
use std::path::PathBuf;

use cess_mdrc::{Level, Verdict};

use crate::pictures::in_parallel;
use clips::{Original, RETOUCHES};
use print::{METHODS, Print};

const LEVELS: [Level; 3] = [Level::Likely, Level::Dispute, Level::Registry];

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
    let (originals, others) = match folder {
        Some(folder) => (given(folder)?, Vec::new()),
        None => (clips::originals()?, clips::others()?),
    };
    let tuned = folder.is_none() && std::env::var_os("MDRC_TUNING").is_some();
    let [half, others] = [originals, others]
        .map(|clips| halves(clips, folder.is_some()).into_iter().nth(usize::from(!tuned)))
        .map(Option::unwrap_or_default);
    println!(
        "{} clips, {} transforms of each, and {} clips more; of the {} half",
        half.len(),
        RETOUCHES.len(),
        others.len(),
        if tuned { "tuning" } else { "test" }
    );
    let mut families = in_parallel(&half, |_, clip| family(clip))?;
    families.extend(in_parallel(&others, |_, clip| {
        Ok(Family { original: clip.clone(), prints: vec![Print::of(&clip.file)?] })
    })?);
    let pairs = pairs(&families)?;
    tables::recalls(&pairs)?;
    tables::levels(&families, &pairs);
    tables::nearest(&pairs);
    tables::failures(&pairs);
    tables::same_scene(&families);
    // Those of one scene lie apart in the list: they get into different films.
    let films = half.len().div_ceil(5);
    let groups: Vec<Vec<&Original>> =
        (0..films).map(|film| half.iter().skip(film).step_by(films).collect()).collect();
    let prefix = if tuned { "tuning" } else { "test" };
    let joined = in_parallel(&(0..groups.len()).collect::<Vec<_>>(), |_, at| {
        join(&format!("film-{prefix}-{at}"), &groups[*at])
    })?;
    tables::excerpts(&joined);
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
        for (which, percent, rest) in [("a", 37, 11), ("b", 83, 37)] {
            let start = begin + len.saturating_sub(3_000) * percent / 100 + rest;
            let cut = clips::excerpt(&format!("{name}-{at}{which}"), &file, start)?;
            excerpts.push((Print::of(&cut)?, start, part.scene.clone()));
        }
    }
    let scenes = parts.iter().map(|part| part.scene.clone()).collect();
    Ok(Joined { print: Print::of(&file)?, scenes, excerpts })
}

/// What is seen of two clips.
struct Seen {
    names: [String; 2],
    /// Of every method.
    scores: [f64; METHODS.len()],
    /// At which levels they are related.
    related: [bool; 3],
    /// Both have the same logo.
    marked: bool,
    /// The limit that the stretch of most likeness has, and its bits.
    limit: Option<(&'static str, u32)>,
    said: String,
}

impl Seen {
    fn of(a: (&Family, usize), b: (&Family, usize)) -> Self {
        let (one, two) = (&a.0.prints[a.1], &b.0.prints[b.1]);
        let found = one.ours.compare(&two.ours).expect("one method");
        let place = found.alignment();
        let said = place.map_or("nothing alike".to_owned(), |place| {
            let ([a0, b0], [a1, b1]) = (place.begin_ms(), place.end_ms());
            let (bits, speed) = (place.mean_bits(), place.speed_permille());
            let (name, _) = place.limit();
            format!("{bits} bits ({name}), {a0}-{a1} ms at {b0}-{b1} ms, speed {speed}")
        });
        let has_logo = |(_, at): (&Family, usize)| at > 0 && RETOUCHES[at - 1].0 == "logo 25 %";
        Self {
            names: [a, b].map(|(family, at)| family.name(at)),
            scores: METHODS.map(|(_, score)| score(one, two, &found)),
            related: LEVELS.map(|level| matches!(found.verdict(level), Verdict::Related(_))),
            marked: has_logo(a) && has_logo(b),
            limit: place
                .filter(|place| place.score_bits() < 256)
                .map(|place| (place.limit().0, place.mean_bits())),
            said,
        }
    }
}

impl Family {
    fn name(&self, at: usize) -> String {
        match at {
            0 => self.original.name.clone(),
            at => format!("{} {}", self.original.name, RETOUCHES[at - 1].0),
        }
    }
}

/// Kin, by transform, and clips of different scenes, transformed or not.
struct Pairs {
    kin: Vec<Vec<Seen>>,
    strangers: Vec<Seen>,
}

fn pairs(families: &[Family]) -> Result<Pairs, String> {
    let parts = in_parallel(&(0..families.len()).collect::<Vec<_>>(), |_, at| {
        let family = &families[*at];
        let copies = 1..family.prints.len();
        let kin: Vec<Seen> = copies.map(|copy| Seen::of((family, 0), (family, copy))).collect();
        let others = families[at + 1..].iter();
        let others = others.filter(|other| other.original.scene != family.original.scene);
        let strangers = others.flat_map(|other| {
            let all = 0..family.prints.len();
            all.flat_map(move |a| {
                (0..other.prints.len()).map(move |b| Seen::of((family, a), (other, b)))
            })
        });
        Ok((kin, strangers.collect::<Vec<Seen>>()))
    })?;
    let mut pairs =
        Pairs { kin: RETOUCHES.iter().map(|_| Vec::new()).collect(), strangers: Vec::new() };
    for (kin, strangers) in parts {
        pairs.kin.iter_mut().zip(kin).for_each(|(all, one)| all.push(one));
        pairs.strangers.extend(strangers);
    }
    Ok(pairs)
}
