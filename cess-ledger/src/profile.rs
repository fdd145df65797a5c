//! Profiles: how a file is replicated, cut and coded, as data.

use borsh::{BorshDeserialize, BorshSerialize, io};
use cess_erasure::{Geometry, segment::SegmentLayout};

use crate::Error;

/// Bytes of one record of an encrypted segment, with its tag.
pub const RECORD_LEN: u32 = 65_536;
/// Bytes of an AEAD tag.
const RECORD_OVERHEAD: u64 = 16;

/// Who can read a file's content without a key.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Visibility {
    /// Everybody: stored as it is, under a mask that anyone can derive.
    Public = 0,
    /// Whoever holds the data key: stored encrypted.
    Private = 1,
}

/// Replicas, erasure code and segment length of a file.
///
/// No node holds two fragments of one segment, whatever the replica, so a profile needs
/// `replicas × (data + parity)` nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    replicas: u8,
    geometry: Geometry,
    segment_len: u32,
}

impl Profile {
    /// Three replicas of 3+2, segments of 24 MiB (fragments of 8 MiB): 15 nodes.
    pub const WHITE_PAPER: Self =
        Self { replicas: 3, geometry: Geometry::WHITE_PAPER, segment_len: 24 << 20 };
    /// One replica of 4+8, segments of 32 MiB (fragments of 8 MiB): 12 nodes. The default.
    pub const CESS: Self = Self { replicas: 1, geometry: Geometry::CESS, segment_len: 32 << 20 };
    /// One replica of 10+4, segments of 40 MiB (fragments of 4 MiB): 14 nodes.
    pub const LEAN: Self = Self { replicas: 1, geometry: Geometry::CLASSIC, segment_len: 40 << 20 };
    /// One replica of 10+2+3 with local repair, segments of 40 MiB (fragments of 4 MiB): 15 nodes. As
    /// [`LEAN`](Self::LEAN) any four may be lost, but a lost fragment is repaired from 5 others
    /// instead of 10.
    pub const LRC: Self =
        Self { replicas: 1, geometry: Geometry::LRC_CLASSIC, segment_len: 40 << 20 };

    /// Encoded length in bytes.
    pub const LEN: usize = 1 + Geometry::LEN + 4;

    /// The most bytes a segment may have.
    pub const MAX_SEGMENT_LEN: u32 = 256 << 20;

    /// A profile of its own.
    ///
    /// # Errors
    /// [`Error::BadProfile`] when `replicas` is 0, or `segment_len` (bytes) is no positive
    /// multiple of [`RECORD_LEN`] or exceeds [`Self::MAX_SEGMENT_LEN`], or the geometry has more
    /// than 256 shards, which no code does whose parity is of single bytes.
    pub fn new(replicas: u8, geometry: Geometry, segment_len: u32) -> Result<Self, Error> {
        let whole_records = segment_len > 0 && segment_len.is_multiple_of(RECORD_LEN);
        let numbered = geometry.total() <= 256;
        if replicas == 0 || !whole_records || !numbered || segment_len > Self::MAX_SEGMENT_LEN {
            return Err(Error::BadProfile { replicas, segment_len });
        }
        Ok(Self { replicas, geometry, segment_len })
    }

    /// Replicas of every segment.
    pub fn replicas(&self) -> u8 {
        self.replicas
    }

    /// The erasure code inside each replica.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Bytes of a full segment as stored, before coding.
    pub fn segment_len(&self) -> u32 {
        self.segment_len
    }

    /// Fragments of one segment over all replicas: the nodes it takes.
    pub fn fragments_per_segment(&self) -> usize {
        usize::from(self.replicas) * self.geometry.total()
    }

    /// Bytes of the user's data that fill one segment.
    pub fn payload_len(&self, visibility: Visibility) -> u64 {
        let len = u64::from(self.segment_len);
        match visibility {
            Visibility::Public => len,
            Visibility::Private => len - u64::from(self.segment_len / RECORD_LEN) * RECORD_OVERHEAD,
        }
    }

    /// Segments of a file of `len` bytes: at least one, so that an empty file exists too.
    pub fn segments(&self, visibility: Visibility, len: u64) -> u64 {
        len.div_ceil(self.payload_len(visibility)).max(1)
    }

    /// Stored bytes of segment `index` of a file of `len` bytes, before padding and coding.
    ///
    /// # Errors
    /// [`Error::NoSuchSegment`] when the file has fewer segments.
    pub fn stored_segment_len(
        &self,
        visibility: Visibility,
        len: u64,
        index: u64,
    ) -> Result<u64, Error> {
        let count = self.segments(visibility, len);
        if index >= count {
            return Err(Error::NoSuchSegment { index, count });
        }
        let payload = self.payload_len(visibility);
        let plain = (len - index * payload).min(payload);
        Ok(match visibility {
            Visibility::Public => plain,
            Visibility::Private => {
                let record_payload = u64::from(RECORD_LEN) - RECORD_OVERHEAD;
                plain + plain.div_ceil(record_payload).max(1) * RECORD_OVERHEAD
            }
        })
    }

    /// The layout of segment `index` of a file of `len` bytes.
    ///
    /// # Errors
    /// [`Error::NoSuchSegment`] when the file has fewer segments.
    pub fn layout(
        &self,
        visibility: Visibility,
        len: u64,
        index: u64,
    ) -> Result<SegmentLayout, Error> {
        let stored = self.stored_segment_len(visibility, len, index)?;
        SegmentLayout::new(self.geometry, stored).map_err(|_| self.bad())
    }

    /// Bytes that all fragments of a file of `len` bytes take on the nodes.
    ///
    /// # Errors
    /// [`Error::Overflow`] when the sum exceeds 64 bits.
    pub fn stored_len(&self, visibility: Visibility, len: u64) -> Result<u64, Error> {
        let count = self.segments(visibility, len);
        let full = if count > 1 { self.fragments_len(visibility, len, 0)? } else { 0 };
        let last = self.fragments_len(visibility, len, count - 1)?;
        full.checked_mul(count - 1).and_then(|f| f.checked_add(last)).ok_or(Error::Overflow)
    }

    fn fragments_len(&self, visibility: Visibility, len: u64, index: u64) -> Result<u64, Error> {
        let shard = u64::try_from(self.layout(visibility, len, index)?.shard_len())
            .map_err(|_| Error::Overflow)?;
        let fragments = u64::try_from(self.fragments_per_segment()).map_err(|_| Error::Overflow)?;
        shard.checked_mul(fragments).ok_or(Error::Overflow)
    }

    fn bad(&self) -> Error {
        Error::BadProfile { replicas: self.replicas, segment_len: self.segment_len }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::CESS
    }
}

impl BorshSerialize for Profile {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.replicas.serialize(writer)?;
        writer.write_all(&self.geometry.to_bytes())?;
        self.segment_len.serialize(writer)
    }
}

impl BorshDeserialize for Profile {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let replicas = u8::deserialize_reader(reader)?;
        let geometry = <[u8; Geometry::LEN]>::deserialize_reader(reader)?;
        let geometry = Geometry::from_bytes(&geometry).map_err(|_| invalid("geometry"))?;
        let segment_len = u32::deserialize_reader(reader)?;
        Self::new(replicas, geometry, segment_len).map_err(|_| invalid("profile"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_the_stated_fragments_and_nodes() {
        for (profile, nodes, fragment) in [
            (Profile::WHITE_PAPER, 15, 8 << 20),
            (Profile::CESS, 12, 8 << 20),
            (Profile::LEAN, 14, 4 << 20),
            (Profile::LRC, 15, 4 << 20),
        ] {
            assert_eq!(profile.fragments_per_segment(), nodes);
            let layout = profile.layout(Visibility::Public, 1 << 30, 0).unwrap();
            assert_eq!(layout.shard_len(), fragment);
            let again = Profile::new(profile.replicas, profile.geometry, profile.segment_len);
            assert_eq!(again, Ok(profile));
        }
    }

    #[test]
    fn a_private_segment_is_filled_by_whole_records() {
        let payload = Profile::CESS.payload_len(Visibility::Private);
        assert_eq!(payload, 512 * 65_520);
        let stored = |len, i| Profile::CESS.stored_segment_len(Visibility::Private, len, i);
        assert_eq!(stored(payload, 0), Ok(32 << 20));
        assert_eq!(stored(payload + 1, 1), Ok(17));
        assert_eq!(stored(0, 0), Ok(16));
        assert_eq!(stored(payload, 1), Err(Error::NoSuchSegment { index: 1, count: 1 }));
    }

    #[test]
    fn an_empty_public_file_has_one_empty_segment() {
        let stored = Profile::CESS.stored_segment_len(Visibility::Public, 0, 0);
        assert_eq!(stored, Ok(0));
        assert_eq!(Profile::CESS.stored_len(Visibility::Public, 0), Ok(12 * 64));
    }

    #[test]
    fn refuses_zero_replicas_and_ragged_segments() {
        for (replicas, len) in [(0, 65_536), (1, 0), (1, 65_537), (1, 512 << 20)] {
            assert_eq!(
                Profile::new(replicas, Geometry::CESS, len),
                Err(Error::BadProfile { replicas, segment_len: len })
            );
        }
    }

    #[test]
    fn encodes_one_way() {
        let lrc = borsh::to_vec(&Profile::LRC).unwrap();
        assert_eq!(lrc[..6], [1, 3, 10, 0, 2, 3]);
        assert_eq!(Profile::try_from_slice(&lrc).unwrap(), Profile::LRC);
        let bytes = borsh::to_vec(&Profile::LEAN).unwrap();
        assert_eq!(bytes.len(), Profile::LEN);
        assert_eq!(Profile::try_from_slice(&bytes).unwrap(), Profile::LEAN);
        let mut zero = bytes;
        zero[0] = 0;
        assert!(Profile::try_from_slice(&zero).is_err());
    }
}
