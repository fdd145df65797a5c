//! A tagger in another process: the client never holds its keys.

use std::{fmt, future::Future, io};

use bytes::Bytes;
use cess_ledger::{DealId, Manifest, Signature};
use cess_podr2::{Fragment, KeyId, ProvingKey, PublicKey, TagCheck, Tags, replica::MaskKey};
use futures::{AsyncRead, AsyncWrite, FutureExt, future::BoxFuture};

use super::{Part, Tagger, TaggerError};
use crate::{
    TaggedSegment,
    coding::Code,
    remote::{
        frame,
        line::{Lines, NoAnswer},
    },
};

mod message;
mod serve;

pub use serve::{Ask, serve_tagger};

use message::{GREETING, MAX_KEYS_LEN, MAX_REQUEST_LEN, Reply, Request, SHORT_LEN};

/// A tagger that [`serve_tagger`] serves at the other end of a connection: a worker that masks and
/// tags, in an enclave or on another machine. Neither tag key nor mask keys ever come here.
///
/// `connect` makes a connection whenever one is needed, as for [`RemoteChain`](crate::RemoteChain). What
/// is asked for may be asked twice, so a lost connection loses nothing.
///
/// What comes back is checked: the proving key against the public key, the tags of each replica
/// against its shards, the mask of replica 0, the hash of what was unmasked. **One thing can't be**:
/// that the other replicas hold the segment, since who could check their masks could remake them. A
/// tagger that loses its mask keys, or lies about them, takes these replicas with it; the first one
/// needs nobody.
pub struct RemoteTagger<S, F> {
    lines: Lines<S, F>,
    public: PublicKey,
    proving: ProvingKey,
}

impl<S, F> fmt::Debug for RemoteTagger<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteTagger").field("key", &self.public.key_id()).finish_non_exhaustive()
    }
}

impl<S, F, Connecting> RemoteTagger<S, F>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Fn() -> Connecting + Send + Sync,
    Connecting: Future<Output = io::Result<S>> + Send,
{
    /// The tagger that `connect` leads to, if it has the keys of `key`: which tagger that is, the ledger
    /// says, not the connection.
    ///
    /// # Errors
    /// [`TaggerError::Unreachable`], [`TaggerError::Wire`]; [`TaggerError::WrongKey`] and
    /// [`TaggerError::Lies`] for other keys, or none.
    pub async fn connect(connect: F, key: KeyId) -> Result<Self, TaggerError> {
        let lines = Lines::new(connect, GREETING);
        let Reply::Keys { public, proving } = ask(&lines, &Request::Keys, MAX_KEYS_LEN).await?
        else {
            return Err(TaggerError::Lies("answer"));
        };
        let lies = |_| TaggerError::Lies("public key");
        let public = PublicKey::from_bytes(&public).map_err(lies)?;
        if public.key_id() != key {
            return Err(TaggerError::WrongKey { expected: key, got: public.key_id() });
        }
        let lies = |_| TaggerError::Lies("proving key");
        let proving = ProvingKey::from_bytes(&proving, &public).map_err(lies)?;
        Ok(Self { lines, public, proving })
    }

    /// The replica that was asked for, or nothing: its tags verify, and replica 0 has the one mask that
    /// it can have.
    fn checked(
        &self,
        part: &Part,
        code: &Code,
        masked: Vec<u8>,
        tags: &[u8],
    ) -> Result<(Vec<Bytes>, TaggedSegment), TaggerError> {
        if masked.len() != code.layout().padded_len() {
            return Err(TaggerError::Lies("length"));
        }
        let blocks = code.layout().shard_len().div_ceil(self.public.sectors().block_bytes());
        let each = blocks * Tags::TAG_LEN;
        if tags.len() != each * code.layout().geometry().total() {
            return Err(TaggerError::Lies("number of tags"));
        }
        let shards = code.shards(masked)?;
        let mut tagged = Vec::with_capacity(shards.len());
        for (shard, tags) in shards.iter().zip(tags.chunks_exact(each)) {
            let (root, len) = (*blake3::hash(shard).as_bytes(), shard.len() as u64);
            let fragment = Fragment::new(&self.public, root, len, u32::from(part.replica))?;
            let tags = Tags::from_bytes(tags).map_err(|_| TaggerError::Lies("tags"))?;
            tagged.push((fragment, tags));
        }
        let items: Vec<(Fragment, &Tags)> = tagged.iter().map(|(f, tags)| (*f, tags)).collect();
        let check = || {
            let mut check = TagCheck::new(&self.public, &self.proving, &items)?;
            for shard in &shards {
                check.update(shard)?;
                check.end_fragment()?;
            }
            check.finish()
        };
        check().map_err(|_| TaggerError::Lies("tags"))?;
        Ok((shards, TaggedSegment(tagged)))
    }
}

impl<S, F, Connecting> Tagger for RemoteTagger<S, F>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Fn() -> Connecting + Send + Sync,
    Connecting: Future<Output = io::Result<S>> + Send,
{
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn proving_key(&self) -> &ProvingKey {
        &self.proving
    }

    fn replicate<'a>(
        &'a self,
        part: &'a Part,
        mut stored: Vec<u8>,
    ) -> BoxFuture<'a, Result<(Vec<Bytes>, TaggedSegment), TaggerError>> {
        async move {
            let code = Code::of(part, stored.len())?;
            let replica0 = if part.replica == 0 {
                let mut masked = stored.clone();
                code.mask(part, &MaskKey::public(&part.salt), &mut masked)?;
                Some(masked)
            } else {
                None
            };
            let request = Request::Replicate(*part, std::mem::take(&mut stored));
            let max = message::replica_len(part, code.layout(), self.public.sectors());
            match ask(&self.lines, &request, max).await? {
                Reply::Replica { masked, tags } => {
                    let masked = match replica0 {
                        Some(own) if masked.is_empty() => own,
                        Some(_) => return Err(TaggerError::Lies("length")),
                        None => masked,
                    };
                    self.checked(part, &code, masked, &tags)
                }
                _ => Err(TaggerError::Lies("answer")),
            }
        }
        .boxed()
    }

    fn unmask<'a>(
        &'a self,
        part: &'a Part,
        root: &'a [u8; 32],
        masked: Vec<u8>,
    ) -> BoxFuture<'a, Result<Vec<u8>, TaggerError>> {
        async move {
            let len = usize::try_from(part.stored_len).map_err(|_| TaggerError::BadPart)?;
            let request = Request::Unmask(*part, *root, masked);
            match ask(&self.lines, &request, len.saturating_add(SHORT_LEN)).await? {
                Reply::Stored(stored) => {
                    if stored.len() != len || blake3::hash(&stored) != *root {
                        return Err(TaggerError::Lies("segment"));
                    }
                    Ok(stored)
                }
                _ => Err(TaggerError::Lies("answer")),
            }
        }
        .boxed()
    }

    fn declare<'a>(
        &'a self,
        chain_id: &'a [u8; 32],
        deal: DealId,
        manifest: &'a Manifest,
    ) -> BoxFuture<'a, Result<Signature, TaggerError>> {
        async move {
            let manifest = manifest.to_bytes();
            let request = Request::Declare { chain_id: *chain_id, deal, manifest };
            match ask(&self.lines, &request, SHORT_LEN).await? {
                // The ledger verifies it.
                Reply::Declared(signature) => Ok(signature),
                _ => Err(TaggerError::Lies("answer")),
            }
        }
        .boxed()
    }
}

async fn ask<S, F, Connecting>(
    lines: &Lines<S, F>,
    request: &Request,
    max: usize,
) -> Result<Reply, TaggerError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Fn() -> Connecting + Send + Sync,
    Connecting: Future<Output = io::Result<S>> + Send,
{
    let bytes = frame::frame(request, MAX_REQUEST_LEN).map_err(TaggerError::Wire)?;
    match lines.ask(&bytes, max, true).await {
        Ok(Reply::Failed(failure)) => Err(failure.into()),
        Ok(reply) => Ok(reply),
        Err(NoAnswer::Lost { attempts }) => Err(TaggerError::Unreachable { attempts }),
        Err(NoAnswer::Fault(fault)) => Err(TaggerError::Wire(fault)),
    }
}
