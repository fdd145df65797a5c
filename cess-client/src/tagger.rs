//! Who masks and tags.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use cess_ledger::{
    Action, Amount, DealId, FileId, Manifest, Profile, Signature, TAG_FORMAT, Visibility,
};
use cess_podr2::{KeyId, ProvingKey, PublicKey};
use futures::future::BoxFuture;

use crate::TaggedSegment;

mod local;
#[cfg(feature = "remote")]
mod remote;

pub use local::LocalTagger;
#[cfg(feature = "remote")]
pub use remote::{Ask, RemoteTagger, serve_tagger};

/// Whoever holds a tag key and the key of the replicas' masks: the owner of the file, or a party that
/// owner and network trust, in this process ([`LocalTagger`]) or in another one ([`RemoteTagger`]).
///
/// Tag key and mask keys are in one hand because a tag says that a replica takes its own space: who
/// tags what others masked can't know that.
///
/// # Contract
/// - A tagger is given bytes, never a name, a hash or a replica already masked: it hashes the segment,
///   masks it under a key that nobody else has (but for replica 0's, which is public), codes it, and
///   tags each shard, all from one owned buffer.
/// - The tags verify under [`public`](Self::public) with [`proving_key`](Self::proving_key), and replica
///   0 is masked as everybody can compute.
/// - Equal parts and bytes give equal replicas, so that a lost one can be made again.
/// - [`unmask`](Self::unmask) gives the segment whose hash it was told, or nothing.
/// - [`declare`](Self::declare) signs for its own tag key alone.
///
/// [`testkit::conformance_tagger`](crate::testkit::conformance_tagger) checks all of it.
///
/// [`RemoteTagger`]: crate::RemoteTagger
pub trait Tagger: fmt::Debug + Send + Sync {
    /// The public tag key.
    fn public(&self) -> &PublicKey;

    /// The proving key, for the nodes.
    fn proving_key(&self) -> &ProvingKey;

    /// Pads, masks, codes and tags one replica of a segment whose stored bytes are `stored`: the shards
    /// in order, and their fragments with tags.
    fn replicate<'a>(
        &'a self,
        part: &'a Part,
        stored: Vec<u8>,
    ) -> BoxFuture<'a, Result<(Vec<Bytes>, TaggedSegment), TaggerError>>;

    /// The stored bytes, with the hash `root`, of a segment from the padded data shards of one of its
    /// replicas.
    fn unmask<'a>(
        &'a self,
        part: &'a Part,
        root: &'a [u8; 32],
        masked: Vec<u8>,
    ) -> BoxFuture<'a, Result<Vec<u8>, TaggerError>>;

    /// Signs that the tags of a manifest's fragments are of this key: without it the ledger takes no
    /// fragment under the key.
    fn declare<'a>(
        &'a self,
        chain_id: &'a [u8; 32],
        deal: DealId,
        manifest: &'a Manifest,
    ) -> BoxFuture<'a, Result<Signature, TaggerError>>;

    /// The call that registers the key: with the tagger's full stake, or zero for an owner's own.
    fn registration(&self, stake: Amount) -> Action {
        Action::RegisterTagKey {
            format: TAG_FORMAT,
            key: self.public().to_bytes().to_vec(),
            proving_key_hash: self.proving_key().hash(),
            stake,
        }
    }
}

/// Which replica of which segment of which upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Part {
    /// How the file is coded.
    pub profile: Profile,
    /// Whether the stored bytes are ciphertext.
    pub visibility: Visibility,
    /// The upload's salt.
    pub salt: [u8; 32],
    /// The segment.
    pub segment: u32,
    /// The replica.
    pub replica: u8,
    /// Bytes of the segment as stored, before padding.
    pub stored_len: u32,
}

impl Part {
    /// Refuses what no upload has.
    pub(crate) fn check(&self) -> Result<(), TaggerError> {
        let within = (1..=self.profile.segment_len()).contains(&self.stored_len)
            || (self.stored_len == 0 && self.segment == 0);
        if within && self.replica < self.profile.replicas() {
            Ok(())
        } else {
            Err(TaggerError::BadPart)
        }
    }
}

/// Why a tagger didn't do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaggerError {
    /// No upload has such a part, or the bytes aren't of its length.
    #[error("no upload has such a part of a segment")]
    BadPart,
    /// The segment's hash isn't the one it should have.
    #[error("what the mask was taken off does not hash to the segment's root")]
    WrongRoot,
    /// The manifest, or the tagger, is under another tag key than was asked for.
    #[error("tag key {got}, expected {expected}")]
    WrongKey {
        /// The key asked for.
        expected: KeyId,
        /// The key that came.
        got: KeyId,
    },
    /// The tagger won't do it, by its own rules.
    #[error("the tagger refuses")]
    Refused,
    /// What the tagger gave doesn't verify: its keys, its tags, or the mask of replica 0.
    #[error("the tagger lies: {0}")]
    Lies(&'static str),
    /// The tagger failed at something of its own.
    #[error("the tagger failed")]
    Failed,
    /// The tagger can't be reached.
    #[error("tagger is out of reach after {attempts} attempts")]
    Unreachable {
        /// Connections that were tried.
        attempts: u32,
    },
    /// The other end of the connection breaks the protocol.
    #[cfg(feature = "remote")]
    #[error("tagger: {0}")]
    Wire(crate::WireFault),
    /// The manifest is none.
    #[error("manifest: {0}")]
    Manifest(cess_ledger::Error),
    /// The erasure code refused.
    #[error("erasure code: {0}")]
    Erasure(#[from] cess_erasure::Error),
    /// Masking or tagging refused.
    #[error("storage proof: {0}")]
    Podr2(#[from] cess_podr2::Error),
}

/// The file that a manifest names, if it is one under `key`.
pub(crate) fn declared(key: KeyId, manifest: &Manifest) -> Result<FileId, TaggerError> {
    manifest.check().map_err(TaggerError::Manifest)?;
    let got = KeyId::from_bytes(manifest.tag_key);
    if got != key {
        return Err(TaggerError::WrongKey { expected: key, got });
    }
    Ok(manifest.file_id())
}
