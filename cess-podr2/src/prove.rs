use alloc::collections::BTreeMap;
use alloc::{vec, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use crate::backend::{G1, Native, msm, msm_short};
use crate::blinded::{BlindedProof, Plain, blind};
use crate::challenge::Challenge;
use crate::error::{Error, What};
use crate::field::Fr;
use crate::fragment::{Entry, Tags};
use crate::holding::Fragments;
use crate::id::KeyId;
use crate::kernel::Combination;
use crate::proof::{Answer, Proof, key_weights};
use crate::proving_key::ProvingKey;
use crate::samples::{Sample, Samples};
use crate::tag_sum::TagSum;

/// A proof in the making: the caller fetches each sampled block with its tag, in the order given,
/// and hands it in. Memory is that of one key's sums, whatever the number of blocks.
pub struct Proving<'a> {
    digest: [u8; 32],
    pub(crate) z: Fr,
    samples: Samples<'a>,
    expected: u64,
    answered: u64,
    pending: Option<(Sample<'a>, u128)>,
    keys: BTreeMap<KeyId, &'a ProvingKey>,
    open: Option<OpenKey<'a>>,
    done: Vec<(KeyId, G1, Answer)>,
}

/// The sums of the key whose samples are coming in.
struct OpenKey<'a> {
    key: &'a ProvingKey,
    data: Combination,
    tags: TagSum,
}

impl<'a> Proving<'a> {
    /// Draws the samples and looks up the key of each.
    ///
    /// # Errors
    /// [`Error::WrongHolding`], [`Error::TooManySamples`], [`Error::UnknownKey`],
    /// [`Error::KeyMismatch`], [`Error::WrongSectors`].
    pub fn new(
        challenge: &Challenge,
        holding: &'a (impl Fragments + ?Sized),
        lookup: impl Fn(&KeyId) -> Option<&'a ProvingKey>,
    ) -> Result<Self, Error> {
        let samples = challenge.samples(holding)?;
        let mut keys = BTreeMap::new();
        for (id, _) in samples.keys() {
            let key = lookup(id).ok_or(Error::UnknownKey { key: *id })?;
            if key.key_id() != *id {
                return Err(Error::KeyMismatch { expected: *id, got: key.key_id() });
            }
            keys.insert(*id, key);
        }
        for entry in samples.fragments() {
            if let Some(key) = keys.get(&entry.key_id()) {
                entry.check_sectors(key.sectors())?;
            }
        }
        Ok(Self {
            digest: challenge.digest(),
            z: challenge.z(),
            expected: samples.remaining(),
            samples,
            answered: 0,
            pending: None,
            keys,
            open: None,
            done: Vec::new(),
        })
    }

    /// The sample that [`absorb`](Self::absorb) takes next; `None` once all are answered. Asking
    /// again gives the same sample.
    pub fn sample(&mut self) -> Option<Sample<'a>> {
        if self.pending.is_none() {
            self.pending = self.samples.next_weighted();
        }
        self.pending.map(|(sample, _)| sample)
    }

    /// Bytes of a full block of the next sample.
    pub fn block_bytes(&mut self) -> Option<usize> {
        let sample = self.sample()?;
        self.keys.get(&sample.entry.key_id()).map(|key| key.sectors().block_bytes())
    }

    /// Takes the block of the next sample, short if it is the fragment's last, and its tag.
    ///
    /// # Errors
    /// [`Error::Samples`] if all are answered, [`Error::BlockLength`]; the sample stays open then.
    /// [`Error::Point`], [`Error::Subgroup`] or [`Error::Identity`] for a tag that is none, its
    /// index that of its sample: tags are decoded many at once, so this call, a later one or
    /// [`finish`](Self::finish) says it, and the proof is lost.
    pub fn absorb(&mut self, block: &[u8], tag: &[u8; Tags::TAG_LEN]) -> Result<(), Error> {
        let none = Error::Samples { expected: self.expected, got: self.answered };
        let sample = self.sample().ok_or_else(|| none.clone())?;
        let (_, nu) = self.pending.ok_or(none)?;
        let id = sample.entry.key_id();
        let key = *self.keys.get(&id).ok_or(Error::UnknownKey { key: id })?;
        let max = key.sectors().block_bytes();
        if block.len() > max {
            return Err(Error::BlockLength { max, got: block.len() });
        }
        let index = usize::try_from(self.answered).unwrap_or(usize::MAX);

        // Samples come by rising key: another key means that the one before is complete.
        if self.open.as_ref().is_some_and(|open| open.key.key_id() != id) {
            self.close()?;
        }
        let open = self.open.get_or_insert_with(|| OpenKey {
            key,
            data: Combination::new(key.sectors().count()),
            tags: TagSum::new(index),
        });
        open.data.add(block, nu);
        open.tags.add(tag, nu)?;
        self.pending = None;
        self.answered += 1;
        Ok(())
    }

    /// Ends the proof.
    ///
    /// # Errors
    /// [`Error::Samples`] if some are missing, [`Error::Identity`] if the tags cancel, which no
    /// honest tags do, and those of [`absorb`](Self::absorb) for tags.
    pub fn finish(mut self) -> Result<Proof, Error> {
        self.complete()?;
        let answers = self.done.iter().map(|(id, _, answer)| (*id, answer));
        let weights = key_weights::<Native>(&self.digest, answers);
        let sigmas: Vec<G1> = self.done.iter().map(|(_, sigma, _)| *sigma).collect();
        let sigma = msm_short(&G1::to_affine_all(&sigmas), &weights).to_affine();
        if sigma.is_identity() {
            return Err(Error::Identity { what: What::Proof, index: 0 });
        }
        Ok(Proof { sigma, answers: self.done.into_iter().map(|(.., answer)| answer).collect() })
    }

    /// Ends the proof, and hides it: what comes out reveals nothing but that it holds.
    ///
    /// # Errors
    /// Those of [`finish`](Self::finish).
    pub fn finish_blinded(mut self, rng: &mut impl CryptoRng) -> Result<BlindedProof, Error> {
        let plain = self.plain()?;
        Ok(blind(&self.digest, &self.z, &plain, rng))
    }

    /// The proofs of all keys, apart.
    pub(crate) fn plain(&mut self) -> Result<Vec<Plain<'a>>, Error> {
        self.complete()?;
        let plain = self.done.iter().filter_map(|(id, sigma, answer)| {
            let key = self.keys.get(id)?.public();
            Some(Plain { key, sigma: sigma.to_affine(), psi: answer.psi, y: answer.y })
        });
        Ok(plain.collect())
    }

    fn complete(&mut self) -> Result<(), Error> {
        if self.answered != self.expected {
            return Err(Error::Samples { expected: self.expected, got: self.answered });
        }
        self.close()
    }

    /// y = M(z) and psi = Q(alpha) g1 for Q = (M - y) / (Z - z).
    fn close(&mut self) -> Result<(), Error> {
        let Some(OpenKey { key, data, tags }) = self.open.take() else { return Ok(()) };
        let mut quotient = data.finish();
        let y = divide(&mut quotient, &self.z);
        let psi = msm(&key.powers[..quotient.len()], &quotient).to_affine();
        self.done.push((key.key_id(), tags.finish()?, Answer { psi, y }));
        Ok(())
    }
}

/// From the coefficients of M to those of Q with M = Q (Z - z) + y, by Horner's rule; returns y.
fn divide(coefficients: &mut Vec<Fr>, z: &Fr) -> Fr {
    let mut y = Fr::ZERO;
    for coefficient in coefficients.iter_mut().rev() {
        let carried = y.mul(z).add(coefficient);
        *coefficient = y;
        y = carried;
    }
    // The pass left q_j in the place of m_j, and zero in the highest.
    coefficients.pop();
    y
}

impl fmt::Debug for Proving<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proving")
            .field("expected", &self.expected)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

/// Where a prover reads its blocks and tags.
///
/// # Contract
/// Both methods answer for the fragment that the entry names. `read_block` fills `block` from the
/// start with the bytes of block `index` and returns their number, less than `block.len()` only
/// for the last block of a fragment; `tag` returns the tag of that block as the tagger made it.
pub trait BlockSource {
    /// Why reading failed.
    type Error;

    /// Reads a block.
    ///
    /// # Errors
    /// The source's own.
    fn read_block(
        &mut self,
        entry: &Entry,
        index: u64,
        block: &mut [u8],
    ) -> Result<usize, Self::Error>;

    /// Reads a tag.
    ///
    /// # Errors
    /// The source's own.
    fn tag(&mut self, entry: &Entry, index: u64) -> Result<[u8; Tags::TAG_LEN], Self::Error>;
}

/// Why [`prove`] failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProveError<E> {
    /// A block or tag could not be read.
    #[error("block or tag could not be read")]
    Source(E),
    /// Challenge, holding, keys or tags don't fit together.
    #[error(transparent)]
    Podr2(#[from] Error),
}

/// Answers a challenge from a source: [`Proving`] in one call.
///
/// # Errors
/// Those of [`Proving`], and those of the source.
pub fn prove<'a, S: BlockSource>(
    challenge: &Challenge,
    holding: &'a (impl Fragments + ?Sized),
    lookup: impl Fn(&KeyId) -> Option<&'a ProvingKey>,
    source: &mut S,
) -> Result<Proof, ProveError<S::Error>> {
    Ok(absorb_all(challenge, holding, lookup, source)?.finish()?)
}

/// Answers a challenge from a source by a blinded proof: nobody learns from it more than that it
/// holds. Randomness comes from `rng`, which the operating system's generator should be; answers stay
/// hidden even if it repeats itself.
///
/// # Errors
/// Those of [`Proving`], and those of the source.
pub fn prove_blinded<'a, S: BlockSource>(
    challenge: &Challenge,
    holding: &'a (impl Fragments + ?Sized),
    lookup: impl Fn(&KeyId) -> Option<&'a ProvingKey>,
    source: &mut S,
    rng: &mut impl CryptoRng,
) -> Result<BlindedProof, ProveError<S::Error>> {
    Ok(absorb_all(challenge, holding, lookup, source)?.finish_blinded(rng)?)
}

fn absorb_all<'a, S: BlockSource>(
    challenge: &Challenge,
    holding: &'a (impl Fragments + ?Sized),
    lookup: impl Fn(&KeyId) -> Option<&'a ProvingKey>,
    source: &mut S,
) -> Result<Proving<'a>, ProveError<S::Error>> {
    let mut proving = Proving::new(challenge, holding, lookup)?;
    let mut buffer = Vec::new();
    while let (Some(sample), Some(size)) = (proving.sample(), proving.block_bytes()) {
        if buffer.len() < size {
            buffer = vec![0; size];
        }
        let block = &mut buffer[..size];
        let len =
            source.read_block(sample.entry, sample.block, block).map_err(ProveError::Source)?;
        let tag = source.tag(sample.entry, sample.block).map_err(ProveError::Source)?;
        let read = block.get(..len).ok_or(Error::BlockLength { max: size, got: len })?;
        proving.absorb(read, &tag)?;
    }
    Ok(proving)
}

#[cfg(test)]
mod tests;
