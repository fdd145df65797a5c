//! The parts of the work, alone, for benches that set the whole beside them: by the fastest way of
//! this processor, or by the plain one. Nothing is returned that depends on a secret. Not covered
//! by any promise of stability.

use alloc::vec::Vec;
use core::hint::black_box;

use crate::backend::{
    Base, Batch, G1, G1Affine, G2Affine, Message, message, pairing_product_is_one,
};
use crate::field::Fr;
use crate::kernel::{Combination, Kernel, Powers};
use crate::{ProvingKey, SecretKey, Sectors};

fn kernel(fast: bool) -> Kernel {
    if fast { Kernel::best() } else { Kernel::Portable }
}

fn batch(fast: bool) -> Batch {
    if fast { Batch::best() } else { Batch::OneByOne }
}

/// [`SecretKey::from_seed`] that works as on a processor without special instructions.
#[must_use]
pub fn plain_key(seed: &[u8; 32], sectors: Sectors) -> SecretKey {
    SecretKey::with(seed, sectors, Kernel::Portable, Base::new(Batch::OneByOne))
}

/// The inner products of the tagger over all blocks of `data`.
pub fn field(key: &SecretKey, data: &[u8]) {
    for block in data.chunks(key.public_ref().sectors().block_bytes()) {
        black_box(key.evaluate(black_box(block)));
    }
}

/// The weighted sums of a prover or a tag check over all blocks of `data`, reduced at the end.
pub fn combine(sectors: Sectors, data: &[u8], fast: bool) {
    let mut sums = Combination::with(kernel(fast), sectors.count());
    for block in data.chunks(sectors.block_bytes()) {
        sums.add(black_box(block), black_box(u128::MAX / 3));
    }
    black_box(sums.finish());
}

/// Points to work on.
#[derive(Debug)]
pub struct Points {
    affine: Vec<G1Affine>,
    encodings: Vec<[u8; 48]>,
    weights: Vec<[u8; 16]>,
}

impl Points {
    /// So many.
    #[must_use]
    pub fn new(count: u64) -> Self {
        let messages: Vec<_> = (0..count).map(|index| message(&[7; 32], index)).collect();
        let affine = G1::to_affine_all(&Batch::best().hash(&messages));
        let mut xof = blake3::Hasher::new().finalize_xof();
        let draw = |_: &G1Affine| {
            let mut weight = [0; 16];
            xof.fill(&mut weight);
            weight
        };
        Self {
            weights: affine.iter().map(draw).collect(),
            encodings: affine.iter().map(|point| point.to_compressed()).collect(),
            affine,
        }
    }

    /// As many hashes to the curve, in affine form.
    pub fn hashes(&self, fast: bool) {
        let index = 0..self.affine.len() as u64;
        let messages: Vec<_> = index.map(|index| message(&[7; 32], index)).collect();
        black_box(G1::to_affine_all(&batch(fast).hash(black_box(&messages))));
    }

    /// Their sum with weights of 128 bits.
    pub fn msm_short(&self, fast: bool) {
        black_box(batch(fast).multi(black_box(&self.affine), &self.weights, 128));
    }

    /// Decodes them with the subgroup check.
    pub fn decode(&self, fast: bool) {
        black_box(batch(fast).decode(black_box(&self.encodings)));
    }

    /// As many Miller loops and a final exponentiation.
    pub fn pairings(&self) {
        let pairs: Vec<_> =
            self.affine.iter().map(|point| (*point, G2Affine::generator())).collect();
        black_box(pairing_product_is_one(black_box(&pairs)));
    }
}

/// The multi-scalar multiplication of a proof: as many terms as there are sectors.
pub fn msm(key: &ProvingKey, fast: bool) {
    let mut scalars = Vec::with_capacity(key.powers.len());
    let mut xof = blake3::Hasher::new().finalize_xof();
    for _ in &key.powers {
        let mut scalar = [0; 32];
        xof.fill(&mut scalar);
        // Below the group's order, and as long as most of its integers.
        scalar[31] &= 0x3f;
        scalars.push(scalar);
    }
    black_box(batch(fast).multi(black_box(&key.powers), &scalars, 255));
}

/// Work on secrets that the caller chooses, for tests of its timing.
pub struct Secrets {
    base: Base,
    x: Fr,
    items: Vec<(Message, Fr)>,
    powers: Powers,
}

impl Secrets {
    /// Of wide little-endian integers, reduced: the key's x and alpha, and eight blocks' M(alpha).
    #[must_use]
    pub fn new(x: &[u8; 64], alpha: &[u8; 64], ms: &[[u8; 64]; 8], fast: bool) -> Self {
        let messages = (0..).map(|index| message(&[7; 32], index));
        Self {
            base: Base::new(batch(fast)),
            x: Fr::from_wide(x),
            items: messages.zip(ms.iter().map(Fr::from_wide)).collect(),
            powers: Powers::new(kernel(fast), &Fr::from_wide(alpha), Sectors::DEFAULT),
        }
    }

    /// Takes the secrets of `other`, of the same kernel, into this one's memory.
    pub fn take(&mut self, other: &Self) {
        self.x = other.x;
        self.items.copy_from_slice(&other.items);
        self.powers.take(&other.powers);
    }

    /// The tags of the eight blocks.
    pub fn sign(&self) {
        black_box(self.base.sign(black_box(&self.x), black_box(&self.items)));
    }

    /// M(alpha) of a block.
    pub fn evaluate(&self, block: &[u8]) {
        black_box(black_box(&self.powers).evaluate(block));
    }
}

impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}
