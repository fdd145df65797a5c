use alloc::vec::Vec;

use crate::field;

/// A matrix over GF(2^8): each output is the sum of all inputs, each times a coefficient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coefficients {
    inputs: usize,
    /// A row of `inputs` bytes for each output.
    rows: Vec<u8>,
}

impl Coefficients {
    /// A row of `inputs` coefficients for each output, one after the other.
    pub(crate) fn new(inputs: usize, rows: Vec<u8>) -> Self {
        debug_assert!(inputs > 0 && rows.len().is_multiple_of(inputs));
        Self { inputs, rows }
    }

    /// What takes the values of a polynomial at the points `known` to its values at `wanted`, if
    /// its degree is below the number of known points. All points must be distinct.
    ///
    /// With K the known points, the value at y is the sum over x in K of f(x) N(y) / ((y - x) W(x)),
    /// where N(y) is the product of y - z over z in K, and W(x) that of x - z over the other z in K
    /// (Lagrange). In this field minus is exclusive or.
    pub(crate) fn interpolation(known: &[u8], wanted: &[u8]) -> Self {
        let log_product = |at: u8| -> usize {
            known.iter().filter(|&&z| z != at).map(|&z| field::log(at ^ z)).sum()
        };
        let log_weights: Vec<usize> = known.iter().map(|&x| log_product(x)).collect();
        let mut rows = Vec::with_capacity(known.len() * wanted.len());
        for &y in wanted {
            let log_numerator = log_product(y);
            rows.extend(known.iter().zip(&log_weights).map(|(&x, &log_weight)| {
                field::quotient(log_numerator, field::log(y ^ x) + log_weight)
            }));
        }
        Self { inputs: known.len(), rows }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// One row for each output.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rows.chunks_exact(self.inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(known: &[u8], wanted: &[u8]) -> Vec<Vec<u8>> {
        Coefficients::interpolation(known, wanted).rows().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn a_constant_stays_constant() {
        let known: Vec<u8> = (0..20).collect();
        let wanted: Vec<u8> = (20..=255).collect();
        for row in rows(&known, &wanted) {
            assert_eq!(row.iter().fold(0, |sum, c| sum ^ c), 1);
        }
    }

    #[test]
    fn a_line_through_two_points_is_followed() {
        // f(y) = 5 y + 3: at 0, 1, 2 and 4 the multiples of 5 are 0, 5, 10 and 20.
        let apply = |row: &[u8], values: [u8; 2]| {
            row.iter().zip(values).fold(0, |sum, (&c, value)| {
                sum ^ if c == 0 { 0 } else { field::exp(field::log(c) + field::log(value)) }
            })
        };
        let rows = rows(&[0, 1], &[2, 4]);
        assert_eq!(apply(&rows[0], [3, 3 ^ 5]), 3 ^ 10);
        assert_eq!(apply(&rows[1], [3, 3 ^ 5]), 3 ^ 20);
    }

    #[test]
    fn parity_of_one_data_shard_is_its_copy() {
        assert_eq!(rows(&[0], &[1, 2, 255]), [[1], [1], [1]]);
    }
}
