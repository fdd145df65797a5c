//! The source of an upload, cut into segments.

use futures::{AsyncRead, AsyncReadExt};

use crate::Error;

/// Reads segments and knows at the end of each whether it was the last.
pub(crate) struct Ahead<R> {
    source: R,
    byte: Option<u8>,
    /// Bytes read, for who must say where it failed.
    len: u64,
}

impl<R: AsyncRead + Unpin> Ahead<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, byte: None, len: 0 }
    }

    /// The next segment of at most `payload` bytes; `expected` of them are likely.
    pub(crate) async fn segment(
        &mut self,
        payload: u64,
        expected: u64,
    ) -> Result<(Vec<u8>, bool), Error> {
        // Room for tags and padding too, so that the buffer never moves.
        let capacity = expected + expected / 2048 + 64 * 256;
        let mut data = Vec::with_capacity(usize::try_from(capacity).unwrap_or(0));
        data.extend(self.byte.take());
        let wanted = payload.saturating_sub(data.len() as u64);
        let held = data.len();
        let read = (&mut self.source).take(wanted).read_to_end(&mut data).await;
        // What came before a failure is in the buffer too.
        self.len += (data.len() - held) as u64;
        let failed = |len| move |e: std::io::Error| Error::Source { len, kind: e.kind() };
        read.map_err(failed(self.len))?;
        let mut next = [0];
        let more = loop {
            match self.source.read(&mut next).await {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other.map_err(failed(self.len))?,
            }
        };
        self.len += more as u64;
        self.byte = (more > 0).then_some(next[0]);
        Ok((data, more == 0))
    }
}
