use std::path::Path;

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::decode;
use crate::{Edge, Error, Registration, Sketch, StoreFault};

/// The version of the format, under the key "version"; the next number, under "next".
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const REGISTRATIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("registrations");
const SKETCHES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("sketches");
/// By the later number, then the earlier.
const EDGES: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("edges");

const VERSION: u64 = 1;
/// Bytes of pages that are kept in memory.
const CACHE_LEN: usize = 64 << 20;

/// The tables of a registry; docs/formats/mdrc.md has them.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        Self::ready(builder().create(path).map_err(fault)?)
    }

    pub(super) fn in_memory() -> Result<Self, Error> {
        Self::ready(builder().create_with_backend(InMemoryBackend::new()).map_err(fault)?)
    }

    /// Makes the tables where there are none, and refuses those of another version.
    fn ready(database: Database) -> Result<Self, Error> {
        let store = Self { database };
        let version = store.change(|tables| {
            let found = tables.meta.get("version")?.map(|version| version.value());
            if found.is_none() {
                tables.meta.insert("version", VERSION)?;
                tables.meta.insert("next", 0)?;
            }
            Ok(found.unwrap_or(VERSION))
        })?;
        if version == VERSION {
            return Ok(store);
        }
        let got = u8::try_from(version).unwrap_or(u8::MAX);
        Err(Error::Version { expected: 1, got })
    }

    /// Everything or nothing of `work` is done, and on disk when this returns.
    fn change<T>(
        &self,
        work: impl FnOnce(&mut Tables<'_>) -> Result<T, redb::Error>,
    ) -> Result<T, Error> {
        let run = || -> Result<T, redb::Error> {
            let mut transaction = self.database.begin_write()?;
            // Strangers choose what is registered: which commit is valid may not hang on a
            // checksum that isn't cryptographic.
            transaction.set_two_phase_commit(true);
            let done = {
                let mut tables = Tables {
                    meta: transaction.open_table(META)?,
                    registrations: transaction.open_table(REGISTRATIONS)?,
                    sketches: transaction.open_table(SKETCHES)?,
                    edges: transaction.open_table(EDGES)?,
                };
                work(&mut tables)?
            };
            transaction.commit()?;
            Ok(done)
        };
        run().map_err(fault)
    }

    pub(super) fn insert(
        &self,
        registration: &Registration,
        sketch: &Sketch,
        edges: &[Edge],
    ) -> Result<(), Error> {
        let number = registration.number;
        self.change(|tables| {
            tables.registrations.insert(number, registration.to_bytes().as_slice())?;
            tables.sketches.insert(number, sketch.to_bytes().as_slice())?;
            for edge in edges {
                tables.edges.insert((edge.later, edge.earlier), edge.to_bytes().as_slice())?;
            }
            tables.meta.insert("next", number.saturating_add(1))?;
            Ok(())
        })
    }

    pub(super) fn remove(&self, number: u64, edges: &[(u64, u64)]) -> Result<(), Error> {
        self.change(|tables| {
            tables.registrations.remove(number)?;
            tables.sketches.remove(number)?;
            for edge in edges {
                tables.edges.remove(*edge)?;
            }
            Ok(())
        })
    }

    pub(super) fn get(&self, number: u64) -> Result<Option<(Registration, Sketch)>, Error> {
        let run = || -> Result<_, redb::Error> {
            let transaction = self.database.begin_read()?;
            let registration = transaction.open_table(REGISTRATIONS)?.get(number)?;
            let sketch = transaction.open_table(SKETCHES)?.get(number)?;
            Ok(registration.zip(sketch).map(|(r, s)| (r.value().to_vec(), s.value().to_vec())))
        };
        match run().map_err(fault)? {
            Some((registration, sketch)) => decode(&registration, &sketch).map(Some),
            None => Ok(None),
        }
    }

    /// The number that comes next.
    pub(super) fn next(&self) -> Result<u64, Error> {
        let run = || -> Result<_, redb::Error> {
            Ok(self.database.begin_read()?.open_table(META)?.get("next")?.map(|next| next.value()))
        };
        run().map_err(fault)?.ok_or(Error::Store { fault: StoreFault::Corrupt })
    }

    /// Hands over every registration, by number.
    pub(super) fn registrations(
        &self,
        mut take: impl FnMut(Registration) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut run = || -> Result<_, redb::Error> {
            let table = self.database.begin_read()?.open_table(REGISTRATIONS)?;
            for entry in table.iter()? {
                let (number, bytes) = entry?;
                let read = Registration::from_bytes(bytes.value());
                match read
                    .and_then(|read| own(read.number == number.value(), read))
                    .and_then(&mut take)
                {
                    Ok(()) => {}
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(()))
        };
        run().map_err(fault)?
    }

    /// Hands over every edge.
    pub(super) fn edges(
        &self,
        mut take: impl FnMut(Edge) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut run = || -> Result<_, redb::Error> {
            let table = self.database.begin_read()?.open_table(EDGES)?;
            for entry in table.iter()? {
                let (ends, bytes) = entry?;
                let read = Edge::from_bytes(bytes.value());
                let own = |read: Edge| own((read.later, read.earlier) == ends.value(), read);
                match read.and_then(own).and_then(&mut take) {
                    Ok(()) => {}
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(()))
        };
        run().map_err(fault)?
    }
}

/// What stands under its own key.
fn own<T>(belongs: bool, value: T) -> Result<T, Error> {
    if belongs { Ok(value) } else { Err(Error::Store { fault: StoreFault::Corrupt }) }
}

struct Tables<'a> {
    meta: redb::Table<'a, &'static str, u64>,
    registrations: redb::Table<'a, u64, &'static [u8]>,
    sketches: redb::Table<'a, u64, &'static [u8]>,
    edges: redb::Table<'a, (u64, u64), &'static [u8]>,
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    // Without the check, redb promises no typed error for a file that was altered.
    builder.set_cache_size(CACHE_LEN).set_check_integrity_on_open(true);
    builder
}

fn fault(error: impl Into<redb::Error>) -> Error {
    let fault = match error.into() {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => StoreFault::Locked,
        redb::Error::Corrupted(_)
        | redb::Error::UpgradeRequired(_)
        | redb::Error::RepairAborted
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TableIsNotMultimap(_)
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableDoesNotExist(_) => StoreFault::Corrupt,
        redb::Error::Io(error) => StoreFault::Io(error.kind()),
        _ => StoreFault::Refused,
    };
    Error::Store { fault }
}
