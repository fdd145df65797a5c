//! Credit: how well a candidate did its duties, in integers, on one scale.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::error::Error;

/// The top of the one scale that health and credit have.
pub const FULL_CREDIT: u16 = 1000;

/// Periods that count: the present one and four before.
pub const PERIODS: usize = 5;

/// A duty whose share done is a part of the health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Duty {
    /// Blocks made, of those it was the proposer for.
    Block = 0,
    /// Votes seen, of those it was on duty for.
    Vote = 1,
    /// Storage audits verified, of those it was given.
    Audit = 2,
}

/// A lapse that costs points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Lapse {
    /// Frozen for a draw, and no ticket came.
    Ticket = 0,
    /// On duty, and no contribution to the seed came.
    Contribution = 1,
    /// Two conflicting votes.
    Equivocation = 2,
}

/// Points and penalties, as data.
///
/// A period's health is the weighted mean of the shares of duty done, 0 to 1000 each, less the
/// penalties. Shares and not counts: who is on duty more often has more to do, not more to gain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CreditParams {
    /// Weights of the duties by their number, per mille, 1000 together.
    pub duties: [u16; 3],
    /// What a lapse costs by its number, at most 1000.
    pub penalties: [u16; 3],
    /// Health of a period without any duty, and of those before a candidate came.
    pub neutral: u16,
    /// Weights of the present period and the four before, per cent, 100 together.
    pub decay: [u16; PERIODS],
    /// Rounds of a period.
    pub period_rounds: u64,
}

impl CreditParams {
    /// 30 % blocks, 40 % votes, 30 % audits; a missed ticket costs 5 % of the scale, a withheld
    /// contribution 20 %, an equivocation all; decay 50/20/15/10/5 %.
    pub const DEFAULT: Self = Self {
        duties: [300, 400, 300],
        penalties: [50, 200, 1000],
        neutral: 700,
        decay: [50, 20, 15, 10, 5],
        period_rounds: 24,
    };

    /// Refuses parameters under which one part could outweigh the scale.
    ///
    /// # Errors
    /// [`Error::BadParameter`].
    pub fn check(&self) -> Result<(), Error> {
        let bad = |name| Err(Error::BadParameter { name });
        let sum = |weights: &[u16]| weights.iter().map(|w| u32::from(*w)).sum::<u32>();
        if sum(&self.duties) != u32::from(FULL_CREDIT) {
            return bad("credit.duties");
        }
        if sum(&self.decay) != 100 || !self.decay.is_sorted_by(|a, b| a >= b) {
            return bad("credit.decay");
        }
        if self.penalties.iter().any(|penalty| *penalty > FULL_CREDIT) {
            return bad("credit.penalties");
        }
        if self.neutral > FULL_CREDIT {
            return bad("credit.neutral");
        }
        if self.period_rounds == 0 {
            return bad("credit.period_rounds");
        }
        Ok(())
    }
}

/// What a candidate did in the present period, and the health of those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Credit {
    due: [u32; 3],
    done: [u32; 3],
    penalty: u16,
    past: [u16; PERIODS - 1],
}

impl Credit {
    /// Of somebody who comes now.
    pub fn new(params: &CreditParams) -> Self {
        Self { due: [0; 3], done: [0; 3], penalty: 0, past: [params.neutral; PERIODS - 1] }
    }

    /// Counts `done` of `due` times that a duty came up.
    ///
    /// # Errors
    /// [`Error::BadParameter`] when more was done than was due.
    pub fn report(&mut self, duty: Duty, done: u32, due: u32) -> Result<(), Error> {
        if done > due {
            return Err(Error::BadParameter { name: "done" });
        }
        let at = duty as usize;
        // Counts stop together, so that their share stays one of the true shares.
        if let Some(sum) = self.due[at].checked_add(due) {
            self.due[at] = sum;
            self.done[at] += done;
        }
        Ok(())
    }

    /// Takes the points of a lapse away from this period.
    pub fn penalize(&mut self, lapse: Lapse, params: &CreditParams) {
        let points = params.penalties[lapse as usize];
        self.penalty = self.penalty.saturating_add(points).min(FULL_CREDIT);
    }

    /// Health of the present period so far, 0 to 1000.
    pub fn health(&self, params: &CreditParams) -> u16 {
        let (mut earned, mut weight) = (0_u64, 0_u64);
        for at in 0..self.due.len() {
            if self.due[at] > 0 {
                let part = u64::from(params.duties[at]);
                let share = u64::from(FULL_CREDIT) * u64::from(self.done[at]);
                earned += part * (share / u64::from(self.due[at]));
                weight += part;
            }
        }
        // Nothing was due, or only duties that count for nothing.
        let mean = earned.checked_div(weight).unwrap_or(u64::from(params.neutral));
        u16::try_from(mean).unwrap_or(FULL_CREDIT).saturating_sub(self.penalty)
    }

    /// The credit, 0 to 1000: the periods' health by 50/20/15/10/5 %.
    pub fn score(&self, params: &CreditParams) -> u16 {
        let periods = core::iter::once(self.health(params)).chain(self.past);
        let sum: u32 =
            periods.zip(params.decay).map(|(h, weight)| u32::from(h) * u32::from(weight)).sum();
        u16::try_from(sum / 100).unwrap_or(FULL_CREDIT)
    }

    /// Ends a period.
    pub fn end_period(&mut self, params: &CreditParams) {
        let health = self.health(params);
        self.past.rotate_right(1);
        self.past[0] = health;
        self.due = [0; 3];
        self.done = [0; 3];
        self.penalty = 0;
    }
}

/// Which candidates' credit is too low to take part in a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Filter {
    /// Nobody's.
    None,
    /// Below this score.
    Floor(u16),
    /// Below the score at this quantile, per mille under 1000: of equals, all stay.
    Quantile(u16),
}

impl Filter {
    /// # Errors
    /// [`Error::BadParameter`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Floor(score) if score > FULL_CREDIT => {
                Err(Error::BadParameter { name: "filter" })
            }
            Self::Quantile(mille) if mille >= 1000 => Err(Error::BadParameter { name: "filter" }),
            _ => Ok(()),
        }
    }

    /// The least score that stays. `scores` rise. Never so high that fewer than `keep` stay, when
    /// there are as many: a committee of few is worse than one with a low score.
    pub fn threshold(&self, scores: &[u16], keep: usize) -> u16 {
        let wanted = match *self {
            Self::None => 0,
            Self::Floor(score) => score,
            Self::Quantile(mille) => {
                scores.get(scores.len() * usize::from(mille) / 1000).copied().unwrap_or(0)
            }
        };
        let at_most = scores.len().checked_sub(keep).and_then(|at| scores.get(at));
        wanted.min(at_most.copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests;
