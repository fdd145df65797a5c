use alloc::vec::Vec;
use core::fmt;

use crate::backend::{G1, G2Affine, HashSum, Native, msm, pairing_product_is_one};
use crate::domain::{TAG_CHECK, Transcript, Xof};
use crate::error::Error;
use crate::fragment::{Fragment, Tags};
use crate::id::{FragmentName, KeyId};
use crate::kernel::Combination;
use crate::parallel;
use crate::proving_key::ProvingKey;
use crate::public::PublicKey;
use crate::tag_sum::TagSum;
use crate::tagger::BlockBuffer;

/// Checks the data and tags of many fragments under one key for the price of one multi-scalar
/// multiplication, one hash to the curve a block, and two pairings.
///
/// Fragments and tags come first: the weights of the check are drawn from all of them. Then the
/// data streams through, fragment by fragment in the same order. Each fragment's data is hashed
/// against its root in the same pass. If [`finish`](Self::finish) refuses, check the fragments one
/// by one to find the bad ones.
pub struct TagCheck<'a> {
    key: &'a PublicKey,
    proving: &'a ProvingKey,
    /// Root and length of each fragment.
    fragments: Vec<([u8; 32], u64)>,
    current: usize,
    weights: Xof,
    buffer: BlockBuffer,
    root: blake3::Hasher,
    len: u64,
    data: Combination,
    /// `sum rho_i sigma_i`
    tags: G1,
    /// `sum rho_i H_i`
    hashes: G1,
}

impl<'a> TagCheck<'a> {
    /// Decodes all tags and draws the weights.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] if the two keys differ, [`Error::WrongKey`],
    /// [`Error::WrongSectors`], [`Error::TagCount`], and [`Error::Point`], [`Error::Subgroup`] or
    /// [`Error::Identity`] for a tag that is none, its index counted over all fragments.
    pub fn new(
        key: &'a PublicKey,
        proving: &'a ProvingKey,
        items: &[(Fragment, &Tags)],
    ) -> Result<Self, Error> {
        if proving.key_id() != key.key_id() {
            return Err(Error::KeyMismatch { expected: key.key_id(), got: proving.key_id() });
        }
        let mut named = Vec::with_capacity(items.len());
        for (index, (fragment, tags)) in items.iter().enumerate() {
            if fragment.key_id() != key.key_id() {
                return Err(Error::WrongKey { expected: key.key_id(), got: fragment.key_id() });
            }
            let entry = fragment.entry();
            entry.check_sectors(key.sectors())?;
            let (name, expected) = (entry.name(), entry.blocks());
            if tags.len() != expected {
                return Err(Error::TagCount { index, expected, got: tags.len() });
            }
            named.push((name, *tags));
        }
        let weights = tag_weights(key.key_id(), &named);
        let mut xof = weights.clone();
        let (mut tag_sum, mut hashes) = (TagSum::new(0), HashSum::<Native>::new());
        for (name, tags) in &named {
            for (block, tag) in (0u64..).zip(tags.iter()) {
                let rho = xof.weight();
                tag_sum.add(tag, rho)?;
                hashes.add(name.as_bytes(), block, rho);
            }
        }
        let sectors = key.sectors();
        Ok(Self {
            key,
            proving,
            fragments: items.iter().map(|(f, _)| (f.root(), f.len())).collect(),
            current: 0,
            weights,
            buffer: BlockBuffer::new(sectors.block_bytes()),
            root: blake3::Hasher::new(),
            len: 0,
            data: Combination::new(sectors.count()),
            tags: tag_sum.finish()?,
            hashes: hashes.finish(),
        })
    }

    /// Takes the next bytes of the current fragment, any number of them.
    ///
    /// # Errors
    /// [`Error::FragmentLength`] if the fragment ends before, [`Error::FragmentCount`] after the
    /// last fragment. Nothing is taken then.
    pub fn update(&mut self, data: &[u8]) -> Result<(), Error> {
        let index = self.current;
        let Some(&(_, expected)) = self.fragments.get(index) else {
            return Err(Error::FragmentCount { expected: index, got: index + 1 });
        };
        let got = self.len.saturating_add(data.len() as u64);
        if got > expected {
            return Err(Error::FragmentLength { index, expected, got });
        }
        self.len = got;
        let block_bytes = self.key.sectors().block_bytes();
        let Self { buffer, root, data: sums, weights, .. } = self;
        buffer.update(data, |bytes| absorb(root, sums, weights, block_bytes, bytes));
        Ok(())
    }

    /// Ends the current fragment and goes on to the next.
    ///
    /// # Errors
    /// [`Error::FragmentLength`] if bytes are missing, [`Error::Root`] if the data is another's,
    /// [`Error::FragmentCount`] after the last fragment. The check is lost then.
    pub fn end_fragment(&mut self) -> Result<(), Error> {
        let index = self.current;
        let Some(&(expected_root, expected)) = self.fragments.get(index) else {
            return Err(Error::FragmentCount { expected: index, got: index + 1 });
        };
        if self.len != expected {
            return Err(Error::FragmentLength { index, expected, got: self.len });
        }
        let block_bytes = self.key.sectors().block_bytes();
        let Self { buffer, root, data: sums, weights, .. } = self;
        if let Some(tail) = buffer.take_tail() {
            absorb(root, sums, weights, block_bytes, tail);
        }
        if *self.root.finalize().as_bytes() != expected_root {
            return Err(Error::Root { index });
        }
        self.root.reset();
        self.len = 0;
        self.current += 1;
        Ok(())
    }

    /// Ends the check: `e(sum rho_i sigma_i, g2) = e(sum rho_i H_i + P, X)` for
    /// `P = sum_j (sum_i rho_i m_{i,j}) U_j`.
    ///
    /// # Errors
    /// [`Error::FragmentCount`] if fragments are missing, [`Error::Tags`] if tags don't fit.
    pub fn finish(self) -> Result<(), Error> {
        if self.current != self.fragments.len() {
            let (expected, got) = (self.fragments.len(), self.current);
            return Err(Error::FragmentCount { expected, got });
        }
        let coefficients = self.data.finish();
        let data = msm(&self.proving.powers[..coefficients.len()], &coefficients);
        let pairs = [
            (self.tags.neg().to_affine(), G2Affine::generator()),
            (self.hashes.add(&data).to_affine(), self.key.x),
        ];
        if pairing_product_is_one(&pairs) { Ok(()) } else { Err(Error::Tags) }
    }
}

fn absorb(
    root: &mut blake3::Hasher,
    sums: &mut Combination,
    weights: &mut Xof,
    block_bytes: usize,
    bytes: &[u8],
) {
    let blocks: Vec<(&[u8], u128)> =
        bytes.chunks(block_bytes).map(|block| (block, weights.weight())).collect();
    parallel::join(|| parallel::hash(root, bytes), || sums.add_all(&blocks));
}

impl fmt::Debug for TagCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagCheck")
            .field("fragments", &self.fragments.len())
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

/// The stream of the weights, one a block: every name and tag goes into every weight.
fn tag_weights(key: KeyId, fragments: &[(FragmentName, &Tags)]) -> Xof {
    let mut transcript =
        Transcript::new(TAG_CHECK).bytes(key.as_bytes()).u64(fragments.len() as u64);
    for (name, tags) in fragments {
        transcript = transcript.bytes(name.as_bytes()).u64(tags.len()).bytes(tags.as_bytes());
    }
    transcript.xof()
}

/// Checks one fragment that is in memory.
///
/// # Errors
/// Those of [`TagCheck`].
pub fn check_fragment(
    key: &PublicKey,
    proving: &ProvingKey,
    fragment: &Fragment,
    tags: &Tags,
    data: &[u8],
) -> Result<(), Error> {
    let mut check = TagCheck::new(key, proving, &[(*fragment, tags)])?;
    check.update(data)?;
    check.end_fragment()?;
    check.finish()
}

#[cfg(test)]
mod tests;
