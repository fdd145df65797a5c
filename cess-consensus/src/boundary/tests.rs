use super::*;
use crate::fixture::{CHAIN, certify, committee, indices, vote_of, voters};

const TRUST: u64 = 14;

fn pool(round: u64) -> Voters {
    voters(Role::Pool, round, 9, |at| 10 + at as u128)
}

fn genesis() -> Boundary {
    Boundary {
        chain: CHAIN,
        round: 5,
        height: 500,
        parent: [1; 32],
        seed: [2; 32],
        committee: committee(5).digest(),
        pool: pool(6).digest(),
        state_root: [3; 32],
    }
}

fn follower() -> Follower {
    Follower::new(genesis(), committee(5), pool(6), TRUST).unwrap()
}

fn next(after: &Boundary) -> Boundary {
    let round = after.round + 1;
    Boundary {
        round,
        height: after.height + 100,
        parent: after.digest(),
        seed: [4; 32],
        committee: committee(round).digest(),
        pool: pool(round + 1).digest(),
        ..*after
    }
}

fn signed(boundary: &Boundary, count: usize) -> Certificate {
    let pool = pool(boundary.round);
    certify(&pool, boundary.vote(&pool), &indices(count))
}

fn advance(
    follower: &mut Follower,
    next: Boundary,
    certificate: &Certificate,
    now: u64,
) -> Result<(), Error> {
    let before = follower.clone();
    let round = next.round;
    let result =
        follower.advance(next, certificate, committee(round), pool(round.saturating_add(1)), now);
    if result.is_err() {
        assert_eq!(*follower, before, "a refused boundary changes nothing");
    }
    result
}

#[test]
fn follows_certified_boundaries() {
    let mut follower = follower();
    for _ in 0..3 {
        let next = next(follower.boundary());
        let now = next.round;
        assert_eq!(advance(&mut follower, next, &signed(&next, 9), now), Ok(()));
        assert_eq!(*follower.boundary(), next);
        assert_eq!(follower.committee().round(), next.round);
        assert_eq!(follower.pool().round(), next.round + 1);
    }
}

#[test]
fn refuses_a_boundary_without_two_thirds_of_the_stake() {
    let next = next(&genesis());
    // 0..7 hold 91 of 126, 0..6 hold 75; the quorum is 85.
    assert_eq!(advance(&mut follower(), next, &signed(&next, 7), 6), Ok(()));
    let refused = advance(&mut follower(), next, &signed(&next, 6), 6);
    assert_eq!(refused, Err(Error::NoQuorum { needed: 85, got: 75 }));
}

#[test]
fn refuses_a_boundary_that_the_committee_signed() {
    let next = next(&genesis());
    let set = committee(6);
    let vote = Vote { voters: set.digest(), ..next.vote(&pool(6)) };
    let certificate = certify(&set, vote, &indices(11));
    assert_eq!(advance(&mut follower(), next, &certificate, 6), Err(Error::WrongVoters));
}

#[test]
fn refuses_another_value_kind_chain_or_round() {
    let next = next(&genesis());
    let set = pool(6);
    let signed_as = |change: &dyn Fn(&mut Vote)| {
        let mut vote = next.vote(&set);
        change(&mut vote);
        let certificate = certify(&set, vote, &indices(9));
        advance(&mut follower(), next, &certificate, 6)
    };
    assert_eq!(signed_as(&|vote| vote.value = [0; 32]), Err(Error::WrongValue));
    assert_eq!(signed_as(&|vote| vote.view = 1), Err(Error::WrongValue));
    let kind = Error::WrongKind { expected: Kind::Checkpoint, got: Kind::Commit };
    assert_eq!(signed_as(&|vote| vote.kind = Kind::Commit), Err(kind));
    assert_eq!(signed_as(&|vote| vote.chain = [0; 32]), Err(Error::WrongChain));
    let round = Error::WrongRound { expected: 6, got: 7 };
    assert_eq!(signed_as(&|vote| vote.round = 7), Err(round));
}

#[test]
fn refuses_what_does_not_follow() {
    let good = next(&genesis());
    let try_next =
        |boundary: Boundary| advance(&mut follower(), boundary, &signed(&boundary, 9), 6);
    assert_eq!(try_next(Boundary { parent: [0; 32], ..good }), Err(Error::NotNext));
    assert_eq!(try_next(Boundary { height: 500, ..good }), Err(Error::NotNext));
    assert_eq!(try_next(Boundary { chain: [0; 32], ..good }), Err(Error::WrongChain));
    for round in [0, 5, 7] {
        let wrong = Error::WrongRound { expected: 6, got: round };
        assert_eq!(try_next(Boundary { round, ..good }), Err(wrong));
    }
}

#[test]
fn refuses_sets_that_the_boundary_does_not_name() {
    let next = next(&genesis());
    let certificate = signed(&next, 9);
    let try_sets = |committee, pool| follower().advance(next, &certificate, committee, pool, 6);
    assert_eq!(try_sets(committee(6), pool(7)), Ok(()));
    for (committee, pool) in [
        (committee(7), pool(7)),
        (committee(6), pool(6)),
        (pool(6), committee(7)),
        (voters(Role::Committee, 6, 10, |_| 1), pool(7)),
    ] {
        assert_eq!(try_sets(committee, pool), Err(Error::WrongVoters));
    }
    let new = Follower::new(genesis(), committee(6), pool(6), TRUST);
    assert_eq!(new.err(), Some(Error::WrongVoters));
}

#[test]
fn refuses_a_long_range_certificate() {
    // Signed by a whole pool, all of which may have its stake back by now.
    let next = next(&genesis());
    let certificate = signed(&next, 9);
    assert_eq!(advance(&mut follower(), next, &certificate, 5 + TRUST), Ok(()));
    let refused = advance(&mut follower(), next, &certificate, 6 + TRUST);
    assert_eq!(refused, Err(Error::TrustExpired { trusted: 5, now: 6 + TRUST, limit: TRUST }));
}

#[test]
fn takes_commits_of_the_committee_on_duty_alone() {
    let follower = follower();
    let on_duty = committee(5);
    let commit = |set: &Voters, height| certify(set, vote_of(set, height, 1), &indices(8));
    assert_eq!(follower.check_commit(&commit(&on_duty, 501)), Ok(()));
    for round in [4, 6] {
        let stale = Error::StaleCommittee { present: 5, got: round };
        assert_eq!(follower.check_commit(&commit(&committee(round), 501)), Err(stale));
    }
    assert_eq!(follower.check_commit(&commit(&on_duty, 500)), Err(Error::NotNext));
    let few = certify(&on_duty, vote_of(&on_duty, 501, 1), &indices(7));
    assert_eq!(follower.check_commit(&few), Err(Error::NoQuorum { needed: 8, got: 7 }));
    let prepare = Vote { kind: Kind::Prepare, ..vote_of(&on_duty, 501, 1) };
    let kind = Error::WrongKind { expected: Kind::Commit, got: Kind::Prepare };
    assert_eq!(follower.check_commit(&certify(&on_duty, prepare, &indices(8))), Err(kind));
    let foreign = Vote { chain: [0; 32], ..vote_of(&on_duty, 501, 1) };
    let foreign = certify(&on_duty, foreign, &indices(8));
    assert_eq!(follower.check_commit(&foreign), Err(Error::WrongChain));
}

#[test]
fn a_boundary_has_one_encoding() {
    let boundary = genesis();
    let bytes = boundary.to_bytes();
    assert_eq!(Boundary::from_bytes(&bytes), Ok(boundary));
    assert_eq!(borsh::to_vec(&boundary).unwrap(), bytes);
    let refused = Err(Error::BadEncoding { what: "boundary" });
    assert_eq!(Boundary::from_bytes(&bytes[1..]), refused);
    assert_eq!(Boundary::from_bytes(&[&bytes[..], &[0]].concat()), refused);
}
