use alloc::collections::BTreeSet;

use super::*;

/// Messages until every honest member has a certificate, when the members in `silent` do nothing, and
/// whether it came through collectors. A collector that got a quorum of votes sends the certificate
/// to all.
fn simulate(members: usize, count: usize, view: u32, silent: &BTreeSet<usize>) -> (usize, Route) {
    let quorum = members - usize::try_from(faults(members as u128)).unwrap();
    let voters = members - silent.len();
    assert!(voters >= quorum);
    let collectors = Collectors::new(&[7; 32], members, view, count);
    let mut messages = 0;
    for attempt in 0.. {
        let route = collectors.route(attempt);
        match &route {
            Route::Collectors(indices) => {
                messages += voters * indices.len();
                let awake = indices.iter().filter(|index| !silent.contains(index)).count();
                messages += awake * members;
                if awake > 0 {
                    return (messages, route);
                }
            }
            Route::Everybody => return (messages + voters * members, route),
        }
    }
    unreachable!()
}

#[test]
fn messages_grow_linearly_and_all_to_all_does_not() {
    let none = BTreeSet::new();
    for members in 4..=400 {
        let (messages, _) = simulate(members, 2, 0, &none);
        assert_eq!(messages, 2 * 2 * members);
        assert!(messages <= members * members);
    }
    let per_member = |members: usize| simulate(members, 2, 0, &none).0 / members;
    assert_eq!(per_member(11), per_member(400));
}

#[test]
fn an_honest_collector_is_asked_before_everybody_whoever_is_silent() {
    for members in 4..=60 {
        let f = usize::try_from(faults(members as u128)).unwrap();
        for view in 0..20 {
            // The worst set: the f members that are asked first.
            let first = Collectors::new(&[7; 32], members, view, 1).first;
            let silent: BTreeSet<usize> = (0..f).map(|at| (first + at) % members).collect();
            for count in 1..=3 {
                let (messages, route) = simulate(members, count, view, &silent);
                assert!(matches!(route, Route::Collectors(_)), "{members} {count}");
                // Linear in the members for each attempt, of which f / c + 1 are enough.
                assert!(messages <= (f / count + 1) * 2 * count * members);
            }
        }
    }
}

#[test]
fn everybody_is_asked_in_the_end() {
    let collectors = Collectors::new(&[7; 32], 11, 3, 2);
    assert_eq!(collectors.attempts(), 2);
    assert!(matches!(collectors.route(1), Route::Collectors(_)));
    assert_eq!(collectors.route(2), Route::Everybody);
    assert_eq!(collectors.route(u32::MAX), Route::Everybody);
}

#[test]
fn attempts_ask_others_each_time() {
    let collectors = Collectors::new(&[7; 32], 31, 3, 2);
    let mut asked = BTreeSet::new();
    for attempt in 0..collectors.attempts() {
        let Route::Collectors(indices) = collectors.route(attempt) else { unreachable!() };
        assert!(indices.iter().all(|index| *index < 31 && asked.insert(*index)));
    }
}

#[test]
fn collectors_rotate_with_the_view_and_share_the_work() {
    let mut counts = [0_u32; 11];
    for view in 0..11_000 {
        let Route::Collectors(indices) = Collectors::new(&[7; 32], 11, view, 2).route(0) else {
            unreachable!()
        };
        indices.into_iter().for_each(|index| counts[index] += 1);
    }
    // 2000 expected, with a deviation of about 43.
    assert!(counts.iter().all(|count| (1800..2200).contains(count)), "{counts:?}");
}

#[test]
fn more_collectors_than_members_are_all_members() {
    let Route::Collectors(mut all) = Collectors::new(&[7; 32], 5, 0, 99).route(0) else {
        unreachable!()
    };
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4]);
    assert_eq!(Collectors::new(&[7; 32], 0, 0, 0).route(0), Route::Everybody);
}
