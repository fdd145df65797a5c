use core::fmt;

use crate::backend::G2;
use crate::domain;
use crate::encoding::{self, Reader};
use crate::error::{Error, What};

/// What a condition names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConditionKind {
    /// One file; the id is its `FileId`.
    File,
    /// A collection: a grant covers what is added later too, as a subscription does.
    Collection,
    /// What the application makes of the id.
    Application,
}

/// The condition w that a capsule is bound to and a grant is for:
/// `kind u8 ‖ ledger 32 ‖ id 32 ‖ epoch u64`. A grant opens what is under exactly this condition;
/// all 73 bytes are hashed to the curve, so no other condition, nor another epoch, is related to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    kind: ConditionKind,
    ledger: [u8; 32],
    id: [u8; 32],
    epoch: u64,
}

impl Condition {
    /// Bytes of the encoding.
    pub const LEN: usize = 73;

    /// A condition of a ledger's file, collection or whatever the application counts.
    pub const fn new(kind: ConditionKind, ledger: [u8; 32], id: [u8; 32], epoch: u64) -> Self {
        Self { kind, ledger, id, epoch }
    }

    /// The file `id` of `ledger`.
    pub const fn file(ledger: [u8; 32], id: [u8; 32], epoch: u64) -> Self {
        Self::new(ConditionKind::File, ledger, id, epoch)
    }

    /// The same in the next epoch: what follows when grants are revoked.
    ///
    /// # Errors
    /// [`Error::LastEpoch`] after 2^64 - 1.
    pub fn next_epoch(&self) -> Result<Self, Error> {
        let epoch = self.epoch.checked_add(1).ok_or(Error::LastEpoch)?;
        Ok(Self { epoch, ..*self })
    }

    /// What it names.
    pub const fn kind(&self) -> ConditionKind {
        self.kind
    }

    /// The ledger.
    pub const fn ledger(&self) -> [u8; 32] {
        self.ledger
    }

    /// The id.
    pub const fn id(&self) -> [u8; 32] {
        self.id
    }

    /// The epoch.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The one encoding.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[0] = match self.kind {
            ConditionKind::File => 1,
            ConditionKind::Collection => 2,
            ConditionKind::Application => 255,
        };
        out[1..33].copy_from_slice(&self.ledger);
        out[33..65].copy_from_slice(&self.id);
        out[65..].copy_from_slice(&self.epoch.to_le_bytes());
        out
    }

    /// Decodes a condition.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::ConditionKind`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(&mut Reader::new(What::Condition, bytes, Self::LEN)?)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let kind = match reader.u8()? {
            1 => ConditionKind::File,
            2 => ConditionKind::Collection,
            255 => ConditionKind::Application,
            got => return Err(Error::ConditionKind { got }),
        };
        Ok(Self { kind, ledger: reader.array()?, id: reader.array()?, epoch: reader.u64()? })
    }

    /// `Q_w = H_to_G2(w)`.
    pub(crate) fn point(&self) -> G2 {
        G2::hash(&self.to_bytes(), domain::HASH_TO_G2)
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::hex("Condition", &self.id[..8], f)?;
        write!(f, " {:?} epoch {}", self.kind, self.epoch)
    }
}
