//! Millions of pairs that have nothing to do with each other, of many sources and lengths.

use cess_mdrc::{Fingerprint, Format, Level, sniff, text};

use crate::corpus::{self, Set};
use crate::media::Package;
use crate::report::related;
use crate::trial::highest_rate;

struct Document {
    source: usize,
    beginning: String,
    fingerprint: Fingerprint,
}

/// Documents that are taken of a source, spread over all of it.
const MOST: usize = 1200;
/// Pairs of one source that are shown.
const SHOWN: usize = 3;

type Source = (&'static str, Vec<Vec<u8>>);

/// One half of each source.
pub(crate) fn sources(set: Set) -> Result<Vec<Source>, String> {
    let first = usize::from(set == Set::Test);
    let half = |texts: Vec<String>| -> Vec<Vec<u8>> {
        texts.into_iter().skip(first).step_by(2).map(String::into_bytes).collect()
    };
    let of_set = |documents: Vec<corpus::Document>| -> Vec<Vec<u8>> {
        let chosen = documents.into_iter().filter(|document| document.set == set);
        chosen.map(|document| document.text.into_bytes()).collect()
    };
    let both = |[first, second]: [&'static str; 2],
                read: fn(&'static str) -> Result<Vec<String>, String>| {
        let mut texts = read(first)?;
        texts.extend(read(second)?);
        Ok::<_, String>(half(texts))
    };
    let long = |mut documents: Vec<Vec<u8>>, least: usize| {
        documents.retain(|document| document.len() >= least);
        documents
    };
    let chapters = corpus::chapters()?.into_iter().filter(|(of, ..)| *of == set);
    let code = corpus::sources(Package::Npm("lodash"), &["js"])?;
    Ok(vec![
        ("novels, news, essays (Brown)", of_set(corpus::brown()?)),
        ("commentaries", both(["sword-comm-mhcc", "sword-comm-tdavid"], corpus::commentary)?),
        ("chapters of the Bible", chapters.map(|(_, text, _)| text.into_bytes()).collect()),
        ("chapters of the Quran", of_set(corpus::suras(Some("en"))?)),
        ("manual pages", both(["manpages", "manpages-dev"], corpus::manual)?),
        ("entries of a dictionary", long(half(corpus::entries("dict-foldoc")?), 80)),
        ("sayings", long(half(corpus::sayings("fortunes")?), 80)),
        ("JavaScript", long(code.into_iter().skip(first).step_by(2).collect(), 500)),
    ])
}

pub(crate) fn table() -> Result<(), String> {
    let mut names = Vec::new();
    let mut documents = Vec::new();
    let mut abstained = 0;
    for (source, (name, texts)) in sources(Set::Test)?.into_iter().enumerate() {
        names.push(name);
        for bytes in texts.iter().step_by(texts.len().div_ceil(MOST).max(1)) {
            let format = match sniff(bytes) {
                format @ (Format::Html | Format::Markdown) => format,
                _ => Format::Plain,
            };
            let Ok(fingerprint) = text::fingerprint(bytes, format) else { continue };
            if fingerprint.certificate().abstains() {
                abstained += 1;
                continue;
            }
            let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]);
            let words: Vec<&str> = beginning.split_whitespace().collect();
            let beginning = words.join(" ").chars().take(70).collect();
            documents.push(Document { source, beginning, fingerprint });
        }
    }
    println!(
        "\nStrangers of the test halves: {} documents of {} sources, {abstained} more abstain. Pairs of one source\n\
         are alike by origin, and some are copies: those that match and are least alike are shown.",
        documents.len(),
        names.len()
    );
    let mut within = vec![Tally::default(); names.len()];
    let mut across = Tally::default();
    for (at, a) in documents.iter().enumerate() {
        for b in &documents[..at] {
            let tally = if a.source == b.source { &mut within[a.source] } else { &mut across };
            tally.add(a, b);
        }
    }
    println!("{:30} {:>6} {:>9} {:>9}", "matches of pairs", "Likely", "Dispute", "Registry");
    for (name, tally) in names.iter().zip(&within) {
        tally.print(name, SHOWN);
    }
    across.print("of two sources", 12);
    for (level, seen) in ["Likely", "Dispute", "Registry"].iter().zip(across.matches) {
        println!(
            "{level}: at most {:.1e} of pairs of two sources (95 %)",
            highest_rate(seen, across.pairs)
        );
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Tally {
    pairs: usize,
    matches: [usize; 3],
    /// Those that match at the lowest level: by how much, and what they are.
    alike: Vec<(u32, String)>,
}

impl Tally {
    fn add(&mut self, a: &Document, b: &Document) {
        self.pairs += 1;
        if !related(&a.fingerprint, &b.fingerprint, Level::Likely) {
            return;
        }
        for (count, level) in
            self.matches.iter_mut().zip([Level::Likely, Level::Dispute, Level::Registry])
        {
            *count += usize::from(related(&a.fingerprint, &b.fingerprint, level));
        }
        let found = a.fingerprint.compare(&b.fingerprint).expect("one method");
        let passages = found.passages_permille().unwrap_or(0);
        let pair = format!(
            "    {} bits, terms {}, passages {passages}: {} | {}",
            found.distance(),
            found.parts_permille(),
            a.beginning,
            b.beginning
        );
        self.alike.push((passages, pair));
    }

    fn print(&self, name: &str, shown: usize) {
        let [likely, dispute, registry] = self.matches;
        println!("{name:30} {likely:>6} {dispute:>9} {registry:>9} of {} pairs", self.pairs);
        let mut alike: Vec<&(u32, String)> = self.alike.iter().collect();
        alike.sort();
        alike.iter().take(shown).for_each(|(_, pair)| println!("{pair}"));
    }
}
