//! What validation keeps, explain tells and the editor offers look at the same days and channels.

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::id::{ChannelNumber, Name};
use model::quantity::Decimal;
use model::review::AskPreview;
use store::registry::channel::ChannelEntry;
use vee::Plan;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingMode};

use crate::review_fixture::{NIGHT, Utility, hourly};

/// Hours 4 and 5 are missing.
const GAP: &str =
    "1000 1000 1000 1000 _ _ 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000";

fn by(method: &str) -> Plan {
    let mut plan = Plan { name: method.into(), scaling: ScalingMode::None, ..Plan::standard() };
    plan.validate = vec![RuleEntry::new("V30", OnFailure::Estimate)];
    plan.estimate = vec![EstimatorEntry::new(method)];
    plan
}

fn before(days: i32) -> Date {
    NIGHT.saturating_sub(Span::new().days(days))
}

/// A second meter at the usage point of channel 0 measures the same.
fn with_check_meter(utility: &Utility) -> ChannelNumber {
    let of = |suffix: &str, meter: &str| ChannelEntry {
        meter: Some(Name::new("", meter)),
        suffix: suffix.into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        ..hourly(0, "UTC", 3600)
    };
    utility.ask(utility.registry.channels().register(&[of("E1", "M1"), of("E2", "M2")]))[1].number
}

#[test]
fn a_final_estimate_comes_from_the_check_meter_and_explain_tells_it() {
    let utility = Utility::with_plan(1, &by("E20"));
    let check = with_check_meter(&utility);
    for days in 1..=10 {
        utility.arrive(0, before(days), 0, "2000");
    }
    utility.arrive(0, NIGHT, 0, GAP);
    utility.arrive(check.0, NIGHT, 0, "1003");
    utility.validate(&[(0, NIGHT)]);
    let told = utility.explained(0);
    let kept: Vec<_> = told.values[4..6].iter().map(|value| (value.method.as_deref(), value.last.as_deref())).collect();
    assert_eq!(kept, [(Some("E01"), Some("1.003")); 2]);
    assert!(told.is_current, "{told:?}");
    assert!(told.estimations.iter().any(|method| method.words.starts_with("E01")), "{:?}", told.estimations);
}

#[test]
fn the_editor_offers_what_a_plan_of_the_method_would_keep() {
    let year = [(364, "9000"), (7, "3000")];
    let fed = |plan: &Plan| {
        let utility = Utility::with_plan(1, plan);
        for (days, value) in year {
            utility.arrive(0, before(days), 0, value);
        }
        utility.arrive(0, NIGHT, 0, GAP);
        utility.validate(&[(0, before(364)), (0, before(7)), (0, NIGHT)]);
        utility
    };
    // Last year's Sunday comes before last week's.
    assert_eq!(fed(&by("E17")).finals(0, 4, 6), "9.000 9.000");
    let utility = fed(&Plan::standard());
    let (from, to): (Timestamp, Timestamp) = (utility.at(NIGHT, 4), utility.at(NIGHT, 6));
    let asked = AskPreview { channel: "0".into(), from, to, shift_to: None };
    let preview = utility.review.preview(&asked, utility.now()).expect("previewed");
    let offered = preview.methods.iter().find(|method| method.method == "E17").expect("E17");
    assert_eq!((offered.eligible, offered.total.as_str()), (true, "18"), "{}", offered.words);
}
