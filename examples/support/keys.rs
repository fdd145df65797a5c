//! Keys in files that their owner alone can read.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
};

use crate::{Failure, at};

/// Writes a seed to a new file of mode 0600.
pub(crate) fn save(path: &Path, seed: &[u8; 32]) -> Result<(), Failure> {
    let mut file = create(path).map_err(|error| at(path, &error))?;
    file.write_all(seed).and_then(|()| file.sync_all()).map_err(|error| at(path, &error))
}

#[cfg(unix)]
fn create(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

pub(crate) fn load(path: &Path) -> Result<[u8; 32], Failure> {
    let bytes = fs::read(path).map_err(|error| at(path, &error))?;
    bytes.try_into().map_err(|_| Failure(format!("{}: not a key", path.display())))
}
