//! The tables of `mdrc-bench text`.

use std::fs;

use cess_mdrc::text::{self, Recipe};
use cess_mdrc::{Comparison, Fingerprint, Level, Verdict};

use crate::corpus::{self, Document, Set};
use crate::edits::{EDITS, Edited};
use crate::trial::{Scores, Trial};
use crate::{anchors, chart, media, strangers};

/// At which rate of false positives recalls are stated.
const EDITS_RATE: f64 = 1e-5;
const PARAPHRASE_RATE: f64 = 1e-4;
/// How far a registry looks: `Registry::CANDIDATES`.
const CANDIDATES: u32 = 90;

pub(crate) fn print(file: &Edited) -> Fingerprint {
    printed(file, &Recipe::V1)
}

fn printed(file: &Edited, recipe: &Recipe) -> Fingerprint {
    text::fingerprint_by(&file.bytes, file.format, recipe).expect("documents are valid text")
}

fn compared(a: &Fingerprint, b: &Fingerprint) -> Comparison {
    a.compare(b).expect("one method")
}

pub(crate) fn related(a: &Fingerprint, b: &Fingerprint, level: Level) -> bool {
    matches!(compared(a, b).verdict(level), Verdict::Related(_))
}

fn id(a: &Fingerprint, b: &Fingerprint) -> f64 {
    f64::from(a.certificate().id().distance(&b.certificate().id()))
}

/// What a verdict rests on, as one number: -1 where it reaches the level `Likely`.
fn id_and_sketch(a: &Fingerprint, b: &Fingerprint) -> f64 {
    let found = compared(a, b);
    let parts = f64::from(found.parts_permille());
    let passages = f64::from(found.passages_permille().unwrap_or(0));
    let [first, second] = [a, b].map(|print| &print.sketch().samples()[0]);
    let near = if first.overlap(second).seen < 256 {
        (128.0 - f64::from(found.distance())) / 58.0
    } else {
        0.0
    };
    let short = (parts / 330.0).min(near);
    -(passages / 60.0).max(short).max((parts / 390.0).min(passages / 30.0))
}

/// As the registry searches: the sketch decides of what is near enough.
fn search(a: &Fingerprint, b: &Fingerprint) -> f64 {
    if id(a, b) <= f64::from(CANDIDATES) { id_and_sketch(a, b) } else { 0.0 }
}

pub(crate) fn text() -> Result<(), String> {
    let brown = corpus::brown()?;
    let chapters = corpus::chapters()?;
    let of = |set| -> Vec<(&str, &str)> {
        let chosen = chapters.iter().filter(|(of, ..)| *of == set);
        chosen.map(|(_, a, b)| (a.as_str(), b.as_str())).collect()
    };
    let edits = Trial::edits(&brown, Set::Test);
    let paraphrase = Trial::pairs(&of(Set::Test));
    println!(
        "{} documents, {} edits of each; {} pairs of chapters; all of the test half",
        edits.originals.len(),
        EDITS.len(),
        paraphrase.copies.len()
    );
    let on_edits = methods(&edits);
    let on_pairs = methods(&paraphrase);
    main_table(&on_edits, &on_pairs);
    per_edit(&on_edits)?;
    levels(&edits, &paraphrase);
    thresholds(&Trial::edits(&brown, Set::Tuning), &Trial::pairs(&of(Set::Tuning)));
    crate::thresholds::print()?;
    ablation(&edits, &paraphrase);
    languages()?;
    strangers::table()
}

/// Each method's scores of a trial.
pub(crate) fn methods(trial: &Trial) -> Vec<(&'static str, Scores)> {
    let idf = anchors::idf(trial.originals.iter().map(|file| file.text.as_str()));
    let rare = (trial.originals.len() as f64).ln();
    vec![
        ("ours: ID", trial.score(print, id)),
        ("ours: ID + sketch", trial.score(print, id_and_sketch)),
        ("ours: search", trial.score(print, search)),
        (
            "ISCC-64",
            trial.score(|f| anchors::iscc_text(&f.text, 64), |a, b| anchors::distance(a, b)),
        ),
        (
            "ISCC-256",
            trial.score(|f| anchors::iscc_text(&f.text, 256), |a, b| anchors::distance(a, b)),
        ),
        (
            "simhash-64 word set",
            trial.score(
                |f| anchors::simhash(&f.text, 64, |_, _| 1.0),
                |a, b| anchors::distance(a, b),
            ),
        ),
        (
            "simhash-64 log counts",
            trial.score(
                |f| anchors::simhash(&f.text, 64, |_, count| 1.0 + count.ln()),
                |a, b| anchors::distance(a, b),
            ),
        ),
        (
            "simhash-256 TF-IDF",
            trial.score(
                |f| {
                    anchors::simhash(&f.text, 256, |word, count| {
                        (1.0 + count.ln()) * idf.get(word).copied().unwrap_or(rare)
                    })
                },
                |a, b| anchors::distance(a, b),
            ),
        ),
        ("MinHash-128", trial.score(|f| anchors::minhash(&f.text), anchors::differing)),
    ]
}

fn main_table(on_edits: &[(&str, Scores)], on_pairs: &[(&str, Scores)]) {
    println!(
        "\nRecall in % with 95 % intervals: edits at FPR {EDITS_RATE}, paraphrase at {PARAPHRASE_RATE}"
    );
    println!("{:22} {:>22} {:>22} {:>22}", "", "edits, mean", "typos 5 %", "paraphrase");
    let typos = EDITS.iter().position(|edit| edit.name().starts_with("typos 5"));
    for ((name, edits), (_, pairs)) in on_edits.iter().zip(on_pairs) {
        let threshold = edits.threshold(EDITS_RATE);
        let cell = |scores: &Scores, threshold, edit| scores.found(threshold, edit);
        println!(
            "{name:22} {:>22} {:>22} {:>22}",
            cell(edits, threshold, None),
            cell(edits, threshold, typos),
            cell(pairs, pairs.threshold(PARAPHRASE_RATE), None)
        );
    }
}

fn per_edit(on_edits: &[(&str, Scores)]) -> Result<(), String> {
    println!("\nRecall in % for each edit at FPR {EDITS_RATE}");
    println!(
        "{:22} {}",
        "",
        on_edits.iter().map(|(name, _)| format!("{name:>22}")).collect::<String>()
    );
    let rows: Vec<(&str, Vec<f64>)> = on_edits
        .iter()
        .map(|(name, scores)| {
            let threshold = scores.threshold(EDITS_RATE);
            let of = |edit| scores.found(threshold, Some(edit)).percent();
            (*name, (0..EDITS.len()).map(of).collect())
        })
        .collect();
    for (at, edit) in EDITS.iter().enumerate() {
        let cells: String = rows.iter().map(|(_, values)| format!("{:22.1}", values[at])).collect();
        println!("{:22} {cells}", edit.name());
    }
    let names: Vec<String> = EDITS.iter().map(|edit| edit.name().to_owned()).collect();
    let curves: Vec<(&str, Vec<(f64, f64)>)> =
        on_edits.iter().map(|(name, scores)| (*name, scores.curve())).collect();
    write("text-edits.svg", &chart::bars("Recall of each edit at FPR 1e-5, %", &names, &rows))?;
    write("text-roc.svg", &chart::roc("Sixteen edits of 250 documents", &curves))
}

fn write(name: &str, chart: &str) -> Result<(), String> {
    let path = media::target().join(name);
    fs::write(&path, chart).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("chart {}", path.display());
    Ok(())
}

/// What the verdicts of the library do, at thresholds that were set before.
fn levels(edits: &Trial, pairs: &Trial) {
    println!("\nVerdicts as shipped: recall in %, and unrelated pairs that match");
    for level in [Level::Likely, Level::Dispute, Level::Registry] {
        let verdict = |a: &Fingerprint, b: &Fingerprint| f64::from(u8::from(!related(a, b, level)));
        let (on_edits, on_pairs) = (edits.score(print, verdict), pairs.score(print, verdict));
        println!(
            "{level:?}: edits {:.2}, {} of {} strangers; paraphrase {:.2}, {} of {}",
            on_edits.found(0.5, None).percent(),
            on_edits.false_positives(0.5),
            on_edits.strangers.len(),
            on_pairs.found(0.5, None).percent(),
            on_pairs.false_positives(0.5),
            on_pairs.strangers.len()
        );
    }
}

/// From what the tuning half's strangers score, drawn on to rates that they are too few for.
fn thresholds(edits: &Trial, pairs: &Trial) {
    println!("\nScores of strangers, tuning half (edits; chapters): what thresholds are set from");
    type Statistic = (&'static str, fn(&Fingerprint, &Fingerprint) -> f64);
    let statistics: [Statistic; 3] = [
        ("ID distance", id),
        ("terms, permille", |a, b| -f64::from(compared(a, b).parts_permille())),
        ("passages, permille", |a, b| -f64::from(compared(a, b).passages_permille().unwrap_or(0))),
    ];
    for (name, statistic) in statistics {
        for scores in [edits.score(print, statistic), pairs.score(print, statistic)] {
            let at = |rate| scores.threshold(rate).abs();
            // Drawn straight over the logarithm of the rate, through 1e-3 and 1e-5.
            let slope = (at(1e-5) - at(1e-3)) / 2.0;
            println!(
                "{name:22} 1e-3 {:5.0}  1e-4 {:5.0}  1e-5 {:5.0}  drawn on: 1e-6 {:5.0}  1e-9 {:5.0}",
                at(1e-3),
                at(1e-4),
                at(1e-5),
                at(1e-5) + slope,
                at(1e-5) + 4.0 * slope
            );
        }
    }
}

fn ablation(edits: &Trial, pairs: &Trial) {
    println!(
        "\nWithout a part: recall in % of the ID and of ID + sketch; mean distance of strangers"
    );
    let all = Recipe::V1;
    let variants = [
        ("everything", all.clone()),
        ("no table of weights", Recipe { table: false, ..all.clone() }),
        ("no stems", Recipe { stems: false, ..all.clone() }),
        ("no letters in the ID", Recipe { weights: [16, 0, 8, 8], ..all.clone() }),
        ("no words in the ID", Recipe { weights: [0, 8, 8, 8], ..all.clone() }),
        ("words only, sketch", Recipe { sampled: 0b0001, ..all.clone() }),
        ("letters only, sketch", Recipe { sampled: 0b0010, ..all.clone() }),
        ("passages of 2 words", Recipe { passage_words: 2, ..all.clone() }),
        ("passages of 4 words", Recipe { passage_words: 4, ..all.clone() }),
    ];
    for (name, recipe) in variants {
        let by = |file: &Edited| printed(file, &recipe);
        let (e, p) = (edits.score(by, id), pairs.score(by, id));
        let (es, ps) = (edits.score(by, id_and_sketch), pairs.score(by, id_and_sketch));
        let mean = e.strangers.iter().sum::<f64>() / e.strangers.len() as f64;
        println!(
            "{name:22} edits {:5.1} {:5.1}   paraphrase {:5.1} {:5.1}   strangers {mean:5.1}",
            e.found(e.threshold(EDITS_RATE), None).percent(),
            es.found(es.threshold(EDITS_RATE), None).percent(),
            p.found(p.threshold(PARAPHRASE_RATE), None).percent(),
            ps.found(ps.threshold(PARAPHRASE_RATE), None).percent(),
        );
    }
}

fn languages() -> Result<(), String> {
    println!(
        "\nLanguages: the same edits of the same texts, within {} bits and at the level Likely",
        CANDIDATES
    );
    println!(
        "{:32} {:>22} {:>22} {:>14}",
        "", "ID, recall %", "ID + sketch, recall %", "strangers"
    );
    let names = ["English", "Chinese", "Japanese", "Korean", "Thai", "Arabic", "Russian", "Hindi"];
    let codes = ["eng", "cmn_hans", "jpn", "kor", "tha", "arb", "rus", "hin"];
    for articles in [3, 1] {
        for (name, code) in names.iter().zip(codes) {
            let documents = corpus::declaration(code, articles)?;
            let what = if articles == 1 { "an article" } else { "3 articles" };
            language(&format!("Declaration, {what}: {name}"), &documents);
        }
    }
    for (name, code) in [("English", Some("en")), ("Chinese", Some("zh")), ("Arabic", None)] {
        language(&format!("Quran, a chapter: {name}"), &corpus::suras(code)?);
    }
    Ok(())
}

fn language(name: &str, documents: &[Document]) {
    let trial = Trial::edits(documents, Set::Test);
    let by_id = trial.score(print, id).found(f64::from(CANDIDATES) + 0.5, None);
    let verdicts = trial.score(print, |a, b| f64::from(u8::from(!related(a, b, Level::Likely))));
    println!(
        "{name:32} {:>22} {:>22} {:>6} of {}",
        by_id,
        verdicts.found(0.5, None),
        verdicts.false_positives(0.5),
        verdicts.strangers.len()
    );
}
