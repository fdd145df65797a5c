//! A fraction of big integers, printed as exactly as one likes.

use alloc::string::{String, ToString};
use core::cmp::Ordering;
use core::fmt;

use num_bigint::BigUint;

/// A fraction, exact. Prints rounded half up: `{:.3}` with three decimals, `{:.1e}` as 2.1e-4.
#[derive(Clone, Debug)]
pub struct Probability {
    numerator: BigUint,
    denominator: BigUint,
}

impl Probability {
    /// The denominator isn't zero.
    pub(super) fn new(numerator: BigUint, denominator: BigUint) -> Self {
        Self { numerator, denominator }
    }

    /// Whether it is at most 10^−`digits`.
    pub fn is_at_most_power_of_ten(&self, digits: u32) -> bool {
        &self.numerator * BigUint::from(10_u8).pow(digits) <= self.denominator
    }

    /// Rounded half up to parts of a million: for comparison with counts.
    pub fn per_million(&self) -> u64 {
        let scaled = self.scaled(1_000_000_u32.into());
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }

    /// `self` · `factor`, rounded half up.
    fn scaled(&self, factor: BigUint) -> BigUint {
        (&self.numerator * factor * 2_u8 + &self.denominator) / (&self.denominator * 2_u8)
    }
}

impl Ord for Probability {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.numerator * &other.denominator).cmp(&(&other.numerator * &self.denominator))
    }
}

impl PartialOrd for Probability {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Probability {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Probability {}

/// `digits` with a point before the last `decimals`.
fn with_point(mut digits: String, decimals: usize) -> String {
    while digits.len() <= decimals {
        digits.insert(0, '0');
    }
    if decimals > 0 {
        digits.insert(digits.len() - decimals, '.');
    }
    digits
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(6);
        let power = u32::try_from(decimals).unwrap_or(u32::MAX);
        let scaled = self.scaled(BigUint::from(10_u8).pow(power));
        f.write_str(&with_point(scaled.to_string(), decimals))
    }
}

impl fmt::LowerExp for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(1);
        if self.numerator == BigUint::ZERO {
            return write!(f, "{}e0", with_point("0".to_string(), decimals));
        }
        let ten = BigUint::from(10_u8);
        let mut exponent = 0_i64;
        let (mut numerator, mut denominator) = (self.numerator.clone(), self.denominator.clone());
        while numerator < denominator {
            numerator *= &ten;
            exponent -= 1;
        }
        while numerator >= &denominator * &ten {
            denominator *= &ten;
            exponent += 1;
        }
        let scale = ten.pow(u32::try_from(decimals).unwrap_or(u32::MAX));
        let mut digits = Self::new(numerator, denominator).scaled(scale.clone());
        if digits == &scale * &ten {
            digits = scale;
            exponent += 1;
        }
        write!(f, "{}e{exponent}", with_point(digits.to_string(), decimals))
    }
}
