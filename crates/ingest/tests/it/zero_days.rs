//! V36 on its way: days of zero are counted over what the books hold, whatever order they came in.

use jiff::civil::{Date, date};
use vee::Plan;

use crate::review_fixture::Utility;

/// The days of V36 exceptions.
fn told(utility: &Utility) -> Vec<Date> {
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    let exceptions = utility.exceptions();
    let mut dates: Vec<Date> = exceptions.iter().filter(|one| one.rule == "V36").map(|one| one.date).collect();
    dates.sort();
    dates
}

// covers: V36
#[test]
fn the_third_day_of_zero_is_told_where_the_plan_says_three() {
    let mut plan = Plan::standard();
    let rule = plan.validate.iter_mut().find(|entry| entry.rule == "V36").expect("in the standard plan");
    rule.settings.insert("days".into(), "3 days".into());
    let utility = Utility::with_plan(1, &plan);
    let february = |day| date(2026, 2, day);
    utility.arrive(0, february(24), 0, "500");
    for day in [25, 27, 28] {
        utility.arrive(0, february(day), 0, "0");
    }
    assert_eq!(told(&utility), []);
    utility.arrive(0, february(26), 0, "0");
    assert_eq!(told(&utility), [february(27), february(28)]);
}
