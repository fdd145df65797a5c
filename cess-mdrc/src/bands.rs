//! The sketch of a recording: items in its order, and how two sketches compare.

#![expect(clippy::cast_possible_truncation, reason = "a few thousand items")]

mod kernel;
mod likeness;

#[cfg(feature = "audio")]
pub(crate) use likeness::is_silent;
pub(crate) use likeness::{Likeness, compare};

use crate::Error;
use crate::sample::take;

/// Items of a recording, four for each second. Of a long one, the first of every so many stretches is
/// kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bands {
    /// Items of all of the recording.
    total: u32,
    kept: Vec<u64>,
}

/// Items that follow each other where not all are kept: 16 seconds.
const STRETCH: u32 = 64;

impl Bands {
    /// The most items that are kept: of 32 minutes.
    pub(crate) const MAX: usize = 7_680;
    /// The longest encoding, in bytes.
    pub(crate) const MAX_LEN: usize = 4 + 8 * Self::MAX;

    #[cfg(any(feature = "audio", test))]
    pub(crate) fn new(items: &[u64]) -> Self {
        // Some thirty years are as good as more.
        let total = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let every = every(total);
        let stretches = items.chunks(STRETCH as usize).step_by(every as usize);
        Self { total, kept: stretches.flatten().copied().collect() }
    }

    pub(crate) fn items(&self) -> &[u64] {
        &self.kept
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.reserve(4 + 8 * self.kept.len());
        bytes.extend(self.total.to_le_bytes());
        bytes.extend(self.kept.iter().flat_map(|item| item.to_le_bytes()));
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Error> {
        let total = u32::from_le_bytes(take(bytes)?);
        let count = kept(total, every(total));
        if bytes.len() < 8 * count {
            return Err(Error::Length { expected: 8 * count as u64, got: bytes.len() as u64 });
        }
        let kept = (0..count).map(|_| Ok(u64::from_le_bytes(take(bytes)?)));
        Ok(Self { total, kept: kept.collect::<Result<_, Error>>()? })
    }
}

/// Of so many stretches the first one is kept.
fn every(total: u32) -> u32 {
    let mut every = total.div_ceil(Bands::MAX as u32).max(1);
    while kept(total, every) > Bands::MAX {
        every += 1;
    }
    every
}

/// How many items are kept of so many, when the first of `every` stretches is.
fn kept(total: u32, every: u32) -> usize {
    let period = every * STRETCH;
    (total / period * STRETCH + (total % period).min(STRETCH)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_recording_keeps_the_first_of_so_many_stretches() {
        let most = Bands::MAX as u32;
        for (total, every_expected, kept_expected) in [
            (0, 1, 0),
            (1, 1, 1),
            (most, 1, Bands::MAX),
            (most + 1, 2, Bands::MAX / 2 + 1),
            (2 * most, 2, Bands::MAX),
            (2 * most + 64, 3, 5_184),
            (u32::MAX, 559_241, 7_680),
        ] {
            assert_eq!((every(total), kept(total, every(total))), (every_expected, kept_expected));
        }
        for total in (0..200_000).step_by(777) {
            assert!(kept(total, every(total)) <= Bands::MAX);
        }
    }

    #[test]
    fn an_encoding_is_as_long_as_its_total_says() {
        for len in [0, 1, 64, 7_680, 7_681, 7_700, 20_000, 100_000] {
            let items: Vec<u64> = (0..len).collect();
            let bands = Bands::new(&items);
            let mut bytes = Vec::new();
            bands.write(&mut bytes);
            assert!(bytes.len() <= Bands::MAX_LEN);
            assert_eq!(Bands::read(&mut &bytes[..]).as_ref(), Ok(&bands));
            bytes.pop();
            assert!(matches!(Bands::read(&mut &bytes[..]), Err(Error::Length { .. })));
        }
        assert_eq!(Bands::new(&(0..7_681).collect::<Vec<_>>()).items()[64], 128);
    }
}
