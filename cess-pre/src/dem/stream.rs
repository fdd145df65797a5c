//! A part from a source to a sink, one record in memory.

use alloc::vec;
use alloc::vec::Vec;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use zeroize::Zeroizing;

use super::Dem;
use super::length::{self, PAYLOAD_LEN, RECORD_LEN, RECORDS_MAX, TAG_LEN};
use super::part::{FreshSalt, Part, Salt};
use super::reader::PartReader;
use super::record::PartCipher;
use crate::Error;

impl Dem {
    /// Seals all that `source` gives as one part into `sink`; returns the bytes written.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::EmptyPart`], and [`Error::TooLong`] before the record is written
    /// after which no more would fit. What was written by then is no part: start again with a
    /// fresh salt.
    pub fn seal_stream(
        &self,
        part: Part,
        salt: FreshSalt,
        source: impl Read,
        sink: impl Write,
    ) -> Result<u64, Error> {
        seal_from(&self.cipher(part, salt.salt()), part, 0, source, sink)
    }

    /// Opens one part that `source` gives, to its end, into `sink`; returns the bytes written.
    ///
    /// What was written before an error is authentic, but not the whole: only `Ok` says that the
    /// part is complete.
    ///
    /// # Errors
    /// [`Error::Record`], [`Error::SealedLen`], [`Error::EmptyPart`], [`Error::TooLong`],
    /// [`Error::Io`].
    pub fn open_stream(
        &self,
        part: Part,
        salt: Salt,
        source: impl Read,
        sink: impl Write,
    ) -> Result<u64, Error> {
        open_from(&self.cipher(part, salt), part, 0, source, sink)
    }

    /// Reads ranges of the part that `source` holds from its first byte to its last, after
    /// authenticating the last record.
    ///
    /// # Errors
    /// As [`reader_from_last`](Self::reader_from_last), and [`Error::Io`].
    pub fn seek_reader<R: Read + Seek>(
        &self,
        part: Part,
        salt: Salt,
        mut source: R,
    ) -> Result<SeekReader<R>, Error> {
        let sealed_len = source.seek(SeekFrom::End(0))?;
        let place = length::last_record(sealed_len)?;
        let record = fetch(&mut source, place.start, place.end - place.start)?;
        let part = self.reader_from_last(part, salt, sealed_len, record)?;
        Ok(SeekReader { part, source })
    }
}

/// Random access to the plaintext of one sealed part; see [`Dem::seek_reader`].
#[derive(Debug)]
pub struct SeekReader<R> {
    part: PartReader,
    source: R,
}

impl<R: Read + Seek> SeekReader<R> {
    /// Length of the part's plaintext in bytes.
    pub fn plain_len(&self) -> u64 {
        self.part.plain_len()
    }

    /// Fills `out` with the plaintext from byte `offset` on. One record in memory; an error
    /// leaves in `out` authentic bytes or what was there before.
    ///
    /// # Errors
    /// [`Error::Range`] if the part ends before, [`Error::Record`], [`Error::Io`].
    pub fn read_at(&mut self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let end = offset.saturating_add(length::len64(out));
        self.part.sealed_range(&(offset..end))?;
        let mut at = offset;
        let mut rest = out;
        while at < end {
            let to = end.min((at / length::PAYLOAD + 1) * length::PAYLOAD);
            let sealed = self.part.sealed_range(&(at..to))?;
            let record = fetch(&mut self.source, sealed.start, sealed.end - sealed.start)?;
            let mut record = Zeroizing::new(record);
            self.part.open_range(&(at..to), &mut record)?;
            let (filled, unfilled) = rest.split_at_mut(record.len());
            filled.copy_from_slice(&record);
            (at, rest) = (to, unfilled);
        }
        Ok(())
    }
}

pub(super) fn seal_from(
    cipher: &PartCipher,
    part: Part,
    first: u64,
    source: impl Read,
    mut sink: impl Write,
) -> Result<u64, Error> {
    let mut chunks = Chunks::new(source, PAYLOAD_LEN);
    let (mut index, mut written) = (first, 0);
    loop {
        let Chunk { len, last } = chunks.next()?;
        if index == 0 && last {
            part.check_plain(&chunks.buffer[..len])?;
        }
        check_room(index, last)?;
        let record = &mut chunks.buffer[..len + TAG_LEN];
        cipher.seal(index, last, record)?;
        sink.write_all(record)?;
        written += length::len64(record);
        index += 1;
        if last {
            sink.flush()?;
            return Ok(written);
        }
    }
}

pub(super) fn open_from(
    cipher: &PartCipher,
    part: Part,
    first: u64,
    source: impl Read,
    mut sink: impl Write,
) -> Result<u64, Error> {
    let mut chunks = Chunks::new(source, RECORD_LEN);
    let (mut index, mut written) = (first, 0);
    loop {
        let Chunk { len, last } = chunks.next()?;
        if last {
            let plain_len = length::plain_len(length::len64(&chunks.buffer[..len]))?;
            if index == 0 {
                part.check_plain_len(plain_len)?;
            } else if plain_len == 0 {
                return Err(Error::EmptyPart { part: part.index });
            }
        }
        check_room(index, last)?;
        let payload = cipher.open(index, last, &mut chunks.buffer[..len])?;
        sink.write_all(payload)?;
        written += length::len64(payload);
        index += 1;
        if last {
            sink.flush()?;
            return Ok(written);
        }
    }
}

/// A record that others follow must leave an index for them.
fn check_room(index: u64, last: bool) -> Result<(), Error> {
    let records = index.saturating_add(if last { 1 } else { 2 });
    if records > RECORDS_MAX {
        return Err(Error::TooLong { records_max: RECORDS_MAX, records });
    }
    Ok(())
}

/// Reads `size` bytes at a time and one ahead: only the byte after a chunk tells whether the chunk
/// was the last.
struct Chunks<R> {
    source: R,
    size: usize,
    ahead: Option<u8>,
    buffer: Zeroizing<Vec<u8>>,
}

struct Chunk {
    len: usize,
    last: bool,
}

impl<R: Read> Chunks<R> {
    fn new(source: R, size: usize) -> Self {
        Self { source, size, ahead: None, buffer: Zeroizing::new(vec![0; RECORD_LEN]) }
    }

    fn next(&mut self) -> Result<Chunk, Error> {
        let mut len = 0;
        if let Some(byte) = self.ahead.take() {
            self.buffer[0] = byte;
            len = 1;
        }
        len += fill(&mut self.source, &mut self.buffer[len..self.size])?;
        let mut ahead = [0];
        if len == self.size && fill(&mut self.source, &mut ahead)? == 1 {
            self.ahead = Some(ahead[0]);
        }
        Ok(Chunk { len, last: self.ahead.is_none() })
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut len = 0;
    while len < buffer.len() {
        match source.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(len)
}

/// `len` is at most a record's.
fn fetch(source: &mut (impl Read + Seek), start: u64, len: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(RECORD_LEN).min(RECORD_LEN)];
    source.seek(SeekFrom::Start(start))?;
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}
