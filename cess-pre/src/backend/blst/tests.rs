use ark_bls12_381::{Fr, G1Affine as Ark};
use ark_ec::CurveGroup;
use ark_ff::{BigInteger, Field, PrimeField, Zero};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use proptest::prelude::*;

use super::*;

fn ark(scalar: &Scalar) -> Fr {
    Fr::from_le_bytes_mod_order(&scalar.to_bytes())
}

fn bytes(value: &Fr) -> [u8; 32] {
    value.into_bigint().to_bytes_le().try_into().unwrap()
}

fn ark_point(point: &G1Affine) -> Ark {
    Ark::deserialize_compressed(&point.to_compressed()[..]).unwrap()
}

fn compressed(point: impl CurveGroup<Affine = Ark>) -> Vec<u8> {
    let mut out = Vec::new();
    point.into_affine().serialize_compressed(&mut out).unwrap();
    out
}

fn scalars(count: u64) -> Vec<Scalar> {
    (0..count).map(|i| Scalar::from_u64(i).mul(&Scalar::from_u64(u64::MAX - 5))).collect()
}

#[test]
fn refuses_the_order_and_above() {
    let top = Scalar::from_u64(1).neg();
    let mut order = top.to_bytes();
    order[0] += 1;
    assert!(Scalar::from_bytes(&order).is_none());
    assert!(Scalar::from_bytes(&[0xff; 32]).is_none());
    assert!(Scalar::from_bytes(&top.to_bytes()) == Some(top));
    assert!(Scalar::from_bytes(&[0; 32]).is_some_and(|zero| zero.is_zero()));
    assert!(top.add(&Scalar::from_u64(1)).is_zero());
    assert!(Scalar::default().neg().is_zero() && Scalar::default().invert().is_zero());
}

proptest! {
    #[test]
    fn arithmetic_agrees_with_the_reference(a: [u8; 32], b: [u8; 32], small: u64) {
        let wide = |a: &[u8; 32], b: &[u8; 32]| {
            let mut wide = [0; 64];
            wide[..32].copy_from_slice(a);
            wide[32..].copy_from_slice(b);
            wide
        };
        let (x, y) = (Scalar::from_wide(&wide(&a, &b)), Scalar::from_wide(&wide(&b, &[0; 32])));
        let (p, q) = (Fr::from_le_bytes_mod_order(&wide(&a, &b)), Fr::from_le_bytes_mod_order(&b));
        prop_assert_eq!(x.to_bytes(), bytes(&p));
        prop_assert_eq!(y.to_bytes(), bytes(&q));
        prop_assert_eq!(x.add(&y).to_bytes(), bytes(&(p + q)));
        prop_assert_eq!(x.mul(&y).to_bytes(), bytes(&(p * q)));
        prop_assert_eq!(x.neg().to_bytes(), bytes(&-p));
        prop_assert_eq!(x.invert().to_bytes(), bytes(&p.inverse().unwrap_or_default()));
        prop_assert_eq!(Scalar::from_u64(small).to_bytes(), bytes(&Fr::from(small)));
        prop_assert!(Scalar::from_bytes(&x.to_bytes()) == Some(x));
    }
}

#[test]
fn multiples_and_sums_agree_with_the_reference_at_every_algorithm() {
    let generator = G1Affine::generator();
    for count in [0, 1, 2, 3, 31, 32, 33, 255] {
        let scalars = scalars(count);
        let mut terms: Vec<(G1Affine, Scalar)> = (0..)
            .zip(&scalars)
            .map(|(i, k)| (generator.mul(&Scalar::from_u64(i * i + 1)).to_affine(), *k))
            .collect();
        // Equal, opposite and infinite points among them.
        if count > 3 {
            terms[1].0 = terms[0].0;
            terms[2].0 = G1::from(&terms[0].0).neg().to_affine();
            terms[3].0 = generator.mul(&Scalar::default()).to_affine();
        }
        let expected = terms
            .iter()
            .filter(|(point, _)| !point.is_identity())
            .fold(ark_bls12_381::G1Projective::zero(), |sum, (p, k)| sum + ark_point(p) * ark(k));
        let sum = sum_vartime(&terms).to_affine();
        assert_eq!(sum.to_compressed()[..], compressed(expected));
    }
    for scalar in scalars(20).into_iter().chain([Scalar::from_u64(1).neg()]) {
        let expected = ark_point(&generator) * ark(&scalar);
        assert_eq!(generator.mul(&scalar).to_affine().to_compressed()[..], compressed(expected));
    }
}

#[test]
fn a_product_of_pairings_is_one_or_not() {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let k = Scalar::from_u64(7);
    let left = (g1.mul(&k).to_affine(), g2);
    let right = (G1::from(&g1).neg().to_affine(), g2.mul(&k).to_affine());
    assert!(pairing_product_is_one(&[left, right]));
    assert!(!pairing_product_is_one(&[left, left]));
    let nothing = (g1.mul(&Scalar::default()).to_affine(), g2);
    let at_infinity = (g1, g2.mul(&Scalar::default()).to_affine());
    assert!(pairing_product_is_one(&[left, nothing, right, at_infinity]));
    assert!(pairing_product_is_one(&[nothing]) && pairing_product_is_one(&[]));
    assert_eq!(pairing_product(&[left, nothing]), pairing_product(&[left]));
    assert_ne!(pairing_product(&[left]), pairing_product(&[right]));
    assert_eq!(pairing_product(&[])[..48], [&[0; 47][..], &[1]].concat());
}

#[test]
fn points_and_scalars_are_wiped() {
    let mut scalar = Scalar::from_u64(7);
    scalar.zeroize();
    assert!(scalar.is_zero());
    let mut point = G1Affine::generator().mul(&Scalar::from_u64(7));
    point.zeroize();
    assert!(point.0.x.l == [0; 6] && point.0.y.l == [0; 6] && point.0.z.l == [0; 6]);
    let mut point = G2Affine::generator();
    point.zeroize();
    assert!(point.0.x.fp.iter().chain(&point.0.y.fp).all(|fp| fp.l == [0; 6]));
    let mut value = final_exponentiation(
        miller_product(&[(G1Affine::generator(), G2Affine::generator())]).unwrap(),
    );
    wipe(&mut value);
    assert!(value.fp6.iter().flat_map(|h| &h.fp2).flat_map(|c| &c.fp).all(|fp| fp.l == [0; 6]));
}
