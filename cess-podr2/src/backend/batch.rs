//! Many hashes, tags and encodings at once: eight side by side where the processor can, one after
//! the other by `blst` where it can't. Both give the same bytes.

#[cfg(target_arch = "x86_64")]
use alloc::boxed::Box;
use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use super::blst::{Comb, expand, multi};
#[cfg(target_arch = "x86_64")]
use super::lanes::{Decoded, Generator, Lanes};
use super::{Backend, G1, G1_BYTES, G1Affine, Message, Native, PointError};
use crate::field::Fr;
use crate::parallel;

/// Items that one thread takes at a time: as many as there are lanes.
const PART: usize = 8;

/// How to work on many points.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Batch {
    OneByOne,
    #[cfg(target_arch = "x86_64")]
    Lanes(Lanes),
}

/// The generator, made ready for multiplications by secret scalars.
pub(crate) enum Base {
    OneByOne(Comb),
    #[cfg(target_arch = "x86_64")]
    Lanes(Lanes, Box<Generator>),
}

impl Batch {
    /// The fastest that this processor and system run.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = Lanes::new() {
            return Self::Lanes(lanes);
        }
        Self::OneByOne
    }

    /// `H(message)` for each.
    pub(crate) fn hash(self, messages: &[Message]) -> Vec<G1> {
        let mut out = vec![G1::IDENTITY; messages.len()];
        parallel::fill(messages, &mut out, PART, |messages, out| match self {
            Self::OneByOne => {
                for (out, message) in out.iter_mut().zip(messages) {
                    *out = G1::hash(message);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(lanes) => {
                let expanded: Vec<_> = messages.iter().map(expand).collect();
                lanes.hash(&expanded, |at, words| out[at] = G1::from_words(words));
            }
        });
        out
    }

    /// The points of canonical encodings, as [`G1Affine::from_compressed`] gives them.
    pub(crate) fn decode(self, points: &[[u8; G1_BYTES]]) -> Vec<Result<G1Affine, PointError>> {
        let mut out = vec![Err(PointError::Encoding); points.len()];
        parallel::fill(points, &mut out, PART, |points, out| match self {
            Self::OneByOne => {
                for (out, bytes) in out.iter_mut().zip(points) {
                    *out = G1Affine::from_compressed(bytes);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(lanes) => {
                lanes.decompress(points, |at, found| out[at] = decoded(&points[at], found));
            }
        });
        out
    }
}

/// `sum k_i * P_i`. Vartime: public data only.
pub(crate) fn msm(points: &[G1Affine], scalars: &[Fr]) -> G1 {
    Native::msm(points, scalars)
}

/// `sum k_i * P_i` with 128-bit scalars. Vartime: public data only.
pub(crate) fn msm_short(points: &[G1Affine], scalars: &[u128]) -> G1 {
    Native::msm_short(points, scalars)
}

impl Batch {
    pub(crate) fn multi<const N: usize>(
        self,
        points: &[G1Affine],
        scalars: &[[u8; N]],
        bits: usize,
    ) -> G1 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(lanes) if points.len() >= FEW => {
                // Infinite points add nothing.
                let finite = points.iter().zip(scalars).filter(|(point, _)| !point.is_identity());
                let (points, scalars): (Vec<_>, Vec<_>) =
                    finite.map(|(point, scalar)| (point.to_words(), *scalar)).unzip();
                let msm = lanes.msm(&points, bits);
                let mut sums = vec![[G1::IDENTITY; 8]; msm.parts()];
                parallel::each(&mut sums, 1, |part, sums| {
                    sums[0] = msm.part(&scalars, part).map(G1::from_words);
                });
                sums.as_flattened().iter().rev().fold(G1::IDENTITY, |sum, window| {
                    (0..msm.width()).fold(sum, |sum, _| sum.double()).add(window)
                })
            }
            _ => multi(points, scalars, bits),
        }
    }
}

/// Fewer points than this are multiplied one by one.
#[cfg(target_arch = "x86_64")]
const FEW: usize = 8;

/// Flags and infinity are for the one-by-one path; x = 0 has a y, outside the subgroup.
#[cfg(target_arch = "x86_64")]
fn decoded(bytes: &[u8; G1_BYTES], found: Decoded) -> Result<G1Affine, PointError> {
    if bytes[0] & 0xc0 != 0x80 {
        return G1Affine::from_compressed(bytes);
    }
    match found {
        Decoded::Point(words) => Ok(G1Affine::from_words(words)),
        Decoded::OutOfRange => Err(PointError::Encoding),
        Decoded::OffCurve => Err(PointError::Curve),
        Decoded::OutsideSubgroup => Err(PointError::Subgroup),
    }
}

impl Base {
    pub(crate) fn new(batch: Batch) -> Self {
        match batch {
            Batch::OneByOne => Self::OneByOne(Comb::new()),
            #[cfg(target_arch = "x86_64")]
            Batch::Lanes(lanes) => {
                let mut multiple = G1::generator();
                let multiples: [G1; 16] = core::array::from_fn(|_| {
                    let this = multiple;
                    multiple = multiple.add(&G1::generator());
                    this
                });
                let affine = G1::to_affine_all(&multiples);
                let words = core::array::from_fn(|at| affine[at].to_words());
                Self::Lanes(lanes, Box::new(lanes.generator(&words)))
            }
        }
    }

    /// `e g1` for each, constant time in the scalars.
    pub(crate) fn times(&self, scalars: &[Fr]) -> Vec<G1> {
        let mut out = vec![G1::IDENTITY; scalars.len()];
        parallel::fill(scalars, &mut out, PART, |scalars, out| match self {
            Self::OneByOne(comb) => {
                for (out, scalar) in out.iter_mut().zip(scalars) {
                    *out = comb.mul(scalar);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(lanes, generator) => {
                lanes.generator_times(generator, scalars, |at, words| {
                    out[at] = G1::from_words(words)
                })
            }
        });
        out
    }

    /// `x (H(message) + m g1)` for each message and m, constant time in x and the scalars.
    pub(crate) fn sign(&self, x: &Fr, items: &[(Message, Fr)]) -> Zeroizing<Vec<G1>> {
        let mut out = Zeroizing::new(vec![G1::IDENTITY; items.len()]);
        parallel::fill(items, &mut out, PART, |items, out| match self {
            Self::OneByOne(comb) => {
                for (out, (message, m)) in out.iter_mut().zip(items) {
                    let data = Zeroizing::new(comb.mul(m));
                    *out = Zeroizing::new(G1::hash(message).add(&data)).mul(x);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(lanes, generator) => {
                let expanded: Vec<_> = items.iter().map(|(message, _)| expand(message)).collect();
                // x H + (x m) g1: one ladder serves both.
                let mut scalars = Zeroizing::new(Vec::with_capacity(items.len()));
                scalars.extend(items.iter().map(|(_, m)| x.mul(m)));
                lanes.sign(generator, x, &expanded, &scalars, |at, words| {
                    out[at] = G1::from_words(words);
                });
            }
        });
        out
    }
}

#[cfg(test)]
mod tests;
