use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::SegmentLayout;
use crate::{Codec, Error};

/// A part of a shard that has to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The index of the shard.
    pub shard: usize,
    /// The bytes of it.
    pub range: Range<usize>,
}

/// How the bytes `a..b` of a segment are had from the parts of shards that hold them or, where
/// shards are lost, from the same parts of others.
///
/// ```
/// use cess_erasure::{Codec, Error, Geometry, segment};
///
/// let codec = Codec::new(Geometry::WHITE_PAPER);
/// let layout = segment::SegmentLayout::new(Geometry::WHITE_PAPER, 3000)?;
/// let mut bytes: Vec<u8> = (0..3000).map(|at| (at % 251) as u8).collect();
/// segment::pad(&layout, &mut bytes)?;
/// let parity = segment::encode_segment(&codec, &layout, &bytes)?;
/// let mut shards = segment::split(&layout, &bytes)?;
/// shards.extend(parity.iter().map(Vec::as_slice));
///
/// // Shard 1, of 1024 bytes, is lost: of the others the same 100 bytes are read, and no more.
/// let plan = segment::RangePlan::new(&codec, &layout, &[0, 2, 3, 4], 1100..1200)?;
/// assert_eq!(plan.reads().iter().map(|read| read.range.len()).sum::<usize>(), 300);
/// let parts: Vec<&[u8]> =
///     plan.reads().iter().map(|read| &shards[read.shard][read.range.clone()]).collect();
/// let mut range = [0; 100];
/// plan.decode(&codec, &parts, &mut range)?;
/// assert_eq!(range, bytes[1100..1200]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RangePlan {
    layout: SegmentLayout,
    len: usize,
    reads: Vec<Read>,
    pieces: Vec<Piece>,
}

/// Columns over which the same shards are wanted.
#[derive(Debug, Clone)]
struct Piece {
    columns: Range<usize>,
    /// The columns that are read: those, or the blocks that they are in, where shards are rebuilt
    /// by blocks.
    read: Range<usize>,
    /// Data shards, and where their columns lie in what is decoded.
    wanted: Vec<(usize, usize)>,
    /// Which of the reads belong to this piece.
    reads: Range<usize>,
}

impl RangePlan {
    /// The plan for the bytes `range` of the segment, of which padding is no part, if the shards
    /// `available` can be read.
    ///
    /// # Errors
    /// [`Error::RangeOutOfSegment`], [`Error::GeometryMismatch`], and those of [`Codec::sources`]
    /// where lost shards are wanted.
    pub fn new(
        codec: &Codec,
        layout: &SegmentLayout,
        available: &[usize],
        range: Range<usize>,
    ) -> Result<Self, Error> {
        layout.check_codec(codec)?;
        if range.start > range.end || range.end > layout.len() {
            let Range { start, end } = range;
            return Err(Error::RangeOutOfSegment { start, end, len: layout.len() });
        }
        codec.check_indexes(available.iter().copied())?;
        let shard_len = layout.shard_len();
        let part = |shard: usize| {
            let first = shard * shard_len;
            range.start.max(first) - first..range.end.min(first + shard_len) - first
        };
        let shards = range.start / shard_len..range.end.div_ceil(shard_len);
        // Of the first shard the end is wanted, of the last the beginning, of others everything.
        let mut edges: Vec<usize> =
            shards.clone().flat_map(|shard| [part(shard).start, part(shard).end]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut plan =
            Self { layout: *layout, len: range.len(), reads: Vec::new(), pieces: Vec::new() };
        if range.is_empty() {
            return Ok(plan);
        }
        for edge in edges.windows(2) {
            let columns = edge[0]..edge[1];
            let wants = |shard: &usize| {
                part(*shard).start <= columns.start && columns.end <= part(*shard).end
            };
            let wanted: Vec<usize> = shards.clone().filter(wants).collect();
            if wanted.is_empty() {
                continue;
            }
            let (there, lost): (Vec<usize>, Vec<usize>) =
                wanted.iter().partition(|shard| available.contains(shard));
            let mut sources = there;
            let mut read = columns.clone();
            if !lost.is_empty() {
                sources.extend(codec.sources(available, &lost)?);
                sources.sort_unstable();
                sources.dedup();
                let block = layout.geometry().code().block_len();
                read = read.start / block * block..read.end.next_multiple_of(block);
            }
            let first = plan.reads.len();
            plan.reads.extend(sources.into_iter().map(|shard| Read { shard, range: read.clone() }));
            let place = |shard: usize| (shard, shard * shard_len + columns.start - range.start);
            plan.pieces.push(Piece {
                wanted: wanted.into_iter().map(place).collect(),
                reads: first..plan.reads.len(),
                columns,
                read,
            });
        }
        Ok(plan)
    }

    /// What has to be read: at most three parts of each shard; of `leopard16` whole blocks of 64
    /// bytes where shards are lost.
    #[must_use]
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// The length of what is decoded, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is decoded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Overwrites `out` with the bytes of the range, from what was read, in the order of
    /// [`reads`](Self::reads).
    ///
    /// **Wrong parts give wrong bytes**: check them, by a proof against the shard's root.
    ///
    /// # Errors
    /// [`Error::SegmentLength`] if `out` isn't of [`len`](Self::len) bytes,
    /// [`Error::ShardCount`] and [`Error::ShardLength`] if the parts aren't those of the reads,
    /// [`Error::GeometryMismatch`]; nothing is written then.
    pub fn decode(&self, codec: &Codec, parts: &[&[u8]], out: &mut [u8]) -> Result<(), Error> {
        self.layout.check_codec(codec)?;
        super::check_len(self.len, out.len())?;
        let (expected, got) = (self.reads.len(), parts.len());
        if expected != got {
            return Err(Error::ShardCount { expected, got });
        }
        for (read, part) in self.reads.iter().zip(parts) {
            let (expected, got) = (read.range.len(), part.len());
            if expected != got {
                return Err(Error::ShardLength { expected, got });
            }
        }
        for piece in &self.pieces {
            let reads = &self.reads[piece.reads.clone()];
            let present: Vec<(usize, &[u8])> = reads
                .iter()
                .zip(&parts[piece.reads.clone()])
                .map(|(read, part)| (read.shard, *part))
                .collect();
            let within = piece.columns.start - piece.read.start;
            let within = within..within + piece.columns.len();
            let mut missing = Vec::new();
            let mut rest = &mut *out;
            let mut cut = 0;
            for &(shard, place) in &piece.wanted {
                let (_, after) = core::mem::take(&mut rest).split_at_mut(place - cut);
                let (buffer, after) = after.split_at_mut(piece.columns.len());
                cut = place + piece.columns.len();
                rest = after;
                match present.iter().find(|(index, _)| *index == shard) {
                    Some((_, part)) => buffer.copy_from_slice(&part[within.clone()]),
                    None => missing.push((shard, buffer)),
                }
            }
            if missing.is_empty() {
                continue;
            }
            if piece.read == piece.columns {
                codec.reconstruct(&present, &mut missing)?;
                continue;
            }
            let mut blocks = vec![vec![0; piece.read.len()]; missing.len()];
            let buffers = blocks.iter_mut().map(Vec::as_mut_slice);
            let mut rebuilt: Vec<(usize, &mut [u8])> =
                missing.iter().map(|(shard, _)| *shard).zip(buffers).collect();
            codec.reconstruct(&present, &mut rebuilt)?;
            for ((_, buffer), block) in missing.iter_mut().zip(&blocks) {
                buffer.copy_from_slice(&block[within.clone()]);
            }
        }
        Ok(())
    }
}
