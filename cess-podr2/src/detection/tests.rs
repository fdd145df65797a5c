use super::*;
use proptest::prelude::*;

#[test]
fn the_samples_everyone_quotes() {
    // 1 % lost, found with 0.99 (Ateniese et al., CCS 2007: 460) and 0.95 (300).
    assert_eq!(samples_for(10_000_000, 990_000_000), Ok(459));
    assert_eq!(samples_for(10_000_000, 950_000_000), Ok(299));
    assert_eq!(samples_for(BILLION / 2, BILLION / 2), Ok(1));
}

#[test]
fn a_dropped_fragment_in_a_diluted_holding_hides_from_a_constant_number() {
    // One of 131,072 fragments: p = 0.0035, as the design has it.
    let found = detection(BILLION / 131_072, 459).unwrap();
    assert!((3_400_000..3_600_000).contains(&found));
}

#[test]
fn refuses_shares_outside_the_open_interval() {
    for got in [0, BILLION, u32::MAX] {
        assert_eq!(detection(got, 1), Err(Error::Share { got }));
        assert_eq!(samples_for(got, 1), Err(Error::Share { got }));
        assert_eq!(samples_for(1, got), Err(Error::Share { got }));
    }
}

#[test]
fn refuses_more_lost_or_drawn_than_there_is() {
    assert_eq!(detection_distinct(5, 6, 1), Err(Error::Draw { blocks: 5, got: 6 }));
    assert_eq!(detection_distinct(5, 1, 6), Err(Error::Draw { blocks: 5, got: 6 }));
}

#[test]
fn distinct_draws_of_everything_find_everything() {
    assert_eq!(detection_distinct(34, 1, 34), Ok(BILLION));
    assert_eq!(detection_distinct(34, 34, 1), Ok(BILLION));
    assert_eq!(detection_distinct(34, 0, 34), Ok(0));
    assert_eq!(detection_distinct(34, 34, 0), Ok(0));
    assert_eq!(detection_distinct(34, 17, 1), Ok(BILLION / 2));
    assert_eq!(detection_distinct(u64::MAX, 1, u64::MAX), Ok(BILLION));
}

#[test]
fn the_hardest_question_ends() {
    assert!(samples_for(1, BILLION - 1).unwrap() > 20_000_000_000);
}

#[test]
fn the_table_is_what_the_function_says() {
    for (loss, row) in LOSSES.iter().zip(SAMPLES) {
        for (confidence, samples) in CONFIDENCES.iter().zip(row) {
            assert_eq!(samples_for(*loss, *confidence), Ok(samples.into()));
        }
    }
}

#[test]
fn a_dropped_fragment_survives_a_period_with_one_over_e_at_most() {
    let limit = |periods: i32| 1e9 * (1.0 - (-f64::from(periods)).exp());
    for held in [24, 25, 100, 131_072, 12_000_000_000] {
        for periods in 1..=5_u8 {
            let damage = Damage { held, blocks: 34, lost: 34 };
            let windows = 24 * u64::from(periods);
            let found = f64::from(detection_windows(Policy::AUDIT, damage, windows).unwrap());
            assert!(found >= limit(periods.into()), "{held} {periods} {found}");
            // (1 - 1/24)^24 is 0.360.
            let drawn = (held as f64 / 24.0).ceil() / held as f64;
            let exact = 1e9 * (1.0 - (1.0 - drawn).powi(24 * i32::from(periods)));
            assert!((exact - found).abs() < 2.0, "{held} {periods} {found} {exact}");
        }
    }
    let dropped = Damage { held: 131_072, blocks: 34, lost: 34 };
    // ln 0.01 / ln (1 - 5462 / 131072) = 108.2
    assert_eq!(windows_for(Policy::AUDIT, dropped, 990_000_000), Ok(Some(109)));
    assert_eq!(detection_windows(Policy::Every, dropped, 1), Ok(BILLION));
}

#[test]
fn damage_that_is_none_or_more_than_there_is() {
    let damage = |held, blocks, lost| Damage { held, blocks, lost };
    let windows = |damage| windows_for(Policy::AUDIT, damage, 1);
    assert_eq!(windows(damage(5, 34, 0)), Ok(None));
    assert_eq!(detection_windows(Policy::AUDIT, damage(5, 34, 0), 1000), Ok(0));
    assert_eq!(windows(damage(0, 34, 1)), Err(Error::Draw { blocks: 0, got: 1 }));
    assert_eq!(windows(damage(5, 34, 35)), Err(Error::Draw { blocks: 34, got: 35 }));
    let share = windows_for(Policy::AUDIT, damage(5, 34, 1), 0);
    assert_eq!(share, Err(Error::Share { got: 0 }));
    let rare = windows(damage(u64::MAX, u64::MAX, 1));
    assert!(matches!(rare, Ok(None | Some(_))));
}

proptest! {
    #[test]
    fn detection_agrees_with_floating_point(loss in 1_u32..BILLION, samples in 0_u64..10_000) {
        let miss = (1.0 - f64::from(loss) / 1e9).powf(samples as f64);
        let expected = (1.0 - miss) * 1e9;
        let got = f64::from(detection(loss, samples).unwrap());
        prop_assert!(got <= expected + 1.0 && got >= expected - 2.0, "{} {}", got, expected);
    }

    #[test]
    fn samples_are_enough_and_one_less_is_not(loss in 1000_u32..BILLION, confidence in 1_u32..BILLION) {
        let samples = samples_for(loss, confidence).unwrap();
        prop_assert!(detection(loss, samples).unwrap() >= confidence);
        prop_assert!(samples == 1 || detection(loss, samples - 1).unwrap() < confidence);
    }

    #[test]
    fn distinct_draws_find_no_less(blocks in 2_u64..10_000, lost in 1_u64..10_000, samples in 0_u64..500) {
        let (lost, samples) = (lost.min(blocks - 1), samples.min(blocks));
        let loss = u32::try_from(u128::from(lost) * u128::from(BILLION) / u128::from(blocks)).unwrap();
        let with = detection(loss, samples).unwrap();
        let distinct = detection_distinct(blocks, lost, samples).unwrap();
        prop_assert!(distinct + 600 >= with);
    }
}
