//! The tagger in this process.

use bytes::Bytes;
use cess_ledger::{AccountKey, DealId, Manifest, Signature, declare_tags};
use cess_podr2::{
    ProvingKey, PublicKey, SecretKey, Sectors, Tagged,
    replica::{MaskKey, ReplicaKey},
};
use futures::{FutureExt, future::BoxFuture};
use zeroize::Zeroizing;

use super::{Part, Tagger, TaggerError, declared};
use crate::{TaggedSegment, coding::Code, domain};

/// Holds a tag key, the key of the replicas' masks, and the account that declares for them.
#[derive(Debug)]
pub struct LocalTagger {
    account: AccountKey,
    secret: SecretKey,
    replicas: ReplicaKey,
    public: PublicKey,
    proving: ProvingKey,
}

impl LocalTagger {
    /// The keys of a 32-byte seed, each by a context of its own. Makes the proving key: a group
    /// multiplication for each sector.
    pub fn from_seed(seed: &[u8; 32], sectors: Sectors) -> Self {
        let derive = |context| Zeroizing::new(blake3::derive_key(context, seed));
        Self::new(
            AccountKey::from_seed(&derive(domain::ACCOUNT)),
            SecretKey::from_seed(&derive(domain::TAG), sectors),
            ReplicaKey::from_bytes(&derive(domain::REPLICA)),
        )
    }

    /// A tagger of keys that were made apart from each other. Makes the proving key.
    pub fn new(account: AccountKey, secret: SecretKey, replicas: ReplicaKey) -> Self {
        let (public, proving) = (secret.public(), secret.proving_key());
        Self { account, secret, replicas, public, proving }
    }

    /// The account key.
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The mask key of a replica; replica 0's is public.
    fn mask(&self, part: &Part) -> MaskKey {
        match part.replica {
            0 => MaskKey::public(&part.salt),
            replica => self.replicas.mask_key(&part.salt, u32::from(replica)),
        }
    }

    pub(crate) fn replicate_now(
        &self,
        part: &Part,
        mut stored: Vec<u8>,
    ) -> Result<(Vec<Bytes>, TaggedSegment), TaggerError> {
        let code = Code::of(part, stored.len())?;
        code.mask(part, &self.mask(part), &mut stored)?;
        let shards = code.shards(stored)?;
        let tagged = tag_all(&self.secret, u32::from(part.replica), &shards)?;
        Ok((shards, TaggedSegment(tagged.into_iter().map(|t| (t.fragment, t.tags)).collect())))
    }
}

impl Tagger for LocalTagger {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn proving_key(&self) -> &ProvingKey {
        &self.proving
    }

    fn replicate<'a>(
        &'a self,
        part: &'a Part,
        stored: Vec<u8>,
    ) -> BoxFuture<'a, Result<(Vec<Bytes>, TaggedSegment), TaggerError>> {
        async move { self.replicate_now(part, stored) }.boxed()
    }

    fn unmask<'a>(
        &'a self,
        part: &'a Part,
        root: &'a [u8; 32],
        mut masked: Vec<u8>,
    ) -> BoxFuture<'a, Result<Vec<u8>, TaggerError>> {
        async move {
            let len = usize::try_from(part.stored_len).map_err(|_| TaggerError::BadPart)?;
            let code = Code::of(part, len)?;
            code.unmask(part, &self.mask(part), root, &mut masked)?;
            Ok(masked)
        }
        .boxed()
    }

    fn declare<'a>(
        &'a self,
        chain_id: &'a [u8; 32],
        deal: DealId,
        manifest: &'a Manifest,
    ) -> BoxFuture<'a, Result<Signature, TaggerError>> {
        async move {
            let file = declared(self.public.key_id(), manifest)?;
            Ok(declare_tags(&self.account, chain_id, deal, file, &manifest.tag_key))
        }
        .boxed()
    }
}

#[cfg(not(feature = "rayon"))]
fn tag_all(secret: &SecretKey, replica: u32, shards: &[Bytes]) -> Result<Vec<Tagged>, TaggerError> {
    shards.iter().map(|shard| Ok(secret.tag(replica, shard)?)).collect()
}

#[cfg(feature = "rayon")]
fn tag_all(secret: &SecretKey, replica: u32, shards: &[Bytes]) -> Result<Vec<Tagged>, TaggerError> {
    use rayon::prelude::*;
    shards.par_iter().map(|shard| Ok(secret.tag(replica, shard)?)).collect()
}
