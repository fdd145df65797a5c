//! Votes for two blocks of one height whenever enough of it are on duty to make two certificates.

use crate::adversary::Adversary;
use crate::run::Outcome;

pub(crate) struct Equivocator;

impl Adversary for Equivocator {
    fn name(&self) -> &'static str {
        "equivocator"
    }

    fn equivocates(&self, on_duty: usize) -> bool {
        on_duty >= 5
    }

    fn comes_back(&self) -> bool {
        true
    }

    fn check(&self, outcome: &Outcome) {
        assert_eq!(outcome.handed_over, outcome.rounds);
        assert!(outcome.committee_forks > 0, "5 of 11 come in 2000 draws at 20 %");
        // And only then; crashed members leave one side short now and then.
        assert_eq!(outcome.committee_forks + outcome.stalled, outcome.five_or_more);
        assert_eq!(outcome.pool_forks, 0);
        assert!(
            outcome.slashed >= 5 * outcome.committee_forks,
            "every fork costs at least five candidates their stake: {outcome:?}"
        );
        assert!(outcome.is_fair(), "{outcome:?}");
    }
}
