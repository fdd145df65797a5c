//! Work over many items: on the threads of the current rayon pool with the feature `rayon`, one
//! after the other without. Items are handled alike, and results come in the same places.

/// Calls `work` on parts of `items` of `size` each, the last perhaps shorter, with the same part of
/// `out`, which is as long.
#[cfg(feature = "rayon")]
pub(crate) fn fill<T: Sync, R: Send>(
    items: &[T],
    out: &mut [R],
    size: usize,
    work: impl Fn(&[T], &mut [R]) + Sync,
) {
    use rayon::prelude::*;
    if items.len() <= size {
        return work(items, out);
    }
    items.par_chunks(size).zip(out.par_chunks_mut(size)).for_each(|(items, out)| work(items, out));
}

#[cfg(not(feature = "rayon"))]
pub(crate) fn fill<T, R>(
    items: &[T],
    out: &mut [R],
    size: usize,
    work: impl Fn(&[T], &mut [R]) + Sync,
) {
    for (items, out) in items.chunks(size).zip(out.chunks_mut(size)) {
        work(items, out);
    }
}

/// Calls `work` with the index and each part of `out`, of `size` each.
#[cfg(feature = "rayon")]
pub(crate) fn each<R: Send>(out: &mut [R], size: usize, work: impl Fn(usize, &mut [R]) + Sync) {
    use rayon::prelude::*;
    out.par_chunks_mut(size).enumerate().for_each(|(at, out)| work(at, out));
}

#[cfg(not(feature = "rayon"))]
pub(crate) fn each<R>(out: &mut [R], size: usize, work: impl Fn(usize, &mut [R])) {
    out.chunks_mut(size).enumerate().for_each(|(at, out)| work(at, out));
}

/// Does both.
pub(crate) fn join<A: Send, B: Send>(
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    #[cfg(feature = "rayon")]
    return rayon::join(a, b);
    #[cfg(not(feature = "rayon"))]
    (a(), b())
}

/// Hashes more bytes.
pub(crate) fn hash(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    #[cfg(feature = "rayon")]
    hasher.update_rayon(bytes);
    #[cfg(not(feature = "rayon"))]
    hasher.update(bytes);
}

/// How many threads there are to share the work.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    1
}
