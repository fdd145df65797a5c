use alloc::vec;

use super::*;
use crate::fixture::{committee, id, secret, voters};

fn member(at: usize, weight: u128) -> Voter {
    Voter { id: id(at), key: secret(at).key(), weight }
}

fn refused(role: Role, members: Vec<Voter>) -> &'static str {
    match Voters::new(role, 0, members) {
        Err(Error::BadVoters { what }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn refuses_sets_that_count_somebody_twice() {
    assert_eq!(refused(Role::Pool, vec![]), "empty");
    assert_eq!(refused(Role::Pool, vec![member(2, 1), member(1, 1)]), "ids do not rise");
    assert_eq!(refused(Role::Pool, vec![member(1, 1), member(1, 1)]), "ids do not rise");
    let twin = Voter { id: id(2), ..member(1, 1) };
    assert_eq!(refused(Role::Pool, vec![member(1, 1), twin]), "a key comes twice");
    assert_eq!(refused(Role::Pool, vec![member(1, 0)]), "weight");
    assert_eq!(refused(Role::Committee, vec![member(1, 2)]), "weight");
    let overflow = Voters::new(Role::Pool, 0, vec![member(1, u128::MAX), member(2, 1)]);
    assert_eq!(overflow, Err(Error::Overflow));
}

#[test]
fn eleven_need_eight_and_stakes_more_than_two_thirds() {
    assert_eq!((committee(0).quorum(), committee(0).faults()), (8, 3));
    let pool = voters(Role::Pool, 0, 4, |at| 100 * (1 + at as u128));
    assert_eq!((pool.total(), pool.quorum(), pool.faults()), (1000, 667, 333));
}

#[test]
fn the_digest_binds_every_part() {
    let plain = Voters::new(Role::Pool, 1, vec![member(1, 1), member(2, 1)]).unwrap();
    let others = [
        Voters::new(Role::Committee, 1, vec![member(1, 1), member(2, 1)]),
        Voters::new(Role::Pool, 2, vec![member(1, 1), member(2, 1)]),
        Voters::new(Role::Pool, 1, vec![member(1, 1), member(2, 2)]),
        Voters::new(Role::Pool, 1, vec![member(1, 1), member(3, 1)]),
        Voters::new(Role::Pool, 1, vec![member(1, 1)]),
        Voters::new(Role::Pool, 1, vec![member(1, 1), Voter { id: id(5), ..member(2, 1) }]),
    ];
    for other in others {
        assert_ne!(other.unwrap().digest(), plain.digest());
    }
    assert_eq!(plain.renewed(2), Voters::new(Role::Pool, 2, plain.members().to_vec()).unwrap());
}

#[test]
fn members_are_found_by_id_and_index() {
    let set = committee(0);
    assert_eq!(set.index_of(&id(4)), Some(4));
    assert_eq!(set.index_of(&id(11)), None);
    assert_eq!(set.member(4).unwrap().id, id(4));
    assert_eq!(set.member(11), Err(Error::NoSuchVoter { index: 11, count: 11 }));
}

#[test]
fn decoding_checks_what_new_checks() {
    let set = committee(3);
    let bytes = borsh::to_vec(&set).unwrap();
    assert_eq!(borsh::from_slice::<Voters>(&bytes).unwrap(), set);
    let mut zero_weight = bytes.clone();
    *zero_weight.last_mut().unwrap() = 1;
    assert!(borsh::from_slice::<Voters>(&zero_weight).is_err());
    assert!(borsh::from_slice::<Voters>(&bytes[..bytes.len() - 1]).is_err());
    let mut count = bytes;
    count[9..13].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(borsh::from_slice::<Voters>(&count).is_err());
}
