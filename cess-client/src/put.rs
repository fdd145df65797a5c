//! put: from a stream to an active deal, one segment in memory at a time.

mod calls;

use std::sync::Arc;

use bytes::Bytes;
use cess_ledger::{
    Amount, Deal, DealId, Exclusion, FileId, Manifest, Placement, Profile, Segment, Visibility,
};
use cess_pre::dem::{Dem, FreshSalt, Part};
use futures::{AsyncRead, future::join_all};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    Chain, Client, Directory, Error, NodeError, Observer, Owner, Progress, SessionStore,
    StorageNode, TaggedSegment, Tagger, Upload,
    coding::Coder,
    domain,
    session::{Done, Session},
    source::Ahead,
};

/// What is stored, how, for how long.
#[derive(Debug)]
pub struct PutRequest<'a> {
    /// Replicas and code.
    pub profile: Profile,
    /// Public, or encrypted for the owner.
    pub visibility: Visibility,
    /// The most bytes the source may have. The price of what it doesn't have is returned.
    pub max_len: u64,
    /// How long it is stored, milliseconds.
    pub term_ms: u64,
    /// Price per stored GiB and day; none takes the asking price.
    pub bid: Option<Amount>,
    /// Who masks the replicas and makes the tags.
    pub tagger: &'a dyn Tagger,
}

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub file: FileId,
    /// The deal that pays for it.
    pub deal: DealId,
    /// Its length, bytes.
    pub len: u64,
    /// Bytes of its fragments.
    pub stored: u64,
}

struct Job<'a> {
    owner: &'a Owner,
    request: &'a PutRequest<'a>,
    observer: Observer<'a>,
    coder: Coder,
    dem: Option<Dem>,
    source_key: Zeroizing<[u8; 32]>,
    proving_key: Bytes,
    deal: DealId,
}

/// A segment of the source.
struct Plain {
    index: u32,
    data: Vec<u8>,
    /// Keyed hash of the data.
    hash: [u8; 32],
    last: bool,
}

impl<C: Chain, D: Directory> Client<C, D> {
    /// Stores what `source` gives until its end.
    ///
    /// One segment is in memory at a time, whatever the length. An upload that was cut off goes on
    /// when it is called again with the same keys, request and session store and the source from
    /// its beginning: what was paid is not paid twice, what was stored is not sent again.
    ///
    /// # Errors
    /// [`Error`]; the session stays, unless the upload is done.
    pub async fn put<R: AsyncRead + Unpin + Send>(
        &self,
        owner: &Owner,
        request: &PutRequest<'_>,
        source: R,
        store: &mut impl SessionStore,
        rng: &mut (impl CryptoRng + Send),
        observer: Observer<'_>,
    ) -> Result<Stored, Error> {
        let digest = request_digest(owner, request);
        let mut session = match Session::load(store, &digest)? {
            Some(session) => session,
            None => self.begin(owner, request, digest, store, rng).await?,
        };
        let deal = self.opened(owner, &mut session, store).await?;
        let terms = self.seeded(deal).await?;
        let job = Job {
            owner,
            request,
            observer,
            coder: Coder::new(request.profile, request.visibility, session.salt),
            dem: open_dem(owner, request, &session)?,
            source_key: owner.sources.key(&session.salt),
            proving_key: Bytes::from(request.tagger.proving_key().to_bytes()),
            deal,
        };
        observer(&Progress::DealOpened { deal });
        if session.close.is_none() {
            self.send_segments(&job, &terms, source, &mut session, store, rng).await?;
        }
        let file = self.close(&job, &mut session, store, rng).await?;
        observer(&Progress::DealClosed { file });
        self.collect_reports(&job, file).await?;
        let manifest = self.file(file).await?.manifest;
        store.clear().map_err(|e| Error::Session(e.kind()))?;
        let stored = manifest.profile.stored_len(manifest.visibility, manifest.len)?;
        Ok(Stored { file, deal, len: manifest.len, stored })
    }

    async fn send_segments<R: AsyncRead + Unpin + Send>(
        &self,
        job: &Job<'_>,
        deal: &Deal,
        source: R,
        session: &mut Session,
        store: &mut impl SessionStore,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(), Error> {
        let seed = deal.seed.ok_or(Error::DealExpired)?;
        let mut placement = Placement::new(seed, job.request.profile, &deal.candidates);
        for exclusion in &session.exclusions {
            placement.exclude(*exclusion)?;
        }
        let payload = job.request.profile.payload_len(job.request.visibility);
        let mut source = Ahead::new(source);
        let mut total = 0u64;
        for index in 0u32.. {
            let room = payload.min(job.request.max_len.saturating_sub(total));
            let (plain, last) = source.segment(payload, room).await?;
            let len = plain.len() as u64;
            total += len;
            if total > job.request.max_len {
                return Err(Error::TooLarge { max: job.request.max_len });
            }
            let hash = *blake3::keyed_hash(&job.source_key, &plain).as_bytes();
            let place = usize::try_from(index).unwrap_or(usize::MAX);
            match session.done.get(place) {
                Some(done) => {
                    let later = session.done.len() > place + 1;
                    if done.hash != hash || done.last != last || (last && later) {
                        return Err(Error::SourceChanged { segment: index });
                    }
                    let stored = stored_len(job.request, len);
                    let layout = cess_erasure::segment::SegmentLayout::new(
                        job.request.profile.geometry(),
                        stored,
                    )?;
                    placement.place(layout.shard_len() as u64)?;
                }
                None => {
                    let plain = Plain { index, data: plain, hash, last };
                    let segment = self.store_segment(job, &mut placement, plain, rng).await?;
                    session.done.push(Done { len, hash, segment, last });
                    session.exclusions = placement.exclusions();
                    session.save(store)?;
                    (job.observer)(&Progress::SegmentStored { segment: index, bytes: len });
                }
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    /// Encrypts, then for each replica masks, codes, tags and sends one segment.
    async fn store_segment(
        &self,
        job: &Job<'_>,
        placement: &mut Placement,
        plain: Plain,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Segment, Error> {
        let Plain { index, mut data, hash, last } = plain;
        let mut salt = [0; 16];
        if let Some(dem) = &job.dem {
            // A restored RNG must not bring an old salt to a changed source.
            let fresh = FreshSalt::hedged(&hash, rng);
            salt = fresh.salt().to_bytes();
            dem.seal_part(part(index, last), fresh, &mut data)?;
        }
        let root = *blake3::hash(&data).as_bytes();
        let replicas = job.request.profile.replicas();
        let mut fragments = Vec::with_capacity(job.request.profile.fragments_per_segment());
        let mut shard_len = 0;
        for replica in 0..replicas {
            let stored =
                if replica + 1 == replicas { std::mem::take(&mut data) } else { data.clone() };
            let part = job.coder.part(index, replica, stored.len())?;
            let (shards, tagged) = job.request.tagger.replicate(&part, stored).await?;
            shard_len = shards.first().map_or(0, |shard| shard.len() as u64);
            fragments.extend(tagged.0.iter().map(|(fragment, _)| fragment.root()));
            self.send_replica(job, placement, index, replica, &shards, tagged).await?;
        }
        placement.place(shard_len)?;
        Ok(Segment { salt, root, fragments })
    }

    /// Sends one replica of a segment. A node that doesn't take its fragment is left out of the
    /// placement from here on, and the fragments that move are sent again.
    async fn send_replica(
        &self,
        job: &Job<'_>,
        placement: &mut Placement,
        index: u32,
        replica: u8,
        shards: &[Bytes],
        tagged: TaggedSegment,
    ) -> Result<(), Error> {
        let siblings = Arc::new(tagged);
        let shard_len = shards.first().map_or(0, |shard| shard.len() as u64);
        let mut sent = vec![None; shards.len()];
        let mut last = None;
        loop {
            // Nodes are drawn slot by slot, so leaving one out of this replica moves nothing of
            // the replicas before it.
            let nodes = placement.clone().place(shard_len);
            let nodes = nodes.map_err(|e| not_enough(e, last.clone()))?;
            let nodes: Vec<_> =
                nodes.into_iter().skip(usize::from(replica) * shards.len()).collect();
            let sends: Vec<_> = (0..shards.len())
                .filter_map(|i| {
                    let miner = *nodes.get(i)?;
                    let (fragment, _) = siblings.0.get(i)?;
                    let upload = Upload {
                        name: fragment.name(),
                        bytes: shards[i].clone(),
                        siblings: siblings.clone(),
                    };
                    let send = async move { (i, miner, self.send(job, miner, upload).await) };
                    (sent[i] != Some(miner)).then_some(send)
                })
                .collect();
            if sends.is_empty() {
                return Ok(());
            }
            for (i, miner, result) in join_all(sends).await {
                match result {
                    Ok(()) => {
                        sent[i] = Some(miner);
                        (job.observer)(&Progress::FragmentStored { miner, bytes: shard_len });
                    }
                    Err(error) => {
                        let failure = error.clone();
                        (job.observer)(&Progress::NodeExcluded { miner, error });
                        let exclusion = Exclusion { miner, from_segment: index };
                        placement.exclude(exclusion).map_err(|e| match e {
                            cess_ledger::Error::TooManyExclusions { max, got } => {
                                Error::TooManyFailures { max, failed: got, last: failure.clone() }
                            }
                            other => not_enough(other, Some(failure.clone())),
                        })?;
                        last = Some(failure);
                    }
                }
            }
        }
    }

    async fn send(
        &self,
        job: &Job<'_>,
        miner: cess_ledger::AccountId,
        upload: Upload,
    ) -> Result<(), NodeError> {
        let node = self.node(&miner)?;
        match node.put(job.deal, upload.clone()).await {
            Err(NodeError::KeyMissing) => {
                let key = job.request.tagger.public().key_id();
                node.put_key(key, job.proving_key.clone()).await?;
                node.put(job.deal, upload).await
            }
            other => other,
        }
    }
}

fn manifest(job: &Job<'_>, session: &Session) -> Manifest {
    Manifest {
        version: Manifest::VERSION,
        profile: job.request.profile,
        visibility: job.request.visibility,
        len: session.done.iter().map(|done| done.len).sum(),
        salt: session.salt,
        tag_key: job.request.tagger.public().key_id().to_bytes(),
        sectors: job.request.tagger.public().sectors().get(),
        commitment: job.dem.as_ref().map(|dem| dem.commitment().to_bytes()).unwrap_or_default(),
        segments: session.done.iter().map(|done| done.segment.clone()).collect(),
        sections: Vec::new(),
    }
}

/// Everything that must not change between the parts of one upload.
fn request_digest(owner: &Owner, request: &PutRequest<'_>) -> [u8; 32] {
    let fields = (
        owner.account.account(),
        request.profile,
        request.visibility,
        request.max_len,
        request.term_ms,
        request.bid,
        request.tagger.public().key_id().to_bytes(),
    );
    blake3::derive_key(domain::REQUEST, &borsh::to_vec(&fields).unwrap_or_default())
}

fn open_dem(
    owner: &Owner,
    request: &PutRequest<'_>,
    session: &Session,
) -> Result<Option<Dem>, Error> {
    let Some(key) = session.data_key(owner)? else { return Ok(None) };
    let header = Manifest::key_header(&request.profile, request.visibility, &session.salt);
    Ok(Some(Dem::new(&key, &header)))
}

fn stored_len(request: &PutRequest<'_>, len: u64) -> u64 {
    match request.visibility {
        Visibility::Public => len,
        Visibility::Private => cess_pre::dem::sealed_len(len).unwrap_or(u64::MAX),
    }
}

fn not_enough(error: cess_ledger::Error, last: Option<NodeError>) -> Error {
    match error {
        cess_ledger::Error::NotEnoughNodes { needed, available } => {
            Error::NotEnoughNodes { needed, available, last }
        }
        other => Error::Profile(other),
    }
}

pub(crate) fn part(index: u32, last: bool) -> Part {
    if last { Part::last(u64::from(index)) } else { Part::inner(u64::from(index)) }
}
