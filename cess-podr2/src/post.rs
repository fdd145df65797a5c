//! Proofs of space-time: the windows of one prover, chained by 32 bytes that a chain keeps.
//!
//! Each window has a beacon and a deadline of its own. When it closes, its [`Link`] takes in the
//! challenge, the deadline, and the hash of the answer or that there was none:
//!
//! ```text
//! link_0 = H(chain id ‖ prover ‖ start)
//! link_t = H(link_{t-1} ‖ d_t ‖ policy ‖ D_t ‖ outcome)
//! ```
//!
//! Whoever trusts the link at the start and the one at the end, and has the windows between, knows
//! that none was left out, moved or changed: a [`Span`]. [`Span::verify`] judges all its proofs in
//! one equation and tells for each window what is proven of it.
//!
//! A window's challenge comes from its own seed and never from an earlier proof: a prover that could
//! choose among proofs would choose among challenges. A link tells what its chain was told; that
//! beacon t + 1 came after D_t is for that chain to see to.
//!
//! ```
//! use cess_podr2::post::{Link, Outcome, Window};
//! # use cess_podr2::{Audit, Challenge, Fragment, Holding, KeyId, Policy, Sectors};
//! # fn main() -> Result<(), cess_podr2::Error> {
//! # let fragment = Fragment::from_parts(KeyId::from_bytes([1; 32]), Sectors::MIN, [2; 32], 100, 0)?;
//! # let holding = Holding::from_entries([fragment.entry()])?;
//! # let (chain_id, prover) = ([1; 32], [2; 32]);
//! # let audit = |round| Audit { chain_id, round, height: 10 * round, prover };
//! # let challenge = |round, seed| Challenge::new(audit(round), &holding, Policy::AUDIT, seed);
//! # let proof = [0; 128];
//! let start = Link::start(&chain_id, &prover, 1000);
//! let first = Window { challenge: challenge(1, [3; 32])?, deadline: 2000 };
//! let second = Window { challenge: challenge(2, [4; 32])?, deadline: 3000 };
//!
//! // In time, or there is no such outcome.
//! let answered = first.answered(&proof, 1999)?;
//! assert!(first.answered(&proof, 2000).is_err());
//!
//! let link = start.extend(&first, answered).extend(&second, Outcome::Missed);
//! assert_eq!(link.to_bytes().len(), 32);
//! # Ok(())
//! # }
//! ```

mod span;

pub use self::span::{Answer, Fault, Span, Verdict};

use crate::challenge::Challenge;
use crate::domain::{POST_LINK, POST_PROOF, POST_START, Transcript};
use crate::error::Error;
use crate::id::digest;

digest! {
    /// What a chain keeps of all windows of a prover up to now.
    Link
}

digest! {
    /// Identifies the answer to a window: a hash of a proof's bytes.
    ProofHash
}

/// One challenge with the moment at which it is too late to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// What is asked.
    pub challenge: Challenge,
    /// The first moment that is too late, in whatever unit the chain counts time.
    pub deadline: u64,
}

/// How a window closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing came in time.
    Missed,
    /// An answer came in time. Whether it holds is another question.
    Answered(ProofHash),
}

impl ProofHash {
    /// The hash of a proof's bytes, whatever they are.
    #[must_use]
    pub fn of(proof: &[u8]) -> Self {
        Self::from_bytes(Transcript::new(POST_PROOF).bytes(proof).digest())
    }
}

impl Window {
    /// The outcome of a window to which these bytes came as proof at this moment.
    ///
    /// # Errors
    /// [`Error::Late`] at the deadline and after it.
    pub fn answered(&self, proof: &[u8], at: u64) -> Result<Outcome, Error> {
        if at >= self.deadline {
            return Err(Error::Late { deadline: self.deadline, at });
        }
        Ok(Outcome::Answered(ProofHash::of(proof)))
    }
}

impl Link {
    /// The link before a prover's first window. `start` is the moment from which storage is to be
    /// proven, or whatever tells this chain of windows from an earlier one.
    #[must_use]
    pub fn start(chain_id: &[u8; 32], prover: &[u8; 32], start: u64) -> Self {
        let link = Transcript::new(POST_START).bytes(chain_id).bytes(prover).u64(start).digest();
        Self::from_bytes(link)
    }

    /// The link after one more window: one hash, whatever came before.
    #[must_use]
    pub fn extend(&self, window: &Window, outcome: Outcome) -> Self {
        let transcript = Transcript::new(POST_LINK)
            .bytes(self.as_bytes())
            .bytes(&window.challenge.digest())
            .bytes(&window.challenge.policy().to_bytes())
            .u64(window.deadline);
        let transcript = match outcome {
            Outcome::Missed => transcript.bytes(&[MISSED]),
            Outcome::Answered(proof) => transcript.bytes(&[ANSWERED]).bytes(proof.as_bytes()),
        };
        Self::from_bytes(transcript.digest())
    }
}

const MISSED: u8 = 0;
const ANSWERED: u8 = 1;
