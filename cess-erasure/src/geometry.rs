use core::fmt;

use crate::{Error, Lrc};

/// An erasure code. Codes give different parity for the same data, so the code is part of every
/// [`Geometry`]; it is never chosen by speed or machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// Systematic Reed-Solomon over GF(2^8), polynomial 0x11D, from a Vandermonde matrix: the
    /// parity of Backblaze's Java library, `klauspost/reedsolomon` and `reed-solomon-erasure`. At
    /// most 256 shards.
    Rs8,
    /// Reed-Solomon over GF(2^16) by additive Fourier transforms, in the manner of Leopard: the
    /// parity of `reed-solomon-simd`. For more than 256 shards, up to 65,535 or somewhat fewer,
    /// as the numbers of data and parity lie to powers of two. Shards have an even number of bytes.
    #[cfg(feature = "leopard16")]
    Leopard16,
    /// A locally repairable code over GF(2^8): see [`Lrc`]. At most 256 shards.
    Lrc8,
}

impl Code {
    /// Columns of as many bytes hang together: fewer can't be rebuilt or updated alone.
    pub(crate) const fn block_len(self) -> usize {
        match self {
            Self::Rs8 | Self::Lrc8 => 1,
            #[cfg(feature = "leopard16")]
            Self::Leopard16 => crate::leopard::BLOCK,
        }
    }

    /// The number of the code in encodings.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Rs8 => 1,
            #[cfg(feature = "leopard16")]
            Self::Leopard16 => 2,
            Self::Lrc8 => 3,
        }
    }

    /// The largest number of data and parity shards together.
    #[must_use]
    pub const fn max_shards(self) -> usize {
        match self {
            Self::Rs8 | Self::Lrc8 => 256,
            #[cfg(feature = "leopard16")]
            Self::Leopard16 => 65_535,
        }
    }

    fn from_number(number: u8) -> Result<Self, Error> {
        match number {
            1 => Ok(Self::Rs8),
            #[cfg(feature = "leopard16")]
            2 => Ok(Self::Leopard16),
            3 => Ok(Self::Lrc8),
            got => Err(Error::UnknownCode { got }),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rs8 => "rs8",
            #[cfg(feature = "leopard16")]
            Self::Leopard16 => "leopard16",
            Self::Lrc8 => "lrc8",
        })
    }
}

/// A code with its numbers of data and parity shards.
///
/// Printed as `rs8 4+8` or, with local and global parities, `lrc8 12+2+2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Geometry {
    code: Code,
    data: u16,
    parity: u16,
    /// Of [`Code::Lrc8`]; 0 in others.
    local_groups: u8,
}

impl Geometry {
    /// 3 + 2, of the CESS white paper.
    pub const WHITE_PAPER: Self = Self::preset(3, 2);
    /// 4 + 8, what the CESS network runs.
    pub const CESS: Self = Self::preset(4, 8);
    /// 10 + 4, of many data centres.
    pub const CLASSIC: Self = Self::preset(10, 4);

    /// 10 + 2 + 3: [`Lrc::CLASSIC`].
    pub const LRC_CLASSIC: Self = Self::of_lrc(Lrc::CLASSIC);

    /// The length of an encoding, in bytes.
    pub const LEN: usize = 5;

    const fn preset(data: u16, parity: u16) -> Self {
        Self { code: Code::Rs8, data, parity, local_groups: 0 }
    }

    /// A geometry of [`Code::Rs8`].
    ///
    /// # Errors
    /// [`Error::NoShards`] if either number is 0, [`Error::TooManyShards`] if they add up to more
    /// than 256.
    pub fn rs8(data: u16, parity: u16) -> Result<Self, Error> {
        Self::new(Code::Rs8, data, parity)
    }

    /// A geometry of [`Code::Leopard16`].
    ///
    /// # Errors
    /// [`Error::NoShards`] if either number is 0, [`Error::TooManyShards`] if the code doesn't
    /// reach so far.
    #[cfg(feature = "leopard16")]
    pub fn leopard16(data: u16, parity: u16) -> Result<Self, Error> {
        Self::new(Code::Leopard16, data, parity)
    }

    fn new(code: Code, data: u16, parity: u16) -> Result<Self, Error> {
        if data == 0 || parity == 0 {
            return Err(Error::NoShards { data, parity });
        }
        let (max, got) = (code.max_shards(), usize::from(data) + usize::from(parity));
        let reaches = match code {
            Code::Rs8 | Code::Lrc8 => true,
            #[cfg(feature = "leopard16")]
            Code::Leopard16 => crate::leopard::supports(data.into(), parity.into()),
        };
        if got > max || !reaches {
            return Err(Error::TooManyShards { max, got });
        }
        Ok(Self { code, data, parity, local_groups: 0 })
    }

    pub(crate) const fn of_lrc(lrc: Lrc) -> Self {
        let parity = lrc.local_groups as u16 + lrc.global as u16;
        let (data, local_groups) = (lrc.data as u16, lrc.local_groups);
        Self { code: Code::Lrc8, data, parity, local_groups }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The number of data shards. Of the codes other than [`Code::Lrc8`], any so many shards give
    /// back all others.
    #[must_use]
    pub fn data(&self) -> usize {
        usize::from(self.data)
    }

    /// The number of parity shards. Of the codes other than [`Code::Lrc8`], so many shards may be
    /// lost, whichever.
    #[must_use]
    pub fn parity(&self) -> usize {
        usize::from(self.parity)
    }

    /// The number of data and parity shards together.
    #[must_use]
    pub fn total(&self) -> usize {
        self.data() + self.parity()
    }

    /// The groups, if this is a locally repairable code.
    #[must_use]
    pub fn lrc(&self) -> Option<Lrc> {
        if self.code != Code::Lrc8 {
            return None;
        }
        let local_groups = u16::from(self.local_groups);
        Lrc::new(self.data, local_groups, self.parity - local_groups).ok()
    }

    /// The code's number, then the numbers of data and parity shards, little-endian; of
    /// [`Code::Lrc8`] the number of local parities and that of global ones, a byte each.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let [d0, d1] = self.data.to_le_bytes();
        let [p0, p1] = match self.code {
            // The number of global parities is below 256.
            Code::Lrc8 => {
                let [global, _] = (self.parity - u16::from(self.local_groups)).to_le_bytes();
                [self.local_groups, global]
            }
            _ => self.parity.to_le_bytes(),
        };
        [self.code.number(), d0, d1, p0, p1]
    }

    /// The geometry that [`to_bytes`](Self::to_bytes) encodes as exactly these bytes.
    ///
    /// # Errors
    /// [`Error::EncodingLength`], [`Error::UnknownCode`], and those of [`rs8`](Self::rs8) and
    /// [`Lrc::new`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let &[code, d0, d1, p0, p1] = bytes else {
            return Err(Error::EncodingLength { expected: Self::LEN, got: bytes.len() });
        };
        let data = u16::from_le_bytes([d0, d1]);
        match Code::from_number(code)? {
            Code::Lrc8 => Lrc::new(data, p0.into(), p1.into()).map(Self::of_lrc),
            code => Self::new(code, data, u16::from_le_bytes([p0, p1])),
        }
    }
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lrc() {
            Some(lrc) => write!(f, "{} {lrc}", self.code),
            None => write!(f, "{} {}+{}", self.code, self.data, self.parity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_what_their_names_say() {
        for (preset, data, parity) in
            [(Geometry::WHITE_PAPER, 3, 2), (Geometry::CESS, 4, 8), (Geometry::CLASSIC, 10, 4)]
        {
            assert_eq!(Geometry::rs8(data, parity), Ok(preset));
            assert_eq!(preset.data(), usize::from(data));
            assert_eq!(preset.parity(), usize::from(parity));
            assert_eq!(preset.total(), usize::from(data + parity));
            assert_eq!(preset.code(), Code::Rs8);
        }
        assert_eq!(alloc::format!("{}", Geometry::CESS), "rs8 4+8");
    }

    #[test]
    fn refuses_a_geometry_without_data_or_parity() {
        assert_eq!(Geometry::rs8(0, 3), Err(Error::NoShards { data: 0, parity: 3 }));
        assert_eq!(Geometry::rs8(3, 0), Err(Error::NoShards { data: 3, parity: 0 }));
    }

    #[test]
    fn takes_256_shards_and_refuses_257() {
        for data in [1, 128, 255] {
            assert_eq!(Geometry::rs8(data, 256 - data).map(|g| g.total()), Ok(256));
            let refused = Geometry::rs8(data, 257 - data);
            assert_eq!(refused, Err(Error::TooManyShards { max: 256, got: 257 }));
        }
        let refused = Geometry::rs8(u16::MAX, u16::MAX);
        assert_eq!(refused, Err(Error::TooManyShards { max: 256, got: 131_070 }));
    }

    #[test]
    fn every_geometry_comes_back_from_its_bytes() {
        for data in 1..=255 {
            for parity in 1..=256 - data {
                let geometry = Geometry::rs8(data, parity).unwrap();
                assert_eq!(Geometry::from_bytes(&geometry.to_bytes()), Ok(geometry));
            }
        }
    }

    #[test]
    fn refuses_bytes_that_no_geometry_has() {
        let length = |got| Err(Error::EncodingLength { expected: 5, got });
        assert_eq!(Geometry::from_bytes(&[]), length(0));
        assert_eq!(Geometry::from_bytes(&[1, 4, 0, 8]), length(4));
        assert_eq!(Geometry::from_bytes(&[1, 4, 0, 8, 0, 0]), length(6));
        // Number 2 is known with the feature `leopard16` alone.
        for got in (0..=255).filter(|number| !(1..=3).contains(number)) {
            let refused = Geometry::from_bytes(&[got, 4, 0, 8, 0]);
            assert_eq!(refused, Err(Error::UnknownCode { got }));
        }
        let refused = Geometry::from_bytes(&[1, 0, 0, 8, 0]);
        assert_eq!(refused, Err(Error::NoShards { data: 0, parity: 8 }));
        let refused = Geometry::from_bytes(&[1, 4, 1, 8, 0]);
        assert_eq!(refused, Err(Error::TooManyShards { max: 256, got: 268 }));
    }
}
