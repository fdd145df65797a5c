//! Charts as SVG.

use std::fmt::Write as _;

const COLOURS: [&str; 8] =
    ["#0b6e4f", "#08519c", "#bd5734", "#7a3b8f", "#8c6d1f", "#5f6b6d", "#c2255c", "#2b8a9e"];

fn frame(title: &str, width: u32, height: u32, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" \
         fill=\"white\"/>\n<text x=\"60\" y=\"22\" font-size=\"15\">{title}</text>\n{body}</svg>\n"
    )
}

fn legend(body: &mut String, at: usize, x: u32, name: &str) {
    let (y, colour) = (50 + 20 * at as u32, COLOURS[at % COLOURS.len()]);
    let _ = writeln!(
        body,
        "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{colour}\"/><text x=\"{}\" y=\"{}\">{name}</text>",
        y - 10,
        x + 18,
        y
    );
}

/// Recall in per cent over the rate of false positives, that on a logarithmic scale from 1e-6 to 1.
pub(crate) fn roc(title: &str, methods: &[(&str, Vec<(f64, f64)>)]) -> String {
    let x = |rate: f64| 60.0 + (rate.log10() + 6.0) / 6.0 * 520.0;
    let y = |recall: f64| 420.0 - recall / 100.0 * 370.0;
    let mut body = String::new();
    for power in 0..=6 {
        let at = x(10f64.powi(power - 6));
        let _ = writeln!(
            body,
            "<line x1=\"{at:.0}\" y1=\"50\" x2=\"{at:.0}\" y2=\"420\" stroke=\"#ddd\"/><text x=\"{:.0}\" y=\"438\">1e{}</text>",
            at - 12.0,
            power - 6
        );
    }
    for recall in (0..=100).step_by(20) {
        let at = y(f64::from(recall));
        let _ = writeln!(
            body,
            "<line x1=\"60\" y1=\"{at:.0}\" x2=\"580\" y2=\"{at:.0}\" stroke=\"#ddd\"/><text x=\"30\" y=\"{:.0}\">{recall}</text>",
            at + 4.0
        );
    }
    body.push_str(
        "<text x=\"250\" y=\"458\">false positives</text><text x=\"8\" y=\"44\">recall, %</text>\n",
    );
    for (at, (name, curve)) in methods.iter().enumerate() {
        let mut points = String::new();
        for (rate, recall) in curve.iter().copied() {
            let _ = write!(points, "{:.1},{:.1} ", x(rate), y(recall));
        }
        let colour = COLOURS[at % COLOURS.len()];
        let _ = writeln!(
            body,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
        legend(&mut body, at, 600, name);
    }
    frame(title, 800, 470, &body)
}

/// A bar for each method in each group.
pub(crate) fn bars(title: &str, groups: &[String], methods: &[(&str, Vec<f64>)]) -> String {
    let bar = 9;
    let group = bar * methods.len() as u32 + 14;
    let mut body = String::new();
    for (at, name) in groups.iter().enumerate() {
        let top = 50 + at as u32 * group;
        let _ = writeln!(
            body,
            "<text x=\"170\" y=\"{}\" text-anchor=\"end\">{name}</text>",
            top + group / 2
        );
        for (method, (_, values)) in methods.iter().enumerate() {
            let width = values.get(at).copied().unwrap_or(0.0) * 4.0;
            let y = top + method as u32 * bar;
            let colour = COLOURS[method % COLOURS.len()];
            let _ = writeln!(
                body,
                "<rect x=\"180\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                bar - 1
            );
        }
    }
    for (at, (name, _)) in methods.iter().enumerate() {
        legend(&mut body, at, 610, name);
    }
    frame(title, 800, (70 + groups.len() as u32 * group).max(260), &body)
}
