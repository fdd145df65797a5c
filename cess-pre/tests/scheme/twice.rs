//! Everything once more by the second implementation: the same keys, checks and answers, each way.

use ark_ec::AffineRepr;
use cess_pre::{
    Answer, Capsule, Condition, ConditionKind, Grant, PublicKey, Request, SealedShare, SecretKey,
};

use crate::reference::{self, Keys, Place, enc, fr_bytes, g1};
use crate::world::{FILE, NOT_AFTER, World, condition, data_key, rng, subsets};

const OWNER: [u8; 32] = [1; 32];
const DELEGATEE: [u8; 32] = [2; 32];

fn proxies(n: u8) -> Vec<Keys> {
    let seed = |i| {
        let mut seed = [0xee; 32];
        seed[0] = i;
        seed
    };
    (1..=n).map(|i| Keys::from_seed(&seed(i))).collect()
}

fn w() -> [u8; 73] {
    let mut w = [0; 73];
    w[0] = 1;
    w[1..33].fill(0xC5);
    w[33..65].fill(0xF1);
    w
}

fn place<'a>(owner: &Keys, w: &'a [u8; 73]) -> Place<'a> {
    Place { a1: owner.a1, w, label: &FILE }
}

#[test]
fn conditions_are_laid_out_as_described() {
    assert_eq!(condition().to_bytes(), w());
    let all = [
        (ConditionKind::File, 1),
        (ConditionKind::Collection, 2),
        (ConditionKind::Application, 255),
    ];
    for (kind, byte) in all {
        let condition = Condition::new(kind, [3; 32], [4; 32], 0x0102);
        let mut expected = [&[byte][..], &[3; 32], &[4; 32], &[2, 1]].concat();
        expected.resize(73, 0);
        assert_eq!(condition.to_bytes()[..], expected);
        assert_eq!(Condition::from_bytes(&expected), Ok(condition));
    }
}

#[test]
fn keys_and_proofs_of_possession_agree_each_way() {
    for seed in [[0; 32], [1; 32], [0xff; 32]] {
        let (ours, theirs) = (SecretKey::from_seed(&seed), Keys::from_seed(&seed));
        let bytes = ours.public().to_bytes();
        assert_eq!(bytes[..96], [enc(&theirs.a1), enc(&theirs.s1)].concat());
        let (a1, s1) = (&bytes[..48], &bytes[48..96]);
        let (of_a, of_s) = (&bytes[96..160], &bytes[160..]);
        let context = "cess-pre v1 possession of decryption key";
        assert!(reference::proves(context, &theirs.a1, &[s1], of_a));
        let context = "cess-pre v1 possession of signing key";
        assert!(reference::proves(context, &theirs.s1, &[a1], of_s));

        let read = PublicKey::from_bytes(&theirs.public_key(b"other nonces")).unwrap();
        assert_eq!(read.encryption_key(), ours.public().encryption_key());
        assert_eq!(read.verifying_key(), ours.public().verifying_key());
    }
}

#[test]
fn capsules_agree_each_way() {
    let (owner, key) = (Keys::from_seed(&OWNER), data_key().to_bytes());
    let ours = SecretKey::from_seed(&OWNER);
    let w = w();
    let place = place(&owner, &w);

    let made = ours.public().encapsulate(&data_key(), &condition(), &FILE, &mut rng(1)).unwrap();
    let bytes = made.capsule().to_bytes();
    assert!(place.verifies(&bytes));
    assert_eq!(place.hash(&bytes), made.hash());
    assert_eq!(place.open(&bytes, &owner.a).as_deref(), Some(&key[..]));

    let rho = reference::scalar("rho of the test", &[]);
    let bytes = place.encapsulate(&key, &rho);
    let read = Capsule::from_bytes(&bytes).unwrap();
    let read = read.check(ours.public(), &condition(), &FILE).unwrap();
    assert_eq!(read.hash(), place.hash(&bytes));
    assert_eq!(ours.open(&read), Ok(data_key()));
}

#[test]
fn our_delegation_is_sound_and_opens_by_the_second_implementation() {
    let world = World::new(3, 5);
    let (owner, delegatee, proxies) =
        (Keys::from_seed(&OWNER), Keys::from_seed(&DELEGATEE), proxies(5));
    let bytes = world.grant().grant().to_bytes();
    let grant = reference::Grant::parse(&bytes);
    assert_eq!(grant.body(), bytes[..bytes.len() - 64]);
    assert_eq!(grant.id(), *world.grant().id());
    assert_eq!((grant.w, grant.not_after), (w(), NOT_AFTER));
    let signature = &bytes[bytes.len() - 64..];
    let context = "cess-pre v1 grant signature";
    assert!(reference::proves(context, &owner.s1, &[&grant.id()], signature));
    assert!(grant.is_sound(&delegatee));
    assert!(!grant.is_sound(&owner));

    let capsule = world.capsule.capsule().to_bytes();
    let c = g1(&capsule[..48]);
    let request = world.request(7);
    let asked = request.to_bytes();
    assert_eq!(asked[..64], [grant.id(), world.capsule.hash()].concat());
    let context = "cess-pre v1 request";
    assert!(reference::proves(context, &delegatee.s1, &[&asked[..96]], &asked[96..]));

    let answers: Vec<Vec<u8>> =
        (1..=5).map(|i| world.answer(i, &request).to_bytes().to_vec()).collect();
    for (answer, (sealed, proxy)) in
        answers.iter().zip(world.delegation.shares.iter().zip(&proxies))
    {
        let share = grant.open_share(&sealed.to_bytes(), proxy);
        assert_eq!(reference::times(&reference::generator(), &share), grant.share_point(answer[0]));
        assert_eq!(answer[1..49], enc(&reference::times(&c, &share)));
        assert!(grant.answer_is_signed(answer, &asked));
        assert!(grant.answer_is_true(answer, &c, &asked));
    }
    let tau = grant.tau(&delegatee);
    let w = w();
    for subset in subsets(5, 3) {
        let some: Vec<&[u8]> = subset.iter().map(|i| &answers[usize::from(*i) - 1][..]).collect();
        let z = grant.shared(&tau, &c, &some);
        assert_eq!(
            place(&owner, &w).unwrap(&capsule, &z).as_deref(),
            Some(&data_key().to_bytes()[..])
        );
        let z = grant.shared(&tau, &c, &some[1..]);
        assert_eq!(place(&owner, &w).unwrap(&capsule, &z), None);
    }
}

#[test]
fn a_delegation_of_the_second_implementation_opens_by_ours() {
    let (owner, delegatee, proxies) =
        (Keys::from_seed(&OWNER), Keys::from_seed(&DELEGATEE), proxies(5));
    let all: Vec<&Keys> = proxies.iter().collect();
    let (dealt, shares) =
        reference::Grant::deal(&owner, &delegatee, w(), NOT_AFTER, 3, &all, b"dealing");
    let (ours, theirs) = (SecretKey::from_seed(&OWNER), SecretKey::from_seed(&DELEGATEE));
    let grant = Grant::from_bytes(&dealt.sign(&owner.s)).unwrap();
    let grant = grant.check(ours.public(), theirs.public()).unwrap();
    assert_eq!(*grant.id(), dealt.id());
    let received = theirs.receive(&grant).unwrap();

    let w = w();
    let rho = reference::scalar("rho of the test", &[]);
    let capsule = place(&owner, &w).encapsulate(&data_key().to_bytes(), &rho);
    let c = g1(&capsule[..48]);
    let capsule = Capsule::from_bytes(&capsule).unwrap();
    let capsule = capsule.check(ours.public(), &condition(), &FILE).unwrap();
    let asked = dealt.request(&capsule.hash(), &[9; 32], &delegatee.s);
    let request = Request::from_bytes(&asked).unwrap();
    assert_eq!(request.check(&grant, &capsule), Ok(()));

    let mut answers = vec![];
    for (i, (sealed, proxy)) in (1u8..).zip(shares.iter().zip(&proxies)) {
        let share = dealt.open_share(sealed, proxy);
        let v = reference::times(&c, &share);
        let theirs = dealt.answer(i, &share, &c, &v, &asked, &proxy.s);
        let theirs = Answer::from_bytes(&theirs).unwrap();
        assert_eq!(theirs.check(&grant, &capsule, &request), Ok(()));

        let ours = World::proxy_key(i);
        let sealed = SealedShare::from_bytes(sealed).unwrap();
        let (accepted, receipt) = ours.accept(&grant, &sealed, &mut rng(1)).unwrap();
        assert_eq!(receipt.check(&grant), Ok(()));
        let ours = ours.answer(&accepted, &grant, &capsule, &request, 0, &mut rng(1)).unwrap();
        assert_eq!(ours.to_bytes()[..49], theirs.to_bytes()[..49]);
        answers.push(theirs);
    }
    for subset in subsets(5, 3) {
        let some: Vec<Answer> =
            subset.iter().map(|i| answers[usize::from(*i) - 1].clone()).collect();
        assert_eq!(received.combine(&capsule, &request, &some).key, Ok(data_key()));
    }
}

#[test]
fn the_hash_to_the_curve_is_the_rfcs() {
    // RFC 9380, appendix J.10.1, message "abc": x of the point, imaginary part first.
    let dst = b"QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
    let point = reference::hash_to_g2(b"abc", dst);
    let hex: String = enc(&point).iter().map(|byte| format!("{byte:02x}")).collect();
    // Compressed: the flags of the first byte are set.
    let x1 = "139cddbccdc5e91b9623efd38c49f81a6f83f175e80b06fc374de9eb4b41dfe4ca3a230ed250fbe3a2acf73a41177fd8";
    let x0 = "02c2d18e033b960562aae3cab37a27ce00d80ccd5ba4b7fe0e7a210245129dbec7780ccc7954725f4168aff2787776e6";
    assert_eq!(hex[2..], [&x1[2..], x0].concat());
    assert_eq!(fr_bytes(&ark_bls12_381::Fr::from(1))[0], 1);
    assert!(!point.is_zero());
}
