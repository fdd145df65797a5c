//! The access record: how those with rights get a file's data key.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{Error, Visibility};

/// How those with rights get a file's data key. The ledger sees to it that a private file has a
/// capsule and a public one none; whether the capsule opens is its reader's to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "one a file, and most files that care are private")]
pub enum Access {
    /// A public file: there is nothing to open.
    Public,
    /// A private file: its data key, encapsulated under the condition that names chain, file and
    /// the epoch of this record.
    Capsule {
        /// The encryption key that it was made for, compressed.
        owner: [u8; 48],
        /// The capsule.
        capsule: [u8; 160],
    },
}

impl Access {
    /// The visibility of the files that have such a record.
    pub const fn visibility(&self) -> Visibility {
        match self {
            Self::Public => Visibility::Public,
            Self::Capsule { .. } => Visibility::Private,
        }
    }

    pub(crate) fn check(&self, expected: Visibility) -> Result<(), Error> {
        if self.visibility() == expected { Ok(()) } else { Err(Error::BadAccess { expected }) }
    }
}
