//! Polynomials over the scalars: dealt in secret, evaluated in the exponent, interpolated at zero.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::backend::{G1, G1Affine, Scalar, sum_vartime};

/// `f(x)`, constant term first.
pub(crate) fn evaluate(coefficients: &[Zeroizing<Scalar>], x: u8) -> Zeroizing<Scalar> {
    let x = Scalar::from_u64(u64::from(x));
    let mut value = Zeroizing::new(Scalar::default());
    for coefficient in coefficients.iter().rev() {
        *value = value.mul(&x).add(coefficient);
    }
    value
}

/// `sum_j x^j * Phi_j = f(x)*g1`. Vartime: the grant is public.
pub(crate) fn evaluate_in_exponent(phi: &[G1Affine], x: u8) -> G1 {
    let x = Scalar::from_u64(u64::from(x));
    let mut power = Scalar::from_u64(1);
    let terms: Vec<_> = phi
        .iter()
        .map(|point| {
            let term = (*point, power);
            power = power.mul(&x);
            term
        })
        .collect();
    sum_vartime(&terms)
}

/// `lambda_i = prod_{j != i} j / (j - i)`: what the values at `indices`, distinct and not zero, are
/// weighed with to give the value at zero.
pub(crate) fn lagrange_at_zero(indices: &[u8]) -> Vec<Scalar> {
    let scalar = |index: u8| Scalar::from_u64(u64::from(index));
    let weight = |i: u8| {
        let one = Scalar::from_u64(1);
        let (numerator, denominator) =
            indices.iter().filter(|j| **j != i).fold((one, one), |(above, below), j| {
                let difference = scalar(*j).add(&scalar(i).neg());
                (above.mul(&scalar(*j)), below.mul(&difference))
            });
        numerator.mul(&denominator.invert())
    };
    indices.iter().map(|i| weight(*i)).collect()
}
