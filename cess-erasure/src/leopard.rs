//! More shards than GF(2^8) has points: `reed-solomon-simd`, over columns of bounded size.

use alloc::vec;
use alloc::vec::Vec;

use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

use crate::{Error, Geometry};

/// What working on one part of the columns takes, at most, unless a single block takes more.
const WORK_BYTES: usize = 8 << 20;
/// The code works on blocks of this many bytes of each shard; only the last may be shorter.
pub(crate) const BLOCK: usize = 64;

/// Whether the code reaches so far.
pub(crate) fn supports(data: usize, parity: usize) -> bool {
    ReedSolomonEncoder::supports(data, parity)
}

/// The columns that are worked on at a time.
fn part(geometry: Geometry) -> usize {
    let shards = 2 * (geometry.data().next_power_of_two() + geometry.parity().next_power_of_two());
    (WORK_BYTES / shards / BLOCK).max(1) * BLOCK
}

/// Lengths and counts were checked; what is left to be refused are odd lengths.
fn check_even(len: usize) -> Result<(), Error> {
    if len.is_multiple_of(2) { Ok(()) } else { Err(Error::OddShard { got: len }) }
}

/// The parity of columns of `inputs`, handed to `emit` part by part.
pub(crate) fn encode(
    geometry: Geometry,
    inputs: &[&[u8]],
    mut emit: impl FnMut(usize, usize, &[u8]),
) -> Result<(), Error> {
    let len = inputs.first().map_or(0, |input| input.len());
    check_even(len)?;
    let size = part(geometry).min(len);
    let (data, parity) = (geometry.data(), geometry.parity());
    let mut encoder = ReedSolomonEncoder::new(data, parity, size).map_err(refused)?;
    for start in (0..len).step_by(size.max(1)) {
        let end = len.min(start + size);
        if end - start < size {
            encoder.reset(data, parity, end - start).map_err(refused)?;
        }
        for input in inputs {
            encoder.add_original_shard(&input[start..end]).map_err(refused)?;
        }
        let encoded = encoder.encode().map_err(refused)?;
        for (parity, shard) in encoded.recovery_iter().enumerate() {
            emit(parity, start, shard);
        }
    }
    Ok(())
}

/// Overwrites the buffers of `missing`, rising, from the shards present, at least as many as there
/// is data.
pub(crate) fn reconstruct(
    geometry: Geometry,
    shards: &[Option<&[u8]>],
    missing: &mut [(usize, &mut [u8])],
) -> Result<(), Error> {
    let len = missing.first().map_or(0, |(_, buffer)| buffer.len());
    check_even(len)?;
    let size = part(geometry).min(len);
    let (data, parity) = (geometry.data(), geometry.parity());
    let wants_parity = missing.iter().any(|(index, _)| *index >= data);
    let mut decoder = ReedSolomonDecoder::new(data, parity, size).map_err(refused)?;
    for start in (0..len).step_by(size.max(1)) {
        let end = len.min(start + size);
        if end - start < size {
            decoder.reset(data, parity, end - start).map_err(refused)?;
        }
        for (index, shard) in shards.iter().enumerate() {
            let Some(shard) = shard.map(|shard| &shard[start..end]) else { continue };
            let added = match index.checked_sub(data) {
                None => decoder.add_original_shard(index, shard),
                Some(index) => decoder.add_recovery_shard(index, shard),
            };
            added.map_err(refused)?;
        }
        let decoded = decoder.decode().map_err(refused)?;
        for (index, buffer) in missing.iter_mut().take_while(|(index, _)| *index < data) {
            if let Some(shard) = decoded.restored_original(*index) {
                buffer[start..end].copy_from_slice(shard);
            }
        }
        if wants_parity {
            let original = |index: usize| match shards[index] {
                Some(shard) => Some(&shard[start..end]),
                None => decoded.restored_original(index),
            };
            let columns: Vec<&[u8]> = (0..data).filter_map(original).collect();
            encode(geometry, &columns, |parity, at, shard| {
                let wanted = missing.binary_search_by_key(&(data + parity), |(index, _)| *index);
                if let Ok(found) = wanted {
                    missing[found].1[start + at..start + at + shard.len()].copy_from_slice(shard);
                }
            })?;
        }
    }
    Ok(())
}

/// Adds to the parity what the change of one data shard makes of it.
pub(crate) fn update(
    geometry: Geometry,
    index: usize,
    old: &[u8],
    new: &[u8],
    parity: &mut [&mut [u8]],
) -> Result<(), Error> {
    check_even(old.len())?;
    let (zeros, mut change) = ([0; 4096], [0; 4096]);
    for (at, (old, new)) in old.chunks(zeros.len()).zip(new.chunks(zeros.len())).enumerate() {
        let change = &mut change[..old.len()];
        change.iter_mut().zip(old.iter().zip(new)).for_each(|(c, (old, new))| *c = old ^ new);
        let mut inputs = vec![&zeros[..old.len()]; geometry.data()];
        inputs[index] = change;
        encode(geometry, &inputs, |row, start, part| {
            let place = &mut parity[row][at * zeros.len() + start..];
            place.iter_mut().zip(part).for_each(|(byte, change)| *byte ^= change);
        })?;
    }
    Ok(())
}

/// What the library refuses of input that was checked before.
fn refused(_: reed_solomon_simd::Error) -> Error {
    Error::Refused
}

#[cfg(test)]
mod tests;
