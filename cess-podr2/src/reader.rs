//! Reads encodings of several fields, never beyond their end.

use crate::error::{Error, What};

pub(crate) struct Reader<'a> {
    what: What,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(what: What, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    /// What was not taken yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let short = || Error::length(self.what, len, self.rest.len());
        let (head, tail) = self.rest.split_at_checked(len).ok_or_else(short)?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }
}
