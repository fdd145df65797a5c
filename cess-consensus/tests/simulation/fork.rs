//! Negative controls: how many equivocators two certificates of one height need.

use cess_consensus::{CandidateId, Certificate, Kind, Vote};

use crate::world::{CHAIN, World, certify, number, params};

/// The best that `equivocators` of 11 can do: the honest are split as evenly as may be, in every way
/// that their number allows, and each half sees another block. Gives both certificates and whether
/// each verifies.
fn fork(equivocators: usize) -> Vec<(Certificate, Certificate, bool)> {
    let world = World::new(20, params());
    let set = world.state().committee().clone();
    let members: Vec<u64> = set.members().iter().map(|m| number(&m.id)).collect();
    let vote = |value: u8| Vote {
        chain: CHAIN,
        kind: Kind::Commit,
        round: 0,
        height: 1,
        view: 0,
        voters: set.digest(),
        value: [value; 32],
    };
    let side = |value, chosen: Vec<u64>| {
        certify(&set, vote(value), move |who: &CandidateId| chosen.contains(&number(who)))
    };
    let (bad, honest) = members.split_at(equivocators);
    (0..=honest.len())
        .map(|cut| {
            let first = side(1, [bad, &honest[..cut]].concat());
            let second = side(2, [bad, &honest[cut..]].concat());
            let both = first.verify(&set).is_ok() && second.verify(&set).is_ok();
            if both {
                let culprits = first.culprits(&second, &set).expect("two certificates");
                assert_eq!(
                    culprits,
                    (0..equivocators).collect::<Vec<_>>(),
                    "all of them are named"
                );
            }
            (first, second, both)
        })
        .collect()
}

#[test]
fn five_of_eleven_equivocators_can_fork_and_are_named() {
    assert!(fork(5).iter().any(|(_, _, both)| *both));
}

#[test]
fn three_or_four_of_eleven_equivocators_cannot_fork() {
    for equivocators in [1, 2, 3, 4] {
        assert!(fork(equivocators).iter().all(|(_, _, both)| !*both), "{equivocators}");
    }
}
