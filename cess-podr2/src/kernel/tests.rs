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

/// M(alpha) by Horner's rule on the other implementation.
fn naive(block: &[u8], alpha: &Fr) -> Scalar {
    let alpha = scalar(alpha);
    block.chunks(SECTOR_BYTES).rev().fold(Scalar::zero(), |sum, m| sum * alpha + sector(m))
}

fn random(len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&[7]).finalize_xof().fill(&mut out);
    out
}

fn sectors(count: u32) -> Sectors {
    Sectors::new(count).unwrap()
}

#[test]
fn both_kernels_are_tested_where_they_run() {
    #[cfg(target_arch = "x86_64")]
    let expected = 1 + usize::from(
        std::arch::is_x86_feature_detected!("avx512ifma")
            && std::arch::is_x86_feature_detected!("avx512vbmi2"),
    );
    #[cfg(not(target_arch = "x86_64"))]
    let expected = 1;
    assert_eq!(Kernel::all().len(), expected);
}

#[test]
fn the_largest_values_do_not_overflow() {
    // Powers of -1 are 1 and r - 1 in turn; those of 1 / 2 lie anywhere.
    let half = Fr::from_bytes(&Scalar::from(2).invert().unwrap().to_bytes()).unwrap();
    for kernel in Kernel::all() {
        for alpha in [Fr::one().neg(), half] {
            let powers = Powers::new(kernel, &alpha, Sectors::MAX);
            let block = vec![0xff; 65536 * SECTOR_BYTES];
            assert_eq!(scalar(&powers.evaluate(&block)), naive(&block, &alpha), "{kernel:?}");
        }
    }
}

/// No power of alpha has all bits set, so the columns are filled here by hand.
#[test]
fn a_chunk_of_powers_with_all_bits_set_does_not_overflow() {
    let block = vec![0xff; CHUNK * SECTOR_BYTES];
    let ones = vec![[u64::MAX; 4]; CHUNK];
    // 2048 (2^248 - 1) (2^256 - 1) = 2^515 - 2^267 - 2^259 + 2^11, in words of 64 bits.
    let low = u64::MAX - (1 << 11) - (1 << 3) + 1;
    let expected = [1 << 11, 0, 0, 0, low, u64::MAX, u64::MAX, u64::MAX, 0b111];
    assert_eq!(portable::inner_product(&block, &portable::pack(&ones)), expected);
    #[cfg(target_arch = "x86_64")]
    if ifma::available() {
        assert_eq!(ifma::inner_product(&block, &ifma::pack(&ones)), expected);
    }
}

#[test]
fn combination_of_the_largest_values_does_not_overflow() {
    for kernel in Kernel::all() {
        let mut combination = Combination::with(kernel, 64);
        let block = [0xff; 64 * SECTOR_BYTES];
        for _ in 0..100_000 {
            combination.add(&block, u128::MAX);
        }
        let weight = scalar(&Fr::from_u128(u128::MAX)) * Scalar::from(100_000);
        for sum in combination.finish() {
            assert_eq!(scalar(&sum), sector(&[0xff; 31]) * weight, "{kernel:?}");
        }
    }
}

#[test]
fn empty_block_sums_to_zero() {
    for kernel in Kernel::all() {
        assert_eq!(Powers::new(kernel, &Fr::one(), Sectors::MIN).evaluate(&[]), Fr::ZERO);
        let mut combination = Combination::with(kernel, 64);
        combination.add(&[], 7);
        assert!(combination.finish().is_empty());
    }
}

/// Each length around the ends of sectors, groups and chunks, at the very end of an allocation
/// and at every alignment: what lies behind a block must not count.
#[test]
fn tails_of_every_length_agree_with_the_naive_sum() {
    let alpha = Fr::from_limbs([3, 1, 4, 1]);
    let data = random(2 * GROUP_BYTES + 70);
    for kernel in Kernel::all() {
        let powers = Powers::new(kernel, &alpha, Sectors::MIN);
        for len in 0..=2 * GROUP_BYTES + 65 {
            let block = data[len % 5..][..len].to_vec().into_boxed_slice();
            assert_eq!(scalar(&powers.evaluate(&block)), naive(&block, &alpha), "{kernel:?} {len}");
            let mut one = Combination::with(kernel, 64);
            one.add(&block, 1);
            let sums: Vec<Scalar> = one.finish().iter().map(scalar).collect();
            let expected: Vec<Scalar> = block.chunks(SECTOR_BYTES).map(sector).collect();
            assert_eq!(sums, expected, "{kernel:?} {len}");
        }
    }
}

#[test]
fn chunks_of_long_blocks_agree_with_the_naive_sum() {
    let alpha = Fr::from_limbs([3, 1, 4, 1]);
    let data = random(8192 * SECTOR_BYTES);
    for kernel in Kernel::all() {
        let powers = Powers::new(kernel, &alpha, sectors(8192));
        for len in [
            CHUNK * SECTOR_BYTES - 1,
            CHUNK * SECTOR_BYTES,
            CHUNK * SECTOR_BYTES + 1,
            5 * CHUNK * SECTOR_BYTES / 2,
            data.len(),
        ] {
            let block = &data[..len];
            assert_eq!(scalar(&powers.evaluate(block)), naive(block, &alpha), "{kernel:?} {len}");
        }
    }
}

proptest! {
    #[test]
    fn evaluation_agrees_with_horners_rule(
        block in proptest::collection::vec(any::<u8>(), 0..64 * SECTOR_BYTES),
        alpha in any::<[u64; 4]>(),
    ) {
        let alpha = Fr::from_limbs(alpha);
        for kernel in Kernel::all() {
            let powers = Powers::new(kernel, &alpha, Sectors::MIN);
            prop_assert_eq!(scalar(&powers.evaluate(&block)), naive(&block, &alpha));
        }
    }

    #[test]
    fn combination_agrees_with_the_naive_sum(
        blocks in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..12 * SECTOR_BYTES), any::<u128>()), 0..6),
    ) {
        for kernel in Kernel::all() {
            let mut combination = Combination::with(kernel, 12);
            let mut expected = vec![Scalar::zero(); 12];
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
}
