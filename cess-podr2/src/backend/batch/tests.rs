use super::*;
use crate::backend::message;

/// Every way that this machine has: the one-by-one path, and the lanes where they run.
fn ways() -> Vec<Batch> {
    let mut ways = vec![Batch::OneByOne];
    if !matches!(Batch::best(), Batch::OneByOne) {
        ways.push(Batch::best());
    }
    ways
}

fn messages(count: u64) -> Vec<Message> {
    (0..count).map(|index| message(&[5; 32], index)).collect()
}

/// Zero, small, large, and around the multiples of lambda at which a scalar is split.
fn scalars() -> Vec<Fr> {
    let lambda = Fr::from_u128(0xac45_a401_0001_a402_0000_0000_ffff_ffff);
    let mut out = vec![Fr::ZERO, Fr::one(), Fr::one().neg(), lambda, lambda.neg()];
    for k in [2, 15, 16, 17, 31, 32, 33, u128::MAX, u128::MAX - 1, 1 << 127] {
        let k = Fr::from_u128(k);
        out.extend([k, k.neg(), k.mul(&lambda), k.mul(&lambda).neg()]);
    }
    out.extend((0..30).map(|i| Fr::from_limbs([i, i ^ 7, !i, i << 50])));
    out
}

fn affine(points: &[G1]) -> Vec<G1Affine> {
    G1::to_affine_all(points)
}

#[test]
fn the_lanes_are_tested_where_they_run() {
    #[cfg(target_arch = "x86_64")]
    let expected = 1 + usize::from(std::arch::is_x86_feature_detected!("avx512ifma"));
    #[cfg(not(target_arch = "x86_64"))]
    let expected = 1;
    assert_eq!(ways().len(), expected);
}

#[test]
fn hashes_are_those_of_blst_for_any_number() {
    for way in ways() {
        for count in [0, 1, 7, 8, 9, 17, 40] {
            let messages = messages(count);
            let expected: Vec<G1> = messages.iter().map(G1::hash).collect();
            assert_eq!(affine(&way.hash(&messages)), affine(&expected), "{way:?} {count}");
        }
    }
}

/// Points of another implementation, `bls12_381`.
#[test]
fn hashes_are_those_of_the_vectors() {
    let cases = include_str!("../../../tests/vectors/hash.json");
    let cases: Vec<serde_json::Value> = serde_json::from_str(cases).unwrap();
    let bytes = |digits: &serde_json::Value| -> Vec<u8> {
        let digits = digits.as_str().unwrap();
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(byte).collect()
    };
    let messages: Vec<Message> = cases
        .iter()
        .map(|case| {
            let name: [u8; 32] = bytes(&case["name"]).try_into().unwrap();
            message(&name, case["index"].as_u64().unwrap())
        })
        .collect();
    assert!(!messages.is_empty());
    for way in ways() {
        for (point, case) in affine(&way.hash(&messages)).iter().zip(&cases) {
            assert_eq!(point.to_compressed().to_vec(), bytes(&case["point"]), "{way:?}");
        }
    }
}

#[test]
fn multiples_of_the_generator_are_those_of_blst() {
    let scalars = scalars();
    let expected: Vec<G1> = scalars.iter().map(|k| G1::generator().mul(k)).collect();
    for way in ways() {
        let base = Base::new(way);
        assert_eq!(affine(&base.times(&scalars)), affine(&expected), "{way:?}");
        assert!(base.times(&[]).is_empty());
    }
}

#[test]
fn tags_are_those_of_two_plain_multiplications() {
    let ms = scalars();
    let messages = messages(ms.len() as u64);
    for x in [Fr::one(), Fr::one().neg(), ms[ms.len() - 1], ms[7]] {
        let expected: Vec<G1> = messages
            .iter()
            .zip(&ms)
            .map(|(message, m)| G1::hash(message).add(&G1::generator().mul(m)).mul(&x))
            .collect();
        for way in ways() {
            let items: Vec<_> = messages.iter().copied().zip(ms.iter().copied()).collect();
            let tags = Base::new(way).sign(&x, &items);
            assert_eq!(affine(&tags), affine(&expected), "{way:?}");
        }
    }
}

#[test]
fn sums_are_those_of_single_multiplications() {
    for count in [0, 1, 7, 8, 9, 31, 100, 400, 1000] {
        let mut points = affine(&Batch::best().hash(&messages(count)));
        // Equal, opposite and infinite points among them, and equal ones with equal scalars.
        if count > 6 {
            points[1] = points[0];
            points[2] = G1::from(&points[0]).neg().to_affine();
            points[3] = G1::IDENTITY.to_affine();
            points[5] = points[4];
        }
        let mut scalars: Vec<Fr> = scalars().into_iter().cycle().take(points.len()).collect();
        if count > 6 {
            scalars[5] = scalars[4];
        }
        let short: Vec<u128> = (0..u128::from(count))
            .map(|i| match i % 5 {
                0 => u128::MAX - i,
                1 => i,
                2 => (1 << 127) + i,
                3 => 0x8080_8080_8080_8080_8080_8080_8080_8080,
                _ => (u128::MAX / 3).wrapping_mul(i + 1),
            })
            .collect();
        let sum = |scalars: &[Fr]| {
            let terms = points.iter().zip(scalars).map(|(p, k)| G1::from(p).mul(k));
            terms.fold(G1::IDENTITY, |sum, term| sum.add(&term)).to_affine()
        };
        let wide: Vec<Fr> = short.iter().map(|k| Fr::from_u128(*k)).collect();
        for way in ways() {
            let bytes: Vec<[u8; 32]> = scalars.iter().map(|k| k.to_bytes()).collect();
            assert_eq!(way.multi(&points, &bytes, 255).to_affine(), sum(&scalars), "{way:?}");
            let bytes: Vec<[u8; 16]> = short.iter().map(|k| k.to_le_bytes()).collect();
            assert_eq!(way.multi(&points, &bytes, 128).to_affine(), sum(&wide), "{way:?}");
        }
    }
}

fn decoded_alike(encodings: &[[u8; G1_BYTES]]) -> Vec<Result<G1Affine, PointError>> {
    let expected: Vec<_> = encodings.iter().map(G1Affine::from_compressed).collect();
    for way in ways() {
        let found = way.decode(encodings);
        for ((found, expected), bytes) in found.iter().zip(&expected).zip(encodings) {
            assert_eq!(found, expected, "{way:?} {bytes:02x?}");
        }
        assert_eq!(found.len(), encodings.len());
    }
    expected
}

#[test]
fn points_of_the_subgroup_are_decoded() {
    for count in [0, 1, 8, 23] {
        let points = affine(&messages(count).iter().map(G1::hash).collect::<Vec<_>>());
        let negative = |p: &G1Affine| G1::from(p).neg().to_affine().to_compressed();
        let both: Vec<_> = points.iter().flat_map(|p| [p.to_compressed(), negative(p)]).collect();
        assert!(decoded_alike(&both).iter().all(Result::is_ok));
    }
}

#[test]
fn what_is_no_point_is_refused_with_the_same_reason() {
    let good = G1Affine::generator().to_compressed();
    let mut encodings = vec![good];
    for first in 0..=255 {
        let mut bytes = good;
        bytes[0] = first;
        encodings.push(bytes);
    }
    // Small x, zero among them, with both signs: on the curve or not, never in the subgroup.
    for x in 0..60 {
        for first in [0x80, 0xa0, 0xc0, 0xe0, 0] {
            let mut bytes = [0; G1_BYTES];
            bytes[0] = first;
            bytes[G1_BYTES - 1] = x;
            encodings.push(bytes);
        }
    }
    // p - 1, p, p + 1 and the largest x.
    let p = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
    for change in -2_i8..3 {
        let mut bytes = [0; G1_BYTES];
        for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&p[at..at + 2], 16).unwrap();
        }
        bytes[0] |= 0x80;
        bytes[G1_BYTES - 1] = bytes[G1_BYTES - 1].wrapping_add_signed(change);
        encodings.push(bytes);
    }
    encodings.extend([[0xff; G1_BYTES], [0x9f; G1_BYTES], [0xbf; G1_BYTES]]);
    let mut xof = blake3::Hasher::new().finalize_xof();
    for _ in 0..100 {
        let mut bytes = [0; G1_BYTES];
        xof.fill(&mut bytes);
        bytes[0] = bytes[0] & 0x3f | 0x80;
        encodings.push(bytes);
    }
    let found = decoded_alike(&encodings);
    for reason in [PointError::Encoding, PointError::Curve, PointError::Subgroup] {
        assert!(found.contains(&Err(reason)), "{reason:?}");
    }
}

/// A point of the subgroup shifted by one of small order is the forger's best try.
#[test]
fn shifts_by_points_of_cofactor_order_are_refused() {
    let mut shifted = Vec::new();
    for x in 0_u8..60 {
        let mut bytes = [0; G1_BYTES];
        bytes[0] = 0x80;
        bytes[G1_BYTES - 1] = x;
        let Some(found) = bls12_381::G1Affine::from_compressed_unchecked(&bytes).into_option()
        else {
            continue;
        };
        // r P has the cofactor's order, or is infinite.
        let top: bls12_381::Scalar = -bls12_381::Scalar::one();
        let small = bls12_381::G1Projective::from(found) * top + found;
        let shift = bls12_381::G1Affine::generator() + small;
        shifted.push(bls12_381::G1Affine::from(shift).to_compressed());
    }
    assert!(shifted.len() > 20);
    assert!(decoded_alike(&shifted).iter().all(|found| *found == Err(PointError::Subgroup)));
}

#[cfg(target_arch = "x86_64")]
mod lanes {
    use super::*;
    use crate::backend::blst::{expand_with, map_to_g1};

    fn hash(lanes: Lanes, expanded: &[[u8; 128]]) -> Vec<G1> {
        let mut out = Vec::new();
        lanes.hash(expanded, |at, words| {
            assert_eq!(at, out.len());
            out.push(G1::from_words(words));
        });
        out
    }

    #[test]
    fn vectors_of_the_rfc_hold() {
        let Some(lanes) = Lanes::new() else { return };
        let dst = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
        let x = [
            (
                "",
                "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1",
            ),
            (
                "abc",
                "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
            ),
            (
                "abcdef0123456789",
                "11e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce82d98",
            ),
        ];
        for (message, x) in x {
            let found = hash(lanes, &[expand_with(message.as_bytes(), dst)]);
            let mut bytes = found[0].to_affine().to_compressed();
            bytes[0] &= 0x1f;
            let found: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, x);
        }
    }

    /// Elements for which the map has special cases, and pairs whose images are equal or opposite.
    #[test]
    fn special_elements_are_mapped_as_by_blst() {
        let Some(lanes) = Lanes::new() else { return };
        let p: [u8; 48] = std::array::from_fn(|at| {
            let p = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
            u8::from_str_radix(&p[2 * at..2 * at + 2], 16).unwrap()
        });
        let wide = |low: &[u8]| {
            let mut out = [0; 64];
            out[64 - low.len()..].copy_from_slice(low);
            out
        };
        let mut less = p;
        less[47] -= 1;
        let mut elements = vec![[0; 64], wide(&[1]), wide(&[2]), wide(&p), wide(&less), [0xff; 64]];
        elements.extend((3..20).map(|at: u8| {
            let mut out = [0; 64];
            blake3::Hasher::new().update(&[at]).finalize_xof().fill(&mut out);
            out
        }));
        let mut expanded = Vec::new();
        for u in &elements {
            for v in &elements {
                let mut both = [0; 128];
                both[..64].copy_from_slice(u);
                both[64..].copy_from_slice(v);
                expanded.push(both);
            }
        }
        let expected: Vec<G1> = expanded.iter().map(map_to_g1).collect();
        let found = hash(lanes, &expanded);
        assert_eq!(affine(&found), affine(&expected));
        // 1 and p - 1 go to opposite points.
        let infinite = affine(&found).iter().filter(|point| point.is_identity()).count();
        assert_eq!(infinite, 2);
    }
}
