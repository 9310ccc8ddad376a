//! A definition of a rate as a whole: its parts must fit together.

use jiff::Timestamp;
use model::time::TimeRange;
use usage::Rate;

use crate::notation::{codes, instant};

const RATE: &str = r#"
    channels = [{ name = "delivered", suffixes = ["E1"] }]
    events = [{ bucket = "critical", start = "2026-07-14T18:00:00Z", end = "2026-07-14T20:00:00Z" }]
    [set]
    name = "shop"
    version = 3
    meters = [{ name = "site", unit = "kWh", terms = [{ channel = "delivered", sign = "plus" }] }]
    determinants = [{ id = "kwh", unit = "kWh", meter = "site", measure = "usage", bucket = "critical" }]
    [calendar]
    name = "flat"
    version = 1
    zone = "America/Toronto"
    buckets = ["all", "critical"]
    [[calendar.seasons]]
    name = "year"
    first = "01-01"
    last = "12-31"
    [[calendar.seasons.days]]
    on = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"]
    bands = [{ from = "00:00", to = "24:00", bucket = "all" }]
"#;

#[test]
fn events_lie_over_the_calendar() {
    let rate: Rate = toml::from_str(RATE).expect("a rate");
    let day = TimeRange { start: instant("2026-07-14T04:00:00Z"), end: instant("2026-07-15T04:00:00Z") };
    let timeline = rate.check().expect("a right rate").timeline(day).expect("a timeline");
    // 24 h less the event's two.
    assert_eq!(timeline.seconds().collect::<Vec<_>>(), [("all", 22 * 3600), ("critical", 2 * 3600)]);
    let empty = TimeRange { start: Timestamp::UNIX_EPOCH, end: Timestamp::UNIX_EPOCH };
    assert_eq!(rate.check().expect("a right rate").timeline(empty).expect_err("no period").code, "usage.period");
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    check("bucket = \"critical\", start", "bucket = \"other\", start", "events[0] calendar.bucket");
    check("20:00:00Z", "18:00:00Z", "events[0] rate.event");
    check("{ name = \"delivered\", s", "{ name = \"received\", s", "channels rate.channel");
    check("[\"E1\"] }", "[\"E1\"] }, { name = \"delivered\" }", "channels[1].name rate.repeated");
    check(
        "measure = \"usage\", bucket = \"critical\"",
        "measure = \"usage\", bucket = \"peak\"",
        "kwh.bucket usage.bucket",
    );
    check("unit = \"kWh\", meter", "unit = \"Wh\", meter", "set.determinants[0].unit set.unit");
    check("America/Toronto", "Mars/Olympus", "calendar.zone calendar.zone");
}

#[track_caller]
fn check(part: &str, wrong: &str, expected: &str) {
    assert!(RATE.contains(part), "{part}");
    let rate: Rate = toml::from_str(&RATE.replace(part, wrong)).expect("a rate");
    assert_eq!(codes(&rate.check().expect_err("it does not fit")), expected);
}
