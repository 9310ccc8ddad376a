//! The published vectors of the process rules.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::quality::Status;
use model::quantity::Decimal;
use proptest::prelude::*;
use vee::process::Judgement;
use vee::process::v61_balance::{Balance, Part};
use vee::process::v70_prolonged_estimation::ProlongedEstimation;
use vee::process::v71_replacement::{Candidate, Replacement};
use vee::process::v72_final_estimate_lock::FinalEstimateLock;
use vee::process::v77_timeliness::{Deadline, Delivery, DueDay, timeliness};

use crate::golden::{Golden, Row};
use crate::register_notation::{decimal, list, settings_of};

#[track_caller]
fn check(row: &Row<'_>, judgement: Judgement) {
    let (answer, words) = match judgement {
        Judgement::Passed => ("pass", "-".into()),
        Judgement::Failed(evidence) => ("fail", evidence),
        Judgement::NotApplicable(reason) => ("none", reason),
    };
    assert_eq!(answer, row.get("answer"), "{}: {words}", row.get("case"));
    assert!(!words.is_empty(), "{}", row.get("case"));
}

fn status(words: &str) -> Status {
    let bit = |word: &str| Status::NAMED.iter().find(|(_, name)| *name == word).expect("a status").0;
    words.split('+').fold(Status::NONE, |status, word| status | bit(word))
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("instant")
}

#[test]
fn v61_balance() {
    // covers: V61
    let limits = Balance::read(&settings_of("")).expect("defaults");
    for row in Golden::read("v61_balance.csv").rows() {
        let parts = list(row.get("parts"), |part| {
            let (delivered, exported) = part.split_once('-').expect("delivered-exported");
            Part { delivered: decimal(delivered), exported: decimal(exported) }
        });
        check(&row, limits.judge(decimal(row.get("head")), &parts, "kWh"));
    }
}

#[test]
fn v70_prolonged_estimation() {
    // covers: V70
    let limit = ProlongedEstimation::read(&settings_of("")).expect("defaults");
    for row in Golden::read("v70_prolonged_estimation.csv").rows() {
        let last = Some(row.get("last")).filter(|text| !text.is_empty()).map(instant);
        check(&row, limit.judge(last, instant(row.get("since")), instant(row.get("end"))));
    }
}

#[test]
fn v71_replacement() {
    // covers: V71
    for row in Golden::read("v71_replacement.csv").rows() {
        let candidate = |column: &str| {
            let (value, words) = row.get(column).split_once(' ').expect("value and status");
            Candidate { value: Some(value).filter(|value| *value != "_").map(decimal), status: status(words) }
        };
        let limits = Replacement::read(&settings_of(row.get("settings"))).expect("settings");
        check(&row, limits.judge(candidate("old"), candidate("new"), "kWh"));
    }
}

#[test]
fn v72_final_estimate_lock() {
    // covers: V72
    for row in Golden::read("v72_final_estimate_lock.csv").rows() {
        let lock = FinalEstimateLock::read(&settings_of(row.get("settings"))).expect("settings");
        check(&row, lock.judge(status(row.get("old")), status(row.get("new"))));
    }
}

#[test]
fn v77_timeliness() {
    // covers: V77
    for row in Golden::read("v77_timeliness.csv").rows() {
        let pairs = |column: &str| {
            list(row.get(column), |part| {
                let (number, at) = part.split_once(' ').expect("`number moment`");
                (number.parse::<u64>().expect("number"), instant(at))
            })
        };
        let deliveries: Vec<Delivery> =
            pairs("deliveries").into_iter().map(|(values, at)| Delivery { at, values }).collect();
        let per_cent = |number: u64| u8::try_from(number).expect("per cent");
        let deadlines: Vec<Deadline> =
            pairs("deadlines").into_iter().map(|(number, at)| Deadline::of_per_cent(at, per_cent(number))).collect();
        let found = timeliness(row.number("expected"), &deliveries, &deadlines);
        let words: Vec<&str> = found.iter().map(|found| if found.met { "met" } else { "late" }).collect();
        assert_eq!(words.join(" "), row.get("answer"), "{}: {found:?}", row.get("case"));
    }
}

#[test]
fn deadlines_are_local_times_of_the_market() {
    // covers: ONT-2.6.1, V77
    for (zone, deadline, date, expected) in [
        ("America/Toronto", "ontario", "2024-01-14", "2024-01-15T10:00:00Z"),
        ("America/Toronto", "ontario", "2024-03-09", "2024-03-10T09:00:00Z"),
        ("America/Toronto", "ontario", "2024-11-02", "2024-11-03T10:00:00Z"),
        ("America/Toronto", "ontario", "2024-07-31", "2024-08-01T09:00:00Z"),
        ("Europe/Oslo", "elhub", "2024-03-30", "2024-03-31T05:00:00Z"),
        ("Europe/Oslo", "elhub", "2024-10-26", "2024-10-27T06:00:00Z"),
        ("Europe/Oslo", "elhub-billing", "2024-10-24", "2024-10-29T23:00:00Z"),
        ("Europe/Tallinn", "estfeed", "2024-01-14", "2024-01-15T08:00:00Z"),
    ] {
        let due = DueDay::read(&settings_of(&format!("deadline={deadline}"))).expect("settings");
        let zone = TimeZone::get(zone).expect("bundled zone");
        let found = due.deadline(date.parse().expect("date"), &zone).expect("in range");
        assert_eq!(found.at, instant(expected), "{deadline} {date}");
    }
}

#[test]
fn the_share_of_ontario_is_98_per_cent_unless_the_plan_says_otherwise() {
    // covers: ONT-2.3.1a
    let met = |settings: &str, values| {
        let due = DueDay::read(&settings_of(settings)).expect("settings");
        let due = due.deadline("2024-01-14".parse().expect("date"), &TimeZone::UTC).expect("in range");
        timeliness(1000, &[Delivery { at: due.at, values }], &[due])[0].met
    };
    assert_eq!([979, 980, 981].map(|values| met("", values)), [false, true, true]);
    assert_eq!([994, 995].map(|values| met("share=99.5 %", values)), [false, true]);
    let refused = DueDay::read(&settings_of("share=101 %")).expect_err("more than all");
    assert_eq!(refused[0].message, "found `101 %`, expected a share of at most `100 %`");
}

#[test]
fn evidence_has_the_numbers() {
    let limits = Balance::read(&settings_of("technical_loss=5 %")).expect("settings");
    let parts = [Part { delivered: decimal("60"), exported: decimal("2.5") }];
    assert_eq!(
        limits.judge(decimal("100"), &parts, "kWh"),
        Judgement::Failed(
            "100 kWh went in and 57.5 kWh came out in 1 parts: a loss of 42.5 kWh; the limits are -3 kWh and 8 kWh"
                .into()
        )
    );
    let limit = ProlongedEstimation::read(&settings_of("allowed_days=2 days")).expect("settings");
    assert_eq!(
        limit.judge(Some(instant("2026-01-01T00:00:00Z")), Timestamp::MIN, instant("2026-01-04T00:00:00Z")),
        Judgement::Failed(
            "the last measured value, of 2026-01-01T00:00:00Z, is 3 days back; the limit is 2 days".into()
        )
    );
    assert!(Balance::read(&settings_of("margin=3 kWh")).is_err());
}

proptest! {
    #[test]
    fn any_numbers_are_judged_calmly(
        numbers in proptest::collection::vec((any::<i64>(), any::<i8>()), 3..6),
        statuses in (any::<u64>(), any::<u64>()),
        counts in (any::<u64>(), any::<u64>(), any::<u8>()),
    ) {
        let numbers: Vec<Decimal> = numbers.into_iter().map(|(digits, exponent)| Decimal::new(digits, exponent)).collect();
        let parts = [Part { delivered: numbers[1], exported: numbers[2] }];
        let _ = Balance::read(&settings_of("")).expect("defaults").judge(numbers[0], &parts, "kWh");
        let candidate = |value, status| Candidate { value: Some(value), status: Status(status) };
        let (old, new) = (candidate(numbers[0], statuses.0), candidate(numbers[1], statuses.1));
        let _ = Replacement::read(&settings_of("")).expect("defaults").judge(old, new, "kWh");
        let deadline = Deadline::of_per_cent(Timestamp::MAX, counts.2);
        let _ = timeliness(counts.0, &[Delivery { at: Timestamp::MIN, values: counts.1 }; 2], &[deadline]);
        let prolonged = ProlongedEstimation::read(&settings_of("")).expect("defaults");
        let _ = prolonged.judge(Some(Timestamp::MIN), Timestamp::MIN, Timestamp::MAX);
    }
}
