//! Columns of shards are independent: with the feature `rayon` they are shared out.

/// Columns that are computed by one thread at a time, at least.
#[cfg(feature = "rayon")]
const PART: usize = 64 * 1024;
/// Bytes, over all shards, below which sharing out costs more than it gives.
#[cfg(feature = "rayon")]
const SHARED_BYTES: usize = 1 << 20;

/// What computes the columns of the outputs that lie at this offset in the inputs.
type Run<'a> = dyn Fn(usize, &mut [&mut [u8]]) + Sync + 'a;

/// Calls `run` for all columns of the outputs, each once.
#[cfg(not(feature = "rayon"))]
pub(crate) fn columns(_: usize, offset: usize, outputs: &mut [&mut [u8]], run: &Run<'_>) {
    run(offset, outputs);
}

/// Calls `run` for all columns of the outputs, each once, in the current thread pool of rayon.
#[cfg(feature = "rayon")]
pub(crate) fn columns(inputs: usize, offset: usize, outputs: &mut [&mut [u8]], run: &Run<'_>) {
    use rayon::prelude::*;

    let len = outputs.first().map_or(0, |output| output.len());
    let threads = rayon::current_num_threads();
    if threads == 1 || len < 2 * PART || len.saturating_mul(inputs + outputs.len()) < SHARED_BYTES {
        return run(offset, outputs);
    }
    let size = len.div_ceil(2 * threads).next_multiple_of(4096).max(PART);
    let mut parts: Vec<Vec<&mut [u8]>> = (0..len.div_ceil(size)).map(|_| Vec::new()).collect();
    for output in outputs {
        for (part, columns) in parts.iter_mut().zip(output.chunks_mut(size)) {
            part.push(columns);
        }
    }
    parts.into_par_iter().enumerate().for_each(|(at, mut part)| run(offset + at * size, &mut part));
}
