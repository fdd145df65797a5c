//! Borsh with the checks that types need, and nothing after them.

use alloc::vec::Vec;

use borsh::io;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::error::Error;

/// What a check of a decoded value refused.
pub(crate) fn invalid(error: Error) -> io::Error {
    #[cfg(feature = "std")]
    return io::Error::new(io::ErrorKind::InvalidData, error);
    #[cfg(not(feature = "std"))]
    return io::Error::new(io::ErrorKind::InvalidData, alloc::format!("{error}"));
}

pub(crate) fn to_bytes(value: &impl BorshSerialize) -> Vec<u8> {
    // Writing into a Vec doesn't fail, and no type of the crate refuses to be encoded.
    borsh::to_vec(value).unwrap_or_default()
}

/// One value and nothing after it.
pub(crate) fn from_bytes<T: BorshDeserialize>(
    bytes: &[u8],
    what: &'static str,
) -> Result<T, Error> {
    borsh::from_slice(bytes).map_err(|_| Error::BadEncoding { what })
}
