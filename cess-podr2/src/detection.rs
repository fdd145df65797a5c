//! What a number of samples finds, in integers: parts per billion, always rounded against the
//! auditor, so that a chain and its users count alike.

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
    let (mut miss, mut power, mut left) = (ONE, kept, samples);
    while left > 0 {
        if left & 1 == 1 {
            miss = mul_up(miss, power);
        }
        power = mul_up(power, power);
        left >>= 1;
    }
    Ok(found(miss))
}

/// The probability, in parts per billion and rounded down, that `samples` distinct blocks of
/// `blocks` hit one of `lost`.
///
/// # Errors
/// [`Error::Draw`] if more blocks are lost or drawn than there are.
pub fn detection_distinct(blocks: u64, lost: u64, samples: u64) -> Result<u32, Error> {
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
            return Ok(BILLION);
        }
        let (good, all) = (u128::from(blocks - many - i), u128::from(blocks - i));
        miss = (miss * good).div_ceil(all);
        if miss <= 1 {
            break;
        }
    }
    Ok(found(miss))
}

/// The least number of samples that hit a loss of `loss_ppb` with probability `confidence_ppb`,
/// both in parts per billion.
///
/// # Errors
/// [`Error::Share`] unless both lie between 0 and 1.
pub fn samples_for(loss_ppb: u32, confidence_ppb: u32) -> Result<u64, Error> {
    share(confidence_ppb)?;
    let enough = |samples| detection(loss_ppb, samples).map(|found| found >= confidence_ppb);
    let mut high: u64 = 1;
    while !enough(high)? {
        high *= 2;
    }
    let mut low = high / 2;
    // Not enough at `low`, enough at `high`.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// Probabilities in 1 / 2^63: products fit 128 bits.
const ONE: u128 = 1 << 63;

fn share(ppb: u32) -> Result<u128, Error> {
    if ppb == 0 || ppb >= BILLION {
        return Err(Error::Share { got: ppb });
    }
    Ok(u128::from(ppb) * ONE / u128::from(BILLION))
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
