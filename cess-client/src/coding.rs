//! One segment, up and down: the pure part of the way of the data.

use bytes::Bytes;
use cess_erasure::{
    Codec,
    segment::{SegmentLayout, decode_segment, encode_segment, pad, unpad},
};
use cess_ledger::{Manifest, Profile, Visibility};
use cess_podr2::replica::MaskKey;

use crate::{Error, Part, Tagger, TaggerError};

/// Where the mask of a replica begins: a private file's replica 0 is ciphertext, random already,
/// so only its padding is masked.
fn mask_start(part: &Part, stored_len: usize) -> usize {
    match (part.visibility, part.replica) {
        (Visibility::Private, 0) => stored_len,
        _ => 0,
    }
}

/// The code of one segment.
pub(crate) struct Code {
    codec: Codec,
    layout: SegmentLayout,
}

impl Code {
    /// For `stored` bytes, which must be the part's.
    pub(crate) fn of(part: &Part, stored: usize) -> Result<Self, TaggerError> {
        part.check()?;
        if usize::try_from(part.stored_len) != Ok(stored) {
            return Err(TaggerError::BadPart);
        }
        let codec = Codec::new(part.profile.geometry());
        let layout = SegmentLayout::new(codec.geometry(), u64::from(part.stored_len))?;
        Ok(Self { codec, layout })
    }

    #[cfg(feature = "remote")]
    pub(crate) fn layout(&self) -> &SegmentLayout {
        &self.layout
    }

    /// Pads stored bytes and masks them under their own hash.
    pub(crate) fn mask(
        &self,
        part: &Part,
        key: &MaskKey,
        stored: &mut Vec<u8>,
    ) -> Result<(), TaggerError> {
        let root = *blake3::hash(stored).as_bytes();
        let from = mask_start(part, stored.len());
        pad(&self.layout, stored)?;
        Ok(key.apply(u64::from(part.segment), &root, from, stored)?)
    }

    /// Takes the mask and the padding off. Of what doesn't hash to `root` nothing is left.
    pub(crate) fn unmask(
        &self,
        part: &Part,
        key: &MaskKey,
        root: &[u8; 32],
        masked: &mut Vec<u8>,
    ) -> Result<(), TaggerError> {
        let from = mask_start(part, self.layout.len());
        key.apply(u64::from(part.segment), root, from, masked)?;
        let right = unpad(&self.layout, masked).is_ok() && blake3::hash(masked) == *root;
        if !right {
            masked.clear();
            return Err(TaggerError::WrongRoot);
        }
        Ok(())
    }

    /// Data and parity shards of a padded, masked segment.
    pub(crate) fn shards(&self, masked: Vec<u8>) -> Result<Vec<Bytes>, TaggerError> {
        let parity = encode_segment(&self.codec, &self.layout, &masked)?;
        let (data, len) = (Bytes::from(masked), self.layout.shard_len());
        let shard = |i: usize| data.slice(i * len..(i + 1) * len);
        let mut shards: Vec<Bytes> = (0..self.layout.geometry().data()).map(shard).collect();
        shards.extend(parity.into_iter().map(Bytes::from));
        Ok(shards)
    }
}

/// What all segments of a file have in common.
pub(crate) struct Coder {
    pub(crate) codec: Codec,
    profile: Profile,
    visibility: Visibility,
    salt: [u8; 32],
}

impl Coder {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        Self::new(manifest.profile, manifest.visibility, manifest.salt)
    }

    pub(crate) fn new(profile: Profile, visibility: Visibility, salt: [u8; 32]) -> Self {
        Self { codec: Codec::new(profile.geometry()), profile, visibility, salt }
    }

    /// A replica of a segment of so many stored bytes.
    pub(crate) fn part(&self, segment: u32, replica: u8, stored: usize) -> Result<Part, Error> {
        let stored_len = u32::try_from(stored).map_err(|_| cess_ledger::Error::Overflow)?;
        let Self { profile, visibility, salt, .. } = *self;
        Ok(Part { profile, visibility, salt, segment, replica, stored_len })
    }

    /// The stored bytes of a segment from enough intact shards of one replica. The mask of any but
    /// replica 0 takes the tagger.
    pub(crate) async fn decode(
        &self,
        part: &Part,
        root: &[u8; 32],
        shards: &[(usize, &[u8])],
        tagger: Option<&dyn Tagger>,
    ) -> Result<Vec<u8>, Error> {
        let layout = SegmentLayout::new(self.codec.geometry(), u64::from(part.stored_len))?;
        let mut segment = decode_segment(&self.codec, &layout, shards)?;
        let wrong = |error| match error {
            TaggerError::WrongRoot if part.replica == 0 => {
                Error::Inconsistent { segment: part.segment }
            }
            TaggerError::WrongRoot => Error::WrongKey,
            other => Error::Tagger(other),
        };
        if part.replica > 0 {
            let tagger = tagger.ok_or(Error::KeyNeeded)?;
            return tagger.unmask(part, root, segment).await.map_err(wrong);
        }
        let code = Code { codec: self.codec.clone(), layout };
        code.unmask(part, &MaskKey::public(&part.salt), root, &mut segment).map_err(wrong)?;
        Ok(segment)
    }
}
