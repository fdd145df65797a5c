//! Numbers of BLS12-381 and of the map of RFC 9380, section 8.8.1, as integers of six 64-bit limbs,
//! little-endian; put into Montgomery form when compiled.

use super::LIMBS;

/// An integer below p, as the literature writes it.
pub(super) type Words = [u64; 6];
/// The same in limbs of 52 bits.
pub(super) type Digits = [u64; LIMBS];

const MASK: u64 = (1 << 52) - 1;

/// The base field's order.
pub(super) const P: Digits = split(&P_WORDS);
const P_WORDS: Words = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];
/// -1/p mod 2^52.
pub(super) const P_INVERSE: u64 = 0x3_fffc_fffc_fffd;

/// The limbs of 52 bits of an integer below 2^384.
const fn split(words: &Words) -> Digits {
    let mut out = [0; LIMBS];
    let mut at = 0;
    while at < LIMBS {
        let (word, shift) = (at * 52 / 64, at * 52 % 64);
        let mut digit = words[word] >> shift;
        if shift > 12 && word + 1 < 6 {
            digit |= words[word + 1] << (64 - shift);
        }
        out[at] = digit & MASK;
        at += 1;
    }
    out
}

/// `2 a mod p` for a below p.
const fn double(a: &Digits) -> Digits {
    let mut sum = [0; LIMBS];
    let mut less = [0; LIMBS];
    let (mut carry, mut borrow) = (0, 0);
    let mut at = 0;
    while at < LIMBS {
        let digit = 2 * a[at] + carry;
        sum[at] = digit & MASK;
        carry = digit >> 52;
        let digit = sum[at].wrapping_sub(P[at]).wrapping_sub(borrow);
        less[at] = digit & MASK;
        borrow = digit >> 63;
        at += 1;
    }
    if borrow == 1 { sum } else { less }
}

/// `2^exponent a mod p`.
const fn shifted(a: &Digits, exponent: u32) -> Digits {
    let mut out = *a;
    let mut done = 0;
    while done < exponent {
        out = double(&out);
        done += 1;
    }
    out
}

const fn power_of_two(exponent: u32) -> Digits {
    shifted(&[1, 0, 0, 0, 0, 0, 0, 0], exponent)
}

/// Montgomery form here is with R = 2^416.
pub(super) const PLAIN_ONE: Digits = [1, 0, 0, 0, 0, 0, 0, 0];
pub(super) const ONE: Digits = power_of_two(416);
pub(super) const R2: Digits = power_of_two(832);
pub(super) const R3: Digits = power_of_two(1248);
/// From blst's Montgomery form, with 2^384, to this one: times 2^448 / R.
pub(super) const FROM_BLST: Digits = power_of_two(448);
/// And back: times 2^384 / R.
pub(super) const TO_BLST: Digits = power_of_two(384);
/// The curve's 4.
pub(super) const FOUR: Digits = power_of_two(418);

const fn mont(words: &Words) -> Digits {
    shifted(&split(words), 416)
}

pub(super) const fn mont_all<const N: usize>(all: &[Words; N]) -> [Digits; N] {
    let mut out = [[0; LIMBS]; N];
    let mut at = 0;
    while at < N {
        out[at] = mont(&all[at]);
        at += 1;
    }
    out
}

/// beta^3 = 1, and (beta x, y) = (z^2 - 1) (x, y) in the group of order r.
pub(super) const BETA: Digits = mont(&BETA_WORDS);
const BETA_WORDS: Words = [
    0x8bfd_0000_0000_aaac,
    0x4094_27eb_4f49_fffd,
    0x897d_2965_0fb8_5f9b,
    0xaa0d_857d_8975_9ad4,
    0xec02_4086_63d4_de85,
    0x1a01_11ea_397f_e699,
];

/// (p - 3) / 4, for square roots.
pub(super) const SQRT_EXPONENT: Words = [
    0xee7f_bfff_ffff_eaaa,
    0x07aa_ffff_ac54_ffff,
    0xd9cc_34a8_3dac_3d89,
    0xd91d_d2e1_3ce1_44af,
    0x92c6_e9ed_90d2_eb35,
    0x0680_447a_8e5f_f9a6,
];
/// (p + 1) / 2: from here on a y coordinate is the larger of the two.
pub(super) const HALF: Digits = split(&[
    0xdcff_7fff_ffff_d556,
    0x0f55_ffff_58a9_ffff,
    0xb398_6950_7b58_7b12,
    0xb23b_a5c2_79c2_895f,
    0x258d_d3db_21a5_d66b,
    0x0d00_88f5_1cbf_f34d,
]);

// y^2 = x^3 + A x + B is the isogenous curve; Z = 11.
pub(super) const A: Digits = mont(&A_WORDS);
const A_WORDS: Words = [
    0x5cf4_2808_2d58_4c1d,
    0x9893_6f8d_a0e0_f97f,
    0xd8e8_981a_efd8_81ac,
    0xb0ea_9853_83ee_66a8,
    0x3d69_3a02_c96d_4982,
    0x0014_4698_a3b8_e943,
];
pub(super) const B: Digits = mont(&B_WORDS);
const B_WORDS: Words = [
    0xd1cc_48e9_8e17_2be0,
    0x5a23_215a_316c_eaa5,
    0xa0b9_c14f_cef3_5ef5,
    0x2016_c1f0_f24f_4070,
    0x018b_12e8_753e_ee3b,
    0x12e2_908d_1168_8030,
];
pub(super) const MINUS_A: Digits = mont(&[
    0x5d0a_d7f7_d2a7_5e8e,
    0x8618_9071_1073_0680,
    0x8e48_3a86_06d8_7477,
    0xb38c_b331_6f96_ac16,
    0x0db2_6db3_79de_6354,
    0x19ec_cb51_95c6_fd57,
]);
pub(super) const Z_TIMES_A: Digits = mont(&[
    0xfe7d_b859_f2cb_453f,
    0x8e55_cb15_e9aa_b878,
    0x51fe_8928_4e4d_926a,
    0x9a14_8b96_ab3e_6941,
    0xa385_7e1e_a7b2_289d,
    0x00df_088f_08f2_05e3,
]);
pub(super) const Z: Digits = mont(&[11, 0, 0, 0, 0, 0]);
/// A square root of -Z^3.
pub(super) const SQRT_MINUS_Z3: Digits = mont(&[
    0x6f2d_beab_c2ba_eff5,
    0x8a40_7c9c_6db1_95e0,
    0x77ae_83ea_b1ea_8b8b,
    0x6b4c_80ed_a6fc_10ce,
    0xf9f2_bec6_1303_1680,
    0x03d6_89d1_e0e7_62ce,
]);
