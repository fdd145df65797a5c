//! A page that shows groups of related files: one HTML file without scripts, that loads nothing but
//! the sound and video files that it plays from their folder.

use std::fmt::Write as _;
use std::path::{Component, Path};

use cess_mdrc::image::Picture;
use cess_mdrc::{Alignment, Format, Simhash, sniff};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage, imageops};

/// A file of a group.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name, which may be anything.
    pub name: String,
    /// The place in the group of the file that it derives from; nothing for the first.
    pub parent: Option<usize>,
    /// How it seems to be related with that one.
    pub relation: String,
    /// Bits between the IDs of the two.
    pub distance: u16,
    /// What they share, in thousandths.
    pub parts_permille: u16,
    /// Where sound or video is the same as in that file.
    pub stretch: Option<Stretch>,
    /// What to show of it.
    pub preview: Preview,
}

/// A stretch in which two recordings are alike, in milliseconds since their starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins and ends in the file that the other one derives from.
    pub there_ms: [u32; 2],
    /// Where it begins and ends in the other one.
    pub here_ms: [u32; 2],
}

impl From<&Alignment> for Stretch {
    fn from(found: &Alignment) -> Self {
        let [there, here] = [0, 1].map(|at| [found.begin_ms()[at], found.end_ms()[at]]);
        Self { there_ms: there, here_ms: here }
    }
}

/// What is shown of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// A JPEG.
    Thumbnail(Vec<u8>),
    /// The beginning of a text.
    Words(String),
    /// A recording, by its address from the page.
    Sound(String),
    /// A video, by its address from the page.
    Film(String),
    /// None of these.
    Nothing,
}

/// A group: its members, the first one first.
#[derive(Debug, Clone)]
pub struct Group {
    /// In the order of their times.
    pub members: Vec<Member>,
    /// Of each its ID.
    pub ids: Vec<Simhash>,
}

/// The longest side of a thumbnail, in pixels.
const THUMBNAIL: u32 = 180;
/// Pictures of more pixels have no thumbnail.
const MAX_PIXELS: u64 = 1 << 26;
/// Larger groups have no table of distances.
const MAX_TABLE: usize = 16;
/// What derives from members so far down stands beside them: browsers give up on deeper lists.
const MAX_DEPTH: usize = 64;

impl Preview {
    /// Of a file's bytes: a picture if it is one that can be decoded, a player of what is at the
    /// address if it is sound or video, else the beginning of a text.
    #[must_use]
    pub fn of(bytes: &[u8], address: Option<String>) -> Self {
        match (sniff(bytes), address) {
            (Format::Audio, Some(address)) => return Self::Sound(address),
            (Format::Video, Some(address)) => return Self::Film(address),
            (Format::Audio | Format::Video, None) => return Self::Nothing,
            _ => {}
        }
        if let Ok(picture) = Picture::decode(bytes, MAX_PIXELS)
            && let Some(jpeg) = thumbnail(&picture)
        {
            return Self::Thumbnail(jpeg);
        }
        let start = &bytes[..bytes.len().min(400)];
        let readable = match std::str::from_utf8(start) {
            Ok(text) => Some(text),
            Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).ok(),
        };
        match readable.map(|text| text.chars().take(160).collect::<String>()) {
            Some(text) if !text.is_empty() && !text.contains('\0') => Self::Words(text),
            _ => Self::Nothing,
        }
    }
}

fn thumbnail(picture: &Picture) -> Option<Vec<u8>> {
    // On white, as the fingerprint takes it.
    let on_white = |sample: u8, alpha: u8| {
        let (sample, alpha) = (u16::from(sample), u16::from(alpha));
        u8::try_from((sample * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let pixel = |sample: &[u8]| match *sample {
        [grey] => [grey; 3],
        [grey, alpha] => [on_white(grey, alpha); 3],
        [r, g, b] => [r, g, b],
        [r, g, b, alpha, ..] => [r, g, b].map(|sample| on_white(sample, alpha)),
        [] => [0; 3],
    };
    let samples = picture.samples().chunks_exact(picture.channels()).flat_map(pixel).collect();
    let (width, height) = (picture.width(), picture.height());
    let full = RgbImage::from_raw(width, height, samples)?;
    let longer = width.max(height);
    let side = |len: u32| (u64::from(len) * u64::from(THUMBNAIL) / u64::from(longer)).max(1);
    let [width, height] = [width, height].map(|len| u32::try_from(side(len)).unwrap_or(1));
    let small = imageops::thumbnail(&full, width, height);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 80)
        .encode(&small, width, height, ExtendedColorType::Rgb8)
        .ok()?;
    Some(jpeg)
}

/// What HTML would take for markup, as text: names and texts come from strangers. Characters that
/// turn the direction of what follows, or mark it unseen, are shown by number.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                let _ = write!(escaped, "[U+{:04X}]", u32::from(c));
            }
            c if c.is_whitespace() => escaped.push(' '),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The address of a file from a page in a folder, both as they are on the disk: relative, so that
/// it can't lead to another machine, each name percent-encoded. Nothing if there is no way from one
/// to the other, or the name isn't Unicode.
#[must_use]
pub fn address(file: &Path, folder: &Path) -> Option<String> {
    let (file, folder) = (file.canonicalize().ok()?, folder.canonicalize().ok()?);
    let (mut down, mut up) = (file.components().peekable(), folder.components().peekable());
    while down.peek().is_some() && down.peek() == up.peek() {
        down.next();
        up.next();
    }
    let mut address = ".".to_owned();
    for component in up {
        let Component::Normal(_) = component else { return None };
        address.push_str("/..");
    }
    for component in down {
        let Component::Normal(name) = component else { return None };
        address.push('/');
        for byte in name.to_str()?.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                address.push(char::from(byte));
            } else {
                let _ = write!(address, "%{byte:02X}");
            }
        }
    }
    Some(address)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            if digit <= chunk.len() {
                text.push(char::from(DIGITS[(word >> (18 - 6 * digit) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2226;--soft:#5d6a72;--line:#d5dce0;--card:#fff;--page:#f4f6f7;--mark:#0b6e4f}\
@media(prefers-color-scheme:dark){:root{--ink:#e6eaec;--soft:#9aa7af;--line:#38434a;--card:#1e2529;--page:#14191c;--mark:#5cc9a2}}\
body{margin:0 auto;max-width:68rem;padding:1.5rem;font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--page)}\
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.05rem;margin:0 0 .75rem;overflow-wrap:anywhere}\
p.sum{margin:0 0 1.5rem;color:var(--soft)}\
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem 1.25rem;margin:0 0 1.25rem}\
ul{list-style:none;margin:0;padding:0}ul ul{margin-left:1.4rem;padding-left:1rem;border-left:2px solid var(--line)}\
li>div{display:flex;gap:.9rem;align-items:center;padding:.4rem 0}\
.see{flex:0 0 132px;height:88px;display:flex;align-items:center;justify-content:center;overflow:hidden;border:1px solid var(--line);border-radius:4px;background:var(--page);color:var(--soft);font-size:10px;line-height:1.3}\
.see.film{flex-basis:240px;height:135px;background:#000}.see video{width:100%;height:100%}\
.see.sound{flex-basis:280px;height:64px;border:0;background:none}.see audio{width:100%}\
.see img{max-width:100%;max-height:100%}.see span{padding:.3rem;overflow-wrap:anywhere;align-self:flex-start}\
.name{font-weight:600;overflow-wrap:anywhere}.how{color:var(--soft)}.how b{color:var(--mark);font-weight:600}\
details{margin-top:.75rem}summary{cursor:pointer;color:var(--soft)}\
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px;margin-top:.5rem}\
td,th{border:1px solid var(--line);padding:.2rem .5rem;text-align:right;font-variant-numeric:tabular-nums}\
th{font-weight:400;color:var(--soft)}th.row{text-align:left;max-width:16rem;overflow-wrap:anywhere}";

/// The page.
#[must_use]
pub fn page(title: &str, files: usize, groups: &[Group]) -> String {
    let related: usize = groups.iter().map(|group| group.members.len()).sum();
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         media-src 'self' file:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"><title>Kin in {title}</title><style>{STYLE}</style></head><body>\n\
         <h1>Kin in {title}</h1><p class=\"sum\">{files} files, {related} of them in {} group{}. Each file \
         stands under the one that it seems to be made from; the first is the oldest.</p>\n",
        groups.len(),
        if groups.len() == 1 { "" } else { "s" },
        title = escape(title),
    );
    for group in groups {
        let first = group.members.first().map_or("", |member| member.name.as_str());
        let count = group.members.len();
        let _ = writeln!(html, "<section><h2>{count} files, first {}</h2>", escape(first));
        tree(&mut html, group);
        if count <= MAX_TABLE {
            table(&mut html, group);
        }
        html.push_str("</section>\n");
    }
    html.push_str("</body></html>\n");
    html
}

/// The members, each over those that derive from it.
fn tree(html: &mut String, group: &Group) {
    let mut derived = vec![Vec::new(); group.members.len()];
    let mut open = Vec::new();
    for (at, member) in group.members.iter().enumerate().rev() {
        // A parent comes before its children, so that there are no circles.
        match member.parent.filter(|parent| *parent < at) {
            Some(parent) => derived[parent].push(at),
            None => open.push(Some((at, 0))),
        }
    }
    html.push_str("<ul>");
    // Not by recursion: a chain may have as many members as a folder has files.
    while let Some(next) = open.pop() {
        let Some((at, depth)) = next else {
            html.push_str("</ul></li>\n");
            continue;
        };
        item(html, group, at, depth > MAX_DEPTH);
        let below = &derived[at];
        if below.is_empty() || depth >= MAX_DEPTH {
            html.push_str("</li>\n");
            open.extend(below.iter().map(|at| Some((*at, MAX_DEPTH + 1))));
        } else {
            html.push_str("\n<ul>");
            open.push(None);
            open.extend(below.iter().map(|at| Some((*at, depth + 1))));
        }
    }
    html.push_str("</ul>\n");
}

/// What there is to say of a member; its list item stays open.
fn item(html: &mut String, group: &Group, at: usize, name_parent: bool) {
    let member = &group.members[at];
    html.push_str("<li><div>");
    see(html, &member.preview);
    let _ = write!(html, "<div><div class=\"name\">{}</div>", escape(&member.name));
    let how = match member.parent.filter(|parent| *parent < at) {
        None => "<b>first</b>".to_owned(),
        Some(parent) => format!(
            "<b>{}</b>{}, {} of 256 bits apart, {} ‰ alike{}",
            escape(&member.relation),
            if name_parent {
                format!(" of {}", escape(&group.members[parent].name))
            } else {
                String::new()
            },
            member.distance,
            member.parts_permille,
            member.stretch.map_or(String::new(), |stretch| stretch.to_string())
        ),
    };
    let _ = write!(html, "<div class=\"how\">{how}</div></div></div>");
}

impl std::fmt::Display for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = |ms: u32| format!("{}:{:04.1}", ms / 60_000, f64::from(ms % 60_000) / 1000.0);
        let [here, there] = [self.here_ms, self.there_ms]
            .map(|[from, to]| format!("{} to {}", time(from), time(to)));
        write!(f, "; {here} here is {there} there")
    }
}

fn see(html: &mut String, preview: &Preview) {
    let class = match preview {
        Preview::Sound(_) => "see sound",
        Preview::Film(_) => "see film",
        _ => "see",
    };
    let _ = write!(html, "<div class=\"{class}\">");
    match preview {
        Preview::Sound(address) => {
            let source = escape(address);
            let _ = write!(html, "<audio controls preload=\"metadata\" src=\"{source}\"></audio>");
        }
        Preview::Film(address) => {
            let source = escape(address);
            let _ = write!(html, "<video controls preload=\"metadata\" src=\"{source}\"></video>");
        }
        Preview::Thumbnail(jpeg) => {
            let _ = write!(html, "<img alt=\"\" src=\"data:image/jpeg;base64,{}\">", base64(jpeg));
        }
        Preview::Words(words) => {
            let _ = write!(html, "<span>{}</span>", escape(words));
        }
        Preview::Nothing => html.push_str("no preview"),
    }
    html.push_str("</div>");
}

fn table(html: &mut String, group: &Group) {
    html.push_str("<details><summary>Bits between the IDs of each two</summary><div class=\"scroll\"><table><tr><th></th>");
    (1..=group.members.len()).for_each(|number| {
        let _ = write!(html, "<th>{number}</th>");
    });
    html.push_str("</tr>");
    for (at, (member, id)) in group.members.iter().zip(&group.ids).enumerate() {
        let name = Path::new(&member.name)
            .file_name()
            .map_or(member.name.as_str().into(), |name| name.to_string_lossy());
        let _ = write!(html, "<tr><th class=\"row\">{} {}</th>", at + 1, escape(&name));
        group.ids.iter().for_each(|other| {
            let _ = write!(html, "<td>{}</td>", id.distance(other));
        });
        html.push_str("</tr>");
    }
    html.push_str("</table></div></details>\n");
}

#[cfg(test)]
mod tests;
