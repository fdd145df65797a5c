//! Two thousand rounds of 200 candidates with churn and crashes, once for each adversary. What must
//! hold is checked at every step; what came of it is the table and the chart of docs/security.
#![allow(missing_docs)]
#![allow(dead_code, reason = "support is shared")]

#[path = "../support/world.rs"]
mod world;

mod adversary;
mod equivocator;
mod fork;
mod grinder;
mod nobody;
mod report;
mod run;
mod sleeper;
mod splitter;
mod withholder;

use std::sync::Mutex;

use adversary::Adversary;
use run::{Outcome, Simulation};

type Scenario = fn() -> Box<dyn Adversary>;

const SCENARIOS: [Scenario; 7] = [
    || Box::new(nobody::Nobody),
    || Box::new(withholder::Withholder),
    || Box::new(equivocator::Equivocator),
    || Box::new(grinder::Grinder),
    || Box::new(splitter::Splitter { weighted: false }),
    || Box::new(splitter::Splitter { weighted: true }),
    || Box::new(sleeper::Sleeper),
];

/// Fewer only to look at something: the report and the adversaries' checks want all of them.
const ROUNDS: u64 = 2000;

#[test]
fn safety_liveness_and_fairness_against_each_adversary() {
    let next = Mutex::new(0);
    let outcomes: Mutex<Vec<(usize, Outcome)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = {
                        let mut next = next.lock().expect("not poisoned");
                        *next += 1;
                        *next - 1
                    };
                    let Some(scenario) = SCENARIOS.get(at) else { return };
                    let mut adversary = scenario();
                    let outcome =
                        Simulation::new(adversary.as_ref(), at).run(adversary.as_mut(), ROUNDS);
                    outcomes.lock().expect("not poisoned").push((at, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("not poisoned");
    outcomes.sort_by_key(|(at, _)| *at);
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes.len(), SCENARIOS.len());
    for (scenario, outcome) in SCENARIOS.iter().zip(&outcomes) {
        scenario().check(outcome);
    }
    report::compare(&outcomes);
}
