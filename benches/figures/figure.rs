//! One measured number, and the line that says it.

use std::fmt;

/// What is counted; whether more of it is better follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// 10^6 bytes of the data a second.
    MegabytesPerSecond,
    /// Milliseconds for one operation.
    Milliseconds,
    Seconds,
    /// Seconds of sound or pictures for each second.
    RealTime,
    Bytes,
    Percent,
    /// Standard errors.
    Sigma,
}

impl Unit {
    /// From the seconds that one operation over `bytes` bytes takes.
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    pub(crate) fn value(self, seconds: f64, bytes: usize) -> f64 {
        match self {
            Self::MegabytesPerSecond => bytes as f64 / seconds / 1e6,
            Self::Milliseconds => seconds * 1e3,
            Self::Seconds => seconds,
            // Milliseconds of media.
            Self::RealTime => bytes as f64 / 1e3 / seconds,
            Self::Bytes | Self::Percent | Self::Sigma => bytes as f64,
        }
    }

    /// How many times better `ours` is than `rival`.
    fn ratio(self, ours: f64, rival: f64) -> f64 {
        match self {
            Self::MegabytesPerSecond | Self::RealTime => ours / rival,
            Self::Milliseconds | Self::Seconds | Self::Bytes | Self::Percent | Self::Sigma => {
                rival / ours
            }
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MegabytesPerSecond => "MB/s",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::RealTime => "x-real-time",
            Self::Bytes => "B",
            Self::Percent => "%",
            Self::Sigma => "sigma",
        })
    }
}

/// `<op>/<params> <value> <unit>`, and against a rival `ratio=<ours/rival> rival=<name>`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// `op/key=value/key=value`, without a space.
    name: String,
    value: f64,
    unit: Unit,
    rival: Option<(&'static str, f64)>,
}

impl Figure {
    pub(crate) fn new(name: String, value: f64, unit: Unit) -> Self {
        Self { name, value, unit, rival: None }
    }

    /// The rival's number, in the same unit.
    pub(crate) fn against(mut self, rival: &'static str, value: f64) -> Self {
        self.rival = Some((rival, value));
        self
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, unit, rival } = self;
        write!(f, "{name} {} {unit}", Digits(*value))?;
        if let Some((rival, theirs)) = rival {
            write!(f, " ratio={:.2} rival={rival}", unit.ratio(*value, *theirs))?;
        }
        Ok(())
    }
}

/// Three digits that count, and no fewer than all before the point.
struct Digits(f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        let decimals = match value.abs() {
            v if v >= 100.0 || v == 0.0 => 0,
            v if v >= 10.0 => 1,
            v if v >= 1.0 => 2,
            _ => 4,
        };
        write!(f, "{value:.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_value_unit_ratio_and_rival() {
        let figure = Figure::new("encode/code=4+8".to_owned(), 1500.0, Unit::MegabytesPerSecond);
        assert_eq!(figure.to_string(), "encode/code=4+8 1500 MB/s");
        let line = figure.against("other", 3000.0).to_string();
        assert_eq!(line, "encode/code=4+8 1500 MB/s ratio=0.50 rival=other");
    }

    #[test]
    fn a_ratio_over_one_is_better_for_us_in_each_unit() {
        let ratio = |unit, ours, rival| {
            let line = Figure::new("x".to_owned(), ours, unit).against("r", rival).to_string();
            line.split_once("ratio=").unwrap().1.to_owned()
        };
        assert_eq!(ratio(Unit::MegabytesPerSecond, 20.0, 10.0), "2.00 rival=r");
        assert_eq!(ratio(Unit::Milliseconds, 20.0, 10.0), "0.50 rival=r");
        assert_eq!(ratio(Unit::Bytes, 128.0, 256.0), "2.00 rival=r");
    }

    #[test]
    fn a_unit_turns_seconds_into_its_value() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(Unit::MegabytesPerSecond.value(0.5, 2_000_000), 4.0));
        assert!(close(Unit::Milliseconds.value(0.25, 7), 250.0));
        assert!(close(Unit::Bytes.value(0.25, 7), 7.0));
    }

    #[test]
    fn three_digits_count() {
        let shown = [0.0, 0.01234, 1.2345, 12.345, 123.45, 12345.6].map(|v| Digits(v).to_string());
        assert_eq!(shown, ["0", "0.0123", "1.23", "12.3", "123", "12346"]);
    }
}
