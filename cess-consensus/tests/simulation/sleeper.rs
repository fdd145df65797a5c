//! Does everything well until its credit is full, and then doesn't vote when it is on duty.

use cess_consensus::{Filter, Params};

use crate::adversary::Adversary;
use crate::run::Outcome;

pub(crate) struct Sleeper;

/// Sleeps so many rounds, is awake for as many, and sleeps again.
const HALF: u64 = 100;

impl Adversary for Sleeper {
    fn name(&self) -> &'static str {
        "sleeper"
    }

    fn tune(&self, params: &mut Params) {
        params.filter = Filter::Floor(600);
    }

    fn votes(&self, round: u64) -> bool {
        round / HALF % 2 == 0
    }

    fn check(&self, outcome: &Outcome) {
        assert_eq!((outcome.committee_forks, outcome.pool_forks), (0, 0));
        assert_eq!((outcome.handed_over, outcome.slashed), (outcome.rounds, 0));
        let (seats, stake) = outcome.adversary_permille();
        assert!(seats < stake * 9 / 10, "waking costs credit, and so seats: {outcome:?}");
        // Awake it would stop every sixth round; caught by the filter, it stops far fewer.
        assert!(outcome.stalled_permille() < 80, "{outcome:?}");
        assert!(outcome.is_fair(), "{outcome:?}");
    }
}
