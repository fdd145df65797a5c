//! What each group of features is worth for the ID: alone, beside the others, and taken away.

use cess_mdrc::simhash::BITS;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::make::IN_TABLES;
use super::print::Values;
use super::{Family, RATE};

/// Choices of signs that results are the mean of.
const CHOICES: u64 = 3;

/// The mean and deviation of each value.
pub(crate) fn centres(rows: &[Vec<f64>]) -> Vec<(f64, f64)> {
    let count = rows.len().max(1) as f64;
    (0..rows.first().map_or(0, Vec::len))
        .map(|at| {
            let mean = rows.iter().map(|row| row[at]).sum::<f64>() / count;
            let square = rows.iter().map(|row| (row[at] - mean).powi(2)).sum::<f64>() / count;
            (mean, square.sqrt().max(1e-9))
        })
        .collect()
}

/// Groups as they are weighted in the ID.
const SHIPPED: [(&str, f64); 2] = [("intervals", 1.0), ("parts", 0.3)];
/// What those that were left out would add at.
const BESIDE: f64 = 0.3;

pub(crate) fn groups(families: &[Family], tuning: &[Values]) {
    let Some(first) = tuning.first() else { return };
    let names: Vec<&str> = first.iter().map(|(name, _)| *name).collect();
    let centres: Vec<Vec<(f64, f64)>> = (0..names.len())
        .map(|at| centres(&tuning.iter().map(|values| values[at].1.clone()).collect::<Vec<_>>()))
        .collect();
    println!(
        "\nThe ID by groups of features: mean recall in % of the 24 at FPR {RATE}, mean of {CHOICES} choices of signs"
    );
    let measure = |what: &str, weights: &[(&str, f64)]| {
        let weight = |name: &str| weights.iter().find(|(of, _)| *of == name).map_or(0.0, |w| w.1);
        let weights: Vec<f64> = names.iter().map(|name| weight(name)).collect();
        println!("{what:44}{:6.1}", recall(families, &centres, &weights));
    };
    measure("as shipped", &SHIPPED);
    for (name, _) in SHIPPED {
        let rest: Vec<_> = SHIPPED.into_iter().filter(|(of, _)| *of != name).collect();
        measure(&format!("without {name}"), &rest);
    }
    for name in &names {
        measure(&format!("{name} alone"), &[(*name, 1.0)]);
    }
    for name in names.iter().filter(|name| SHIPPED.iter().all(|(of, _)| of != *name)) {
        let more: Vec<_> = SHIPPED.into_iter().chain([(*name, BESIDE)]).collect();
        measure(&format!("as shipped, and {name} at {BESIDE}"), &more);
    }
}

fn recall(families: &[Family], centres: &[Vec<(f64, f64)>], weights: &[f64]) -> f64 {
    let recalls = (0..CHOICES).map(|choice| {
        let hash = |values: &Values| hash(values, centres, weights, choice);
        let hashes: Vec<Vec<[u64; 4]>> = families
            .iter()
            .map(|family| family.prints.iter().map(|print| hash(&print.values)).collect())
            .collect();
        let mut strangers = [0u64; BITS + 1];
        for (a, first) in families.iter().zip(&hashes) {
            for (b, second) in families.iter().zip(&hashes) {
                if a.clip.track != b.clip.track {
                    second.iter().for_each(|hash| strangers[apart(&first[0], hash)] += 1);
                }
            }
        }
        let allowed = (strangers.iter().sum::<u64>() as f64 * RATE) as u64;
        let mut passed = 0;
        let most = strangers.iter().take_while(|count| {
            passed += **count;
            passed <= allowed
        });
        let most = most.count();
        let kin = hashes.iter().flat_map(|hashes| {
            hashes[1..=IN_TABLES].iter().map(|hash| apart(&hashes[0], hash) < most)
        });
        let kin: Vec<bool> = kin.collect();
        100.0 * kin.iter().filter(|found| **found).count() as f64 / kin.len().max(1) as f64
    });
    recalls.sum::<f64>() / CHOICES as f64
}

fn apart(a: &[u64; 4], b: &[u64; 4]) -> usize {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones() as usize).sum()
}

fn hash(values: &Values, centres: &[Vec<(f64, f64)>], weights: &[f64], choice: u64) -> [u64; 4] {
    let mut rng = ChaCha8Rng::seed_from_u64(choice);
    let mut sums = [0.0; BITS];
    for (((_, values), centres), weight) in values.iter().zip(centres).zip(weights) {
        let each = weight / (centres.len() as f64).sqrt();
        for (value, (mean, deviation)) in values.iter().zip(centres) {
            let standard = ((value - mean) / deviation).clamp(-3.0, 3.0) * each;
            for lane in sums.as_chunks_mut::<64>().0 {
                let signs = rng.next_u64();
                for (bit, sum) in lane.iter_mut().enumerate() {
                    *sum += if signs >> bit & 1 == 1 { standard } else { -standard };
                }
            }
        }
    }
    let mut words = [0; 4];
    for (word, lane) in words.iter_mut().zip(sums.as_chunks::<64>().0) {
        *word = lane.iter().enumerate().map(|(bit, sum)| u64::from(*sum > 0.0) << bit).sum();
    }
    words
}
