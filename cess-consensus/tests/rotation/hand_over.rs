use cess_consensus::{CandidateId, Error, Follower, Input, Kind, Output, State, Vote};

use crate::world::{World, certify, id, number, params};

fn half(who: &CandidateId) -> bool {
    number(who) % 2 == 0
}

#[test]
fn the_present_set_stays_on_duty_until_the_pool_certifies() {
    let mut world = World::new(20, params());
    world.reveal_all(|_| true);
    world.end_round().expect("over");
    let (round, committee) = (world.state().round(), world.state().committee().clone());
    let weak = world.checkpoint(half);
    let refused = world.step(Input::Checkpoint(weak));
    assert_eq!(refused, Err(Error::NoQuorum { needed: 13_334, got: 10_000 }));
    // Blocks go on, the round doesn't end twice, and nobody is handed over to.
    assert_eq!(
        world.step(Input::EndRound { height: 1000, state_root: [0; 32] }),
        Err(Error::DrawOver)
    );
    assert_eq!((world.state().round(), world.state().committee()), (round, &committee));
    let outputs = world.hand_over();
    assert!(matches!(outputs[0], Output::HandedOver { boundary } if boundary.round == round + 1));
}

#[test]
fn a_round_lasts_as_many_blocks_as_it_should() {
    let mut world = World::new(20, params());
    world.reveal_all(|_| true);
    let early = world.step(Input::EndRound { height: 9, state_root: [0; 32] });
    assert_eq!(early, Err(Error::RoundNotOver { until: 10, got: 9 }));
    world.ok(Input::EndRound { height: 12, state_root: [0; 32] });
}

#[test]
fn refuses_certificates_of_other_rounds_chains_and_sets() {
    let mut world = World::new(20, params());
    let none = world.state().boundary().vote(world.state().pool());
    let early = certify(world.state().pool(), none, |_| true);
    assert_eq!(world.step(Input::Checkpoint(early)), Err(Error::NoBoundary));
    world.reveal_all(|_| true);
    world.end_round().expect("over");
    let good = world.checkpoint(|_| true);
    let pool = world.state().pool().clone();
    let mut refused = |change: &dyn Fn(&mut Vote)| {
        let mut vote = good.vote;
        change(&mut vote);
        let certificate = certify(&pool, vote, |_| true);
        world.step(Input::Checkpoint(certificate)).expect_err("refused")
    };
    assert_eq!(refused(&|vote| vote.chain = [0; 32]), Error::WrongChain);
    assert_eq!(refused(&|vote| vote.round += 1), Error::WrongRound { expected: 1, got: 2 });
    assert_eq!(refused(&|vote| vote.value = [0; 32]), Error::WrongValue);
    assert_eq!(refused(&|vote| vote.height += 1), Error::WrongValue);
    assert_eq!(refused(&|vote| vote.voters = [0; 32]), Error::WrongVoters);
    let kind = Error::WrongKind { expected: Kind::Checkpoint, got: Kind::Commit };
    assert_eq!(refused(&|vote| vote.kind = Kind::Commit), kind);
    // All eleven on duty together are no pool.
    let committee = world.state().committee().clone();
    let vote = Vote { voters: committee.digest(), ..good.vote };
    let captured = certify(&committee, vote, |_| true);
    assert_eq!(world.step(Input::Checkpoint(captured)), Err(Error::WrongVoters));
    world.ok(Input::Checkpoint(good.clone()));
    assert_eq!(world.step(Input::Checkpoint(good)), Err(Error::NoBoundary), "replayed");
}

#[test]
fn a_follower_follows_the_state_machine() {
    let mut world = World::new(20, params());
    let state = world.state();
    let trust = state.params().stake.trust_rounds;
    let sets = |state: &State| (state.committee().clone(), state.pool().clone());
    let (committee, pool) = sets(state);
    let mut follower = Follower::new(*state.boundary(), committee, pool, trust).expect("genesis");
    let stale = follower.clone();
    for _ in 0..8 {
        world.reveal_all(|_| true);
        world.end_round().expect("over");
        let certificate = world.checkpoint(|_| true);
        let next = world.state().pending().expect("drawn").boundary;
        world.ok(Input::Checkpoint(certificate.clone()));
        let (committee, pool) = sets(world.state());
        follower.advance(next, &certificate, committee, pool, next.round).expect("certified");
        assert_eq!(follower.boundary(), world.state().boundary());
    }
    // Whoever slept through the trust period can't go on from where it was.
    let (committee, pool) = sets(world.state());
    let (boundary, now) = (*world.state().boundary(), world.state().round());
    let pending = certify(&pool, boundary.vote(&pool), |_| true);
    let refused = stale.clone().advance(boundary, &pending, committee, pool, now);
    assert_eq!(refused, Err(Error::TrustExpired { trusted: 0, now: 8, limit: trust }));
}

#[test]
fn a_state_survives_its_encoding() {
    let mut world = World::new(20, params());
    world.rounds(3);
    world.ok(Input::Exit { who: id(4) });
    world.reveal_all(|at| at != 4 && at != 5);
    world.end_round().expect("over");
    let bytes = world.state().to_bytes();
    let decoded = State::from_bytes(&bytes).expect("its own encoding");
    assert_eq!(&decoded, world.state());
    assert_eq!(decoded.check_invariants(), Ok(()));
    let refused = Err(Error::BadEncoding { what: "state" });
    assert_eq!(State::from_bytes(&bytes[..bytes.len() - 1]), refused);
    assert_eq!(State::from_bytes(&[&bytes[..], &[0]].concat()), refused);
}

#[test]
fn inputs_have_one_encoding() {
    let mut world = World::new(20, params());
    let ticket = world.ticket(3);
    let bytes = ticket.to_bytes();
    assert_eq!(Input::from_bytes(&bytes), Ok(ticket));
    let refused = Err(Error::BadEncoding { what: "input" });
    assert_eq!(Input::from_bytes(&[&bytes[..], &[0]].concat()), refused);
    assert_eq!(Input::from_bytes(&[99]), refused);
    world.reveal_all(|_| true);
    world.end_round().expect("over");
    let checkpoint = Input::Checkpoint(world.checkpoint(|_| true));
    assert_eq!(Input::from_bytes(&checkpoint.to_bytes()), Ok(checkpoint));
}
