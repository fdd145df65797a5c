//! Any range of a part, decrypting only the records it touches.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use zeroize::{Zeroize, Zeroizing};

use super::Dem;
use super::length::{self, PAYLOAD, PAYLOAD_LEN, RECORD, RECORD_LEN, TAG_LEN, len64};
use super::part::{Part, Salt};
use super::record::PartCipher;
use crate::Error;

/// Reads ranges of one part whose length is known to be true: from a verified manifest
/// ([`Dem::reader`]), or because its last record was authenticated ([`Dem::reader_from_last`]).
///
/// It holds no data and does no I/O: it names the ciphertext that a range needs, and opens it.
pub struct PartReader {
    cipher: PartCipher,
    sealed_len: u64,
    plain_len: u64,
}

impl Dem {
    /// A reader of a part of `sealed_len` bytes of ciphertext, **taken from a verified manifest**.
    /// With a length from anywhere else, a part that was cut off can pass for a shorter one until
    /// its last record is read: use [`reader_from_last`](Self::reader_from_last).
    ///
    /// # Errors
    /// [`Error::SealedLen`], [`Error::EmptyPart`], [`Error::TooLong`].
    pub fn reader(&self, part: Part, salt: Salt, sealed_len: u64) -> Result<PartReader, Error> {
        let plain_len = length::plain_len(sealed_len)?;
        part.check_plain_len(plain_len)?;
        Ok(PartReader { cipher: self.cipher(part, salt), sealed_len, plain_len })
    }

    /// A reader of a part that is said to have `sealed_len` bytes of ciphertext: believed because
    /// the record at its end, `last` ([`last_record`](super::last_record) says where), is
    /// authentic as the last.
    ///
    /// # Errors
    /// [`Error::Record`] if it isn't, [`Error::RangeLen`] if `last` has another length than the
    /// last record, and as [`reader`](Self::reader).
    pub fn reader_from_last(
        &self,
        part: Part,
        salt: Salt,
        sealed_len: u64,
        last: Vec<u8>,
    ) -> Result<PartReader, Error> {
        let mut last = Zeroizing::new(last);
        let reader = self.reader(part, salt, sealed_len)?;
        let place = length::last_record(sealed_len)?;
        check_len(place.end - place.start, &last)?;
        reader.cipher.open(place.start / RECORD, true, &mut last)?;
        Ok(reader)
    }
}

impl PartReader {
    /// Length of the part's plaintext in bytes.
    pub fn plain_len(&self) -> u64 {
        self.plain_len
    }

    /// Which bytes of the ciphertext the bytes `plain` of the plaintext need: whole records.
    ///
    /// # Errors
    /// [`Error::Range`] unless start <= end <= [`plain_len`](Self::plain_len).
    pub fn sealed_range(&self, plain: &Range<u64>) -> Result<Range<u64>, Error> {
        let Range { start, end } = *plain;
        if start > end || end > self.plain_len {
            return Err(Error::Range { start, end, plain_len: self.plain_len });
        }
        let from = start / PAYLOAD * RECORD;
        if start == end {
            return Ok(from..from);
        }
        Ok(from..self.sealed_len.min(end.div_ceil(PAYLOAD) * RECORD))
    }

    /// Opens the bytes `plain` of the plaintext: `data` holds the bytes that
    /// [`sealed_range`](Self::sealed_range) names before, exactly the plaintext asked for after.
    ///
    /// # Errors
    /// [`Error::Record`], [`Error::Range`], [`Error::RangeLen`]; `data` is wiped and empty then.
    pub fn open_range(&self, plain: &Range<u64>, data: &mut Vec<u8>) -> Result<(), Error> {
        let result = self.open_in_place(plain, data);
        match &result {
            Ok(kept) => {
                let len = kept.end - kept.start;
                data.copy_within(kept.clone(), 0);
                data[len..].zeroize();
                data.truncate(len);
            }
            Err(_) => data.zeroize(),
        }
        result.map(|_| ())
    }

    fn open_in_place(&self, plain: &Range<u64>, data: &mut [u8]) -> Result<Range<usize>, Error> {
        let sealed = self.sealed_range(plain)?;
        check_len(sealed.end - sealed.start, data)?;
        let (mut index, mut opened, len) = (sealed.start / RECORD, 0, data.len());
        for from in (0..len).step_by(RECORD_LEN) {
            let to = len.min(from + RECORD_LEN);
            let last = (index + 1) * PAYLOAD >= self.plain_len;
            self.cipher.open(index, last, &mut data[from..to])?;
            data.copy_within(from..to - TAG_LEN, opened);
            opened += to - from - TAG_LEN;
            index += 1;
        }
        let too_long = |_| length::too_long(plain.end);
        let start = usize::try_from(plain.start % PAYLOAD).map_err(too_long)?;
        let len = usize::try_from(plain.end - plain.start).map_err(too_long)?;
        debug_assert!(start < PAYLOAD_LEN && (len == 0 || start + len <= opened));
        Ok(if len == 0 { 0..0 } else { start..start + len })
    }
}

impl fmt::Debug for PartReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartReader").field("plain_len", &self.plain_len).finish_non_exhaustive()
    }
}

fn check_len(expected: u64, data: &[u8]) -> Result<(), Error> {
    let got = len64(data);
    if got != expected {
        return Err(Error::RangeLen { expected, got });
    }
    Ok(())
}
