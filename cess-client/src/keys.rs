//! The secrets of an owner, from one seed, and who reads.

use cess_ledger::AccountKey;
use zeroize::Zeroizing;

use crate::{Tagger, domain};

/// What the owner of files keeps secret.
#[derive(Debug)]
pub struct Owner {
    pub(crate) account: AccountKey,
    pub(crate) reading: cess_pre::SecretKey,
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

/// Who reads: the owner, for the content of private files, and the tagger, for replicas other than
/// the first. Neither for a public file whose first replica is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keys<'a> {
    /// Whoever reads private files.
    pub owner: Option<&'a Owner>,
    /// Whoever takes the masks off.
    pub tagger: Option<&'a dyn Tagger>,
}

impl<'a> Keys<'a> {
    /// With a tagger besides.
    #[must_use]
    pub fn with_tagger(self, tagger: &'a dyn Tagger) -> Self {
        Self { tagger: Some(tagger), ..self }
    }
}

impl<'a> From<&'a Owner> for Keys<'a> {
    fn from(owner: &'a Owner) -> Self {
        Some(owner).into()
    }
}

impl<'a> From<Option<&'a Owner>> for Keys<'a> {
    fn from(owner: Option<&'a Owner>) -> Self {
        Self { owner, tagger: None }
    }
}
