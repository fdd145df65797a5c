//! The parameters, and which combinations can't work.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::candidate::Amount;
use crate::credit::{CreditParams, Filter};
use crate::draw::Policy;
use crate::error::Error;

/// Parameters of a chain, fixed at genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// Names the chain in everything that is signed.
    pub chain: [u8; 32],
    /// Nodes on duty, 1 to 1024; the white paper has 11.
    pub committee: u16,
    /// Blocks of a round, at least.
    pub round_blocks: u64,
    /// How seats are drawn.
    pub policy: Policy,
    /// Who takes part in draws.
    pub filter: Filter,
    /// Points and penalties.
    pub credit: CreditParams,
    /// Stakes.
    pub stake: StakeParams,
    /// Faults.
    pub faults: FaultParams,
}

/// Stakes and how long they are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StakeParams {
    /// The least own stake of a candidate.
    pub min: Amount,
    /// Rounds from registration to the first freeze.
    pub waiting_rounds: u64,
    /// Rounds that a follower may trust a boundary.
    pub trust_rounds: u64,
    /// Rounds in which an offence can be punished.
    pub evidence_rounds: u64,
    /// Rounds until unbonded stake is released.
    pub unbonding_rounds: u64,
}

/// What faults cost beyond credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FaultParams {
    /// Share of the stake that equivocation costs, per mille.
    pub slash_permille: u16,
    /// Missed tickets in a row that lead to jail.
    pub max_missed_tickets: u32,
    /// Missed contributions in a row that lead to jail.
    pub max_missed_contributions: u32,
    /// Rounds in jail.
    pub jail_rounds: u64,
}

impl Params {
    /// A committee of 11 drawn uniformly above the lowest decile of credit, rounds of 100 blocks.
    pub fn example(chain: [u8; 32]) -> Self {
        Self {
            chain,
            committee: 11,
            round_blocks: 100,
            policy: Policy::Uniform,
            filter: Filter::Quantile(100),
            credit: CreditParams::DEFAULT,
            stake: StakeParams {
                min: 1000,
                waiting_rounds: 2,
                trust_rounds: 14,
                evidence_rounds: 20,
                unbonding_rounds: 28,
            },
            faults: FaultParams {
                slash_permille: 1000,
                max_missed_tickets: 4,
                // Whoever withholds one to choose a seed pays with the seats of the rounds in jail.
                max_missed_contributions: 1,
                jail_rounds: 8,
            },
        }
    }

    /// Refuses parameters under which the guarantees don't hold.
    ///
    /// # Errors
    /// [`Error::BadParameter`] names the first one.
    pub fn check(&self) -> Result<(), Error> {
        let Self { committee, round_blocks, stake, faults, .. } = self;
        self.credit.check()?;
        self.filter.check()?;
        let checks = [
            (1..=1024).contains(committee).then_some(()).ok_or("committee"),
            (*round_blocks > 0).then_some(()).ok_or("round_blocks"),
            (stake.min > 0).then_some(()).ok_or("stake.min"),
            (stake.waiting_rounds > 0).then_some(()).ok_or("stake.waiting_rounds"),
            (stake.trust_rounds > 0).then_some(()).ok_or("stake.trust_rounds"),
            // Who forges an old boundary for a follower that still trusts its parent must still be
            // punishable; and must still have the stake when the evidence arrives.
            (stake.evidence_rounds > stake.trust_rounds)
                .then_some(())
                .ok_or("stake.evidence_rounds"),
            (stake.unbonding_rounds > stake.evidence_rounds)
                .then_some(())
                .ok_or("stake.unbonding_rounds"),
            // Rounds are added to rounds; nobody counts so far.
            (stake.unbonding_rounds < 1 << 32 && stake.waiting_rounds < 1 << 32)
                .then_some(())
                .ok_or("stake.unbonding_rounds"),
            (faults.slash_permille <= 1000).then_some(()).ok_or("faults.slash_permille"),
            (faults.max_missed_tickets > 0).then_some(()).ok_or("faults.max_missed_tickets"),
            (faults.max_missed_contributions > 0)
                .then_some(())
                .ok_or("faults.max_missed_contributions"),
            (faults.jail_rounds < 1 << 32).then_some(()).ok_or("faults.jail_rounds"),
        ];
        checks.into_iter().try_for_each(|check| check.map_err(|name| Error::BadParameter { name }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_works() {
        assert_eq!(Params::example([1; 32]).check(), Ok(()));
    }

    #[test]
    fn refuses_each_parameter_that_cannot_work() {
        let refuses = |name, change: &dyn Fn(&mut Params)| {
            let mut params = Params::example([1; 32]);
            change(&mut params);
            assert_eq!(params.check(), Err(Error::BadParameter { name }));
        };
        refuses("committee", &|p| p.committee = 0);
        refuses("committee", &|p| p.committee = 1025);
        refuses("round_blocks", &|p| p.round_blocks = 0);
        refuses("stake.min", &|p| p.stake.min = 0);
        refuses("stake.waiting_rounds", &|p| p.stake.waiting_rounds = 0);
        refuses("stake.trust_rounds", &|p| p.stake.trust_rounds = 0);
        refuses("stake.evidence_rounds", &|p| p.stake.evidence_rounds = p.stake.trust_rounds);
        refuses("stake.unbonding_rounds", &|p| p.stake.unbonding_rounds = p.stake.evidence_rounds);
        refuses("stake.unbonding_rounds", &|p| p.stake.unbonding_rounds = 1 << 32);
        refuses("faults.slash_permille", &|p| p.faults.slash_permille = 1001);
        refuses("faults.max_missed_tickets", &|p| p.faults.max_missed_tickets = 0);
        refuses("faults.max_missed_contributions", &|p| p.faults.max_missed_contributions = 0);
        refuses("faults.jail_rounds", &|p| p.faults.jail_rounds = 1 << 32);
        refuses("filter", &|p| p.filter = Filter::Quantile(1000));
        refuses("filter", &|p| p.filter = Filter::Floor(1001));
        refuses("credit.duties", &|p| p.credit.duties[0] += 1);
        refuses("credit.decay", &|p| p.credit.decay = [20, 50, 15, 10, 5]);
        refuses("credit.decay", &|p| p.credit.decay = [51, 20, 15, 10, 5]);
        refuses("credit.penalties", &|p| p.credit.penalties[1] = 1001);
        refuses("credit.neutral", &|p| p.credit.neutral = 1001);
        refuses("credit.period_rounds", &|p| p.credit.period_rounds = 0);
    }
}
