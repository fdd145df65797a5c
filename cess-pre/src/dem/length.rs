//! How long a part is, sealed and plain.

use core::ops::Range;

use crate::Error;

/// Bytes of ciphertext in every record but the last: payload and tag.
pub const RECORD_LEN: usize = 65_536;
/// Bytes of an authentication tag.
pub const TAG_LEN: usize = 16;
/// Bytes of plaintext in every record but the last.
pub const PAYLOAD_LEN: usize = RECORD_LEN - TAG_LEN;
/// Most records that a part has: the index in the nonce has 32 bits.
pub const RECORDS_MAX: u64 = 1 << 32;

pub(super) const RECORD: u64 = 65_536;
pub(super) const TAG: u64 = 16;
pub(super) const PAYLOAD: u64 = RECORD - TAG;

/// Bytes of ciphertext that `plain_len` bytes of plaintext become.
///
/// # Errors
/// [`Error::TooLong`] beyond [`RECORDS_MAX`] records.
pub fn sealed_len(plain_len: u64) -> Result<u64, Error> {
    let records = plain_len.div_ceil(PAYLOAD).max(1);
    check_records(records)?;
    Ok(plain_len + records * TAG)
}

/// Bytes of plaintext in `sealed_len` bytes of ciphertext.
///
/// # Errors
/// [`Error::SealedLen`] if nothing seals to that length, [`Error::TooLong`] beyond
/// [`RECORDS_MAX`] records.
pub fn plain_len(sealed_len: u64) -> Result<u64, Error> {
    if sealed_len == TAG {
        return Ok(0);
    }
    if sealed_len == 0 || (1..=TAG).contains(&(sealed_len % RECORD)) {
        return Err(Error::SealedLen { got: sealed_len, least: TAG + 1 });
    }
    let records = sealed_len.div_ceil(RECORD);
    check_records(records)?;
    Ok(sealed_len - records * TAG)
}

/// Most bytes of plaintext whose ciphertext fits `sealed_max` bytes. It fills them wholly when
/// they are a multiple of [`RECORD_LEN`]: 32 MiB hold 512 records, 33,546,240 bytes.
///
/// # Errors
/// [`Error::SealedLen`] if not even one byte fits, [`Error::TooLong`] beyond [`RECORDS_MAX`]
/// records.
pub fn plain_capacity(sealed_max: u64) -> Result<u64, Error> {
    let (full, rest) = (sealed_max / RECORD, (sealed_max % RECORD).saturating_sub(TAG));
    check_records(full + u64::from(rest > 0))?;
    match full * PAYLOAD + rest {
        0 => Err(Error::SealedLen { got: sealed_max, least: TAG + 1 }),
        capacity => Ok(capacity),
    }
}

/// Where the last record lies in a part of `sealed_len` bytes: what to fetch first for
/// [`Dem::reader_from_last`](super::Dem::reader_from_last).
///
/// # Errors
/// As [`plain_len`].
pub fn last_record(sealed_len: u64) -> Result<Range<u64>, Error> {
    plain_len(sealed_len)?;
    Ok((sealed_len - 1) / RECORD * RECORD..sealed_len)
}

fn check_records(records: u64) -> Result<(), Error> {
    if records > RECORDS_MAX {
        return Err(Error::TooLong { records_max: RECORDS_MAX, records });
    }
    Ok(())
}

pub(super) fn too_long(plain_len: u64) -> Error {
    Error::TooLong { records_max: RECORDS_MAX, records: plain_len.div_ceil(PAYLOAD) }
}

/// A length in memory as the format counts it.
pub(super) fn len64(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_segment_of_32_mib_holds_512_whole_records() {
        assert_eq!(plain_capacity(32 << 20), Ok(33_546_240));
        assert_eq!(sealed_len(33_546_240), Ok(32 << 20));
    }

    #[test]
    fn lengths_at_the_edges_of_a_record() {
        for (plain, sealed) in
            [(0, 16), (1, 17), (65_519, 65_535), (65_520, 65_536), (65_521, 65_553)]
        {
            assert_eq!(sealed_len(plain), Ok(sealed));
            assert_eq!(plain_len(sealed), Ok(plain));
        }
    }

    #[test]
    fn refuses_lengths_that_nothing_seals_to() {
        for got in [0, 1, 15, 65_537, 65_552, 131_073, 131_088] {
            assert_eq!(plain_len(got), Err(Error::SealedLen { got, least: 17 }));
            assert_eq!(last_record(got), Err(Error::SealedLen { got, least: 17 }));
        }
        for got in 0..=16 {
            assert_eq!(plain_capacity(got), Err(Error::SealedLen { got, least: 17 }));
        }
    }

    #[test]
    fn refuses_one_record_too_many() {
        let too_long = Error::TooLong { records_max: 1 << 32, records: (1 << 32) + 1 };
        let most = PAYLOAD << 32;
        assert_eq!(sealed_len(most), Ok(1 << 48));
        assert_eq!(sealed_len(most + 1), Err(too_long.clone()));
        assert_eq!(plain_len(1 << 48), Ok(most));
        assert_eq!(plain_len((1 << 48) + 17), Err(too_long.clone()));
        assert_eq!(plain_capacity((1 << 48) + 16), Ok(most));
        assert_eq!(plain_capacity((1 << 48) + 17), Err(too_long));
        assert!(sealed_len(u64::MAX).is_err() && plain_len(u64::MAX).is_err());
    }

    #[test]
    fn the_last_record_is_where_the_multiple_before_the_end_is() {
        assert_eq!(last_record(16), Ok(0..16));
        assert_eq!(last_record(65_536), Ok(0..65_536));
        assert_eq!(last_record(65_553), Ok(65_536..65_553));
    }

    proptest! {
        #[test]
        fn plain_and_sealed_lengths_are_inverse(plain in 0..=(PAYLOAD << 32)) {
            let sealed = sealed_len(plain).unwrap();
            prop_assert_eq!(plain_len(sealed), Ok(plain));
            if plain > 0 {
                prop_assert_eq!(plain_capacity(sealed), Ok(plain));
            }
        }

        #[test]
        fn capacity_is_the_most_that_fits(max in 17..(1_u64 << 40)) {
            let plain = plain_capacity(max).unwrap();
            prop_assert!(sealed_len(plain).unwrap() <= max);
            prop_assert!(sealed_len(plain + 1).unwrap() > max);
        }
    }
}
