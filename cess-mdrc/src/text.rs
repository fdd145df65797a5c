//! Fingerprints of text: UTF-8 or UTF-16, plain, HTML or Markdown.

mod decode;
mod features;
mod language;
mod markup;
mod normal;
#[cfg_attr(not(feature = "testkit"), expect(unreachable_pub, reason = "public with `testkit`"))]
mod recipe;
mod tally;
mod weights;

use std::borrow::Cow;

#[cfg(feature = "testkit")]
pub use recipe::Recipe;
#[cfg(not(feature = "testkit"))]
use recipe::Recipe;

use crate::sample::Sample;
use crate::simhash::{Accumulator, expand};
use crate::{Error, Fingerprint, Format, Method, Sketch};
use features::{Class, Collector, Features};

/// The longest text that is fingerprinted, in bytes.
pub const MAX_LEN: usize = 16 << 20;

/// The word of a feature's expansion that ranks it; the first four are its signs.
const RANK: u64 = 8;

/// Takes the fingerprint of a text.
///
/// # Errors
/// [`Error::TooLong`] over [`MAX_LEN`], [`Error::InvalidText`] for what isn't text,
/// [`Error::Unsupported`] for a format that isn't text.
pub fn fingerprint(bytes: &[u8], format: Format) -> Result<Fingerprint, Error> {
    by(bytes, format, &Recipe::V1)
}

/// As [`fingerprint`], by other numbers; for measuring what they are worth.
///
/// # Errors
/// As [`fingerprint`].
#[cfg(feature = "testkit")]
pub fn fingerprint_by(bytes: &[u8], format: Format, recipe: &Recipe) -> Result<Fingerprint, Error> {
    by(bytes, format, recipe)
}

/// The features of a text and how often each is there; for making the table of their weights.
///
/// # Errors
/// As [`fingerprint`].
#[cfg(feature = "testkit")]
pub fn terms(bytes: &[u8], format: Format) -> Result<Vec<(u64, u32)>, Error> {
    Ok(collect(bytes, format, &Recipe::V1)?.terms)
}

fn by(bytes: &[u8], format: Format, recipe: &Recipe) -> Result<Fingerprint, Error> {
    Ok(seal(&collect(bytes, format, recipe)?, bytes, recipe))
}

fn collect(bytes: &[u8], format: Format, recipe: &Recipe) -> Result<Features, Error> {
    if bytes.len() > MAX_LEN {
        return Err(Error::TooLong { max: MAX_LEN as u64 });
    }
    let text = visible(bytes, format)?;
    let language = if recipe.stems { language::detect(&text) } else { None };
    let mut collector = Collector::new(recipe, language::Stemmer::new(language));
    collector.text(&text);
    Ok(collector.finish())
}

/// What a reader sees.
fn visible(bytes: &[u8], format: Format) -> Result<Cow<'_, str>, Error> {
    let text = decode::decode(bytes)?;
    Ok(match format {
        Format::Plain => text,
        Format::Html => Cow::Owned(markup::html(&text)),
        Format::Markdown => Cow::Owned(markup::markdown(&text)),
        Format::Data | Format::Image | Format::Audio | Format::Video => {
            return Err(Error::Unsupported { kind: format.kind() });
        }
    })
}

/// The highest 32 bits.
const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

fn seal(features: &Features, bytes: &[u8], recipe: &Recipe) -> Fingerprint {
    let mut sum = Accumulator::new();
    let mut ranks = Vec::new();
    for (feature, count) in &features.terms {
        let class = Class::of(*feature);
        let rarity = if recipe.table { weights::rarity(*feature) } else { weights::RARE };
        let excess = weights::excess(*count, rarity, features.bytes);
        let weight = (recipe.weights[class as usize] * u32::from(rarity) * excess) >> 8;
        if weight == 0 {
            continue;
        }
        sum.add(*feature, u16::try_from(weight).unwrap_or(u16::MAX));
        if recipe.sampled >> class as u8 & 1 == 1 {
            ranks.push(high(expand(*feature, RANK) / u64::from(rarity)));
        }
    }
    let quality = u8::try_from(sum.effective_features().min(100)).unwrap_or(100);
    let samples = vec![Sample::from_ranks(ranks), Sample::from_ranks(features.passages.clone())];
    let sketch = Sketch::new(Method::Words, samples);
    Fingerprint::seal(sketch, quality, sum.finish(), *blake3::hash(bytes).as_bytes())
}
