//! Ours and the rivals, one area at a time, interleaved in one process on one thread.
//!
//! `cargo xtask figures [AREA...]` builds and runs this. An area is a file beside this one and a
//! row in [`AREAS`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod chart;
mod client;
mod consensus;
mod erasure;
mod figure;
mod machine;
mod mdrc;
mod measure;
mod podr2;
mod podr2_scale;
mod pre;

use std::process::ExitCode;

use figure::Figure;

/// Measures one area, and hands over each figure when it has it.
type Area = fn(&mut dyn FnMut(Figure));

const AREAS: &[(&str, Area)] = &[
    ("erasure", erasure::run),
    ("podr2", podr2::run),
    ("podr2-growth", podr2_scale::run),
    ("podr2-kinds", podr2::run_kinds),
    ("podr2-sectors", podr2::run_sectors),
    ("pre", pre::run),
    ("podr2-timing", podr2::run_timing),
    ("client", client::run),
    ("consensus", consensus::run),
    #[cfg(feature = "rayon")]
    ("podr2-threads", podr2::run_threads),
    ("mdrc", mdrc::run),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let chosen = match select(&wanted) {
        Ok(chosen) => chosen,
        Err(unknown) => {
            let names: Vec<&str> = AREAS.iter().map(|(name, _)| *name).collect();
            eprintln!("figures: no area is called `{unknown}`; there are {}", names.join(", "));
            return ExitCode::from(2);
        }
    };
    println!("{}", machine::describe());
    for (name, run) in chosen {
        run(&mut |figure| println!("FIGURE {name}.{figure}"));
    }
    ExitCode::SUCCESS
}

/// All areas when none is named.
fn select(wanted: &[String]) -> Result<Vec<&'static (&'static str, Area)>, String> {
    if let Some(unknown) = wanted.iter().find(|w| AREAS.iter().all(|(name, _)| name != *w)) {
        return Err(unknown.clone());
    }
    let chosen = |name| wanted.is_empty() || wanted.iter().any(|w| w == name);
    Ok(AREAS.iter().filter(|(name, _)| chosen(*name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &[&str]) -> Result<Vec<&'static str>, String> {
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        Ok(select(&wanted)?.iter().map(|(name, _)| *name).collect())
    }

    #[test]
    fn runs_the_areas_that_are_named_or_all() {
        assert_eq!(names(&["podr2"]), Ok(vec!["podr2"]));
        assert_eq!(names(&[]).map(|names| names.len()), Ok(AREAS.len()));
    }

    #[test]
    fn refuses_an_area_that_does_not_exist() {
        assert_eq!(names(&["podr2", "pord2"]), Err("pord2".to_owned()));
    }
}
