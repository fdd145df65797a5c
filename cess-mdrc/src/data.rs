//! Fingerprints of bytes of any kind: content-defined chunks, sampled by MinHash, summed by
//! Simhash.

use std::collections::BTreeSet;
use std::io::Read;

use xxhash_rust::xxh3::xxh3_64;

use crate::sample::Sample;
use crate::simhash::{Accumulator, expand};
use crate::{Error, Fingerprint, Method, Sketch};

/// Bytes that a chunk has at least, on average past that, and at most.
const MIN_CHUNK: usize = 128;
const AVERAGE_CHUNK: u64 = 128;
const MAX_CHUNK: usize = 2048;

/// Bytes that decide whether a chunk ends behind them, as a little-endian number: multiplied by
/// [`MULTIPLIER`], it is at most [`BOUNDARY`]. No place waits for the one before it, as those of a
/// rolling hash do.
const WINDOW: usize = 8;
/// 2^64 over the golden ratio (Knuth, *The Art of Computer Programming* 3, 6.4).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const BOUNDARY: u64 = u64::MAX / AVERAGE_CHUNK;

/// Places that are looked at before any of them is asked for: their products are independent.
const PLACES: usize = 8;

fn is_end(window: &[u8; WINDOW]) -> bool {
    u64::from_le_bytes(*window).wrapping_mul(MULTIPLIER) <= BOUNDARY
}

/// Where the chunk ends that these bytes begin with, unless they end before it does; of fewer bytes
/// than `searched` it has been looked for already.
fn boundary(bytes: &[u8], searched: usize) -> Option<usize> {
    let limit = bytes.len().min(MAX_CHUNK);
    let first = MIN_CHUNK.max(searched + 1);
    let mut rest = bytes.get(first - WINDOW..limit).unwrap_or_default();
    while let Some(block) = rest.first_chunk::<{ WINDOW + PLACES - 1 }>() {
        let ends = block.windows(WINDOW).filter_map(<[u8]>::first_chunk).map(is_end);
        if ends.fold(false, |any, end| any | end) {
            break;
        }
        rest = &rest[PLACES..];
    }
    let place = rest.windows(WINDOW).filter_map(<[u8]>::first_chunk).position(is_end);
    let end = place.map(|place| limit - rest.len() + place + WINDOW);
    end.or((limit == MAX_CHUNK).then_some(MAX_CHUNK))
}

/// Takes the fingerprint of bytes.
///
/// ```
/// use cess_mdrc::data;
///
/// let original: Vec<u8> = (0..20_000u32).flat_map(|i| i.wrapping_mul(i).to_le_bytes()).collect();
/// let mut copy = original.clone();
/// copy.splice(5000..5010, *b"inserted");
/// let (a, b) = (data::fingerprint(&original), data::fingerprint(&copy));
/// assert!(a.certificate().id().distance(&b.certificate().id()) < 64);
/// ```
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> Fingerprint {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    hasher.finalize()
}

/// Takes the fingerprint of all that a reader has, in constant memory.
///
/// # Errors
/// [`Error::Read`] when the reader fails.
pub fn read(reader: impl Read) -> Result<Fingerprint, Error> {
    let mut hasher = Hasher::new();
    each_piece(reader, |piece| hasher.update(piece))?;
    Ok(hasher.finalize())
}

pub(crate) fn each_piece(mut reader: impl Read, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Read { kind: error.kind() }),
        }
    }
}

/// Takes the fingerprint of bytes that come in pieces; how they are cut makes no difference.
#[derive(Debug, Clone)]
pub struct Hasher {
    instance: blake3::Hasher,
    /// The chunk that has no end yet.
    chunk: Vec<u8>,
    /// The smallest hashes.
    smallest: BTreeSet<u64>,
    /// The largest of them once there are as many as are kept; what is over it is left out.
    largest: u64,
    overflowed: bool,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            instance: blake3::Hasher::new(),
            chunk: Vec::with_capacity(MAX_CHUNK),
            smallest: BTreeSet::new(),
            largest: u64::MAX,
            overflowed: false,
        }
    }
}

impl Hasher {
    /// Without bytes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.instance.update(bytes);
        if !self.chunk.is_empty() {
            let before = self.chunk.len();
            let fits = bytes.len().min(MAX_CHUNK - before);
            self.chunk.extend_from_slice(&bytes[..fits]);
            let Some(end) = boundary(&self.chunk, before) else { return };
            let hash = xxh3_64(&self.chunk[..end]);
            self.insert(hash);
            self.chunk.clear();
            bytes = &bytes[end - before..];
        }
        while let Some(end) = boundary(bytes, 0) {
            self.insert(xxh3_64(&bytes[..end]));
            bytes = &bytes[end..];
        }
        self.chunk.extend_from_slice(bytes);
    }

    fn insert(&mut self, hash: u64) {
        let rank = expand(hash, 8);
        if rank > self.largest {
            self.overflowed = true;
            return;
        }
        if self.smallest.insert(rank) && self.smallest.len() > Sample::MAX {
            self.smallest.pop_last();
            self.overflowed = true;
        }
        if self.smallest.len() == Sample::MAX {
            self.largest = self.smallest.last().copied().unwrap_or(u64::MAX);
        }
    }

    /// The fingerprint of all bytes so far.
    #[must_use]
    pub fn finalize(mut self) -> Fingerprint {
        if !self.chunk.is_empty() {
            let hash = xxh3_64(&self.chunk);
            self.insert(hash);
        }
        let mut sum = Accumulator::new();
        self.smallest.iter().for_each(|rank| sum.add(*rank, 1));
        let quality = u8::try_from(self.smallest.len().min(100)).unwrap_or(100);
        let sample = Sample::from_smallest(&self.smallest, self.overflowed);
        let sketch = Sketch::new(Method::Chunks, vec![sample]);
        Fingerprint::seal(sketch, quality, sum.finish(), *self.instance.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u64, len: usize) -> Vec<u8> {
        (0..len as u64 / 8).flat_map(|i| expand(seed, i).to_le_bytes()).collect()
    }

    fn distance(a: &[u8], b: &[u8]) -> u32 {
        fingerprint(a).certificate().id().distance(&fingerprint(b).certificate().id())
    }

    #[test]
    fn pieces_make_no_difference() {
        let bytes = noise(1, 100_000);
        let whole = fingerprint(&bytes);
        for size in [1, 7, 64, 129, 1000, 2047, 2048, 2049, 65_536] {
            let mut hasher = Hasher::new();
            bytes.chunks(size).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.finalize(), whole, "pieces of {size}");
        }
        assert_eq!(read(&bytes[..]), Ok(whole));
    }

    /// Every boundary by its definition, the number of the last bytes made anew for each.
    fn plain_chunks(bytes: &[u8]) -> Vec<&[u8]> {
        let ends = |window: &[u8]| {
            let number = window.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            number.wrapping_mul(MULTIPLIER) / (u64::MAX / 128) == 0
        };
        let mut chunks = Vec::new();
        let mut start = 0;
        for end in 1..=bytes.len() {
            let len = end - start;
            let ends = len >= MIN_CHUNK && ends(&bytes[end - WINDOW..end]);
            if ends || len == MAX_CHUNK || end == bytes.len() {
                chunks.push(&bytes[start..end]);
                start = end;
            }
        }
        chunks
    }

    #[test]
    fn chunks_end_where_the_plain_definition_says() {
        let mut bytes = noise(8, 300_000);
        bytes[100_000..110_000].fill(5);
        bytes[120_000..130_000].fill(0);
        for bytes in [&bytes[..], &bytes[..127], &bytes[..128], &bytes[..129], &vec![5; 9000]] {
            let chunks = plain_chunks(bytes);
            let mut ranks: Vec<u32> =
                chunks.iter().map(|chunk| (expand(xxh3_64(chunk), 8) >> 32) as u32).collect();
            ranks.sort_unstable();
            ranks.dedup();
            ranks.truncate(Sample::MAX);
            assert_eq!(fingerprint(bytes).sketch().samples()[0].ranks(), ranks);
        }
        let lengths = plain_chunks(&bytes).iter().map(|chunk| chunk.len()).collect::<Vec<_>>();
        assert!(lengths.contains(&MAX_CHUNK) && lengths.iter().max() == Some(&MAX_CHUNK));
    }

    #[test]
    fn a_changed_file_stays_near_and_another_is_far() {
        let original = noise(2, 200_000);
        let mut edited = original.clone();
        edited.splice(70_000..70_500, noise(3, 800));
        edited.drain(..1000);
        edited.extend(noise(4, 20_000));
        assert!(distance(&original, &edited) < 60, "{}", distance(&original, &edited));
        assert!(distance(&original, &noise(5, 200_000)) > 90);
    }

    #[test]
    fn repetition_has_no_quality() {
        for bytes in [vec![], vec![0; 1 << 20], b"abc".repeat(100_000)] {
            assert!(fingerprint(&bytes).certificate().abstains());
        }
        assert!(!fingerprint(&noise(6, 10_000)).certificate().abstains());
    }

    #[test]
    fn the_instance_is_blake3() {
        let expected = "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f";
        let fingerprint = fingerprint(b"hello");
        let hex: String =
            fingerprint.certificate().instance().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, expected, "as b3sum prints it");
    }

    #[test]
    fn a_reader_that_fails_is_an_error() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::TimedOut.into())
            }
        }
        let error = Error::Read { kind: std::io::ErrorKind::TimedOut };
        assert_eq!(read(Failing), Err(error));
    }
}
