use crate::error::Error;

/// Bytes of a sector, a little-endian integer below 2^248.
pub(crate) const SECTOR_BYTES: usize = 31;

/// Sectors in a block, a property of the tag key: a power of two in 64..=65536.
///
/// More sectors mean fewer and dearer-to-read blocks: tags take 48 bytes a block, an audit reads
/// whole blocks, and a proof costs one multi-scalar multiplication of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sectors(u32);

impl Sectors {
    /// The smallest number, with blocks of 1,984 bytes.
    pub const MIN: Self = Self(64);
    /// The largest number, with blocks of 2,031,616 bytes.
    pub const MAX: Self = Self(65536);
    /// What storage uses: 8192 sectors, blocks of 253,952 bytes.
    pub const DEFAULT: Self = Self(8192);

    /// # Errors
    /// [`Error::Sectors`] unless the number is a power of two in 64..=65536.
    pub fn new(sectors: u32) -> Result<Self, Error> {
        if sectors.is_power_of_two() && (Self::MIN.0..=Self::MAX.0).contains(&sectors) {
            Ok(Self(sectors))
        } else {
            Err(Error::Sectors { got: sectors })
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Bytes of a full block: 31 a sector.
    #[must_use]
    pub fn block_bytes(self) -> usize {
        self.count() * SECTOR_BYTES
    }

    /// Blocks in `len_bytes` bytes, the last one perhaps short.
    #[must_use]
    pub fn block_count(self, len_bytes: u64) -> u64 {
        len_bytes.div_ceil(self.block_bytes() as u64)
    }

    pub(crate) fn count(self) -> usize {
        self.0 as usize
    }
}

impl Default for Sectors {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_powers_of_two_in_range() {
        for exponent in 6..=16 {
            assert_eq!(Sectors::new(1 << exponent).unwrap().get(), 1 << exponent);
        }
        assert_eq!(Sectors::default(), Sectors::new(8192).unwrap());
    }

    #[test]
    fn refuses_other_numbers() {
        for got in [0, 1, 32, 63, 65, 96, 8191, 65537, 1 << 17, u32::MAX] {
            assert_eq!(Sectors::new(got), Err(Error::Sectors { got }));
        }
    }

    #[test]
    fn counts_short_blocks() {
        let sectors = Sectors::MIN;
        assert_eq!(sectors.block_bytes(), 1984);
        for (len, blocks) in [(0, 0), (1, 1), (1984, 1), (1985, 2), (3968, 2)] {
            assert_eq!(sectors.block_count(len), blocks);
        }
        assert_eq!(sectors.block_count(u64::MAX), u64::MAX / 1984 + 1);
    }
}
