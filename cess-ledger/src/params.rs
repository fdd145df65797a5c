//! The chain's parameters, fixed at genesis.

use borsh::{BorshDeserialize, BorshSerialize};
use core::num::NonZeroU32;

use cess_podr2::Policy;

use crate::{Amount, Error};

/// Milliseconds of a day.
pub const DAY_MS: u64 = 86_400_000;
/// Bytes of a GiB.
pub const GIB: u64 = 1 << 30;

/// Everything a genesis decides.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// Names this chain: signed in every call, bound into every challenge.
    pub chain_id: [u8; 32],
    /// Asking price of an empty network, per stored GiB and day. It rises in proportion to the
    /// used share of the network's space, to twice this when the network is full.
    pub base_price: Amount,
    /// Terms of deals.
    pub deal: DealParams,
    /// Audit windows and what follows from them.
    pub audit: AuditParams,
    /// What miners and taggers lock, and what they lose.
    pub collateral: CollateralParams,
    /// Repairs.
    pub repair: RepairParams,
}

/// Terms of deals.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DealParams {
    /// Time from opening to closing, milliseconds.
    pub open_ms: u64,
    /// Time from closing to the last report, milliseconds.
    pub report_ms: u64,
    /// Shortest term of storage, milliseconds.
    pub min_term_ms: u64,
    /// Longest term of storage, milliseconds.
    pub max_term_ms: u64,
}

/// How an audit samples a holding: [`cess_podr2::Policy`] as chain data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Sampling {
    /// Every block of every fragment.
    Every,
    /// In each window `⌈F/windows⌉` of the F fragments, `⌈samples/(F/windows)⌉` blocks of each.
    Window {
        /// Windows of an audit period.
        windows: u32,
        /// Blocks sampled per window over the whole holding, at least.
        samples: u32,
    },
}

impl Sampling {
    /// The policy that goes into a challenge.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for zero windows or samples.
    pub fn policy(self) -> Result<Policy, Error> {
        match self {
            Self::Every => Ok(Policy::Every),
            Self::Window { windows, samples } => {
                match (NonZeroU32::new(windows), NonZeroU32::new(samples)) {
                    (Some(windows), Some(samples)) => Ok(Policy::Window { windows, samples }),
                    _ => Err(Error::BadParameter { name: "audit.sampling" }),
                }
            }
        }
    }
}

impl Sampling {
    /// The policy for a holding of so many blocks: where every block would be more than one proof
    /// may have, the windows of storage, so that no holding is too large to be audited.
    pub(crate) fn over(self, blocks: u64) -> Result<Policy, Error> {
        match self.policy()? {
            Policy::Every if blocks > cess_podr2::MAX_SAMPLES => Ok(Policy::AUDIT),
            policy => Ok(policy),
        }
    }

    /// As many samples over fragments that are asked again: all of them.
    pub(crate) fn again(self) -> Result<Policy, Error> {
        match self {
            Self::Every => Ok(Policy::Every),
            Self::Window { samples, .. } => Self::Window { windows: 1, samples }.policy(),
        }
    }
}

/// Audit windows and what follows from them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AuditParams {
    /// Time between two windows, milliseconds.
    pub window_ms: u64,
    /// Time to answer a challenge, milliseconds; shorter than a window.
    pub answer_ms: u64,
    /// How the windows sample.
    pub sampling: Sampling,
    /// Audits missed one after another that make a miner [`Offline`](crate::MinerStatus::Offline).
    pub max_misses: u32,
    /// Tag keys under which the fragments of one miner may stand: each one that a challenge hits is a
    /// multi-scalar multiplication and a proving key to read.
    pub max_keys: u32,
}

/// What miners and taggers lock, and what they lose.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CollateralParams {
    /// Collateral per declared GiB.
    pub per_gib: Amount,
    /// Cut per GiB of a fragment that a miner failed to prove, beside the repair's bounty.
    pub fault_per_gib: Amount,
    /// Cut for each such fragment, whatever its size.
    pub fault_flat: Amount,
    /// Cut per held GiB for an audit that was not answered at all.
    pub miss_per_gib: Amount,
    /// The stake of a registered tagger.
    pub tagger_stake: Amount,
    /// The price of registering a tag key, to the treasury: places among a miner's keys are few.
    pub tag_key_fee: Amount,
}

/// Repairs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RepairParams {
    /// Time from the claim of an order to its completion, milliseconds.
    pub claim_ms: u64,
    /// Bounty per GiB of the fragment; comes out of the collateral of the miner that lost it.
    pub bounty_per_gib: Amount,
    /// Bounty for each fragment, whatever its size.
    pub bounty_flat: Amount,
    /// Cut for a claim that was not completed in time.
    pub claim_cut: Amount,
}

impl Params {
    /// Terms stay below this, about 557 years, so that the products of a settlement fit.
    const TERM_LIMIT_MS: u64 = 1 << 44;

    /// Parameters for tests and examples: a token is 10^12 units.
    pub fn example(chain_id: [u8; 32]) -> Self {
        const TOKEN: Amount = 1_000_000_000_000;
        const HOUR_MS: u64 = DAY_MS / 24;
        Self {
            chain_id,
            base_price: TOKEN / 100,
            deal: DealParams {
                open_ms: 6 * HOUR_MS,
                report_ms: HOUR_MS,
                min_term_ms: DAY_MS,
                max_term_ms: 3650 * DAY_MS,
            },
            audit: AuditParams {
                window_ms: HOUR_MS,
                answer_ms: HOUR_MS / 4,
                sampling: Sampling::Window { windows: 24, samples: 459 },
                max_misses: 3,
                max_keys: 256,
            },
            collateral: CollateralParams {
                per_gib: TOKEN,
                fault_per_gib: TOKEN / 10,
                fault_flat: TOKEN / 1000,
                miss_per_gib: TOKEN / 100,
                tagger_stake: 1000 * TOKEN,
                tag_key_fee: TOKEN / 10,
            },
            repair: RepairParams {
                claim_ms: HOUR_MS,
                bounty_per_gib: TOKEN / 10,
                bounty_flat: TOKEN / 1000,
                claim_cut: TOKEN / 1000,
            },
        }
    }

    /// # Errors
    /// [`Error::BadParameter`] with the first one that can't work.
    pub fn check(&self) -> Result<(), Error> {
        let holds = |ok: bool, name| if ok { Ok(()) } else { Err(Error::BadParameter { name }) };
        holds(self.deal.open_ms > 0 && self.deal.report_ms > 0, "deal deadlines")?;
        holds(self.deal.min_term_ms > 0, "deal.min_term_ms")?;
        let terms = self.deal.min_term_ms..Self::TERM_LIMIT_MS;
        holds(terms.contains(&self.deal.max_term_ms), "deal.max_term_ms")?;
        holds(self.audit.answer_ms > 0, "audit.answer_ms")?;
        holds(self.audit.answer_ms < self.audit.window_ms, "audit.window_ms")?;
        holds(self.audit.max_misses > 0, "audit.max_misses")?;
        holds(self.audit.max_keys > 0, "audit.max_keys")?;
        holds(self.repair.claim_ms > 0, "repair.claim_ms")?;
        self.audit.sampling.policy().map(|_| ())
    }
}

/// `⌈rate × bytes / GiB⌉`.
pub(crate) fn per_gib(rate: Amount, bytes: u64) -> Result<Amount, Error> {
    let product = rate.checked_mul(u128::from(bytes)).ok_or(Error::Overflow)?;
    Ok(product.div_ceil(u128::from(GIB)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holding_too_large_for_every_block_is_audited_in_windows() {
        let most = cess_podr2::MAX_SAMPLES;
        assert_eq!(Sampling::Every.over(most), Ok(Policy::Every));
        assert_eq!(Sampling::Every.over(most + 1), Ok(Policy::AUDIT));
        let window = Sampling::Window { windows: 2, samples: 3 };
        assert_eq!(window.over(u64::MAX), window.policy());
    }
}
