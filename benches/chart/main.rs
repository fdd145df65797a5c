//! Draws where each code is faster: `cargo run --release -p cess-benches --bin chart > FILE.svg`.
//!
//! Encoding on one thread, a third of the shards parity, 16 KiB each. Codes take turns, and the
//! median of their runs is drawn.

#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use cess_erasure::{Codec, Engine, Geometry};

const SHARD_BYTES: usize = 16 << 10;
const TOTALS: [u16; 9] = [6, 12, 24, 48, 96, 192, 384, 768, 1536];
const RUNS: usize = 9;
/// Bytes of data that a run encodes, at least.
const RUN_BYTES: usize = 16 << 20;

/// Name, colour, and the megabytes of data a second for each of [`TOTALS`] that the code reaches.
type Line = (String, &'static str, Vec<(u16, f64)>);

fn main() {
    let codecs = |total: u16| {
        let (data, parity) = (total - total / 3, total / 3);
        let rs8 = |engine| Codec::with_engine(Geometry::rs8(data, parity).ok()?, engine).ok();
        let leopard = Geometry::leopard16(data, parity).map(Codec::new).ok();
        [rs8(Engine::best()), rs8(Engine::Avx2), leopard]
    };
    let mut lines: [Line; 3] = [
        (format!("rs8, {}", Engine::best()), "#0072b2", Vec::new()),
        ("rs8, avx2".to_owned(), "#56b4e9", Vec::new()),
        ("leopard16".to_owned(), "#d55e00", Vec::new()),
    ];
    for total in TOTALS {
        for (line, speed) in lines.iter_mut().zip(measure(&codecs(total))) {
            line.2.extend(speed.map(|speed| (total, speed)));
        }
    }
    println!("{}", svg(&lines));
}

/// Megabytes a second of each codec that there is.
#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
fn measure(codecs: &[Option<Codec>; 3]) -> [Option<f64>; 3] {
    let mut seconds = [const { Vec::new() }; 3];
    for _ in 0..RUNS {
        for (codec, seconds) in codecs.iter().zip(&mut seconds) {
            let Some(codec) = codec else { continue };
            let geometry = codec.geometry();
            let bytes = geometry.data() * SHARD_BYTES;
            let data: Vec<Vec<u8>> = (0..=u8::MAX)
                .cycle()
                .take(geometry.data())
                .map(|byte| vec![byte; SHARD_BYTES])
                .collect();
            let mut parity = vec![vec![0; SHARD_BYTES]; geometry.parity()];
            let calls = RUN_BYTES.div_ceil(bytes);
            let started = Instant::now();
            for _ in 0..calls {
                codec.encode(black_box(&data), black_box(&mut parity)).expect("equal lengths");
            }
            let speed = (calls * bytes) as f64 / started.elapsed().as_secs_f64() / 1e6;
            seconds.push(speed);
        }
    }
    seconds.map(|mut speeds| {
        speeds.sort_by(f64::total_cmp);
        speeds.get(RUNS / 2).copied()
    })
}

fn svg(lines: &[Line; 3]) -> String {
    // Both axes are logarithmic: shards from 4 to 2048, megabytes a second from 100 to 200,000.
    let x = |total: u16| 70.0 + (f64::from(total).log2() - 2.0) * 60.0;
    let y = |speed: f64| 360.0 - (speed.log10() - 2.0) * 100.0;
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 420\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"720\" height=\"420\" fill=\"white\"/>\n",
    );
    let mut put = |text: std::fmt::Arguments<'_>| {
        out.write_fmt(text).expect("strings take everything");
        out.push('\n');
    };
    for total in TOTALS {
        put(format_args!(
            "<text x=\"{:.0}\" y=\"378\" text-anchor=\"middle\">{total}</text>",
            x(total)
        ));
    }
    for speed in [100, 1000, 10_000, 100_000] {
        let at = y(f64::from(speed));
        put(format_args!(
            "<path d=\"M70 {at:.0}H690\" stroke=\"#ddd\"/><text x=\"64\" y=\"{:.0}\" text-anchor=\"end\">{speed}</text>",
            at + 4.0
        ));
    }
    put(format_args!(
        "<text x=\"380\" y=\"402\" text-anchor=\"middle\">shards, a third of them parity, {} KiB each</text>",
        SHARD_BYTES >> 10
    ));
    put(format_args!("<text x=\"70\" y=\"30\">encoding, MB of data a second, one thread</text>"));
    for (at, (name, colour, points)) in (0u8..).zip(lines) {
        let path: Vec<String> =
            points.iter().map(|(t, speed)| format!("{:.1},{:.1}", x(*t), y(*speed))).collect();
        put(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        ));
        put(format_args!("<text x=\"540\" y=\"{}\" fill=\"{colour}\">{name}</text>", 50 + 18 * at));
    }
    out.push_str("</svg>");
    out
}
