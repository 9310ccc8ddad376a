//! Which of several values counts: V71 over received versions, V72 over final estimates that people wrote.

use jiff::{SignedDuration, Timestamp};
use model::review::{Edit, EditedValue, Propose};
use store::registry::review::Verdict;
use vee::Plan;
use vee::plan::ProcessEntry;

use crate::review_fixture::{NIGHT, Utility, accept, word};

/// The standard plan with rules about many values, each with one setting at most.
pub fn plan(rules: &[(&str, &[(&str, &str)])]) -> Plan {
    let entry = |(rule, settings): &(&str, &[(&str, &str)])| ProcessEntry {
        rule: (*rule).into(),
        settings: settings.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
    };
    Plan { process: rules.iter().map(entry).collect(), ..Plan::standard() }
}

/// Validates what arrived and brings the queue up to date.
fn due(utility: &Utility) {
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
}

fn evidence(utility: &Utility, rule: &str) -> String {
    let found = utility.exceptions().into_iter().find(|exception| exception.rule == rule);
    found.map_or_else(String::new, |exception| exception.evidence)
}

#[test]
fn a_small_change_does_not_replace_and_is_told() {
    let utility = Utility::with_plan(1, &plan(&[("V71", &[("change_least", "0.05 kWh")])]));
    utility.arrive(0, NIGHT, 0, "1000");
    due(&utility);
    utility.arrive(0, NIGHT, 5, "1020");
    due(&utility);
    assert_eq!(utility.finals(0, 4, 7), "1.000 1.000 1.000");
    let told = &utility.explained(0).values[5];
    assert_eq!((told.raw.as_deref(), told.last.as_deref()), (Some("1.020"), Some("1.000")), "raw never changes");
    let words = evidence(&utility, "V71");
    assert!(words.starts_with("1.02 kWh, received later, does not replace 1 kWh: "), "{words}");
    assert_eq!(utility.states(), "V71 open");
    assert!(!utility.exceptions()[0].routed, "recorded, and nobody is asked");
    // It is compared with what counts, not with what came last.
    utility.arrive(0, NIGHT, 5, "1060");
    due(&utility);
    assert_eq!((utility.finals(0, 4, 7).as_str(), utility.states().as_str()), ("1.000 1.060 1.000", "V71 resolved"));
    utility.arrive(0, NIGHT, 5, "1020");
    due(&utility);
    assert_eq!(utility.finals(0, 4, 7), "1.000 1.060 1.000");
}

#[test]
fn a_late_older_revision_is_judged_as_if_it_had_come_in_time() {
    let utility = Utility::with_plan(1, &plan(&[("V71", &[("change_least", "0.1 kWh")])]));
    utility.arrive(0, NIGHT, 0, &["1000 1000 1000 1000 1000 _", "1000 ".repeat(18).as_str()].join(" "));
    revised(&utility, "1060", 3);
    due(&utility);
    assert_eq!((utility.finals(0, 4, 7).as_str(), utility.states().as_str()), ("1.000 1.060 1.000", ""));
    revised(&utility, "1000", 1);
    due(&utility);
    assert_eq!((utility.finals(0, 4, 7).as_str(), utility.states().as_str()), ("1.000 1.000 1.000", "V71 open"));
    assert_eq!(utility.explained(0).values[5].raw.as_deref(), Some("1.060"), "what is current stays");
    let words = evidence(&utility, "V71");
    assert!(words.starts_with("1.06 kWh, received later, does not replace 1 kWh: "), "{words}");
}

/// By hand, with a limit of 0.05 kWh: the third revision says again what the first one said. 1.02 kWh is too near and stays
/// out; 1.06 kWh counts until the source goes back. In whatever order they come.
#[test]
fn revisions_count_in_their_own_order() {
    for between in ["1020", "1060"] {
        let versions = [("1000", 1), (between, 3), ("1000", 5)];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let utility = Utility::with_plan(1, &plan(&[("V71", &[("change_least", "0.05 kWh")])]));
            for at in order {
                revised(&utility, versions[at].0, versions[at].1);
                due(&utility);
            }
            let known = utility.explained(0).values[5].last.clone();
            assert_eq!(known.as_deref(), Some("1.000"), "{between} in the order {order:?}");
            assert!(!utility.states().contains("V71 open"), "{order:?}: {}", utility.states());
        }
    }
}

/// The value of five o'clock arrives, revised by its source at a minute before anything arrived.
fn revised(utility: &Utility, value: &str, minute: i64) {
    let hour: Timestamp = "2026-03-02T01:00:00Z".parse().expect("an instant");
    utility.arrive_revised(0, NIGHT, (5, value), hour + SignedDuration::from_mins(minute));
}

#[test]
fn a_value_where_there_was_none_always_counts() {
    let utility = Utility::with_plan(1, &plan(&[("V71", &[("change_least", "5 kWh")])]));
    utility.arrive(0, NIGHT, 0, &["1000 1000 1000 1000 1000 _", "1000 ".repeat(18).as_str()].join(" "));
    utility.arrive(0, NIGHT, 5, "1300");
    due(&utility);
    assert_eq!((utility.finals(0, 4, 7).as_str(), utility.states().as_str()), ("1.000 1.300 1.000", ""));
    // A source that takes its value back says nothing in its place.
    utility.arrive(0, NIGHT, 5, "_");
    due(&utility);
    assert_eq!(utility.finals(0, 4, 7), "1.000 1.300 1.000");
}

/// A day with a gap at five o'clock, for which a person writes 1.5 kWh by a method and another approves it.
fn with_estimate(utility: &Utility, method: &str) -> u64 {
    utility.arrive(0, NIGHT, 0, &["1000 1000 1000 1000 1000 _", "1000 ".repeat(18).as_str()].join(" "));
    due(utility);
    let value = EditedValue { start: utility.at(NIGHT, 5), value: "1.5".into() };
    let asked = Propose {
        edits: vec![Edit { channel: "UP-0/E1".into(), values: vec![value] }],
        method: method.into(),
        reason: "meter-fault".into(),
        note: "agreed with the customer".into(),
        by: "Ada".into(),
        key: None,
    };
    let act = utility.review.propose(&asked, utility.now()).expect("proposed").act;
    utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    act
}

#[test]
fn a_final_estimate_stands_over_measured_data_that_comes_later() {
    let utility = Utility::with_plan(1, &plan(&[("V72", &[])]));
    let act = with_estimate(&utility, "E20");
    assert_eq!((utility.finals(0, 4, 7).as_str(), utility.states().as_str()), ("1.000 1.500 1.000", "V30 edited"));
    utility.arrive(0, NIGHT, 5, "1200");
    due(&utility);
    assert_eq!(
        (utility.finals(0, 4, 7).as_str(), utility.states().as_str()),
        ("1.000 1.500 1.000", "V30 edited, V72 open")
    );
    let words = evidence(&utility, "V72");
    assert_eq!(words, format!("1.2 kWh, received later, does not replace the final estimate of 1.5 kWh (act {act})"));
    let waiting: Vec<_> = utility.exceptions().into_iter().filter(|exception| exception.rule == "V72").collect();
    assert!(waiting[0].routed);
    utility.review.accept(&accept(&waiting, "Ada"), utility.now()).expect("accepted");
    due(&utility);
    assert_eq!(
        (utility.finals(0, 4, 7).as_str(), utility.states().as_str()),
        ("1.000 1.500 1.000", "V30 edited, V72 accepted")
    );
    utility.review.decide(act, Verdict::Undo, &word("Ada"), utility.now()).expect("undone");
    due(&utility);
    assert_eq!((utility.finals(0, 4, 7).as_str(), utility.explained(0).is_current), ("1.000 1.200 1.000", true));
}

#[test]
fn without_the_rule_or_with_another_method_measured_data_wins() {
    for (rules, method) in
        [(&[][..], "E20"), (&[("V72", &[("honor", "off")][..])][..], "E20"), (&[("V72", &[][..])][..], "values")]
    {
        let utility = Utility::with_plan(1, &plan(rules));
        with_estimate(&utility, method);
        utility.arrive(0, NIGHT, 5, "1200");
        due(&utility);
        assert_eq!(utility.finals(0, 4, 7), "1.000 1.200 1.000", "{rules:?} {method}");
        assert!(!utility.states().contains("V72"), "{}", utility.states());
    }
}

#[test]
fn nothing_but_a_final_estimate_is_written_over_one() {
    let utility = Utility::with_plan(1, &plan(&[("V72", &[])]));
    with_estimate(&utility, "E20");
    let other = utility.propose("Ada", 5, "1.7").expect("proposed");
    utility.review.decide(other, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    due(&utility);
    assert_eq!(utility.finals(0, 4, 7), "1.000 1.500 1.000");
    let words = evidence(&utility, "V72");
    assert!(words.starts_with(&format!("1.7 kWh, written by act {other}, does not replace")), "{words}");
}
