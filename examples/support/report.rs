//! Figures for people.

use std::time::Duration;

/// What one stage cost.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// Bytes on all nodes after it.
    pub stored: u64,
    /// Bytes of the proofs made in it.
    pub proofs: u64,
    /// Bytes of data that went through it.
    pub bytes: u64,
    /// How long it took.
    pub time: Duration,
}

/// A table of stages.
pub fn table(stages: &[Stage]) -> String {
    let mut out = format!(
        "{:<28}{:>14}{:>12}{:>12}{:>12}{:>10}\n",
        "stage", "on the nodes", "proofs", "data", "time", "MB/s"
    );
    for stage in stages {
        let seconds = stage.time.as_secs_f64();
        let speed = stage.bytes as f64 / 1e6 / seconds.max(1e-9);
        let speed = if stage.bytes == 0 { "-".into() } else { format!("{speed:.1}") };
        out += &format!(
            "{:<28}{:>14}{:>12}{:>12}{:>10.2} s{:>10}\n",
            stage.name,
            human(stage.stored),
            human(stage.proofs),
            human(stage.bytes),
            seconds,
            speed
        );
    }
    out
}

/// Bytes with a unit.
pub fn human(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 32 bytes from hexadecimal.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
