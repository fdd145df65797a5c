//! The secrets of an owner and of a tagger, each from one seed.

use cess_ledger::{AccountKey, Action, Amount, TAG_FORMAT};
use cess_podr2::{ProvingKey, PublicKey, SecretKey, Sectors, replica::ReplicaKey};
use cess_pre::OwnerKey;
use zeroize::Zeroizing;

use crate::domain;

/// What the owner of files keeps secret.
#[derive(Debug)]
pub struct Owner {
    pub(crate) account: AccountKey,
    pub(crate) data: OwnerKey,
    pub(crate) replicas: ReplicaKey,
}

impl Owner {
    /// The keys of a 32-byte seed, each by a context of its own. Whoever has the seed owns the
    /// files and reads them; whoever loses it can't read the private ones again.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let derive = |context| Zeroizing::new(blake3::derive_key(context, seed));
        Self {
            account: AccountKey::from_seed(&derive(domain::ACCOUNT)),
            data: OwnerKey::from_bytes(derive(domain::DATA)),
            replicas: ReplicaKey::from_bytes(&derive(domain::REPLICA)),
        }
    }

    /// The account key.
    pub fn account(&self) -> &AccountKey {
        &self.account
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
