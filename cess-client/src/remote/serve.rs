//! The end of the wire where the chain is.

use std::pin::pin;

use futures::{
    AsyncRead, AsyncReadExt, AsyncWrite,
    future::{Either, select},
};

use super::{
    frame::{self, WireFault},
    message::{Failure, GREETING, MAX_REPLY_LEN, MAX_REQUEST_LEN, Reply, Request},
};
use crate::{Chain, ChainError};

/// Answers whoever is at the other end of `stream`, a [`RemoteChain`](crate::RemoteChain), until
/// it closes the connection.
///
/// Serves one connection; the caller accepts them, bounds how many there are and for how long one
/// may be silent. Any number may be served at once. Nothing is secret or authentic on the way
/// except the calls, which are signed: across machines, give it a stream that is both.
///
/// # Errors
/// [`WireFault`] when the connection breaks or the other end breaks the protocol. The chain is not
/// affected: drop the connection and go on with the others.
pub async fn serve_chain<C, S>(chain: &C, mut stream: S) -> Result<(), WireFault>
where
    C: Chain,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    frame::read_greeting(&mut stream, GREETING).await?;
    frame::send(&mut stream, &GREETING).await?;
    while let Some(request) = frame::receive::<Request>(&mut stream, MAX_REQUEST_LEN).await? {
        let Some(answer) = answer(chain, request, &mut stream).await? else { break };
        let reply = answer.unwrap_or_else(|error| Reply::Failed(Failure::from(error)));
        let bytes = frame::frame(&reply, MAX_REPLY_LEN)
            .or_else(|_| frame::frame(&Reply::Failed(Failure::Other), MAX_REPLY_LEN))?;
        frame::send(&mut stream, &bytes).await?;
    }
    Ok(())
}

/// None when the other end hung up meanwhile.
async fn answer<C: Chain, S: AsyncRead + Unpin + Send>(
    chain: &C,
    request: Request,
    stream: &mut S,
) -> Result<Option<Result<Reply, ChainError>>, WireFault> {
    let answer = match request {
        Request::Read(query) => chain.read(&query).await.map(Reply::Read),
        Request::Submit(call) => chain.submit(call).await.map(Reply::Submit),
        Request::Outcome(account, nonce) => {
            chain.outcome(&account, nonce).await.map(Reply::Outcome)
        }
        Request::Events(height) => chain.events(height).await.map(Reply::Events),
        Request::Wait(height) => {
            let mut byte = [0];
            // Whoever hangs up must not be waited for.
            match select(pin!(chain.wait(height)), stream.read(&mut byte)).await {
                Either::Left((waited, _)) => waited.map(|()| Reply::Wait),
                Either::Right((Ok(0), _)) => return Ok(None),
                Either::Right((Ok(_), _)) => return Err(WireFault::OutOfTurn),
                Either::Right((Err(error), _)) => return Err(error.into()),
            }
        }
    };
    Ok(Some(answer))
}
