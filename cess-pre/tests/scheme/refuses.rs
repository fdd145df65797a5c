//! What is refused, each by its own error. Every refusal has its accepting twin beside it.

use cess_pre::{
    Answer, Capsule, Condition, DataKey, Error, Evidence, Grant, PublicKey, Receipt, Replacement,
    Request, Revocation, SealedShare, Threshold, Transfer,
};

use crate::reference::{self, Keys, fr, g1};
use crate::world::{
    FILE, LEDGER, NOT_AFTER, World, condition, data_key, flipped, rng, secret, terms, threshold,
};

fn seed(index: u8) -> [u8; 32] {
    let mut seed = [0xee; 32];
    seed[0] = index;
    seed
}

fn keys(world: &World) -> Vec<PublicKey> {
    world.proxies.iter().map(|proxy| proxy.public().clone()).collect()
}

#[test]
fn refuses_a_capsule_of_another_condition() {
    let world = World::new(2, 3);
    let elsewhere = [
        condition().next_epoch().unwrap(),
        Condition::file(LEDGER, [0xF2; 32], 0),
        Condition::file([0xC6; 32], FILE, 0),
    ];
    let received = world.received();
    assert!(received.request(&world.delegatee, &world.capsule, &mut rng(1)).is_ok());
    for w in elsewhere {
        let owner = world.owner.public();
        let other = owner.encapsulate(&data_key(), &w, &FILE, &mut rng(1)).unwrap();
        let asked = received.request(&world.delegatee, &other, &mut rng(1));
        assert_eq!(asked, Err(Error::OtherCondition));
        let request = world.request(7);
        assert_eq!(request.check(world.grant(), &other), Err(Error::OtherCondition));
        let answers = world.answers(&[1, 2], &request);
        assert_eq!(received.combine(&other, &request, &answers).key, Err(Error::OtherCondition));
        let answered = world.proxies[0].answer(
            &world.shares[0],
            world.grant(),
            &other,
            &request,
            0,
            &mut rng(1),
        );
        assert_eq!(answered, Err(Error::OtherCondition));
    }
}

#[test]
fn refuses_another_owners_capsule() {
    let world = World::new(2, 3);
    let other = secret(9);
    let theirs = other.public().encapsulate(&data_key(), &condition(), &FILE, &mut rng(1)).unwrap();
    assert_eq!(world.owner.open(&theirs), Err(Error::OtherOwner));
    assert_eq!(other.open(&theirs), Ok(data_key()));
    let asked = world.received().request(&world.delegatee, &theirs, &mut rng(1));
    assert_eq!(asked, Err(Error::OtherOwner));
    assert_eq!(world.request(7).check(world.grant(), &theirs), Err(Error::OtherOwner));
}

#[test]
fn refuses_another_delegatee() {
    let world = World::new(2, 3);
    let other = secret(9);
    assert_eq!(other.receive(world.grant()).err(), Some(Error::OtherDelegatee));
    let grant = world.grant().grant().clone();
    let refused = grant.clone().check(world.owner.public(), other.public());
    assert_eq!(refused, Err(Error::OtherDelegatee));
    assert!(grant.check(world.owner.public(), world.delegatee.public()).is_ok());
    let asked = world.received().request(&other, &world.capsule, &mut rng(1));
    assert_eq!(asked, Err(Error::OtherDelegatee));
}

#[test]
fn refuses_a_request_that_the_delegatee_did_not_sign() {
    let world = World::new(2, 3);
    let request = world.request(7);
    assert_eq!(request.check(world.grant(), &world.capsule), Ok(()));
    let bytes = request.to_bytes();
    for bit in (64 * 8..Request::LEN * 8).step_by(13) {
        let Ok(altered) = Request::from_bytes(&flipped(&bytes, bit)) else { continue };
        let checked = altered.check(world.grant(), &world.capsule);
        assert_eq!(checked, Err(Error::RequestSignature), "bit {bit}");
        let answered = world.proxies[0].answer(
            &world.shares[0],
            world.grant(),
            &world.capsule,
            &altered,
            0,
            &mut rng(1),
        );
        assert_eq!(answered, Err(Error::RequestSignature));
    }
    let other = Request::from_bytes(&flipped(&bytes, 0)).unwrap();
    assert_eq!(other.check(world.grant(), &world.capsule), Err(Error::OtherGrant));
    let other = Request::from_bytes(&flipped(&bytes, 32 * 8)).unwrap();
    assert_eq!(other.check(world.grant(), &world.capsule), Err(Error::OtherCapsule));
}

#[test]
fn refuses_to_answer_after_the_last_height() {
    let world = World::new(2, 3);
    let request = world.request(7);
    let answer = |height| {
        let (proxy, share) = (&world.proxies[0], &world.shares[0]);
        proxy.answer(share, world.grant(), &world.capsule, &request, height, &mut rng(1))
    };
    assert!(answer(0).is_ok() && answer(NOT_AFTER).is_ok());
    for height in [NOT_AFTER + 1, u64::MAX] {
        assert_eq!(answer(height), Err(Error::Expired { not_after: NOT_AFTER, height }));
    }
}

#[test]
fn a_proxy_answers_only_for_its_own_share_and_grant() {
    let world = World::new(2, 3);
    let other = World::new(3, 3);
    let request = world.request(7);
    let (grant, capsule) = (world.grant(), &world.capsule);
    let answer = |proxy: usize, share| {
        world.proxies[proxy].answer(share, grant, capsule, &request, 0, &mut rng(1))
    };
    assert!(answer(0, &world.shares[0]).is_ok());
    assert_eq!(answer(0, &world.shares[1]), Err(Error::OtherProxy { index: 2 }));
    assert_eq!(answer(0, &other.shares[0]), Err(Error::OtherGrant));
    let (shares, other_grant) = (&world.delegation.shares, other.grant());
    let accept = |proxy: usize, sealed, grant| {
        world.proxies[proxy].accept(grant, sealed, &mut rng(1)).map(|_| ()).err()
    };
    assert_eq!(accept(0, &shares[0], grant), None);
    assert_eq!(accept(0, &shares[1], grant), Some(Error::OtherProxy { index: 2 }));
    assert_eq!(accept(0, &shares[0], other_grant), Some(Error::Share));
    let mut bytes = shares[0].to_bytes();
    bytes[0] = 4;
    let beyond = SealedShare::from_bytes(&bytes).unwrap();
    assert_eq!(accept(0, &beyond, grant), Some(Error::Index { index: 4, proxies: 3 }));
}

#[test]
fn refuses_answers_altered_forged_or_replayed() {
    let world = World::new(2, 3);
    let (grant, capsule, received) = (world.grant(), &world.capsule, world.received());
    let request = world.request(7);
    let answer = world.answer(1, &request);
    assert_eq!(answer.check(grant, capsule, &request), Ok(()));

    let bytes = answer.to_bytes();
    for bit in (8..Answer::LEN * 8).step_by(7) {
        let Ok(altered) = Answer::from_bytes(&flipped(&bytes, bit)) else { continue };
        let checked = altered.check(grant, capsule, &request);
        assert_eq!(checked, Err(Error::AnswerSignature { index: 1 }), "bit {bit}");
    }
    // To another request, and to another capsule of the same condition.
    let again = world.request(8);
    let refused = answer.check(grant, capsule, &again);
    assert_eq!(refused, Err(Error::AnswerSignature { index: 1 }));
    let owner = world.owner.public();
    let other = owner.encapsulate(&data_key(), &condition(), &[7; 32], &mut rng(9)).unwrap();
    let asked = received.request(&world.delegatee, &other, &mut rng(7)).unwrap();
    let refused = answer.check(grant, &other, &asked);
    assert_eq!(refused, Err(Error::AnswerSignature { index: 1 }));
    assert_eq!(answer.check(grant, &other, &request), Err(Error::OtherCapsule));

    // Under another proxy's index, and under none.
    let mut moved = bytes;
    moved[0] = 2;
    let moved = Answer::from_bytes(&moved).unwrap();
    let refused = moved.check(grant, capsule, &request);
    assert_eq!(refused, Err(Error::AnswerSignature { index: 2 }));
    let mut beyond = bytes;
    beyond[0] = 4;
    let beyond = Answer::from_bytes(&beyond).unwrap();
    let wrong = Error::Index { index: 4, proxies: 3 };
    assert_eq!(beyond.check(grant, capsule, &request), Err(wrong.clone()));
    let combined = received.combine(capsule, &request, &[answer.clone(), beyond]);
    assert_eq!(combined.key, Err(wrong));
    let twice = received.combine(capsule, &request, &[answer.clone(), answer.clone()]);
    assert_eq!(twice.key, Err(Error::RepeatedIndex { index: 1 }));

    // A stray replaces nobody's answer, and nobody is blamed for it.
    let third = world.answer(3, &request);
    let combined = received.combine(capsule, &request, &[moved.clone(), answer.clone(), third]);
    assert_eq!(combined.key, Ok(data_key()));
    assert_eq!((combined.liars.len(), combined.strays), (0, vec![2]));
    let combined = received.combine(capsule, &request, &[moved, answer]);
    assert_eq!(combined.key, Err(Error::NotEnoughAnswers { needed: 2, got: 1 }));
}

/// The answer of a proxy that lies: signed, and computed with another share.
fn lie(world: &World, index: u8, request: &Request) -> Answer {
    let grant = reference::Grant::parse(&world.grant().grant().to_bytes());
    let proxy = Keys::from_seed(&seed(index));
    let sealed = world.delegation.shares[usize::from(index) - 1].to_bytes();
    let share = grant.open_share(&sealed, &proxy)
        + fr(&{
            let mut one = [0; 32];
            one[0] = 1;
            one
        });
    let c = g1(&world.capsule.capsule().to_bytes()[..48]);
    let v = reference::times(&c, &share);
    let bytes = grant.answer(index, &share, &c, &v, &request.to_bytes(), &proxy.s);
    Answer::from_bytes(&bytes).unwrap()
}

#[test]
fn liars_are_named_and_a_third_party_agrees() {
    let world = World::new(3, 5);
    let (grant, capsule, received) = (world.grant(), &world.capsule, world.received());
    let request = world.request(7);
    let honest = |i| world.answer(i, &request);
    let lying = |i| lie(&world, i, &request);
    assert_eq!(lying(2).check(grant, capsule, &request), Err(Error::AnswerProof { index: 2 }));

    let answers = [lying(2), honest(1), lying(4), honest(3), honest(5)];
    let combined = received.combine(capsule, &request, &answers);
    assert_eq!(combined.key, Ok(data_key()));
    assert!(combined.strays.is_empty());
    let accused: Vec<u8> = combined.liars.iter().map(Evidence::index).collect();
    assert_eq!(accused, [2, 4]);

    // The third party has the grant and the evidence's bytes, no secret.
    for evidence in &combined.liars {
        let read = Evidence::from_bytes(&evidence.to_bytes()).unwrap();
        assert_eq!(&read, evidence);
        assert_eq!(read.check(grant), Ok(evidence.index()));
    }
    let combined = received.combine(capsule, &request, &answers[..4]);
    assert_eq!(combined.key, Err(Error::NotEnoughAnswers { needed: 3, got: 2 }));
    assert_eq!(combined.liars.len(), 2, "named even when nothing opens");
}

#[test]
fn an_honest_proxy_is_not_framed() {
    let world = World::new(3, 5);
    let request = world.request(7);
    let combined = world.received().combine(
        &world.capsule,
        &request,
        &[lie(&world, 2, &request), world.answer(1, &request), world.answer(3, &request)],
    );
    let guilty = combined.liars[0].to_bytes();
    let at = guilty.len() - Answer::LEN;

    let mut framed = guilty;
    framed[at..].copy_from_slice(&world.answer(1, &request).to_bytes());
    let framed = Evidence::from_bytes(&framed).unwrap();
    assert_eq!(framed.check(world.grant()), Err(Error::NoLie { index: 1 }));

    // The lie under another's index, its proof altered, its request or capsule replaced.
    let mut moved = guilty;
    moved[at] = 1;
    let moved = Evidence::from_bytes(&moved).unwrap();
    assert_eq!(moved.check(world.grant()), Err(Error::AnswerSignature { index: 1 }));
    for bit in (0..Evidence::LEN * 8).step_by(29) {
        let Ok(altered) = Evidence::from_bytes(&flipped(&guilty, bit)) else { continue };
        assert!(altered.check(world.grant()).is_err(), "bit {bit}");
    }
    let other = World::new(2, 5);
    let evidence = Evidence::from_bytes(&guilty).unwrap();
    assert_eq!(evidence.check(other.grant()), Err(Error::OtherGrant));
    assert_eq!(evidence.check(world.grant()), Ok(2));
}

#[test]
fn refuses_a_grant_signed_by_another_or_altered() {
    let world = World::new(2, 3);
    let bytes = world.grant().grant().to_bytes();
    let check = |bytes: &[u8]| {
        Grant::from_bytes(bytes)
            .and_then(|grant| grant.check(world.owner.public(), world.delegatee.public()))
    };
    assert!(check(&bytes).is_ok());

    let parsed = reference::Grant::parse(&bytes);
    let thief = Keys::from_seed(&[9; 32]);
    assert_eq!(check(&parsed.sign(&thief.s)), Err(Error::GrantSignature));
    let read = Grant::from_bytes(&parsed.sign(&thief.s)).unwrap();
    assert_eq!(read.check(secret(9).public(), world.delegatee.public()), Err(Error::OtherOwner));
    let owner = Keys::from_seed(&[1; 32]);
    assert!(check(&parsed.sign(&owner.s)).is_ok());
    for bit in (0..bytes.len() * 8).step_by(11) {
        assert!(check(&flipped(&bytes, bit)).is_err(), "bit {bit}");
    }
}

#[test]
fn a_delegatee_sees_a_junk_grant_before_it_pays() {
    let world = World::new(2, 3);
    let owner = Keys::from_seed(&[1; 32]);
    let honest = || reference::Grant::parse(&world.grant().grant().to_bytes());
    let received = |grant: &reference::Grant| {
        let grant = Grant::from_bytes(&grant.sign(&owner.s)).unwrap();
        let grant = grant.check(world.owner.public(), world.delegatee.public()).unwrap();
        world.delegatee.receive(&grant).map(|_| ())
    };
    assert_eq!(received(&honest()), Ok(()));
    let generator = reference::generator();
    let more = |point: &ark_bls12_381::G1Affine| -> ark_bls12_381::G1Affine {
        (*point + generator).into()
    };
    let mut junk: [reference::Grant; 4] = [honest(), honest(), honest(), honest()];
    junk[0].e = more(&junk[0].e);
    junk[1].phi[0] = more(&junk[1].phi[0]);
    junk[2].x = (junk[2].x + reference::q(&junk[2].w)).into();
    junk[3].w[65] = 1;
    for grant in &junk {
        assert_eq!(received(grant), Err(Error::JunkGrant));
    }
}

#[test]
fn a_proxy_refuses_a_share_off_the_polynomial() {
    let world = World::new(2, 3);
    let grant = reference::Grant::parse(&world.grant().grant().to_bytes());
    let proxy = Keys::from_seed(&seed(1));
    let sealed = world.delegation.shares[0].to_bytes();
    let right = grant.open_share(&sealed, &proxy);
    let accept = |share| {
        let sealed = SealedShare::from_bytes(&grant.seal_share(1, &proxy, &share, b"x")).unwrap();
        world.proxies[0].accept(world.grant(), &sealed, &mut rng(1)).map(|_| ())
    };
    assert_eq!(accept(right), Ok(()));
    let junk = Err(Error::JunkShare { index: 1 });
    assert_eq!(accept(right + right), junk);
    assert_eq!(accept(-right), junk);
    assert_eq!(accept(ark_bls12_381::Fr::from(0)), junk);
    for bit in (8..SealedShare::LEN * 8).step_by(17) {
        let Ok(altered) = SealedShare::from_bytes(&flipped(&sealed, bit)) else { continue };
        let refused = world.proxies[0].accept(world.grant(), &altered, &mut rng(1)).err();
        assert_eq!(refused, Some(Error::Share), "bit {bit}");
    }
}

#[test]
fn a_share_of_zero_is_refused_even_on_the_polynomial() {
    // f = 1 - x: proxy 1 would answer with the identity.
    let (owner, delegatee) = (Keys::from_seed(&[1; 32]), Keys::from_seed(&[2; 32]));
    let proxies = [Keys::from_seed(&seed(1)), Keys::from_seed(&seed(2))];
    let (mut grant, _) = reference::Grant::deal(
        &owner,
        &delegatee,
        condition().to_bytes(),
        1,
        2,
        &[&proxies[0], &proxies[1]],
        b"x",
    );
    let one = reference::generator();
    grant.phi = vec![one, -one];
    let sealed = grant.seal_share(1, &proxies[0], &ark_bls12_381::Fr::from(0), b"x");
    let bytes = grant.sign(&owner.s);
    let grant = Grant::from_bytes(&bytes).unwrap();
    let grant = grant.check(secret(1).public(), secret(2).public()).unwrap();
    let sealed = SealedShare::from_bytes(&sealed).unwrap();
    let refused = World::proxy_key(1).accept(&grant, &sealed, &mut rng(1)).err();
    assert_eq!(refused, Some(Error::JunkShare { index: 1 }));
}

#[test]
fn refuses_thresholds_that_are_none() {
    let world = World::new(2, 3);
    for t in [0, 1] {
        assert_eq!(Threshold::new(t), Err(Error::Threshold { threshold: t, proxies: 255 }));
    }
    let delegate = |t: u8, proxies: &[PublicKey]| {
        let delegatee = world.delegatee.public();
        world.owner.delegate(delegatee, &terms(t), proxies, &mut rng(1)).map(|_| ())
    };
    let keys = keys(&world);
    assert_eq!(delegate(3, &keys), Ok(()));
    assert_eq!(delegate(1, &keys), Ok(()));
    assert_eq!(delegate(4, &keys), Err(Error::Threshold { threshold: 4, proxies: 3 }));
    assert_eq!(delegate(1, &[]), Err(Error::Threshold { threshold: 1, proxies: 0 }));
    let many: Vec<PublicKey> = std::iter::repeat_n(keys[0].clone(), 256).collect();
    assert_eq!(delegate(2, &many), Err(Error::Threshold { threshold: 2, proxies: 256 }));

    let twice = [keys[0].clone(), keys[1].clone(), keys[0].clone()];
    assert_eq!(delegate(2, &twice), Err(Error::RepeatedProxy { index: 3 }));
    let own = [keys[0].clone(), world.delegatee.public().clone()];
    assert_eq!(delegate(2, &own), Err(Error::DelegateeIsProxy { index: 2 }));
    assert_eq!(threshold(3).get(), 3);
}

#[test]
fn refuses_a_receipt_of_another() {
    let world = World::new(2, 3);
    let sealed = &world.delegation.shares[0];
    let (_, receipt) = world.proxies[0].accept(world.grant(), sealed, &mut rng(1)).unwrap();
    assert_eq!(receipt.check(world.grant()), Ok(()));
    let mut bytes = receipt.to_bytes();
    bytes[0] = 2;
    let moved = Receipt::from_bytes(&bytes).unwrap();
    assert_eq!(moved.check(world.grant()), Err(Error::ReceiptSignature { index: 2 }));
    bytes[0] = 4;
    let beyond = Receipt::from_bytes(&bytes).unwrap();
    assert_eq!(beyond.check(world.grant()), Err(Error::Index { index: 4, proxies: 3 }));
    let other = World::new(3, 3);
    assert_eq!(receipt.check(other.grant()), Err(Error::ReceiptSignature { index: 1 }));
}

#[test]
fn refuses_a_capsule_with_any_bit_flipped_or_bound_elsewhere() {
    let world = World::new(2, 3);
    let (owner, capsule) = (world.owner.public(), *world.capsule.capsule());
    assert!(capsule.check(owner, &condition(), &FILE).is_ok());
    let bytes = capsule.to_bytes();
    for bit in 0..Capsule::LEN * 8 {
        let checked = Capsule::from_bytes(&flipped(&bytes, bit))
            .and_then(|capsule| capsule.check(owner, &condition(), &FILE));
        assert!(checked.is_err(), "bit {bit}");
    }
    let bound =
        |owner, condition: &Condition, label| capsule.check(owner, condition, label).map(|_| ());
    let refused = Err(Error::CapsuleProof);
    assert_eq!(bound(owner, &condition(), &[0xF2; 32]), refused);
    assert_eq!(bound(owner, &condition().next_epoch().unwrap(), &FILE), refused);
    assert_eq!(bound(secret(9).public(), &condition(), &FILE), refused);

    // A wrap moved into the capsule of another file, whose proof is then its thief's to make.
    let other = owner.encapsulate(&data_key(), &condition(), &[0xF2; 32], &mut rng(5)).unwrap();
    let mut spliced = other.capsule().to_bytes();
    spliced[48..96].copy_from_slice(&bytes[48..96]);
    let spliced = Capsule::from_bytes(&spliced).unwrap();
    assert_eq!(spliced.check(owner, &condition(), &[0xF2; 32]).err(), Some(Error::CapsuleProof));
}

#[test]
fn a_capsule_without_a_key_is_found_out_when_it_is_opened() {
    let world = World::new(2, 3);
    let owner = Keys::from_seed(&[1; 32]);
    let w = condition().to_bytes();
    let place = reference::Place { a1: owner.a1, w: &w, label: &FILE };
    let rho = reference::scalar("rho of the test", &[]);
    let mut bytes = place.encapsulate(&[5; 32], &rho);
    bytes[50] ^= 1;
    let message: [&[u8]; 4] = [&reference::enc(&owner.a1), &w, &FILE, &bytes[48..96]];
    let proof = reference::prove("cess-pre v1 capsule proof", &rho, &message, b"again");
    bytes[96..].copy_from_slice(&proof);
    let capsule = Capsule::from_bytes(&bytes).unwrap();
    let capsule = capsule.check(world.owner.public(), &condition(), &FILE).unwrap();
    assert_eq!(world.owner.open(&capsule), Err(Error::Wrap));
    let received = world.received();
    let request = received.request(&world.delegatee, &capsule, &mut rng(1)).unwrap();
    let answers: Vec<Answer> = [0, 1, 2]
        .map(|i: usize| {
            let (proxy, share) = (&world.proxies[i], &world.shares[i]);
            proxy.answer(share, world.grant(), &capsule, &request, 0, &mut rng(1)).unwrap()
        })
        .to_vec();
    let combined = received.combine(&capsule, &request, &answers);
    assert_eq!(combined.key, Err(Error::Wrap), "nobody lied but the maker");
    assert!(combined.liars.is_empty() && combined.strays.is_empty());
}

#[test]
fn revocation_and_transfer_tell_what_they_are_worth() {
    let world = World::new(2, 3);
    let (owner, old) = (&world.owner, &world.capsule);
    let policy = owner.revoke(old, &Replacement::Same, &mut rng(1)).unwrap();
    assert_eq!(policy.kind, Revocation::PolicyOnly);
    assert_eq!(policy.capsule.condition().epoch(), 1);
    assert_eq!(owner.open(&policy.capsule), Ok(data_key()), "the same data key");
    let asked = world.received().request(&world.delegatee, &policy.capsule, &mut rng(1));
    assert_eq!(asked, Err(Error::OtherCondition), "the old grant covers the new capsule no more");
    // And yet the old capsule still opens, to whoever kept it and whose proxies kept their shares.
    let request = world.request(7);
    let answers = world.answers(&[1, 3], &request);
    assert_eq!(world.received().combine(old, &request, &answers).key, Ok(data_key()));

    let fresh = DataKey::generate(&mut rng(99));
    let rekey = Replacement::Fresh { key: &fresh, file: [0xF2; 32] };
    let rekeyed = owner.revoke(old, &rekey, &mut rng(1)).unwrap();
    assert_eq!(rekeyed.kind, Revocation::Rekeyed);
    assert_eq!(*rekeyed.capsule.condition(), Condition::file(LEDGER, [0xF2; 32], 0));
    assert_eq!(owner.open(&rekeyed.capsule), Ok(fresh));

    let same = data_key();
    let stale = Replacement::Fresh { key: &same, file: [0xF2; 32] };
    assert_eq!(owner.revoke(old, &stale, &mut rng(1)), Err(Error::SameKey));
    let fresh = DataKey::generate(&mut rng(99));
    let stale = Replacement::Fresh { key: &fresh, file: FILE };
    assert_eq!(owner.revoke(old, &stale, &mut rng(1)), Err(Error::SameFile));
    assert_eq!(secret(9).revoke(old, &Replacement::Same, &mut rng(1)), Err(Error::OtherOwner));

    let heir = secret(9);
    let light = owner.transfer(old, heir.public(), &mut rng(1)).unwrap();
    assert_eq!(light.kind, Transfer::Light);
    assert_eq!(heir.open(&light.capsule), Ok(data_key()));
    assert_eq!(owner.open(&light.capsule), Err(Error::OtherOwner));
    let full = heir.complete_transfer(&light.capsule, &fresh, [0xF2; 32], &mut rng(1)).unwrap();
    assert_eq!(full.kind, Transfer::Full);
    assert_eq!(heir.open(&full.capsule), Ok(fresh));
    let kept = heir.complete_transfer(&light.capsule, &data_key(), [0xF2; 32], &mut rng(1));
    assert_eq!(kept, Err(Error::SameKey), "the former owner knows that key");

    let last = Condition::file(LEDGER, FILE, u64::MAX);
    let last = owner.public().encapsulate(&data_key(), &last, &FILE, &mut rng(1)).unwrap();
    assert_eq!(owner.revoke(&last, &Replacement::Same, &mut rng(1)), Err(Error::LastEpoch));
}

#[test]
fn a_revoked_collection_goes_on_in_its_next_epoch() {
    let owner = secret(1);
    let collection = Condition::new(cess_pre::ConditionKind::Collection, LEDGER, [0xCC; 32], 4);
    let old = owner.public().encapsulate(&data_key(), &collection, &FILE, &mut rng(1)).unwrap();
    let fresh = DataKey::generate(&mut rng(99));
    let rekey = Replacement::Fresh { key: &fresh, file: [0xF2; 32] };
    let rekeyed = owner.revoke(&old, &rekey, &mut rng(1)).unwrap();
    assert_eq!(*rekeyed.capsule.condition(), collection.next_epoch().unwrap());
    assert_eq!(rekeyed.capsule.label(), &[0xF2; 32]);
}
