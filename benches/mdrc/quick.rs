//! Speeds and recalls as `FIGURE` lines, on a few documents: `cargo xtask figures mdrc` ends with them.

use std::hint::black_box;
use std::time::Instant;

use cess_mdrc::{Format, iscc, text};

use crate::corpus::{self, Set};
use crate::report::methods;
use crate::trial::{Scores, Trial};

const DOCUMENTS: usize = 60;
const CHAPTERS: usize = 200;
/// What so few strangers can show.
const RATE: f64 = 1e-4;

/// Bytes of a text whose speed is measured.
const LONG: usize = 1 << 20;

/// Megabytes a second of texts in different scripts, beside ISCC's Text-Code: the best of several runs
/// of each, turn by turn.
pub(crate) fn speeds() -> Result<(), String> {
    let declaration = |code| -> Result<String, String> {
        let pieces = corpus::declaration(code, 1)?;
        let text = pieces.into_iter().map(|piece| piece.text).collect::<Vec<_>>().join("\n");
        Ok(text.repeat(LONG / text.len().max(1) + 1))
    };
    let english = corpus::brown()?.into_iter().map(|document| document.text).collect();
    let texts = [
        ("english", english),
        ("chinese", declaration("cmn_hans")?),
        ("japanese", declaration("jpn")?),
        ("korean", declaration("kor")?),
        ("arabic", declaration("arb")?),
        ("thai", declaration("tha")?),
    ];
    for (name, text) in texts {
        let end = (0..=LONG.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let text: &str = &text[..end.unwrap_or(0)];
        let mut best = [f64::INFINITY; 2];
        for _ in 0..5 {
            let start = Instant::now();
            let _ = black_box(text::fingerprint(text.as_bytes(), Format::Plain));
            best[0] = best[0].min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            let _ = black_box(iscc::text_code(text, 256));
            best[1] = best[1].min(start.elapsed().as_secs_f64());
        }
        println!(
            "FIGURE mdrc.text/of={name}/len={} {:.1} MB/s ratio={:.2} rival=iscc-text-code",
            text.len(),
            text.len() as f64 / best[0] / 1e6,
            best[1] / best[0]
        );
    }
    Ok(())
}

pub(crate) fn figures() -> Result<(), String> {
    speeds()?;
    let mut brown = corpus::brown()?;
    brown.retain(|document| document.set == Set::Test);
    brown.truncate(DOCUMENTS);
    let chapters = corpus::chapters()?;
    let test = chapters.iter().filter(|(set, ..)| *set == Set::Test).take(CHAPTERS);
    let pairs: Vec<(&str, &str)> = test.map(|(_, a, b)| (a.as_str(), b.as_str())).collect();
    print("edits", &methods(&Trial::edits(&brown, Set::Test)));
    print("paraphrase", &methods(&Trial::pairs(&pairs)));
    Ok(())
}

/// Each of ours against each rival.
fn print(what: &str, methods: &[(&'static str, Scores)]) {
    let recall = |scores: &Scores| scores.found(scores.threshold(RATE), None);
    let ours = |(name, _): &&(&str, Scores)| name.starts_with("ours");
    for (name, scores) in methods.iter().filter(ours) {
        let value = recall(scores);
        for (rival, theirs) in methods.iter().filter(|method| !ours(method)) {
            println!(
                "FIGURE mdrc.recall-{what}/by={}/fpr={RATE}/pairs={} {:.1} % ratio={:.2} rival={}",
                name.trim_start_matches("ours: ").replace(" + ", "+"),
                value.all,
                value.percent(),
                value.percent() / recall(theirs).percent().max(0.05),
                rival.replace(' ', "-")
            );
        }
    }
}
