//! What a committee is worth, in exact numbers.
//!
//! A committee of n is drawn without replacement from N candidates of whom K belong to an adversary:
//! X, its seats, is hypergeometric, P(X = x) = C(K, x) C(N − K, n − x) / C(N, n). The fractions are
//! computed as integers; rounding happens when they are printed.

mod probability;

use num_bigint::BigUint;

use crate::error::Error;
use crate::quorum::{faults, forkable, quorum};

pub use probability::Probability;

/// The most candidates and seats for which estimates are made: bounds their time.
pub const MAX_POOL: u32 = 100_000;

/// How likely a single draw is to go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Candidates left by the filter, and the adversary's among them.
    pub pool: u32,
    /// The adversary's.
    pub adversaries: u32,
    /// Seats.
    pub committee: u32,
    /// X > f: it can stop the round.
    pub liveness_loss: Probability,
    /// X ≥ 2q − n: it can make two certificates for one height, and is named for it.
    pub forkable: Probability,
    /// X ≥ q: it can certify alone.
    pub captured: Probability,
    /// At most how many times likelier each of these becomes by withholding contributions to the
    /// seed, in one step: the mean of 2^X, for X seats in a fairly drawn committee that makes the
    /// seed. The adversary picks the best of 2^X seeds, and P(one of 2^X draws goes wrong) is at most
    /// 2^X times P(a draw goes wrong). Who goes on has more seats to go on with; what that gains, and
    /// what jail takes back, only simulation tells.
    pub grinding_factor: Probability,
}

/// Estimates for a draw of `committee` seats among `pool` candidates, of whom the adversary has a
/// share of `adversary_permille`, rounded up. The filter drops `filter_permille` of the pool, rounded
/// down: in the worst case all of them honest.
///
/// ```
/// use cess_consensus::security::security_estimate;
///
/// let estimate = security_estimate(1000, 200, 11, 0)?;
/// assert_eq!(format!("{:.3}", estimate.forkable), "0.049");
/// assert_eq!(format!("{:.1e}", estimate.captured), "2.1e-4");
/// # Ok::<(), cess_consensus::Error>(())
/// ```
///
/// # Errors
/// [`Error::BadParameter`] when there are no seats, more seats than candidates are left, more than
/// [`MAX_POOL`] candidates, or a share of more than all.
pub fn security_estimate(
    pool: u32,
    adversary_permille: u16,
    committee: u32,
    filter_permille: u16,
) -> Result<Estimate, Error> {
    let bad = |name| Err(Error::BadParameter { name });
    if pool > MAX_POOL {
        return bad("pool");
    }
    if adversary_permille > 1000 {
        return bad("adversary");
    }
    if filter_permille > 1000 {
        return bad("filter");
    }
    let share = pool * u32::from(adversary_permille);
    let left = pool - pool * u32::from(filter_permille) / 1000;
    let adversaries = share.div_ceil(1000).min(left);
    if committee == 0 || committee > left {
        return bad("committee");
    }
    let seats = Seats::new(left, adversaries, committee);
    let n = u128::from(committee);
    Ok(Estimate {
        pool: left,
        adversaries,
        committee,
        liveness_loss: seats.at_least(faults(n) + 1),
        forkable: seats.at_least(forkable(n)),
        captured: seats.at_least(quorum(n)),
        grinding_factor: seats.mean_of_powers_of_two(),
    })
}

/// The fewest seats with which P(X > f) is at most 10^−`digits`; `None` when no number of seats up to
/// the whole pool does it.
///
/// # Errors
/// As [`security_estimate`].
pub fn committee_for(
    pool: u32,
    adversary_permille: u16,
    digits: u32,
) -> Result<Option<u32>, Error> {
    // Checks the arguments; the search below computes one tail only.
    let adversaries = security_estimate(pool, adversary_permille, 1, 0)?.adversaries;
    Ok((1..=pool).find(|committee| {
        let seats = Seats::new(pool, adversaries, *committee);
        seats.at_least(faults(u128::from(*committee)) + 1).is_at_most_power_of_ten(digits)
    }))
}

/// Numbers of draws in which the adversary has x seats, by x from `first` on.
struct Seats {
    first: u32,
    ways: alloc::vec::Vec<BigUint>,
    total: BigUint,
}

impl Seats {
    /// `seats <= pool` and `adversaries <= pool`.
    fn new(pool: u32, adversaries: u32, seats: u32) -> Self {
        let honest = pool - adversaries;
        let first = seats.saturating_sub(honest);
        let last = seats.min(adversaries);
        // C(K, x) C(N − K, n − x), then each from the one before, every division exact.
        let mut term = choose(adversaries, first) * choose(honest, seats - first);
        let mut ways = alloc::vec::Vec::new();
        for x in first..=last {
            ways.push(term.clone());
            if x < last {
                term *= BigUint::from(adversaries - x) * (seats - x);
                term /= BigUint::from(x + 1) * (honest + x + 1 - seats);
            }
        }
        Self { first, ways, total: choose(pool, seats) }
    }

    fn at_least(&self, x: u128) -> Probability {
        let skip = x.saturating_sub(u128::from(self.first));
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let ways: BigUint = self.ways.iter().skip(skip).sum();
        Probability::new(ways, self.total.clone())
    }

    fn mean_of_powers_of_two(&self) -> Probability {
        let sum: BigUint = (self.first..).zip(&self.ways).map(|(x, ways)| ways.clone() << x).sum();
        Probability::new(sum, self.total.clone())
    }
}

/// C(n, k).
fn choose(n: u32, k: u32) -> BigUint {
    if k > n {
        return BigUint::ZERO;
    }
    let k = k.min(n - k);
    (0..k).fold(BigUint::from(1_u8), |product, i| product * (n - i) / (i + 1))
}

#[cfg(test)]
mod tests;
