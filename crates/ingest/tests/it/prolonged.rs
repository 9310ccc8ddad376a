//! V70 on its way: days that are estimated for too long wait in the queue until measured values come.

use jiff::civil::{Date, date};
use vee::Plan;
use vee::plan::ProcessEntry;

use crate::review_fixture::Utility;

/// The standard plan with three days for V70.
fn plan() -> Plan {
    let settings = [("allowed_days".into(), "3 days".into())].into();
    Plan { process: vec![ProcessEntry { rule: "V70".into(), settings }], ..Plan::standard() }
}

fn february(day: i8) -> Date {
    date(2026, 2, day)
}

/// The days of V70 exceptions in a state.
fn waiting(utility: &Utility, state: &str) -> Vec<Date> {
    let is_meant = |exception: &&model::review::Exception| exception.rule == "V70" && exception.state == state;
    let exceptions = utility.exceptions();
    let mut dates: Vec<Date> = exceptions.iter().filter(is_meant).map(|exception| exception.date).collect();
    dates.sort();
    dates
}

#[test]
fn what_is_estimated_for_too_long_waits_until_it_is_measured() {
    let utility = Utility::with_plan(1, &plan());
    for day in (1..=22).chain([28]) {
        utility.arrive(0, february(day), 0, "500");
    }
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    // The last measured value ended with the 22nd: three days are over with the 25th.
    assert_eq!(waiting(&utility, "open"), [february(26), february(27)]);
    let exceptions = utility.exceptions();
    let last = exceptions.iter().find(|exception| exception.rule == "V70").expect("listed");
    assert!(last.routed && last.evidence.contains("the limit is"), "{}", last.evidence);
    utility.arrive(0, february(25), 0, "500");
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    assert_eq!((waiting(&utility, "open"), waiting(&utility, "resolved")), (vec![], vec![february(26), february(27)]));
}
