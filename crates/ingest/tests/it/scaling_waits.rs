//! A plan that lets registers wait for late values: estimates are scaled by themselves when the wait is over.

use ingest::Review;
use model::id::ChannelNumber;
use vee::Plan;
use vee::plan::{ScalingLimits, ScalingMode};

use crate::review_fixture::{NIGHT, Utility};
use crate::time_of_use::made;

/// Hours of 500 Wh without the eleventh and twelfth: 11 kWh measured. The register counts 13 kWh, so 2 kWh are left for two hours.
fn utility() -> (Utility, ChannelNumber) {
    let scaling_limits = ScalingLimits { wait_days: 2, ..ScalingLimits::default() };
    let plan = Plan { scaling: ScalingMode::Proportional, scaling_limits, ..Plan::standard() };
    let utility = Utility::with_plan(1, &plan);
    let counter = utility.counter();
    let cells: Vec<&str> = (0..24).map(|hour| if [10, 11].contains(&hour) { "_" } else { "500" }).collect();
    utility.arrive(0, NIGHT, 0, &cells.join(" "));
    (utility, counter)
}

fn rules(utility: &Utility) -> Vec<String> {
    let review: &Review = &utility.review;
    review.follow(utility.now()).expect("followed");
    utility.exceptions().into_iter().map(|exception| exception.rule).collect()
}

// covers: SCALING-LATE
#[test]
fn estimates_are_scaled_when_the_wait_is_over() {
    let (utility, counter) = utility();
    utility.counts(counter, NIGHT, 1000, 14_000);
    utility.validate_due();
    assert_eq!(made(&utility, NIGHT), "10:500u 11:500u");
    assert_eq!(rules(&utility), ["V30"], "a sum that waits is not checked");
    // The day ended at midnight of 2 March: two days later it still waits for the last minutes.
    utility.wait_until("2026-03-03T23:50:00Z");
    utility.validate_due();
    assert_eq!(made(&utility, NIGHT), "10:500u 11:500u");
    utility.wait_until("2026-03-04T00:10:00Z");
    utility.validate_due();
    assert_eq!(made(&utility, NIGHT), "10:1000s 11:1000s");
    assert_eq!(utility.validate_due().0, 0, "each day is passed once");
}

// covers: SCALING-LATE
#[test]
fn a_register_that_comes_after_the_wait_is_met_at_once() {
    let (utility, counter) = utility();
    utility.wait_until("2026-03-05T06:00:00Z");
    utility.validate_due();
    assert_eq!(made(&utility, NIGHT), "10:500 11:500");
    utility.counts(counter, NIGHT, 1000, 14_000);
    utility.validate_due();
    assert_eq!(made(&utility, NIGHT), "10:1000s 11:1000s");
}
