use cess_consensus::{Error, Evidence, Input, Kind, Output, Status, Vote};

use crate::world::{STAKE, World, certify, id, number, params, sign};

fn commit(world: &World, round: u64, value: u8) -> Vote {
    Vote {
        chain: world.state().params().chain,
        kind: Kind::Commit,
        round,
        height: 10 * round + 1,
        view: 0,
        voters: world.state().committee().digest(),
        value: [value; 32],
    }
}

fn votes(world: &World, who: u64, round: u64) -> Evidence {
    let (a, b) = (commit(world, round, 1), commit(world, round, 2));
    Evidence::Votes { who: id(who), first: (a, sign(who, &a)), second: (b, sign(who, &b)) }
}

fn slashed(outputs: &[Output]) -> u128 {
    outputs
        .iter()
        .map(|output| match output {
            Output::Slashed { amount, .. } => *amount,
            _ => 0,
        })
        .sum()
}

#[test]
fn an_equivocator_loses_its_stake_and_its_place_but_not_in_mid_round() {
    let mut world = World::new(20, params());
    let who = *world.on_duty().iter().next().expect("somebody");
    world.ok(Input::Bond { owner: id(100), candidate: id(who), amount: 300 });
    let evidence = votes(&world, who, 0);
    assert_eq!(Evidence::from_bytes(&evidence.to_bytes()), Ok(evidence.clone()));
    let outputs = world.ok(Input::Evidence(evidence.clone()));
    assert_eq!(slashed(&outputs), STAKE + 300);
    assert!(world.on_duty().contains(&who), "on duty to the end of the round");
    let twice = world.step(Input::Evidence(evidence));
    assert_eq!(twice, Err(Error::CandidateStatus { got: Status::Banned }));
    assert_eq!(world.step(world.ticket(who)), Err(Error::NotInDraw(id(who))));
    world.round(|at| at != who);
    assert!(!world.on_duty().contains(&who));
    world.rounds(12);
    assert!(world.state().candidate(&id(who)).is_none());
    assert!(world.balances().is_empty());
    assert_eq!(world.state().books().slashed, STAKE + 300);
}

#[test]
fn refuses_evidence_that_proves_nothing() {
    let mut world = World::new(20, params());
    let (a, b) = (commit(&world, 0, 1), commit(&world, 0, 2));
    let mut refused = |who: u64, first: (Vote, u64), second: (Vote, u64)| {
        let evidence = Evidence::Votes {
            who: id(who),
            first: (first.0, sign(first.1, &first.0)),
            second: (second.0, sign(second.1, &second.0)),
        };
        world.step(Input::Evidence(evidence)).expect_err("refused")
    };
    assert_eq!(refused(3, (a, 3), (a, 3)), Error::NoConflict, "one vote, sent twice");
    let later = Vote { view: 1, ..b };
    assert_eq!(
        refused(3, (a, 3), (later, 3)),
        Error::NoConflict,
        "changed its mind in a later view"
    );
    assert_eq!(refused(3, (a, 3), (b, 4)), Error::BadSignature, "two signers");
    assert_eq!(refused(3, (a, 4), (b, 3)), Error::BadSignature);
    assert_eq!(refused(99, (a, 99), (b, 99)), Error::NoSuchCandidate(id(99)));
    let foreign = |vote: Vote| Vote { chain: [0; 32], ..vote };
    assert_eq!(refused(3, (foreign(a), 3), (foreign(b), 3)), Error::WrongChain);
    assert_eq!(refused(3, (a, 3), (foreign(b), 3)), Error::NoConflict);
}

#[test]
fn leaving_does_not_save_the_stake_of_whoever_can_still_be_punished() {
    let mut world = World::new(20, params());
    let who = *world.on_duty().iter().next().expect("somebody");
    let evidence = votes(&world, who, 0);
    world.ok(Input::Exit { who: id(who) });
    world.rounds(5);
    let got = world.state().candidate(&id(who)).expect("remembered").status;
    assert_eq!(got, Status::Unbonding { banned: false });
    // The last round in which the offence counts: the stake is still there.
    assert_eq!(world.state().round(), world.state().params().stake.evidence_rounds);
    let outputs = world.ok(Input::Evidence(evidence.clone()));
    assert_eq!(slashed(&outputs), STAKE);
    let twice = world.step(Input::Evidence(evidence));
    assert_eq!(twice, Err(Error::CandidateStatus { got: Status::Unbonding { banned: true } }));
    world.rounds(8);
    assert!(world.balances().is_empty());
}

#[test]
fn evidence_expires_before_the_stake_is_free() {
    let mut world = World::new(20, params());
    let who = *world.on_duty().iter().next().expect("somebody");
    let evidence = votes(&world, who, 0);
    world.ok(Input::Exit { who: id(who) });
    world.rounds(6);
    let late = world.step(Input::Evidence(evidence));
    assert_eq!(late, Err(Error::TooOld { offence: 0, now: 6 }));
    assert!(world.balances().is_empty(), "not yet");
    world.rounds(3);
    assert_eq!(world.balances()[&who], STAKE);
}

#[test]
fn stake_withdrawn_before_the_offence_is_not_slashed() {
    let mut world = World::new(20, params());
    world.ok(Input::Bond { owner: id(100), candidate: id(3), amount: 500 });
    world.ok(Input::Unbond { owner: id(100), candidate: id(3), amount: 500 });
    world.rounds(3);
    let evidence = votes(&world, 3, 3);
    assert_eq!(slashed(&world.ok(Input::Evidence(evidence))), STAKE);
    let mut world = World::new(20, params());
    world.ok(Input::Bond { owner: id(100), candidate: id(3), amount: 500 });
    world.rounds(3);
    world.ok(Input::Unbond { owner: id(100), candidate: id(3), amount: 500 });
    let evidence = votes(&world, 3, 3);
    assert_eq!(slashed(&world.ok(Input::Evidence(evidence))), STAKE + 500);
}

#[test]
fn two_certificates_punish_everybody_in_both() {
    let mut world = World::new(20, params());
    let set = world.state().committee().clone();
    let members: Vec<u64> = set.members().iter().map(|m| number(&m.id)).collect();
    let side = |range: std::ops::Range<usize>, value| {
        let chosen = members[range].to_vec();
        certify(&set, commit(&world, 0, value), move |who| chosen.contains(&number(who)))
    };
    let (first, second) = (side(0..8, 1), side(3..11, 2));
    world.rounds(2);
    let evidence = Evidence::Certificates { first: first.clone(), second };
    assert_eq!(Evidence::from_bytes(&evidence.to_bytes()), Ok(evidence.clone()));
    let outputs = world.ok(Input::Evidence(evidence.clone()));
    assert_eq!(slashed(&outputs), 5 * STAKE);
    for (at, member) in members.iter().enumerate() {
        let banned = world.state().candidate(&id(*member)).expect("there").status == Status::Banned;
        assert_eq!(banned, (3..8).contains(&at));
    }
    let twice = world.step(Input::Evidence(evidence));
    assert_eq!(twice, Err(Error::CandidateStatus { got: Status::Banned }));
    let same = Evidence::Certificates { first: first.clone(), second: first };
    assert_eq!(world.step(Input::Evidence(same)), Err(Error::NoConflict));
}

#[test]
fn two_boundaries_punish_the_pool_s_members_in_both() {
    let mut world = World::new(20, params());
    world.reveal_all(|_| true);
    world.end_round().expect("over");
    let honest = world.checkpoint(|who| number(who) < 14);
    let pool = world.state().pool().clone();
    let forged = Vote { value: [0; 32], height: 99, ..honest.vote };
    let forged = certify(&pool, forged, |who| number(who) >= 6);
    world.ok(Input::Checkpoint(honest.clone()));
    let evidence = Evidence::Certificates { first: honest.clone(), second: forged.clone() };
    let outputs = world.ok(Input::Evidence(evidence));
    assert_eq!(slashed(&outputs), 8 * STAKE, "6 to 13");
    let unknown = |certificate: &cess_consensus::Certificate| {
        let mut certificate = certificate.clone();
        certificate.vote.round += 7;
        certificate
    };
    let evidence = Evidence::Certificates { first: unknown(&honest), second: unknown(&forged) };
    assert_eq!(world.step(Input::Evidence(evidence)), Err(Error::WrongVoters));
}

#[test]
fn the_banned_do_not_stay_when_too_few_tickets_come() {
    let mut world = World::new(14, params());
    let duty: Vec<u64> = world.on_duty().into_iter().collect();
    let evidence = votes(&world, duty[0], 0);
    world.ok(Input::Evidence(evidence));
    let outputs = world.round(|at| at < 5 && at != duty[0]);
    assert!(outputs.iter().any(|output| matches!(output, Output::Stayed { .. })));
    let expected: std::collections::BTreeSet<u64> = duty[1..].iter().copied().collect();
    assert_eq!(world.on_duty(), expected);
}
