//! get: any k shards of each segment, verified as they stream, and back to the bytes that were put.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use bytes::Bytes;
use cess_erasure::Codec;
use cess_ledger::{
    Access, File, FileId, FragmentRecord, FragmentStatus, Manifest, Slot, Visibility,
};
use cess_podr2::Fragment;
use cess_pre::{
    Capsule, CheckedCapsule, Condition, DataKey, PublicKey,
    dem::{Dem, KeyCommitment, Part, Salt, last_record},
};
use futures::{AsyncWrite, AsyncWriteExt, StreamExt, stream::FuturesUnordered};

use crate::{
    Chain, ChainExt, Client, Directory, Error, Keys, NodeError, Observer, Owner, Progress,
    StorageNode, Tagger, coding::Coder, put::part,
};

/// Bytes of a fragment that are asked for, and verified, at a time.
const RANGE_LEN: u64 = 1 << 20;

/// A fragment that was not where it should be, or not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFragment {
    /// Its place in the file.
    pub slot: Slot,
    /// Who should have it.
    pub miner: cess_ledger::AccountId,
    /// What is wrong.
    pub error: NodeError,
}

/// What a read found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Bytes written.
    pub len: u64,
    /// Fragments that other ones replaced, for repair.
    pub bad: Vec<BadFragment>,
}

/// A file as a reader has it.
pub(crate) struct Reading<'a> {
    pub(crate) manifest: Manifest,
    pub(crate) records: Vec<FragmentRecord>,
    pub(crate) coder: Coder,
    pub(crate) tagger: Option<&'a dyn Tagger>,
    pub(crate) observer: Observer<'a>,
}

impl<C: Chain, D: Directory> Client<C, D> {
    /// Writes a file to `sink`, segment by segment in order, and flushes it.
    ///
    /// Nothing is written that isn't verified: shards against the manifest's roots, range by range
    /// as they stream, the segment against its root, and the records of a private file by their
    /// tags. A bad or missing shard is replaced by another one while the read goes on. The first replica
    /// is read; where it is lost, others, if `keys` has the tagger.
    ///
    /// # Errors
    /// [`Error`]; what was written before it is right and from the beginning.
    pub async fn get<W: AsyncWrite + Unpin + Send>(
        &self,
        id: FileId,
        keys: impl Into<Keys<'_>>,
        mut sink: W,
        observer: Observer<'_>,
    ) -> Result<Fetched, Error> {
        let keys = keys.into();
        let file = self.file(id).await?;
        let len = file.manifest.len;
        self.write(id, file, keys, 0..len, &mut sink, observer).await
    }

    /// Writes the bytes `range` of a file to `sink`, and flushes it. Only the segments that the
    /// range meets are fetched.
    ///
    /// Of a private file the last record of each of these is authenticated before any other: a
    /// segment that was cut off, or a file that ends before its end, gives an error and no bytes
    /// of that segment.
    ///
    /// # Errors
    /// [`Error::Range`] unless start <= end <= the file's length; and as [`get`](Self::get).
    pub async fn get_range<W: AsyncWrite + Unpin + Send>(
        &self,
        id: FileId,
        keys: impl Into<Keys<'_>>,
        range: Range<u64>,
        mut sink: W,
        observer: Observer<'_>,
    ) -> Result<Fetched, Error> {
        let keys = keys.into();
        let file = self.file(id).await?;
        let (Range { start, end }, len) = (range, file.manifest.len);
        if start > end || end > len {
            return Err(Error::Range { start, end, len });
        }
        self.write(id, file, keys, start..end, &mut sink, observer).await
    }

    async fn write<W: AsyncWrite + Unpin + Send>(
        &self,
        id: FileId,
        file: File,
        keys: Keys<'_>,
        range: Range<u64>,
        sink: &mut W,
        observer: Observer<'_>,
    ) -> Result<Fetched, Error> {
        let dem = self.dem(id, &file, keys.owner).await?;
        let reading = self.reading(id, file.manifest, keys.tagger, observer).await?;
        let manifest = &reading.manifest;
        let payload = manifest.profile.payload_len(manifest.visibility);
        let mut fetched = Fetched::default();
        let failed = |e: std::io::Error| Error::Sink(e.kind());
        let mut rest = manifest.len;
        for (index, segment) in (0u32..).zip(&manifest.segments) {
            let (from, len) = (u64::from(index) * payload, rest.min(payload));
            rest -= len;
            let within = range.start.max(from)..range.end.min(from + len);
            // An empty file has one empty segment, which is read like any other.
            if within.is_empty() && len > 0 {
                continue;
            }
            let within = within.start - from..within.end - from;
            let mut data = self.segment(&reading, index, &mut fetched.bad).await?;
            let last = usize::try_from(index).is_ok_and(|i| i + 1 == manifest.segments.len());
            let salt = Salt::from_bytes(segment.salt);
            let wrong = Error::Inconsistent { segment: index };
            match &dem {
                None => cut(&mut data, &within, &wrong)?,
                Some(dem) if within == (0..len) => {
                    dem.open_part(part(index, last), salt, &mut data).map_err(|_| wrong)?;
                }
                Some(dem) => {
                    let opened = open_range(dem, part(index, last), salt, &within, &mut data);
                    opened.map_err(|_| wrong)?;
                }
            }
            sink.write_all(&data).await.map_err(failed)?;
            let bytes = data.len() as u64;
            fetched.len += bytes;
            observer(&Progress::SegmentRead { segment: index, bytes });
        }
        sink.flush().await.map_err(failed)?;
        Ok(fetched)
    }

    /// The capsule in a private file's access record, checked to be `owner`'s, for this file in its
    /// present epoch: what is granted to others, and asked of proxies. None of a public file.
    ///
    /// # Errors
    /// [`Error::WrongKey`] if it is another's or damaged, [`Error::NoSuchFile`], [`Error::Chain`].
    pub async fn capsule(
        &self,
        id: FileId,
        owner: &PublicKey,
    ) -> Result<Option<CheckedCapsule>, Error> {
        let file = self.file(id).await?;
        self.capsule_of(id, &file, owner).await
    }

    async fn capsule_of(
        &self,
        id: FileId,
        file: &File,
        owner: &PublicKey,
    ) -> Result<Option<CheckedCapsule>, Error> {
        let Access::Capsule { owner: key, capsule } = &file.access else { return Ok(None) };
        if *key != owner.encryption_key() {
            return Err(Error::WrongKey);
        }
        let chain_id = self.chain.head().await?.chain_id;
        let condition = Condition::file(chain_id, id.0, file.epoch);
        let capsule = Capsule::from_bytes(capsule)
            .and_then(|capsule| capsule.check(owner, &condition, &id.0));
        capsule.map(Some).map_err(|_| Error::WrongKey)
    }

    /// What opens the file's segments; none of a public file.
    async fn dem(
        &self,
        id: FileId,
        file: &File,
        owner: Option<&Owner>,
    ) -> Result<Option<Dem>, Error> {
        if file.manifest.visibility == Visibility::Public {
            return Ok(None);
        }
        let owner = &owner.ok_or(Error::KeyNeeded)?.reading;
        let capsule = self.capsule_of(id, file, owner.public()).await?.ok_or(Error::WrongKey)?;
        let key = owner.open(&capsule).map_err(|_| Error::WrongKey)?;
        open_dem(&file.manifest, &key).map(Some)
    }

    pub(crate) async fn reading<'a>(
        &self,
        id: FileId,
        manifest: Manifest,
        tagger: Option<&'a dyn Tagger>,
        observer: Observer<'a>,
    ) -> Result<Reading<'a>, Error> {
        let records = self.records(id, &manifest).await?;
        let coder = Coder::of(&manifest);
        Ok(Reading { manifest, records, coder, tagger, observer })
    }

    /// The stored bytes of a segment: from the first replica that has enough intact shards.
    pub(crate) async fn segment(
        &self,
        reading: &Reading<'_>,
        index: u32,
        bad: &mut Vec<BadFragment>,
    ) -> Result<Vec<u8>, Error> {
        let manifest = &reading.manifest;
        let geometry = manifest.profile.geometry();
        let segment = usize::try_from(index).ok().and_then(|i| manifest.segments.get(i));
        let root = segment.ok_or(Error::Inconsistent { segment: index })?.root;
        let mut best = None;
        let mut failure = None;
        // Only the tagger can take the mask off the other replicas.
        let usable = if reading.tagger.is_some() { manifest.profile.replicas() } else { 1 };
        for replica in 0..usable {
            let data: Vec<usize> = (0..geometry.data()).collect();
            let found = self.shards(reading, (index, replica), &data, None, bad).await?;
            if let Some(lost) = found.lost(reading, (index, replica)) {
                let have = found.shards.len();
                if best.as_ref().is_none_or(|(best, _)| *best < have) {
                    best = Some((have, lost));
                }
                continue;
            }
            let shards = found.shards;
            let stored = manifest.profile.stored_segment_len(
                manifest.visibility,
                manifest.len,
                index.into(),
            )?;
            let stored = usize::try_from(stored).map_err(|_| cess_ledger::Error::Overflow)?;
            let shards: Vec<(usize, &[u8])> = shards.iter().map(|(i, s)| (*i, &s[..])).collect();
            let part = reading.coder.part(index, replica, stored)?;
            match reading.coder.decode(&part, &root, &shards, reading.tagger).await {
                Err(error @ Error::Inconsistent { .. }) => failure = Some(error),
                // The mask of replica 0 is public, that of the others is the tagger's.
                Err(error @ (Error::WrongKey | Error::Tagger(_))) => {
                    failure.get_or_insert(error);
                }
                decoded => return decoded,
            }
        }
        let lost = best.map(|(_, error)| error);
        Err(failure.or(lost).unwrap_or(Error::Inconsistent { segment: index }))
    }

    /// Intact shards of one replica of a segment that give those `wanted`: these themselves where
    /// they are intact, and what the code takes to rebuild the others; the shard `without` is left
    /// out. A bad one is replaced by what the code takes then.
    pub(crate) async fn shards(
        &self,
        reading: &Reading<'_>,
        (segment, replica): (u32, u8),
        wanted: &[usize],
        without: Option<u8>,
        bad: &mut Vec<BadFragment>,
    ) -> Result<Found, Error> {
        let total = reading.manifest.profile.geometry().total();
        // A fragment on the ledger as lost has no node that answers for it.
        let mut holders = BTreeMap::new();
        for shard in (0..total).filter_map(|i| u8::try_from(i).ok()) {
            let slot = Slot { segment, replica, shard };
            let place = usize::try_from(slot.index(&reading.manifest.profile));
            let record = place.ok().and_then(|i| reading.records.get(i));
            let record = record.filter(|r| r.status != FragmentStatus::Lost);
            if let Some(record) = record.filter(|_| Some(shard) != without) {
                holders.insert(usize::from(shard), (slot, record.miner));
            }
        }
        let mut asked = BTreeSet::new();
        let mut running = FuturesUnordered::new();
        let mut shards = Vec::new();
        loop {
            let usable: Vec<usize> = holders.keys().copied().collect();
            let (needed, lacking) = match needed(&reading.coder.codec, &usable, wanted) {
                Ok(needed) => (needed, None),
                // How many are intact is worth knowing when they are too few.
                Err(error) => (usable, Some(error)),
            };
            for index in needed {
                let Some(&(slot, miner)) = holders.get(&index).filter(|_| asked.insert(index))
                else {
                    continue;
                };
                let fragment = reading.manifest.fragment(slot)?;
                running.push(async move {
                    let result = match self.node(&miner) {
                        Ok(node) => fetch(&node, &fragment).await,
                        Err(error) => Err(error),
                    };
                    (slot, miner, result)
                });
            }
            let Some((slot, miner, result)) = running.next().await else {
                return Ok(Found { shards, lacking });
            };
            let index = usize::from(slot.shard);
            match result {
                Ok(bytes) => shards.push((index, bytes)),
                Err(error) => {
                    let observed = Progress::FragmentBad { slot, miner, error: error.clone() };
                    (reading.observer)(&observed);
                    bad.push(BadFragment { slot, miner, error });
                    holders.remove(&index);
                }
            }
        }
    }
}

/// What was found of a replica of a segment.
pub(crate) struct Found {
    /// Intact shards.
    pub(crate) shards: Vec<(usize, Vec<u8>)>,
    /// Why they don't give what was wanted, if they don't.
    pub(crate) lacking: Option<cess_erasure::Error>,
}

impl Found {
    /// What to say of a replica that doesn't give what was wanted.
    pub(crate) fn lost(&self, reading: &Reading<'_>, place: (u32, u8)) -> Option<Error> {
        Some(match self.lacking.as_ref()? {
            cess_erasure::Error::NotEnoughShards { .. } => not_enough(reading, place, &self.shards),
            other => other.clone().into(),
        })
    }
}

/// What to say of a replica of which too few shards could be had.
fn not_enough(
    reading: &Reading<'_>,
    (segment, replica): (u32, u8),
    intact: &[(usize, Vec<u8>)],
) -> Error {
    let geometry = reading.manifest.profile.geometry();
    let missing = (0..geometry.total()).filter(|i| intact.iter().all(|(shard, _)| shard != i));
    Error::NotEnoughShards {
        segment,
        replica,
        have: intact.len(),
        need: geometry.data(),
        missing: missing.filter_map(|i| u8::try_from(i).ok()).collect(),
    }
}

/// The usable shards that give those `wanted`.
fn needed(
    codec: &Codec,
    usable: &[usize],
    wanted: &[usize],
) -> Result<Vec<usize>, cess_erasure::Error> {
    let (there, lost): (Vec<usize>, Vec<usize>) =
        wanted.iter().partition(|shard| usable.contains(shard));
    let mut needed = there;
    if !lost.is_empty() {
        needed.extend(codec.sources(usable, &lost)?);
    }
    Ok(needed)
}

/// A whole fragment, verified range by range as it comes.
async fn fetch<N: StorageNode>(node: &N, fragment: &Fragment) -> Result<Vec<u8>, NodeError> {
    let (name, root, len) = (fragment.name(), fragment.root(), fragment.len());
    let capacity = usize::try_from(len).map_err(|_| NodeError::WrongContent)?;
    let mut bytes = Vec::with_capacity(capacity);
    let mut start = 0;
    while start < len {
        let end = len.min(start + RANGE_LEN);
        let slice: Bytes = node.read(&name, start..end).await?;
        let range = cess_merkle::content::decode_slice(&root, len, start..end, &slice)
            .map_err(|_| NodeError::WrongContent)?;
        bytes.extend_from_slice(&range);
        start = end;
    }
    Ok(bytes)
}

/// The file's keys, checked against the manifest's commitment before anything is decrypted.
fn open_dem(manifest: &Manifest, key: &DataKey) -> Result<Dem, Error> {
    let header = Manifest::key_header(&manifest.profile, manifest.visibility, &manifest.salt);
    let commitment = KeyCommitment::from_bytes(manifest.commitment);
    Dem::open(key, &header, &commitment).map_err(|_| Error::WrongKey)
}

/// Leaves the bytes `range` of a public segment.
fn cut(data: &mut Vec<u8>, range: &Range<u64>, wrong: &Error) -> Result<(), Error> {
    let bound = |at: u64| usize::try_from(at).ok().filter(|at| *at <= data.len());
    let (start, end) = bound(range.start).zip(bound(range.end)).ok_or_else(|| wrong.clone())?;
    data.truncate(end);
    data.drain(..start);
    Ok(())
}

/// Leaves the plaintext `range` of a sealed segment whose last record is authentic.
fn open_range(
    dem: &Dem,
    part: Part,
    salt: Salt,
    range: &Range<u64>,
    data: &mut Vec<u8>,
) -> Result<(), cess_pre::Error> {
    let sealed_len = data.len() as u64;
    let place = last_record(sealed_len)?;
    let within = |at: u64| usize::try_from(at).unwrap_or(data.len()).min(data.len());
    let last = data[within(place.start)..].to_vec();
    let reader = dem.reader_from_last(part, salt, sealed_len, last)?;
    let needed = reader.sealed_range(range)?;
    let (start, end) = (within(needed.start), within(needed.end));
    data.truncate(end);
    data.drain(..start);
    reader.open_range(range, data)
}
