//! Spreads its stake over as many candidates as the least stake allows.

use cess_consensus::{Filter, Params, Policy};

use crate::adversary::Adversary;
use crate::run::Outcome;
use crate::world::STAKE;

pub(crate) struct Splitter {
    pub(crate) weighted: bool,
}

impl Adversary for Splitter {
    fn name(&self) -> &'static str {
        if self.weighted { "splitter, weighted draw" } else { "splitter" }
    }

    fn tune(&self, params: &mut Params) {
        // Crashes cost the honest credit; a filter would mix that in.
        params.filter = Filter::None;
        params.policy = if self.weighted { Policy::Weighted } else { Policy::Uniform };
    }

    /// 80 of 200 heads, and a quarter of the stake: each honest one has twice as much.
    fn candidates(&self) -> (u64, u128) {
        (80, STAKE)
    }

    fn honest_stake(&self) -> u128 {
        2 * STAKE
    }

    fn check(&self, outcome: &Outcome) {
        assert_eq!((outcome.handed_over, outcome.slashed), (outcome.rounds, 0));
        let (seats, stake) = outcome.adversary_permille();
        assert!((240..=270).contains(&stake), "{outcome:?}");
        assert_eq!(outcome.pool_forks, 0);
        if self.weighted {
            assert!(seats.abs_diff(stake) < 20, "splitting gains nothing: {outcome:?}");
        } else {
            assert!((375..=425).contains(&seats), "a chance a head: {outcome:?}");
        }
        assert!(outcome.is_fair(), "{outcome:?}");
    }
}
