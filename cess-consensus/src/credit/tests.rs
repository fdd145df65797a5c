use super::*;

const P: CreditParams = CreditParams::DEFAULT;

fn perfect_period(credit: &mut Credit, times: u32) {
    for duty in [Duty::Block, Duty::Vote, Duty::Audit] {
        credit.report(duty, times, times).unwrap();
    }
}

#[test]
fn decay_weighs_the_last_five_periods() {
    let mut credit = Credit::new(&CreditParams { neutral: 0, ..P });
    let p = CreditParams { neutral: 0, ..P };
    perfect_period(&mut credit, 3);
    for expected in [500, 200, 150, 100, 50, 0] {
        assert_eq!(credit.score(&p), expected);
        credit.end_period(&p);
    }
}

#[test]
fn newcomers_stand_at_the_neutral_score() {
    assert_eq!(Credit::new(&P).score(&P), P.neutral);
}

#[test]
fn parts_weigh_by_their_shares() {
    let mut credit = Credit::new(&P);
    credit.report(Duty::Block, 0, 10).unwrap();
    credit.report(Duty::Vote, 10, 10).unwrap();
    assert_eq!(credit.health(&P), 571, "400 of 700");
    credit.report(Duty::Audit, 1, 2).unwrap();
    assert_eq!(credit.health(&P), 550, "400 and half of 300");
}

#[test]
fn lapses_cost_points_down_to_nothing() {
    let mut credit = Credit::new(&P);
    perfect_period(&mut credit, 1);
    credit.penalize(Lapse::Ticket, &P);
    assert_eq!(credit.health(&P), 950);
    credit.penalize(Lapse::Contribution, &P);
    assert_eq!(credit.health(&P), 750);
    credit.penalize(Lapse::Equivocation, &P);
    credit.penalize(Lapse::Equivocation, &P);
    assert_eq!(credit.health(&P), 0);
}

/// On duty in every round or in one of twenty: equal diligence must give equal credit, or those who
/// were drawn once would be drawn ever after.
fn bias(score: impl Fn(&Credit) -> u64) -> u64 {
    let (mut busy, mut idle) = (Credit::new(&P), Credit::new(&P));
    busy.report(Duty::Block, 800, 1000).unwrap();
    busy.report(Duty::Vote, 8000, 10_000).unwrap();
    busy.report(Duty::Audit, 80, 100).unwrap();
    idle.report(Duty::Block, 4, 5).unwrap();
    idle.report(Duty::Vote, 40, 50).unwrap();
    idle.report(Duty::Audit, 80, 100).unwrap();
    score(&busy).abs_diff(score(&idle))
}

#[test]
fn equal_diligence_gives_equal_credit_however_often_on_duty() {
    assert_eq!(bias(|credit| credit.score(&P).into()), 0);
}

#[test]
fn a_scale_by_counts_is_caught_as_biased() {
    let by_counts = |credit: &Credit| credit.done.iter().map(|done| u64::from(*done)).sum();
    assert!(bias(by_counts) > 0);
}

#[test]
fn a_part_that_outweighs_the_scale_is_refused() {
    for duties in [[1000, 400, 300], [0, 0, 0], [500, 500, 1], [u16::MAX; 3]] {
        let params = CreditParams { duties, ..P };
        assert_eq!(params.check(), Err(Error::BadParameter { name: "credit.duties" }));
    }
}

#[test]
fn more_done_than_due_is_refused() {
    let mut credit = Credit::new(&P);
    let before = credit;
    let refused = credit.report(Duty::Vote, 2, 1);
    assert_eq!(refused, Err(Error::BadParameter { name: "done" }));
    assert_eq!(credit, before);
}

#[test]
fn no_counts_leave_the_scale() {
    let mut credit = Credit::new(&P);
    for _ in 0..3 {
        perfect_period(&mut credit, u32::MAX);
        perfect_period(&mut credit, 1);
    }
    assert_eq!(credit.health(&P), FULL_CREDIT);
    assert!(credit.score(&P) <= FULL_CREDIT);
}

#[test]
fn one_bad_period_takes_half_of_what_a_sleeper_farmed() {
    let mut credit = Credit::new(&P);
    for _ in 0..10 {
        perfect_period(&mut credit, 9);
        credit.end_period(&P);
    }
    credit.report(Duty::Vote, 0, 1).unwrap();
    assert_eq!(credit.score(&P), 500);
}

#[test]
fn a_floor_drops_those_below() {
    assert_eq!(Filter::Floor(300).threshold(&[100, 300, 500], 1), 300);
    assert_eq!(Filter::None.threshold(&[100, 300, 500], 1), 0);
}

#[test]
fn a_quantile_drops_its_share_and_keeps_equals() {
    let scores: [u16; 10] = core::array::from_fn(|i| 10 * u16::try_from(i).unwrap());
    assert_eq!(Filter::Quantile(200).threshold(&scores, 1), 20);
    assert_eq!(Filter::Quantile(0).threshold(&scores, 1), 0);
    assert_eq!(Filter::Quantile(999).threshold(&scores, 1), 90);
    assert_eq!(Filter::Quantile(500).threshold(&[7; 10], 1), 7);
    assert_eq!(Filter::Quantile(500).threshold(&[], 1), 0);
}

#[test]
fn a_filter_leaves_as_many_as_there_are_seats() {
    let scores = [0, 0, 10, 20, 30];
    assert_eq!(Filter::Floor(1000).threshold(&scores, 2), 20);
    assert_eq!(Filter::Quantile(900).threshold(&scores, 3), 10);
    assert_eq!(Filter::Floor(1000).threshold(&scores, 9), 0);
}
