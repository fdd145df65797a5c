//! The source of an upload, cut into segments.

use futures::{AsyncRead, AsyncReadExt};

use crate::Error;

/// Reads segments and knows at the end of each whether it was the last.
pub(crate) struct Ahead<R> {
    source: R,
    byte: Option<u8>,
}

impl<R: AsyncRead + Unpin> Ahead<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, byte: None }
    }

    /// The next segment of at most `payload` bytes; `expected` of them are likely.
    pub(crate) async fn segment(
        &mut self,
        payload: u64,
        expected: u64,
    ) -> Result<(Vec<u8>, bool), Error> {
        let failed = |e: std::io::Error| Error::Source(e.kind());
        // Room for tags and padding too, so that the buffer never moves.
        let capacity = expected + expected / 2048 + 64 * 256;
        let mut data = Vec::with_capacity(usize::try_from(capacity).unwrap_or(0));
        data.extend(self.byte.take());
        let wanted = payload.saturating_sub(data.len() as u64);
        (&mut self.source).take(wanted).read_to_end(&mut data).await.map_err(failed)?;
        let mut next = [0];
        let more = loop {
            match self.source.read(&mut next).await {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other.map_err(failed)?,
            }
        };
        self.byte = (more > 0).then_some(next[0]);
        Ok((data, more == 0))
    }
}
