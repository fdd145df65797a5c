//! Reading encodings of known length, piece by piece.

use core::fmt;

use crate::backend::{G1_LEN, G1Affine, G2_LEN, G2Affine, PointError, SCALAR_LEN, Scalar};
use crate::error::{Error, What};

/// Takes an encoding apart. Its length is checked before anything is read, so a piece that isn't
/// there is the length's fault.
pub(crate) struct Reader<'a> {
    what: What,
    bytes: &'a [u8],
    expected: usize,
    got: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(what: What, bytes: &'a [u8], expected: usize) -> Result<Self, Error> {
        let got = bytes.len();
        let reader = Self { what, bytes, expected, got };
        if got == expected { Ok(reader) } else { Err(reader.wrong_length()) }
    }

    fn wrong_length(&self) -> Error {
        Error::Length { what: self.what, expected: self.expected, got: self.got }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, rest) = self.bytes.split_first_chunk().ok_or_else(|| self.wrong_length())?;
        self.bytes = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn g1(&mut self) -> Result<G1Affine, Error> {
        let bytes: [u8; G1_LEN] = self.array()?;
        G1Affine::from_compressed(&bytes).map_err(|error| self.point(error))
    }

    pub(crate) fn g2(&mut self) -> Result<G2Affine, Error> {
        let bytes: [u8; G2_LEN] = self.array()?;
        G2Affine::from_compressed(&bytes).map_err(|error| self.point(error))
    }

    pub(crate) fn scalar(&mut self) -> Result<Scalar, Error> {
        let bytes: [u8; SCALAR_LEN] = self.array()?;
        Scalar::from_bytes(&bytes).ok_or(Error::Scalar { what: self.what })
    }

    fn point(&self, error: PointError) -> Error {
        let what = self.what;
        match error {
            PointError::Encoding | PointError::Curve => Error::Point { what },
            PointError::Subgroup => Error::Subgroup { what },
            PointError::Identity => Error::Identity { what },
        }
    }
}

/// `Name(first bytes in hexadecimal…)`.
pub(crate) fn hex(name: &str, bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name}(")?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
    f.write_str("…)")
}
