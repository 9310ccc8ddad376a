//! Groups follow from the reports alone.

use events::same::groups;
use events::{Dialects, Windows};
use jiff::{SignedDuration, Timestamp};
use model::event::report::{Meaning, Report, Subject};
use proptest::prelude::*;

const OUTAGE: &str = "3.26.0.85";
const RESTORED: &str = "3.26.0.216";

fn report(device: &str, told: &str, at_milliseconds: Option<i64>, source: &str, id: &str) -> Report {
    Report {
        subject: Subject::Unknown { authority: "UTILITY".into(), name: device.into() },
        meaning: Dialects::default().meaning_of(source, told),
        occurred_at: at_milliseconds.map(|at| Timestamp::from_millisecond(at).expect("an instant")),
        source: source.into(),
        source_id: id.into(),
    }
}

/// `reports`: device, type, milliseconds, source and its identity; `expected`: a letter for each event.
#[track_caller]
fn check(reports: &[(&str, &str, i64, &str, &str)], expected: &str) {
    let reports: Vec<_> =
        reports.iter().map(|(device, told, at, source, id)| report(device, told, Some(*at), source, id)).collect();
    let found: String =
        groups(&reports, &Windows::default()).iter().map(|place| char::from(b'a' + *place as u8)).collect();
    assert_eq!(found, expected);
}

// covers: MOD-DUP
#[test]
fn reports_of_two_paths_within_the_window_are_one_event() {
    check(&[("M1", OUTAGE, 0, "A", "1"), ("M1", OUTAGE, 2000, "B", "900")], "aa");
    check(&[("M1", OUTAGE, 0, "A", "1"), ("M1", OUTAGE, 2001, "B", "900")], "ab");
    check(&[("M1", OUTAGE, 0, "A", ""), ("M2", OUTAGE, 0, "B", "")], "ab");
    check(&[("M1", OUTAGE, 0, "A", ""), ("M1", RESTORED, 0, "B", "")], "ab");
    // What the products call it does not matter, what it is does.
    check(&[("M1", OUTAGE, 0, "A", ""), ("M1", "3.26.0.47", 1, "B", "")], "aa");
}

// covers: MOD-DUP
#[test]
fn the_identity_of_the_source_holds_for_a_month() {
    check(&[("M1", OUTAGE, 0, "A", "7"), ("M1", OUTAGE, 9000, "A", "7")], "aa");
    check(&[("M1", OUTAGE, 0, "A", "7"), ("M1", OUTAGE, 9000, "B", "7")], "ab");
    check(&[("M1", OUTAGE, 0, "A", "7"), ("M2", OUTAGE, 9000, "A", "7")], "ab");
    check(&[("M1", OUTAGE, 0, "A", ""), ("M1", OUTAGE, 9000, "A", "")], "ab");
    // 31 days are 2,678,400,000 ms.
    check(&[("M1", OUTAGE, 0, "A", "7"), ("M1", OUTAGE, 2_678_400_000, "A", "7")], "aa");
    check(&[("M1", OUTAGE, 0, "A", "7"), ("M1", OUTAGE, 2_678_400_001, "A", "7")], "ab");
}

// covers: MOD-DUP
#[test]
fn a_report_between_joins_two_events() {
    let (a, b, c) = (("M1", OUTAGE, 0, "A", ""), ("M1", OUTAGE, 1500, "B", ""), ("M1", OUTAGE, 3000, "A", ""));
    check(&[a, c], "ab");
    check(&[a, b, c], "aaa");
    check(&[c, a, b], "aaa");
}

#[test]
fn words_that_nobody_understands_are_compared_within_their_source() {
    check(&[("M1", "XYZ", 0, "A", ""), ("M1", "XYZ", 1, "A", ""), ("M1", "XYZ", 0, "B", "")], "aac");
}

#[test]
fn a_type_has_its_own_window_up_to_the_longest() {
    let outage: Meaning = Dialects::default().meaning_of("A", OUTAGE);
    let windows =
        |window| Windows { of_type: [(OUTAGE.parse().expect("a code"), window)].into(), ..Windows::default() };
    assert_eq!(windows(SignedDuration::from_secs(30)).of(&outage), SignedDuration::from_secs(30));
    assert_eq!(windows(SignedDuration::from_hours(30)).of(&outage), SignedDuration::from_mins(5));
}

#[test]
fn the_earliest_report_leads() {
    let early = report("M1", OUTAGE, Some(1), "B", "");
    assert!(early.leads(&report("M1", OUTAGE, Some(2), "A", "")));
    assert!(early.leads(&report("M1", OUTAGE, None, "A", "")));
    assert!(report("M1", OUTAGE, Some(1), "A", "").leads(&early));
    assert!(!early.leads(&early.clone()));
}

fn any_report() -> impl Strategy<Value = Report> {
    let id = prop_oneof![Just(String::new()), (0..4_u8).prop_map(|id| id.to_string())];
    let at = prop_oneof![9 => (0..12_i64).prop_map(|at| Some(at * 700)), 1 => Just(None)];
    (0..2_u8, 0..3_u8, at, 0..2_u8, id).prop_map(|(device, told, at, source, id)| {
        let told = [OUTAGE, RESTORED, "XYZ"][usize::from(told)];
        report(&format!("M{device}"), told, at, &format!("HES-{source}"), &id)
    })
}

/// Every report that can be reached over links of pairs.
fn reached(reports: &[Report], from: usize) -> usize {
    let linked = |left: &Report, right: &Report| {
        let are_near = match (left.occurred_at, right.occurred_at) {
            (Some(left), Some(right)) => left.duration_since(right).abs() <= SignedDuration::from_secs(2),
            _ => false,
        };
        let one_id = !left.source_id.is_empty() && (&left.source, &left.source_id) == (&right.source, &right.source_id);
        let one_id = one_id && left.occurred_at.is_some() == right.occurred_at.is_some();
        (&left.subject, &left.meaning) == (&right.subject, &right.meaning) && (are_near || one_id)
    };
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() {
        let here = seen[at];
        let new = (0..reports.len()).filter(|place| linked(&reports[here], &reports[*place]));
        let new: Vec<_> = new.filter(|place| !seen.contains(place)).collect();
        seen.extend(new);
        at += 1;
    }
    seen.into_iter().min().expect("itself at least")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    // covers: MOD-DUP
    #[test]
    fn groups_are_what_links_reach(reports in proptest::collection::vec(any_report(), 0..12)) {
        let expected: Vec<_> = (0..reports.len()).map(|place| reached(&reports, place)).collect();
        prop_assert_eq!(groups(&reports, &Windows::default()), expected);
    }
}
