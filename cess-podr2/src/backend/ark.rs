//! Portable backend on arkworks: no unsafe code, no C, any target. For public data only: arkworks
//! doesn't run in constant time.

use alloc::vec::Vec;

use ark_bls12_381::{Bls12_381, Fq, Fq2, Fr as Scalar, G1Projective, g1, g2};
use ark_ec::hashing::HashToCurve;
use ark_ec::hashing::curve_maps::wb::WBMap;
use ark_ec::hashing::map_to_curve_hasher::MapToCurveBasedHasher;
use ark_ec::pairing::Pairing;
use ark_ec::scalar_mul::double_and_add_affine;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::field_hashers::DefaultFieldHasher;
use ark_ff::{BigInt, Field, Fp, One, PrimeField, Zero};

use super::{
    Backend, G1, G1_BYTES, G1Affine, G2_BYTES, G2Affine, GT_BYTES, Message, PointError, Words,
};
use crate::domain::HASH_TO_G1;

/// The backend on arkworks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

type Hasher =
    MapToCurveBasedHasher<G1Projective, DefaultFieldHasher<sha2::Sha256, 128>, WBMap<g1::Config>>;

impl Backend for Portable {
    fn hash(messages: &[Message]) -> Vec<G1> {
        // Neither step fails: the domain tag is a constant, and the map takes every element. Going on
        // without a hash would let forgeries pass.
        const NO_FAILURE: &str = "the map takes every element";
        let hasher = Hasher::new(HASH_TO_G1).expect(NO_FAILURE);
        messages.iter().map(|message| jacobian(hasher.hash(message).expect(NO_FAILURE))).collect()
    }

    fn decode_g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError> {
        let Some((x, flags)) = flags(bytes) else { return Err(PointError::Encoding) };
        if flags.infinity {
            return if x == [0; 48] { Ok(G1Affine::IDENTITY) } else { Err(PointError::Encoding) };
        }
        let x = element(&x).ok_or(PointError::Encoding)?;
        let point = finite::<g1::Config>(x, flags.greatest)?;
        Ok(G1Affine { x: words(point.x), y: words(point.y) })
    }

    fn encode_g1(point: &G1Affine) -> [u8; G1_BYTES] {
        if point.is_identity() {
            return infinity();
        }
        let y = fq(point.y);
        let mut out = bytes_of(fq(point.x));
        out[0] |= COMPRESSED | if y > -y { GREATEST } else { 0 };
        out
    }

    fn decode_g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointError> {
        let (halves, _) = bytes.as_chunks::<48>();
        let (mut high, mut low) = ([0; 48], [0; 48]);
        high.copy_from_slice(&halves[0]);
        low.copy_from_slice(&halves[1]);
        let Some((high, flags)) = flags(&high) else { return Err(PointError::Encoding) };
        if flags.infinity {
            let zero = (high, low) == ([0; 48], [0; 48]);
            return if zero { Ok(G2Affine::IDENTITY) } else { Err(PointError::Encoding) };
        }
        let high = element(&high).ok_or(PointError::Encoding)?;
        let low = element(&low).ok_or(PointError::Encoding)?;
        let point = finite::<g2::Config>(Fq2::new(low, high), flags.greatest)?;
        Ok(G2Affine { x: pair(point.x), y: pair(point.y) })
    }

    fn encode_g2(point: &G2Affine) -> [u8; G2_BYTES] {
        if point.is_identity() {
            return infinity();
        }
        let (x, y) = (fq2(point.x), fq2(point.y));
        let mut out = [0; G2_BYTES];
        out[..48].copy_from_slice(&bytes_of(x.c1));
        out[48..].copy_from_slice(&bytes_of(x.c0));
        out[0] |= COMPRESSED | if y > -y { GREATEST } else { 0 };
        out
    }

    fn generators() -> (G1Affine, G2Affine) {
        let (g1, g2) = (g1::Config::GENERATOR, g2::Config::GENERATOR);
        let g1 = G1Affine { x: words(g1.x), y: words(g1.y) };
        (g1, G2Affine { x: pair(g2.x), y: pair(g2.y) })
    }

    fn add(a: &G1, b: &G1) -> G1 {
        from_projective(&(projective(a) + projective(b)))
    }

    fn neg(point: &G1) -> G1 {
        from_projective(&-projective(point))
    }

    fn to_affine_all(points: &[G1]) -> Vec<G1Affine> {
        let points: Vec<G1Projective> = points.iter().map(projective).collect();
        let affine = G1Projective::normalize_batch(&points);
        affine.iter().map(|point| G1Affine { x: words(point.x), y: words(point.y) }).collect()
    }

    fn multi<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], _: usize) -> G1 {
        let points: Vec<Affine<g1::Config>> = points.iter().map(affine).collect();
        let scalar = |bytes: &[u8; N]| {
            let mut limbs = [0; 4];
            for (limb, word) in limbs.iter_mut().zip(bytes.as_chunks().0) {
                *limb = u64::from_le_bytes(*word);
            }
            BigInt(limbs)
        };
        let scalars: Vec<_> = scalars.iter().map(scalar).collect();
        from_projective(&G1Projective::msm_bigint(&points, &scalars))
    }

    fn pairing(pairs: &[(G1Affine, G2Affine)]) -> [u8; GT_BYTES] {
        let value = multi_pairing(pairs);
        let mut out = [0; GT_BYTES];
        let elements = [value.c0, value.c1]
            .into_iter()
            .flat_map(|six| [six.c0, six.c1, six.c2])
            .flat_map(|two| [two.c0, two.c1]);
        for (out, element) in out.as_chunks_mut().0.iter_mut().zip(elements) {
            *out = bytes_of(element);
        }
        out
    }

    fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> bool {
        multi_pairing(pairs).is_one()
    }
}

type Target = <Bls12_381 as Pairing>::TargetField;

fn multi_pairing(pairs: &[(G1Affine, G2Affine)]) -> Target {
    // Pairs with the identity contribute 1, which arkworks sees to.
    let g1s = pairs.iter().map(|(p, _)| affine(p));
    let g2s = pairs.iter().map(|(_, q)| affine_g2(q));
    Bls12_381::multi_pairing(g1s, g2s).0
}

const COMPRESSED: u8 = 0x80;
const INFINITY: u8 = 0x40;
const GREATEST: u8 = 0x20;

struct Flags {
    infinity: bool,
    greatest: bool,
}

/// The coordinate without the flags, if they fit each other.
fn flags(bytes: &[u8; 48]) -> Option<([u8; 48], Flags)> {
    let flags = bytes[0] & (COMPRESSED | INFINITY | GREATEST);
    let (infinity, greatest) = (flags & INFINITY != 0, flags & GREATEST != 0);
    let mut x = *bytes;
    x[0] &= !(COMPRESSED | INFINITY | GREATEST);
    (flags & COMPRESSED != 0 && !(infinity && greatest))
        .then_some((x, Flags { infinity, greatest }))
}

fn infinity<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    out[0] = COMPRESSED | INFINITY;
    out
}

/// The point of the subgroup with this x. Membership by `r P = 0` in plain doublings and additions:
/// nothing on the way assumes what is to be found out.
fn finite<C: SWCurveConfig<ScalarField = Scalar>>(
    x: C::BaseField,
    greatest: bool,
) -> Result<Affine<C>, PointError> {
    let point = Affine::<C>::get_point_from_x_unchecked(x, greatest).ok_or(PointError::Curve)?;
    if double_and_add_affine(&point, Scalar::characteristic()).is_zero() {
        Ok(point)
    } else {
        Err(PointError::Subgroup)
    }
}

/// Big-endian, below p.
fn element(bytes: &[u8; 48]) -> Option<Fq> {
    let mut limbs = [0; 6];
    for (limb, word) in limbs.iter_mut().rev().zip(bytes.as_chunks().0) {
        *limb = u64::from_be_bytes(*word);
    }
    Fq::from_bigint(BigInt(limbs))
}

fn bytes_of(element: Fq) -> [u8; 48] {
    let mut out = [0; 48];
    for (out, limb) in out.as_chunks_mut().0.iter_mut().zip(element.into_bigint().0.iter().rev()) {
        *out = limb.to_be_bytes();
    }
    out
}

fn fq(words: Words) -> Fq {
    Fp::new_unchecked(BigInt(words))
}

fn words(element: Fq) -> Words {
    element.0.0
}

fn fq2([c0, c1]: [Words; 2]) -> Fq2 {
    Fq2::new(fq(c0), fq(c1))
}

fn pair(element: Fq2) -> [Words; 2] {
    [words(element.c0), words(element.c1)]
}

fn affine(point: &G1Affine) -> Affine<g1::Config> {
    if point.is_identity() {
        return Affine::identity();
    }
    Affine::new_unchecked(fq(point.x), fq(point.y))
}

fn affine_g2(point: &G2Affine) -> Affine<g2::Config> {
    if point.is_identity() {
        return Affine::identity();
    }
    Affine::new_unchecked(fq2(point.x), fq2(point.y))
}

fn projective(point: &G1) -> G1Projective {
    let z = fq(point.z);
    if z.is_zero() {
        return G1Projective::zero();
    }
    G1Projective::new_unchecked(fq(point.x), fq(point.y), z)
}

fn from_projective(point: &G1Projective) -> G1 {
    G1 { x: words(point.x), y: words(point.y), z: words(point.z) }
}

fn jacobian(point: Affine<g1::Config>) -> G1 {
    from_projective(&point.into())
}
