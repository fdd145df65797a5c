//! Greeting and frames of a connection.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Why a connection was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireFault {
    /// The connection broke.
    #[error("connection broke: {0}")]
    Io(io::ErrorKind),
    /// The other end speaks something else.
    #[error("the other end speaks another protocol")]
    OtherProtocol,
    /// The other end speaks another version.
    #[error("version {got}, expected {expected}")]
    Version {
        /// The version of this end.
        expected: u8,
        /// The version of the other end.
        got: u8,
    },
    /// A frame over the bound. Nothing was allocated for it.
    #[error("frame of {got} bytes, at most {max}")]
    TooLong {
        /// The bound.
        max: usize,
        /// What was announced, or was to be sent.
        got: usize,
    },
    /// A frame that holds anything but the one encoding of a message.
    #[error("malformed message")]
    Malformed,
    /// Something was sent before the answer was there.
    #[error("message out of turn")]
    OutOfTurn,
}

impl From<io::Error> for WireFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

/// What each end says first: the protocol's name and its version.
pub(crate) type Greeting = [u8; 8];

pub(crate) async fn read_greeting(
    stream: &mut (impl AsyncRead + Unpin),
    greeting: Greeting,
) -> Result<(), WireFault> {
    let [name @ .., expected] = greeting;
    let mut got = Greeting::default();
    stream.read_exact(&mut got).await?;
    let [said @ .., got] = got;
    if said != name {
        return Err(WireFault::OtherProtocol);
    }
    if got != expected {
        return Err(WireFault::Version { expected, got });
    }
    Ok(())
}

/// A message in its frame.
pub(crate) fn frame(message: &impl BorshSerialize, max: usize) -> Result<Vec<u8>, WireFault> {
    let mut bytes = vec![0; 4];
    message.serialize(&mut bytes).map_err(|_| WireFault::Malformed)?;
    let got = bytes.len() - 4;
    let too_long = WireFault::TooLong { max, got };
    let len = u32::try_from(got).map_err(|_| too_long)?;
    if got > max {
        return Err(too_long);
    }
    bytes[..4].copy_from_slice(&len.to_le_bytes());
    Ok(bytes)
}

pub(crate) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> Result<(), WireFault> {
    stream.write_all(bytes).await?;
    Ok(stream.flush().await?)
}

/// The next message; none when the connection was closed before one began.
pub(crate) async fn receive<T: BorshDeserialize>(
    stream: &mut (impl AsyncRead + Unpin),
    max: usize,
) -> Result<Option<T>, WireFault> {
    let mut len = [0; 4];
    if stream.read(&mut len[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut len[1..]).await?;
    let len = u32::from_le_bytes(len);
    let got = usize::try_from(len).unwrap_or(usize::MAX);
    if got > max {
        return Err(WireFault::TooLong { max, got });
    }
    // The buffer grows with what arrives, not with what was announced.
    let mut bytes = Vec::new();
    stream.take(u64::from(len)).read_to_end(&mut bytes).await?;
    if bytes.len() < got {
        return Err(WireFault::Io(io::ErrorKind::UnexpectedEof));
    }
    T::try_from_slice(&bytes).map(Some).map_err(|_| WireFault::Malformed)
}
