//! What windows notice, drawn many times from seeds, beside what the formulas say. A rate must lie
//! within five standard deviations of the formula's, which fails one run in two million; the seeds
//! are fixed, so a run that passes once passes always.

use std::collections::BTreeSet;

use cess_podr2::detection::{BILLION, Damage, detection, detection_windows};
use cess_podr2::{Challenge, Fragment, FragmentName, Holding, Policy, SecretKey, Sectors};

use crate::world::audit;

/// A holding of `held` fragments of `blocks` blocks each; there is no data behind it.
fn holding(held: u32, blocks: u64) -> Holding {
    let key = SecretKey::from_seed(&[7; 32], Sectors::MIN).public();
    let len = blocks * Sectors::MIN.block_bytes() as u64;
    let entry = |replica| Fragment::new(&key, [9; 32], len, replica).unwrap().entry();
    Holding::from_entries((0..held).map(entry)).unwrap()
}

fn policy(windows: u32, samples: u32) -> Policy {
    Policy::Window { windows: windows.try_into().unwrap(), samples: samples.try_into().unwrap() }
}

/// The share of `trials` in which one of `windows` windows samples a lost block.
fn noticed(
    holding: &Holding,
    policy: Policy,
    windows: u64,
    trials: u64,
    lost: &BTreeSet<(FragmentName, u64)>,
) -> f64 {
    let names: BTreeSet<FragmentName> = lost.iter().map(|(name, _)| *name).collect();
    let hit = |seed: u64| {
        let seed = *blake3::hash(&seed.to_le_bytes()).as_bytes();
        let challenge = Challenge::new(audit(), holding, policy, seed).unwrap();
        // Blocks are drawn for all fragments; most draws have none that is damaged.
        let drawn = holding.draw(&challenge).unwrap();
        drawn.entries().iter().any(|entry| names.contains(&entry.name()))
            && challenge.samples(&drawn).unwrap().any(|s| lost.contains(&(s.entry.name(), s.block)))
    };
    let trial = |trial: u64| (0..windows).any(|window| hit(trial * windows + window));
    let found = (0..trials).filter(|at| trial(*at)).count();
    found as f64 / trials as f64
}

#[track_caller]
fn fits(measured: f64, formula_ppb: u32, trials: u64) {
    let expected = f64::from(formula_ppb) / f64::from(BILLION);
    let deviation = (expected * (1.0 - expected) / trials as f64).sqrt();
    assert!((measured - expected).abs() <= 5.0 * deviation, "{measured} {expected} {deviation}");
}

fn every_block(holding: &Holding, rank: u64) -> BTreeSet<(FragmentName, u64)> {
    let entry = holding.nth(rank).unwrap();
    (0..entry.blocks()).map(|block| (entry.name(), block)).collect()
}

#[test]
fn a_dropped_fragment_is_noticed_as_the_formula_says() {
    let (holding, policy) = (holding(240, 34), policy(24, 459));
    let lost = every_block(&holding, 17);
    let damage = Damage { held: 240, blocks: 34, lost: 34 };
    for (windows, trials) in [(1, 4000), (24, 1000), (48, 500)] {
        let formula = detection_windows(policy, damage, windows).unwrap();
        fits(noticed(&holding, policy, windows, trials, &lost), formula, trials);
    }
}

#[test]
fn diluting_a_holding_hides_nothing() {
    // The same dropped fragment among ten times as many, and a policy without windows beside it.
    let (small, large) = (holding(60, 34), holding(600, 34));
    let policy = policy(24, 459);
    let (windows, trials) = (24, 600);
    let mut found = [0.0; 2];
    for (holding, found) in [&small, &large].into_iter().zip(&mut found) {
        let lost = every_block(holding, 3);
        let damage = Damage { held: holding.len() as u64, blocks: 34, lost: 34 };
        let formula = detection_windows(policy, damage, windows).unwrap();
        *found = noticed(holding, policy, windows, trials, &lost);
        fits(*found, formula, trials);
        assert!(f64::from(formula) / f64::from(BILLION) > 1.0 - (-1.0_f64).exp());
    }
    // 60 fragments: three of each 24th, since shares are rounded up.
    assert!(found[0] > found[1] && found[1] > 0.55, "{found:?}");
    let constant = detection(BILLION / 131_072, 459).unwrap();
    assert!(f64::from(constant) < 0.004 * f64::from(BILLION), "without windows it hides");
}

#[test]
fn lost_blocks_within_a_fragment_are_noticed_as_the_formula_says() {
    // 10 blocks of each fragment drawn; 5 of its 34 are lost.
    let (holding, policy) = (holding(48, 34), policy(4, 120));
    let entry = *holding.nth(5).unwrap();
    let lost: BTreeSet<_> = [0, 7, 8, 20, 33].map(|block| (entry.name(), block)).into();
    let damage = Damage { held: 48, blocks: 34, lost: 5 };
    for (windows, trials) in [(1, 4000), (4, 2000)] {
        let formula = detection_windows(policy, damage, windows).unwrap();
        fits(noticed(&holding, policy, windows, trials, &lost), formula, trials);
    }
}

#[test]
fn random_loss_is_noticed_as_the_formula_says() {
    // 1 % of all blocks, spread: 459 samples of a window find it with probability 0.99.
    let (held, blocks) = (918, 34);
    let (holding, policy) = (holding(held, blocks), policy(2, 459));
    assert_eq!(policy.share(held.into()).fragments * policy.share(held.into()).blocks, 459);
    let mut lost = BTreeSet::new();
    let total = u64::from(held) * blocks;
    let mut stream = blake3::Hasher::new().update(b"random loss").finalize_xof();
    while (lost.len() as u64) < total / 100 {
        let mut bytes = [0; 8];
        stream.fill(&mut bytes);
        let (entry, block) = holding.locate(u64::from_le_bytes(bytes) % total).unwrap();
        lost.insert((entry.name(), block));
    }
    let loss = u32::try_from(lost.len() as u64 * u64::from(BILLION) / total).unwrap();
    for samples in [50, 150, 459] {
        let policy = self::policy(918 / samples, samples);
        let share = policy.share(held.into());
        let drawn = share.fragments * share.blocks;
        let trials = 1500;
        let measured = noticed(&holding, policy, 1, trials, &lost);
        fits(measured, detection(loss, drawn).unwrap(), trials);
    }
}
