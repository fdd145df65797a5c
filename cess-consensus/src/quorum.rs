//! How many must sign.

/// Faults that `total` voters (or units of weight) tolerate: f = ⌊(total − 1) / 3⌋, so that
/// total ≥ 3f + 1 (white paper, 6.2). Zero of nobody.
///
/// ```
/// use cess_consensus::{faults, quorum};
///
/// assert_eq!((faults(11), quorum(11)), (3, 8));
/// ```
pub const fn faults(total: u128) -> u128 {
    total.saturating_sub(1) / 3
}

/// Votes that make a quorum: q = total − f. Any two quorums share at least total − 2f > f voters,
/// so an honest one. It is the least such number when total is 3f + 1, and more than two thirds of
/// the total always.
pub const fn quorum(total: u128) -> u128 {
    total - faults(total)
}

/// The fewest equivocators with whom two quorums can exist that share nobody else: 2q − total.
/// 5 of 11.
pub const fn forkable(total: u128) -> u128 {
    // 2q − total = total − 2f, without leaving the type.
    total - 2 * faults(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_two_quorums_meet_in_more_than_the_faults() {
        for n in 1..=1000_u128 {
            let (f, q) = (faults(n), quorum(n));
            assert!(n > 3 * f && n < 3 * (f + 1) + 1, "{n}: f is the most that n tolerates");
            // Two sets of q out of n share at least 2q − n.
            assert!(2 * q - n > f, "{n}: the overlap has an honest voter");
            assert!(q <= n - f, "{n}: the honest alone reach it");
            assert!(3 * q > 2 * n, "{n}");
            assert_eq!(forkable(n), 2 * q - n);
        }
    }

    #[test]
    fn one_vote_less_is_no_quorum_wherever_the_total_is_3f_plus_1() {
        for f in 0..=333_u128 {
            let n = 3 * f + 1;
            let fewer = quorum(n) - 1;
            assert!(2 * fewer < n + f + 1, "{n}: {fewer} would do as well");
        }
    }

    #[test]
    fn two_sets_of_seven_in_eleven_may_share_three_and_are_unsafe() {
        let (n, seven) = (11, 7);
        assert_eq!(2 * seven - n, faults(n), "all they share may be faulty");
        assert!(2 * quorum(n) - n > faults(n));
        assert_eq!(forkable(n), 5);
    }

    #[test]
    fn the_largest_weights_do_not_overflow() {
        assert_eq!(quorum(u128::MAX), u128::MAX - (u128::MAX - 1) / 3);
        assert_eq!((faults(0), quorum(0), forkable(0)), (0, 0, 0));
    }
}
