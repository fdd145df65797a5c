//! A chain in a file, docs/formats/client-chain.md.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use borsh::{BorshDeserialize, BorshSerialize};
use cess_ledger::{AccountId, Block, Event, State, apply};
use redb::{
    Builder, Database, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction,
};

use super::store::{Done, Place};
use crate::ChainFault;

const FORMAT: u32 = 3;
/// Blocks from one snapshot of the state to the next: what opening repeats at most.
pub(super) const SNAPSHOT_EVERY: u64 = 256;
/// Memory for pages of the file, bytes.
const CACHE_LEN: usize = 16 << 20;

type Numbered = TableDefinition<'static, u64, &'static [u8]>;

const META: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("meta");
const BLOCKS: Numbered = TableDefinition::new("blocks");
const EVENTS: Numbered = TableDefinition::new("events");
const STATES: Numbered = TableDefinition::new("states");
const CALLS: TableDefinition<'static, (&'static [u8; 32], u64), &'static [u8]> =
    TableDefinition::new("calls");

pub(super) struct Disk(Database);

impl Disk {
    /// Opens a chain, or begins one, and gives its latest state.
    pub(super) fn open(path: &Path, genesis: &State) -> Result<(Self, State), ChainFault> {
        if !is_there(path)? {
            // Made under another name, so that one cut short is never taken for a damaged one.
            // Whoever has made the file has its lock, and so `path` to itself.
            let draft = Self::draft(&with_suffix(path, ".new"))?;
            if !is_there(path)? {
                draft.begin(genesis)?;
                fs::rename(with_suffix(path, ".new"), path).map_err(fault)?;
                sync_folder(path)?;
                return Ok((draft, genesis.clone()));
            }
        }
        Self::resume(path)
    }

    /// Opens a chain that is there.
    pub(super) fn resume(path: &Path) -> Result<(Self, State), ChainFault> {
        if !is_there(path)? {
            return Err(ChainFault::NotFound);
        }
        let disk = Self(builder().open(path).map_err(fault)?);
        let state = disk.load()?;
        Ok((disk, state))
    }

    /// An empty database; what an earlier run left there is thrown away.
    fn draft(path: &Path) -> Result<Self, ChainFault> {
        if is_there(path)? {
            match builder().open(path).map(drop).map_err(fault) {
                Ok(()) | Err(ChainFault::Damaged) => fs::remove_file(path).map_err(fault)?,
                Err(other) => return Err(other),
            }
        }
        Ok(Self(builder().create(path).map_err(fault)?))
    }

    /// A chain that lies on `backend`, or begins there.
    #[cfg(test)]
    pub(super) fn on(
        backend: impl redb::StorageBackend,
        genesis: &State,
    ) -> Result<(Self, State), ChainFault> {
        let disk = Self(builder().create_with_backend(backend).map_err(fault)?);
        let read = disk.0.begin_read().map_err(fault)?;
        if read.list_tables().map_err(fault)?.next().is_none() {
            disk.begin(genesis)?;
        }
        let state = disk.load()?;
        Ok((disk, state))
    }

    #[cfg(test)]
    pub(super) fn snapshots(&self) -> Result<Vec<u64>, ChainFault> {
        let read = self.0.begin_read().map_err(fault)?;
        let states = read.open_table(STATES).map_err(fault)?;
        let heights = states.iter().map_err(fault)?.map(|entry| Ok(entry?.0.value()));
        heights.collect::<Result<_, redb::StorageError>>().map_err(fault)
    }

    fn begin(&self, genesis: &State) -> Result<(), ChainFault> {
        self.write(|write| {
            let mut meta = write.open_table(META).map_err(fault)?;
            meta.insert("format", &FORMAT.to_le_bytes()[..]).map_err(fault)?;
            meta.insert("chain", &genesis.params().chain_id[..]).map_err(fault)?;
            write.open_table(BLOCKS).map_err(fault)?;
            write.open_table(CALLS).map_err(fault)?;
            let height = genesis.height();
            put(&mut write.open_table(EVENTS).map_err(fault)?, height, &Vec::<Event>::new())?;
            put(&mut write.open_table(STATES).map_err(fault)?, height, genesis)
        })
    }

    /// The latest state: the last snapshot and the blocks since.
    fn load(&self) -> Result<State, ChainFault> {
        let read = self.0.begin_read().map_err(fault)?;
        let meta = read.open_table(META).map_err(fault)?;
        let field = |name| meta.get(name).map_err(fault)?.ok_or(ChainFault::Damaged);
        let got = decode(field("format")?.value())?;
        if got != FORMAT {
            return Err(ChainFault::Format { expected: FORMAT, got });
        }
        let chain_id: [u8; 32] = decode(field("chain")?.value())?;

        let states = read.open_table(STATES).map_err(fault)?;
        let (height, state) = states.last().map_err(fault)?.ok_or(ChainFault::Damaged)?;
        let mut state: State = decode(state.value())?;
        if state.height() != height.value() || state.params().chain_id != chain_id {
            return Err(ChainFault::Damaged);
        }
        let blocks = read.open_table(BLOCKS).map_err(fault)?;
        let next = state.height().checked_add(1).ok_or(ChainFault::Damaged)?;
        for entry in blocks.range(next..).map_err(fault)? {
            let (height, block) = entry.map_err(fault)?;
            let height = height.value();
            let outcome = apply(&mut state, &decode::<Block>(block.value())?);
            let outcome = outcome.map_err(|_| ChainFault::Damaged)?;
            let mut events = outcome.begin;
            let other = |_| ChainFault::OtherRules { height };
            for did in outcome.results {
                events.extend(did.map_err(other)?);
            }
            if state.height() != height || self.events(height)?.as_ref() != Some(&events) {
                return Err(ChainFault::OtherRules { height });
            }
        }
        state.check_invariants().map_err(|_| ChainFault::Damaged)?;
        Ok(state)
    }

    pub(super) fn commit(
        &self,
        block: &Block,
        events: &[Event],
        done: &[Done],
        state: &State,
    ) -> Result<(), ChainFault> {
        self.write(|write| {
            put(&mut write.open_table(BLOCKS).map_err(fault)?, block.height, block)?;
            put(&mut write.open_table(EVENTS).map_err(fault)?, block.height, events)?;
            let mut calls = write.open_table(CALLS).map_err(fault)?;
            for Done { key: (account, nonce), place } in done {
                let place = encode(place)?;
                calls.insert((&account.0, *nonce), &place[..]).map_err(fault)?;
            }
            if block.height.is_multiple_of(SNAPSHOT_EVERY) {
                let mut states = write.open_table(STATES).map_err(fault)?;
                // The genesis stays, so that everything can be repeated from the beginning.
                states.retain(|height, _| height == 0).map_err(fault)?;
                put(&mut states, block.height, state)?;
            }
            Ok(())
        })
    }

    pub(super) fn events(&self, height: u64) -> Result<Option<Vec<Event>>, ChainFault> {
        let read = self.0.begin_read().map_err(fault)?;
        let events = read.open_table(EVENTS).map_err(fault)?.get(height).map_err(fault)?;
        events.map(|events| decode(events.value())).transpose()
    }

    pub(super) fn place(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<Place>, ChainFault> {
        let read = self.0.begin_read().map_err(fault)?;
        let calls = read.open_table(CALLS).map_err(fault)?;
        let place = calls.get((&account.0, nonce)).map_err(fault)?;
        place.map(|place| decode(place.value())).transpose()
    }

    fn write(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Result<(), ChainFault>,
    ) -> Result<(), ChainFault> {
        let mut write = self.0.begin_write().map_err(fault)?;
        // Strangers choose what is in a call: which commit is valid may not hang on a checksum
        // that isn't cryptographic.
        write.set_two_phase_commit(true);
        change(&write)?;
        write.commit().map_err(fault)
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    // Without the check, redb promises no typed error for a file that was altered.
    builder.set_cache_size(CACHE_LEN).set_check_integrity_on_open(true);
    builder
}

fn put(
    table: &mut Table<'_, u64, &'static [u8]>,
    height: u64,
    value: &(impl BorshSerialize + ?Sized),
) -> Result<(), ChainFault> {
    table.insert(height, &encode(value)?[..]).map_err(fault)?;
    Ok(())
}

fn encode(value: &(impl BorshSerialize + ?Sized)) -> Result<Vec<u8>, ChainFault> {
    borsh::to_vec(value).map_err(|_| ChainFault::Io)
}

fn decode<T: BorshDeserialize>(bytes: &[u8]) -> Result<T, ChainFault> {
    T::try_from_slice(bytes).map_err(|_| ChainFault::Damaged)
}

/// An empty file is no chain yet.
fn is_there(path: &Path) -> Result<bool, ChainFault> {
    match fs::metadata(path) {
        Ok(file) => Ok(file.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fault(error)),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A new name outlives a crash when its folder is synced; only Unix opens folders.
fn sync_folder(path: &Path) -> Result<(), ChainFault> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::File::open(folder.unwrap_or(Path::new("."))).map_err(fault)?;
        folder.sync_all().map_err(fault)?;
    }
    Ok(())
}

fn fault(error: impl Into<redb::Error>) -> ChainFault {
    match error.into() {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => ChainFault::InUse,
        redb::Error::Corrupted(_)
        | redb::Error::UpgradeRequired(_)
        | redb::Error::RepairAborted
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TableIsNotMultimap(_)
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableDoesNotExist(_) => ChainFault::Damaged,
        redb::Error::Io(error) => match error.kind() {
            io::ErrorKind::NotFound => ChainFault::NotFound,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ChainFault::NoSpace,
            io::ErrorKind::PermissionDenied => ChainFault::Permission,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => ChainFault::Damaged,
            _ => ChainFault::Io,
        },
        _ => ChainFault::Io,
    }
}
