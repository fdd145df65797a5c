//! Wrong shards found without digests, by what the code says of all shards together.

use alloc::vec;
use alloc::vec::Vec;

use crate::codec::check_lengths;
use crate::engine::{Kernel, Mode};
use crate::interpolation::Coefficients;
use crate::{Code, Codec, Error, field};

#[cfg(test)]
mod tests;

/// Columns that are checked at a time.
const CHUNK: usize = 4096;

impl Codec {
    /// Finds up to half as many silently wrong shards as there are shards beyond those needed, and
    /// overwrites them with what they should be. Which ones, rising; none if all were right.
    ///
    /// With `k` data shards and `n` shards present, up to `t = ⌊(n - k) / 2⌋` wrong ones are
    /// corrected, whatever is wrong with them. **Without digests there is no more to be had**: of
    /// `t + 1` wrong shards or more, those made so that they fit together pass for right ones, and
    /// the right ones are then "corrected". If the wrong ones are random instead, `t + 1` of them are
    /// refused, always if `n - k` is odd, else but for a chance of at most
    /// `C(n - t - 1, t) · 256^(-t · len)`: 35 in 2^32 for 4+8 and a single byte, and 1 in 2^2000
    /// from 64 bytes on. Where digests exist, use [`Digests`](crate::Digests).
    ///
    /// Needs 4 KiB for each shard beyond those needed, whatever their length, and the time of a
    /// [`verify`](Self::verify) where nothing is wrong.
    ///
    /// ```
    /// use cess_erasure::{Codec, Error, Geometry};
    ///
    /// let codec = Codec::new(Geometry::CESS);
    /// let mut shards = vec![[0u8; 100]; 12];
    /// let (data, parity) = shards.split_at_mut(4);
    /// data[2].fill(7);
    /// codec.encode(data, parity)?;
    ///
    /// let right = shards.clone();
    /// shards[2][50] ^= 1;
    /// shards[11].fill(3);
    /// let mut present: Vec<(usize, &mut [u8])> =
    ///     shards.iter_mut().map(|shard| &mut shard[..]).enumerate().collect();
    /// assert_eq!(codec.correct(&mut present)?, [2, 11]);
    /// assert_eq!(shards, right);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooManyWrong`], [`Error::CorrectionUnsupported`] of codes other than
    /// [`Code::Rs8`], [`Error::NotEnoughShards`], [`Error::IndexOutOfRange`],
    /// [`Error::RepeatedIndex`], [`Error::EmptyShard`], [`Error::ShardLength`]; nothing is written
    /// then.
    pub fn correct(&self, present: &mut [(usize, &mut [u8])]) -> Result<Vec<usize>, Error> {
        let geometry = self.geometry();
        if geometry.code() != Code::Rs8 {
            return Err(Error::CorrectionUnsupported { code: geometry.code() });
        }
        self.check_indexes(present.iter().map(|(index, _)| *index))?;
        let (have, need) = (present.len(), geometry.data());
        if have < need {
            return Err(Error::NotEnoughShards { have, need });
        }
        check_lengths(present.iter().map(|(_, shard)| &**shard))?;
        present.sort_unstable_by_key(|(index, _)| *index);

        let shards: Vec<(usize, &[u8])> = present.iter().map(|(i, shard)| (*i, &**shard)).collect();
        let wrong = Search::new(self, &shards).run()?;
        let (mut wrong_shards, mut right) = (Vec::new(), Vec::new());
        for (index, shard) in present.iter_mut() {
            if wrong.contains(index) {
                wrong_shards.push((*index, &mut **shard));
            } else {
                right.push((*index, &**shard));
            }
        }
        if !wrong.is_empty() {
            self.reconstruct(&right, &mut wrong_shards)?;
        }
        Ok(wrong)
    }
}

/// Shards, some of which may be wrong.
struct Search<'a> {
    codec: &'a Codec,
    shards: &'a [(usize, &'a [u8])],
    /// The most wrong shards that can be told.
    most: usize,
    wrong: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(codec: &'a Codec, shards: &'a [(usize, &'a [u8])]) -> Self {
        let most = (shards.len() - codec.geometry().data()) / 2;
        Self { codec, shards, most, wrong: Vec::new() }
    }

    /// The shards that are wrong at some position, if they are few enough.
    ///
    /// If no more than `most` are wrong, each position has at most as many errors, so its decoding
    /// is unique and names wrong shards only. At the end all shards but those named, no fewer than
    /// `n - most`, are a codeword; with the right one it has at least `n - 2 · most >= k` shards in
    /// common, so it is the right one.
    fn run(mut self) -> Result<Vec<usize>, Error> {
        let len = self.shards.first().map_or(0, |(_, shard)| shard.len());
        let mut at = 0;
        let mut check = Check::new(&self);
        while at < len {
            match check.first_inconsistent(at, len.min(at + CHUNK)) {
                None => at += CHUNK,
                Some(column) => {
                    self.decode(column)?;
                    check = Check::new(&self);
                    // Whatever is left out, the columns before stay consistent.
                    at = column;
                }
            }
        }
        self.wrong.sort_unstable();
        Ok(self.wrong)
    }

    /// The shards that aren't known to be wrong.
    fn trusted(&self) -> impl Iterator<Item = &'a (usize, &'a [u8])> {
        self.shards.iter().filter(|(index, _)| !self.wrong.contains(index))
    }

    /// Names the shards that are wrong at this position, at least one.
    fn decode(&mut self, column: usize) -> Result<(), Error> {
        let too_many = Error::TooManyWrong { most: self.most };
        let points: Vec<(u8, u8)> = self
            .trusted()
            .filter_map(|(index, shard)| Some((u8::try_from(*index).ok()?, shard[column])))
            .collect();
        let data = self.codec.geometry().data();
        let polynomial = decode(&points, data).ok_or(too_many.clone())?;
        let differs = |(x, y): &&(u8, u8)| polynomial.at(*x) != *y;
        let found: Vec<usize> =
            points.iter().filter(differs).map(|(x, _)| usize::from(*x)).collect();
        self.wrong.extend(&found);
        if found.is_empty() || self.wrong.len() > self.most {
            return Err(too_many);
        }
        Ok(())
    }
}

/// Compares the trusted shards beyond those needed with what the needed ones say.
struct Check<'a> {
    needed: Vec<&'a [u8]>,
    others: Vec<&'a [u8]>,
    kernel: Kernel,
    scratch: Vec<u8>,
}

impl<'a> Check<'a> {
    fn new(search: &Search<'a>) -> Self {
        let trusted: Vec<&(usize, &[u8])> = search.trusted().collect();
        let (needed, others) = trusted.split_at(search.codec.geometry().data());
        let points = |shards: &[&(usize, &[u8])]| -> Vec<u8> {
            shards.iter().filter_map(|(index, _)| u8::try_from(*index).ok()).collect()
        };
        let coefficients = Coefficients::interpolation(&points(needed), &points(others));
        let bytes = |shards: &[&(usize, &'a [u8])]| shards.iter().map(|(_, s)| *s).collect();
        Self {
            needed: bytes(needed),
            others: bytes(others),
            kernel: Kernel::new(search.codec.engine(), &coefficients),
            scratch: vec![0; CHUNK * others.len()],
        }
    }

    /// The first position from `start` to `end` at which the shards are no codeword.
    fn first_inconsistent(&mut self, start: usize, end: usize) -> Option<usize> {
        if self.others.is_empty() {
            return None;
        }
        let len = end - start;
        let mut expected: Vec<&mut [u8]> =
            self.scratch.chunks_exact_mut(CHUNK).map(|buffer| &mut buffer[..len]).collect();
        self.kernel.multiply(&self.needed, start, &mut expected, Mode::Replace);
        let first = |(other, expected): (&&[u8], &&mut [u8])| {
            let other = &other[start..end];
            if *other == **expected {
                return None;
            }
            other.iter().zip(&**expected).position(|(a, b)| a != b)
        };
        self.others.iter().zip(&expected).filter_map(first).min().map(|at| start + at)
    }
}

/// A polynomial over GF(2^8), the coefficient of x^0 first, none zero at the end.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Polynomial(Vec<u8>);

impl Polynomial {
    fn new(mut coefficients: Vec<u8>) -> Self {
        while coefficients.last() == Some(&0) {
            coefficients.pop();
        }
        Self(coefficients)
    }

    fn at(&self, x: u8) -> u8 {
        self.0.iter().rev().fold(0, |sum, c| field::mul(sum, x) ^ c)
    }

    /// Adds a multiple of another, times x^shift.
    fn add_shifted(&mut self, other: &Self, factor: u8, shift: usize) {
        if self.0.len() < other.0.len() + shift {
            self.0.resize(other.0.len() + shift, 0);
        }
        for (c, o) in self.0[shift..].iter_mut().zip(&other.0) {
            *c ^= field::mul(*o, factor);
        }
    }

    /// Quotient and remainder; `divisor` is not zero.
    fn divide(mut self, divisor: &Self) -> (Self, Self) {
        let Some(&lead) = divisor.0.last() else { return (Self(Vec::new()), self) };
        let steps = (self.0.len() + 1).saturating_sub(divisor.0.len());
        let mut quotient = vec![0; steps];
        for shift in (0..steps).rev() {
            let factor = field::mul(self.0[shift + divisor.0.len() - 1], field::inverse(lead));
            quotient[shift] = factor;
            self.add_shifted(divisor, factor, shift);
        }
        (Self::new(quotient), Self::new(self.0))
    }
}

/// The polynomial of degree below `data` through all points but at most half of those beyond
/// `data`, if there is one (Gao, "A new algorithm for decoding Reed-Solomon codes", 2003).
fn decode(points: &[(u8, u8)], data: usize) -> Option<Polynomial> {
    // The polynomial that is zero at all points, and the one through all of them (Newton).
    let mut zero = Polynomial(vec![1]);
    let mut through = Polynomial(Vec::new());
    for &(x, y) in points {
        let factor = field::mul(y ^ through.at(x), field::inverse(zero.at(x)));
        through.add_shifted(&zero, factor, 0);
        let mut next = Polynomial(Vec::new());
        next.add_shifted(&zero, x, 0);
        next.add_shifted(&zero, 1, 1);
        zero = next;
    }
    through = Polynomial::new(through.0);

    // Euclid's algorithm, until the degree is below the mean of `data` and the number of points.
    let (mut above, mut rest) = (zero, through);
    let (mut factor_above, mut factor) = (Polynomial(Vec::new()), Polynomial(vec![1]));
    while rest.0.len() * 2 > points.len() + data + 1 {
        let (quotient, remainder) = above.divide(&rest);
        let mut next = factor_above;
        for (shift, c) in quotient.0.iter().enumerate() {
            next.add_shifted(&factor, *c, shift);
        }
        (above, rest) = (rest, remainder);
        (factor_above, factor) = (factor, Polynomial::new(next.0));
    }
    let (polynomial, remainder) = rest.divide(&factor);
    (remainder.0.is_empty() && polynomial.0.len() <= data).then_some(polynomial)
}
