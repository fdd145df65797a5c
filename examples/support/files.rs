//! Files that go in and come back.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use cess_client::Error;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::{Failure, hex};

/// Makes a file of a little more than 70 MiB of noise below `dir`.
///
/// # Errors
/// [`Failure`] when it can't be written.
pub fn made_up_file(dir: &Path) -> Result<PathBuf, Failure> {
    let path = dir.join("made-up-file");
    let mut out = BufWriter::new(File::create(&path).map_err(|e| at(&path, &e))?);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut chunk = vec![0; 1 << 20];
    for _ in 0..70 {
        rng.fill_bytes(&mut chunk);
        out.write_all(&chunk)?;
    }
    out.write_all(b"the end")?;
    out.flush()?;
    Ok(path)
}

/// BLAKE3 of both files, which must be equal byte by byte.
///
/// # Errors
/// [`Failure`] when they aren't, or can't be read.
pub fn compare(original: &Path, copy: &Path) -> Result<String, Failure> {
    let mut left = BufReader::new(File::open(original).map_err(|e| at(original, &e))?);
    let mut right = BufReader::new(File::open(copy).map_err(|e| at(copy, &e))?);
    let (mut hasher, mut a, mut b) = (blake3::Hasher::new(), vec![0; 1 << 20], Vec::new());
    loop {
        let count = left.read(&mut a)?;
        b.resize(count, 0);
        right.read_exact(&mut b).map_err(|_| Failure("what came back is shorter".into()))?;
        expect(a[..count] == b[..], "what came back differs")?;
        if count == 0 {
            break;
        }
        hasher.update(&b);
    }
    expect(right.read(&mut a)? == 0, "what came back is longer")?;
    Ok(hex(hasher.finalize().as_bytes()))
}

/// BLAKE3 of a file.
///
/// # Errors
/// [`Failure`] when it can't be read.
pub fn root(path: &Path) -> Result<String, Failure> {
    let mut hasher = blake3::Hasher::new();
    let read = File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ()));
    read.map_err(|e| at(path, &e))?;
    Ok(hex(hasher.finalize().as_bytes()))
}

/// Ends the story unless `holds`.
///
/// # Errors
/// [`Failure`] that says `otherwise`.
pub fn expect(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure(otherwise.into())) }
}

/// A file that remembers how it failed: the kind of a failing disk's error says nothing.
#[derive(Debug)]
pub struct Watched<'a> {
    /// The file.
    pub file: File,
    /// How it failed last.
    pub failure: &'a Mutex<Option<io::Error>>,
}

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into).map_err(|error| {
            let kind = error.kind();
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            kind.into()
        })
    }
}

/// Names the file that could not be written.
pub fn unwritten(path: &Path, error: Error) -> Failure {
    let hint = error.hint();
    match error {
        Error::Sink(kind) => Failure(format!("{}: {kind} ({hint})", path.display())),
        other => other.into(),
    }
}

/// A failure at a path.
pub fn at(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}
