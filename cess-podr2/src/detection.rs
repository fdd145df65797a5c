//! What a number of samples finds, in integers: parts per billion, always rounded against the
//! auditor, so that a chain and its users count alike.

use crate::challenge::Policy;
use crate::error::Error;

/// One in parts per billion.
pub const BILLION: u32 = 1_000_000_000;

/// The probability, in parts per billion and rounded down, that `samples` blocks drawn with
/// replacement hit a loss of `loss_ppb` parts per billion of all blocks: 1 - (1 - loss)^samples.
/// Drawing without replacement finds no less.
///
/// # Errors
/// [`Error::Share`] unless the loss lies between 0 and 1.
pub fn detection(loss_ppb: u32, samples: u64) -> Result<u32, Error> {
    let kept = share(loss_ppb).map(|loss| ONE - loss)?;
    Ok(found(power_up(kept, samples)))
}

/// The probability, in parts per billion and rounded down, that `samples` distinct blocks of
/// `blocks` hit one of `lost`.
///
/// # Errors
/// [`Error::Draw`] if more blocks are lost or drawn than there are.
pub fn detection_distinct(blocks: u64, lost: u64, samples: u64) -> Result<u32, Error> {
    miss_distinct(blocks, lost, samples).map(found)
}

/// A fragment of a holding that has lost some of its blocks, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Fragments in the holding, the damaged one among them.
    pub held: u64,
    /// Blocks of the damaged fragment.
    pub blocks: u64,
    /// How many of them are lost.
    pub lost: u64,
}

/// The probability, in parts per billion and rounded down, that one of `windows` windows draws the
/// damaged fragment and hits a lost block of it: 1 - (1 - n/F d)^windows, with n of F fragments drawn
/// and d as in [`detection_distinct`]. However the holding grows, n/F stays at one W-th or more: a
/// dropped fragment survives a period of W windows with 1/e or less.
///
/// # Errors
/// [`Error::Draw`] if more blocks are lost than there are, or the holding has no fragment.
pub fn detection_windows(policy: Policy, damage: Damage, windows: u64) -> Result<u32, Error> {
    hit(policy, damage).map(|hit| found(power_up(ONE - hit, windows)))
}

/// The least number of windows that notice the damage with probability `confidence_ppb`, in parts
/// per billion; `None` if none ever does, for nothing is lost, or the chance of one is below 2^-63.
///
/// # Errors
/// [`Error::Share`] unless the confidence lies between 0 and 1, and those of [`detection_windows`].
pub fn windows_for(
    policy: Policy,
    damage: Damage,
    confidence_ppb: u32,
) -> Result<Option<u64>, Error> {
    share(confidence_ppb)?;
    let kept = ONE - hit(policy, damage)?;
    if kept == ONE {
        return Ok(None);
    }
    Ok(Some(least(|windows| found(power_up(kept, windows)) >= confidence_ppb)))
}

/// Probability of one window's hit, rounded down.
fn hit(policy: Policy, Damage { held, blocks, lost }: Damage) -> Result<u128, Error> {
    if held == 0 {
        return Err(Error::Draw { blocks: 0, got: lost });
    }
    let share = policy.share(held);
    let found = ONE - miss_distinct(blocks, lost, share.blocks.min(blocks))?.min(ONE);
    Ok(found * u128::from(share.fragments) / u128::from(held))
}

fn miss_distinct(blocks: u64, lost: u64, samples: u64) -> Result<u128, Error> {
    for got in [lost, samples] {
        if got > blocks {
            return Err(Error::Draw { blocks, got });
        }
    }
    let mut miss = ONE;
    // Symmetric in lost and drawn: take the shorter product.
    let (few, many) = (lost.min(samples), lost.max(samples));
    for i in 0..few {
        if miss == 0 || many + i >= blocks {
            return Ok(0);
        }
        let (good, all) = (u128::from(blocks - many - i), u128::from(blocks - i));
        miss = (miss * good).div_ceil(all);
        if miss <= 1 {
            break;
        }
    }
    Ok(miss)
}

/// The least number of samples that hit a loss of `loss_ppb` with probability `confidence_ppb`,
/// both in parts per billion.
///
/// # Errors
/// [`Error::Share`] unless both lie between 0 and 1.
pub fn samples_for(loss_ppb: u32, confidence_ppb: u32) -> Result<u64, Error> {
    share(confidence_ppb)?;
    let kept = ONE - share(loss_ppb)?;
    Ok(least(|samples| found(power_up(kept, samples)) >= confidence_ppb))
}

/// The losses of [`SAMPLES`], in parts per billion: 0.1 %, 0.5 %, 1 %, 2 %, 5 %, 10 %.
pub const LOSSES: [u32; 6] =
    [1_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000];

/// The confidences of [`SAMPLES`], in parts per billion: 90 %, 95 %, 99 %, 99.9 %, 99.9999 %.
pub const CONFIDENCES: [u32; 5] = [900_000_000, 950_000_000, 990_000_000, 999_000_000, 999_999_000];

/// [`samples_for`] each of [`LOSSES`], a row, and each of [`CONFIDENCES`], for those who only look
/// it up.
pub const SAMPLES: [[u16; 5]; 6] = [
    [2302, 2995, 4603, 6905, 13809],
    [460, 598, 919, 1379, 2757],
    [230, 299, 459, 688, 1375],
    [114, 149, 228, 342, 684],
    [45, 59, 90, 135, 270],
    [22, 29, 44, 66, 132],
];

/// Probabilities in 1 / 2^63: products fit 128 bits.
const ONE: u128 = 1 << 63;

fn share(ppb: u32) -> Result<u128, Error> {
    if ppb == 0 || ppb >= BILLION {
        return Err(Error::Share { got: ppb });
    }
    Ok(u128::from(ppb) * ONE / u128::from(BILLION))
}

/// The least value from 1 on that is enough; some value is.
fn least(enough: impl Fn(u64) -> bool) -> u64 {
    let mut high: u64 = 1;
    while !enough(high) && high < 1 << 63 {
        high *= 2;
    }
    let mut low = high / 2;
    // Not enough at `low`, enough at `high`.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// `base^exponent`, each product rounded up.
fn power_up(base: u128, exponent: u64) -> u128 {
    let (mut product, mut power, mut left) = (ONE, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            product = mul_up(product, power);
        }
        power = mul_up(power, power);
        left >>= 1;
    }
    product
}

fn mul_up(a: u128, b: u128) -> u128 {
    (a * b).div_ceil(ONE)
}

fn found(miss: u128) -> u32 {
    let ppb = (ONE - miss.min(ONE)) * u128::from(BILLION) / ONE;
    u32::try_from(ppb).unwrap_or(BILLION)
}

#[cfg(test)]
mod tests;
