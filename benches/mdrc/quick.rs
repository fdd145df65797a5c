//! Recalls as `FIGURE` lines, on a few documents: `cargo xtask figures mdrc` ends with them.

use crate::corpus::{self, Set};
use crate::report::methods;
use crate::trial::{Scores, Trial};

const DOCUMENTS: usize = 60;
const CHAPTERS: usize = 200;
/// What so few strangers can show.
const RATE: f64 = 1e-4;

pub(crate) fn figures() -> Result<(), String> {
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
