use std::io::{self, Read, Write};
use std::vec::Vec;

use super::{Decoder, Encoder, StreamLayout};
use crate::{Codec, Error};

/// Reads `source` to its end and writes each shard to its sink, data first; the length of what was
/// read.
///
/// # Errors
/// [`Error::Source`] and [`Error::Sink`] of reading and writing, [`Error::ShardCount`] if there
/// isn't a sink for each shard, and those of [`StreamLayout::new`].
pub fn encode<W: Write>(
    codec: &Codec,
    unit_len: usize,
    mut source: impl Read,
    sinks: &mut [W],
) -> Result<u64, Error> {
    let (expected, got) = (codec.geometry().total(), sinks.len());
    if expected != got {
        return Err(Error::ShardCount { expected, got });
    }
    let mut encoder = Encoder::new(codec, unit_len)?;
    let mut emit = |units: &[&[u8]]| -> Result<(), Error> {
        let mut each = sinks.iter_mut().zip(units);
        each.try_for_each(|(sink, unit)| sink.write_all(unit)).map_err(|e| Error::Sink(e.kind()))
    };
    let mut buffer = vec![0; unit_len];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => encoder.push(&buffer[..len], &mut emit)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Source(error.kind())),
        }
    }
    let layout = encoder.finish(&mut emit)?;
    sinks.iter_mut().try_for_each(Write::flush).map_err(|e| Error::Sink(e.kind()))?;
    Ok(layout.len())
}

/// Writes the stream to `sink`, from the shards that there are; `None` is one that isn't.
///
/// Reads as few shards as the code needs. One that ends too early or fails is lost from there on,
/// and another one takes its place.
///
/// # Errors
/// [`Error::NotEnoughShards`] or [`Error::Undetermined`] when too few are left, what was written
/// before is right and from the beginning; [`Error::Sink`]; [`Error::ShardCount`] if there isn't a
/// place for each shard; [`Error::NonZeroPadding`], [`Error::GeometryMismatch`].
pub fn decode<R: Read>(
    codec: &Codec,
    layout: &StreamLayout,
    shards: &mut [Option<R>],
    mut sink: impl Write,
) -> Result<(), Error> {
    let (expected, got) = (codec.geometry().total(), shards.len());
    if expected != got {
        return Err(Error::ShardCount { expected, got });
    }
    let mut decoder = Decoder::new(codec, *layout)?;
    let mut reading: Vec<Reading<'_, R>> = shards.iter_mut().map(Reading::new).collect();
    for index in 0..layout.stripes() {
        let len = layout.stripe(index)?.shard_len();
        let start = index * layout.unit_len as u64;
        let units = loop {
            let there: Vec<usize> = (0..expected).filter(|i| reading[*i].shard.is_some()).collect();
            let wanted = needed(codec, &there)?;
            if wanted.iter().all(|shard| reading[*shard].unit(start, len)) {
                break wanted;
            }
        };
        let units: Vec<(usize, &[u8])> =
            units.iter().map(|shard| (*shard, &reading[*shard].buffer[..])).collect();
        sink.write_all(decoder.stripe(index, &units)?).map_err(|e| Error::Sink(e.kind()))?;
    }
    sink.flush().map_err(|e| Error::Sink(e.kind()))
}

/// The data shards that there are, and those that stand in for the others.
fn needed(codec: &Codec, there: &[usize]) -> Result<Vec<usize>, Error> {
    let data = codec.geometry().data();
    let lost: Vec<usize> = (0..data).filter(|shard| !there.contains(shard)).collect();
    let mut needed: Vec<usize> = there.iter().copied().filter(|shard| *shard < data).collect();
    if !lost.is_empty() {
        needed.extend(codec.sources(there, &lost)?);
        needed.sort_unstable();
        needed.dedup();
    }
    Ok(needed)
}

/// A shard, where it is, and its unit of the current stripe.
struct Reading<'a, R> {
    shard: &'a mut Option<R>,
    position: u64,
    /// Where the unit in `buffer` begins.
    start: Option<u64>,
    buffer: Vec<u8>,
}

impl<'a, R: Read> Reading<'a, R> {
    fn new(shard: &'a mut Option<R>) -> Self {
        Self { shard, position: 0, start: None, buffer: Vec::new() }
    }

    /// Whether the unit that begins at `start` is in the buffer; if it can't be, the shard is lost.
    fn unit(&mut self, start: u64, len: usize) -> bool {
        if self.start == Some(start) {
            return true;
        }
        let Some(shard) = self.shard.as_mut() else { return false };
        let skipped = start - self.position;
        self.buffer.resize(len, 0);
        let passed = io::copy(&mut shard.by_ref().take(skipped), &mut io::sink());
        let read = passed.is_ok_and(|passed| passed == skipped)
            && shard.read_exact(&mut self.buffer).is_ok();
        if read {
            self.position = start + len as u64;
            self.start = Some(start);
        } else {
            *self.shard = None;
        }
        read
    }
}
