//! Scalars in the form that the ladder wants, without branches or indexes that depend on them.

use subtle::{Choice, ConditionallySelectable};
use zeroize::{DefaultIsZeroes, Zeroizing};

use crate::field::Fr;

/// Bits of a window, and windows of 128 bits.
pub(super) const WINDOW: usize = 5;
pub(super) const WINDOWS: usize = 26;

/// Digits between -16 and 16 for 2^(5 i).
#[derive(Clone, Copy, Default)]
pub(super) struct Signed([i8; 32]);

impl DefaultIsZeroes for Signed {}

impl core::ops::Index<usize> for Signed {
    type Output = i8;

    fn index(&self, window: usize) -> &i8 {
        &self.0[window]
    }
}

/// lambda = z^2 - 1, with lambda^2 + lambda + 1 = r.
const LAMBDA: u128 = 0xac45_a401_0001_a402_0000_0000_ffff_ffff;
/// 2^256 / lambda - 2^128, rounded down.
const RECIPROCAL: u128 = 0x7c6b_ecf1_e01f_aadd_63f6_e522_f6cf_ee30;

/// The high 128 bits of a product.
#[allow(clippy::cast_possible_truncation, reason = "words are cut off")]
fn high(a: u128, b: u128) -> u128 {
    let (a0, a1, b0, b1) = (a & LOW, a >> 64, b & LOW, b >> 64);
    let low = (a0 * b0) >> 64;
    let middle = a0 * b1 + low;
    let other = a1 * b0 + (middle & LOW);
    a1 * b1 + (middle >> 64) + (other >> 64)
}

const LOW: u128 = (1 << 64) - 1;

/// (a, b) with k = a + b lambda, a below lambda and b below 2^128.
#[allow(clippy::cast_possible_truncation, reason = "a bit")]
fn split(scalar: &Fr) -> Zeroizing<[u128; 2]> {
    let limbs = Zeroizing::new(scalar.to_limbs());
    let word = |at: usize| u128::from(limbs[at]) | u128::from(limbs[at + 1]) << 64;
    let (low, top) = (word(0), word(2));
    // Barrett: k (2^128 + reciprocal) / 2^256 is k / lambda or one less.
    let (fraction, carry) = high(low, RECIPROCAL).overflowing_add(low);
    let product = top.wrapping_mul(RECIPROCAL);
    let (_, carry_too) = fraction.overflowing_add(product);
    let quotient = top + high(top, RECIPROCAL) + u128::from(carry) + u128::from(carry_too);
    let rest = low.wrapping_sub(quotient.wrapping_mul(LAMBDA));
    let above = high(quotient, LAMBDA);
    // rest < 2 lambda: one more may be due, also when it has 129 bits.
    let (_, borrow) = low.overflowing_sub(quotient.wrapping_mul(LAMBDA));
    let overflow = top.wrapping_sub(above).wrapping_sub(u128::from(borrow));
    let (less, below) = rest.overflowing_sub(LAMBDA);
    let due = overflow | u128::from(!below);
    let choice = Choice::from(due as u8);
    Zeroizing::new([select(rest, less, choice), quotient + due])
}

/// `b` if chosen, else `a`.
#[allow(clippy::cast_possible_truncation, reason = "words are cut off")]
fn select(a: u128, b: u128, choice: Choice) -> u128 {
    let word = |shift: u32| {
        u64::conditional_select(&((a >> shift) as u64), &((b >> shift) as u64), choice)
    };
    u128::from(word(0)) | u128::from(word(64)) << 64
}

/// Booth's recoding.
#[allow(clippy::cast_possible_truncation, reason = "digits are between -16 and 16")]
fn recode(scalar: u128) -> Signed {
    let mut out = Signed::default();
    for (window, digit) in out.0.iter_mut().enumerate().take(WINDOWS) {
        // Six bits: those of the window and the highest of the one below.
        let bits = match (WINDOW * window).checked_sub(1) {
            Some(shift) => scalar >> shift,
            None => scalar << 1,
        } as i8
            & 63;
        *digit = ((bits + 1) >> 1) - (bits & 32);
    }
    out
}

/// The digits of a and b for k = a + b lambda.
pub(super) fn signed(scalar: &Fr) -> Zeroizing<[Signed; 2]> {
    let parts = split(scalar);
    Zeroizing::new([recode(parts[0]), recode(parts[1])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use bls12_381::Scalar;
    use proptest::prelude::*;

    fn scalar(value: u128) -> Scalar {
        Scalar::from_bytes(&Fr::from_u128(value).to_bytes()).unwrap()
    }

    fn check(k: &Fr) {
        let lambda = scalar(LAMBDA);
        let parts = split(k);
        assert!(parts[0] < LAMBDA);
        let k = Scalar::from_bytes(&k.to_bytes()).unwrap();
        assert_eq!(scalar(parts[0]) + scalar(parts[1]) * lambda, k);
        for part in *parts {
            let digits = recode(part);
            let mut sum = Scalar::zero();
            for window in (0..WINDOWS).rev() {
                let digit = digits[window];
                assert!((-16..=16).contains(&digit));
                let size = Scalar::from(u64::from(digit.unsigned_abs()));
                sum = sum * Scalar::from(32) + if digit < 0 { -size } else { size };
            }
            assert_eq!(sum, scalar(part));
        }
    }

    #[test]
    fn the_constants_fit_the_order() {
        let lambda = scalar(LAMBDA);
        assert_eq!(lambda * lambda + lambda + Scalar::one(), Scalar::zero());
        // lambda (2^128 + reciprocal) <= 2^256 < lambda (2^128 + reciprocal + 1)
        let low = LAMBDA.wrapping_mul(RECIPROCAL);
        let top = high(LAMBDA, RECIPROCAL);
        let (sum, over) = LAMBDA.overflowing_add(top);
        assert!(!over && sum == u128::MAX && low.checked_add(LAMBDA).is_none());
    }

    #[test]
    fn scalars_at_the_edges_are_split() {
        let lambda = Fr::from_u128(LAMBDA);
        let mut edges = vec![Fr::ZERO, Fr::one(), Fr::one().neg(), lambda, lambda.neg()];
        for factor in [1, 2, LAMBDA - 1, LAMBDA, LAMBDA + 1, u128::MAX] {
            let multiple = lambda.mul(&Fr::from_u128(factor));
            edges.extend([multiple, multiple.add(&Fr::one()), multiple.add(&Fr::one().neg())]);
        }
        edges.iter().for_each(check);
    }

    proptest! {
        #[test]
        fn any_scalar_is_split(limbs in any::<[u64; 4]>()) {
            check(&Fr::from_limbs(limbs));
        }
    }
}
