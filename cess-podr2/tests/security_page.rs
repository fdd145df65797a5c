//! The numbers on the page about security are the crate's.

use cess_podr2::Policy;
use cess_podr2::detection::{CONFIDENCES, Damage, LOSSES, SAMPLES, detection_windows, windows_for};

/// Not there in the packed crate.
fn page() -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security/podr2.md");
    std::fs::read_to_string(path).ok()
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |", cells.join(" | "))
}

/// Percent of parts per billion, as short as they are.
fn percent(ppb: u32, decimals: usize) -> String {
    format!("{:.decimals$} %", f64::from(ppb / 1_000_000) / 10.0)
}

#[test]
fn the_security_page_has_the_numbers_of_the_crate() {
    let Some(page) = page() else { return };
    assert_eq!((LOSSES.len(), CONFIDENCES.len()), (6, 5));
    for (loss, samples) in LOSSES.into_iter().zip(SAMPLES) {
        let loss = percent(loss, usize::from(loss < 10_000_000));
        let row = row([loss].into_iter().chain(samples.map(|n| n.to_string())));
        assert!(page.contains(&row), "{row}");
    }
    for (held, lost) in [(24, 34), (24, 1), (131_072, 34), (131_072, 17), (131_072, 1)] {
        let damage = Damage { held, blocks: 34, lost };
        let found = detection_windows(Policy::AUDIT, damage, 24).expect("a loss");
        let windows = windows_for(Policy::AUDIT, damage, 990_000_000).expect("a loss");
        let numbers = [held, 34, lost].map(|n| n.to_string()).into_iter();
        let last = [percent(found, 1), windows.expect("at last").to_string()];
        let row = row(numbers.chain(last));
        assert!(page.contains(&row), "{row}");
    }
}
