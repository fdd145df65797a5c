//! The session of an unfinished upload: all that is needed to go on after a crash.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use borsh::{BorshDeserialize, BorshSerialize};
use cess_ledger::{DealId, Exclusion, Segment, SignedCall};
use cess_pre::{Capsule, Condition, ConditionKind, DataKey};
use rand_core::CryptoRng;

use crate::{Error, Owner};

/// Where the session of one upload is kept.
///
/// # Contract
/// After [`save`](Self::save) returned, [`load`](Self::load) gives those bytes, also after a
/// crash; a crash during `save` leaves the bytes before or after it, nothing in between.
pub trait SessionStore: Send {
    /// What was saved last.
    ///
    /// # Errors
    /// The store's own.
    fn load(&mut self) -> io::Result<Option<Vec<u8>>>;

    /// Replaces what is saved.
    ///
    /// # Errors
    /// The store's own.
    fn save(&mut self, session: &[u8]) -> io::Result<()>;

    /// Forgets it: the upload is done.
    ///
    /// # Errors
    /// The store's own.
    fn clear(&mut self) -> io::Result<()>;
}

/// A session in memory: survives an error, not the process.
#[derive(Clone, Debug, Default)]
pub struct MemorySession(Option<Vec<u8>>);

impl SessionStore for MemorySession {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.clone())
    }

    fn save(&mut self, session: &[u8]) -> io::Result<()> {
        self.0 = Some(session.to_vec());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0 = None;
        Ok(())
    }
}

/// A session in a file, replaced as a whole.
#[derive(Clone, Debug)]
pub struct FileSession(PathBuf);

impl FileSession {
    /// The session in the file at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// A new name outlives a crash when its folder is synced; only Unix opens folders.
    fn sync_folder(&self) -> io::Result<()> {
        if cfg!(unix) {
            let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
            fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }
}

impl SessionStore for FileSession {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&mut self, session: &[u8]) -> io::Result<()> {
        let mut next = self.0.clone().into_os_string();
        next.push(".next");
        let mut file = fs::File::create(&next)?;
        io::Write::write_all(&mut file, session)?;
        file.sync_all()?;
        fs::rename(&next, &self.0)?;
        self.sync_folder()
    }

    fn clear(&mut self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// A segment whose fragments are all stored.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Done {
    /// Bytes of the source in it.
    pub(crate) len: u64,
    /// Keyed hash of them.
    pub(crate) hash: [u8; 32],
    /// Its part of the manifest.
    pub(crate) segment: Segment,
    /// Whether the file ends with it.
    pub(crate) last: bool,
}

/// All that a resumed upload knows. The data key is in it only encapsulated.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Session {
    pub(crate) version: u16,
    /// Digest of the request that it belongs to.
    pub(crate) request: [u8; 32],
    pub(crate) salt: [u8; 32],
    /// The data key, for the owner alone; the file's own capsule needs the file's name.
    pub(crate) capsule: Option<[u8; Capsule::LEN]>,
    /// Signed before it is submitted: the same call again opens no second deal.
    pub(crate) open: SignedCall,
    pub(crate) deal: Option<DealId>,
    pub(crate) done: Vec<Done>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) close: Option<SignedCall>,
}

impl Session {
    pub(crate) const VERSION: u16 = 1;

    /// Until the file has a name, its key is under a condition that nothing is ever granted for.
    fn condition(chain_id: [u8; 32], salt: [u8; 32]) -> Condition {
        Condition::new(ConditionKind::Application, chain_id, salt, 0)
    }

    /// Encapsulates a data key for the session of the file with this salt.
    pub(crate) fn encapsulate(
        key: &DataKey,
        owner: &Owner,
        chain_id: [u8; 32],
        salt: &[u8; 32],
        rng: &mut impl CryptoRng,
    ) -> Result<[u8; Capsule::LEN], Error> {
        let condition = Self::condition(chain_id, *salt);
        let capsule = owner.reading.public().encapsulate(key, &condition, salt, rng)?;
        Ok(capsule.capsule().to_bytes())
    }

    /// The data key; none of a public file.
    pub(crate) fn data_key(&self, owner: &Owner) -> Result<Option<DataKey>, Error> {
        let Some(bytes) = &self.capsule else { return Ok(None) };
        let condition = Self::condition(self.open.call.chain_id, self.salt);
        let opened = Capsule::from_bytes(bytes)
            .and_then(|capsule| capsule.check(owner.reading.public(), &condition, &self.salt))
            .and_then(|capsule| owner.reading.open(&capsule));
        opened.map(Some).map_err(|_| Error::SessionMismatch)
    }

    pub(crate) fn load(
        store: &mut impl SessionStore,
        request: &[u8; 32],
    ) -> Result<Option<Self>, Error> {
        let Some(bytes) = store.load().map_err(|e| Error::Session(e.kind()))? else {
            return Ok(None);
        };
        let session = Self::try_from_slice(&bytes).map_err(|_| Error::SessionMismatch)?;
        if session.version != Self::VERSION || session.request != *request {
            return Err(Error::SessionMismatch);
        }
        Ok(Some(session))
    }

    pub(crate) fn save(&self, store: &mut impl SessionStore) -> Result<(), Error> {
        let bytes = borsh::to_vec(self).map_err(|e| Error::Session(e.kind()))?;
        store.save(&bytes).map_err(|e| Error::Session(e.kind()))
    }
}

#[cfg(test)]
mod tests;
