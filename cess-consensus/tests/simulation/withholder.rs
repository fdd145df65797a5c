//! Keeps tickets and contributions back, to leave rounds without a committee and seeds without entropy.

use crate::adversary::Adversary;
use crate::run::Outcome;
use crate::world::World;

pub(crate) struct Withholder;

impl Adversary for Withholder {
    fn name(&self) -> &'static str {
        "withholder"
    }

    fn tickets(&mut self, world: &World, mine: &[u64]) -> Vec<u64> {
        // Every other round, so that jail for tickets missed in a row never comes.
        if world.state().round() % 2 == 0 { mine.to_vec() } else { Vec::new() }
    }

    fn contributions(&mut self, _: &World, _: &[u64]) -> Vec<u64> {
        Vec::new()
    }

    fn check(&self, outcome: &Outcome) {
        assert_eq!((outcome.committee_forks, outcome.pool_forks), (0, 0));
        assert_eq!((outcome.handed_over, outcome.stayed), (outcome.rounds, 0));
        assert!(outcome.jailed > 0, "withheld contributions lead to jail");
        let (seats, stake) = outcome.adversary_permille();
        assert!(seats < stake / 2, "withholding costs credit, and so seats: {outcome:?}");
        assert!(outcome.is_fair(), "{outcome:?}");
    }
}
