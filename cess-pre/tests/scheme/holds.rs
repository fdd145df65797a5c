//! Who may open opens, whichever proxies answer.

use cess_pre::{Error, Receipt, SealedShare};

use crate::world::{World, data_key, rng, subsets};

#[test]
fn owner_and_delegatee_derive_the_same_data_key_for_every_subset() {
    for (t, n) in [(1, 1), (1, 3), (2, 2), (2, 3), (3, 5)] {
        let world = World::new(t, n);
        assert_eq!(world.owner.open(&world.capsule), Ok(data_key()));
        let (received, request) = (world.received(), world.request(7));
        let answers = world.answers(&(1..=n).collect::<Vec<_>>(), &request);
        for size in 1..=n {
            for subset in subsets(n, size) {
                let some: Vec<_> =
                    subset.iter().rev().map(|i| answers[usize::from(*i) - 1].clone()).collect();
                let combined = received.combine(&world.capsule, &request, &some);
                if size < t {
                    let (needed, got) = (usize::from(t), usize::from(size));
                    assert_eq!(combined.key, Err(Error::NotEnoughAnswers { needed, got }));
                } else {
                    assert_eq!(combined.key, Ok(data_key()));
                }
                assert!(combined.liars.is_empty() && combined.strays.is_empty());
            }
        }
    }
}

#[test]
fn the_largest_grants_open() {
    for (t, n) in [(2, 255), (255, 255)] {
        let world = World::new(t, n);
        let request = world.request(7);
        let last: Vec<u8> = (n - t + 1..=n).collect();
        let answers = world.answers(&last, &request);
        let combined = world.received().combine(&world.capsule, &request, &answers);
        assert_eq!(combined.key, Ok(data_key()));
        let bytes = world.grant().grant().to_bytes();
        assert_eq!(bytes.len(), 388 + 48 * (usize::from(t) + usize::from(n)));
        assert_eq!(cess_pre::Grant::from_bytes(&bytes).as_ref(), Ok(world.grant().grant()));
    }
}

#[test]
fn every_object_survives_its_bytes() {
    let world = World::new(3, 5);
    let request = world.request(7);
    let answer = world.answer(2, &request);
    let key = world.owner.public();
    assert_eq!(cess_pre::PublicKey::from_bytes(&key.to_bytes()).as_ref(), Ok(key));
    let w = world.capsule.condition();
    assert_eq!(cess_pre::Condition::from_bytes(&w.to_bytes()).as_ref(), Ok(w));
    let capsule = world.capsule.capsule();
    assert_eq!(cess_pre::Capsule::from_bytes(&capsule.to_bytes()).as_ref(), Ok(capsule));
    let grant = world.grant().grant();
    assert_eq!(cess_pre::Grant::from_bytes(&grant.to_bytes()).as_ref(), Ok(grant));
    assert_eq!(cess_pre::Request::from_bytes(&request.to_bytes()), Ok(request));
    assert_eq!(cess_pre::Answer::from_bytes(&answer.to_bytes()), Ok(answer));
    for (proxy, sealed) in world.proxies.iter().zip(&world.delegation.shares) {
        assert_eq!(SealedShare::from_bytes(&sealed.to_bytes()).as_ref(), Ok(sealed));
        let (_, receipt) = proxy.accept(world.grant(), sealed, &mut rng(1)).unwrap();
        assert_eq!(Receipt::from_bytes(&receipt.to_bytes()).as_ref(), Ok(&receipt));
        assert_eq!(receipt.check(world.grant()), Ok(()));
    }
}
