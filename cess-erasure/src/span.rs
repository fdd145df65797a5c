//! Which shards of a linear code determine others, and how.

use alloc::vec;
use alloc::vec::Vec;

use crate::field;

/// Rows of a code's generator matrix over GF(2^8), brought to echelon form one by one. Each kept
/// row remembers of which of the given rows it is the sum.
#[derive(Debug)]
pub(crate) struct Span {
    columns: usize,
    basis: Vec<Reduced>,
    /// The numbers of the rows that were independent of those before.
    members: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Reduced {
    pivot: usize,
    row: Vec<u8>,
    /// Coefficients of the members, as many as there were when the row was kept.
    parts: Vec<u8>,
}

impl Span {
    pub(crate) fn new(columns: usize) -> Self {
        Self { columns, basis: Vec::new(), members: Vec::new() }
    }

    /// Adds a row, unless it is a sum of those that are there.
    pub(crate) fn add(&mut self, number: usize, row: &[u8]) {
        if self.members.len() == self.columns {
            return;
        }
        let (mut rest, mut parts) = self.reduce(row);
        let Some(pivot) = rest.iter().position(|&x| x != 0) else { return };
        let scale = field::inverse(rest[pivot]);
        parts.push(1);
        self.members.push(number);
        for x in rest.iter_mut().chain(&mut parts) {
            *x = field::mul(*x, scale);
        }
        self.basis.push(Reduced { pivot, row: rest, parts });
    }

    /// The coefficients that make `row` of [`members`](Self::members), if it is in the span.
    pub(crate) fn express(&self, row: &[u8]) -> Option<Vec<u8>> {
        let (rest, parts) = self.reduce(row);
        rest.iter().all(|&x| x == 0).then_some(parts)
    }

    pub(crate) fn members(&self) -> &[usize] {
        &self.members
    }

    /// What is left of `row`, and the coefficients of what was taken away.
    fn reduce(&self, row: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let mut rest = row.to_vec();
        let mut parts = vec![0; self.members.len()];
        for reduced in &self.basis {
            let factor = rest[reduced.pivot];
            if factor != 0 {
                add_multiple(&mut rest, &reduced.row, factor);
                add_multiple(&mut parts, &reduced.parts, factor);
            }
        }
        (rest, parts)
    }
}

fn add_multiple(to: &mut [u8], row: &[u8], factor: u8) {
    to.iter_mut().zip(row).for_each(|(x, &y)| *x ^= field::mul(factor, y));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expresses_what_is_in_the_span_and_nothing_else() {
        let mut span = Span::new(3);
        span.add(5, &[1, 1, 0]);
        span.add(6, &[2, 2, 0]);
        span.add(9, &[0, 3, 7]);
        assert_eq!(span.members(), [5, 9]);
        assert_eq!(span.express(&[1, 1 ^ 3, 7]), Some(vec![1, 1]));
        assert_eq!(span.express(&[2, 2 ^ 3, 7]), Some(vec![2, 1]));
        assert_eq!(span.express(&[0, 0, 0]), Some(vec![0, 0]));
        assert_eq!(span.express(&[0, 0, 1]), None);
        span.add(1, &[0, 0, 1]);
        assert!(span.express(&[1, 0, 0]).is_some());
    }
}
