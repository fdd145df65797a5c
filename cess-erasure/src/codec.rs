use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::engine::{Kernel, Mode};
use crate::matrix::MatrixCode;
use crate::{Code, Engine, Error, Geometry};

#[cfg(test)]
mod tests;

/// The bytes of each parity shard that [`Codec::verify`] recomputes at a time.
const VERIFY_CHUNK: usize = 4096;

/// Encodes, checks and rebuilds shards of one [`Geometry`].
///
/// A codec holds the prepared coefficients of its parity shards, those of the losses that came up
/// lately, and no data: make it once and share it between threads; clones share what they hold. All
/// shards of a call are equally long, and at least one byte.
#[derive(Debug, Clone)]
pub struct Codec {
    geometry: Geometry,
    engine: Engine,
    code: Arc<Scheme>,
}

/// How the shards of a code hang together.
#[derive(Debug)]
enum Scheme {
    Matrix(MatrixCode),
    #[cfg(feature = "leopard16")]
    Leopard16,
}

impl Codec {
    /// A codec of this geometry, with the best engine of this machine.
    #[must_use]
    pub fn new(geometry: Geometry) -> Self {
        Self::of(geometry, Engine::best())
    }

    /// A codec that computes with this engine.
    ///
    /// # Errors
    /// [`Error::EngineUnavailable`].
    pub fn with_engine(geometry: Geometry, engine: Engine) -> Result<Self, Error> {
        engine.check().map(|engine| Self::of(geometry, engine))
    }

    fn of(geometry: Geometry, engine: Engine) -> Self {
        let scheme = match geometry.code() {
            Code::Rs8 | Code::Lrc8 => Scheme::Matrix(MatrixCode::new(geometry, engine)),
            #[cfg(feature = "leopard16")]
            Code::Leopard16 => Scheme::Leopard16,
        };
        Self { geometry, engine, code: Arc::new(scheme) }
    }

    /// What the codec computes with. The library behind `Leopard16` chooses for itself.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
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
        match &*self.code {
            Scheme::Matrix(code) => code.parity().multiply(&inputs, 0, &mut outputs, Mode::Replace),
            #[cfg(feature = "leopard16")]
            Scheme::Leopard16 => {
                crate::leopard::encode(self.geometry, &inputs, |at, start, part| {
                    outputs[at][start..start + part.len()].copy_from_slice(part);
                })?
            }
        }
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

        let first_wrong = match &*self.code {
            Scheme::Matrix(code) => first_mismatch(code.parity(), data, parity, len),
            #[cfg(feature = "leopard16")]
            Scheme::Leopard16 => {
                let mut first = None;
                crate::leopard::encode(self.geometry, data, |at, start, part| {
                    if first.is_none_or(|first| at < first)
                        && parity[at][start..][..part.len()] != *part
                    {
                        first = Some(at);
                    }
                })?;
                first
            }
        };
        match first_wrong {
            None => Ok(()),
            Some(parity) => Err(Error::ParityMismatch { parity }),
        }
    }

    /// Which of the shards `available` are read to rebuild those `wanted`, rising: as many as there
    /// are data shards, data first, then in the order given; of a locally repairable code only those
    /// that have a part in what is wanted, so a single loss takes its group alone.
    ///
    /// What [`reconstruct`](Self::reconstruct) uses of these same shards.
    ///
    /// # Errors
    /// [`Error::NotEnoughShards`], [`Error::Undetermined`], [`Error::IndexOutOfRange`],
    /// [`Error::RepeatedIndex`].
    pub fn sources(&self, available: &[usize], wanted: &[usize]) -> Result<Vec<usize>, Error> {
        self.check_indexes(available.iter().chain(wanted).copied())?;
        match &*self.code {
            Scheme::Matrix(code) => code.sources(available, wanted),
            #[cfg(feature = "leopard16")]
            Scheme::Leopard16 => crate::matrix::first(self.geometry, available),
        }
    }

    /// Overwrites the buffers of `missing` with the shards of their indexes, data or parity, from
    /// `present` shards of any other indexes, in any order. The same range of all of them will do as
    /// well, of `leopard16` as for [`update`](Self::update).
    ///
    /// Uses those that [`sources`](Self::sources) names; others are ignored. **A wrong shard among
    /// those used gives wrong shards**: check each against its hash before, with
    /// [`Digests`](crate::Digests), or find wrong ones with [`correct`](Self::correct).
    ///
    /// # Errors
    /// [`Error::NotEnoughShards`], [`Error::Undetermined`], [`Error::IndexOutOfRange`],
    /// [`Error::RepeatedIndex`], [`Error::EmptyShard`], [`Error::ShardLength`]; nothing is written
    /// then.
    pub fn reconstruct(
        &self,
        present: &[(usize, &[u8])],
        missing: &mut [(usize, &mut [u8])],
    ) -> Result<(), Error> {
        let available: Vec<usize> = present.iter().map(|(index, _)| *index).collect();
        let mut wanted: Vec<usize> = missing.iter().map(|(index, _)| *index).collect();
        self.check_indexes(available.iter().chain(&wanted).copied())?;
        let shards = self.by_index(present);
        if missing.is_empty() {
            // What would be too few for some loss is too few.
            match &*self.code {
                Scheme::Matrix(code) => code.check_complete(&available)?,
                #[cfg(feature = "leopard16")]
                Scheme::Leopard16 => drop(crate::matrix::first(self.geometry, &available)?),
            }
            check_lengths(present.iter().map(|(_, shard)| *shard))?;
            return Ok(());
        }
        wanted.sort_unstable();
        let buffers = missing.iter().map(|(_, buffer)| &**buffer);
        let lengths = || check_lengths(present.iter().map(|(_, shard)| *shard).chain(buffers));
        match &*self.code {
            Scheme::Matrix(code) => {
                let plan = code.plan(&available, wanted)?;
                lengths()?;
                let outputs = by_index_mut(missing);
                let inputs: Vec<&[u8]> =
                    plan.used.iter().filter_map(|index| shards[*index]).collect();
                let mut outputs: Vec<&mut [u8]> =
                    outputs.into_iter().map(|(_, buffer)| buffer).collect();
                plan.kernel.multiply(&inputs, 0, &mut outputs, Mode::Replace);
                Ok(())
            }
            #[cfg(feature = "leopard16")]
            Scheme::Leopard16 => {
                let used = crate::matrix::first(self.geometry, &available)?;
                lengths()?;
                let mut outputs = by_index_mut(missing);
                let mut inputs = vec![None; shards.len()];
                used.iter().for_each(|index| inputs[*index] = shards[*index]);
                crate::leopard::reconstruct(self.geometry, &inputs, &mut outputs)
            }
        }
    }

    /// Adds to all parity shards what the change of one data shard from `old` to `new` makes of
    /// them, without the other data.
    ///
    /// For a change of a part of the shard, hand over that range of `old`, `new` and of each parity
    /// shard; of `leopard16` whole blocks of 64 bytes, counted from the beginning of the shard, or up
    /// to its end. **Other ranges of that code, and what isn't the old content, make the parity
    /// wrong**, unnoticed.
    ///
    /// ```
    /// use cess_erasure::{Codec, Geometry};
    ///
    /// let codec = Codec::new(Geometry::WHITE_PAPER);
    /// let (mut data, mut parity) = ([[1u8; 100], [2; 100], [3; 100]], [[0u8; 100]; 2]);
    /// codec.encode(&data, &mut parity)?;
    ///
    /// let changed = 40..48;
    /// let mut ranges = parity.each_mut().map(|shard| &mut shard[changed.clone()]);
    /// codec.update(1, &data[1][changed.clone()], &[9; 8], &mut ranges)?;
    /// data[1][changed].fill(9);
    /// codec.verify(&[&data[..], &parity[..]].concat())?;
    /// # Ok::<(), cess_erasure::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`] unless `index` is that of a data shard, [`Error::ShardCount`],
    /// [`Error::EmptyShard`], [`Error::ShardLength`]; nothing is written then.
    pub fn update<P: AsMut<[u8]>>(
        &self,
        index: usize,
        old: &[u8],
        new: &[u8],
        parity: &mut [P],
    ) -> Result<(), Error> {
        let total = self.geometry.data();
        if index >= total {
            return Err(Error::IndexOutOfRange { index, total });
        }
        check_count(self.geometry.parity(), parity.len())?;
        #[cfg_attr(not(feature = "leopard16"), expect(unused_mut, reason = "one code takes it"))]
        let mut outputs: Vec<&mut [u8]> = parity.iter_mut().map(AsMut::as_mut).collect();
        check_lengths([old, new].into_iter().chain(outputs.iter().map(|output| &**output)))?;
        #[cfg_attr(
            not(feature = "leopard16"),
            expect(clippy::infallible_destructuring_match, reason = "there may be another code")
        )]
        let code = match &*self.code {
            Scheme::Matrix(code) => code,
            #[cfg(feature = "leopard16")]
            Scheme::Leopard16 => {
                return crate::leopard::update(self.geometry, index, old, new, &mut outputs);
            }
        };
        let plan = code.update(index)?;
        let mut outputs: Vec<&mut [u8]> = outputs
            .into_iter()
            .enumerate()
            .filter_map(|(parity, output)| plan.used.contains(&parity).then_some(output))
            .collect();
        // The parity changes by the coefficient times the difference of old and new.
        plan.kernel.multiply(&[old, new], 0, &mut outputs, Mode::Add);
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

    /// The shards at their indexes, which were checked.
    fn by_index<'a>(&self, present: &[(usize, &'a [u8])]) -> Vec<Option<&'a [u8]>> {
        let mut shards = vec![None; self.geometry.total()];
        for (index, shard) in present {
            shards[*index] = Some(*shard);
        }
        shards
    }

    /// All in range, none twice.
    pub(crate) fn check_indexes(&self, indexes: impl Iterator<Item = usize>) -> Result<(), Error> {
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

/// The buffers in the order of their indexes.
fn by_index_mut<'a>(missing: &'a mut [(usize, &mut [u8])]) -> Vec<(usize, &'a mut [u8])> {
    let mut buffers: Vec<(usize, &mut [u8])> =
        missing.iter_mut().map(|(index, buffer)| (*index, &mut **buffer)).collect();
    buffers.sort_unstable_by_key(|(index, _)| *index);
    buffers
}

fn check_count(expected: usize, got: usize) -> Result<(), Error> {
    if got == expected { Ok(()) } else { Err(Error::ShardCount { expected, got }) }
}

/// The length of all shards.
pub(crate) fn check_lengths<'a>(
    mut shards: impl Iterator<Item = &'a [u8]>,
) -> Result<usize, Error> {
    let expected = shards.next().map_or(0, <[u8]>::len);
    if expected == 0 {
        return Err(Error::EmptyShard);
    }
    match shards.map(<[u8]>::len).find(|&got| got != expected) {
        None => Ok(expected),
        Some(got) => Err(Error::ShardLength { expected, got }),
    }
}

/// The first parity shard that isn't what the kernel makes of the data.
fn first_mismatch(kernel: &Kernel, data: &[&[u8]], parity: &[&[u8]], len: usize) -> Option<usize> {
    let step = len.min(VERIFY_CHUNK);
    let mut scratch = vec![0; step * parity.len()];
    let mut first_wrong = parity.len();
    for start in (0..len).step_by(step) {
        let chunk = start..len.min(start + step);
        let mut expected: Vec<&mut [u8]> =
            scratch.chunks_exact_mut(step).map(|buffer| &mut buffer[..chunk.len()]).collect();
        kernel.multiply(data, start, &mut expected, Mode::Replace);
        let mut compared = parity.iter().zip(&expected).take(first_wrong);
        if let Some(wrong) = compared.position(|(got, want)| got[chunk.clone()] != **want) {
            first_wrong = wrong;
        }
        if first_wrong == 0 {
            break;
        }
    }
    (first_wrong < parity.len()).then_some(first_wrong)
}
