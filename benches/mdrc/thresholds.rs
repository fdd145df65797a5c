//! What thresholds of the verdicts on texts the tuning halves alone give: what no two strangers of
//! them reach, and none of a series either.

use cess_mdrc::{Fingerprint, Format, Level, Sample, sniff, text};

use crate::corpus::{self, Set};
use crate::report::related;
use crate::strangers;

/// Documents that are taken of a source, spread over all of it.
const MOST: usize = 1200;
/// Passages that terms need beside them, in thousandths.
const SOME: u32 = 30;
/// Sources of which one quotes the other: commentaries, and the Bible.
const QUOTING: [usize; 2] = [1, 2];

/// Documents of which no two belong together, however alike they are.
struct Group {
    name: &'static str,
    prints: Vec<(usize, Fingerprint)>,
    /// Whether pairs of one source count, or pairs of two.
    within: bool,
}

/// What the pairs of a group reach.
#[derive(Default)]
struct Reached {
    pairs: usize,
    /// The most passages.
    passages: u32,
    /// The most terms beside some passages.
    terms: u32,
    /// The most terms of two short texts.
    short: u32,
    /// Pairs that match at `Likely` as shipped.
    matches: usize,
}

fn prints(source: usize, texts: &[Vec<u8>]) -> Vec<(usize, Fingerprint)> {
    let step = texts.len().div_ceil(MOST).max(1);
    let print = |bytes: &Vec<u8>| {
        let format = match sniff(bytes) {
            format @ (Format::Html | Format::Markdown) => format,
            _ => Format::Plain,
        };
        text::fingerprint(bytes, format).ok()
    };
    let prints = texts.iter().step_by(step).filter_map(print);
    prints.filter(|print| !print.certificate().abstains()).map(|print| (source, print)).collect()
}

fn groups() -> Result<Vec<Group>, String> {
    let bytes = |texts: Vec<String>| -> Vec<Vec<u8>> {
        texts.into_iter().map(String::into_bytes).collect()
    };
    let tuning = |documents: Vec<corpus::Document>| -> Vec<Vec<u8>> {
        let chosen = documents.into_iter().filter(|document| document.set == Set::Tuning);
        bytes(chosen.map(|document| document.text).collect())
    };
    let series = |name, texts: &[Vec<u8>]| Group { name, prints: prints(0, texts), within: true };
    let novels: Vec<String> = corpus::novels()?.into_iter().step_by(2).collect();
    let chapters = novels.iter().flat_map(|novel| corpus::chapters_of(novel)).collect();
    let mut across = Vec::new();
    for (source, (_, texts)) in strangers::sources(Set::Tuning)?.into_iter().enumerate() {
        across.extend(prints(source, &texts));
    }
    Ok(vec![
        Group { name: "pairs of two sources", prints: across, within: false },
        series("novels, news, essays (Brown)", &tuning(corpus::brown()?)),
        series("chapters of one author", &bytes(chapters)),
        series("novels of one author", &bytes(novels)),
        series("suras, English", &tuning(corpus::suras(Some("en"))?)),
        series("suras, French", &tuning(corpus::suras(Some("fr"))?)),
        series("suras, Russian", &tuning(corpus::suras(Some("ru"))?)),
        series("suras, Arabic", &tuning(corpus::suras(None)?)),
    ])
}

fn reached(group: &Group) -> Reached {
    let mut reached = Reached::default();
    for (at, (source, a)) in group.prints.iter().enumerate() {
        for (other, b) in &group.prints[..at] {
            // The same bytes twice are no strangers.
            let quotes = QUOTING.contains(source) && QUOTING.contains(other) && source != other;
            if (source == other) != group.within || quotes || a.certificate() == b.certificate() {
                continue;
            }
            reached.pairs += 1;
            let found = a.compare(b).expect("one method");
            let passages = found.passages_permille().unwrap_or(0);
            let terms = found.parts_permille();
            reached.passages = reached.passages.max(passages);
            if passages >= SOME {
                reached.terms = reached.terms.max(terms);
            }
            let seen = a.sketch().samples()[0].overlap(&b.sketch().samples()[0]).seen;
            if seen < Sample::MAX as u32 {
                reached.short = reached.short.max(terms);
            }
            reached.matches += usize::from(related(a, b, Level::Likely));
        }
    }
    reached
}

pub(crate) fn print() -> Result<(), String> {
    println!(
        "\nThe most that pairs of the tuning halves reach which don't belong together, in thousandths, and those at `Likely`"
    );
    println!(
        "{:30} {:>8} {:>16} {:>16} {:>7}",
        "",
        "passages",
        format!("terms beside {SOME}"),
        "terms, short",
        "Likely"
    );
    let mut all = Reached::default();
    for group in groups()? {
        let found = reached(&group);
        println!(
            "{:30} {:>8} {:>16} {:>16} {:>7} of {}",
            group.name, found.passages, found.terms, found.short, found.matches, found.pairs
        );
        all.passages = all.passages.max(found.passages);
        all.terms = all.terms.max(found.terms);
        all.short = all.short.max(found.short);
    }
    let up = |value: u32| (value + 1).next_multiple_of(10);
    println!(
        "{:30} {:>8} {:>16} {:>16}",
        "no pair reaches",
        up(all.passages),
        up(all.terms),
        up(all.short)
    );
    Ok(())
}
