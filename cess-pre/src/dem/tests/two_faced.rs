//! ChaCha20-Poly1305 doesn't commit to its key. With no associated data and a ciphertext of two
//! blocks, b and c, the tag is t = ((b + 2^128)·r³ + (c + 2^128)·r² + (L + 2^128)·r mod p) + s
//! mod 2^128, p = 2^130 - 5: who knows both keys equates the two tags and solves for c.

use alloc::vec::Vec;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};

/// An integer mod p: `hi·2^128 + lo`.
#[derive(Clone, Copy, PartialEq)]
struct F {
    hi: u8,
    lo: u128,
}

const P_LO: u128 = u128::MAX - 4;

impl F {
    const fn block(lo: u128) -> Self {
        Self { hi: 1, lo }
    }

    fn add(self, other: Self) -> Self {
        let (lo, carry) = self.lo.overflowing_add(other.lo);
        let hi = self.hi + other.hi + u8::from(carry);
        if hi > 3 || (hi == 3 && lo >= P_LO) {
            let (lo, borrow) = lo.overflowing_sub(P_LO);
            return Self { hi: hi - 3 - u8::from(borrow), lo };
        }
        Self { hi, lo }
    }

    fn neg(self) -> Self {
        let (lo, borrow) = P_LO.overflowing_sub(self.lo);
        Self { hi: 3 - self.hi - u8::from(borrow), lo }
    }

    fn bits(self) -> impl Iterator<Item = bool> {
        let hi = (0..2).rev().map(move |i| self.hi >> i & 1 == 1);
        hi.chain((0..128).rev().map(move |i| self.lo >> i & 1 == 1))
    }

    fn mul(self, other: Self) -> Self {
        other.bits().fold(Self { hi: 0, lo: 0 }, |sum, bit| {
            let doubled = sum.add(sum);
            if bit { doubled.add(self) } else { doubled }
        })
    }

    fn invert(self) -> Self {
        let exponent = Self { hi: 3, lo: P_LO - 2 };
        exponent.bits().fold(Self { hi: 0, lo: 1 }, |power, bit| {
            let squared = power.mul(power);
            if bit { squared.mul(self) } else { squared }
        })
    }
}

struct OneTimeKey {
    r: F,
    s: u128,
}

impl OneTimeKey {
    /// The first 32 bytes of the keystream of the sole record of an only part.
    fn new(part_key: &[u8; 32]) -> Self {
        let mut nonce = [0; 12];
        nonce[11] = 2;
        let mut bytes = [0; 32];
        ChaCha20::new(part_key.into(), (&nonce).into()).apply_keystream(&mut bytes);
        let half = |i: usize| u128::from_le_bytes(bytes[i..i + 16].try_into().unwrap());
        let r = half(0) & 0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff;
        Self { r: F { hi: 0, lo: r }, s: half(16) }
    }

    fn without_c(&self, b: u128) -> F {
        let lengths = F::block(32 << 64);
        F::block(b).mul(self.r).mul(self.r).add(lengths).mul(self.r)
    }

    fn tag(&self, b: u128, c: u128) -> u128 {
        F::block(c).mul(self.r).mul(self.r).add(self.without_c(b)).lo.wrapping_add(self.s)
    }
}

/// A record of 32 bytes of payload that is authentic under both keys.
pub(super) fn record(one: &[u8; 32], other: &[u8; 32]) -> Vec<u8> {
    let (one, other) = (OneTimeKey::new(one), OneTimeKey::new(other));
    let slope = one.r.mul(one.r).add(other.r.mul(other.r).neg()).invert();
    for b in 0..1_000 {
        for hi in 0..3 {
            let wanted = F { hi, lo: other.s.wrapping_sub(one.s) };
            let rest = other.without_c(b).add(one.without_c(b).neg());
            let c = wanted.add(rest).mul(slope);
            if c.hi == 1 && one.tag(b, c.lo) == other.tag(b, c.lo) {
                let tag = one.tag(b, c.lo);
                return [b, c.lo, tag].iter().flat_map(|block| block.to_le_bytes()).collect();
            }
        }
    }
    unreachable!("about one try in ten gives a block");
}
