//! What the explanation of a day says of each validation.

use vee::Plan;

use crate::review_fixture::{NIGHT, Utility};

/// Hour 5 is far above the third highest; hours 10 and 11 are missing.
const SPIKE_AND_GAP: &str =
    "1000 1000 1000 1000 1000 9000 1000 1000 1000 1000 _ _ 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000";

#[test]
fn the_second_validation_is_told_apart_from_the_first() {
    let plan = Plan { name: "residential".into(), validate_estimates: true, ..Plan::standard() };
    let utility = Utility::with_plan(1, &plan);
    utility.arrive(0, NIGHT, 0, SPIKE_AND_GAP);
    utility.validate(&[(0, NIGHT)]);
    let explained = utility.explained(0);
    let of = |rule: &str| {
        let verdicts = explained.results.iter().filter(|verdict| verdict.rule == rule);
        let told = verdicts.map(|told| (told.validation, told.verdict, !told.evidence.is_empty()));
        told.collect::<Vec<_>>()
    };
    assert_eq!(of("V31"), [(Some("primary"), "failed", true), (Some("secondary"), "passed", false)]);
    assert_eq!(of("V30"), [(Some("primary"), "failed", true), (Some("secondary"), "passed", false)]);
}
