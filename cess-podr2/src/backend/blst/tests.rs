use super::*;
use crate::backend::{message, msm, msm_short};

fn hashed(name: &[u8; 32], index: u64) -> G1 {
    G1::hash(&message(name, index))
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let mut out = [0; N];
    for (byte, at) in out.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    }
    out
}

/// RFC 9380, appendix J.9.1: what each message begins with, what fills it up to which length, and
/// the point.
const RFC_DST: &[u8] = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
const RFC_VECTORS: [(&str, u8, usize, &str, &str); 5] = [
    (
        "",
        0,
        0,
        "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1",
        "08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265",
    ),
    (
        "abc",
        0,
        3,
        "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
        "0b9c15f3fe6e5cf4211f346271d7b01c8f3b28be689c8429c85b67af215533311f0b8dfaaa154fa6b88176c229f2885d",
    ),
    (
        "abcdef0123456789",
        0,
        16,
        "11e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce82d98",
        "03a87ae2caf14e8ee52e51fa2ed8eefe80f02457004ba4d486d6aa1f517c0889501dc7413753f9599b099ebcbbd2d709",
    ),
    (
        "q128_",
        b'q',
        133,
        "15f68eaa693b95ccb85215dc65fa81038d69629f70aeee0d0f677cf22285e7bf58d7cb86eefe8f2e9bc3f8cb84fac488",
        "1807a1d50c29f430b8cafc4f8638dfeeadf51211e1602a5f184443076715f91bb90a48ba1e370edce6ae1062f5e6dd38",
    ),
    (
        "a512_",
        b'a',
        517,
        "082aabae8b7dedb0e78aeb619ad3bfd9277a2f77ba7fad20ef6aabdc6c31d19ba5a6d12283553294c1825c4b3ca2dcfe",
        "05b84ae5a942248eea39e1d91030458c40153f3b654ab7872d779ad1e942856a20c438e8d99bc8abfbf74729ce1f7ac8",
    ),
];

/// Messages and points of the RFC.
fn rfc_vectors() -> Vec<(Vec<u8>, bls12_381::G1Affine)> {
    let decode = |(start, fill, len, x, y): (&str, u8, usize, &str, &str)| {
        let mut message = start.as_bytes().to_vec();
        message.resize(len, fill);
        let mut point = [0; 96];
        point[..48].copy_from_slice(&hex::<48>(x));
        point[48..].copy_from_slice(&hex::<48>(y));
        (message, bls12_381::G1Affine::from_uncompressed(&point).unwrap())
    };
    RFC_VECTORS.map(decode).to_vec()
}

fn same(point: &G1, expected: &bls12_381::G1Affine) -> bool {
    point.to_affine().to_compressed() == expected.to_compressed()
}

#[test]
fn hash_to_curve_matches_the_rfc() {
    for (message, expected) in rfc_vectors() {
        assert!(same(&G1::hash_with(&message, RFC_DST), &expected), "{} bytes", message.len());
    }
}

/// Each of the vectors in each of the eight lanes.
#[cfg(target_arch = "x86_64")]
#[test]
fn hash_to_curve_in_lanes_matches_the_rfc() {
    let Some(lanes) = crate::backend::lanes::Lanes::new() else { return };
    let mut vectors = rfc_vectors();
    let expand = |(message, _): &(Vec<u8>, _)| expand_with(message, RFC_DST);
    for _ in 0..8 {
        let expanded: Vec<_> = vectors.iter().cycle().take(8).map(expand).collect();
        let mut seen = 0;
        lanes.hash(&expanded, |at, words| {
            let (message, expected) = &vectors[at % vectors.len()];
            assert!(same(&G1::from_words(words), expected), "lane {at}, {} bytes", message.len());
            seen += 1;
        });
        assert_eq!(seen, 8);
        vectors.rotate_left(1);
    }
}

#[test]
fn hash_depends_on_name_index_and_tag() {
    let of = |name, index| hashed(&[name; 32], index).to_affine();
    assert_ne!(of(0, 0), of(0, 1));
    assert_ne!(of(0, 0), of(1, 0));
    assert_ne!(of(0, 0), G1::hash_with(&[0; 40], RFC_DST).to_affine());
}

fn scalars(count: u64) -> Vec<Fr> {
    (0..count).map(|i| Fr::from_limbs([i, i ^ 7, !i, i << 50])).collect()
}

fn reference(point: &G1Affine) -> bls12_381::G1Projective {
    bls12_381::G1Affine::from_compressed(&point.to_compressed()).unwrap().into()
}

#[test]
fn sums_agree_with_the_reference_at_every_algorithm_of_blst() {
    for count in [0, 1, 2, 3, 31, 32, 33, 200] {
        let mut points: Vec<G1Affine> =
            (0..count).map(|i| hashed(&[1; 32], i).to_affine()).collect();
        // Equal, opposite and infinite points among them.
        if count > 3 {
            points[1] = points[0];
            points[2] = G1::from(&points[0]).neg().to_affine();
            points[3] = G1::IDENTITY.to_affine();
        }
        let scalars = scalars(count);
        let expected: bls12_381::G1Projective = points
            .iter()
            .zip(&scalars)
            .map(|(p, k)| reference(p) * bls12_381::Scalar::from_bytes(&k.to_bytes()).unwrap())
            .sum();
        assert_eq!(reference(&msm(&points, &scalars).to_affine()), expected);

        let short: Vec<u128> = (0..u128::from(count)).map(|i| u128::MAX - i * i).collect();
        let expected: bls12_381::G1Projective = points
            .iter()
            .zip(&short)
            .map(|(p, k)| {
                let k = Fr::from_u128(*k).to_bytes();
                reference(p) * bls12_381::Scalar::from_bytes(&k).unwrap()
            })
            .sum();
        assert_eq!(reference(&msm_short(&points, &short).to_affine()), expected);
    }
}

#[test]
fn constant_time_multiplication_agrees_with_the_reference() {
    let point = hashed(&[2; 32], 3);
    let top = Fr::one().neg();
    for scalar in [Fr::ZERO, Fr::one(), top].into_iter().chain(scalars(20)) {
        let k = bls12_381::Scalar::from_bytes(&scalar.to_bytes()).unwrap();
        let expected = reference(&point.to_affine()) * k;
        assert_eq!(reference(&point.mul(&scalar).to_affine()), expected);
        let expected = bls12_381::G2Affine::from(bls12_381::G2Affine::generator() * k);
        assert_eq!(G2Affine::generator_times(&scalar).to_compressed(), expected.to_compressed());
    }
}

#[test]
fn pairing_product_holds_and_fails_with_any_number_of_pairs() {
    let two = Fr::from_limbs([2, 0, 0, 0]);
    let g1 = G1::generator();
    for count in [1_u64, 2, 15, 16, 17, 33, 40] {
        let mut pairs = Vec::new();
        for i in 0..count {
            let k = Fr::from_limbs([i + 2, 0, 0, 0]);
            pairs.push((g1.mul(&k).to_affine(), G2Affine::generator_times(&two)));
            pairs.push((g1.mul(&two.mul(&k)).neg().to_affine(), G2Affine::generator()));
        }
        assert!(pairing_product_is_one(&pairs));
        pairs.push((G1::IDENTITY.to_affine(), G2Affine::generator()));
        pairs.push((G1Affine::generator(), G2Affine::generator_times(&Fr::ZERO)));
        assert!(pairing_product_is_one(&pairs));
        pairs.swap_remove(0);
        assert!(!pairing_product_is_one(&pairs));
    }
    assert!(pairing_product_is_one(&[]));
}

#[test]
fn affine_forms_computed_together_are_the_same() {
    let mut points: Vec<G1> = (0..40).map(|i| hashed(&[3; 32], i)).collect();
    points[7] = G1::IDENTITY;
    let expected: Vec<G1Affine> = points.iter().map(|p| p.to_affine()).collect();
    assert_eq!(G1::to_affine_all(&points), expected);
    assert!(G1::to_affine_all(&[]).is_empty());
}

#[test]
fn refuses_malformed_points() {
    let good = G1Affine::generator().to_compressed();
    assert_eq!(G1Affine::from_compressed(&good), Ok(G1Affine::generator()));
    let with_first = |first: u8| {
        let mut bytes = good;
        bytes[0] = first;
        bytes
    };
    let mut infinity = [0; 48];
    infinity[0] = 0xc0;
    assert!(G1Affine::from_compressed(&infinity).unwrap().is_identity());
    let mut long_infinity = infinity;
    long_infinity[47] = 1;
    let mut signed_infinity = infinity;
    signed_infinity[0] = 0xe0;
    let mut beyond = [0xff; 48];
    beyond[0] = 0x9f;
    for bytes in [
        with_first(good[0] & 0x7f),
        with_first(good[0] | 0x40),
        long_infinity,
        signed_infinity,
        [0; 48],
        [0xff; 48],
        beyond,
    ] {
        assert_eq!(G1Affine::from_compressed(&bytes), Err(PointError::Encoding));
    }
    let mut infinity = [0; 96];
    infinity[0] = 0xc0;
    assert!(G2Affine::from_compressed(&infinity).unwrap().is_identity());
    infinity[95] = 1;
    for bytes in [infinity, [0; 96], [0xff; 96]] {
        assert_eq!(G2Affine::from_compressed(&bytes), Err(PointError::Encoding));
    }
}

#[test]
fn refuses_points_off_the_curve_and_outside_the_subgroup() {
    let (mut off_curve, mut outside) = (0, 0);
    for x in 1_u8..40 {
        let mut bytes = [0; 48];
        bytes[0] = 0x80;
        bytes[47] = x;
        match G1Affine::from_compressed(&bytes) {
            Err(PointError::Curve) => off_curve += 1,
            Err(PointError::Subgroup) => outside += 1,
            other => panic!("{other:?}"),
        }
        let mut bytes = [0; 96];
        bytes[0] = 0x80;
        bytes[95] = x;
        match G2Affine::from_compressed(&bytes) {
            Err(PointError::Curve) => off_curve += 1,
            Err(PointError::Subgroup) => outside += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(off_curve > 20 && outside > 20);
}
