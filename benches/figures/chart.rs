//! A chart of a few lines, both axes logarithmic, as SVG.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 590.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 360.0;
const COLOURS: [&str; 4] = ["#1b5e9e", "#c2410c", "#6b9bc9", "#e8a17c"];

pub(crate) struct Line {
    pub(crate) name: &'static str,
    /// What lies across, and the value.
    pub(crate) points: Vec<(u64, f64)>,
}

pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    /// Of the values.
    pub(crate) unit: &'a str,
    /// Values across and what they are called, rising.
    pub(crate) across: &'a [(u64, &'a str)],
    pub(crate) lines: &'a [Line],
}

impl Chart<'_> {
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, self.svg())
    }

    fn svg(&self) -> String {
        let times = || self.lines.iter().flat_map(|line| &line.points).map(|(_, ms)| ms.log10());
        let low = times().fold(f64::INFINITY, f64::min).floor();
        let high = times().fold(f64::NEG_INFINITY, f64::max).ceil().max(low + 1.0);
        let first = self.across.first().map_or(0.0, |(bytes, _)| log(*bytes));
        let last = self.across.last().map_or(1.0, |(bytes, _)| log(*bytes));
        let x = |bytes: u64| LEFT + (log(bytes) - first) / (last - first) * (RIGHT - LEFT);
        let y = |ms: f64| BOTTOM - (ms.log10() - low) / (high - low) * (BOTTOM - TOP);

        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
             <text x=\"{LEFT}\" y=\"26\" font-size=\"15\">{}</text>\n",
            self.title
        );
        let mut put = |line: String| {
            out.push_str(&line);
            out.push('\n');
        };
        let mut decade = low;
        while decade <= high {
            let (ms, grey) = (10_f64.powf(decade), "stroke=\"#dddddd\"");
            let at = y(ms);
            put(format!("<path d=\"M{LEFT} {at:.1}H{RIGHT}\" {grey}/>"));
            let (beside, below) = (LEFT - 8.0, at + 4.0);
            put(format!(
                "<text x=\"{beside}\" y=\"{below:.1}\" text-anchor=\"end\">{ms} {}</text>",
                self.unit
            ));
            decade += 1.0;
        }
        for (bytes, label) in self.across {
            let (at, below) = (x(*bytes), BOTTOM + 20.0);
            put(format!("<path d=\"M{at:.1} {TOP}V{BOTTOM}\" stroke=\"#eeeeee\"/>"));
            put(format!("<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{label}</text>"));
        }
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let mut path = String::new();
            for (at, (bytes, ms)) in line.points.iter().enumerate() {
                let step = if at == 0 { 'M' } else { 'L' };
                // Writing to a string doesn't fail.
                let _ = write!(path, "{step}{:.1} {:.1}", x(*bytes), y(*ms));
            }
            put(format!(
                "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
            ));
            for (bytes, ms) in &line.points {
                let (x, y) = (x(*bytes), y(*ms));
                put(format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"));
            }
            if let Some((bytes, ms)) = line.points.last() {
                let (x, y) = (x(*bytes) + 8.0, y(*ms) + 4.0);
                let name = line.name;
                put(format!("<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{name}</text>"));
            }
        }
        put("</svg>".to_owned());
        out
    }
}

#[expect(clippy::cast_precision_loss, reason = "for the eye")]
fn log(bytes: u64) -> f64 {
    (bytes as f64).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_is_further_right_and_slower_is_further_up() {
        let line = Line { name: "a line", points: vec![(10, 1.0), (1000, 100.0)] };
        let chart = Chart {
            title: "t",
            unit: "ms",
            across: &[(10, "ten"), (1000, "many")],
            lines: &[line],
        };
        let svg = chart.svg();
        assert!(svg.contains("<path d=\"M70.0 360.0L590.0 50.0\""), "{svg}");
        assert!(svg.contains(">ten</text>") && svg.contains(">many</text>"));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }
}
