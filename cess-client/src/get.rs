//! get: any k shards of each segment, verified as they stream, and back to the bytes that were put.

use bytes::Bytes;
use cess_ledger::{File, FileId, FragmentRecord, FragmentStatus, Manifest, Slot, Visibility};
use cess_podr2::Fragment;
use cess_pre::{
    WrappedKey,
    dem::{Dem, KeyCommitment, Salt},
};
use futures::{AsyncWrite, AsyncWriteExt, StreamExt, stream::FuturesUnordered};

use crate::{
    Chain, Client, Directory, Error, NodeError, Observer, Owner, Progress, StorageNode,
    coding::Coder, put::part,
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
    pub(crate) coder: Coder<'a>,
    pub(crate) observer: Observer<'a>,
}

impl<C: Chain, D: Directory> Client<C, D> {
    /// Writes a file to `sink`, segment by segment in order, and flushes it.
    ///
    /// Nothing is written that isn't verified: shards against the manifest's roots, range by range
    /// as they stream, the segment against its root, and the records of a private file by their
    /// tags. A bad or missing shard is replaced by another one while the read goes on.
    ///
    /// # Errors
    /// [`Error`]; what was written before it is right and from the beginning.
    pub async fn get<W: AsyncWrite + Unpin + Send>(
        &self,
        id: FileId,
        owner: Option<&Owner>,
        mut sink: W,
        observer: Observer<'_>,
    ) -> Result<Fetched, Error> {
        let file = self.file(id).await?;
        let dem = open_dem(&file, owner)?;
        let reading = self.reading(id, file.manifest, owner, observer).await?;
        let manifest = &reading.manifest;
        let mut fetched = Fetched::default();
        let failed = |e: std::io::Error| Error::Sink(e.kind());
        for (index, segment) in (0u32..).zip(&manifest.segments) {
            let mut data = self.segment(&reading, index, &mut fetched.bad).await?;
            if let Some(dem) = &dem {
                let last = usize::try_from(index).is_ok_and(|i| i + 1 == manifest.segments.len());
                let salt = Salt::from_bytes(segment.salt);
                dem.open_part(part(index, last), salt, &mut data)
                    .map_err(|_| Error::Inconsistent { segment: index })?;
            }
            sink.write_all(&data).await.map_err(failed)?;
            let bytes = data.len() as u64;
            fetched.len += bytes;
            observer(&Progress::SegmentRead { segment: index, bytes });
        }
        sink.flush().await.map_err(failed)?;
        Ok(fetched)
    }

    pub(crate) async fn reading<'a>(
        &self,
        id: FileId,
        manifest: Manifest,
        owner: Option<&'a Owner>,
        observer: Observer<'a>,
    ) -> Result<Reading<'a>, Error> {
        let records = self.records(id, &manifest).await?;
        let coder = Coder::of(&manifest, owner);
        Ok(Reading { manifest, records, coder, observer })
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
        let mut best = 0;
        let mut failure = None;
        // Only the owner can take the mask off the other replicas.
        let usable = if reading.coder.owner.is_some() { manifest.profile.replicas() } else { 1 };
        for replica in 0..usable {
            let shards = self.shards(reading, (index, replica), geometry.data(), None, bad).await?;
            best = best.max(shards.len());
            if shards.len() < geometry.data() {
                continue;
            }
            let stored = manifest.profile.stored_segment_len(
                manifest.visibility,
                manifest.len,
                index.into(),
            )?;
            let stored = usize::try_from(stored).map_err(|_| cess_ledger::Error::Overflow)?;
            let shards: Vec<(usize, &[u8])> = shards.iter().map(|(i, s)| (*i, &s[..])).collect();
            match reading.coder.decode(index, replica, &root, stored, &shards) {
                // The mask of replica 0 is public, that of the others is its owner's.
                Err(Error::Inconsistent { .. }) if replica > 0 => {
                    failure.get_or_insert(Error::WrongKey);
                }
                Err(error @ Error::Inconsistent { .. }) => failure = Some(error),
                decoded => return decoded,
            }
        }
        let need = geometry.data();
        Err(failure.unwrap_or(Error::NotEnoughShards { segment: index, have: best, need }))
    }

    /// Up to `wanted` intact shards of one replica of a segment, data shards first; the shard
    /// `without` is left out.
    pub(crate) async fn shards(
        &self,
        reading: &Reading<'_>,
        (segment, replica): (u32, u8),
        wanted: usize,
        without: Option<u8>,
        bad: &mut Vec<BadFragment>,
    ) -> Result<Vec<(usize, Vec<u8>)>, Error> {
        let total = reading.manifest.profile.geometry().total();
        let mut next = (0..total).filter_map(|i| u8::try_from(i).ok());
        let mut running = FuturesUnordered::new();
        let mut found = Vec::with_capacity(wanted);
        loop {
            while found.len() + running.len() < wanted {
                let Some(shard) = next.find(|shard| Some(*shard) != without) else { break };
                let slot = Slot { segment, replica, shard };
                let fragment = reading.manifest.fragment(slot)?;
                let place = usize::try_from(slot.index(&reading.manifest.profile));
                let record = place.ok().and_then(|i| reading.records.get(i));
                // A fragment on the ledger as lost has no node that answers for it.
                let Some(record) = record.filter(|r| r.status != FragmentStatus::Lost) else {
                    continue;
                };
                let miner = record.miner;
                running.push(async move {
                    let result = match self.node(&miner) {
                        Ok(node) => fetch(&node, &fragment).await,
                        Err(error) => Err(error),
                    };
                    (slot, miner, result)
                });
            }
            let Some((slot, miner, result)) = running.next().await else { return Ok(found) };
            match result {
                Ok(bytes) => found.push((usize::from(slot.shard), bytes)),
                Err(error) => {
                    let observed = Progress::FragmentBad { slot, miner, error: error.clone() };
                    (reading.observer)(&observed);
                    bad.push(BadFragment { slot, miner, error });
                }
            }
        }
    }
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
fn open_dem(file: &File, owner: Option<&Owner>) -> Result<Option<Dem>, Error> {
    if file.manifest.visibility == Visibility::Public {
        return Ok(None);
    }
    let owner = owner.ok_or(Error::KeyNeeded)?;
    let manifest = &file.manifest;
    let wrapped = file.access.as_slice().try_into().map_err(|_| Error::WrongKey)?;
    let key = WrappedKey::from_bytes(wrapped).open(&owner.data, &manifest.salt);
    let key = key.map_err(|_| Error::WrongKey)?;
    let header = Manifest::key_header(&manifest.profile, manifest.visibility, &manifest.salt);
    let commitment = KeyCommitment::from_bytes(manifest.commitment);
    Ok(Some(Dem::open(&key, &header, &commitment).map_err(|_| Error::WrongKey)?))
}
