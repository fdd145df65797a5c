use core::num::NonZeroU32;

use crate::domain::{CHALLENGE, NU, POSITIONS, Transcript, Xof, Z};
use crate::error::{Error, What};
use crate::field::Fr;
use alloc::vec::Vec;

use crate::holding::{Fragments, Holding};
use crate::reader::Reader;
use crate::samples::{Draw, Samples};

/// Which blocks of a holding one challenge asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Every block of every fragment.
    Every,
    /// One of `windows` windows of an audit period: of F fragments ceil(F / windows) are drawn
    /// without replacement, and ceil(samples * windows / F) distinct blocks of each, or all that
    /// it has.
    Window {
        /// Windows in a period, each with a beacon of its own.
        windows: NonZeroU32,
        /// Blocks asked for in one window, over all fragments drawn.
        samples: NonZeroU32,
    },
}

impl Policy {
    /// Bytes of an encoding: kind, windows, samples.
    pub const LEN: usize = 9;

    /// The audit policy of storage: 24 windows a period, 459 samples a window, which notice the
    /// loss of 1 % with probability 0.99.
    pub const AUDIT: Self = Self::Window {
        windows: NonZeroU32::MIN.saturating_add(23),
        samples: NonZeroU32::MIN.saturating_add(458),
    };

    /// What one challenge asks of a holding of `held` fragments, none of which is empty.
    #[must_use]
    pub fn share(self, held: u64) -> Share {
        match self {
            Self::Every => Share { fragments: held, blocks: u64::MAX },
            Self::Window { windows, samples } => {
                let (windows, samples) = (u64::from(windows.get()), u64::from(samples.get()));
                // A product of two 32-bit factors.
                let blocks = (samples * windows).div_ceil(held.max(1));
                Share { fragments: held.div_ceil(windows), blocks }
            }
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        let (kind, windows, samples) = match self {
            Self::Every => (0, 0, 0),
            Self::Window { windows, samples } => (1, windows.get(), samples.get()),
        };
        let mut out = [0; Self::LEN];
        out[0] = kind;
        out[1..5].copy_from_slice(&windows.to_le_bytes());
        out[5..].copy_from_slice(&samples.to_le_bytes());
        out
    }

    fn from_parts(kind: u8, windows: u32, samples: u32) -> Result<Self, Error> {
        match (kind, NonZeroU32::new(windows), NonZeroU32::new(samples)) {
            (0, None, None) => Ok(Self::Every),
            (1, Some(windows), Some(samples)) => Ok(Self::Window { windows, samples }),
            _ => Err(Error::Policy { kind, windows, samples }),
        }
    }
}

/// What a challenge asks of a holding, before it is known which fragments that will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The number of fragments drawn.
    pub fragments: u64,
    /// The number of distinct blocks of each, or all that it has if those are fewer.
    pub blocks: u64,
}

/// Who is challenged, where and when. The height is that of the snapshot whose holding counts:
/// the state *before* the block that brings the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// The chain.
    pub chain_id: [u8; 32],
    /// The audit round on that chain.
    pub round: u64,
    /// The snapshot's height.
    pub height: u64,
    /// The prover.
    pub prover: [u8; 32],
}

/// One challenge to one prover over one holding.
///
/// The seed must be a fresh beacon value that nobody could know before the snapshot: whoever
/// knows it in advance can answer without the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    audit: Audit,
    holding_root: [u8; 32],
    total_blocks: u64,
    fragments: u64,
    policy: Policy,
    seed: [u8; 32],
}

impl Challenge {
    /// The format version of challenge and proof.
    pub const VERSION: u32 = 1;
    /// Bytes of an encoding.
    pub const LEN: usize = 4 + 32 + 8 + 8 + 32 + 32 + 8 + 8 + Policy::LEN + 32;

    /// Challenges the whole of `holding`.
    ///
    /// # Errors
    /// [`Error::EmptyHolding`].
    pub fn new(
        audit: Audit,
        holding: &Holding,
        policy: Policy,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        if holding.is_empty() {
            return Err(Error::EmptyHolding);
        }
        Ok(Self {
            audit,
            holding_root: holding.root(),
            total_blocks: holding.total_blocks(),
            fragments: holding.len() as u64,
            policy,
            seed,
        })
    }

    /// Decodes a challenge.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Version`], [`Error::Policy`], [`Error::EmptyHolding`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != Self::LEN {
            return Err(Error::length(What::Challenge, Self::LEN, bytes.len()));
        }
        let mut reader = Reader::new(What::Challenge, bytes);
        let version = reader.u32()?;
        if version != Self::VERSION {
            return Err(Error::Version { expected: Self::VERSION, got: version });
        }
        let audit = Audit {
            chain_id: reader.array()?,
            round: reader.u64()?,
            height: reader.u64()?,
            prover: reader.array()?,
        };
        let holding_root = reader.array()?;
        let (total_blocks, fragments) = (reader.u64()?, reader.u64()?);
        let [kind] = reader.array()?;
        let (windows, samples) = (reader.u32()?, reader.u32()?);
        let policy = Policy::from_parts(kind, windows, samples)?;
        let seed = reader.array()?;
        if fragments == 0 || total_blocks < fragments {
            return Err(Error::EmptyHolding);
        }
        Ok(Self { audit, holding_root, total_blocks, fragments, policy, seed })
    }

    /// The one encoding of the challenge.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let mut rest: &mut [u8] = &mut out;
        for part in [
            &Self::VERSION.to_le_bytes()[..],
            &self.audit.chain_id,
            &self.audit.round.to_le_bytes(),
            &self.audit.height.to_le_bytes(),
            &self.audit.prover,
            &self.holding_root,
            &self.total_blocks.to_le_bytes(),
            &self.fragments.to_le_bytes(),
            &self.policy.to_bytes(),
            &self.seed,
        ] {
            let (head, tail) = rest.split_at_mut(part.len());
            head.copy_from_slice(part);
            rest = tail;
        }
        out
    }

    /// The hash that everything random in the proof is drawn from.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Transcript::new(CHALLENGE).bytes(&self.to_bytes()).digest()
    }

    /// Who is challenged, where and when.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// The root of the challenged holding.
    #[must_use]
    pub fn holding_root(&self) -> [u8; 32] {
        self.holding_root
    }

    /// The number of blocks in the challenged holding.
    #[must_use]
    pub fn total_blocks(&self) -> u64 {
        self.total_blocks
    }

    /// The number of fragments in the challenged holding.
    #[must_use]
    pub fn fragments(&self) -> u64 {
        self.fragments
    }

    /// Which blocks are asked for.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The beacon value.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.seed
    }

    /// The ranks, rising, of the fragments that are asked for. They follow from the challenge alone;
    /// which fragments have them, from the holding or its [`Opening`](crate::Opening).
    ///
    /// # Errors
    /// [`Error::TooManySamples`].
    pub fn ranks(&self) -> Result<Vec<u64>, Error> {
        Draw::new(self).map(|draw| draw.ranks)
    }

    /// Draws the samples from the challenged holding, or from what was opened of it.
    ///
    /// # Errors
    /// [`Error::WrongHolding`] if it is another, [`Error::TooManySamples`].
    pub fn samples<'h>(
        &self,
        fragments: &'h (impl Fragments + ?Sized),
    ) -> Result<Samples<'h>, Error> {
        fragments.samples(self)
    }

    pub(crate) fn positions(&self) -> Xof {
        Transcript::new(POSITIONS).bytes(&self.digest()).xof()
    }

    pub(crate) fn nus(&self) -> Xof {
        Transcript::new(NU).bytes(&self.digest()).xof()
    }

    pub(crate) fn z(&self) -> Fr {
        Fr::from_wide(&Transcript::new(Z).bytes(&self.digest()).xof().wide())
    }
}
