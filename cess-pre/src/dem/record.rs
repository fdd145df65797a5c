//! One record under a part's key: `nonce = 7 zeros ‖ index u32 BE ‖ flag`.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};

use super::length::{RECORDS_MAX, TAG, TAG_LEN, len64};
use super::part::End;
use crate::Error;

/// The key of a part, and how the part ends.
pub(super) struct PartCipher {
    aead: ChaCha20Poly1305,
    end: End,
}

impl PartCipher {
    pub(super) fn new(key: &[u8; 32], end: End) -> Self {
        Self { aead: ChaCha20Poly1305::new(<&Key>::from(key)), end }
    }

    /// Seals `record`, payload and room for the tag, in place.
    pub(super) fn seal(&self, index: u64, last: bool, record: &mut [u8]) -> Result<(), Error> {
        let nonce = self.nonce(index, last)?;
        let (payload, tag) = split(record)?;
        *tag = self
            .aead
            .encrypt_inout_detached(&nonce, &[], payload.into())
            .map_err(|_| Error::Record { index })?
            .into();
        Ok(())
    }

    /// Opens `record` in place and returns its payload; a refused record stays ciphertext.
    pub(super) fn open<'a>(
        &self,
        index: u64,
        last: bool,
        record: &'a mut [u8],
    ) -> Result<&'a mut [u8], Error> {
        let nonce = self.nonce(index, last)?;
        let (payload, tag) = split(record)?;
        self.aead
            .decrypt_inout_detached(&nonce, &[], (&mut *payload).into(), &Tag::from(*tag))
            .map_err(|_| Error::Record { index })?;
        Ok(payload)
    }

    fn nonce(&self, index: u64, last: bool) -> Result<Nonce, Error> {
        let too_long =
            Error::TooLong { records_max: RECORDS_MAX, records: index.saturating_add(1) };
        let index = u32::try_from(index).map_err(|_| too_long)?;
        let mut nonce = [0; 12];
        nonce[7..11].copy_from_slice(&index.to_be_bytes());
        nonce[11] = match (last, self.end) {
            (false, _) => 0,
            (true, End::Part) => 1,
            (true, End::File) => 2,
        };
        Ok(nonce.into())
    }
}

fn split(record: &mut [u8]) -> Result<(&mut [u8], &mut [u8; TAG_LEN]), Error> {
    let got = len64(record);
    record.split_last_chunk_mut().ok_or(Error::SealedLen { got, least: TAG })
}
