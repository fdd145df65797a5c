//! The manifest: one canonical description of a stored file; its hash is the [`FileId`].

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use cess_podr2::{Fragment, KeyId, Sectors};

use crate::{Error, Profile, Visibility, account::hex_debug, domain};

/// `derive_key("cess-ledger v1 file id", manifest)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct FileId(pub [u8; 32]);

hex_debug!(FileId);

/// One segment of a file.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Segment {
    /// Salt of the part key that encrypts this segment; zero in a public file.
    pub salt: [u8; 16],
    /// BLAKE3 of the segment as stored before padding, masking and coding.
    pub root: [u8; 32],
    /// BLAKE3 of each fragment, replica by replica, data shards before parity.
    pub fragments: Vec<[u8; 32]>,
}

/// An optional part of a manifest that a reader may skip.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Section {
    /// What it is; sections stand in ascending order of kind, each kind once.
    pub kind: u16,
    /// Its bytes, at most [`Manifest::MAX_SECTION_LEN`].
    pub bytes: Vec<u8>,
}

/// What a file consists of: enough, with the keys, to find, verify, decode and decrypt it.
///
/// A decoded manifest may still contradict itself; [`Manifest::from_bytes`] is the checked way in.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// Format version, [`Manifest::VERSION`].
    pub version: u16,
    /// Replicas, code, segment length.
    pub profile: Profile,
    /// Whether the content is encrypted.
    pub visibility: Visibility,
    /// True length of the file in bytes.
    pub len: u64,
    /// 32 random bytes of this upload: masks and keys derive from it.
    pub salt: [u8; 32],
    /// The tagger key under which every fragment is tagged.
    pub tag_key: [u8; 32],
    /// Sectors to a block under that key.
    pub sectors: u32,
    /// Commitment to the data key; zero in a public file.
    pub commitment: [u8; 32],
    /// The segments in order.
    pub segments: Vec<Segment>,
    /// Optional sections, ascending by kind.
    pub sections: Vec<Section>,
}

impl Manifest {
    /// The format this code reads and writes.
    pub const VERSION: u16 = 1;
    /// The most bytes of an encoded manifest that are looked at.
    pub const MAX_LEN: usize = 64 << 20;
    /// The most bytes of one section.
    pub const MAX_SECTION_LEN: usize = 64 << 10;

    /// Its one encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).unwrap_or_default()
    }

    /// Decodes and checks a manifest.
    ///
    /// # Errors
    /// [`Error::BadManifest`] for anything but the one encoding of a consistent manifest.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > Self::MAX_LEN {
            return Err(Error::BadManifest { field: "length" });
        }
        let manifest =
            Self::try_from_slice(bytes).map_err(|_| Error::BadManifest { field: "encoding" })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks that the fields agree with each other.
    ///
    /// # Errors
    /// [`Error::BadManifest`] with the first field that doesn't.
    pub fn check(&self) -> Result<(), Error> {
        let holds = |ok: bool, field| if ok { Ok(()) } else { Err(Error::BadManifest { field }) };
        holds(self.version == Self::VERSION, "version")?;
        holds(Sectors::new(self.sectors).is_ok(), "sectors")?;
        let segments = self.profile.segments(self.visibility, self.len);
        holds(u64::try_from(self.segments.len()) == Ok(segments), "segments")?;
        holds(u32::try_from(self.fragment_count()).is_ok(), "segments")?;
        let per_segment = self.profile.fragments_per_segment();
        holds(self.segments.iter().all(|s| s.fragments.len() == per_segment), "fragments")?;
        if self.visibility == Visibility::Public {
            holds(self.commitment == [0; 32], "commitment")?;
            holds(self.segments.iter().all(|s| s.salt == [0; 16]), "salt")?;
        }
        holds(self.sections.is_sorted_by(|a, b| a.kind < b.kind), "sections")?;
        let short = |s: &Section| s.bytes.len() <= Self::MAX_SECTION_LEN;
        holds(self.sections.iter().all(short), "sections")
    }

    /// The name of the file this manifest describes.
    pub fn file_id(&self) -> FileId {
        FileId(blake3::derive_key(domain::FILE_ID, &self.to_bytes()))
    }

    /// The immutable public fields that every key of the file is bound to; known before the first
    /// byte is read.
    pub fn key_header(profile: &Profile, visibility: Visibility, salt: &[u8; 32]) -> Vec<u8> {
        borsh::to_vec(&(Self::VERSION, profile, visibility, salt)).unwrap_or_default()
    }

    /// Fragments of the whole file.
    pub fn fragment_count(&self) -> u64 {
        let per_segment = u64::try_from(self.profile.fragments_per_segment()).unwrap_or(u64::MAX);
        per_segment.saturating_mul(u64::try_from(self.segments.len()).unwrap_or(u64::MAX))
    }

    /// The fragment at `slot`: its name and length follow from the manifest, never from a claim.
    ///
    /// # Errors
    /// [`Error::NoSuchFragment`] when the file has no such slot.
    pub fn fragment(&self, slot: Slot) -> Result<Fragment, Error> {
        let missing = Error::NoSuchFragment { index: slot.index(&self.profile) };
        let place =
            usize::from(slot.replica) * self.profile.geometry().total() + usize::from(slot.shard);
        let segment = usize::try_from(slot.segment).ok().and_then(|i| self.segments.get(i));
        let root = segment.and_then(|s| s.fragments.get(place)).ok_or(missing)?;
        let layout = self.profile.layout(self.visibility, self.len, u64::from(slot.segment))?;
        let len = u64::try_from(layout.shard_len()).map_err(|_| Error::Overflow)?;
        let sectors = Sectors::new(self.sectors);
        let sectors = sectors.map_err(|_| Error::BadManifest { field: "sectors" })?;
        let key = KeyId::from_bytes(self.tag_key);
        Fragment::from_parts(key, sectors, *root, len, u32::from(slot.replica))
            .map_err(|_| Error::BadManifest { field: "fragments" })
    }

    /// All slots in order of [`Slot::index`].
    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let profile = self.profile;
        let count = u32::try_from(self.fragment_count()).unwrap_or(0);
        (0..count).map(move |index| Slot::at(&profile, index))
    }
}

/// Where a fragment stands in its file.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Slot {
    /// Segment of the file.
    pub segment: u32,
    /// Replica of the segment.
    pub replica: u8,
    /// Shard of the replica, data shards before parity.
    pub shard: u8,
}

impl Slot {
    /// `(segment × replicas + replica) × (data + parity) + shard`.
    pub fn index(&self, profile: &Profile) -> u32 {
        let total = u32::try_from(profile.geometry().total()).unwrap_or(u32::MAX);
        self.segment
            .saturating_mul(u32::from(profile.replicas()))
            .saturating_add(u32::from(self.replica))
            .saturating_mul(total)
            .saturating_add(u32::from(self.shard))
    }

    /// The slot of [`index`](Self::index).
    pub fn at(profile: &Profile, index: u32) -> Self {
        let total = u32::try_from(profile.geometry().total()).unwrap_or(u32::MAX);
        let replica_index = index / total;
        let narrow = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
        Self {
            segment: replica_index / u32::from(profile.replicas()),
            replica: narrow(replica_index % u32::from(profile.replicas())),
            shard: narrow(index % total),
        }
    }
}
