use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::field::Fr;
use crate::fragment::{Fragment, Tagged, Tags};
use crate::parallel;
use crate::secret::SecretKey;

/// Owned blocks that a stream of any chunking is copied into: hash and field arithmetic read
/// the same bytes, even if the caller's memory changes meanwhile. One block; with several threads,
/// as many as come at once, up to [`SHARED`] bytes.
pub(crate) struct BlockBuffer {
    blocks: Vec<u8>,
    block_bytes: usize,
    filled: usize,
}

/// Bytes that are worth sharing between threads.
const SHARED: usize = 2 << 20;

impl BlockBuffer {
    pub(crate) fn new(block_bytes: usize) -> Self {
        Self { blocks: vec![0; block_bytes], block_bytes, filled: 0 }
    }

    /// Calls `full` with one or more whole blocks.
    pub(crate) fn update(&mut self, mut data: &[u8], mut full: impl FnMut(&[u8])) {
        if cfg!(feature = "rayon") {
            let blocks = data.len().min(SHARED).div_ceil(self.block_bytes);
            let room = self.blocks.len().max(blocks * self.block_bytes);
            self.blocks.resize(room, 0);
        }
        while !data.is_empty() {
            let (part, rest) = data.split_at(data.len().min(self.blocks.len() - self.filled));
            self.blocks[self.filled..self.filled + part.len()].copy_from_slice(part);
            self.filled += part.len();
            data = rest;
            if self.filled == self.blocks.len() {
                full(&self.blocks);
                self.filled = 0;
            }
        }
    }

    /// The last blocks, of which the very last may be short, if there are any; the buffer is empty
    /// afterwards.
    pub(crate) fn take_tail(&mut self) -> Option<&[u8]> {
        let filled = mem::take(&mut self.filled);
        (filled > 0).then(|| &self.blocks[..filled])
    }
}

/// Secret scalars: a move to a larger buffer leaves nothing behind.
struct SecretScalars(Zeroizing<Vec<Fr>>);

impl SecretScalars {
    /// Room for more, zero.
    fn extend(&mut self, count: usize) -> &mut [Fr] {
        let len = self.0.len();
        if self.0.capacity() < len + count {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (len + count).max(32)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.resize(len + count, Fr::ZERO);
        &mut self.0[len..]
    }
}

/// Tags one fragment as its bytes stream in.
///
/// The name of a fragment comes from its content, so tags exist only at
/// [`finish`](Self::finish), once the whole content is known: there is no other way to them.
/// Two tags of one name and block over different data would give away x D(alpha) g1, D the difference,
/// and with it forgeries. So a tagger can't be given a name or a root,
///
/// ```compile_fail,E0061
/// # use cess_podr2::{SecretKey, Sectors};
/// # let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
/// let tagger = secret.tagger(0, [3; 32]);
/// ```
///
/// nothing is signed but by it,
///
/// ```compile_fail,E0624
/// # use cess_podr2::{SecretKey, Sectors};
/// # let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
/// # let name = secret.tag(0, b"data")?.name();
/// let tags = secret.sign(&name, &[]);
/// # Ok::<(), cess_podr2::Error>(())
/// ```
///
/// no tag comes before the end,
///
/// ```compile_fail,E0599
/// # use cess_podr2::{SecretKey, Sectors};
/// # let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
/// let mut tagger = secret.tagger(0);
/// tagger.update(b"a block");
/// let tag = tagger.tag();
/// ```
///
/// nothing is added after it,
///
/// ```compile_fail,E0382
/// # use cess_podr2::{SecretKey, Sectors};
/// # let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
/// let mut tagger = secret.tagger(0);
/// tagger.update(b"all of it");
/// let tagged = tagger.finish();
/// tagger.update(b"and more");
/// ```
///
/// and none goes on twice from one beginning.
///
/// ```compile_fail,E0599
/// # use cess_podr2::{SecretKey, Sectors};
/// # let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
/// let mut tagger = secret.tagger(0);
/// tagger.update(b"the beginning");
/// let twin = tagger.clone();
/// ```
pub struct Tagger<'k> {
    key: &'k SecretKey,
    replica: u32,
    buffer: BlockBuffer,
    root: blake3::Hasher,
    len: u64,
    evaluations: SecretScalars,
}

impl<'k> Tagger<'k> {
    pub(crate) fn new(key: &'k SecretKey, replica: u32) -> Self {
        Self {
            key,
            replica,
            buffer: BlockBuffer::new(key.public_ref().sectors().block_bytes()),
            root: blake3::Hasher::new(),
            len: 0,
            evaluations: SecretScalars(Zeroizing::new(Vec::new())),
        }
    }

    /// Takes the next bytes of the fragment, any number of them.
    pub fn update(&mut self, data: &[u8]) {
        let Self { key, buffer, root, len, evaluations, .. } = self;
        buffer.update(data, |blocks| absorb(key, root, len, evaluations, blocks));
    }

    /// Ends the fragment and computes its tags.
    ///
    /// # Errors
    /// [`Error::EmptyFragment`] if there was no data.
    pub fn finish(mut self) -> Result<Tagged, Error> {
        let Self { key, buffer, root, len, evaluations, .. } = &mut self;
        if let Some(tail) = buffer.take_tail() {
            absorb(key, root, len, evaluations, tail);
        }
        let root = *root.finalize().as_bytes();
        let fragment = Fragment::new(key.public_ref(), root, *len, self.replica)?;
        let name = fragment.name();
        let tags = Tags::new(self.key.sign(&name, &self.evaluations.0));
        Ok(Tagged { fragment, tags })
    }
}

fn absorb(
    key: &SecretKey,
    root: &mut blake3::Hasher,
    len: &mut u64,
    evaluations: &mut SecretScalars,
    bytes: &[u8],
) {
    let blocks: Vec<&[u8]> = bytes.chunks(key.public_ref().sectors().block_bytes()).collect();
    let out = evaluations.extend(blocks.len());
    parallel::join(
        || parallel::hash(root, bytes),
        || {
            parallel::fill(&blocks, out, 1, |blocks, out| out[0] = key.evaluate(blocks[0]));
        },
    );
    *len += bytes.len() as u64;
}

impl fmt::Debug for Tagger<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tagger").field("replica", &self.replica).finish_non_exhaustive()
    }
}
