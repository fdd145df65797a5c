use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use thiserror::Error as ThisError;

use super::{ANSWERED, Link, MISSED, Outcome, ProofHash, Window};
use crate::backend::{self, Backend};
use crate::challenge::Challenge;
use crate::error::{Error, What};
use crate::holding::Fragments;
use crate::id::KeyId;
use crate::proof::Proof;
use crate::public::PublicKey;
use crate::reader::Reader;
use crate::verify::{batch_weights, judge};

/// Consecutive windows of one prover, as a chain closed them: what lies between two links.
///
/// Rounds, heights and deadlines rise, and no two windows have the same seed. Rounds may be left
/// out: a prover isn't asked in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    from: Link,
    link: Link,
    windows: Vec<(Window, Outcome)>,
    seeds: BTreeSet<[u8; 32]>,
}

/// Why a window can't follow those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Fault {
    /// Of another chain or another prover.
    #[error("is of another chain or prover")]
    Prover,
    /// Its round, its height or its deadline isn't above that of the window before.
    #[error("does not come after the window before it")]
    Order,
    /// Its seed was that of an earlier window: no fresh beacon.
    #[error("has the seed of an earlier window")]
    Seed,
}

/// A proof for a window, with the fragments that its challenge draws.
#[derive(Debug)]
pub struct Answer<'a, F: ?Sized> {
    /// The whole holding, or what the challenge draws of it.
    pub fragments: &'a F,
    /// The proof.
    pub proof: &'a Proof,
}

impl<F: ?Sized> Clone for Answer<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: ?Sized> Copy for Answer<'_, F> {}

/// What is known of a window after [`Span::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Its answer came in time and holds: what the challenge asks for was there.
    Proven,
    /// Nothing came in time.
    Missed,
    /// Nothing came in time, and yet there is a proof at hand. It isn't looked at.
    Late,
    /// An answer came in time, and isn't at hand.
    Withheld,
    /// An answer came in time and proves nothing, or what is at hand is another.
    Refused(Error),
}

impl Span {
    /// No window yet after a link.
    #[must_use]
    pub fn new(from: Link) -> Self {
        Self { from, link: from, windows: Vec::new(), seeds: BTreeSet::new() }
    }

    /// Adds the window that closed next.
    ///
    /// # Errors
    /// [`Error::Window`] if it can't follow the others; the span is unchanged then.
    pub fn push(&mut self, window: Window, outcome: Outcome) -> Result<(), Error> {
        self.check_next(&window).map_err(|fault| {
            let index = self.windows.len();
            Error::Window { index, fault }
        })?;
        self.link = self.link.extend(&window, outcome);
        self.seeds.insert(window.challenge.seed());
        self.windows.push((window, outcome));
        Ok(())
    }

    fn check_next(&self, window: &Window) -> Result<(), Fault> {
        let Some((before, _)) = self.windows.last() else { return Ok(()) };
        let (old, new) = (before.challenge.audit(), window.challenge.audit());
        if (old.chain_id, old.prover) != (new.chain_id, new.prover) {
            return Err(Fault::Prover);
        }
        let later = old.round < new.round && old.height < new.height;
        if !later || window.deadline <= before.deadline {
            return Err(Fault::Order);
        }
        if self.seeds.contains(&window.challenge.seed()) {
            return Err(Fault::Seed);
        }
        Ok(())
    }

    /// The link before the first window.
    #[must_use]
    pub fn from(&self) -> Link {
        self.from
    }

    /// The link after the last window.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// The windows, in their order.
    #[must_use]
    pub fn windows(&self) -> &[(Window, Outcome)] {
        &self.windows
    }

    /// What is proven of each window, in their order: all proofs in one equation, of one Miller loop
    /// and two for each key, and one final exponentiation; bad ones are found by halves.
    ///
    /// `from` and `to` are the links that the chain has before the first window and after the last:
    /// whoever takes them from the prover proves nothing. `answers` has one entry a window.
    ///
    /// # Errors
    /// [`Error::Link`] if the windows are others than those that the chain closed,
    /// [`Error::AnswerCount`]. A proof that doesn't hold is a [`Verdict`].
    pub fn verify<'k, F: Fragments + ?Sized>(
        &self,
        from: &Link,
        to: &Link,
        answers: &[Option<Answer<'_, F>>],
        lookup: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    ) -> Result<Vec<Verdict>, Error> {
        self.verify_with::<backend::Default, F>(from, to, answers, &lookup)
    }

    pub(crate) fn verify_with<'k, B: Backend, F: Fragments + ?Sized>(
        &self,
        from: &Link,
        to: &Link,
        answers: &[Option<Answer<'_, F>>],
        lookup: &impl Fn(&KeyId) -> Option<&'k PublicKey>,
    ) -> Result<Vec<Verdict>, Error> {
        for (expected, got) in [(*from, self.from), (*to, self.link)] {
            if expected != got {
                return Err(Error::Link { expected, got });
            }
        }
        let (expected, got) = (self.windows.len(), answers.len());
        if expected != got {
            return Err(Error::AnswerCount { expected, got });
        }
        let (mut batch, mut places) = (Vec::new(), Vec::new());
        let mut verdicts = Vec::with_capacity(expected);
        for (index, ((window, outcome), answer)) in self.windows.iter().zip(answers).enumerate() {
            verdicts.push(match (outcome, answer) {
                (Outcome::Missed, None) => Verdict::Missed,
                (Outcome::Missed, Some(_)) => Verdict::Late,
                (Outcome::Answered(_), None) => Verdict::Withheld,
                (Outcome::Answered(expected), Some(answer)) => {
                    let got = ProofHash::of(&answer.proof.encode::<B>());
                    if got == *expected {
                        batch.push((&window.challenge, answer.fragments, answer.proof));
                        places.push(index);
                        Verdict::Proven
                    } else {
                        Verdict::Refused(Error::OtherProof { expected: *expected, got })
                    }
                }
            });
        }
        let judged = judge::<B, F>(&batch, lookup, batch_weights::<B>);
        for (place, verdict) in places.into_iter().zip(judged) {
            if let Err(error) = verdict {
                verdicts[place] = Verdict::Refused(error);
            }
        }
        Ok(verdicts)
    }

    /// The one encoding: `link 32 ‖ windows u32 ‖ windows`. Proofs go beside it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.from.to_bytes().to_vec();
        let count = u32::try_from(self.windows.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&count.to_le_bytes());
        for (window, outcome) in &self.windows {
            bytes.extend_from_slice(&window.challenge.to_bytes());
            bytes.extend_from_slice(&window.deadline.to_le_bytes());
            match outcome {
                Outcome::Missed => bytes.push(MISSED),
                Outcome::Answered(proof) => {
                    bytes.push(ANSWERED);
                    bytes.extend_from_slice(proof.as_bytes());
                }
            }
        }
        bytes
    }

    /// Decodes a span. That it is what a chain closed is for [`verify`](Self::verify) to see.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Outcome`], [`Error::Window`], and those of
    /// [`Challenge::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(What::Span, bytes);
        let mut span = Self::new(Link::from_bytes(reader.array()?));
        let count = reader.u32()? as usize;
        for index in 0..count {
            let challenge = Challenge::from_bytes(reader.take(Challenge::LEN)?)?;
            let deadline = reader.u64()?;
            let outcome = match reader.array()? {
                [MISSED] => Outcome::Missed,
                [ANSWERED] => Outcome::Answered(ProofHash::from_bytes(reader.array()?)),
                [got] => return Err(Error::Outcome { index, got }),
            };
            span.push(Window { challenge, deadline }, outcome)?;
        }
        let extra = reader.rest().len();
        if extra > 0 {
            return Err(Error::length(What::Span, bytes.len() - extra, bytes.len()));
        }
        Ok(span)
    }
}

#[cfg(test)]
mod tests;
