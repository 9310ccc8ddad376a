//! Review under plans that are not the standard one: who is asked, how much it matters, what the editor offers.

use model::lineage::{Direction, ExceptionSeverity};
use model::review::{AskGroups, AskPreview, Preview};
use vee::Plan;
use vee::plan::{RuleEntry, ScalingMode};

use crate::review_fixture::{NIGHT, Utility};

/// Hour 5 is far above the third highest.
const SPIKE: &str = "1000 1000 1000 1000 1000 9000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000";
/// Hours 4 and 5 are missing: a line between the neighbours fills them with 1 kWh each.
const SHORT_GAP: &str =
    "1000 1000 1000 1000 _ _ 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000";

/// The standard plan with one rule changed.
fn plan(rule: &str, change: impl Fn(&mut RuleEntry)) -> Plan {
    let mut plan = Plan { name: "residential".into(), version: 7, ..Plan::standard() };
    plan.validate.iter_mut().filter(|entry| entry.rule == rule).for_each(change);
    plan
}

fn judged(plan: &Plan, values: &str) -> Utility {
    let utility = Utility::with_plan(1, plan);
    utility.arrive(0, NIGHT, 0, values);
    utility.validate(&[(0, NIGHT)]);
    utility
}

// covers: AMT-VAL-06
#[test]
fn only_what_the_plan_routes_is_work_and_everything_is_recorded() {
    let told = |plan: &Plan, values: &str| {
        let [one] = &judged(plan, values).exceptions()[..] else { panic!("one exception") };
        let end = one.why.find(':').expect("two parts");
        format!("{} {} {} {}", one.rule, one.effect, one.routed, &one.why[..end])
    };
    let plain = Plan::standard();
    assert_eq!(told(&plain, SPIKE), "V31 blocked true Waits for a person");
    assert_eq!(told(&plain, SHORT_GAP), "V30 estimated false For information");
    assert_eq!(told(&plain, "0"), "V36 questionable false For information");
    let routed = |rule: &str, to: bool| plan(rule, |entry| entry.route_to_queue = Some(to));
    assert_eq!(told(&routed("V31", false), SPIKE), "V31 blocked false For information");
    assert_eq!(told(&routed("V30", true), SHORT_GAP), "V30 blocked true Waits for a person");
    assert_eq!(told(&routed("V36", true), "0"), "V36 questionable true Waits for a person");
}

#[test]
fn severity_and_direction_are_kept_with_the_values_and_with_the_exception() {
    let utility = judged(&plan("V31", |entry| entry.severity = ExceptionSeverity::High), SPIKE);
    let one = utility.exceptions().remove(0);
    assert_eq!((one.severity, one.direction), (ExceptionSeverity::High, Direction::TooHigh));
    let explained = utility.explained(0);
    assert_eq!((explained.plan_name.as_deref(), explained.plan_version), (Some("residential"), Some(7)));
    let failed = &explained.values[5].rules[0];
    assert_eq!((failed.rule.as_str(), failed.severity, failed.direction), ("V31", one.severity, one.direction));
    assert!(failed.evidence.contains("9"), "{failed:?}");
    let group = utility.review.groups(&AskGroups::default()).expect("grouped").groups.remove(0);
    assert_eq!((group.severity, group.direction, group.why), (one.severity, one.direction, one.why));
}

#[test]
fn what_waits_for_a_person_stands_above_what_is_recorded() {
    let utility = Utility::with_channels(5);
    (0..4).for_each(|channel| utility.arrive(channel, NIGHT, 0, SHORT_GAP));
    utility.arrive(4, NIGHT, 0, SPIKE);
    utility.validate(&(0..5).map(|channel| (channel, NIGHT)).collect::<Vec<_>>());
    let groups = |routed| {
        let found = utility.review.groups(&AskGroups { routed, ..AskGroups::default() }).expect("grouped");
        let lines =
            found.groups.iter().map(|group| format!("{} {}", group.rule.as_deref().unwrap_or("-"), group.count));
        (lines.collect::<Vec<_>>().join(", "), found.total, found.routed)
    };
    assert_eq!(groups(None), ("V31 1, V30 4".into(), 5, 1));
    assert_eq!(groups(Some(true)), ("V31 1".into(), 1, 1));
    assert_eq!(groups(Some(false)), ("V30 4".into(), 4, 0));
}

/// A counter says 30 kWh for the day: 22 kWh are measured, so the two missing hours were 4 kWh each.
#[test]
fn the_editor_offers_the_methods_of_the_plan_that_judged_the_day() {
    let filled = |plan: &Plan| {
        let utility = Utility::with_plan(1, plan);
        let counter = utility.counter();
        utility.arrive(0, NIGHT, 0, SHORT_GAP);
        utility.counts(counter, NIGHT, 0, 30_000);
        utility.validate(&[(0, NIGHT)]);
        let asked =
            AskPreview { channel: "0".into(), from: utility.at(NIGHT, 4), to: utility.at(NIGHT, 6), shift_to: None };
        let preview: Preview = utility.review.preview(&asked, utility.now()).expect("previewed");
        let line = preview.methods.iter().find(|method| method.method == "E04").expect("E04");
        (preview.methods[0].method, line.total.clone())
    };
    assert_eq!(filled(&Plan::standard()), ("E04", "8".into()));
    let mut other = Plan { scaling: ScalingMode::None, ..Plan::standard() };
    other.estimate.reverse();
    assert_eq!(filled(&other), ("E05", "2".into()));
}
