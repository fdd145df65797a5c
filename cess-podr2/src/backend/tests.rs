//! Both backends, and `bls12_381`, on the same input.
#![cfg(all(feature = "native", feature = "portable"))]

use bls12_381::{G1Projective, G2Projective, Scalar};
use proptest::prelude::*;

use super::*;
use crate::blinded::tests::coefficients;

fn mix(seed: &[u8]) -> impl FnMut() -> Fr + use<> {
    let mut xof = blake3::Hasher::new().update(seed).finalize_xof();
    move || {
        let mut wide = [0; 64];
        xof.fill(&mut wide);
        Fr::from_wide(&wide)
    }
}

fn told(scalar: &Fr) -> Scalar {
    Scalar::from_bytes(&scalar.to_bytes()).unwrap()
}

/// So many points of G1 that nobody knows the logarithms of, the fourth at infinity.
fn points(count: u64) -> Vec<G1Affine> {
    let messages: Vec<Message> = (0..count).map(|index| message(&[3; 32], index)).collect();
    let mut points = Native::to_affine_all(&Native::hash(&messages));
    if let Some(point) = points.get_mut(3) {
        *point = G1Affine::IDENTITY;
    }
    points
}

fn same(native: &G1, portable: &G1) -> G1Affine {
    let [a, b] = [Native::to_affine(native), Portable::to_affine(portable)];
    assert_eq!(a, b);
    // Either takes what the other made.
    assert_eq!(Portable::to_affine(native), a);
    assert_eq!(Native::to_affine(portable), a);
    a
}

/// Encoding and curve are one reason to the crate.
fn verdict<T>(found: Result<T, PointError>) -> Result<T, bool> {
    found.map_err(|error| error == PointError::Subgroup)
}

fn decoded_alike(bytes: &[u8; 48]) -> Result<G1Affine, bool> {
    let found = verdict(Portable::decode_g1(bytes));
    assert_eq!(found, verdict(Native::decode_g1(bytes)), "{bytes:02x?}");
    if let Ok(point) = &found {
        assert_eq!((Native::encode_g1(point), Portable::encode_g1(point)), (*bytes, *bytes));
    }
    found
}

fn decoded_alike_g2(bytes: &[u8; 96]) -> Result<G2Affine, bool> {
    let found = verdict(Portable::decode_g2(bytes));
    assert_eq!(found, verdict(Native::decode_g2(bytes)), "{bytes:02x?}");
    if let Ok(point) = &found {
        assert_eq!((Native::encode_g2(point), Portable::encode_g2(point)), (*bytes, *bytes));
    }
    found
}

#[test]
fn generators_are_the_standard_ones() {
    assert_eq!(Native::generators(), Portable::generators());
    let (g1, g2) = Portable::generators();
    assert_eq!(Portable::encode_g1(&g1), bls12_381::G1Affine::generator().to_compressed());
    assert_eq!(Portable::encode_g2(&g2), bls12_381::G2Affine::generator().to_compressed());
}

#[test]
fn hashes_are_the_same() {
    for count in [0, 1, 2, 9, 40] {
        let messages: Vec<Message> =
            (0..count).map(|index| message(&[7; 32], index << 40)).collect();
        let (native, portable) = (Native::hash(&messages), Portable::hash(&messages));
        assert_eq!(native.len(), portable.len());
        for (a, b) in native.iter().zip(&portable) {
            same(a, b);
        }
    }
}

#[test]
fn sums_are_the_same_for_equal_opposite_and_infinite_points() {
    let points = points(6);
    for a in points.iter().map(G1::from) {
        let negative = same(&Native::neg(&a), &Portable::neg(&a));
        let double = same(&Native::add(&a, &a), &Portable::add(&a, &a));
        let zero =
            same(&Native::add(&a, &G1::from(&negative)), &Portable::add(&a, &G1::from(&negative)));
        assert!(zero.is_identity());
        assert_eq!(double.is_identity(), Native::to_affine(&a).is_identity());
        for b in points.iter().map(G1::from) {
            same(&Native::add(&a, &b), &Portable::add(&a, &b));
        }
    }
    let all: Vec<G1> = points.iter().map(G1::from).collect();
    assert_eq!(Native::to_affine_all(&all), points);
    assert_eq!(Portable::to_affine_all(&all), points);
    assert!(Portable::to_affine_all(&[]).is_empty());
}

#[test]
fn weighted_sums_are_the_same() {
    let mut draw = mix(b"sums");
    for count in [0, 1, 2, 3, 7, 8, 33, 300] {
        let points = points(count);
        let mut scalars: Vec<Fr> = points.iter().map(|_| draw()).collect();
        let mut short: Vec<u128> = (0..count).map(|at| (u128::MAX / 3) >> (at % 128)).collect();
        for (at, edge) in [Fr::ZERO, Fr::one(), Fr::one().neg()].into_iter().enumerate() {
            if let Some(scalar) = scalars.get_mut(at) {
                *scalar = edge;
            }
        }
        for (at, edge) in [u128::MAX, 0, 1].into_iter().enumerate() {
            if let Some(scalar) = short.get_mut(at) {
                *scalar = edge;
            }
        }
        same(&Native::msm(&points, &scalars), &Portable::msm(&points, &scalars));
        same(&Native::msm_short(&points, &short), &Portable::msm_short(&points, &short));
    }
}

#[test]
fn pairings_are_those_of_three_libraries() {
    let mut draw = mix(b"pairings");
    for _ in 0..4 {
        let (a, b) = (draw(), draw());
        let theirs = (
            bls12_381::G1Affine::from(G1Projective::generator() * told(&a)),
            bls12_381::G2Affine::from(G2Projective::generator() * told(&b)),
        );
        let expected = coefficients(&bls12_381::pairing(&theirs.0, &theirs.1));
        let p = decoded_alike(&theirs.0.to_compressed()).unwrap();
        let q = decoded_alike_g2(&theirs.1.to_compressed()).unwrap();
        assert_eq!(Native::pairing(&[(p, q)]), expected);
        assert_eq!(Portable::pairing(&[(p, q)]), expected);

        let (g1, g2) = Native::generators();
        let product = Native::to_affine(&Native::neg(&Native::msm(&[g1], &[a.mul(&b)])));
        let one = [(p, q), (product, g2)];
        assert!(Native::pairing_product_is_one(&one) && Portable::pairing_product_is_one(&one));
        assert_eq!(Native::pairing(&one), Portable::pairing(&[]));
        let other = [(p, q), (g1, g2)];
        assert!(!Native::pairing_product_is_one(&other));
        assert!(!Portable::pairing_product_is_one(&other));
        assert_eq!(Native::pairing(&other), Portable::pairing(&other));
        let infinite = [(p, G2Affine::IDENTITY), (G1Affine::IDENTITY, q)];
        assert!(Native::pairing_product_is_one(&infinite));
        assert!(Portable::pairing_product_is_one(&infinite));
        assert_eq!(Native::pairing(&infinite), Portable::pairing(&infinite));
    }
}

/// -P + r P kills what is in the subgroup, and leaves what isn't.
fn torsion_g1(x: u8) -> Option<[u8; 48]> {
    let mut bytes = [0; 48];
    (bytes[0], bytes[47]) = (0x80, x);
    let point = bls12_381::G1Affine::from_compressed_unchecked(&bytes).into_option()?;
    let torsion = point * -Scalar::one() + point;
    Some(bls12_381::G1Affine::from(torsion).to_compressed())
}

fn torsion_g2(x: u8) -> Option<[u8; 96]> {
    let mut bytes = [0; 96];
    (bytes[0], bytes[95]) = (0x80, x);
    let point = bls12_381::G2Affine::from_compressed_unchecked(&bytes).into_option()?;
    let torsion = point * -Scalar::one() + point;
    Some(bls12_381::G2Affine::from(torsion).to_compressed())
}

#[test]
fn points_outside_the_subgroup_are_refused_by_both() {
    let (mut seen, mut seen_g2) = (0, 0);
    for x in 0..60 {
        // As it is, and shifted by a point of the subgroup.
        if let Some(torsion) = torsion_g1(x) {
            let point = bls12_381::G1Affine::from_compressed_unchecked(&torsion).unwrap();
            let shifted = bls12_381::G1Affine::from(point + G1Projective::generator());
            assert_eq!(decoded_alike(&torsion), Err(true));
            assert_eq!(decoded_alike(&shifted.to_compressed()), Err(true));
            seen += 1;
        }
        if let Some(torsion) = torsion_g2(x) {
            let point = bls12_381::G2Affine::from_compressed_unchecked(&torsion).unwrap();
            let shifted = bls12_381::G2Affine::from(point + G2Projective::generator());
            assert_eq!(decoded_alike_g2(&torsion), Err(true));
            assert_eq!(decoded_alike_g2(&shifted.to_compressed()), Err(true));
            seen_g2 += 1;
        }
    }
    assert!(seen > 20 && seen_g2 > 20, "{seen} {seen_g2}");
}

/// Order 3 and x = 0: the smallest subgroup.
#[test]
fn points_of_order_three_are_refused_by_both() {
    for sign in [0x80, 0xa0] {
        let mut bytes = [0; 48];
        bytes[0] = sign;
        assert_eq!(decoded_alike(&bytes), Err(true));
    }
}

/// p, big-endian.
const MODULUS: &str = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

#[test]
fn malformed_encodings_are_refused_by_both() {
    let (g1, g2) = Native::generators();
    let (good, good_g2) = (Native::encode_g1(&g1), Native::encode_g2(&g2));
    for flags in 0..8_u8 {
        let mut bytes = good;
        bytes[0] = bytes[0] & 0x1f | flags << 5;
        assert_eq!(decoded_alike(&bytes).is_ok(), flags & 6 == 4);
        let mut bytes = [0; 48];
        bytes[0] = flags << 5;
        assert_eq!(decoded_alike(&bytes).is_ok(), flags == 6);
        bytes[47] = 1;
        let _ = decoded_alike(&bytes);
        let mut bytes = good_g2;
        bytes[0] = bytes[0] & 0x1f | flags << 5;
        assert_eq!(decoded_alike_g2(&bytes).is_ok(), flags & 6 == 4);
        let mut bytes = [0; 96];
        bytes[0] = flags << 5;
        assert_eq!(decoded_alike_g2(&bytes).is_ok(), flags == 6);
        for at in [47, 48, 95] {
            bytes[at] ^= 1;
            let _ = decoded_alike_g2(&bytes);
        }
    }
    // x at the modulus and above, in each coordinate.
    let p: [u8; 48] =
        core::array::from_fn(|at| u8::from_str_radix(&MODULUS[2 * at..2 * at + 2], 16).unwrap());
    for add in [0, 1, 2, 3, 5] {
        let mut x = p;
        x[47] += add;
        let mut bytes = x;
        bytes[0] |= 0x80;
        assert_eq!(decoded_alike(&bytes), Err(false));
        for at in [0, 48] {
            let mut bytes = good_g2;
            bytes[at..at + 48].copy_from_slice(&x);
            bytes[0] |= 0x80;
            assert_eq!(decoded_alike_g2(&bytes), Err(false));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_decoded_alike(
        low in any::<[u8; 32]>(),
        high in any::<[u8; 16]>(),
        flags in 0..8_u8,
        g2 in any::<[[u8; 32]; 3]>(),
    ) {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(&high);
        bytes[16..].copy_from_slice(&low);
        let _ = decoded_alike(&bytes);
        bytes[0] = bytes[0] & 0x1f | flags << 5;
        let _ = decoded_alike(&bytes);
        let mut bytes: [u8; 96] = g2.concat().try_into().unwrap();
        let _ = decoded_alike_g2(&bytes);
        bytes[0] = bytes[0] & 0x0f | flags << 5;
        bytes[48] &= 0x0f;
        let _ = decoded_alike_g2(&bytes);
    }

    #[test]
    fn edited_points_are_decoded_alike(at in 0..48_usize, bit in 0..8, index in 0..50_u64) {
        let points = Native::to_affine_all(&Native::hash(&[message(&[1; 32], index)]));
        let mut bytes = Native::encode_g1(&points[0]);
        prop_assert_eq!(decoded_alike(&bytes), Ok(points[0]));
        bytes[at] ^= 1_u8 << bit;
        let _ = decoded_alike(&bytes);
        let mut scalar = mix(&index.to_le_bytes());
        let point = G2Affine::generator_times(&scalar());
        let mut bytes = Native::encode_g2(&point);
        prop_assert_eq!(decoded_alike_g2(&bytes), Ok(point));
        bytes[2 * at] ^= 1_u8 << bit;
        let _ = decoded_alike_g2(&bytes);
    }
}
