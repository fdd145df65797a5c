//! Cosines by additions and multiplications alone, so that they are the same on every machine.

#![cfg_attr(
    any(feature = "image", feature = "video"),
    expect(clippy::cast_possible_truncation, reason = "cosines times a few thousand")
)]

use std::f64::consts::FRAC_PI_2;

/// cos(π/2 · n/d), within a few units of the last place.
pub(crate) const fn cos_quarters(n: u64, d: u64) -> f64 {
    // Folded to the first quarter: cos(π - x) = -cos x.
    let mut n = n % (4 * d);
    if n > 2 * d {
        n = 4 * d - n;
    }
    if n > d {
        return -first_quarter(2 * d - n, d);
    }
    first_quarter(n, d)
}

/// Taylor's series: after 13 terms less than 1e-20 is left at π/2.
const fn first_quarter(n: u64, d: u64) -> f64 {
    let x = FRAC_PI_2 * (n as f64 / d as f64);
    let square = x * x;
    let mut sum = 1.0;
    let mut k = 26u64;
    while k >= 2 {
        sum = 1.0 - square / ((k * (k - 1)) as f64) * sum;
        k -= 2;
    }
    sum
}

/// To the nearest integer, halves away from zero.
#[cfg(any(feature = "image", feature = "video"))]
pub(crate) const fn rounded(value: f64) -> i64 {
    if value < 0.0 { -((0.5 - value) as i64) } else { (value + 0.5) as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_library_of_the_system() {
        for d in [1, 2, 32, 64] {
            for n in 0..5 * d {
                let expected = (FRAC_PI_2 * n as f64 / d as f64).cos();
                let got = cos_quarters(n, d);
                assert!((got - expected).abs() < 1e-15, "{n}/{d}: {got} {expected}");
            }
        }
    }
}
