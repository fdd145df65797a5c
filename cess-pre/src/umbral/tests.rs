use std::format;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

struct World {
    owner: SecretKey,
    delegatee: SecretKey,
    key: DataKey,
    capsule: Capsule,
    shares: Vec<Share>,
}

fn world() -> World {
    let [owner, delegatee] = [1, 2].map(|seed| SecretKey::from_seed(&[seed; 32]).unwrap());
    let key = DataKey::generate(&mut rng(3));
    let capsule = owner.public().encapsulate(&key, &mut rng(4)).unwrap();
    let threshold = Threshold::new(3).unwrap();
    let shares = owner.delegate(delegatee.public(), threshold, 5, &mut rng(5)).unwrap();
    World { owner, delegatee, key, capsule, shares }
}

#[test]
fn owner_and_delegatee_derive_the_same_data_key_over_the_wire() {
    let World { owner, delegatee, key, capsule, shares } = world();
    assert_eq!(owner.open(&capsule).unwrap(), key);
    let (alice, bob) = (owner.public(), delegatee.public());
    assert!(PublicKey::from_bytes(&alice.to_bytes()).unwrap() == *alice);
    let (bytes, wrap) = capsule.to_bytes();
    let read = Capsule::from_bytes(&bytes, &wrap).unwrap();
    assert_eq!(read, capsule);
    let answers: Vec<Answer> = shares
        .iter()
        .map(|share| {
            let share = Share::from_bytes(&share.to_bytes(), alice, bob).unwrap();
            let answer = share.answer(&capsule, &mut rng(6));
            Answer::from_bytes(&answer.to_bytes(), &capsule, alice, bob).unwrap()
        })
        .collect();
    for some in answers.windows(3) {
        assert_eq!(delegatee.combine(alice, &capsule, some).unwrap(), key);
    }
    assert_eq!(delegatee.combine(alice, &capsule, &answers[..2]), Err(Error::Wrap));
    assert_eq!(owner.combine(alice, &capsule, &answers[..3]), Err(Error::Wrap));
    assert_eq!(delegatee.open(&capsule), Err(Error::Wrap));
}

#[test]
fn refuses_what_was_altered_or_is_anothers() {
    let World { owner, delegatee, capsule, shares, .. } = world();
    let (alice, bob) = (owner.public(), delegatee.public());
    let share = shares[0].to_bytes();
    let answer = shares[0].answer(&capsule, &mut rng(6)).to_bytes();
    let other = alice.encapsulate(&DataKey::generate(&mut rng(8)), &mut rng(9)).unwrap();

    let wrong = |what| Some(Error::Umbral { what });
    assert_eq!(Share::from_bytes(&share, bob, alice).err(), wrong(What::SealedShare));
    assert_eq!(Answer::from_bytes(&answer, &other, alice, bob).err(), wrong(What::Answer));
    for at in (0..share.len()).step_by(5) {
        let mut bytes = share.clone();
        bytes[at] ^= 1;
        // What the proxy can't see, a signature for the delegatee, shows in its answer.
        let answer = Share::from_bytes(&bytes, alice, bob)
            .map(|share| share.answer(&capsule, &mut rng(6)).to_bytes())
            .and_then(|answer| Answer::from_bytes(&answer, &capsule, alice, bob));
        assert!(answer.is_err(), "{at}");
    }
    for at in (0..answer.len()).step_by(5) {
        let mut bytes = answer.clone();
        bytes[at] ^= 1;
        let read = Answer::from_bytes(&bytes, &capsule, alice, bob);
        assert_eq!(read.err(), wrong(What::Answer), "{at}");
    }
    let (bytes, wrap) = capsule.to_bytes();
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Capsule::from_bytes(&longer, &wrap), Err(Error::Umbral { what: What::Capsule }));
    let mut altered = wrap.clone();
    altered[20] ^= 1;
    assert_eq!(owner.open(&Capsule::from_bytes(&bytes, &altered).unwrap()), Err(Error::Wrap));
    assert_eq!(PublicKey::from_bytes(&[0; 66]).err(), wrong(What::PublicKey));
    assert_eq!(PublicKey::from_bytes(&[0; 3]).err(), wrong(What::PublicKey));
}

#[test]
fn refuses_a_threshold_that_the_proxies_cannot_reach() {
    let World { owner, delegatee, .. } = world();
    let threshold = Threshold::new(3).unwrap();
    let refused = owner.delegate(delegatee.public(), threshold, 2, &mut rng(1)).err();
    assert_eq!(refused, Some(Error::Threshold { threshold: 3, proxies: 2 }));
}

#[test]
fn one_delegation_opens_everything_which_is_why_it_takes_no_condition() {
    let World { owner, delegatee, shares, .. } = world();
    let later = DataKey::generate(&mut rng(8));
    let capsule = owner.public().encapsulate(&later, &mut rng(9)).unwrap();
    let answers: Vec<_> =
        shares[..3].iter().map(|share| share.answer(&capsule, &mut rng(6))).collect();
    assert_eq!(delegatee.combine(owner.public(), &capsule, &answers).unwrap(), later);
}

#[test]
fn debug_shows_no_secret() {
    let World { owner, shares, .. } = world();
    assert_eq!(format!("{owner:?}"), "SecretKey { .. }");
    assert_eq!(format!("{:?}", shares[0]), "Share { .. }");
}
