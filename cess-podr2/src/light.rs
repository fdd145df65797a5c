//! Work without the list: a challenge names root and numbers of a holding, an [`Opening`] proves which
//! fragments have the ranks that the challenge draws.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use cess_merkle::{ManyOpening, Ranked, SumRoot};

use crate::challenge::Challenge;
use crate::error::{Error, What};
use crate::fragment::Entry;
use crate::holding::{Fragments, Holding, sealed};
use crate::id::{FragmentName, KeyId};
use crate::reader::Reader;
use crate::samples::{Draw, MAX_SAMPLES, Samples};
use crate::sectors::Sectors;

/// The fragments that one challenge draws, in the holding's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    challenge: [u8; 32],
    entries: Vec<Entry>,
}

impl Drawn {
    /// The fragments that [`Holding::draw`](crate::Holding::draw) gave earlier, for whoever kept
    /// them. They are believed: from anybody else, take an [`Opening`].
    ///
    /// # Errors
    /// [`Error::TooManySamples`], [`Error::DrawnCount`] and [`Error::FragmentsUnordered`].
    pub fn trusted(
        challenge: &Challenge,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self, Error> {
        let entries: Vec<Entry> = entries.into_iter().collect();
        check_count(challenge.ranks()?.len(), entries.len())?;
        let mut before = None;
        for (index, entry) in entries.iter().enumerate() {
            let label = Some(entry.label());
            if label <= before {
                return Err(Error::FragmentsUnordered { index });
            }
            before = label;
        }
        Ok(Self::unchecked(challenge, entries))
    }

    /// The fragments of a challenge from the list that came with it, in any order: the whole holding,
    /// whose root is checked, or what is drawn of it, which is believed. For provers, who harm
    /// themselves alone by believing it.
    ///
    /// # Errors
    /// [`Error::Duplicate`], [`Error::TooManyBlocks`], [`Error::WrongHolding`],
    /// [`Error::TooManySamples`] and [`Error::DrawnCount`].
    pub fn listed(
        challenge: &Challenge,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self, Error> {
        let holding = Holding::from_entries(entries)?;
        if holding.len() as u64 == challenge.fragments() {
            return holding.draw(challenge);
        }
        Self::trusted(challenge, holding.iter().copied())
    }

    pub(crate) fn unchecked(challenge: &Challenge, entries: Vec<Entry>) -> Self {
        Self { challenge: challenge.digest(), entries }
    }

    /// The fragments, in the holding's order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl sealed::Sealed for Drawn {}

impl Fragments for Drawn {
    fn samples<'h>(&'h self, challenge: &Challenge) -> Result<Samples<'h>, Error> {
        if self.challenge != challenge.digest() {
            return Err(Error::WrongHolding);
        }
        Samples::of(challenge, Draw::new(challenge)?, self.entries.iter().collect())
    }
}

/// What a challenge draws of a holding, and the proof of it for whoever knows the challenge alone.
///
/// The root is trusted to be that of a list whose names and counts were computed, as a ledger does:
/// an opening shows that an entry is on the list, not that the list is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    entries: Vec<Entry>,
    proof: ManyOpening,
}

/// `KeyId 32 ‖ s u32`.
const KEY_LEN: usize = 36;
/// `key u32 ‖ FragmentName 32 ‖ blocks u64`.
const FRAGMENT_LEN: usize = 44;
const HEADER_LEN: usize = 8;

impl Opening {
    pub(crate) fn new(entries: Vec<Entry>, proof: ManyOpening) -> Self {
        Self { entries, proof }
    }

    /// Checks the opening against the holding root in the challenge.
    ///
    /// # Errors
    /// [`Error::TooManySamples`], [`Error::DrawnCount`], [`Error::Opening`].
    pub fn check(self, challenge: &Challenge) -> Result<Drawn, Error> {
        let ranks = challenge.ranks()?;
        check_count(ranks.len(), self.entries.len())?;
        // A rank is below the number of fragments; where that passes usize, no tree has it.
        let size = |value| usize::try_from(value).unwrap_or(usize::MAX);
        let claims: Vec<Ranked> = ranks
            .iter()
            .zip(&self.entries)
            .map(|(rank, entry)| Ranked {
                rank: size(*rank),
                name: entry.label(),
                count: entry.blocks(),
            })
            .collect();
        let root = SumRoot { hash: challenge.holding_root(), total: challenge.total_blocks() };
        let len = size(challenge.fragments());
        self.proof.verify(&root, len, &claims).map_err(Error::Opening)?;
        Ok(Drawn::unchecked(challenge, self.entries))
    }

    /// Bytes of the encoding.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let keys = self.keys().len() * KEY_LEN;
        HEADER_LEN + keys + self.entries.len() * FRAGMENT_LEN + self.proof.encoded_len()
    }

    /// The one encoding: `keys u32 ‖ fragments u32 ‖ keys ‖ fragments ‖ joint opening`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let keys = self.keys();
        let mut bytes = Vec::with_capacity(self.encoded_len());
        // Both are at most MAX_SAMPLES.
        for len in [keys.len(), self.entries.len()] {
            bytes.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        }
        for (key, sectors) in &keys {
            bytes.extend_from_slice(key.as_bytes());
            bytes.extend_from_slice(&sectors.get().to_le_bytes());
        }
        for entry in &self.entries {
            let key = keys.binary_search(&(entry.key_id(), entry.sectors())).unwrap_or_default();
            bytes.extend_from_slice(&u32::try_from(key).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend_from_slice(entry.name().as_bytes());
            bytes.extend_from_slice(&entry.blocks().to_le_bytes());
        }
        bytes.extend_from_slice(&self.proof.to_bytes());
        bytes
    }

    /// Decodes an opening. What it says is believed by [`check`](Self::check) only.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::TooManySamples`], [`Error::KeyList`], [`Error::Sectors`] and
    /// [`Error::Opening`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(What::Opening, bytes);
        let (keys, fragments) = (reader.u32()?, reader.u32()?);
        for got in [keys, fragments].map(u64::from) {
            if got > MAX_SAMPLES {
                return Err(Error::TooManySamples { max: MAX_SAMPLES, got });
            }
        }
        let size = |len: u32, each: usize| (len as usize).saturating_mul(each);
        let keys = reader.take(size(keys, KEY_LEN))?;
        let fragments = reader.take(size(fragments, FRAGMENT_LEN))?;
        let proof = ManyOpening::from_bytes(reader.rest()).map_err(Error::Opening)?;

        let keys = keys.chunks_exact(KEY_LEN).map(|key| {
            let mut reader = Reader::new(What::Opening, key);
            Ok((KeyId::from_bytes(reader.array()?), Sectors::new(reader.u32()?)?))
        });
        let keys = keys.collect::<Result<Vec<_>, Error>>()?;
        if let Some(at) = keys.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(Error::KeyList { index: at + 1 });
        }
        let mut used = Vec::new();
        used.resize(keys.len(), false);
        let entries = fragments.chunks_exact(FRAGMENT_LEN).map(|fragment| {
            let mut reader = Reader::new(What::Opening, fragment);
            let index = reader.u32()? as usize;
            let (key, sectors) = *keys.get(index).ok_or(Error::KeyList { index })?;
            used[index] = true;
            let name = FragmentName::from_bytes(reader.array()?);
            Ok(Entry::claimed(key, sectors, name, reader.u64()?))
        });
        let entries = entries.collect::<Result<_, Error>>()?;
        if let Some(index) = used.iter().position(|used| !used) {
            return Err(Error::KeyList { index });
        }
        Ok(Self { entries, proof })
    }

    /// The distinct keys of the fragments, rising.
    fn keys(&self) -> Vec<(KeyId, Sectors)> {
        let pairs = self.entries.iter().map(|entry| (entry.key_id(), entry.sectors()));
        pairs.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn check_count(expected: usize, got: usize) -> Result<(), Error> {
    if expected != got {
        return Err(Error::DrawnCount { expected: expected as u64, got: got as u64 });
    }
    Ok(())
}
