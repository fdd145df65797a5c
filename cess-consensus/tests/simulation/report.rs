//! The table and the chart of docs/security, made from the outcomes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::run::Outcome;

/// Set to write the files instead of comparing them.
const WRITE: &str = "CESS_CONSENSUS_WRITE";

const BEGIN: &str = "<!-- simulation: written by the test, see below -->\n";
const END: &str = "<!-- end of simulation -->";

/// `None` where the crate stands alone, without the project's documents.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security");
    folder.join("consensus.md").is_file().then_some(folder)
}

pub(crate) fn compare(outcomes: &[Outcome]) {
    let (table, chart) = (table(outcomes), chart(outcomes));
    let Some(folder) = folder() else { return };
    let (page, svg) = (folder.join("consensus.md"), folder.join("consensus-simulation.svg"));
    let text = std::fs::read_to_string(&page).expect("readable");
    let (head, rest) = text.split_once(BEGIN).expect("the page has a place for the table");
    let (said, tail) = rest.split_once(END).expect("the place ends");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&page, format!("{head}{BEGIN}{table}{END}{tail}")).expect("writable");
        std::fs::write(&svg, chart).expect("writable");
        return;
    }
    assert_eq!(said, table, "run the test with {WRITE}=1 and look at what changed");
    assert_eq!(std::fs::read_to_string(&svg).expect("readable"), chart);
}

fn percent(permille: u64) -> String {
    format!("{}.{} %", permille / 10, permille % 10)
}

fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "\n| adversary | its stake | its seats | rounds with ≥ 4 / ≥ 5 of it on duty | rounds without a quorum of votes | \
         stayed | pool asked again | forks by the committee / the pool | jailed | banned | seats of an honest candidate: \
         least, mean, most |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for o in outcomes {
        let (seats, stake) = o.adversary_permille();
        let (least, mean, most) = o.spread();
        writeln!(
            text,
            "| {} | {} | {} | {} / {} | {} | {} | {} | {} / {} | {} | {} | {least}, {mean}, {most} |",
            o.name,
            percent(stake),
            percent(seats),
            o.four_or_more,
            o.five_or_more,
            o.stalled,
            o.stayed,
            o.waited,
            o.committee_forks,
            o.pool_forks,
            o.jailed,
            o.slashed,
        )
        .expect("a string takes it");
    }
    text.push('\n');
    text
}

/// Two bars a scenario, stake and seats; and a third for rounds without a quorum.
fn chart(outcomes: &[Outcome]) -> String {
    const ROW: u64 = 64;
    const LEFT: u64 = 190;
    let width = 760;
    let height = 70 + ROW * outcomes.len() as u64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let mut line = |text: String| {
        svg.push_str(&text);
        svg.push('\n');
    };
    let bars = [
        ("#8a8f98", "share of the stake"),
        ("#2f6db5", "share of the seats"),
        ("#c8553d", "rounds without a quorum"),
    ];
    for (at, (colour, name)) in (0_u64..).zip(bars) {
        let x = LEFT + at * 165;
        line(format!("<rect x=\"{x}\" y=\"14\" width=\"12\" height=\"12\" fill=\"{colour}\"/>"));
        line(format!("<text x=\"{}\" y=\"25\">{name}</text>", x + 18));
    }
    // One per mille is one unit: half of everything is 500 wide.
    for percent in [0, 10, 20, 30, 40, 50] {
        let x = LEFT + percent * 10;
        line(format!(
            "<line x1=\"{x}\" y1=\"40\" x2=\"{x}\" y2=\"{}\" stroke=\"#dddddd\"/>",
            height - 24
        ));
        line(format!(
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{percent} %</text>",
            height - 8
        ));
    }
    for (at, outcome) in (0_u64..).zip(outcomes) {
        let y = 48 + at * ROW;
        let (seats, stake) = outcome.adversary_permille();
        line(format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 8,
            y + 28,
            outcome.name
        ));
        for (row, (value, (colour, _))) in
            (0_u64..).zip([stake, seats, outcome.stalled_permille()].into_iter().zip(bars))
        {
            line(format!(
                "<rect x=\"{LEFT}\" y=\"{}\" width=\"{}\" height=\"12\" fill=\"{colour}\"/>",
                y + row * 15,
                value.min(560)
            ));
        }
    }
    svg.push_str("</svg>\n");
    svg
}
