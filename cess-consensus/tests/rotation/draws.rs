use std::collections::BTreeSet;

use cess_consensus::vrf::VrfProof;
use cess_consensus::{Duty, Entry, Error, Filter, Input, Output, Policy, Status, select};

use crate::world::{STAKE, World, id, number, params, registration};

#[test]
fn the_next_committee_is_fixed_within_the_round_and_equals_a_recomputation() {
    let mut world = World::new(30, params());
    for _ in 0..12 {
        world.reveal_all(|_| true);
        let state = world.state();
        let round = state.round() + 1;
        let frozen = state.frozen(round).expect("frozen").to_vec();
        let entries: Vec<Entry> = state
            .tickets()
            .map(|(who, ticket)| {
                let f = frozen.iter().find(|f| f.id == *who).expect("frozen");
                Entry { id: *who, ticket: ticket.value, stake: f.stake, credit: f.credit }
            })
            .collect();
        let expected = select(Policy::Uniform, 11, &entries);
        world.end_round().expect("over");
        let pending = world.state().pending().expect("drawn").clone();
        let drawn: Vec<_> = pending.committee.members().iter().map(|m| m.id).collect();
        assert_eq!(drawn, expected);
        assert_eq!(world.state().round() + 1, round, "the present set is still on duty");
        world.hand_over();
        assert_eq!(world.state().committee(), &pending.committee);
    }
}

#[test]
fn equal_inputs_give_equal_states_whatever_the_order_of_reveals() {
    let mut forward = World::new(30, params());
    let mut backward = World::new(30, params());
    for _ in 0..4 {
        forward.reveal_all(|_| true);
        let inputs: Vec<Input> = backward
            .drawable()
            .into_iter()
            .map(|at| backward.ticket(at))
            .chain(backward.on_duty().into_iter().map(|at| backward.contribution(at)))
            .collect();
        inputs.into_iter().rev().for_each(|input| drop(backward.ok(input)));
        for world in [&mut forward, &mut backward] {
            world.end_round().expect("over");
            world.hand_over();
        }
        assert_eq!(forward.state().to_bytes(), backward.state().to_bytes());
    }
}

#[test]
fn a_key_registered_after_the_freeze_is_never_drawn() {
    // Waiting as short as it may be: only the freeze keeps newcomers out.
    let mut short = params();
    short.stake.waiting_rounds = 1;
    let mut world = World::new(15, short);
    world.rounds(2);
    let registered = world.state().round();
    world.ok(Input::Register(registration(50, STAKE)));
    let mut first = None;
    for _ in 0..12 {
        let round = world.state().round() + 1;
        let frozen = world.state().frozen(round).expect("frozen");
        let there = frozen.iter().any(|f| f.id == id(50));
        if !there {
            let ticket = world.ticket(50);
            assert_eq!(world.step(ticket), Err(Error::NotInDraw(id(50))), "round {round}");
        }
        first = first.or(there.then_some(round));
        world.rounds(1);
        if world.on_duty().contains(&50) {
            assert!(first.is_some_and(|first| world.state().round() >= first));
        }
    }
    // Active with the round after; frozen then for the third one after that.
    assert_eq!(first, Some(registered + 1 + 3));
}

#[test]
fn the_draw_is_frozen_two_rounds_before_its_seed_is_known() {
    let mut world = World::new(20, params());
    world.rounds(3);
    let round = world.state().round();
    let target = round + 3;
    let frozen = world.state().frozen(target).expect("three ahead").to_vec();
    assert!(world.state().frozen(target + 1).is_none());
    // Stake and credit of now change nothing in draws that are frozen.
    world.ok(Input::Bond { owner: id(3), candidate: id(3), amount: 5000 });
    world.ok(Input::Report { who: id(4), duty: Duty::Vote, done: 0, due: 100 });
    let (mut left, mut right) = (world, World::new(20, params()));
    right.rounds(3);
    assert_eq!(right.state().round(), round);
    // Two worlds that differ in one contribution of round target - 2: the seed of the draw for
    // `target` is open until then, and `frozen` is settled since two rounds.
    left.rounds(1);
    right.rounds(1);
    assert_eq!(left.state().frozen(target).expect("two ahead"), frozen);
    assert_eq!(left.state().round(), target - 2);
    let silent = *left.on_duty().iter().next().expect("somebody");
    assert!(right.on_duty().contains(&silent));
    let seed_before = left.state().boundary().seed;
    assert_eq!(seed_before, right.state().boundary().seed);
    left.round(|_| true);
    right.reveal_all(|at| at != silent);
    for at in right.drawable() {
        if at == silent {
            let ticket = right.ticket(at);
            right.ok(ticket);
        }
    }
    right.end_round().expect("over");
    right.hand_over();
    assert_eq!(left.state().round(), target - 1);
    assert_ne!(left.state().boundary().seed, right.state().boundary().seed);
    assert_eq!(left.state().frozen(target).expect("next"), frozen);
}

#[test]
fn refuses_reveals_that_are_not_one_s_own_or_not_of_now() {
    let mut world = World::new(20, params());
    let old = world.ticket(3);
    world.rounds(1);
    assert_eq!(world.step(old), Err(Error::BadVrfProof), "another round's");
    let Input::Ticket { proof, .. } = world.ticket(4) else { unreachable!() };
    let stolen = Input::Ticket { who: id(3), proof };
    assert_eq!(world.step(stolen), Err(Error::BadVrfProof));
    let Input::Contribution { proof, .. } = world.contribution(3) else { unreachable!() };
    assert_eq!(world.step(Input::Ticket { who: id(3), proof }), Err(Error::BadVrfProof));
    let garbage = Input::Ticket { who: id(3), proof: VrfProof([0; 80]) };
    assert_eq!(world.step(garbage), Err(Error::BadVrfProof));
    assert_eq!(world.step(world.ticket(99)), Err(Error::NotInDraw(id(99))));
    let ticket = world.ticket(3);
    world.ok(ticket.clone());
    assert_eq!(world.step(ticket), Err(Error::AlreadyRevealed(id(3))));
    let idle = (0..20).find(|at| !world.on_duty().contains(at)).expect("nine are idle");
    assert_eq!(world.step(world.contribution(idle)), Err(Error::NotOnDuty(id(idle))));
    let busy = *world.on_duty().iter().next().expect("somebody");
    let contribution = world.contribution(busy);
    world.ok(contribution.clone());
    assert_eq!(world.step(contribution.clone()), Err(Error::AlreadyRevealed(id(busy))));
    world.reveal_all_but(&[3], &[busy]);
    world.end_round().expect("over");
    assert_eq!(world.step(contribution), Err(Error::DrawOver));
    assert_eq!(world.step(world.ticket(5)), Err(Error::DrawOver));
}

impl World {
    fn reveal_all_but(&mut self, tickets: &[u64], contributions: &[u64]) {
        for at in self.drawable().into_iter().filter(|at| !tickets.contains(at)) {
            let input = self.ticket(at);
            self.ok(input);
        }
        for at in self.on_duty().into_iter().filter(|at| !contributions.contains(at)) {
            let input = self.contribution(at);
            self.ok(input);
        }
    }
}

#[test]
fn low_credit_is_filtered_from_the_draws_that_are_not_frozen_yet() {
    let mut filtered = params();
    filtered.filter = Filter::Quantile(200);
    let mut world = World::new(30, filtered);
    let lazy: BTreeSet<u64> = (0..6).collect();
    for at in &lazy {
        world.ok(Input::Report { who: id(*at), duty: Duty::Audit, done: 0, due: 9 });
    }
    let round = world.state().round();
    world.rounds(1);
    for ahead in 2..=3 {
        assert_eq!(world.state().frozen(round + ahead).expect("frozen before").len(), 30);
    }
    let frozen = world.state().frozen(round + 4).expect("frozen after");
    let there: BTreeSet<u64> = frozen.iter().map(|f| number(&f.id)).collect();
    assert_eq!(there, (6..30).collect());
    assert!(frozen.iter().all(|f| f.credit == 700));
}

#[test]
fn too_few_tickets_leave_the_present_set_on_duty_for_another_round() {
    let mut world = World::new(14, params());
    let before = world.on_duty();
    let outputs = world.round(|at| at < 10);
    assert!(outputs.contains(&Output::Stayed { needed: 11, got: 10 }));
    assert_eq!(world.on_duty(), before);
    assert_eq!(world.state().committee().round(), world.state().round());
    let outputs = world.round(|_| true);
    assert!(!outputs.iter().any(|output| matches!(output, Output::Stayed { .. })));
}

#[test]
fn silence_is_jailed_and_comes_back() {
    let mut lenient = params();
    lenient.faults.max_missed_contributions = 9;
    let mut world = World::new(20, lenient);
    let mut jailed = None;
    for _ in 0..4 {
        assert_eq!(jailed, None);
        let outputs = world.round(|at| at != 3);
        jailed = outputs.iter().find_map(|output| match output {
            Output::Jailed { who, until } => Some((*who, *until)),
            _ => None,
        });
    }
    let (who, until) = jailed.expect("after four silent rounds at most");
    assert_eq!(who, id(3));
    let status = |world: &World| world.state().candidate(&id(3)).expect("there").status;
    assert_eq!(status(&world), Status::Jailed { until });
    assert!(world.state().pool().index_of(&id(3)).is_none());
    let early = world.step(Input::Resume { who: id(3) });
    assert_eq!(early, Err(Error::CandidateStatus { got: Status::Jailed { until } }));
    assert_eq!(world.step(world.ticket(3)), Err(Error::NotInDraw(id(3))));
    while world.state().round() < until {
        world.rounds(1);
    }
    world.ok(Input::Resume { who: id(3) });
    world.rounds(2);
    assert_eq!(status(&world), Status::Active);
    let credit = world.state().candidate(&id(3)).expect("there").credit;
    let params = world.state().params().credit;
    assert!(credit.score(&params) < params.neutral, "silence cost credit");
}

#[test]
fn a_contribution_withheld_is_jailed_at_once_and_keeps_its_seat_to_the_end() {
    let mut world = World::new(20, params());
    let silent = *world.on_duty().iter().next().expect("somebody");
    world.reveal_all_but(&[], &[silent]);
    let outputs = world.end_round().expect("over");
    let until = 1 + world.state().params().faults.jail_rounds;
    assert!(outputs.contains(&Output::Jailed { who: id(silent), until }));
    assert!(world.on_duty().contains(&silent));
    let next = world.state().pending().expect("drawn").committee.clone();
    assert!(next.index_of(&id(silent)).is_none(), "its ticket doesn't count any more");
    world.hand_over();
    assert!(!world.on_duty().contains(&silent));
}

#[test]
fn a_report_of_more_than_was_due_is_refused() {
    let mut world = World::new(20, params());
    let report = |who, done, due| Input::Report { who: id(who), duty: Duty::Block, done, due };
    assert_eq!(world.step(report(1, 3, 2)), Err(Error::BadParameter { name: "done" }));
    assert_eq!(world.step(report(99, 1, 2)), Err(Error::NoSuchCandidate(id(99))));
    world.ok(report(1, 2, 2));
}
