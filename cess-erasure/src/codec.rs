use alloc::vec;
use alloc::vec::Vec;

use crate::engine::Kernel;
use crate::interpolation::Coefficients;
use crate::{Code, Error, Geometry};

#[cfg(test)]
mod tests;

/// The bytes of each parity shard that [`Codec::verify`] recomputes at a time.
const VERIFY_CHUNK: usize = 4096;

/// Encodes, checks and rebuilds shards of one [`Geometry`].
///
/// A codec holds the prepared coefficients of its parity shards, and no data: make it once and
/// share it between threads. All shards of a call are equally long, and at least one byte.
#[derive(Debug, Clone)]
pub struct Codec {
    geometry: Geometry,
    parity: Kernel,
}

impl Codec {
    /// A codec of this geometry.
    #[must_use]
    pub fn new(geometry: Geometry) -> Self {
        let parity = match geometry.code() {
            Code::Rs8 => {
                let points: Vec<u8> = (0..=u8::MAX).take(geometry.total()).collect();
                let (data, parity) = points.split_at(geometry.data());
                Kernel::new(&Coefficients::interpolation(data, parity))
            }
        };
        Self { geometry, parity }
    }

    /// The geometry.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Overwrites `parity` with the parity shards of `data`.
    ///
    /// # Errors
    /// [`Error::ShardCount`], [`Error::EmptyShard`], [`Error::ShardLength`]; nothing is written then.
    pub fn encode<D, P>(&self, data: &[D], parity: &mut [P]) -> Result<(), Error>
    where
        D: AsRef<[u8]>,
        P: AsMut<[u8]>,
    {
        check_count(self.geometry.data(), data.len())?;
        check_count(self.geometry.parity(), parity.len())?;
        let inputs: Vec<&[u8]> = data.iter().map(AsRef::as_ref).collect();
        let mut outputs: Vec<&mut [u8]> = parity.iter_mut().map(AsMut::as_mut).collect();
        check_lengths(inputs.iter().copied().chain(outputs.iter().map(|output| &**output)))?;
        self.parity.multiply(&inputs, 0, &mut outputs);
        Ok(())
    }

    /// Checks that `shards`, all of them, data first, are a codeword.
    ///
    /// Any change of up to as many shards as there are parity shards is found. Which shards were
    /// changed isn't: compare each with its hash for that. Needs 4 KiB for each parity shard.
    ///
    /// # Errors
    /// [`Error::ParityMismatch`] with the first parity shard that differs from what the data
    /// gives; [`Error::ShardCount`], [`Error::EmptyShard`], [`Error::ShardLength`].
    pub fn verify<S: AsRef<[u8]>>(&self, shards: &[S]) -> Result<(), Error> {
        check_count(self.geometry.total(), shards.len())?;
        let shards: Vec<&[u8]> = shards.iter().map(AsRef::as_ref).collect();
        let len = check_lengths(shards.iter().copied())?;
        let (data, parity) = shards.split_at(self.geometry.data());

        let step = len.min(VERIFY_CHUNK);
        let mut scratch = vec![0; step * parity.len()];
        let mut first_wrong = parity.len();
        for start in (0..len).step_by(step) {
            let chunk = start..len.min(start + step);
            let mut expected: Vec<&mut [u8]> =
                scratch.chunks_exact_mut(step).map(|buffer| &mut buffer[..chunk.len()]).collect();
            self.parity.multiply(data, start, &mut expected);
            let wrong = parity.iter().zip(&expected).take(first_wrong);
            if let Some(parity) = wrong.clone().position(|(got, want)| got[chunk.clone()] != **want)
            {
                first_wrong = parity;
            }
            if first_wrong == 0 {
                break;
            }
        }
        if first_wrong < parity.len() {
            return Err(Error::ParityMismatch { parity: first_wrong });
        }
        Ok(())
    }

    /// Overwrites the buffers of `missing` with the shards of their indexes, data or parity, from
    /// `present` shards of any other indexes, in any order.
    ///
    /// Uses as many present shards as there are data shards, data first, then in the order given;
    /// more are ignored. **A wrong shard among those used gives wrong shards**: check each against
    /// its hash before, or [`verify`](Self::verify) all afterwards.
    ///
    /// # Errors
    /// [`Error::NotEnoughShards`], [`Error::IndexOutOfRange`], [`Error::RepeatedIndex`],
    /// [`Error::EmptyShard`], [`Error::ShardLength`]; nothing is written then.
    pub fn reconstruct(
        &self,
        present: &[(usize, &[u8])],
        missing: &mut [(usize, &mut [u8])],
    ) -> Result<(), Error> {
        let wanted = missing.iter().map(|(index, _)| *index);
        self.check_indexes(present.iter().map(|(index, _)| *index).chain(wanted.clone()))?;
        if present.len() < self.geometry.data() {
            let (have, need) = (present.len(), self.geometry.data());
            return Err(Error::NotEnoughShards { have, need });
        }
        let buffers = missing.iter().map(|(_, buffer)| &**buffer);
        check_lengths(present.iter().map(|(_, shard)| *shard).chain(buffers))?;
        if missing.is_empty() {
            return Ok(());
        }

        let is_data = |index: &usize| *index < self.geometry.data();
        let data = present.iter().filter(|(index, _)| is_data(index));
        let parity = present.iter().filter(|(index, _)| !is_data(index));
        let used = data.chain(parity).take(self.geometry.data());
        let inputs: Vec<&[u8]> = used.clone().map(|(_, shard)| *shard).collect();
        let kernel = self.kernel(used.map(|(index, _)| *index), wanted)?;
        let mut outputs: Vec<&mut [u8]> =
            missing.iter_mut().map(|(_, buffer)| &mut **buffer).collect();
        kernel.multiply(&inputs, 0, &mut outputs);
        Ok(())
    }

    /// Overwrites `data` with all data shards: copies of those present, the others rebuilt as by
    /// [`reconstruct`](Self::reconstruct), whose warning holds here too.
    ///
    /// # Errors
    /// Those of [`reconstruct`](Self::reconstruct), and [`Error::ShardCount`] if `data` isn't a
    /// buffer for each data shard; nothing is written then.
    pub fn decode<D: AsMut<[u8]>>(
        &self,
        present: &[(usize, &[u8])],
        data: &mut [D],
    ) -> Result<(), Error> {
        check_count(self.geometry.data(), data.len())?;
        let mut sources = vec![None; data.len()];
        for (index, shard) in present {
            if let Some(source) = sources.get_mut(*index) {
                *source = Some(*shard);
            }
        }
        let (mut copies, mut missing) = (Vec::new(), Vec::new());
        for (index, (buffer, source)) in data.iter_mut().zip(sources).enumerate() {
            let buffer = buffer.as_mut();
            match source {
                None => missing.push((index, buffer)),
                Some(source) if source.len() == buffer.len() => copies.push((buffer, source)),
                Some(source) => {
                    let (expected, got) = (source.len(), buffer.len());
                    return Err(Error::ShardLength { expected, got });
                }
            }
        }
        self.reconstruct(present, &mut missing)?;
        for (buffer, source) in copies {
            buffer.copy_from_slice(source);
        }
        Ok(())
    }

    fn kernel(
        &self,
        used: impl Iterator<Item = usize>,
        wanted: impl Iterator<Item = usize>,
    ) -> Result<Kernel, Error> {
        match self.geometry.code() {
            Code::Rs8 => {
                let point = |index| {
                    let total = self.geometry.total();
                    u8::try_from(index).map_err(|_| Error::IndexOutOfRange { index, total })
                };
                let used = used.map(point).collect::<Result<Vec<u8>, _>>()?;
                let wanted = wanted.map(point).collect::<Result<Vec<u8>, _>>()?;
                Ok(Kernel::new(&Coefficients::interpolation(&used, &wanted)))
            }
        }
    }

    /// All in range, none twice.
    fn check_indexes(&self, indexes: impl Iterator<Item = usize>) -> Result<(), Error> {
        let total = self.geometry.total();
        let mut seen = vec![false; total];
        for index in indexes {
            let seen = seen.get_mut(index).ok_or(Error::IndexOutOfRange { index, total })?;
            if core::mem::replace(seen, true) {
                return Err(Error::RepeatedIndex { index });
            }
        }
        Ok(())
    }
}

fn check_count(expected: usize, got: usize) -> Result<(), Error> {
    if got == expected { Ok(()) } else { Err(Error::ShardCount { expected, got }) }
}

/// The length of all shards.
fn check_lengths<'a>(mut shards: impl Iterator<Item = &'a [u8]>) -> Result<usize, Error> {
    let expected = shards.next().map_or(0, <[u8]>::len);
    if expected == 0 {
        return Err(Error::EmptyShard);
    }
    match shards.map(<[u8]>::len).find(|&got| got != expected) {
        None => Ok(expected),
        Some(got) => Err(Error::ShardLength { expected, got }),
    }
}
