//! The secrets of an owner and of a tagger, each from one seed.

use cess_ledger::{AccountKey, Action, Amount, TAG_FORMAT};
use cess_podr2::{ProvingKey, PublicKey, SecretKey, Sectors, replica::ReplicaKey};
use zeroize::Zeroizing;

use crate::domain;

/// What the owner of files keeps secret.
#[derive(Debug)]
pub struct Owner {
    pub(crate) account: AccountKey,
    pub(crate) reading: cess_pre::SecretKey,
    pub(crate) replicas: ReplicaKey,
    pub(crate) sources: SourceSecret,
}

/// What sessions hash their source under.
pub(crate) struct SourceSecret(Zeroizing<[u8; 32]>);

impl SourceSecret {
    /// The session compares the source by a keyed hash: whoever reads its store learns nothing of
    /// it.
    pub(crate) fn key(&self, salt: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key(domain::SOURCE);
        hasher.update(&self.0[..]).update(salt);
        Zeroizing::new(*hasher.finalize().as_bytes())
    }
}

impl std::fmt::Debug for SourceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceSecret").finish_non_exhaustive()
    }
}

impl Owner {
    /// The keys of a 32-byte seed, each by a context of its own. Whoever has the seed owns the
    /// files and reads them; whoever loses it can't read the private ones again.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let derive = |context| Zeroizing::new(blake3::derive_key(context, seed));
        Self {
            account: AccountKey::from_seed(&derive(domain::ACCOUNT)),
            reading: cess_pre::SecretKey::from_seed(&derive(domain::READING)),
            replicas: ReplicaKey::from_bytes(&derive(domain::REPLICA)),
            sources: SourceSecret(derive(domain::SOURCES)),
        }
    }

    /// The account key.
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The key that the data keys of private files are encapsulated to: what delegates them, and
    /// opens what others delegate.
    pub fn reading(&self) -> &cess_pre::SecretKey {
        &self.reading
    }
}

/// Who makes the tags: the owner, or a registered tagger. Holds the tag key, so can forge proofs.
#[derive(Debug)]
pub struct Tagger {
    pub(crate) account: AccountKey,
    pub(crate) secret: SecretKey,
    public: PublicKey,
    proving: ProvingKey,
}

impl Tagger {
    /// The account key and tag key of a 32-byte seed. Makes the proving key: a group
    /// multiplication for each sector.
    pub fn from_seed(seed: &[u8; 32], sectors: Sectors) -> Self {
        let derive = |context| Zeroizing::new(blake3::derive_key(context, seed));
        let secret = SecretKey::from_seed(&derive(domain::TAG), sectors);
        Self {
            account: AccountKey::from_seed(&derive(domain::ACCOUNT)),
            public: secret.public(),
            proving: secret.proving_key(),
            secret,
        }
    }

    /// The account key.
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The public tag key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The proving key, for the nodes.
    pub fn proving_key(&self) -> &ProvingKey {
        &self.proving
    }

    /// The call that registers the key: with the tagger's full stake, or zero for an owner's own.
    pub fn registration(&self, stake: Amount) -> Action {
        Action::RegisterTagKey {
            format: TAG_FORMAT,
            key: self.public.to_bytes().to_vec(),
            proving_key_hash: self.proving.hash(),
            stake,
        }
    }
}
