//! What a proof claims costs no memory: peaks are counted, whatever the numbers in it say.
#![expect(unsafe_code, reason = "counting what is allocated takes an allocator")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use cess_merkle::{
    Opening, Proof, SumTree, Tree,
    content::{Outboard, SliceDecoder, decode_slice, encode_slice_of},
};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; counters don't touch memory.
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

/// The most bytes that were live at once during `doing`, beyond those before it.
fn peak<T>(doing: impl FnOnce() -> T) -> usize {
    let before = LIVE.load(Ordering::SeqCst);
    PEAK.store(before, Ordering::SeqCst);
    let done = doing();
    let peak = PEAK.load(Ordering::SeqCst) - before;
    drop(done);
    peak
}

/// What decoding or verifying `input` may take at once: a few times its length, and a little.
fn allowed(input: usize) -> usize {
    4 * input + 4096
}

/// Small changes to good encodings, numbers blown up among them.
fn hostile(good: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![good[..good.len() / 2].to_vec(), [good, good].concat()];
    for at in 0..good.len().min(64) {
        let mut bytes = good.to_vec();
        for byte in bytes.iter_mut().skip(at).take(8) {
            *byte = 0xFF;
        }
        all.push(bytes.clone());
        bytes[at] = 0x7F;
        all.push(bytes);
    }
    all
}

// One test: the counters are shared by all of this binary.
#[test]
fn no_claim_costs_memory() {
    assert!(peak(|| vec![1u8; 1 << 20]) >= 1 << 20, "the counters count");

    let leaves: Vec<[u8; 2]> = (0..300u16).map(u16::to_le_bytes).collect();
    let tree = Tree::new(&leaves).expect("few leaves");
    let root = tree.root();
    for bytes in hostile(&tree.prove_many(&[0, 17, 299]).expect("leaves").to_bytes()) {
        let spent = peak(|| {
            let proof = Proof::from_bytes(&bytes)?;
            proof.verify_many(&root, &[(0, [0; 2]), (17, [1; 2]), (u32::MAX - 1, [2; 2])])?;
            proof.verify(&root, u32::MAX, [0; 2])
        });
        assert!(spent <= allowed(bytes.len()), "{spent} bytes for a proof of {}", bytes.len());
    }

    let names = (0..300u32).map(|n| (*blake3::hash(&n.to_le_bytes()).as_bytes(), 1 + u64::from(n)));
    let sums = SumTree::from_entries(names).expect("distinct names");
    for bytes in hostile(&sums.open(1000).expect("a position").to_bytes()) {
        let spent = peak(|| Opening::from_bytes(&bytes)?.verify(&sums.root(), 1000));
        assert!(spent <= allowed(bytes.len()), "{spent} bytes for an opening of {}", bytes.len());
    }

    let string = vec![7; 200_000];
    let outboard = Outboard::new(&string);
    for bytes in hostile(&outboard.to_bytes()) {
        let spent = peak(|| Outboard::from_bytes(&bytes));
        assert!(spent <= allowed(bytes.len()), "{spent} bytes for an outboard of {}", bytes.len());
    }
    let slice = encode_slice_of(&string, &outboard, 100..150).expect("inside");
    for len in [string.len() as u64, u64::MAX / 2, u64::MAX] {
        let spent = peak(|| decode_slice(&outboard.root(), len, 0..len, &slice));
        assert!(spent <= allowed(slice.len()), "{spent} bytes to decode a slice");
        let spent = peak(|| {
            let mut decoder = SliceDecoder::new(&outboard.root(), len, 0..len)?;
            for _ in 0..64 {
                decoder.push(&slice, |_, _| {})?;
            }
            decoder.finish()
        });
        // It holds a group of 16 KiB at most.
        assert!(spent <= allowed(slice.len()) + (32 << 10), "{spent} bytes in a decoder");
    }
}
