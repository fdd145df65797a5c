use super::*;
use bls12_381::Scalar;
use proptest::prelude::*;

fn sector(bytes: &[u8]) -> Scalar {
    let mut padded = [0; 32];
    padded[..bytes.len()].copy_from_slice(bytes);
    Scalar::from_bytes(&padded).unwrap()
}

fn scalar(value: &Fr) -> Scalar {
    Scalar::from_bytes(&value.to_bytes()).unwrap()
}

fn naive(block: &[u8], powers: &[Fr]) -> Scalar {
    block.chunks(SECTOR_BYTES).zip(powers).map(|(m, p)| sector(m) * scalar(p)).sum()
}

#[test]
fn inner_product_of_the_largest_values_does_not_overflow() {
    let powers = vec![Fr::one().neg(); 65536];
    let plain: Vec<Power> = powers.iter().map(|p| p.to_limbs()).collect();
    let block = vec![0xff; 65536 * SECTOR_BYTES];
    assert_eq!(scalar(&inner_product(&block, &plain)), naive(&block, &powers));
}

#[test]
fn combination_of_the_largest_values_does_not_overflow() {
    let mut combination = Combination::new(64);
    let block = [0xff; 64 * SECTOR_BYTES];
    for _ in 0..100_000 {
        combination.add(&block, u128::MAX);
    }
    let weight = scalar(&Fr::from_u128(u128::MAX)) * Scalar::from(100_000);
    for sum in combination.finish() {
        assert_eq!(scalar(&sum), sector(&[0xff; 31]) * weight);
    }
}

#[test]
fn empty_block_sums_to_zero() {
    assert_eq!(inner_product(&[], &[[1, 0, 0, 0]]), Fr::ZERO);
    let mut combination = Combination::new(64);
    combination.add(&[], 7);
    assert!(combination.finish().is_empty());
}

proptest! {
    #[test]
    fn inner_product_agrees_with_the_naive_sum(
        block in proptest::collection::vec(any::<u8>(), 0..64 * SECTOR_BYTES),
        seeds in proptest::collection::vec(any::<[u64; 4]>(), 64),
    ) {
        let powers: Vec<Fr> = seeds.iter().map(|s| Fr::from_limbs(*s)).collect();
        let plain: Vec<Power> = powers.iter().map(|p| p.to_limbs()).collect();
        prop_assert_eq!(scalar(&inner_product(&block, &plain)), naive(&block, &powers));
    }

    #[test]
    fn combination_agrees_with_the_naive_sum(
        blocks in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..8 * SECTOR_BYTES), any::<u128>()), 0..6),
    ) {
        let mut combination = Combination::new(8);
        let mut expected = vec![Scalar::zero(); 8];
        for (block, weight) in &blocks {
            combination.add(block, *weight);
            for (sum, m) in expected.iter_mut().zip(block.chunks(SECTOR_BYTES)) {
                *sum += sector(m) * scalar(&Fr::from_u128(*weight));
            }
        }
        let sums = combination.finish();
        for (j, expected) in expected.iter().enumerate() {
            let got = sums.get(j).map_or(Scalar::zero(), scalar);
            prop_assert_eq!(got, *expected);
        }
    }
}
