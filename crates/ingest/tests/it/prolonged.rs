//! V70 on its way: days that are estimated for too long wait in the queue until measured values come.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use model::id::Name;
use model::quality::Status;
use store::readings::AsOf;
use store::registry::channel::ChannelEntry;
use vee::Plan;
use vee::plan::ProcessEntry;

use crate::review_fixture::{Utility, hourly};

/// The standard plan with V70, and so many days allowed.
fn plan(allowed: &str) -> Plan {
    let settings = [("allowed_days".into(), allowed.into())].into();
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
    let utility = Utility::with_plan(1, &plan("3 days"));
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

fn follow(utility: &Utility) {
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
}

/// What the exception of a day says.
fn said(utility: &Utility, date: Date) -> String {
    let is_meant = |exception: &&model::review::Exception| exception.rule == "V70" && exception.date == date;
    utility.exceptions().iter().find(is_meant).expect("listed").evidence.clone()
}

#[test]
fn estimates_of_the_source_count_as_ours_do() {
    // covers: V70
    let utility = Utility::with_plan(1, &plan("60 days"));
    utility.arrive(0, date(2025, 11, 1), 0, "500");
    let estimated: Vec<Date> = date(2025, 11, 2).series(1.day()).take(115).collect();
    for date in &estimated {
        utility.arrive_as(0, *date, "500", Status::ESTIMATED);
    }
    follow(&utility);
    // 60 days after the end of November 1 are over with December 31, the 60th of 115 days.
    assert_eq!(estimated[59], date(2025, 12, 31));
    assert_eq!(waiting(&utility, "open"), estimated[60..]);
    let told = "the last measured value, of 2025-11-02T00:00:00Z, is 61 days back; the limit is 60 days";
    assert_eq!(said(&utility, date(2026, 1, 1)), told);
}

#[test]
fn a_silent_meter_counts_after_no_method_gives_a_value_any_more() {
    // covers: V70
    let by_default = ProcessEntry { rule: "V70".into(), settings: [].into() };
    let utility = Utility::with_plan(0, &Plan { process: vec![by_default], ..Plan::standard() });
    let (meter, from) = (Some(Name::new("Meter", "M-1")), Some(utility.at(date(2025, 11, 1), 0)));
    let entry = ChannelEntry { meter, meter_from: from, ..hourly(0, "UTC", 3600) };
    utility.ask(utility.registry.channels().register(&[entry]));
    for date in date(2025, 11, 1).series(1.day()).take(30) {
        utility.arrive(0, date, 0, "500");
    }
    follow(&utility);
    // The last measured value ended with November 30: 30 days are over with December 30. Silence is looked at for 35 days.
    let days: Vec<Date> = date(2025, 12, 31).series(1.day()).take(5).collect();
    assert_eq!(waiting(&utility, "open"), days);
    let final_day = utility.book.final_day(model::id::ChannelNumber(0), days[0], AsOf::Now);
    let values = final_day.expect("readable").expect("decided").values;
    assert!(values.iter().all(|value| value.value.is_none()), "nothing was estimated");
}

#[test]
fn the_longest_estimation_is_not_forgotten() {
    // covers: V70
    let utility = Utility::with_plan(2, &plan("60 days"));
    utility.arrive(0, date(2024, 12, 1), 0, "500");
    for channel in [0, 1] {
        for date in [date(2025, 6, 1), date(2026, 2, 28)] {
            utility.arrive_as(channel, date, "500", Status::ESTIMATED);
        }
    }
    follow(&utility);
    // The one was measured 454 days back, farther than is looked, and the other never.
    assert_eq!(waiting(&utility, "open"), [date(2025, 6, 1), date(2026, 2, 28), date(2026, 2, 28)]);
    let told = "no value was measured since 2025-06-01T00:00:00Z, 273 days back; the limit is 60 days";
    assert_eq!(said(&utility, date(2026, 2, 28)), told);
}
