//! What each part of a picture is worth to its ID: alone, beside the frequencies of luma, and beside
//! all that the ID is made of. None of it is in the library but what the ID has.

use cess_mdrc::image::id_values;
use image::{GrayImage, RgbImage, imageops};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::print::decoded;
use super::retouch::RETOUCHES;
use super::tally::Tally;
use super::{RATE, in_parallel};

/// Parts, by their names in the table.
const PARTS: [&str; 9] = [
    "DCT of luma",
    "DCT of colours",
    "colour: 3 moments of 3 channels",
    "shape: 8 directions, 16 blocks",
    "shape, mean of 8 turns",
    "texture: LBP, whole and quarters",
    "texture, mean of 8 turns",
    "space: 64 blocks",
    "space, mean of 8 turns",
];
const LUMA: usize = 0;
const COLOURS: usize = 1;

/// Choices of signs that a recall is the mean of.
const SIGNS: u64 = 3;

/// The values of each part.
pub(crate) type Parts = [Vec<f32>; PARTS.len()];

pub(crate) fn parts(picture: &RgbImage) -> Parts {
    let [luma, colours] = id_values(&decoded(picture))
        .map(|values| values.into_iter().map(|value| value as f32 / 4096.0).collect::<Vec<f32>>());
    let grey = imageops::grayscale(picture);
    let small = imageops::resize(&grey, 64, 64, imageops::FilterType::Triangle);
    let larger = imageops::resize(&grey, 128, 128, imageops::FilterType::Triangle);
    [
        luma,
        colours,
        moments(picture),
        directions(&small),
        over_turns(&small, directions),
        patterns(&larger),
        over_turns(&larger, patterns),
        blocks(&small),
        over_turns(&small, blocks),
    ]
}

/// Mean, deviation and the root of the third moment, of luma and of two differences to it.
fn moments(picture: &RgbImage) -> Vec<f32> {
    let channels = |[r, g, b]: [u8; 3]| {
        let [r, g, b] = [r, g, b].map(f32::from);
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        [luma, b - luma, r - luma]
    };
    let pixels: Vec<[f32; 3]> = picture.pixels().map(|pixel| channels(pixel.0)).collect();
    let len = pixels.len() as f32;
    let of = |at: usize| {
        let mean = pixels.iter().map(|pixel| pixel[at]).sum::<f32>() / len;
        let power =
            |n: i32| pixels.iter().map(|pixel| (pixel[at] - mean).powi(n)).sum::<f32>() / len;
        [mean, power(2).sqrt(), power(3).cbrt()]
    };
    (0..3).flat_map(of).collect()
}

/// Of each of 4 by 4 blocks, how much of its gradients has which of 8 directions.
fn directions(grey: &GrayImage) -> Vec<f32> {
    let (width, height) = grey.dimensions();
    let mut sums = vec![0.0; 16 * 8];
    let at = |x: u32, y: u32| f32::from(grey.get_pixel(x, y).0[0]);
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let (dx, dy) = (at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1));
            let turn = dy.atan2(dx).rem_euclid(std::f32::consts::PI) / std::f32::consts::PI;
            let block = y * 4 / height * 4 + x * 4 / width;
            sums[block as usize * 8 + (turn * 8.0) as usize % 8] += dx.hypot(dy);
        }
    }
    let all: f32 = sums.iter().sum::<f32>().max(1.0);
    sums.into_iter().map(|sum| (sum / all).sqrt()).collect()
}

/// Shares of the 58 uniform local binary patterns and of all others, in the whole and in quarters.
fn patterns(grey: &GrayImage) -> Vec<f32> {
    const ROUND: [(i64, i64); 8] =
        [(-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)];
    let uniform: Vec<u8> = (0..=255u8)
        .filter(|pattern| (pattern ^ pattern.rotate_left(1)).count_ones() <= 2)
        .collect();
    let (width, height) = grey.dimensions();
    let mut counts = vec![0.0f32; 5 * 59];
    let at = |x: i64, y: i64| grey.get_pixel(x as u32, y as u32).0[0];
    for y in 1..i64::from(height) - 1 {
        for x in 1..i64::from(width) - 1 {
            let centre = at(x, y);
            let pattern = ROUND
                .iter()
                .fold(0u8, |bits, (dx, dy)| bits << 1 | u8::from(at(x + dx, y + dy) >= centre));
            let bin = uniform.binary_search(&pattern).unwrap_or(58);
            let quarter = 1 + y * 2 / i64::from(height) * 2 + x * 2 / i64::from(width);
            counts[bin] += 1.0;
            counts[quarter as usize * 59 + bin] += 1.0;
        }
    }
    let all = (width * height) as f32;
    counts.into_iter().map(|count| (count / all).sqrt()).collect()
}

/// Mean luma of 8 by 8 blocks, less that of all, over the deviation.
fn blocks(grey: &GrayImage) -> Vec<f32> {
    let small = imageops::resize(grey, 8, 8, imageops::FilterType::Triangle);
    let values: Vec<f32> = small.pixels().map(|pixel| f32::from(pixel.0[0])).collect();
    let mean = values.iter().sum::<f32>() / 64.0;
    let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 64.0;
    values.into_iter().map(|value| (value - mean) / square.sqrt().max(1.0)).collect()
}

/// The mean of what a square picture has as it is and in its seven other ways to lie.
fn over_turns(grey: &GrayImage, of: fn(&GrayImage) -> Vec<f32>) -> Vec<f32> {
    let mirrored = imageops::flip_horizontal(grey);
    let ways = [grey, &mirrored].map(|grey| {
        [
            of(grey),
            of(&imageops::rotate90(grey)),
            of(&imageops::rotate180(grey)),
            of(&imageops::rotate270(grey)),
        ]
    });
    let ways = ways.as_flattened();
    (0..ways[0].len()).map(|at| ways.iter().map(|way| way[at]).sum::<f32>() / 8.0).collect()
}

/// Recall of IDs made of parts at weights, in %, of families whose first picture is the original.
struct Trial {
    /// Each part of each picture, standardised but for what the ID has, which is as it is.
    families: Vec<Vec<Parts>>,
    /// The mean square of a picture's values.
    energy: [f32; PARTS.len()],
}

impl Trial {
    fn new(mut families: Vec<Vec<Parts>>) -> Self {
        let count = families.iter().map(Vec::len).sum::<usize>() as f32;
        let mut energy = [0.0; PARTS.len()];
        for (part, energy) in energy.iter_mut().enumerate() {
            let len = families[0][0][part].len();
            for at in 0..len {
                let all = || families.iter().flatten().map(|parts| parts[part][at]);
                let mean = all().sum::<f32>() / count;
                let square = all().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
                let deviation = square.sqrt().max(1e-6);
                if part > COLOURS {
                    for parts in families.iter_mut().flatten() {
                        let value = &mut parts[part][at];
                        *value = (*value - mean) / deviation;
                    }
                }
            }
            let squares = families.iter().flatten().flat_map(|parts| &parts[part]);
            *energy = squares.map(|value| value * value).sum::<f32>() / count;
        }
        Self { families, energy }
    }

    /// Of parts at weights relative to the energy of luma's frequencies; the ID's parts as they are.
    fn recall(&self, weights: &[(usize, f32)]) -> f64 {
        let scale = |(part, weight): &(usize, f32)| {
            let relative = (self.energy[LUMA] / self.energy[*part]).sqrt();
            (*part, if *part > COLOURS { weight * relative } else { *weight })
        };
        let weights: Vec<(usize, f32)> = weights.iter().map(scale).collect();
        let of = |seed| self.recall_by(&weights, seed);
        (0..SIGNS).map(of).sum::<f64>() / SIGNS as f64
    }

    fn recall_by(&self, weights: &[(usize, f32)], seed: u64) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let len: usize = weights.iter().map(|(part, _)| self.families[0][0][*part].len()).sum();
        let signs: Vec<[u64; 4]> = (0..len).map(|_| rng.random()).collect();
        let hashes = in_parallel(&self.families, |_, family| {
            Ok(family.iter().map(|parts| hash(parts, weights, &signs)).collect::<Vec<_>>())
        });
        let hashes = hashes.unwrap_or_default();
        let tallies = in_parallel(&hashes, |at, family| {
            let mut tally = Tally::new(RETOUCHES.len());
            for (retouch, copy) in family[1..].iter().enumerate() {
                tally.kin(retouch, apart(&family[0], copy));
            }
            for other in hashes[at + 1..].iter().flatten() {
                family.iter().for_each(|hash| tally.stranger(apart(hash, other)));
            }
            Ok(tally)
        });
        let mut sum = Tally::new(RETOUCHES.len());
        tallies.unwrap_or_default().iter().for_each(|tally| sum.add(tally));
        sum.found(sum.threshold(RATE), None).percent()
    }
}

fn hash(parts: &Parts, weights: &[(usize, f32)], signs: &[[u64; 4]]) -> [u64; 4] {
    let mut sums = [0.0f32; 256];
    let values = weights
        .iter()
        .flat_map(|(part, weight)| parts[*part].iter().map(move |value| value * weight));
    for (value, signs) in values.zip(signs) {
        for (bit, sum) in sums.iter_mut().enumerate() {
            *sum += if signs[bit / 64] >> (bit % 64) & 1 == 1 { value } else { -value };
        }
    }
    let mut words = [0; 4];
    sums.iter()
        .enumerate()
        .for_each(|(bit, sum)| words[bit / 64] |= u64::from(*sum > 0.0) << (bit % 64));
    words
}

fn apart(a: &[u64; 4], b: &[u64; 4]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

pub(crate) fn table(families: Vec<Vec<Parts>>) {
    let trial = Trial::new(families);
    println!(
        "\nWhat is worth how much to the ID: recall in % at FPR {RATE}, mean of {SIGNS} choices of signs"
    );
    println!("{:34}{:>10}{:>12}{:>12}{:>12}", "", "alone", "luma + 1/4", "luma + 1/2", "ID + 1/4");
    for (part, name) in PARTS.iter().enumerate() {
        let alone = trial.recall(&[(part, 1.0)]);
        print!("{name:34}{alone:10.1}");
        if part > COLOURS {
            let (luma, colours) = ((LUMA, 1.0), (COLOURS, 1.0));
            print!("{:12.1}", trial.recall(&[luma, (part, 0.25)]));
            print!("{:12.1}", trial.recall(&[luma, (part, 0.5)]));
            print!("{:12.1}", trial.recall(&[luma, colours, (part, 0.25)]));
        }
        println!();
    }
    let all = trial.recall(&[(LUMA, 1.0), (COLOURS, 1.0)]);
    println!("{:34}{all:10.1}", "DCT of luma and colours: the ID");
}
