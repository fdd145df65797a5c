//! A whole part in memory, in place.

use alloc::vec::Vec;

use zeroize::Zeroize;

use super::Dem;
use super::length::{self, PAYLOAD_LEN, RECORD_LEN, TAG_LEN, len64};
use super::part::{FreshSalt, Part, Salt};
use super::record::PartCipher;
use crate::Error;

impl Dem {
    /// Seals a whole part in place: `data` holds the plaintext before and the ciphertext after.
    ///
    /// Reserve [`sealed_len`](super::sealed_len) bytes to spare the buffer a move, which would
    /// leave a copy of the plaintext in freed memory.
    ///
    /// # Errors
    /// [`Error::EmptyPart`] for an empty part that isn't [`Part::last`]`(0)`, [`Error::TooLong`];
    /// `data` is untouched then.
    pub fn seal_part(&self, part: Part, salt: FreshSalt, data: &mut Vec<u8>) -> Result<(), Error> {
        part.check_plain(data)?;
        let plain_len = data.len();
        let sealed_len = usize::try_from(length::sealed_len(len64(data))?)
            .map_err(|_| length::too_long(len64(data)))?;
        data.reserve_exact(sealed_len - plain_len);
        data.resize(sealed_len, 0);
        let result = seal_spread(&self.cipher(part, salt.salt()), plain_len, data);
        if result.is_err() {
            data.zeroize();
        }
        result
    }

    /// Opens a whole part in place: all of it, or nothing.
    ///
    /// # Errors
    /// [`Error::Record`] for the first record that is not authentic, [`Error::SealedLen`],
    /// [`Error::EmptyPart`], [`Error::TooLong`]; `data` is wiped and empty then.
    pub fn open_part(&self, part: Part, salt: Salt, data: &mut Vec<u8>) -> Result<(), Error> {
        let result = self.open_in_place(part, salt, data);
        match result {
            Ok(plain_len) => data.truncate(plain_len),
            Err(_) => data.zeroize(),
        }
        result.map(|_| ())
    }

    fn open_in_place(&self, part: Part, salt: Salt, data: &mut [u8]) -> Result<usize, Error> {
        let plain_len = length::plain_len(len64(data))?;
        part.check_plain_len(plain_len)?;
        open_compact(&self.cipher(part, salt), data)?;
        usize::try_from(plain_len).map_err(|_| length::too_long(plain_len))
    }
}

/// Record i moves from i·65,520 to i·65,536: from the last one on, none is overwritten before it
/// moved.
fn seal_spread(cipher: &PartCipher, plain_len: usize, data: &mut [u8]) -> Result<(), Error> {
    let records = data.len().div_ceil(RECORD_LEN);
    for i in (0..records).rev() {
        let from = i * PAYLOAD_LEN;
        let to = plain_len.min(from + PAYLOAD_LEN);
        data.copy_within(from..to, i * RECORD_LEN);
        #[cfg(not(feature = "rayon"))]
        {
            let sealed = &mut data[i * RECORD_LEN..i * RECORD_LEN + (to - from) + TAG_LEN];
            cipher.seal(index64(i), i + 1 == records, sealed)?;
        }
    }
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        data.par_chunks_mut(RECORD_LEN)
            .enumerate()
            .try_for_each(|(i, record)| cipher.seal(index64(i), i + 1 == records, record))?;
    }
    Ok(())
}

fn open_compact(cipher: &PartCipher, data: &mut [u8]) -> Result<(), Error> {
    let records = data.len().div_ceil(RECORD_LEN);
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        let first_refused = data
            .par_chunks_mut(RECORD_LEN)
            .enumerate()
            .filter_map(|(i, record)| {
                cipher.open(index64(i), i + 1 == records, record).err().map(|error| (i, error))
            })
            .min_by_key(|(i, _)| *i);
        if let Some((_, error)) = first_refused {
            return Err(error);
        }
    }
    for i in 0..records {
        let from = i * RECORD_LEN;
        let to = data.len().min(from + RECORD_LEN);
        #[cfg(not(feature = "rayon"))]
        cipher.open(index64(i), i + 1 == records, &mut data[from..to])?;
        data.copy_within(from..to - TAG_LEN, i * PAYLOAD_LEN);
    }
    Ok(())
}

fn index64(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}
