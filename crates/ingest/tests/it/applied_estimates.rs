//! Estimates that a person applied, on their way: they are told with method and act, do not end what estimation is blamed for,
//! and can be explained as of a moment of a day of which nothing arrived.

use jiff::civil::{Date, date};
use model::review::{Edit, EditedValue, Propose};
use store::readings::AsOf;
use store::registry::review::Verdict;
use vee::Plan;
use vee::plan::ProcessEntry;

use crate::review_fixture::{Utility, word};

/// Days up to the 22nd and the 28th are measured; of the others nothing arrives.
fn silent_for_five_days() -> Utility {
    let settings = [("allowed_days".into(), "3 days".into())].into();
    let plan = Plan { process: vec![ProcessEntry { rule: "V70".into(), settings }], ..Plan::standard() };
    let utility = Utility::with_plan(1, &plan);
    for day in (1..=22).chain([28]) {
        utility.arrive(0, february(day), 0, "500");
    }
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    utility
}

fn february(day: i8) -> Date {
    date(2026, 2, day)
}

/// Ada writes 0.7 over a whole day, by a method or as values, and Ben approves.
fn write(utility: &Utility, date: Date, method: &str) -> u64 {
    let value = |slot| EditedValue { start: utility.at(date, slot), value: "0.7".into() };
    let asked = Propose {
        edits: vec![Edit { channel: "UP-0/E1".into(), values: (0..24).map(value).collect() }],
        method: method.into(),
        reason: "communication".into(),
        note: "collector is silent".into(),
        by: "Ada".into(),
        key: None,
    };
    let act = utility.review.propose(&asked, utility.now()).expect("proposed").act;
    utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    act
}

/// What V70 says of a date.
fn v70(utility: &Utility, date: Date) -> String {
    let exceptions = utility.exceptions();
    let found = exceptions.iter().find(|found| (found.rule.as_str(), found.date) == ("V70", date));
    found.map_or("nothing".into(), |found| found.state.clone())
}

#[test]
fn an_applied_estimate_leaves_long_estimation_open() {
    let utility = silent_for_five_days();
    assert_eq!(v70(&utility, february(26)), "open");
    let act = write(&utility, february(26), "E05");
    assert_eq!(v70(&utility, february(26)), "open");
    let explained = utility.review.explain("0", february(26), utility.now()).expect("explained");
    let first = &explained.values[0];
    assert_eq!((first.method.as_deref(), first.act, first.inputs_hash.as_deref()), (Some("E05"), Some(act), None));
    for status in ["estimated", "edited", "accepted", "like-day estimate"] {
        assert!(first.statuses.contains(&status), "{status}: {first:?}");
    }
    utility.review.decide(act, Verdict::Undo, &word("Ben"), utility.now()).expect("undone");
    let again = utility.review.explain("0", february(26), utility.now()).expect("explained");
    assert_eq!((again.values[0].act, again.values[0].inputs_hash.is_some()), (None, true), "{:?}", again.values[0]);
}

#[test]
fn typed_values_stand_as_before() {
    let utility = silent_for_five_days();
    let act = write(&utility, february(26), "values");
    assert_eq!(v70(&utility, february(26)), "edited");
    let explained = utility.review.explain("0", february(26), utility.now()).expect("explained");
    let first = &explained.values[0];
    assert_eq!((first.method.as_deref(), first.act), (Some("E22"), Some(act)));
    assert!(!first.statuses.contains(&"estimated"), "{first:?}");
}

/// What was estimated for a silent day is told as of a moment, then what a person wrote over it.
#[test]
fn a_silent_day_is_explained_as_of_a_moment() {
    let utility = silent_for_five_days();
    let estimated = utility.now();
    write(&utility, february(25), "values");
    let as_of = |moment: jiff::Timestamp| {
        let at = AsOf::At(moment.as_microsecond());
        utility.review.explain_as_of("0", february(25), at, utility.now()).map(|explained| {
            (explained.values[0].raw.clone(), explained.values[0].last.clone(), explained.decisions.len())
        })
    };
    assert_eq!(as_of(estimated).expect("explained"), (None, Some("0.500".into()), 0));
    assert_eq!(as_of(utility.now()).expect("explained"), (None, Some("0.700".into()), 1));
    as_of("2026-02-20T00:00:00Z".parse().expect("an instant")).expect_err("nothing was known of it then");
}
