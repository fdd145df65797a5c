//! One segment, up and down: the pure part of the way of the data.

use bytes::Bytes;
use cess_erasure::{
    Codec,
    segment::{SegmentLayout, decode_segment, encode_segment, pad, unpad},
};
use cess_ledger::{Manifest, Visibility};
use cess_podr2::{SecretKey, Tagged, replica::MaskKey};

use crate::{Error, Owner, TaggedSegment};

/// Where the mask of a replica begins: a private file's replica 0 is ciphertext, random already,
/// so only its padding is masked.
fn mask_start(visibility: Visibility, replica: u8, stored_len: usize) -> usize {
    match (visibility, replica) {
        (Visibility::Private, 0) => stored_len,
        _ => 0,
    }
}

/// The mask key of a replica; all but replica 0's take the owner.
fn mask_key(owner: Option<&Owner>, salt: &[u8; 32], replica: u8) -> Result<MaskKey, Error> {
    match (replica, owner) {
        (0, _) => Ok(MaskKey::public(salt)),
        (_, Some(owner)) => Ok(owner.replicas.mask_key(salt, u32::from(replica))),
        (_, None) => Err(Error::KeyNeeded),
    }
}

/// What all segments of a file have in common.
pub(crate) struct Coder<'a> {
    pub(crate) codec: Codec,
    pub(crate) visibility: Visibility,
    pub(crate) salt: [u8; 32],
    pub(crate) owner: Option<&'a Owner>,
}

impl<'a> Coder<'a> {
    pub(crate) fn of(manifest: &Manifest, owner: Option<&'a Owner>) -> Self {
        Self {
            codec: Codec::new(manifest.profile.geometry()),
            visibility: manifest.visibility,
            salt: manifest.salt,
            owner,
        }
    }

    /// Pads, masks, codes and tags one replica of a segment whose stored bytes are `stored`.
    pub(crate) fn encode(
        &self,
        index: u32,
        replica: u8,
        root: &[u8; 32],
        mut stored: Vec<u8>,
        secret: &SecretKey,
    ) -> Result<(Vec<Bytes>, TaggedSegment), Error> {
        let layout = layout(&self.codec, stored.len())?;
        let from = mask_start(self.visibility, replica, stored.len());
        pad(&layout, &mut stored)?;
        let mask = mask_key(self.owner, &self.salt, replica)?;
        mask.apply(u64::from(index), root, from, &mut stored)?;
        let parity = encode_segment(&self.codec, &layout, &stored)?;
        let data = Bytes::from(stored);
        let shard = |i: usize| data.slice(i * layout.shard_len()..(i + 1) * layout.shard_len());
        let mut shards: Vec<Bytes> = (0..layout.geometry().data()).map(shard).collect();
        shards.extend(parity.into_iter().map(Bytes::from));
        let tagged = tag_all(secret, u32::from(replica), &shards)?;
        let siblings = tagged.into_iter().map(|t| (t.fragment, t.tags)).collect();
        Ok((shards, TaggedSegment(siblings)))
    }

    /// The stored bytes of a segment from enough intact shards of one replica.
    pub(crate) fn decode(
        &self,
        index: u32,
        replica: u8,
        root: &[u8; 32],
        stored_len: usize,
        shards: &[(usize, &[u8])],
    ) -> Result<Vec<u8>, Error> {
        let layout = layout(&self.codec, stored_len)?;
        let mut segment = decode_segment(&self.codec, &layout, shards)?;
        let mask = mask_key(self.owner, &self.salt, replica)?;
        let from = mask_start(self.visibility, replica, stored_len);
        mask.apply(u64::from(index), root, from, &mut segment)?;
        unpad(&layout, &mut segment).map_err(|_| Error::Inconsistent { segment: index })?;
        if blake3::hash(&segment) != *root {
            return Err(Error::Inconsistent { segment: index });
        }
        Ok(segment)
    }
}

fn layout(codec: &Codec, stored_len: usize) -> Result<SegmentLayout, Error> {
    Ok(SegmentLayout::new(codec.geometry(), stored_len as u64)?)
}

#[cfg(not(feature = "rayon"))]
fn tag_all(secret: &SecretKey, replica: u32, shards: &[Bytes]) -> Result<Vec<Tagged>, Error> {
    shards.iter().map(|shard| Ok(secret.tag(replica, shard)?)).collect()
}

#[cfg(feature = "rayon")]
fn tag_all(secret: &SecretKey, replica: u32, shards: &[Bytes]) -> Result<Vec<Tagged>, Error> {
    use rayon::prelude::*;
    shards.par_iter().map(|shard| Ok(secret.tag(replica, shard)?)).collect()
}
