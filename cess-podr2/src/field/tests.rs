#![cfg(feature = "native")]

use super::*;
use bls12_381::Scalar;
use proptest::prelude::*;

fn scalar(value: &Fr) -> Scalar {
    Scalar::from_bytes(&value.to_bytes()).unwrap()
}

#[test]
fn constants_are_powers_of_two() {
    let mut power = Scalar::one();
    for _ in 0..256 {
        power = power.double();
    }
    let r2 = power * power;
    assert_eq!(limbs(&power.square().to_bytes()), R2);
    assert_eq!(limbs(&(r2 * power).to_bytes()), R3);
    assert_eq!(MODULUS[0].wrapping_mul(INVERSE), u64::MAX);
}

#[test]
fn refuses_the_order_and_above() {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(MODULUS) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    assert_eq!(Fr::from_bytes(&bytes), None);
    assert_eq!(Fr::from_bytes(&[0xff; 32]), None);
    bytes[0] -= 1;
    assert_eq!(Fr::from_bytes(&bytes), Some(Fr::one().neg()));
}

#[test]
fn extremes_reduce_like_the_reference() {
    for wide in [[0u8; 64], [0xff; 64]] {
        assert_eq!(scalar(&Fr::from_wide(&wide)), Scalar::from_bytes_wide(&wide));
    }
    assert_eq!(Fr::ZERO.neg(), Fr::ZERO);
    let top = Fr::one().neg();
    assert_eq!(top.mul(&top), Fr::one());
    assert_eq!(top.add(&Fr::one()), Fr::ZERO);
}

proptest! {
    #[test]
    fn arithmetic_agrees_with_the_reference(a in any::<[u8; 32]>(), b in any::<[u8; 32]>(), wide in any::<[u64; 9]>()) {
        let (x, y) = (Fr::from_limbs(limbs(&a)), Fr::from_limbs(limbs(&b)));
        let (p, q) = (scalar(&x), scalar(&y));
        prop_assert_eq!(scalar(&x.add(&y)), p + q);
        prop_assert_eq!(scalar(&x.mul(&y)), p * q);
        prop_assert_eq!(scalar(&x.neg()), -p);
        prop_assert_eq!(Fr::from_bytes(&x.to_bytes()), Some(x));

        let mut both = [0; 64];
        both[..32].copy_from_slice(&a);
        both[32..].copy_from_slice(&b);
        prop_assert_eq!(scalar(&Fr::from_wide(&both)), Scalar::from_bytes_wide(&both));

        let mut expected = Scalar::zero();
        for limb in wide.iter().rev() {
            for _ in 0..64 {
                expected = expected.double();
            }
            expected += Scalar::from(*limb);
        }
        prop_assert_eq!(scalar(&Fr::from_nine(&wide)), expected);
    }
}
