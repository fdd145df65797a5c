//! No adversary: churn and crashes alone.

use crate::adversary::Adversary;
use crate::run::Outcome;

pub(crate) struct Nobody;

impl Adversary for Nobody {
    fn name(&self) -> &'static str {
        "none"
    }

    fn candidates(&self) -> (u64, u128) {
        (0, 0)
    }

    fn check(&self, outcome: &Outcome) {
        assert_eq!((outcome.committee_forks, outcome.pool_forks), (0, 0));
        assert_eq!(outcome.handed_over, outcome.rounds, "every round ends");
        assert_eq!((outcome.stayed, outcome.slashed), (0, 0));
        // Crashes take 4 of 11 at once now and then.
        assert!(outcome.stalled_permille() <= 20, "{outcome:?}");
        assert!(outcome.is_fair(), "{outcome:?}");
    }
}
