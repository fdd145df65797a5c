//! With buffers of the caller's, nothing allocates by the length of shards.
#![expect(unsafe_code, reason = "counting what is allocated takes an allocator")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use cess_erasure::{Codec, Engine, Geometry, Lrc};

/// Bytes that are allocated, and the most that were at once.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; counters don't touch memory. What
// isn't written here comes down to `alloc` and `dealloc`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::SeqCst) + layout.size();
        PEAK.fetch_max(live, Ordering::SeqCst);
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: `pointer` came from `alloc` above with this layout, so from the system.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were allocated at once, beyond those before.
fn allocated(doing: impl FnOnce()) -> usize {
    let before = LIVE.load(Ordering::SeqCst);
    PEAK.store(before, Ordering::SeqCst);
    doing();
    PEAK.load(Ordering::SeqCst) - before
}

/// What each call allocates, with shards of this length: to encode, to verify, to rebuild as many
/// data shards as the code may lose, to do so again, to decode, to update, to correct.
fn of_each_call(codec: &Codec, len: usize) -> Vec<usize> {
    let geometry = codec.geometry();
    let mut shards: Vec<Vec<u8>> =
        (0..geometry.total()).map(|i| vec![(i * 37).to_le_bytes()[0]; len]).collect();
    let mut of = Vec::new();
    let (data, parity) = shards.split_at_mut(geometry.data());
    of.push(allocated(|| codec.encode(data, parity).unwrap()));
    of.push(allocated(|| codec.verify(&shards).unwrap()));

    let lost = geometry.lrc().map_or(geometry.parity(), |lrc| lrc.global() + 1);
    let lost = lost.min(geometry.data());
    let present: Vec<(usize, &[u8])> =
        shards.iter().map(Vec::as_slice).enumerate().skip(lost).collect();
    let mut rebuilt = vec![vec![0; len]; lost];
    for _ in 0..2 {
        let mut missing: Vec<(usize, &mut [u8])> =
            rebuilt.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
        of.push(allocated(|| codec.reconstruct(&present, &mut missing).unwrap()));
    }
    assert!(rebuilt == shards[..lost], "what was lost");
    let mut decoded = vec![vec![0; len]; geometry.data()];
    of.push(allocated(|| codec.decode(&present, &mut decoded).unwrap()));
    assert!(decoded == shards[..geometry.data()], "what was lost");

    let new = vec![0xA5; len];
    let (data, parity) = shards.split_at_mut(geometry.data());
    of.push(allocated(|| codec.update(0, &data[0], &new, parity).unwrap()));
    data[0].copy_from_slice(&new);
    codec.verify(&shards).unwrap();
    if geometry.lrc().is_none() {
        shards[1][len / 2] ^= 1;
        let mut present: Vec<(usize, &mut [u8])> =
            shards.iter_mut().map(Vec::as_mut_slice).enumerate().collect();
        let mut found = Vec::new();
        of.push(allocated(|| found = codec.correct(&mut present).unwrap()));
        assert_eq!(found, [1]);
    }
    of
}

/// Where the threads of `rayon` share the work, they allocate for their lists of columns.
#[test]
fn no_call_allocates_by_the_length_of_shards() {
    let lists = if cfg!(feature = "rayon") { 64 << 10 } else { 0 };
    // The count sees allocations: a buffer of the caller's own is one.
    assert!(allocated(|| drop(vec![1u8; 1 << 20])) >= 1 << 20);
    for engine in Engine::ALL.into_iter().filter(|engine| engine.is_available()) {
        for geometry in
            [Geometry::WHITE_PAPER, Geometry::CESS, Geometry::CLASSIC, Lrc::CLASSIC.into()]
        {
            let short = of_each_call(&Codec::with_engine(geometry, engine).unwrap(), 64 << 10);
            let long = of_each_call(&Codec::with_engine(geometry, engine).unwrap(), 2 << 20);
            for (call, (short, long)) in short.iter().zip(&long).enumerate() {
                // A plan that is made once may be kept in a list that grows.
                assert!(
                    *long <= short + 8192 + lists,
                    "{engine}, {geometry}, call {call}: {short} then {long} bytes"
                );
            }
        }
    }
}
