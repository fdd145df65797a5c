//! The end of the wire where the keys are.

use std::future::Future;

use cess_erasure::segment::SegmentLayout;
use cess_ledger::{DealId, FileId, Manifest};
use futures::{AsyncRead, AsyncWrite};

use super::{
    super::{Part, Tagger, TaggerError, declared},
    message::{Failure, GREETING, MAX_REQUEST_LEN, Reply, Request},
};
use crate::remote::frame::{self, WireFault};

/// Bytes of all shards of a replica that a server takes on: the largest segment in 4 + 12 shards.
const MAX_CODED_LEN: usize = 1 << 30;
/// Of any reply: a masked segment and the tags of its replica, or the keys.
const MAX_REPLY_LEN: usize = 2 << 30;

/// What a client of [`serve_tagger`] wants done under the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ask {
    /// To mask and tag a replica of a segment.
    Replicate(Part),
    /// To take the mask off a replica of a segment.
    Unmask(Part),
    /// To sign that a file's tags are of this key.
    Declare {
        /// The chain that it is for.
        chain_id: [u8; 32],
        /// The deal.
        deal: DealId,
        /// The file.
        file: FileId,
        /// The salt of its upload.
        salt: [u8; 32],
    },
}

/// Answers whoever is at the other end of `stream`, a [`RemoteTagger`](crate::RemoteTagger), until it
/// closes the connection.
///
/// `permit` is asked before anything is done under the keys. **It matters**: who may have a replica made
/// twice need not store it. A worker that the network pays for permits a salt for a bounded time after
/// it first came, whatever is declared meanwhile, for a declared file may hold fragments of
/// another salt; afterwards, a replica of a segment of a declared file only while fewer of its shards
/// are left than it has data shards. A declaration is permitted again for the same chain, deal and file:
/// its first answer may have been lost.
///
/// Serves one connection; the caller accepts them, bounds how many there are (each takes the memory of
/// a replica of a segment, at most 1 GiB and its tags) and for how long one may be silent. Nothing is
/// secret or authentic on the way: across machines, give it a stream that is both, for who reads a
/// masked segment has that replica. Masking and tagging block the thread: give each connection its own.
///
/// # Errors
/// [`WireFault`] when the connection breaks or the other end breaks the protocol. The tagger is not
/// affected: drop the connection and go on with the others.
pub async fn serve_tagger<S, P, F>(
    tagger: &dyn Tagger,
    permit: P,
    mut stream: S,
) -> Result<(), WireFault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    P: Fn(Ask) -> F + Send + Sync,
    F: Future<Output = bool> + Send,
{
    frame::read_greeting(&mut stream, GREETING).await?;
    frame::send(&mut stream, &GREETING).await?;
    while let Some(request) = frame::receive::<Request>(&mut stream, MAX_REQUEST_LEN).await? {
        let answer = answer(tagger, &permit, request).await;
        let reply = answer.unwrap_or_else(|error| Reply::Failed(Failure::from(&error)));
        frame::send(&mut stream, &frame::frame(&reply, MAX_REPLY_LEN)?).await?;
    }
    Ok(())
}

async fn answer<P, F>(
    tagger: &dyn Tagger,
    permit: &P,
    request: Request,
) -> Result<Reply, TaggerError>
where
    P: Fn(Ask) -> F + Send + Sync,
    F: Future<Output = bool> + Send,
{
    let permitted = async |ask| if permit(ask).await { Ok(()) } else { Err(TaggerError::Refused) };
    match request {
        Request::Keys => {
            let public = tagger.public().to_bytes().to_vec();
            Ok(Reply::Keys { public, proving: tagger.proving_key().to_bytes() })
        }
        Request::Replicate(part, stored) => {
            bounded(&part)?;
            permitted(Ask::Replicate(part)).await?;
            let (shards, tagged) = tagger.replicate(&part, stored).await?;
            let data = if part.replica == 0 { 0 } else { part.profile.geometry().data() };
            let masked = shards.into_iter().take(data).collect::<Vec<_>>().concat();
            let tags =
                tagged.0.iter().map(|(_, tags)| tags.as_bytes()).collect::<Vec<_>>().concat();
            Ok(Reply::Replica { masked, tags })
        }
        Request::Unmask(part, root, masked) => {
            bounded(&part)?;
            permitted(Ask::Unmask(part)).await?;
            tagger.unmask(&part, &root, masked).await.map(Reply::Stored)
        }
        Request::Declare { chain_id, deal, manifest } => {
            let manifest = Manifest::from_bytes(&manifest).map_err(TaggerError::Manifest)?;
            let file = declared(tagger.public().key_id(), &manifest)?;
            permitted(Ask::Declare { chain_id, deal, file, salt: manifest.salt }).await?;
            tagger.declare(&chain_id, deal, &manifest).await.map(Reply::Declared)
        }
    }
}

/// A short request must not take much memory: a geometry may have 255 parity shards.
fn bounded(part: &Part) -> Result<(), TaggerError> {
    part.check()?;
    let layout = SegmentLayout::new(part.profile.geometry(), u64::from(part.stored_len))?;
    let coded = layout.shard_len().saturating_mul(layout.geometry().total());
    if coded > MAX_CODED_LEN { Err(TaggerError::BadPart) } else { Ok(()) }
}
