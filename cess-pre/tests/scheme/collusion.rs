//! The collusion game: a delegatee with its secret and t proxies with theirs, against one condition.
//!
//! What they compute, they compute outside of the crate, on the second implementation: no function
//! of ours returns `a*Q_w`.

use ark_bls12_381::{Bls12_381, Fr, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use cess_pre::{Condition, DataKey, Grant, PublicKey};

use crate::reference::{self, Keys, Place, enc, g1, lambda, pairing};
use crate::world::{FILE, LEDGER, World, condition, rng};

const BLS_NUL: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";
const BLS_POP: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

struct Coalition {
    world: World,
    grant: reference::Grant,
    /// f(i) of the proxies that collude.
    shares: Vec<(u8, Fr)>,
    tau: Fr,
}

impl Coalition {
    fn of(members: &[u8]) -> Self {
        let world = World::new(3, 5);
        let grant = reference::Grant::parse(&world.grant().grant().to_bytes());
        let shares = members
            .iter()
            .map(|i| {
                let mut seed = [0xee; 32];
                seed[0] = *i;
                let sealed = world.delegation.shares[usize::from(*i) - 1].to_bytes();
                (*i, grant.open_share(&sealed, &Keys::from_seed(&seed)))
            })
            .collect();
        let tau = grant.tau(&Keys::from_seed(&[2; 32]));
        Self { world, grant, shares, tau }
    }

    /// `X - (f(0) + tau)*g2`: what the coalition takes for `a*Q_w`.
    fn key(&self) -> G2Affine {
        let indices = || self.shares.iter().map(|(i, _)| *i);
        let secret: Fr = self.shares.iter().map(|(i, share)| lambda(*i, indices()) * share).sum();
        let blind: G2Projective = G2Affine::generator() * (secret + self.tau);
        (self.grant.x.into_group() - blind).into_affine()
    }

    /// Whether the coalition's key opens what is encapsulated to the owner under `condition`.
    fn opens(&self, key: &G2Affine, condition: &Condition, label: &[u8; 32]) -> bool {
        let secret = DataKey::generate(&mut rng(77));
        let owner = self.world.owner.public();
        let capsule = owner.encapsulate(&secret, condition, label, &mut rng(78)).unwrap();
        let bytes = capsule.capsule().to_bytes();
        let w = condition.to_bytes();
        let place = Place { a1: g1(&owner.encryption_key()), w: &w, label };
        let z = pairing(&g1(&bytes[..48]), key);
        place.unwrap(&bytes, &z).is_some_and(|found| found == secret.to_bytes()[..])
    }
}

#[test]
fn a_coalition_opens_its_condition_and_nothing_else() {
    let coalition = Coalition::of(&[1, 3, 5]);
    let key = coalition.key();
    assert!(coalition.opens(&key, &condition(), &FILE));
    assert!(coalition.opens(&key, &condition(), &[0xAB; 32]), "the condition, not the file");

    let next = condition().next_epoch().unwrap();
    let ledger = Condition::file([0xC6; 32], FILE, 0);
    let file = Condition::file(LEDGER, [0xF2; 32], 0);
    let kind = Condition::new(cess_pre::ConditionKind::Collection, LEDGER, FILE, 0);
    for other in [next, ledger, file, kind] {
        assert!(!coalition.opens(&key, &other, &FILE), "{other:?}");
    }
}

#[test]
fn fewer_than_t_shares_give_no_key_nor_do_all_without_the_delegatee() {
    let few = Coalition::of(&[1, 3]);
    assert!(!few.opens(&few.key(), &condition(), &FILE));
    let mut without = Coalition::of(&[1, 2, 3, 4, 5]);
    assert!(without.opens(&without.key(), &condition(), &FILE), "all five with the delegatee");
    without.tau = Fr::from(0);
    assert!(!without.opens(&without.key(), &condition(), &FILE), "all five without it");
}

#[test]
fn what_a_coalition_gets_signs_nothing() {
    let coalition = Coalition::of(&[1, 3, 5]);
    let key = coalition.key();
    let owner = Keys::from_seed(&[1; 32]);
    let w = condition().to_bytes();
    assert_eq!(key, (reference::q(&w) * owner.a).into_affine(), "it is a*Q_w");

    // It has the shape of a BLS signature by a on w, under a tag that nobody verifies under.
    let verifies = |dst: &[u8], message: &[u8]| {
        let hashed = reference::hash_to_g2(message, dst);
        Bls12_381::pairing(reference::generator(), key) == Bls12_381::pairing(owner.a1, hashed)
    };
    assert!(verifies(reference::DST, &w));
    for standard in [BLS_NUL, BLS_POP] {
        assert!(!verifies(standard, &w) && !verifies(standard, &enc(&owner.a1)));
    }

    // Grants are signed under s, which has nothing to do with it.
    let world = &coalition.world;
    let mut bytes = world.grant().grant().to_bytes();
    let body = bytes.len() - 64;
    bytes[74] ^= 1;
    for forged in [&enc(&key)[..64], &enc(&key)[32..]] {
        bytes[body..].copy_from_slice(forged);
        let checked = Grant::from_bytes(&bytes)
            .and_then(|grant| grant.check(world.owner.public(), world.delegatee.public()));
        assert!(checked.is_err());
    }
}

#[test]
fn a_coalition_under_two_conditions_gets_no_third() {
    let coalition = Coalition::of(&[1, 3, 5]);
    let (first, owner) = (coalition.key(), Keys::from_seed(&[1; 32]));
    let next = condition().next_epoch().unwrap();
    let second = (reference::q(&next.to_bytes()) * owner.a).into_affine();
    let third = next.next_epoch().unwrap();
    let sum = (first + second).into_affine();
    let difference = (second.into_group() - first).into_affine();
    for guess in [first, second, sum, difference] {
        assert!(!coalition.opens(&guess, &third, &FILE));
    }
    assert!(coalition.opens(&second, &next, &FILE));
}

#[test]
fn the_delegatee_and_its_proxies_never_need_the_owners_secret_nor_get_it() {
    // What the owner publishes and sends, from end to end: none of it is a or s.
    let coalition = Coalition::of(&[1, 2, 3, 4, 5]);
    let owner = Keys::from_seed(&[1; 32]);
    let world = &coalition.world;
    let mut sent = world.grant().grant().to_bytes();
    sent.extend(world.owner.public().to_bytes());
    sent.extend(world.capsule.capsule().to_bytes());
    for (_, share) in &coalition.shares {
        sent.extend(reference::fr_bytes(share));
    }
    for secret in [owner.a, owner.s] {
        let bytes = reference::fr_bytes(&secret);
        assert!(!sent.windows(32).any(|window| window == bytes));
    }
    assert!(PublicKey::from_bytes(&world.owner.public().to_bytes()).is_ok());
}
