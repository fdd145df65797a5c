use cess_consensus::{Error, Input, Output, Registration, Status};

use crate::world::{STAKE, World, id, number, params, registration};

fn status(world: &World, at: u64) -> Status {
    world.state().candidate(&id(at)).expect("a candidate").status
}

#[test]
fn a_candidate_waits_is_active_and_leaves_with_its_stake() {
    let mut world = World::new(20, params());
    let registered = world.ok(Input::Register(registration(50, 1500)));
    assert_eq!(registered, [Output::Registered { who: id(50), active: 2 }]);
    assert_eq!(status(&world, 50), Status::Waiting { until: 2 });
    world.rounds(1);
    assert_eq!(status(&world, 50), Status::Waiting { until: 2 });
    world.rounds(1);
    assert_eq!(status(&world, 50), Status::Active);
    world.rounds(4);
    world.ok(Input::Exit { who: id(50) });
    let left = world.state().round();
    while status(&world, 50) == Status::Leaving {
        world.rounds(1);
        assert!(world.state().round() < left + 4, "on duty at most in what was drawn already");
    }
    let began = world.state().round();
    world.rounds(6);
    assert_eq!(world.balances().get(&50), None);
    world.rounds(1);
    assert_eq!(world.balances()[&50], 1500, "released in round {}", began + 7);
    assert!(world.state().candidate(&id(50)).is_none());
    assert_eq!(world.outputs.last(), Some(&Output::Gone { who: id(50) }));
}

#[test]
fn nominations_count_and_come_back() {
    let mut world = World::new(20, params());
    let bond = |owner, amount| Input::Bond { owner: id(owner), candidate: id(3), amount };
    let unbond = |owner, amount| Input::Unbond { owner: id(owner), candidate: id(3), amount };
    assert_eq!(world.ok(bond(100, 400)), [Output::Bonded { who: id(3), stake: STAKE + 400 }]);
    world.ok(bond(3, 100));
    world.rounds(1);
    let voter = world.state().pool().index_of(&id(3)).expect("in the pool");
    assert_eq!(world.state().pool().members()[voter].weight, STAKE + 500);
    let refused = world.step(unbond(100, 401));
    assert_eq!(refused, Err(Error::StakeTooLow { min: 401, got: 400 }));
    assert_eq!(world.step(unbond(101, 1)), Err(Error::StakeTooLow { min: 1, got: 0 }));
    assert_eq!(world.step(unbond(100, 0)), Err(Error::StakeTooLow { min: 1, got: 400 }));
    let below = world.step(unbond(3, 101));
    assert_eq!(below, Err(Error::StakeTooLow { min: STAKE, got: STAKE - 1 }));
    world.ok(unbond(100, 150));
    world.ok(unbond(3, 100));
    // Bound until the boundary comes, and the period from there.
    world.rounds(7);
    assert!(world.balances().is_empty());
    world.rounds(1);
    assert_eq!(world.balances(), [(3, 100), (100, 150)].into());
    let candidate = world.state().candidate(&id(3)).expect("a candidate");
    assert_eq!(candidate.stake(), STAKE + 250);
}

#[test]
fn refuses_registrations_that_take_what_is_another_s() {
    let mut world = World::new(20, params());
    let good = registration(50, STAKE);
    let mut refused = |change: &dyn Fn(&mut Registration)| {
        let mut registration = good;
        change(&mut registration);
        world.step(Input::Register(registration)).expect_err("refused")
    };
    let other = registration(51, STAKE);
    assert_eq!(refused(&|r| r.id = id(3)), Error::CandidateExists(id(3)));
    assert_eq!(refused(&|r| r.vrf = registration(3, 0).vrf), Error::KeyInUse);
    assert_eq!(refused(&|r| r.vote = registration(3, 0).vote), Error::KeyInUse);
    let low = Error::StakeTooLow { min: STAKE, got: STAKE - 1 };
    assert_eq!(refused(&|r| r.stake = STAKE - 1), low);
    assert_eq!(refused(&|r| r.vrf_possession = other.vrf_possession), Error::BadVrfProof);
    assert_eq!(refused(&|r| r.vote_possession = other.vote_possession), Error::BadPossession);
    // A key and its proof, copied from somebody who hasn't registered yet.
    let copied = |r: &mut Registration| {
        (r.vote, r.vote_possession) = (other.vote, other.vote_possession);
    };
    assert_eq!(refused(&copied), Error::BadPossession);
    let copied =
        |r: &mut Registration| (r.vrf, r.vrf_possession) = (other.vrf, other.vrf_possession);
    assert_eq!(refused(&copied), Error::BadVrfProof);
    assert_eq!(refused(&|r| r.stake = u128::MAX), Error::Overflow);
    world.ok(Input::Register(good));
}

#[test]
fn refuses_what_does_not_fit_the_status() {
    let mut world = World::new(20, params());
    world.ok(Input::Exit { who: id(5) });
    let leaving = Error::CandidateStatus { got: Status::Leaving };
    assert_eq!(world.step(Input::Exit { who: id(5) }), Err(leaving));
    let bond = Input::Bond { owner: id(5), candidate: id(5), amount: 1 };
    assert_eq!(world.step(bond), Err(leaving));
    assert_eq!(world.step(Input::Resume { who: id(5) }), Err(leaving));
    let active = Error::CandidateStatus { got: Status::Active };
    assert_eq!(world.step(Input::Resume { who: id(6) }), Err(active));
    let nothing = Input::Bond { owner: id(6), candidate: id(6), amount: 0 };
    assert_eq!(world.step(nothing), Err(Error::StakeTooLow { min: 1, got: 0 }));
    let strange = Error::NoSuchCandidate(id(99));
    for input in [
        Input::Exit { who: id(99) },
        Input::Resume { who: id(99) },
        Input::Bond { owner: id(1), candidate: id(99), amount: 1 },
        Input::Unbond { owner: id(1), candidate: id(99), amount: 1 },
    ] {
        assert_eq!(world.step(input), Err(strange));
    }
    world.rounds(5);
    let unbonding = Error::CandidateStatus { got: Status::Unbonding { banned: false } };
    let unbond = Input::Unbond { owner: id(5), candidate: id(5), amount: 1 };
    assert_eq!(world.step(unbond), Err(unbonding));
    let again = world.step(Input::Register(registration(5, STAKE)));
    assert_eq!(again, Err(Error::CandidateExists(id(5))));
}

#[test]
fn whoever_is_on_duty_serves_to_the_end_of_the_round() {
    let mut world = World::new(20, params());
    let leaver = *world.on_duty().iter().next().expect("somebody");
    world.ok(Input::Exit { who: id(leaver) });
    assert!(world.on_duty().contains(&leaver));
    let contribution = world.contribution(leaver);
    world.ok(contribution);
    let refused = world.step(world_ticket(&world, leaver));
    assert_eq!(refused, Err(Error::NotInDraw(id(leaver))));
    world.reveal_all(|at| at != leaver);
    world.end_round().expect("over");
    world.hand_over();
    assert!(!world.on_duty().contains(&leaver));
}

fn world_ticket(world: &World, at: u64) -> Input {
    world.ticket(at)
}

#[test]
fn too_small_a_genesis_is_refused() {
    use cess_consensus::State;
    use cess_consensus::vrf::IdealVrf;
    let all: Vec<Registration> = (0..10).map(|at| registration(at, STAKE)).collect();
    let refused = State::genesis::<IdealVrf>(params(), &[0; 32], 0, &all);
    assert_eq!(refused.err(), Some(Error::BadParameter { name: "candidates" }));
    let mut twice: Vec<Registration> = (0..11).map(|at| registration(at, STAKE)).collect();
    twice[10] = twice[0];
    let refused = State::genesis::<IdealVrf>(params(), &[0; 32], 0, &twice);
    assert_eq!(refused.err(), Some(Error::CandidateExists(id(0))));
    assert_eq!(number(&id(7)), 7);
}
