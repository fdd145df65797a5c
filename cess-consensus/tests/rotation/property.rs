use cess_consensus::{Duty, Evidence, Input, Kind, Output, Vote};
use proptest::prelude::*;

use crate::world::{STAKE, World, id, params, registration, sign};

/// What somebody does between two rounds; numbers name candidates, there or not.
#[derive(Clone, Debug)]
enum Action {
    Register(u64, u128),
    Bond(u64, u64, u128),
    Unbond(u64, u64, u128),
    Resume(u64),
    Exit(u64),
    Report(u64, u32, u32),
    Equivocate(u64),
    Round(u64),
}

const MOST: u64 = 40;

fn action() -> impl Strategy<Value = Action> {
    let who = 0..MOST;
    let amount = 0..3 * STAKE;
    prop_oneof![
        3 => (who.clone(), amount.clone()).prop_map(|(a, s)| Action::Register(a, s)),
        1 => (who.clone(), who.clone(), amount.clone()).prop_map(|(a, b, s)| Action::Bond(a, b, s)),
        1 => (who.clone(), who.clone(), amount).prop_map(|(a, b, s)| Action::Unbond(a, b, s)),
        1 => who.clone().prop_map(Action::Resume),
        2 => who.clone().prop_map(Action::Exit),
        1 => (who.clone(), 0..9_u32, 0..9_u32).prop_map(|(a, d, n)| Action::Report(a, d, n)),
        1 => who.prop_map(Action::Equivocate),
        6 => (0..8_u64).prop_map(Action::Round),
    ]
}

fn equivocation(world: &World, who: u64) -> Input {
    let vote = |value: u8| Vote {
        chain: world.state().params().chain,
        kind: Kind::Prepare,
        round: world.state().round(),
        height: 3,
        view: 1,
        voters: world.state().committee().digest(),
        value: [value; 32],
    };
    let signed = |vote: Vote| (vote, sign(who, &vote));
    Input::Evidence(Evidence::Votes {
        who: id(who),
        first: signed(vote(1)),
        second: signed(vote(2)),
    })
}

/// One round; who is crashed is every eighth from `crashed` on. Gives the tickets that came.
fn round(world: &mut World, crashed: u64) -> (usize, Vec<Output>) {
    let up = |at: u64| at % 8 != crashed;
    let tickets = world.drawable().into_iter().filter(|at| up(*at)).count();
    (tickets, world.round(up))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Whatever comes and goes: somebody is on duty, a quorum when the pool is large enough; tokens are
    /// conserved, refusals leave no trace (all that `World::step` and `check_invariants` check).
    #[test]
    fn no_round_is_without_a_quorum_while_the_pool_is_large_enough(
        actions in prop::collection::vec(action(), 1..60),
    ) {
        let mut world = World::new(16, params());
        for action in actions {
            let refusable = match action {
                Action::Register(who, stake) => Input::Register(registration(who, stake)),
                Action::Bond(owner, candidate, amount) => {
                    Input::Bond { owner: id(owner), candidate: id(candidate), amount }
                }
                Action::Unbond(owner, candidate, amount) => {
                    Input::Unbond { owner: id(owner), candidate: id(candidate), amount }
                }
                Action::Resume(who) => Input::Resume { who: id(who) },
                Action::Exit(who) => Input::Exit { who: id(who) },
                Action::Report(who, done, due) => {
                    Input::Report { who: id(who), duty: Duty::Audit, done, due }
                }
                Action::Equivocate(who) => equivocation(&world, who),
                Action::Round(crashed) => {
                    let (tickets, outputs) = round(&mut world, crashed);
                    let stayed = outputs.iter().any(|o| matches!(o, Output::Stayed { .. }));
                    let on_duty = world.on_duty().len();
                    prop_assert!(on_duty > 0);
                    // Jail for silence may take a few of those who have a ticket.
                    let jailed = outputs.iter().filter(|o| matches!(o, Output::Jailed { .. })).count();
                    if tickets >= 11 + jailed {
                        prop_assert!(!stayed && on_duty == 11);
                    }
                    continue;
                }
            };
            let _ = world.step(refusable);
        }
    }
}
