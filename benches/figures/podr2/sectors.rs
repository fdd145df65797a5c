//! What the number of sectors costs: the sum of tagging, proving and audit reads of one TiB over a
//! term, for each number.

use cess_podr2::{SecretKey, Sectors, measure};

use super::case::{Case, random};
use crate::chart::{Chart, Line};
use crate::figure::{Figure, Unit};
use crate::measure::interleave_runs;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures/podr2-sectors.svg");
const TIB: f64 = 1_099_511_627_776.0;
const FRAGMENT_BYTES: usize = 8 << 20;
const TERM_DAYS: f64 = 180.0;
/// Each day asks for one block of each fragment, in 24 windows: see `Policy::Window`.
const WINDOWS: f64 = 24.0;
/// A solid-state disk: seconds to the first byte, bytes a second.
const DISK: (f64, f64) = (1e-4, 2e9);
/// Nodes that keep the tags of a fragment, as in a code of 4+8.
const KEEPERS: f64 = 12.0;

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    let data = random(FRAGMENT_BYTES);
    let more = data.repeat(5);
    let mut lines: [Vec<(u64, f64)>; 4] = Default::default();
    for exponent in 9..=16 {
        let sectors = Sectors::new(1 << exponent).expect("within the limits");
        let secret = SecretKey::from_seed(&[7; 32], sectors);
        let case = Case::new(sectors, &[7], &data);
        let [tag, short, long, msm] = interleave_runs(
            9,
            [
                &mut || drop(secret.tag(0, &data)),
                &mut || measure::combine(sectors, &data, true),
                &mut || measure::combine(sectors, &more, true),
                &mut || measure::msm(&case.provings[0], true),
            ],
        );
        // The sums of a byte, and what a proof takes whatever the number of blocks.
        let sums = ((long - short) / (more.len() - data.len()) as f64).max(0.0);
        let proof = (short - sums * data.len() as f64).max(0.0) + msm;
        let fragments = TIB / FRAGMENT_BYTES as f64;
        let block = sectors.block_bytes() as f64;
        let blocks = fragments * TERM_DAYS;
        let tagging = tag * fragments;
        let proving = sums * block * blocks + proof * WINDOWS * TERM_DAYS;
        let reads = blocks * (DISK.0 + block / DISK.1);
        let s = sectors.get();
        for (at, (op, seconds)) in [
            ("tagging", tagging),
            ("proving", proving),
            ("reads", reads),
            ("sum", tagging + proving + reads),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("{op}/s={s}/days={TERM_DAYS}/bytes={TIB}");
            emit(Figure::new(name, seconds, Unit::Seconds));
            lines[at].push((u64::from(s), seconds));
        }
        // Tags of all siblings, of the data.
        let share = KEEPERS * 48.0 / block * 100.0;
        emit(Figure::new(format!("kept_tags/s={s}"), share, Unit::Percent));
    }
    draw(lines);
}

fn draw(lines: [Vec<(u64, f64)>; 4]) {
    let names = ["tagging, once", "proving, each day", "reading, each day", "sum"];
    let series = names.into_iter().zip(lines);
    let lines: Vec<Line> = series.map(|(name, points)| Line { name, points }).collect();
    let labels: Vec<(u64, String)> = (9..=16).map(|e| (1 << e, (1 << e).to_string())).collect();
    let across: Vec<(u64, &str)> = labels.iter().map(|(s, label)| (*s, &**label)).collect();
    let title = "1 TiB over 180 days, by the number of sectors in a block";
    let chart = Chart { title, unit: "s", across: &across, lines: &lines };
    if let Err(error) = chart.write(CHART.as_ref()) {
        println!("# no chart: {error}");
    }
}
