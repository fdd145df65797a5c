//! GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11D), in which 2 generates all 255 units.

/// The polynomial without its leading term.
const REDUCTION: u8 = 0x1D;
/// The number of units, the order of the generator.
const ORDER: usize = 255;

static EXP: [u8; ORDER] = powers();
static LOG: [u8; ORDER + 1] = logarithms();

pub(crate) const fn double(x: u8) -> u8 {
    (x << 1) ^ if x & 0x80 == 0 { 0 } else { REDUCTION }
}

const fn powers() -> [u8; ORDER] {
    let mut exp = [1; ORDER];
    let mut i = 1;
    while i < ORDER {
        exp[i] = double(exp[i - 1]);
        i += 1;
    }
    exp
}

const fn logarithms() -> [u8; ORDER + 1] {
    let mut log = [0; ORDER + 1];
    let mut power = 1;
    let mut i = 0;
    while i < 255u8 {
        log[power as usize] = i;
        power = double(power);
        i += 1;
    }
    log
}

/// The logarithm to base 2 of a unit.
pub(crate) fn log(unit: u8) -> usize {
    debug_assert_ne!(unit, 0, "zero has no logarithm");
    usize::from(LOG[usize::from(unit)])
}

/// The unit with this logarithm.
pub(crate) fn exp(log: usize) -> u8 {
    EXP[log % ORDER]
}

pub(crate) fn mul(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 { 0 } else { exp(log(a) + log(b)) }
}

/// The inverse of a unit.
pub(crate) fn inverse(unit: u8) -> u8 {
    exp(ORDER - log(unit))
}

/// The quotient of two products of units, each given as a sum of logarithms.
pub(crate) fn quotient(log_above: usize, log_below: usize) -> u8 {
    exp(log_above + ORDER - log_below % ORDER)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn mul_by_bits(mut a: u8, mut b: u8) -> u8 {
        let mut product = 0;
        while b != 0 {
            if b & 1 == 1 {
                product ^= a;
            }
            a = double(a);
            b >>= 1;
        }
        product
    }

    #[test]
    fn two_generates_every_unit() {
        let mut units: Vec<u8> = (0..ORDER).map(exp).collect();
        units.sort_unstable();
        assert_eq!(units, (1..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn logarithms_multiply_and_divide() {
        for a in 1..=255u8 {
            assert_eq!((mul(a, 0), mul(0, a), mul(a, inverse(a))), (0, 0, 1));
            for b in 1..=255u8 {
                assert_eq!(mul(a, b), mul_by_bits(a, b));
                assert_eq!(mul_by_bits(quotient(log(a), log(b)), b), a);
            }
        }
    }
}
