use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use crate::capsule::CheckedCapsule;
use crate::error::Error;
use crate::{Condition, ConditionKind, DataKey, PublicKey, SecretKey};

/// What replaces a capsule when access is taken away or passed on.
#[derive(Debug, Clone, Copy)]
pub enum Replacement<'a> {
    /// The same file under the same data key, in the next epoch.
    Same,
    /// The data encrypted anew: a fresh data key and the new file's name.
    Fresh {
        /// The new file's data key.
        key: &'a DataKey,
        /// The new file's name.
        file: [u8; 32],
    },
}

/// What a revocation is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The ledger and honest proxies refuse from now on; **nothing was taken away**. The old capsule
    /// stays in the ledger's history, and t shares that were kept, or the data key itself, still
    /// open the same ciphertext.
    PolicyOnly,
    /// Old capsules, shares and data keys don't open the new file. The old ciphertext they open as
    /// long as somebody keeps it.
    Rekeyed,
}

/// What a transfer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// The new owner reads, and **so does the former one**: the data key is the same.
    Light,
    /// Nothing that the former owner kept opens the new file.
    Full,
}

/// A capsule in another's place, and what that is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced<K> {
    /// What it is worth.
    pub kind: K,
    /// The capsule for the file's next access record.
    pub capsule: CheckedCapsule,
}

impl Replacement<'_> {
    /// The condition that follows on `old`.
    fn condition(&self, old: &Condition) -> Result<Condition, Error> {
        match (self, old.kind()) {
            (Self::Fresh { file, .. }, ConditionKind::File) => {
                Ok(Condition::file(old.ledger(), *file, 0))
            }
            _ => old.next_epoch(),
        }
    }

    /// The data key and the label, given the old ones.
    fn key<'k>(
        &'k self,
        old: &'k DataKey,
        label: &'k [u8; 32],
    ) -> Result<(&'k DataKey, &'k [u8; 32]), Error> {
        match self {
            Self::Same => Ok((old, label)),
            Self::Fresh { key, .. } if bool::from(key.ct_eq(old)) => Err(Error::SameKey),
            Self::Fresh { file, .. } if file == label => Err(Error::SameFile),
            Self::Fresh { key, file } => Ok((key, file)),
        }
    }
}

impl SecretKey {
    /// Puts a capsule in the place of `old`, under a condition for which no grant is out, and tells
    /// what that is worth. Grants for the old condition cover the new capsule no more.
    ///
    /// # Errors
    /// [`Error::SameKey`] or [`Error::SameFile`] if what is said to be fresh isn't,
    /// [`Error::LastEpoch`], and as [`open`](Self::open).
    pub fn revoke(
        &self,
        old: &CheckedCapsule,
        replacement: &Replacement<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Replaced<Revocation>, Error> {
        let kind = match replacement {
            Replacement::Same => Revocation::PolicyOnly,
            Replacement::Fresh { .. } => Revocation::Rekeyed,
        };
        let capsule = self.replace(old, self.public(), replacement, rng)?;
        Ok(Replaced { kind, capsule })
    }

    /// Passes a file on to another owner: the same data key, encapsulated to `to` in the next epoch.
    /// Always [`Transfer::Light`]; the new owner makes it full with
    /// [`complete_transfer`](Self::complete_transfer).
    ///
    /// # Errors
    /// [`Error::LastEpoch`], and as [`open`](Self::open).
    pub fn transfer(
        &self,
        old: &CheckedCapsule,
        to: &PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Replaced<Transfer>, Error> {
        let capsule = self.replace(old, to, &Replacement::Same, rng)?;
        Ok(Replaced { kind: Transfer::Light, capsule })
    }

    /// Completes a transfer as the new owner: `key` is fresh, of the new owner's own drawing, and
    /// `file` is what was encrypted anew under it. Always [`Transfer::Full`].
    ///
    /// # Errors
    /// As [`revoke`](Self::revoke).
    pub fn complete_transfer(
        &self,
        light: &CheckedCapsule,
        key: &DataKey,
        file: [u8; 32],
        rng: &mut impl CryptoRng,
    ) -> Result<Replaced<Transfer>, Error> {
        let fresh = Replacement::Fresh { key, file };
        let capsule = self.replace(light, self.public(), &fresh, rng)?;
        Ok(Replaced { kind: Transfer::Full, capsule })
    }

    fn replace(
        &self,
        old: &CheckedCapsule,
        to: &PublicKey,
        replacement: &Replacement<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<CheckedCapsule, Error> {
        let opened = self.open(old)?;
        let condition = replacement.condition(old.condition())?;
        let (key, label) = replacement.key(&opened, old.label())?;
        to.encapsulate(key, &condition, label, rng)
    }
}
