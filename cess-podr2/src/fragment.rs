use alloc::vec::Vec;
use core::num::NonZeroU64;

use crate::backend::G1_BYTES;
use crate::domain::{FRAGMENT_NAME, HOLDING_ENTRY, Transcript};
use crate::error::{Error, What};
use crate::id::{FragmentName, KeyId};
use crate::public::PublicKey;
use crate::sectors::Sectors;

/// The bytes that one node stores, as its name binds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    key: KeyId,
    sectors: Sectors,
    root: [u8; 32],
    len: NonZeroU64,
    replica: u32,
}

impl Fragment {
    /// The fragment of `len_bytes` bytes with BLAKE3 hash `root`, tagged under `key`.
    ///
    /// # Errors
    /// [`Error::EmptyFragment`] for a length of zero.
    pub fn new(
        key: &PublicKey,
        root: [u8; 32],
        len_bytes: u64,
        replica: u32,
    ) -> Result<Self, Error> {
        Self::from_parts(key.key_id(), key.sectors(), root, len_bytes, replica)
    }

    /// [`new`](Self::new) from a key's id and its number of sectors, for whoever keeps only these.
    /// The number must be the key's own: it decides how many blocks a holding counts. The name
    /// doesn't bind it; whatever has the key at hand refuses another.
    ///
    /// # Errors
    /// [`Error::EmptyFragment`] for a length of zero.
    pub fn from_parts(
        key: KeyId,
        sectors: Sectors,
        root: [u8; 32],
        len_bytes: u64,
        replica: u32,
    ) -> Result<Self, Error> {
        let len = NonZeroU64::new(len_bytes).ok_or(Error::EmptyFragment)?;
        Ok(Self { key, sectors, root, len, replica })
    }

    /// The id of the tag key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key
    }

    /// Sectors in a block.
    #[must_use]
    pub fn sectors(&self) -> Sectors {
        self.sectors
    }

    /// BLAKE3 of the bytes.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        self.root
    }

    /// The length in bytes, at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a fragment is never empty")]
    pub fn len(&self) -> u64 {
        self.len.get()
    }

    /// The replica number.
    #[must_use]
    pub fn replica(&self) -> u32 {
        self.replica
    }

    /// The number of blocks, and of tags.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.sectors.block_count(self.len.get())
    }

    /// The name that the tags sign.
    #[must_use]
    pub fn name(&self) -> FragmentName {
        let name = Transcript::new(FRAGMENT_NAME)
            .bytes(self.key.as_bytes())
            .bytes(&self.root)
            .u64(self.len.get())
            .u32(self.replica)
            .digest();
        FragmentName::from_bytes(name)
    }

    /// What a holding lists of the fragment.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let (name, blocks) = (self.name(), self.blocks());
        Entry { key: self.key, name, blocks, sectors: self.sectors }
    }
}

/// One fragment in a [`Holding`](crate::Holding). Made from a [`Fragment`] alone, so that name and
/// block count are computed, never believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    key: KeyId,
    name: FragmentName,
    blocks: u64,
    sectors: Sectors,
}

impl Entry {
    /// What an opening says; believed by whoever checks it against a root.
    pub(crate) fn claimed(key: KeyId, sectors: Sectors, name: FragmentName, blocks: u64) -> Self {
        Self { key, name, blocks, sectors }
    }

    /// Sectors in a block of the key that the blocks were counted by.
    pub(crate) fn sectors(&self) -> Sectors {
        self.sectors
    }

    /// The id of the tag key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key
    }

    /// The fragment's name.
    #[must_use]
    pub fn name(&self) -> FragmentName {
        self.name
    }

    /// The number of blocks, at least 1.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Checks what the blocks were counted by: too many sectors give too few blocks, and a proof
    /// over those alone would hold.
    pub(crate) fn check_sectors(&self, key: Sectors) -> Result<(), Error> {
        if self.sectors != key {
            let (expected, got) = (key.get(), self.sectors.get());
            return Err(Error::WrongSectors { name: self.name, expected, got });
        }
        Ok(())
    }

    /// The entry's name in the holding's tree: binds the key as well as the fragment.
    pub(crate) fn label(&self) -> [u8; 32] {
        Transcript::new(HOLDING_ENTRY)
            .bytes(self.key.as_bytes())
            .bytes(self.name.as_bytes())
            .digest()
    }
}

/// The tags of a fragment, one a block, as bytes. They are decoded and checked where they are
/// used.
#[derive(Clone, PartialEq, Eq)]
pub struct Tags(Vec<[u8; G1_BYTES]>);

impl Tags {
    /// Bytes of one tag.
    pub const TAG_LEN: usize = G1_BYTES;

    #[cfg(feature = "native")]
    pub(crate) fn new(tags: Vec<[u8; G1_BYTES]>) -> Self {
        Self(tags)
    }

    /// Takes the concatenated tags of a fragment of at least one block.
    ///
    /// # Errors
    /// [`Error::Length`] unless there are one or more times 48 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.is_empty() || !bytes.len().is_multiple_of(G1_BYTES) {
            let expected = bytes.len().div_ceil(G1_BYTES).max(1) * G1_BYTES;
            return Err(Error::length(What::Tags, expected, bytes.len()));
        }
        let tags = bytes.chunks_exact(G1_BYTES).map(|chunk| {
            let mut tag = [0; G1_BYTES];
            tag.copy_from_slice(chunk);
            tag
        });
        Ok(Self(tags.collect()))
    }

    /// The concatenated tags.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_flattened()
    }

    /// The number of tags.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is at least one tag")]
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// The tag of block `index`.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<&[u8; Self::TAG_LEN]> {
        usize::try_from(index).ok().and_then(|index| self.0.get(index))
    }

    #[cfg(feature = "native")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8; G1_BYTES]> {
        self.0.iter()
    }
}

impl core::fmt::Debug for Tags {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tags").field("len", &self.0.len()).finish_non_exhaustive()
    }
}

/// A fragment with its tags, as the tagger hands them out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The fragment.
    pub fragment: Fragment,
    /// Its tags.
    pub tags: Tags,
}

impl Tagged {
    /// The fragment's name.
    #[must_use]
    pub fn name(&self) -> FragmentName {
        self.fragment.name()
    }
}
