//! `cargo xtask mdrc-bench text`: how well fingerprints find what was changed, beside what others
//! make of the same documents in the same run; `mdrc-bench thresholds` is the part of it that verdicts are set
//! from; `mdrc-bench data` the same for bytes. `mdrc-bench figures`
//! is a quick form of it, `mdrc-bench image [FOLDER]` the same for photos (those beside the checkout and
//! of packages, or all of a folder), `mdrc-bench image-tuning` the part of it that their verdicts are set from, `mdrc-bench video [FOLDER]` for clips, which `ffmpeg` transforms, `mdrc-bench audio [FOLDER]` for recordings
//! (`audio-tuning` on the half that numbers were chosen on), `mdrc-bench table FILE` makes the table of weights, and
//! `mdrc-bench centre FILE` what the values of recordings are centred by.
//!
//! Thresholds and numbers were chosen on the tuning half of the documents; recalls are of the other half. Whatever is downloaded lies in the target folder.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "counts of a few millions and shares of them"
)]

mod anchors;
mod bytes;
mod chart;
mod corpus;
mod edits;
mod media;
mod pictures;
mod quick;
mod recordings;
mod report;
mod strangers;
mod table;
mod thresholds;
mod trial;
mod videos;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["text"] => report::text(),
        ["thresholds"] => thresholds::print(),
        ["data"] => bytes::data(),
        ["figures"] => quick::figures(),
        ["audio"] => recordings::audio(None),
        ["audio", folder] => recordings::audio(Some(folder)),
        ["audio-tuning"] => recordings::tune(),
        ["centre", file] => recordings::centre().and_then(|bytes| save(file, &bytes)),
        ["image"] => pictures::image(None),
        ["image-tuning"] => pictures::tune(),
        ["image", folder] => pictures::image(Some(folder)),
        ["video"] => videos::video(None),
        ["video", folder] => videos::video(Some(folder)),
        ["table", file] => table::make().and_then(|bytes| save(file, &bytes)),
        _ => {
            eprintln!(
                "usage: mdrc-bench text | thresholds | data | image [FOLDER] | image-tuning | audio [FOLDER] | audio-tuning | video [FOLDER] | figures | table FILE | centre FILE"
            );
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Without network or packages there is nothing to measure; that is no failure.
        Err(reason) => {
            println!("SKIPPED mdrc-bench: {reason}");
            ExitCode::SUCCESS
        }
    }
}

fn save(file: &str, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(file, bytes).map_err(|error| format!("{file}: {error}"))
}
