//! Registers of time-of-use buckets: scaling by the calendar of the usage point, late reads, and no calendar at all.

use ingest::Determinants;
use ingest::determinants::{AskLink, Role};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use serde_json::json;
use store::readings::AsOf;
use usage::Rate;
use vee::Plan;
use vee::plan::ScalingMode;

use crate::review_fixture::Utility;

const DAY: Date = date(2026, 2, 26);

pub fn plan(scaling: ScalingMode) -> Plan {
    Plan { scaling, ..Plan::standard() }
}

/// A calendar with the peak from 06:00 to 18:00 of every day. A register determinant reads `P9` for the peak.
fn rate() -> Rate {
    let every_day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"];
    let band = |from: &str, to: &str, bucket: &str| json!({ "from": from, "to": to, "bucket": bucket });
    let bands =
        [band("00:00", "06:00", "off-peak"), band("06:00", "18:00", "peak"), band("18:00", "24:00", "off-peak")];
    let rate = json!({
        "set": {
            "name": "two-rates", "version": 1,
            "determinants": [
                { "id": "kwh", "unit": "kWh", "meter": "site", "measure": "usage" },
                { "id": "peak", "unit": "kWh", "meter": "peak-register", "measure": "register", "bucket": "peak" },
            ],
            "meters": [
                { "name": "site", "unit": "kWh", "terms": [{ "channel": "delivered", "sign": "plus" }] },
                { "name": "peak-register", "unit": "kWh", "terms": [{ "channel": "peak", "sign": "plus" }] },
            ],
        },
        "channels": [{ "name": "delivered", "suffixes": ["E1"] }, { "name": "peak", "suffixes": ["P9"] }],
        "calendar": {
            "name": "two-rates", "version": 1, "zone": "UTC", "buckets": ["peak", "off-peak"],
            "seasons": [{ "name": "year", "first": "01-01", "last": "12-31", "days": [{ "on": every_day, "bands": bands }] }],
        },
    });
    serde_json::from_value(rate).expect("a rate")
}

/// Lets UP-0 have the rate from an instant on.
pub fn has_rate(utility: &Utility, from: &str) {
    let determinants: Determinants = utility.determinants(Role::Repository);
    determinants.put_rate(&rate(), utility.now()).expect("put");
    let from: Timestamp = from.parse().expect("an instant");
    let link = AskLink { rate: "two-rates".into(), tariff: None, usage_point: Some("UP-0".into()), from };
    determinants.link_rate(&link).expect("linked");
}

/// What stands in the slots without a measured value, and how: `8000s` scaled, `500u` unscaled, `500` neither.
pub fn made(utility: &Utility, date: Date) -> String {
    use model::quality::Status;
    let day = utility.book.final_day(ChannelNumber(0), date, AsOf::Now).expect("readable").expect("decided");
    let one = |value: &model::lineage::FinalValue| {
        let mark = if value.status.contains(Status::SCALED) {
            "s"
        } else if value.status.contains(Status::UNSCALED) {
            "u"
        } else {
            ""
        };
        format!("{}:{}{mark}", value.slot, value.value.map_or("_".into(), |value| value.to_string()))
    };
    day.values.iter().filter(|value| !value.method.is_empty()).map(one).collect::<Vec<_>>().join(" ")
}

/// Hours of 500 Wh without the third and fourth (off-peak) and the eleventh and twelfth (peak).
fn arrive_with_gaps(utility: &Utility, date: Date) {
    let is_gap = |hour: &i32| [2, 3, 10, 11].contains(hour);
    let cells: Vec<&str> = (0..24).map(|hour| if is_gap(&hour) { "_" } else { "500" }).collect();
    utility.arrive(0, date, 0, &cells.join(" "));
}

#[test]
fn each_gap_meets_the_register_of_its_bucket() {
    let utility = Utility::with_plan(1, &plan(ScalingMode::TimeOfUse));
    has_rate(&utility, "2026-01-01T00:00:00Z");
    let (peak, off_peak) = (utility.bucket("P9", 7), utility.bucket("T2", 2));
    arrive_with_gaps(&utility, DAY);
    utility.validate_due();
    assert_eq!(made(&utility, DAY), "2:500u 3:500u 10:500u 11:500u", "no register of a bucket was read");
    // Ten hours of the peak were measured, 5000 Wh: 2001 are left for two hours, the odd one for the first.
    utility.counts(peak, DAY, 100_000, 107_001);
    utility.validate_due();
    assert_eq!(made(&utility, DAY), "2:500u 3:500u 10:1001s 11:1000s");
    // Ten hours off-peak: 600 are left.
    utility.counts(off_peak, DAY, 20_000, 25_600);
    utility.validate_due();
    assert_eq!(made(&utility, DAY), "2:300s 3:300s 10:1001s 11:1000s");
    assert!(!utility.states().contains("CALENDAR"), "{}", utility.states());
}

#[test]
fn a_late_read_of_a_bucket_changes_every_day_that_it_counted_over() {
    // covers: SCALING-LATE
    let utility = Utility::with_plan(1, &plan(ScalingMode::PartialTimeOfUse));
    has_rate(&utility, "2026-01-01T00:00:00Z");
    let peak = utility.bucket("P9", 1);
    let next = DAY.tomorrow().expect("a date");
    arrive_with_gaps(&utility, DAY);
    arrive_with_gaps(&utility, next);
    utility.validate_due();
    assert_eq!(
        (made(&utility, DAY), made(&utility, next)),
        ("2:500 3:500 10:500 11:500".into(), "2:500 3:500 10:500 11:500".into())
    );
    utility.read(peak, utility.at(DAY, 0).as_second(), None, 1_000);
    // 10,000 Wh of both peaks were measured: 4000 are left for four hours.
    utility.read(peak, utility.at(next, 24).as_second(), None, 15_000);
    utility.validate_due();
    assert_eq!(
        (made(&utility, DAY), made(&utility, next)),
        ("2:500 3:500 10:1000s 11:1000s".into(), "2:500 3:500 10:1000s 11:1000s".into())
    );
    // Midnight between them: 5600 on the first day, 8400 on the second.
    utility.read(peak, utility.at(next, 0).as_second(), None, 6_600);
    utility.validate_due();
    assert_eq!(
        (made(&utility, DAY), made(&utility, next)),
        ("2:500 3:500 10:300s 11:300s".into(), "2:500 3:500 10:1700s 11:1700s".into())
    );
}

#[test]
fn without_a_calendar_the_total_register_is_met_and_a_finding_says_so() {
    let utility = Utility::with_plan(1, &plan(ScalingMode::PartialTimeOfUse));
    let (total, peak) = (utility.counter(), utility.bucket("T1", 1));
    arrive_with_gaps(&utility, DAY);
    utility.counts(peak, DAY, 100_000, 107_000);
    utility.counts(total, DAY, 500_000, 512_000);
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    assert_eq!(made(&utility, DAY), "2:500s 3:500s 10:500s 11:500s");
    let told = utility.exceptions();
    let told: Vec<_> = told.iter().filter(|exception| exception.rule == "CALENDAR").collect();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].evidence.contains("UP-0/T1") && told[0].evidence.contains("definition attach"),
        "{}",
        told[0].evidence
    );
    // `T1` is named by no determinant; its number says that it is the first bucket of the list, the peak.
    has_rate(&utility, "2026-01-01T00:00:00Z");
    utility.validate(&[(0, DAY)]);
    assert_eq!(made(&utility, DAY), "2:0s 3:0s 10:1000s 11:1000s");
    let states = utility.states();
    assert!(states.contains("CALENDAR resolved"), "{states}");
}

#[test]
fn a_register_of_a_bucket_that_the_calendar_does_not_have_is_told() {
    let utility = Utility::with_plan(1, &plan(ScalingMode::TimeOfUse));
    has_rate(&utility, "2026-01-01T00:00:00Z");
    let third = utility.bucket("T3", 3);
    arrive_with_gaps(&utility, DAY);
    utility.counts(third, DAY, 100, 200);
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    let told = utility.exceptions().into_iter().find(|exception| exception.rule == "CALENDAR").expect("told");
    assert!(told.evidence.contains("UP-0/T3"), "{}", told.evidence);
}
