//! Files that their owner alone can read, and the seeds in them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::{Failure, at};

/// 32 secret bytes, wiped when they are dropped.
pub(crate) type Seed = Zeroizing<[u8; 32]>;

pub(crate) fn draw(rng: &mut impl CryptoRng) -> Seed {
    let mut seed = Seed::default();
    rng.fill_bytes(&mut *seed);
    seed
}

/// The seed that an earlier run left at `path`, or a new one that is kept there.
pub(crate) fn load_or_draw(path: &Path, rng: &mut impl CryptoRng) -> Result<Seed, Failure> {
    if path.exists() {
        return load(path);
    }
    let seed = draw(rng);
    save(path, &*seed)?;
    Ok(seed)
}

pub(crate) fn load(path: &Path) -> Result<Seed, Failure> {
    let failed = |error| at(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() != 32 {
        return Err(Failure(format!("{}: not a key", path.display())));
    }
    let mut seed = Seed::default();
    file.read_exact(&mut *seed).map_err(failed)?;
    Ok(seed)
}

/// Writes a file of mode 0600, synced, whole or not at all.
///
/// # Errors
/// [`Failure`] when it can't be written.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    write(path, &PathBuf::from(draft), bytes).map_err(|error| at(path, &error))
}

fn write(path: &Path, draft: &Path, bytes: &[u8]) -> io::Result<()> {
    // One that a kill left half written, perhaps with another mode.
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create(draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, path)?;
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
