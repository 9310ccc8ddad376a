//! Excursions of feeders over aligned windows.

use std::collections::BTreeMap;

use events::feeder::{Excursion, FeederRules, Side, Teller, feeder_events};
use jiff::Timestamp;
use model::event::report::Subject;
use proptest::prelude::*;
use smol_str::SmolStr;

/// A multiple of ten seconds since 1970.
const BEGIN: i64 = 1_772_366_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + second).expect("an instant")
}

/// `F1 M1 3 A`: a meter of a feeder told of low voltage at a second, by a head-end; received a second later.
fn excursion(text: &str) -> Excursion {
    let words: Vec<&str> = text.split_whitespace().collect();
    let second = words[2].parse().expect("a second");
    Excursion {
        feeder: words[0].into(),
        side: Side::Low,
        device: Subject::Unknown { authority: "UTILITY".into(), name: words[1].into() },
        at: at(second),
        received_at: at(second + 1),
        told_by: vec![words[3].into()],
    }
}

/// Head-ends A and B of the feeders F1 and F2, which have told everything until these seconds.
fn tellers(a: i64, b: i64) -> BTreeMap<SmolStr, Vec<Teller>> {
    let of = || [("A", a), ("B", b)].map(|(name, second)| Teller { name: name.into(), watermark: Some(at(second)) });
    ["F1", "F2"].into_iter().map(|feeder| (feeder.into(), of().to_vec())).collect()
}

/// Each event as `F1 0-20 2 A,B`: feeder, windows, devices, who told, and who is missing after `?`.
#[track_caller]
fn check(case: &str, told: &[&str], watermarks: (i64, i64), expected: &[&str]) {
    let excursions: Vec<Excursion> = told.iter().map(|text| excursion(text)).collect();
    let (tellers, rules) = (tellers(watermarks.0, watermarks.1), FeederRules::default());
    let second = |at: Timestamp| at.as_second() - BEGIN;
    let join = |names: Vec<&SmolStr>| names.into_iter().map(SmolStr::as_str).collect::<Vec<_>>().join(",");
    let found: Vec<String> = feeder_events(&excursions, &tellers, &rules)
        .iter()
        .map(|event| {
            let (start, end, devices) = (second(event.windows.start), second(event.windows.end), event.devices.len());
            let missing = if event.missing.is_empty() {
                String::new()
            } else {
                format!(" ?{}", join(event.missing.iter().collect()))
            };
            format!("{} {start}-{end} {devices} {}{missing}", event.feeder, join(event.told_by.iter().collect()))
        })
        .collect();
    assert_eq!(found, expected, "{case}");
}

// covers: MOD-VOL
#[test]
fn one_excursion_that_two_head_ends_see_five_seconds_apart_is_one_event_of_the_feeder() {
    check("within a window", &["F1 M1 2 A", "F1 M2 7 B"], (60, 60), &["F1 0-10 2 A,B"]);
    check("over the edge of a window", &["F1 M1 8 A", "F1 M2 13 B"], (60, 60), &["F1 0-20 2 A,B"]);
    check("later than the window after it", &["F1 M1 9 A", "F1 M2 20 B"], (60, 60), &[]);
    check("windows in a row", &["F1 M1 9 A", "F1 M3 15 A", "F1 M2 20 B"], (60, 60), &["F1 0-30 3 A,B"]);
    check("one meter is no feeder", &["F1 M1 2 A", "F1 M1 7 B", "F1 M1 12 A"], (60, 60), &[]);
    check("two feeders", &["F1 M1 2 A", "F2 M2 3 B", "F2 M3 4 B"], (60, 60), &["F2 0-10 2 B"]);
    check("twice", &["F1 M1 2 A", "F1 M2 3 A", "F1 M1 31 A", "F1 M2 32 A"], (60, 60), &["F1 0-10 2 A", "F1 30-40 2 A"]);
    check(
        "before 1970 windows are aligned, too",
        &["F1 M1 -1772366401 A", "F1 M2 -1772366409 B"],
        (60, 60),
        &["F1 -1772366410--1772366400 2 A,B"],
    );
}

// covers: MOD-LAT
#[test]
fn nothing_is_settled_before_every_head_end_has_told_all() {
    // What happened at 7 s is told by B 8 s later.
    check("B has told nothing of it", &["F1 M1 2 A"], (12, 4), &[]);
    check("A alone", &["F1 M1 2 A", "F1 M3 3 A"], (12, 4), &["F1 0-10 2 A ?B"]);
    check("B has come, and not until the end", &["F1 M1 2 A", "F1 M2 7 B"], (17, 9), &["F1 0-10 2 A,B ?B"]);
    check("settled", &["F1 M1 2 A", "F1 M2 7 B"], (18, 10), &["F1 0-10 2 A,B"]);
    check(
        "a late one opens the next window",
        &["F1 M1 2 A", "F1 M2 7 B", "F1 M3 12 A"],
        (18, 10),
        &["F1 0-20 3 A,B ?A,B"],
    );
}

proptest! {
    // covers: MOD-VOL
    #[test]
    fn what_is_of_a_feeder_follows_from_the_reports_alone(
        told in proptest::collection::vec((1..3, 1..5, -30_i64..60, 0..2_usize), 0..20),
        places in proptest::collection::vec(any::<u64>(), 20),
    ) {
        let excursions: Vec<Excursion> = told
            .iter()
            .map(|(feeder, meter, second, by)| excursion(&format!("F{feeder} M{meter} {second} {}", ["A", "B"][*by])))
            .collect();
        let mut shuffled: Vec<(u64, Excursion)> = places.into_iter().zip(excursions.iter().cloned()).collect();
        shuffled.sort_by_key(|(place, _)| *place);
        let mut repeated: Vec<Excursion> = shuffled.into_iter().map(|(_, excursion)| excursion).collect();
        repeated.extend(excursions.iter().take(5).cloned());
        let rules = FeederRules::default();
        prop_assert_eq!(feeder_events(&repeated, &tellers(30, 40), &rules), feeder_events(&excursions, &tellers(30, 40), &rules));
    }
}
